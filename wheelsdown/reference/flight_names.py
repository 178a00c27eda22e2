"""Names in reports of flights: types of aircraft, who flies them, airfields.

All names are written without diacritics and looked up as they are written there.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from wheelsdown.reference.data_files import listed, rows


class AircraftType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of aircraft: its usual ``name``, other ``spellings``, its designators.

    ``codes`` are type designators (ICAO Doc 8643), several where the name leaves the model open.
    """

    name: str
    spellings: tuple[str, ...]
    codes: tuple[str, ...]


@functools.cache
def load_aircraft_types() -> tuple[AircraftType, ...]:
    """Transport, government and surveillance types; none that only fights."""
    return tuple(
        AircraftType(
            name=row["name"], spellings=listed(row["spellings"]), codes=listed(row["codes"])
        )
        for row in rows("aircraft_types.csv")
    )


@functools.cache
def load_air_operators() -> Mapping[str, str]:
    """Operators whose name speaks of no state: name -> state for which they fly."""
    return MappingProxyType({row["name"]: row["state"] for row in rows("air_operators.csv")})


@functools.cache
def load_airfields() -> Mapping[str, str]:
    """Airfields and towns with one that states.csv lacks: name -> state."""
    return MappingProxyType({row["name"]: row["state"] for row in rows("airfields.csv")})


def types_in(text: str, begin: int, end: int) -> Iterator[tuple[tuple[int, int], AircraftType]]:
    """The types in a piece of a text, each with its place in the text; the longest name counts.

    Hyphens may lack ("Il62"), and case counts only for the first letter.
    """
    pattern, types = _known_types()
    for match in pattern.finditer(text, begin, end):
        yield match.span(), types[_plain(match[1])]


@functools.cache
def _known_types() -> tuple[re.Pattern[str], Mapping[str, AircraftType]]:
    types: dict[str, AircraftType] = {}
    spellings: set[str] = set()
    for one in load_aircraft_types():
        for spelling in (one.name, *one.spellings):
            types.setdefault(_plain(spelling), one)
            spellings.add(spelling)
    longest_first = sorted(spellings, key=lambda text: (-len(text), text))
    names = "|".join(map(_flexible, longest_first))
    return re.compile(rf"(?<![\w-])({names})(?:'?s)?(?![\w])(?!-\d)"), types


def _flexible(spelling: str) -> str:
    rest = re.escape(spelling[1:]).replace(r"\-", "-?").replace(r"\ ", "[ -]")
    return f"{re.escape(spelling[0])}(?i:{rest})"


def _plain(spelling: str) -> str:
    return "".join(letter for letter in spelling.lower() if letter.isalnum())
