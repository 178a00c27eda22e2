"""The aerodromes that aircraft of governments may fly to, with how often they do."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import acos, cos, degrees, log2, radians, sin, sqrt
from typing import NamedTuple

from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import EARTH_RADIUS_NM, distance_nm
from wheelsdown.reference.states import State, folded

#: A state is visited the more often the larger it is: it counts by the logarithm of the number of
#: its aerodromes with airlines. Of its flights so many go to the aerodrome of its capital, to those
#: of other cities that headlines name, and to the rest with airlines.
CAPITAL, CITIES, OTHERS = 0.7, 0.2, 0.1
#: Farther away than this the aerodromes of a state within ten degrees are weighed as one, up to the
#: range of a long leg.
NEAR_NM, TOGETHER_DEG = 700.0, 10
FAR_NM = 5_000.0

#: What lies farther off the track than this is behind: the cosine of 110 degrees.
_BEHIND = cos(radians(110))


class Weighted(NamedTuple):
    """An aerodrome and its part of its state's flights; ``major`` ones are those of capitals."""

    aerodrome: Aerodrome
    weight: float
    major: bool


class Ahead(NamedTuple):
    """One of them, how far away it is and how many degrees off the track."""

    one: Weighted
    nm: float
    off_deg: float


class Atlas:
    """The aerodromes that aircraft of governments may fly to, with their weights."""

    def __init__(self, aerodromes: Aerodromes, states: Mapping[str, State]) -> None:
        served: defaultdict[str, list[Aerodrome]] = defaultdict(list)
        for aerodrome in aerodromes:
            if aerodrome.served:
                served[aerodrome.state].append(aerodrome)
        weighted = [
            one
            for code in sorted(states)
            for one in _of_state(states[code], aerodromes.capital_of(code), served[code])
        ]
        self._near = sorted(weighted, key=_south_to_north)
        self._far = sorted(_together(self._near), key=_south_to_north)
        self.capitals = frozenset(one.aerodrome.icao for one in weighted if one.major)
        self._vectors = tuple(
            [(*_vector(one.aerodrome.latitude, one.aerodrome.longitude), one) for one in table]
            for table in (self._near, self._far)
        )

    def ahead(self, latitude: float, longitude: float, track_deg: float) -> list[Ahead]:
        """Those within FAR_NM that do not lie behind; beyond NEAR_NM one stands for several.

        By dot products with the position and the direction of flight: a third of the cost of
        distances and bearings one by one.
        """
        px, py, pz = _vector(latitude, longitude)
        tx, ty, tz = _direction(latitude, longitude, track_deg)
        found = []
        near, far = self._vectors
        for table, least, most in ((near, 0.0, NEAR_NM), (far, NEAR_NM, FAR_NM)):
            closest, farthest = cos(least / EARTH_RADIUS_NM), cos(most / EARTH_RADIUS_NM)
            for x, y, z, one in table:
                along = x * px + y * py + z * pz
                if not farthest <= along <= closest:
                    continue
                forward = x * tx + y * ty + z * tz
                across = sqrt(max(1e-12, 1.0 - along * along))
                if forward < across * _BEHIND:
                    continue
                nm = acos(min(1.0, along)) * EARTH_RADIUS_NM
                off = degrees(acos(max(-1.0, min(1.0, forward / across))))
                found.append(Ahead(one, nm, off))
        return found

    def around(self, latitude: float, longitude: float, nm: float) -> list[tuple[Weighted, float]]:
        """Those within ``nm``, each with its distance; beyond NEAR_NM one stands for several."""
        found = []
        for table, reach in ((self._near, min(nm, NEAR_NM)), (self._far, nm)):
            first = bisect_left(table, latitude - reach / 60, key=_latitude)
            last = bisect_right(table, latitude + reach / 60, key=_latitude)
            for one in table[first:last]:
                there = one.aerodrome
                away = distance_nm(latitude, longitude, there.latitude, there.longitude)
                if away <= reach and (table is self._near or away > NEAR_NM):
                    found.append((one, away))
        return found


def _vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def _direction(latitude: float, longitude: float, track_deg: float) -> tuple[float, float, float]:
    """The unit vector in which an aircraft flies."""
    phi, lam, theta = radians(latitude), radians(longitude), radians(track_deg)
    north, east = cos(theta), sin(theta)
    return (
        -north * sin(phi) * cos(lam) - east * sin(lam),
        -north * sin(phi) * sin(lam) + east * cos(lam),
        north * cos(phi),
    )


def _of_state(
    state: State, capital: Aerodrome | None, served: Sequence[Aerodrome]
) -> list[Weighted]:
    """A state's aerodromes with weights that add up to that of the state, or none."""
    cities = {folded(city) for city in (state.capital or "", *state.cities)}
    in_cities = [one for one in served if folded(one.city) in cities and one != capital]
    named = {one.icao for one in in_cities}
    others = [one for one in served if one.icao not in named and one != capital]
    groups = [([capital] if capital else [], CAPITAL), (in_cities, CITIES), (others, OTHERS)]
    total = sum(part for members, part in groups if members) / log2(1 + max(1, len(served)))
    return [
        Weighted(one, part / total / len(members), one is capital)
        for members, part in groups
        for one in members
    ]


def _together(weighted: Iterable[Weighted]) -> list[Weighted]:
    """One aerodrome for all of a state that lie close together: the one with the largest weight."""
    groups: defaultdict[tuple[str, int, int], list[Weighted]] = defaultdict(list)
    for one in weighted:
        there = one.aerodrome
        row, column = there.latitude // TOGETHER_DEG, there.longitude // TOGETHER_DEG
        groups[there.state, int(row), int(column)].append(one)
    return [
        max(members, key=lambda one: (one.weight, one.aerodrome.icao))._replace(
            weight=sum(one.weight for one in members)
        )
        for members in groups.values()
    ]


def _latitude(one: Weighted) -> float:
    return one.aerodrome.latitude


def _south_to_north(one: Weighted) -> tuple[float, str]:
    return one.aerodrome.latitude, one.aerodrome.icao
