"""What the journeys stage remembers: a cell for each aircraft, for each shard, for each source."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from wheelsdown.records.aircraft import Aircraft, Health, Scope
from wheelsdown.records.journeys import Leg, Movement, Stay, TrackPoint
from wheelsdown.records.reception import BoxMap
from wheelsdown.records.record import Instant, StateCode

#: When the tracks of cells began that an earlier release wrote.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """A position that rules may rely on, in feet, knots, feet per minute and degrees.

    ``ground_speed_kt``, ``track_deg`` and ``vertical_rate_fpm`` are None where the feed gave none.
    ``every_s`` is how often its source looks, in seconds, None where that is not known: so long
    may the aircraft have flown on before it was not heard any more. ``weak`` positions were worked
    out by others from signals (multilateration, TIS-B): miles off at times.
    """

    at: Instant
    latitude: float
    longitude: float
    on_ground: bool
    altitude_ft: float | None = None
    ground_speed_kt: float | None = None
    track_deg: float | None = None
    vertical_rate_fpm: float | None = None
    every_s: float | None = None
    weak: bool = False


class Flying(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as far as it is known; ``arrival`` is None while it lasts, and may be taken back."""

    flight_id: str
    number: int
    revision: int
    departure: Movement
    events: tuple[Movement, ...] = ()
    arrival: Movement | None = None


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """An aerodrome where the aircraft has been, and how many times; the latest stand last."""

    aerodrome: str
    visits: int


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A journey while it is being made: legs that are over, and what was told of its stays.

    ``home`` is an arrival at home that was not seen: the journey is over, unless it is taken back.
    """

    journey_id: str
    revision: int
    legs: tuple[Leg, ...] = ()
    stays: tuple[Stay, ...] = ()
    home: Movement | None = None


class AircraftCell(msgspec.Struct, frozen=True, kw_only=True, tag="aircraft"):
    """One aircraft: ``fix`` is its last accepted position, ``heard_at`` its last contact at all.

    ``suspect`` is a position that would put it elsewhere, or from the air on the ground or back,
    and waits for another that agrees. ``since`` is when its track began. ``rival`` is the last
    position that it can't have flown to, the first of those that agree was at ``rival_since``.
    Until ``doubted_until`` it may be another aircraft on the address: it came there unheard.
    ``flight`` is the present flight, or the last one. ``farthest_nm`` is how far that was at most
    from where it left, at ``farthest_at`` (None when it may have landed unheard since), ``low_at``
    the aerodrome that it is coming down to, and ``missed`` one from which it went up again. While
    contact is lost, ``ask_at`` is when its silence may mean something. ``base`` is the state where
    it is stationed, if not its operator's, and ``based_at`` when it was there last.
    """

    applied: int
    aircraft: Aircraft
    phase: Literal["ground", "airborne", "lost"]
    heard_at: Instant
    fix: Fix
    since: Instant = LONG_AGO
    suspect: Fix | None = None
    rival: Fix | None = None
    rival_since: Instant | None = None
    doubted_until: Instant | None = None
    flight: Flying | None = None
    farthest_nm: float = 0.0
    farthest_at: Instant | None = None
    low_at: str | None = None
    missed: str | None = None
    ask_at: Instant | None = None
    trip: Trip | None = None
    habits: tuple[Habit, ...] = ()
    base: StateCode | None = None
    based_at: Instant | None = None
    track: tuple[TrackPoint, ...] = ()

    @property
    def arrival(self) -> Movement | None:
        """The last arrival; None in the air and before the first flight."""
        return self.flight.arrival if self.flight is not None else None

    @property
    def departure(self) -> Movement | None:
        """The departure of the flight that is under way; None on the ground."""
        flying = self.flight is not None and self.flight.arrival is None
        return self.flight.departure if flying and self.flight is not None else None

    def is_home(self, state: StateCode | None) -> bool:
        """Whether that is the operator's state, or the one where the aircraft is stationed."""
        return state is not None and state in (self.aircraft.operator_state, self.base)


class SourceSight(msgspec.Struct, frozen=True, kw_only=True):
    """What one source could see: absence from it counts only from ``seeing_since`` to ``seen_at``.

    Those are the first and the last look that it made in order, without a break between; both are
    None before the first. ``every_s`` is how often it looks, in seconds; None where not known.
    """

    last_at: Instant
    health: Health
    scope: Scope
    seeing_since: Instant | None
    seen_at: Instant | None = None
    every_s: float | None = None


class ShardCell(msgspec.Struct, frozen=True, kw_only=True, tag="shard"):
    """One shard: what its sources could see, and which aircraft to look at again, and when."""

    applied: int
    sources: dict[str, SourceSight]
    due: dict[str, Instant]
    told_up_to: Instant | None = None


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """What a source heard in a stretch of time that begins ``at``: boxes with any aircraft."""

    at: Instant
    heard: BoxMap
    low: BoxMap


class ReceptionCell(msgspec.Struct, frozen=True, kw_only=True, tag="reception"):
    """Where one source heard aircraft at all lately, oldest first: by minutes, and by days."""

    applied: int
    slots: tuple[Slot, ...] = ()
    days: tuple[Slot, ...] = ()


JourneysCell = AircraftCell | ShardCell | ReceptionCell
