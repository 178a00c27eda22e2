"""Aerodromes of the world: where they are, which state they are in, which are near a position.

From the package airportsdata, with what it lacks in data/aerodromes.csv. Some are heliports, tiny
or closed; the data does not tell them apart, so what is near is a matter of geometry only.
"""

import csv
import functools
import itertools
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from math import asin, cos, degrees, floor, radians, sin

import msgspec

from wheelsdown.reference.data_files import rows
from wheelsdown.reference.geodesy import EARTH_RADIUS_NM, distance_nm
from wheelsdown.reference.states import load_states

#: ISO alpha-3 codes of the places with aerodromes that are part of no state in states.csv.
_STATELESS = {"AQ": "ATA", "EH": "ESH"}

#: An ICAO location indicator (Doc 7910). The package also has some 11,000 strips under national
#: codes, which lie under many an approach and to which no watched aircraft flies.
_INDICATOR = re.compile(r"[A-Z]{4}")

#: Widens the searched box against rounding, in degrees (0.1 m).
_MARGIN_DEG = 1e-6


class Aerodrome(msgspec.Struct, frozen=True, kw_only=True):
    """An aerodrome.

    ``icao`` is its ICAO location indicator. ``state`` is alpha-3; a territory counts as its
    sovereign (Guam as USA). ``served`` tells that it has a code of IATA too: airlines fly there,
    so that large aircraft can.
    """

    icao: str
    name: str
    city: str
    state: str
    latitude: float
    longitude: float
    elevation_ft: float
    served: bool = True

    @property
    def is_international(self) -> bool:
        """Whether it is named so: of several at one city the one for large aircraft from abroad."""
        return "International" in self.name


class Aerodromes:
    """Aerodromes by indicator and by place, in cells of one degree by one degree."""

    def __init__(self, aerodromes: Iterable[Aerodrome]) -> None:
        self._by_icao = {aerodrome.icao: aerodrome for aerodrome in aerodromes}
        cells: defaultdict[int, list[Aerodrome]] = defaultdict(list)
        for aerodrome in self._by_icao.values():
            row = _row(aerodrome.latitude)
            cells[row * 360 + floor(aerodrome.longitude) % 360].append(aerodrome)
        self._cells = dict(cells)

    def __len__(self) -> int:
        return len(self._by_icao)

    def __iter__(self) -> Iterator[Aerodrome]:
        return iter(self._by_icao.values())

    def get(self, icao: str) -> Aerodrome | None:
        """The aerodrome with this location indicator."""
        return self._by_icao.get(icao)

    def nearest(self, lat: float, lon: float, within_nm: float) -> tuple[Aerodrome, float] | None:
        """The nearest aerodrome with its distance in nm, None when none is within ``within_nm``."""
        return next(iter(self.within(lat, lon, within_nm)), None)

    def within(self, lat: float, lon: float, nm: float) -> list[tuple[Aerodrome, float]]:
        """All aerodromes within ``nm``, each with its distance in nm, nearest first."""
        found = [
            (aerodrome, distance)
            for aerodrome in self._in_box(lat, lon, nm)
            if (distance := distance_nm(lat, lon, aerodrome.latitude, aerodrome.longitude)) <= nm
        ]
        return sorted(found, key=lambda pair: (pair[1], pair[0].icao))

    def capital_of(self, state: str) -> Aerodrome | None:
        """The aerodrome that government aircraft use at the seat of a state's government."""
        known = load_states().get(state)
        return self.get(known.capital_aerodrome) if known and known.capital_aerodrome else None

    def _in_box(self, lat: float, lon: float, nm: float) -> Iterator[Aerodrome]:
        """Everything in the cells that a circle of ``nm`` touches."""
        radius = nm / EARTH_RADIUS_NM
        reach = degrees(radius) + _MARGIN_DEG
        if abs(lat) + reach >= 90:
            columns: Iterable[int] = range(360)
        else:
            # How far east and west the circle goes, which is more than its radius.
            width = degrees(asin(min(1.0, sin(radius) / cos(radians(lat))))) + _MARGIN_DEG
            first, last = floor(lon - width), floor(lon + width)
            columns = [column % 360 for column in range(first, min(last, first + 359) + 1)]
        for row in range(_row(lat - reach), _row(lat + reach) + 1):
            for column in columns:
                yield from self._cells.get(row * 360 + column, ())


@functools.cache
def load_aerodromes() -> Aerodromes:
    """All aerodromes; some 14 MB and a quarter of a second, once."""
    states = dict(_STATELESS)
    for state in load_states().values():
        for alpha2 in (state.alpha2, *state.territories):
            if alpha2 is not None:
                states[alpha2] = state.code
    supplement = (
        _aerodrome(row, states, lat="latitude", lon="longitude", elevation="elevation_ft")
        for row in rows("aerodromes.csv")
    )
    # airportsdata's own load() keeps all fields of all rows as dicts: 18 MB more at its peak. The
    # package is pinned to one version, and a test compares its load() with what is read here.
    source = resources.files("airportsdata").joinpath("airports.csv")
    with source.open(encoding="utf-8") as lines:
        packaged = (
            _aerodrome(row, states, lat="lat", lon="lon", elevation="elevation")
            for row in csv.DictReader(lines)
            if _INDICATOR.fullmatch(row["icao"])
        )
        return Aerodromes(itertools.chain(packaged, supplement))


def _aerodrome(
    row: dict[str, str], states: dict[str, str], *, lat: str, lon: str, elevation: str
) -> Aerodrome:
    return Aerodrome(
        icao=row["icao"],
        name=row["name"],
        city=sys.intern(row["city"]),
        state=states[row["country"]],
        latitude=float(row[lat]),
        longitude=float(row[lon]),
        elevation_ft=float(row[elevation]),
        served=bool(row.get("iata", "-")),
    )


def _row(latitude: float) -> int:
    return min(179, max(0, floor(latitude) + 90))
