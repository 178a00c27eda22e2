"""How an aircraft climbs, cruises and descends along a way that is so long."""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.flight import Run
from simulator.performance import HIGH_FT, SLOW_BELOW_FT, Performance

#: The last part of an approach has a slope of 3 degrees (ICAO Doc 8168): 5.3 ft/min for each knot.
FINAL_FT, FPM_A_KNOT = 2_500.0, 5.3
#: A way too short to climb to a level is flown at one so much lower, until it fits.
STEP_FT = 1_000.0
#: Winds grow with height and have their full speed here.
FULL_WIND_FT = 35_000.0


@dataclass(frozen=True)
class State:
    """How high, in feet, and how fast over the ground, in knots."""

    ft: float
    kt: float


@dataclass(frozen=True)
class Profile:
    """An aircraft's climb and descent with the wind of the day (head or tail, in knots aloft)."""

    performance: Performance
    wind_kt: float

    def runs(self, nm: float, start: State, top_ft: float, end: State) -> list[Run]:
        """From one state to another over ``nm``, as high as ``top_ft`` if that is far enough."""
        lowest = max(start.ft, end.ft)
        while top_ft > lowest + STEP_FT:
            up = list(self._climb(start, top_ft))
            down = list(self._descent(State(top_ft, up[-1].kt[1]), end))
            rest = nm - sum(run.nm for run in (*up, *down))
            if rest > 0:
                kt = up[-1].kt[1]
                return [*up, Run(rest, (kt, kt), (top_ft, top_ft)), *down]
            top_ft -= STEP_FT
        # A hop, or down from a hold: level first, if there is room for it.
        down = list(self._descent(State(lowest, start.kt), end))
        rest = nm - sum(run.nm for run in down)
        if rest > 0 and down:
            return [Run(rest, (start.kt, start.kt), (start.ft, lowest)), *down]
        return [Run(nm, (start.kt, end.kt), (start.ft, end.ft))]

    def _climb(self, start: State, top_ft: float) -> Iterator[Run]:
        ft, kt = start.ft, start.kt
        slow, middle, fast = self.performance.climb_fpm
        for ceiling, fpm in ((SLOW_BELOW_FT, slow), (HIGH_FT, middle), (top_ft, fast)):
            to = min(ceiling, top_ft)
            if to > ft:
                to_kt = self._ground_kt(to)
                yield _change(State(ft, kt), State(to, to_kt), fpm)
                ft, kt = to, to_kt

    def _descent(self, top: State, end: State) -> Iterator[Run]:
        ft, kt = top.ft, top.kt
        slow, middle, fast = self.performance.descent_fpm
        for floor, fpm in (
            (HIGH_FT, fast),
            (SLOW_BELOW_FT, middle),
            (end.ft + FINAL_FT, slow),
            (end.ft, FPM_A_KNOT * self.performance.approach_kt),
        ):
            to = max(floor, end.ft)
            if to < ft:
                to_kt = end.kt if to == end.ft else self._ground_kt(to)
                yield _change(State(ft, kt), State(to, to_kt), fpm)
                ft, kt = to, to_kt

    def _ground_kt(self, ft: float) -> float:
        share = min(1.0, max(0.0, ft) / FULL_WIND_FT)
        return self.performance.airspeed_kt(ft) + self.wind_kt * share


def _change(one: State, other: State, fpm: float) -> Run:
    """Up or down at a rate of ``fpm``."""
    minutes = abs(other.ft - one.ft) / fpm
    return Run((one.kt + other.kt) / 2 * minutes / 60, (one.kt, other.kt), (one.ft, other.ft))
