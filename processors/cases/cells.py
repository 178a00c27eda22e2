"""What the cases stage remembers: a bounded cell for each pair of states, one for the partition."""

import msgspec

from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.incidents import IncidentStatus, Strength
from wheelsdown.records.journeys import Stay, StayStatus
from wheelsdown.records.record import Instant
from wheelsdown.records.visits import Mention


class KnownVisit(msgspec.Struct, frozen=True, kw_only=True):
    """What can't be worked out anew of a visit as it was last published.

    ``anchor`` is the text that it was first known by, ``telling`` a hash of what was published;
    ``pins`` are the record ids of the mentions that stay while the visit explains a stay.
    """

    visit_id: str
    revision: int
    occurred_at: Instant
    observed_at: Instant
    anchor: str
    telling: str
    pins: tuple[str, ...]


class ToldIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be known of an incident's last revision to number and describe the next one.

    ``telling`` is a hash of what the revision said of its visits; ``visits`` are the ids of those
    that explain the stay, none once it is taken back; ``reported`` is a hash of the flight reports
    that it shows.
    """

    revision: int
    occurred_at: Instant
    status: IncidentStatus
    strength: Strength
    stay_revision: int
    stay_status: StayStatus
    telling: str
    visits: tuple[str, ...]
    reported: str = ""


class CaseCell(msgspec.Struct, frozen=True, kw_only=True, tag="case"):
    """The case file of one pair of states.

    Stays by id in their latest revision; mentions and reports of flights, oldest first; of visits
    and, by stay, incidents no more than the next revision needs; ``closed`` gives, by stay, the
    time until which nothing more is said of it. Bounded: all leave when their time is over
    (``expiry.py``), and earlier when there are too many (``keeping.py``).
    """

    applied: int
    stays: dict[str, Stay] = msgspec.field(default_factory=dict)
    mentions: tuple[Mention, ...] = ()
    visits: tuple[KnownVisit, ...] = ()
    incidents: dict[str, ToldIncident] = msgspec.field(default_factory=dict)
    closed: dict[str, Instant] = msgspec.field(default_factory=dict)
    flight_reports: tuple[FlightReport, ...] = ()

    @property
    def pinned(self) -> frozenset[str]:
        """The record ids of the mentions that stays of this file are explained with."""
        explaining = {visit for told in self.incidents.values() for visit in told.visits}
        return frozenset(
            pin for known in self.visits if known.visit_id in explaining for pin in known.pins
        )


class RosterCell(msgspec.Struct, frozen=True, kw_only=True, tag="roster"):
    """One partition: how far each part of each reader is, and which case files are due when."""

    applied: int
    up_to: dict[str, dict[int, Instant]] = msgspec.field(default_factory=dict)
    parts: dict[str, int] = msgspec.field(default_factory=dict)
    due: dict[str, Instant] = msgspec.field(default_factory=dict)


CasesCell = CaseCell | RosterCell
