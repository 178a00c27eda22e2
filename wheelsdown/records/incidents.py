"""A journey and the visits of its pair of states, explained."""

from typing import Literal

import msgspec

from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.journeys import Stay
from wheelsdown.records.record import Pair, Record
from wheelsdown.records.visits import Visit

IncidentStatus = Literal["open", "closed", "withdrawn"]
Strength = Literal["weak", "moderate", "strong"]


class VisitMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the pair, and how its days lie to the flight's.

    ``days`` is negative when the flight came before the visit, zero when they overlap, positive
    when the flight came after it.
    """

    visit: Visit
    days: int


class Incident(Record, frozen=True, kw_only=True, tag="incident"):
    """One stay of one aircraft that agrees with visits of the same pair of states.

    ``incident_id`` never changes; a later revision replaces an earlier one. ``why`` gives the
    grounds in sentences, ``unknown`` what the evidence does not tell. ``flight_reports`` are
    entries that report the stay's flight: they agree with it, and raise nothing by themselves.
    """

    incident_id: str
    revision: int
    pair: Pair
    status: IncidentStatus
    strength: Strength
    title: str
    stay: Stay
    visits: tuple[VisitMatch, ...]
    why: tuple[str, ...]
    unknown: tuple[str, ...]
    changed: str
    flight_reports: tuple[FlightReport, ...] = ()
