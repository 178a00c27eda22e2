"""Flying from one aerodrome to another: taxi, take-off, route, holds, low passes, landing, taxi."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.course import Course, Point
from simulator.dice import Dice
from simulator.flight import Flight, Run
from simulator.performance import Performance
from simulator.profile import Profile, State
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.geodesy import bearing_deg, between, destination, distance_nm

TAXI_KT = 12.0
#: Stands lie so far from the middle of an aerodrome, in nm: five minutes' taxi, more or less.
STAND_NM = (0.5, 1.4)
#: From standing to lift-off, and from touchdown to leaving the runway.
RUNWAY_NM = 0.9
#: It flies straight on for so long after take-off, and is on final approach so far out.
STRAIGHT_NM, FINAL_NM = 4.0, 9.0
#: Winds aloft, along the way, in knots.
WIND_KT = (-60.0, 60.0)
#: Air routes bend around the great circle: flights in Europe are some 3 % longer than it
#: (EUROCONTROL, Performance Review Report, horizontal en-route flight efficiency). The way bows out
#: by up to a share of its length, and zigzags, with a turn every so many miles.
BOW, MOST_BOW_NM, ZIGZAG_NM, TURN_EVERY_NM = 0.05, 70.0, 8.0, 280.0
#: The racetrack of a hold: legs of a minute (ICAO Doc 8168).
HOLD_KT, HOLD_LEG_NM, HOLD_TURN_NM = 210.0, 3.5, 4.0


@dataclass(frozen=True)
class Pass:
    """It flies over a runway ``height_ft`` above it and goes on; at zero it touches the ground."""

    aerodrome: Aerodrome
    height_ft: float


@dataclass(frozen=True)
class Hold:
    """It waits before the approach, so far from where it lands, so long, so high."""

    minutes: float
    nm: float
    altitude_ft: float


def fly(
    performance: Performance,
    began: float,
    departure: Aerodrome,
    arrival: Aerodrome,
    rng: Dice,
    *,
    via: Sequence[Point] = (),
    passes: Sequence[Pass] = (),
    hold: Hold | None = None,
) -> Flight:
    """A flight that leaves its stand at ``began``, seconds since 1970; winds and runways are drawn.

    It flies over ``via``, then makes its ``passes``, then lands. A ``hold`` comes before the first
    pass or, without any, before the landing.
    """
    pilot = _Pilot(performance, rng)
    pilot.take_off(departure)
    pilot.points_ahead += via
    approaches = [*passes, Pass(arrival, 0.0)]
    if hold is not None:
        pilot.hold(approaches[0].aerodrome, hold)
    for low in approaches[:-1]:
        pilot.approach(low)
        pilot.go_around(low)
    pilot.approach(approaches[-1])
    pilot.roll_out(arrival)
    return Flight(began, Course(pilot.points), pilot.runs)


class _Pilot:
    """Flies on from where it is; ``points_ahead`` are flown over on the way to what comes next."""

    def __init__(self, performance: Performance, rng: Dice) -> None:
        self._performance = performance
        self._rng = rng
        self._profile = Profile(performance, rng.uniform(*WIND_KT))
        lowest, highest = performance.cruise_ft
        self._cruise_ft = lowest + 1_000 * rng.randint(0, int((highest - lowest) / 1_000))
        self._top_ft = self._cruise_ft
        self._state = State(0.0, 0.0)
        self._runway_deg = 0.0
        self.points: list[Point] = []
        self.points_ahead: list[Point] = []
        self.runs: list[Run] = []

    def take_off(self, aerodrome: Aerodrome) -> None:
        here = (aerodrome.latitude, aerodrome.longitude)
        self._runway_deg = self._rng.uniform(0.0, 360.0)
        stand = self._stand(here)
        threshold, lift_off = self._runway(here)
        field = (aerodrome.elevation_ft, aerodrome.elevation_ft)
        fast = self._performance.lift_off_kt
        self.points = [stand, threshold, lift_off]
        self.runs = [
            Run(distance_nm(*stand, *threshold), (TAXI_KT, TAXI_KT), field, on_ground=True),
            Run(RUNWAY_NM, (0.0, fast), field, on_ground=True),
        ]
        self._state = State(aerodrome.elevation_ft, fast)
        self.points_ahead = [destination(*here, self._runway_deg, STRAIGHT_NM)]

    def hold(self, aerodrome: Aerodrome, hold: Hold) -> None:
        there = (aerodrome.latitude, aerodrome.longitude)
        fix = destination(*there, bearing_deg(*there, *self._coming_from()), hold.nm)
        self._go([*self.points_ahead, fix], State(hold.altitude_ft, HOLD_KT))
        racetrack = _racetrack(fix, hold, self._rng.uniform(0.0, 360.0))
        level = (hold.altitude_ft, hold.altitude_ft)
        self.runs.append(Run(Course(racetrack).nm, (HOLD_KT, HOLD_KT), level))
        self.points += racetrack[1:]
        self._top_ft = hold.altitude_ft

    def approach(self, low: Pass) -> None:
        """To the beginning of a runway, or above it."""
        there = (low.aerodrome.latitude, low.aerodrome.longitude)
        course = bearing_deg(*self._coming_from(), *there)
        # Of some runway's two ends the one that is not behind.
        runway = self._rng.uniform(0.0, 360.0)
        is_ahead = abs((runway - course + 180) % 360 - 180) <= 90
        self._runway_deg = runway if is_ahead else (runway + 180) % 360
        final = destination(*there, self._runway_deg + 180, FINAL_NM)
        height_ft = low.aerodrome.elevation_ft + low.height_ft
        threshold, _ = self._runway(there)
        end = State(height_ft, self._performance.approach_kt)
        self._go([*self.points_ahead, final], end, straight=[threshold])

    def go_around(self, low: Pass) -> None:
        there = (low.aerodrome.latitude, low.aerodrome.longitude)
        fast = self._performance.lift_off_kt
        level = (self._state.ft, self._state.ft)
        touches = low.height_ft <= 0
        self.runs.append(Run(RUNWAY_NM, (self._state.kt, fast), level, on_ground=touches))
        self.points.append(self._runway(there)[1])
        self._state = State(self._state.ft, fast)
        self._top_ft = self._cruise_ft
        self.points_ahead = [destination(*there, self._runway_deg, STRAIGHT_NM)]

    def roll_out(self, aerodrome: Aerodrome) -> None:
        here = (aerodrome.latitude, aerodrome.longitude)
        exit_, stand = self._runway(here)[1], self._stand(here)
        field = (aerodrome.elevation_ft, aerodrome.elevation_ft)
        self.points += [exit_, stand]
        self.runs += [
            Run(RUNWAY_NM, (self._state.kt, 2 * TAXI_KT), field, on_ground=True),
            Run(distance_nm(*exit_, *stand), (TAXI_KT, TAXI_KT), field, on_ground=True),
        ]

    def _go(self, over: Sequence[Point], end: State, *, straight: Sequence[Point] = ()) -> None:
        """Over points by the bent ways of air routes, then straight on, arriving in a state."""
        way = [*self._bent([self.points[-1], *over]), *straight]
        self.runs += self._profile.runs(Course(way).nm, self._state, self._top_ft, end)
        self.points += way[1:]
        self.points_ahead = []
        self._state = end

    def _coming_from(self) -> Point:
        return (self.points_ahead or self.points)[-1]

    def _runway(self, middle: Point) -> tuple[Point, Point]:
        """Its two ends, the first of them that at which a landing begins."""
        back = destination(*middle, self._runway_deg + 180, RUNWAY_NM / 2)
        return back, destination(*middle, self._runway_deg, RUNWAY_NM / 2)

    def _stand(self, middle: Point) -> Point:
        return destination(*middle, self._rng.uniform(0.0, 360.0), self._rng.uniform(*STAND_NM))

    def _bent(self, points: Sequence[Point]) -> list[Point]:
        """The points with turns between them that lie beside the great circle."""
        way = [points[0]]
        for one, other in pairwise(points):
            nm = distance_nm(*one, *other)
            bow = self._rng.uniform(-1.0, 1.0) * min(MOST_BOW_NM, BOW * nm)
            turns = int(nm / TURN_EVERY_NM)
            for number in range(1, turns + 1):
                share = number / (turns + 1)
                on_line = between(*one, *other, share)
                off = bow * 4 * share * (1 - share) + self._rng.uniform(-ZIGZAG_NM, ZIGZAG_NM)
                way.append(destination(*on_line, bearing_deg(*on_line, *other) + 90, off))
            way.append(other)
        return way


def _racetrack(fix: Point, hold: Hold, inbound_deg: float) -> list[Point]:
    """Round and round: out, across, back and across, until the time is over, ending at the fix."""
    far = destination(*fix, inbound_deg + 180, HOLD_LEG_NM)
    beside_far = destination(*far, inbound_deg + 90, HOLD_TURN_NM)
    beside = destination(*fix, inbound_deg + 90, HOLD_TURN_NM)
    nm = 2 * (HOLD_LEG_NM + HOLD_TURN_NM)
    rounds = max(1, round(hold.minutes / 60 * HOLD_KT / nm))
    return [fix, *(point for _ in range(rounds) for point in (far, beside_far, beside, fix))]
