"""One flight from stand to stand: where it is, how high and how fast, at any time.

Altitudes are feet above the sea, speeds knots over the ground, times seconds since 1970.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from simulator.course import Course, Vector


class Motion(NamedTuple):
    """An aircraft at one time; ``vector`` is its place as a unit vector (course.py)."""

    latitude: float
    longitude: float
    altitude_ft: float
    on_ground: bool
    ground_speed_kt: float
    track_deg: float
    vertical_rate_fpm: float
    vector: Vector


class Run(NamedTuple):
    """From one speed and altitude to others, steadily, over ``nm``; both speeds can't be zero."""

    nm: float
    kt: tuple[float, float]
    ft: tuple[float, float]
    on_ground: bool = False


class Flight:
    """A flight along ``course`` in ``runs``, of which at least one is in the air.

    ``began`` and ``ended`` are when it leaves and reaches its stands, ``took_off`` and ``landed``
    when its wheels leave and touch the ground. Before and after it stands.
    """

    def __init__(self, began: float, course: Course, runs: Sequence[Run]) -> None:
        self._course = course
        self._runs = [run for run in runs if run.nm > 0]
        self._times: list[float] = []
        self._nms: list[float] = []
        self._lasts: list[float] = []
        at, nm = began, 0.0
        for run in self._runs:
            self._times.append(at)
            self._nms.append(nm)
            self._lasts.append(2 * run.nm / (run.kt[0] + run.kt[1]) * 3600)
            at += self._lasts[-1]
            nm += run.nm
        flown = [number for number, run in enumerate(self._runs) if not run.on_ground]
        self.began, self.ended = began, at
        self.took_off = self._times[flown[0]]
        self.landed = self._times[flown[-1]] + self._lasts[flown[-1]]
        self.nm = nm

    def at(self, at: float) -> Motion:
        """Where it is at a time."""
        index = max(0, bisect_right(self._times, at) - 1)
        run, lasts = self._runs[index], self._lasts[index]
        elapsed = min(max(0.0, at - self._times[index]), lasts)
        share = elapsed / lasts
        kt = run.kt[0] + (run.kt[1] - run.kt[0]) * share
        flown = (run.kt[0] + kt) / 2 * elapsed / 3600
        spot = self._course.at(self._nms[index] + flown)
        stands = at <= self.began or at >= self.ended
        return Motion(
            spot.latitude,
            spot.longitude,
            run.ft[0] + (run.ft[1] - run.ft[0]) * share,
            run.on_ground,
            0.0 if stands else kt,
            spot.track_deg,
            (run.ft[1] - run.ft[0]) / lasts * 60,
            spot.vector,
        )

    def later(self, seconds: float) -> "Flight":
        """The same flight, flown so much later."""
        return Flight(self.began + seconds, self._course, self._runs)
