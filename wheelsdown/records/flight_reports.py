"""What an entry reports of a flight: evidence for a stay, never the ground of an incident."""

from datetime import date
from typing import Literal

import msgspec

from wheelsdown.records.record import Pair, Record, StateCode
from wheelsdown.records.visits import Evidence

#: ``stated``: told as a fact. ``hedged``: "appears", "reportedly", "may have", or registration and
#: operator disagree.
ReportCertainty = Literal["stated", "hedged"]


class ReportedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place that an entry names, as written, and the state it is in."""

    state: StateCode
    name: str


class FlightReport(Record, frozen=True, kw_only=True, tag="flight_report"):
    """One entry says that an aircraft flew from ``origin`` to ``destination``, one of them abroad.

    ``operator`` and ``aircraft_type`` are as written, ``type_name`` is the usual name of the type
    and ``type_codes`` its designators (ICAO Doc 8643), several where the name leaves the model
    open. ``operator_state`` may be told by the registration alone. The days are those that the text
    with its publication date fixes, ``hours_on_ground`` the length of the stay at the destination.
    ``cited`` are those whom the entry names as source. ``why`` are the words that decided.
    """

    pair: Pair
    operator_state: StateCode | None
    operator: str | None
    aircraft_type: str | None
    type_name: str | None
    type_codes: tuple[str, ...]
    registration: str | None
    callsign: str | None
    origin: ReportedPlace | None
    destination: ReportedPlace | None
    departed: date | None
    arrived: date | None
    returned: date | None
    hours_on_ground: float | None
    cited: tuple[str, ...]
    certainty: ReportCertainty
    why: tuple[str, ...]
    evidence: Evidence
