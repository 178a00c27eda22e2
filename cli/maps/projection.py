"""Lambert's azimuthal equal-area projection, with the land of the world in it.

Centred on what is shown, it has no edge at the antimeridian, and great circles near the centre are
almost straight. Lengths are in Earth radii; y points north at the centre.
"""

import functools
import json
from collections.abc import Sequence
from importlib import resources
from math import asin, cos, degrees, radians, sin

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

#: Land beyond this angle from the centre is cut off. The projection tears at 180 degrees, where a
#: continent would flood the map.
HORIZON_DEG = 120.0


class Projection:
    """The projection with a centre in degrees."""

    def __init__(self, latitude: float, longitude: float) -> None:
        phi, lam = radians(latitude), radians(longitude)
        # Rows: east, north and up at the centre.
        self._axes = np.array(
            [
                [-sin(lam), cos(lam), 0.0],
                [-sin(phi) * cos(lam), -sin(phi) * sin(lam), cos(phi)],
                [cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)],
            ]
        )

    def points(self, positions: Sequence[tuple[float, float]]) -> Points:
        """Latitudes and longitudes in degrees, as rows of x and y."""
        return self._flat(unit_vectors(positions))

    def land(self) -> list[Points]:
        """The outlines of all land on this side of the horizon, as closed rings."""
        up = self._axes[2]
        rings = (_cut(ring, up, cos(radians(HORIZON_DEG))) for ring in land_vectors())
        return [self._flat(ring) for ring in rings if len(ring) > 2]

    def _flat(self, vectors: Points) -> Points:
        east, north, up = self._axes @ vectors.T
        scale = np.sqrt(2.0 / np.maximum(1.0 + up, 1e-9))
        return np.column_stack((east * scale, north * scale))


def centre_of(positions: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of some positions: the direction of their mean vector."""
    x, y, z = unit_vectors(positions).mean(axis=0)
    length = float(np.sqrt(x * x + y * y + z * z)) or 1.0
    return degrees(asin(z / length)), float(np.degrees(np.arctan2(y, x)))


def unit_vectors(positions: Sequence[tuple[float, float]] | Points) -> Points:
    """Positions in degrees as points of the unit sphere, one a row."""
    phi, lam = np.radians(np.asarray(positions, dtype=np.float64)).T
    return np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))


@functools.cache
def land_vectors() -> tuple[Points, ...]:
    """The rings of cli/maps/data/land.json."""
    text = resources.files("cli.maps").joinpath("data", "land.json").read_text(encoding="utf-8")
    flat = (np.asarray(ring, dtype=np.float64).reshape(-1, 2) / 100 for ring in json.loads(text))
    return tuple(unit_vectors(ring[:, ::-1]) for ring in flat)


def _cut(ring: Points, up: Points, least: float) -> Points:
    """The part of a ring on this side of the horizon, the small circle ``least`` above the centre.

    After Sutherland and Hodgman (1974), on the sphere: what is cut off is replaced by the horizon.
    """
    height = ring @ up - least
    inside = np.flatnonzero(height >= 0)
    if len(inside) in (0, len(ring)):
        return ring[inside]
    # To begin inside, so that each way out comes before its way back in.
    ring, height = np.roll(ring, -inside[0], axis=0), np.roll(height, -inside[0])
    kept: list[Points] = []
    gone = ring[0]
    for here, there, high, higher in zip(
        ring, np.roll(ring, -1, axis=0), height, np.roll(height, -1), strict=True
    ):
        if high >= 0:
            kept.append(here)
        if (high >= 0) != (higher >= 0):
            crossing = here + (there - here) * (high / (high - higher))
            if high >= 0:
                gone = crossing
            else:
                kept += _along_horizon(gone, crossing, up, least)
    return np.array(kept)


def _along_horizon(one: Points, other: Points, up: Points, least: float) -> list[Points]:
    """Points of the horizon from one to another, the shorter way round."""
    shares = np.linspace(0, 1, 24)[:, np.newaxis]
    between = one * (1 - shares) + other * shares
    flat = between - np.outer(between @ up, up)
    lengths = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return list(up * least + flat / lengths * np.sqrt(1 - least * least))
