"""A line over the ground: great circles from point to point, addressed by the distance along it."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import NamedTuple

from wheelsdown.reference.geodesy import EARTH_RADIUS_NM, distance_nm

#: (latitude, longitude) in degrees.
Point = tuple[float, float]
Vector = tuple[float, float, float]

#: Points closer than this (2 m) are one.
_SAME_NM = 0.001


class Spot(NamedTuple):
    """A place on a course, the direction of the course there, and the place as a unit vector."""

    latitude: float
    longitude: float
    track_deg: float
    vector: Vector


def vector_of(latitude: float, longitude: float) -> Vector:
    """The unit vector from the Earth's centre to a place."""
    phi, lam = radians(latitude), radians(longitude)
    return (cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi))


class Course:
    """Great circles through ``points``, of which there must be two that differ.

    It turns at the points at once: a turn takes an aircraft a minute or less.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        self._starts: list[float] = []
        self._arcs: list[tuple[Vector, Vector]] = []
        self.nm = 0.0
        for one, other in pairwise(points):
            length = distance_nm(*one, *other)
            if length < _SAME_NM:
                continue
            self._starts.append(self.nm)
            self._arcs.append(_arc(vector_of(*one), vector_of(*other)))
            self.nm += length
        if not self._arcs:
            raise ValueError("a course needs two points that differ")

    def at(self, nm: float) -> Spot:
        """The place ``nm`` along the course; it goes straight on before its start and its end."""
        index = max(0, bisect_right(self._starts, nm) - 1)
        (ax, ay, az), (tx, ty, tz) = self._arcs[index]
        angle = (nm - self._starts[index]) / EARTH_RADIUS_NM
        c, s = cos(angle), sin(angle)
        x, y, z = ax * c + tx * s, ay * c + ty * s, az * c + tz * s
        # Which way it goes on, and how much of that is east and north here.
        dx, dy, dz = tx * c - ax * s, ty * c - ay * s, tz * c - az * s
        flat = hypot(x, y) or 1e-12
        east = (dy * x - dx * y) / flat
        north = dz * flat - z * (dx * x + dy * y) / flat
        return Spot(
            degrees(asin(max(-1.0, min(1.0, z)))),
            degrees(atan2(y, x)),
            degrees(atan2(east, north)) % 360.0,
            (x, y, z),
        )


def _arc(one: Vector, other: Vector) -> tuple[Vector, Vector]:
    """A great circle as its start and the unit vector in which it leaves it."""
    dot = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    x, y, z = (other[i] - dot * one[i] for i in range(3))
    length = sqrt(x * x + y * y + z * z)
    return one, (x / length, y / length, z / length)
