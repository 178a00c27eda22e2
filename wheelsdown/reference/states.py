"""States and international organisations: codes, names, demonyms, capitals, places.

Everything is written without diacritics; who looks a name up in a text folds the text first
(``folded``). Case matters for abbreviations: "US" is a name, "us" is not.
"""

import functools
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from wheelsdown.reference.data_files import listed, rows


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A state, a territory that acts for itself abroad, or an international organisation.

    ``code`` is ISO 3166-1 alpha-3 (XKX for Kosovo) or an organisation's abbreviation, ``alpha2``
    the code that aerodromes carry, None for organisations. ``territories`` are the alpha-2 codes
    of places that belong to it (Guam is on the soil of the United States). ``names`` are other
    names than ``name``; ``cities`` places in headlines, with other spellings of the capital, to
    whose aerodromes governments fly; ``towns`` further places in headlines, and parts of the state;
    ``seats`` buildings and services that stand for the government. ``capital_aerodrome`` is the
    ICAO location indicator of the aerodrome that government aircraft use at the seat of government.
    """

    code: str
    alpha2: str | None
    kind: Literal["state", "territory", "organisation"]
    name: str
    names: tuple[str, ...]
    demonyms: tuple[str, ...]
    capital: str | None
    cities: tuple[str, ...]
    towns: tuple[str, ...]
    seats: tuple[str, ...]
    capital_aerodrome: str | None
    territories: tuple[str, ...]


@functools.cache
def load_states() -> Mapping[str, State]:
    """All of them, by code."""
    return MappingProxyType({row["code"]: _state(row) for row in rows("states.csv")})


@functools.cache
def load_ambiguous_names() -> Mapping[str, tuple[str, ...]]:
    """Names that alone do not tell a state: name -> codes of the states that it may mean.

    "Congo" may be two states, "Georgia" also a part of another one, "Gulf of Mexico" is none.
    """
    found = {row["name"]: listed(row["states"]) for row in rows("ambiguous_names.csv")}
    return MappingProxyType(found)


@functools.cache
def load_well_heard() -> frozenset[str]:
    """States where aircraft are heard down to the ground at the aerodromes that governments use."""
    return frozenset(row["state"] for row in rows("well_heard.csv"))


def folded(text: str) -> str:
    """The text without diacritics: ``"Türkiye"`` -> ``"Turkiye"``."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _state(row: dict[str, str]) -> State:
    return msgspec.convert(
        {
            "code": row["code"],
            "alpha2": row["alpha2"] or None,
            "kind": row["kind"],
            "name": row["name"],
            "names": listed(row["names"]),
            "demonyms": listed(row["demonyms"]),
            "capital": row["capital"] or None,
            "cities": listed(row["cities"]),
            "towns": listed(row["towns"]),
            "seats": listed(row["seats"]),
            "capital_aerodrome": row["capital_aerodrome"] or None,
            "territories": listed(row["territories"]),
        },
        State,
    )
