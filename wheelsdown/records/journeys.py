"""Where an aircraft went: movements, legs, stays, journeys."""

from typing import Literal

import msgspec

from wheelsdown.records.aircraft import Aircraft, Icao24
from wheelsdown.records.record import Instant, Pair, Record, StateCode

#: ``observed``: seen on the ground there. ``inferred``: last or first heard low, close to it.
#: ``probable``: concluded from a gap in reception. ``unknown``: nothing is claimed.
Certainty = Literal["observed", "inferred", "probable", "unknown"]

#: ``contact_lost`` and ``contact_regained``: reception failed and came back, in the air.
#: ``turned_back``: it flies back towards where it left. ``diverted``: it was about to land at one
#: aerodrome and landed at another. Both, like the contacts, lie within a leg.
MovementKind = Literal[
    "departure", "arrival", "contact_lost", "contact_regained", "turned_back", "diverted"
]

#: ``withdrawn`` takes everything back that was said about a stay.
StayStatus = Literal["arrived", "left", "returned", "withdrawn"]
#: ``rebased``: the journey is over because the aircraft is stationed now where it went.
#: ``continued``: too long for one record; the next leg begins another journey.
JourneyStatus = Literal[
    "outbound", "staying", "returning", "completed", "rebased", "continued", "withdrawn"
]
#: A ``technical_stop`` is a short stop between two other states, to refuel.
StopKind = Literal["stay", "technical_stop"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An aerodrome, or only a state, or nothing known (all None)."""

    state: StateCode | None = None
    aerodrome: str | None = None
    name: str | None = None
    city: str | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an aircraft, where and when; ``error_min`` is how far ``at`` may be off.

    Of a ``contact_lost``, ``place`` is where it may have been going and ``alternatives`` are other
    destinations, most likely first. Of the others ``alternatives`` are places it may have been
    instead.
    """

    kind: MovementKind
    place: Place
    at: Instant
    error_min: float
    certainty: Certainty
    reasons: tuple[str, ...]
    alternatives: tuple[Place, ...] = ()


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One departure, what happened on the way, oldest first, and, once known, the arrival."""

    departure: Movement
    arrival: Movement | None = None
    events: tuple[Movement, ...] = ()


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
    ``returned`` the arrival back in the operator's state. Whether it was a technical ``stop`` is
    known only once the next leg has arrived.
    """

    stay_id: str
    journey_id: str
    revision: int
    pair: Pair
    host: StateCode
    aircraft: Aircraft
    status: StayStatus
    stop: StopKind = "stay"
    origin: Movement
    arrival: Movement
    departure: Movement | None = None
    returned: Movement | None = None
    withdrawn_because: str = ""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A stop of a journey; lengths in hours, None while it lasts or an end of it is not known."""

    place: Place
    kind: StopKind
    certainty: Certainty
    arrived: Instant
    left: Instant | None = None
    length_h: float | None = None
    error_h: float | None = None


class Flight(Record, frozen=True, kw_only=True, tag="flight"):
    """One flight of a watched aircraft, also at home; a later revision replaces an earlier one.

    ``number`` counts the aircraft's flights since it was first heard.
    """

    flight_id: str
    icao24: Icao24
    revision: int
    number: int
    aircraft: Aircraft
    leg: Leg


class Journey(Record, frozen=True, kw_only=True, tag="journey"):
    """Home, stops abroad, home; a later revision replaces an earlier one.

    Of an aircraft whose operator's state is not known, all flights are one journey. ``track`` is
    simplified and bounded, for maps and not for measuring.
    """

    journey_id: str
    icao24: Icao24
    revision: int
    aircraft: Aircraft
    status: JourneyStatus
    legs: tuple[Leg, ...]
    stays: tuple[Stop, ...]
    track: tuple[TrackPoint, ...] = ()
