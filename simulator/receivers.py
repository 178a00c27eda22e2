"""Receivers on the ground, and what they hear: line of sight, and holes where nobody listens."""

from array import array
from collections import Counter
from math import floor, sqrt
from typing import NamedTuple

from simulator.course import Vector, vector_of
from simulator.dice import Dice
from simulator.places import UNHEARD_STATES, Places
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import EARTH_RADIUS_NM, distance_nm

#: Radio goes 1.23 nm for each square root of a foot of height, with the atmosphere's bending (the
#: rule of thumb for VHF of pilots' textbooks; 4/3 of the Earth's radius), for both ends.
NM_A_ROOT_FOOT = 1.23
ANTENNA_FT = 40.0
#: Owners of good receivers report 200 to 250 nm at most.
FARTHEST_NM = 230.0
#: Which share of a state's airports has a receiver, by how many airports the state has: where
#: people fly, people listen.
SHARES = ((100, 0.75), (40, 0.6), (10, 0.45), (0, 0.35))
#: The share of capitals with one, outside the states in which nobody listens.
CAPITALS = 0.85
#: Holes drawn anew for each simulation, so that no rule can know them.
HOLES = 14
HOLE_NM = (100.0, 450.0)
#: Half the diagonal of a cell of one degree, at most, in nm.
_CELL_NM = 43.0


class Circle(NamedTuple):
    """A part of the world."""

    latitude: float
    longitude: float
    nm: float

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a place lies in it."""
        return distance_nm(self.latitude, self.longitude, latitude, longitude) <= self.nm


#: Of each receiver the least distance from a cell, in nm, and its elevation in feet and place.
#: Aircraft cross thousands of cells: this form takes a twentieth of the memory of tuples.
_Near = tuple["array[float]", tuple[tuple[float, Vector], ...]]


class Receivers:
    """All receivers of the world; ``holes`` are circles without any."""

    def __init__(self, stands: Aerodromes, holes: tuple[Circle, ...]) -> None:
        self.stands = stands
        self.holes = holes
        self._antennas = {
            one.icao: (one.elevation_ft, vector_of(one.latitude, one.longitude)) for one in stands
        }
        self._near: dict[tuple[int, int], _Near] = {}

    def hears(
        self,
        vector: Vector,
        latitude: float,
        longitude: float,
        altitude_ft: float,
        loudness: float = 1.0,
    ) -> bool:
        """Whether anybody hears an aircraft there; ``loudness`` scales how far it is heard.

        ``vector`` is the unit vector of the place (course.py).
        """
        x, y, z = vector
        # No receiver lies below the Dead Sea.
        farthest = NM_A_ROOT_FOOT * (sqrt(max(0.0, altitude_ft + 1_500)) + sqrt(ANTENNA_FT))
        near = self._around(latitude, longitude)
        for nearest_nm, (elevation_ft, (rx, ry, rz)) in zip(*near, strict=True):
            if nearest_nm > farthest:
                return False
            height = max(0.0, altitude_ft - elevation_ft)
            reach = NM_A_ROOT_FOOT * (sqrt(height) + sqrt(ANTENNA_FT))
            reach = min(reach, FARTHEST_NM) * loudness
            # The chord stands for the arc: at 230 nm they differ by 0.05 nm.
            chord = (x - rx) ** 2 + (y - ry) ** 2 + (z - rz) ** 2
            if chord * EARTH_RADIUS_NM * EARTH_RADIUS_NM <= reach * reach:
                return True
        return False

    def hears_at(self, aerodrome: Aerodrome, height_ft: float) -> bool:
        """Whether anybody hears an aircraft so high above an aerodrome."""
        latitude, longitude = aerodrome.latitude, aerodrome.longitude
        vector = vector_of(latitude, longitude)
        return self.hears(vector, latitude, longitude, aerodrome.elevation_ft + height_ft)

    def _around(self, latitude: float, longitude: float) -> _Near:
        """Receivers in reach of a cell of one degree, nearest first."""
        cell = (floor(latitude), floor(longitude))
        found = self._near.get(cell)
        if found is None:
            stands = self.stands.within(cell[0] + 0.5, cell[1] + 0.5, FARTHEST_NM + _CELL_NM)
            found = self._near[cell] = (
                array("f", (nm - _CELL_NM for _, nm in stands)),
                tuple(self._antennas[one.icao] for one, _ in stands),
            )
        return found


def draw_holes(places: Places, rng: Dice) -> tuple[Circle, ...]:
    """Circles around airports."""
    return tuple(
        Circle(at.latitude, at.longitude, rng.uniform(*HOLE_NM))
        for at in rng.sample(places.airports, HOLES)
    )


def draw_receivers(
    places: Places,
    rng: Dice,
    *,
    holes: tuple[Circle, ...],
    certain: tuple[Aerodrome, ...] = (),
) -> Receivers:
    """Receivers at a share of each state's airports, none in the holes; and ``certain`` ones."""
    airports = Counter(one.state for one in places.airports)
    share = {
        state: next(share for least, share in SHARES if count >= least)
        for state, count in airports.items()
    }
    capitals = {one.icao for one in places.capitals.values()}
    stands = []
    for one in places.airports:
        likely = CAPITALS if one.icao in capitals else share[one.state]
        listens = rng.random() < likely and one.state not in UNHEARD_STATES
        if listens and not any(hole.holds(one.latitude, one.longitude) for hole in holes):
            stands.append(one)
    return Receivers(Aerodromes((*stands, *certain)), holes)
