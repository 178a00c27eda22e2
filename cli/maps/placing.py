"""Where words stand on a map: near what they belong to, and on nothing else.

Everything is in pixels, x to the right and y upwards.
"""

from collections.abc import Iterator
from math import cos, pi, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: How far words may stand from their mark; from the third on a line leads to it.
DISTANCES_PX = (9.0, 18.0, 36.0, 60.0, 95.0, 140.0)
DIRECTIONS = 16
#: What it costs to leave the frame, to cover a square pixel of something else, a point of the
#: track, or to stand a pixel away. Words over words can't be read, words over a line can.
_OUTSIDE, _COVERED, _ON_TRACK, _AWAY = 50.0, 0.5, 4.0, 1.0


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def padded(self, by: float) -> "Box":
        """The same with a margin."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    def shared(self, other: "Box") -> float:
        """The area of what both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0.0) * max(height, 0.0)

    def beyond(self, frame: "Box") -> float:
        """How far it sticks out of a frame."""
        out = (
            frame.left - self.left,
            self.right - frame.right,
            frame.bottom - self.bottom,
            self.top - frame.top,
        )
        return sum(max(by, 0.0) for by in out)


class Placed(NamedTuple):
    """Where a text stands, and whether so far from its mark that a line has to lead there."""

    box: Box
    is_away: bool


class Placing:
    """A frame, the points of the lines in it, and what has been placed so far."""

    def __init__(self, frame: Box, track: NDArray[np.float64]) -> None:
        self._frame = frame.padded(-6)
        self._track = track.reshape(-1, 2)
        self._taken: list[Box] = []

    def take(self, box: Box) -> None:
        """Nothing may stand here any more."""
        self._taken.append(box)

    def is_free(self, box: Box) -> bool:
        """Whether a text would stand there inside the frame and on nothing."""
        return box.beyond(self._frame) == 0 and self._cost(box) == 0

    def place(self, x: float, y: float, width: float, height: float) -> Placed:
        """The best place for a text of this size that belongs to a point; it is taken then."""
        found = min(
            _around(x, y, width, height), key=lambda one: self._cost(one[0]) + _AWAY * one[1]
        )
        box, distance = found
        self.take(box)
        return Placed(box, distance > DISTANCES_PX[1])

    def _cost(self, box: Box) -> float:
        x, y = self._track.T
        on_track = (x > box.left) & (x < box.right) & (y > box.bottom) & (y < box.top)
        covered = sum(box.shared(other) for other in self._taken)
        out = box.beyond(self._frame)
        return _OUTSIDE * out + _COVERED * covered + _ON_TRACK * float(on_track.sum())


def _around(x: float, y: float, width: float, height: float) -> Iterator[tuple[Box, float]]:
    """Boxes around a point, each with its distance from it: the usual side, the right, first."""
    for distance in DISTANCES_PX:
        for step in range(DIRECTIONS):
            angle = 2 * pi * step / DIRECTIONS
            middle = x + cos(angle) * (distance + width / 2)
            level = y + sin(angle) * (distance + height / 2)
            yield (
                Box(middle - width / 2, level - height / 2, middle + width / 2, level + height / 2),
                distance,
            )
