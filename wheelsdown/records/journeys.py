"""Where an aircraft went: movements, legs, stays, journeys."""

from typing import Literal

import msgspec

from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.record import Instant, Pair, Record, StateCode

#: ``observed``: seen on the ground there. ``inferred``: last or first heard low, close to it.
#: ``probable``: concluded from a gap in reception. ``unknown``: nothing is claimed.
Certainty = Literal["observed", "inferred", "probable", "unknown"]

#: ``withdrawn`` takes everything back that was said about a stay.
StayStatus = Literal["arrived", "left", "returned", "withdrawn"]
JourneyStatus = Literal["outbound", "staying", "returning", "completed", "withdrawn"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An aerodrome, or only a state, or nothing known (all None)."""

    state: StateCode | None = None
    aerodrome: str | None = None
    name: str | None = None
    city: str | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A departure or an arrival. ``error_min`` is how far ``at`` may be off, in minutes."""

    kind: Literal["departure", "arrival"]
    place: Place
    at: Instant
    error_min: float
    certainty: Certainty
    reasons: tuple[str, ...]
    alternatives: tuple[Place, ...] = ()


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One departure and, once known, the arrival that ends it."""

    departure: Movement
    arrival: Movement | None = None


class TrackPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A position of the simplified track; ``gap_before`` where reception failed before it."""

    at: Instant
    latitude: float
    longitude: float
    altitude_ft: float | None
    gap_before: bool = False


class Stay(Record, frozen=True, kw_only=True, tag="stay"):
    """An aircraft of one state stays in another; a later revision replaces an earlier one.

    ``origin`` is the movement that began the journey, ``departure`` the one that ended the stay,
    ``returned`` the arrival back in the operator's state.
    """

    stay_id: str
    journey_id: str
    revision: int
    pair: Pair
    host: StateCode
    aircraft: Aircraft
    status: StayStatus
    origin: Movement
    arrival: Movement
    departure: Movement | None = None
    returned: Movement | None = None
    withdrawn_because: str = ""


class Journey(Record, frozen=True, kw_only=True, tag="journey"):
    """Home, stops abroad, home; a later revision replaces an earlier one.

    ``track`` is simplified and bounded, for maps and not for measuring.
    """

    journey_id: str
    revision: int
    aircraft: Aircraft
    status: JourneyStatus
    legs: tuple[Leg, ...]
    track: tuple[TrackPoint, ...] = ()
