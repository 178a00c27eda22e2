"""What the journeys stage remembers: one cell for each aircraft, one for each shard."""

from typing import Literal

import msgspec

from wheelsdown.records.aircraft import Aircraft, Health, Scope
from wheelsdown.records.journeys import Leg, Movement, Stay, TrackPoint
from wheelsdown.records.record import Instant


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """A position that rules may rely on, in feet, knots, feet per minute and degrees.

    ``ground_speed_kt``, ``track_deg`` and ``vertical_rate_fpm`` are None where the feed gave none.
    ``every_s`` is how often its source looks, in seconds, None where that is not known: so long
    may the aircraft have flown on before it was not heard any more.
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


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A journey while it is being made: legs that are over, and the stays of its stops.

    ``home`` is an arrival at home that was not seen: the journey is over, unless it is taken back.
    """

    journey_id: str
    revision: int
    legs: tuple[Leg, ...]
    stays: tuple[Stay, ...]
    home: Movement | None = None


class AircraftCell(msgspec.Struct, frozen=True, kw_only=True, tag="aircraft"):
    """One aircraft: ``fix`` is its last accepted position, ``heard_at`` its last contact at all.

    ``suspect`` is a position that would put it elsewhere, or from the air on the ground or back,
    and waits for another that agrees.
    ``departure`` is the movement that began the present leg, None on the ground. ``arrival`` is the
    last arrival, None in the air and before the first.
    """

    applied: int
    aircraft: Aircraft
    phase: Literal["ground", "airborne", "lost"]
    heard_at: Instant
    fix: Fix
    suspect: Fix | None = None
    departure: Movement | None = None
    arrival: Movement | None = None
    trip: Trip | None = None
    track: tuple[TrackPoint, ...] = ()


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


JourneysCell = AircraftCell | ShardCell
