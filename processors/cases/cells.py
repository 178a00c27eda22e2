"""What the cases stage remembers: a bounded cell for each pair of states, one for the partition."""

import msgspec

from wheelsdown.records.incidents import Incident
from wheelsdown.records.journeys import Stay
from wheelsdown.records.record import Instant
from wheelsdown.records.visits import Mention, Visit


class KnownVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it was last published, and the text that it was first known by."""

    visit: Visit
    anchor: str


class CaseCell(msgspec.Struct, frozen=True, kw_only=True, tag="case"):
    """The case file of one pair of states.

    Stays by id in their latest revision; the newest mentions, oldest first, at most
    ``merging.MOST_MENTIONS``; visits and incidents as last published. Bounded: stays, visits and
    incidents leave when their time is over (``expiry.py``).
    """

    applied: int
    stays: dict[str, Stay] = msgspec.field(default_factory=dict)
    mentions: tuple[Mention, ...] = ()
    visits: tuple[KnownVisit, ...] = ()
    incidents: dict[str, Incident] = msgspec.field(default_factory=dict)


class RosterCell(msgspec.Struct, frozen=True, kw_only=True, tag="roster"):
    """One partition: how far each part of each reader is, and which case files are due when."""

    applied: int
    up_to: dict[str, dict[int, Instant]] = msgspec.field(default_factory=dict)
    parts: dict[str, int] = msgspec.field(default_factory=dict)
    due: dict[str, Instant] = msgspec.field(default_factory=dict)


CasesCell = CaseCell | RosterCell
