"""The topic catalogue: name, key, record types, partitions, retention. Nothing else names a topic.

The key is a property of the topic, computed here and never chosen by a caller.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from wheelsdown.records import codec
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.alerts import Alert
from wheelsdown.records.dead_letters import DeadLetter
from wheelsdown.records.deliveries import Delivery
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.incidents import Incident
from wheelsdown.records.journeys import Flight, Journey, Stay
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Record
from wheelsdown.records.visits import Mention, Visit

#: Below the default ``max.message.bytes`` of a Kafka broker (1,048,588), with room for headers.
MAX_VALUE_BYTES = 1_000_000

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Topic:
    """One topic. ``single`` topics have one partition, the others share one partition count."""

    name: str
    types: tuple[type[Record], ...]
    key_of: Callable[[Record], str]
    kept: timedelta
    single: bool = False
    max_bytes: int = MAX_VALUE_BYTES

    def encode(self, record: Record) -> bytes:
        """The record's bytes; CodecError when it does not belong here or can't be written."""
        return codec.encode(self.types, record, limit=self.max_bytes)

    def decode(self, data: bytes) -> Record:
        """The record in ``data``; CodecError when there is none."""
        return codec.decode(self.types, data, limit=self.max_bytes)

    def key(self, record: Record) -> str:
        """The record's key; that of a progress record names its author, for people to read."""
        if isinstance(record, Progress):
            return f"@{record.reader}-{record.part}"
        return self.key_of(record)

    def is_broadcast(self, record: Record) -> bool:
        """Progress goes to every partition, whatever its key."""
        return isinstance(record, Progress)


def _field(name: str) -> Callable[[Record], str]:
    def key(record: Record) -> str:
        return str(getattr(record, name))

    return key


ADSB_SNAPSHOTS = Topic("adsb.snapshots.v1", (Snapshot,), _field("shard"), YEAR)
NEWS_ENTRIES = Topic("news.entries.v1", (Entry, Progress), _field("entry_id"), 5 * YEAR)
FLIGHTS_JOURNEYS = Topic("flights.journeys.v1", (Flight, Journey), _field("icao24"), 5 * YEAR)
CASES_EVENTS = Topic(
    "cases.events.v1", (Stay, Mention, FlightReport, Progress), _field("pair"), YEAR
)
VISITS = Topic("visits.v1", (Visit,), _field("pair"), 5 * YEAR)
INCIDENTS = Topic("incidents.v1", (Incident,), _field("pair"), 5 * YEAR)
#: The merged input of the dispatch stage (docs/adr/0004): one partition, one order.
DISPATCH_EVENTS = Topic("dispatch.events.v1", (Incident,), _field("incident_id"), YEAR, single=True)
ALERTS = Topic("alerts.v1", (Alert,), _field("route"), 5 * YEAR, single=True)
#: Intent before and outcome after each request; the ledger of whoever sends is its index.
DELIVERIES = Topic("deliveries.v1", (Delivery,), _field("incident_id"), 5 * YEAR, single=True)
#: Values in it are cut to half the limit, since base64 makes them a third longer.
DEAD_LETTERS = Topic("dead-letters.v1", (DeadLetter,), _field("topic"), timedelta(weeks=4))

CATALOGUE = (
    ADSB_SNAPSHOTS,
    NEWS_ENTRIES,
    FLIGHTS_JOURNEYS,
    CASES_EVENTS,
    VISITS,
    INCIDENTS,
    DISPATCH_EVENTS,
    ALERTS,
    DELIVERIES,
    DEAD_LETTERS,
)

BY_NAME = {topic.name: topic for topic in CATALOGUE}
