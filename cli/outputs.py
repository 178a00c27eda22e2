"""What a run found, as JSON lines: the last revision of each incident, visit and journey."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from wheelsdown.eventlog.port import EventLog
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident
from wheelsdown.records.journeys import Flight, Journey
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ALERTS, FLIGHTS_JOURNEYS, INCIDENTS, VISITS, Topic
from wheelsdown.records.visits import Visit

COLLECTED = (INCIDENTS, VISITS, FLIGHTS_JOURNEYS, ALERTS)
#: Messages read at a time.
BATCH = 1_000


class Outputs:
    """Collects what the pipeline publishes; call ``collect`` often, the log need not keep it."""

    def __init__(self, log: EventLog, group: str = "outputs") -> None:
        self._consumer = log.consumer(group, COLLECTED)
        self.incidents: dict[str, Incident] = {}
        self.visits: dict[str, Visit] = {}
        self.journeys: dict[str, Journey] = {}
        self.flights: dict[str, Flight] = {}
        self.alerts: dict[str, Alert] = {}
        #: How many positions the rules did not believe, by reason: told by the host, not the log.
        self.rejected: Mapping[str, int] = {}

    def collect(self, timeout_s: float = 0.0) -> int:
        """Take in what was published since the last call; gives how many records.

        It ends when none comes within the timeout. A log in this process needs none; Kafka needs
        seconds for the first poll of a group.
        """
        taken = 0
        while messages := self._consumer.poll(limit=BATCH, timeout_s=timeout_s):
            for message in messages:
                self._take(message.topic.decode(message.value))
                self._consumer.commit(message)
            taken += len(messages)
        return taken

    def close(self) -> None:
        """Leave the consumer group."""
        self._consumer.close()

    def write(self, folder: Path) -> None:
        """Write incidents.jsonl, visits.jsonl, journeys.jsonl and alerts.jsonl (each revision)."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "incidents.jsonl", INCIDENTS, self.incidents.values())
        _write(folder / "visits.jsonl", VISITS, self.visits.values())
        self.write_journeys(folder / "journeys.jsonl")
        _write(folder / "alerts.jsonl", ALERTS, self.alerts.values())

    def write_journeys(self, path: Path) -> None:
        """Write the journeys only."""
        _write(path, FLIGHTS_JOURNEYS, self.journeys.values())

    def write_flights(self, path: Path) -> None:
        """Write every flight, those at home too."""
        _write(path, FLIGHTS_JOURNEYS, self.flights.values())

    def _take(self, record: Record) -> None:
        match record:
            case Incident():
                self.incidents[record.incident_id] = record
            case Visit():
                self.visits[record.visit_id] = record
            case Journey():
                self.journeys[record.journey_id] = record
            case Flight():
                self.flights[record.flight_id] = record
            case Alert():
                self.alerts[record.record_id] = record


def _write(path: Path, topic: Topic, records: Iterable[Record]) -> None:
    ordered = sorted(records, key=lambda record: (record.observed_at, record.record_id))
    path.write_bytes(b"".join(topic.encode(record) + b"\n" for record in ordered))


def canonical(outputs: Outputs) -> str:
    """What was found, without how it was found: equal for equal findings on any host.

    Ids, revisions, times of observation and counts of reports depend on the order in which records
    of different partitions came, and are left out; so are visits that were merged into others, and
    incidents that were taken back: in another order they may never have been told.
    """
    said = {
        "incidents": sorted(
            _incident(one) for one in outputs.incidents.values() if one.status != "withdrawn"
        ),
        "visits": sorted(_visit(one) for one in outputs.visits.values() if one.merged_into is None),
        "journeys": sorted(_journey(one) for one in outputs.journeys.values()),
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


def _incident(one: Incident) -> list[str]:
    stay = one.stay
    movements = [stay.origin, stay.arrival, stay.departure, stay.returned]
    return [
        one.pair,
        stay.aircraft.icao24,
        one.status,
        one.strength,
        one.title,
        stay.status,
        *(f"{movement}" for movement in movements),
        *sorted(" ".join([*_visit(match.visit), f"{match.days}"]) for match in one.visits),
        *one.unknown,
    ]


def _visit(one: Visit) -> list[str]:
    return [
        one.pair,
        one.visitor,
        one.host,
        one.official or "",
        one.status,
        f"{one.start} {one.end} {one.dates_stated}",
    ]


def _journey(one: Journey) -> list[str]:
    return [one.aircraft.icao24, one.status, *(f"{leg}" for leg in one.legs)]
