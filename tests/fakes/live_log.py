"""What stands on the log of a live run, seen from outside while its daemons write it."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import RetriableError

from cli.outputs import Outputs
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import Message, NewMessage, Reader
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.codec import CodecError
from wheelsdown.records.record import Record
from wheelsdown.records.topics import (
    ADSB_SNAPSHOTS,
    ALERTS,
    CASES_EVENTS,
    CATALOGUE,
    DISPATCH_EVENTS,
    NEWS_ENTRIES,
    Topic,
)

PARTITIONS = 2
#: Who has to have read what when a run is over; snapshots come as long as it goes on.
STAGES = {NEWS_ENTRIES: "visits", CASES_EVENTS: "cases", DISPATCH_EVENTS: "dispatch"}
READ = (*STAGES, ALERTS)
#: The group of the alerts' reader, and that of all stages on Kafka.
SLACK_GROUP = "slack"
FAUST_GROUP = "wheelsdown"


Kept = TypeVar("Kept", bound=Record)

#: An offset for each partition.
Places = Mapping[tuple[Topic, int], int]


class RunLog(Protocol):
    """The log of a run, for those who look on."""

    def prepare(self, messages: Iterable[NewMessage]) -> None:
        """Make the log, with these messages, before any daemon runs."""
        ...

    def since(self, places: Places) -> list[Message]:
        """The messages from these offsets on, in order of each partition; not always all."""
        ...

    def reached(self, topic: Topic) -> Mapping[int, int]:
        """By partition, the offset at which the reader of the topic would go on."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class SqliteRunLog:
    """The file of an embedded run, which another process holds."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def prepare(self, messages: Iterable[NewMessage]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with SqliteLog(self._file, PARTITIONS) as log:
            log.append(messages)

    def since(self, places: Places) -> list[Message]:
        # Not held open between two looks: a daemon that starts again after a kill finds the file as
        # the kill left it.
        with SqliteReader(self._file) as log:
            return _read(log, places)

    def reached(self, topic: Topic) -> Mapping[int, int]:
        committed = "SELECT part, position FROM committed WHERE consumers = ? AND topic = ?"
        # A stage goes on after its position; the offset that it commits may lag behind.
        applied = "SELECT part, position + 1 FROM applied WHERE stage = ?"
        of_stage = topic in STAGES
        question = (
            (applied, (STAGES[topic],)) if of_stage else (committed, (SLACK_GROUP, topic.name))
        )
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as connection:
            return dict(connection.execute(*question).fetchall())

    def close(self) -> None:
        """Nothing is held between two reads."""


class KafkaRunLog:
    """The topics of a run on Kafka, under a prefix of their own."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._log = KafkaLog(KafkaConnection(bootstrap=(bootstrap,)), PARTITIONS, prefix=prefix)
        self._admin = KafkaAdminClient(bootstrap_servers=bootstrap)

    def prepare(self, messages: Iterable[NewMessage]) -> None:
        self._log.create_topics(replication=1)
        self._log.append(messages)

    def since(self, places: Places) -> list[Message]:
        return _read(self._log, places)

    def reached(self, topic: Topic) -> Mapping[int, int]:
        group = self._prefix + (FAUST_GROUP if topic in STAGES else SLACK_GROUP)
        try:
            found = self._admin.list_group_offsets(group)[group]
        except RetriableError:  # its coordinator has just moved, or knows no such group yet
            return {}
        name = self._log.name(topic)
        places = {number: TopicPartition(name, number) for number in range(PARTITIONS)}
        return {number: found[place].offset for number, place in places.items() if place in found}

    def close(self) -> None:
        self._admin.close()
        self._log.close()


def _read(log: Reader, places: Places) -> list[Message]:
    return [
        message
        for (topic, number), offset in places.items()
        for message in log.read(topic, number, offset, 1_000)
    ]


class Onlooker:
    """Follows the log of a run and keeps what it saw; used by one thread at a time.

    ``records`` are the records of each topic by their id, as first met: what a crash had published
    twice counts once. ``positions`` are the aircraft and times that snapshots have shown.
    """

    def __init__(self, log: RunLog) -> None:
        self.records: dict[Topic, dict[str, Record]] = defaultdict(dict)
        self.positions: set[tuple[str, datetime | None]] = set()
        self._log = log
        self._copy = MemoryLog(PARTITIONS)
        self._outputs = Outputs(self._copy)
        self._next = {
            (topic, number): 0
            for topic in CATALOGUE
            for number in range(1 if topic.single else PARTITIONS)
        }

    def look(self) -> None:
        """Take in what was published since the last look."""
        for message in self._log.since(self._next):
            self._next[message.topic, message.partition] = message.offset + 1
            self._take(message)

    def of(self, topic: Topic, kind: type[Kept]) -> list[Kept]:
        """The records of one kind on a topic, each once."""
        return [one for one in self.records[topic].values() if isinstance(one, kind)]

    def outputs(self) -> Outputs:
        """What the run has found so far, for ``canonical``."""
        self._outputs.collect()
        return self._outputs

    def unread(self) -> list[str]:
        """The topics that their readers have not read to the end that was seen here."""
        return [topic.name for topic in READ if not self._is_read(topic)]

    def _is_read(self, topic: Topic) -> bool:
        reached = self._log.reached(topic)
        ends = {number: end for (one, number), end in self._next.items() if one is topic}
        return all(reached.get(number, 0) >= end for number, end in ends.items())

    def _take(self, message: Message) -> None:
        try:
            record = message.topic.decode(message.value)
        except CodecError:
            return  # one that was put there to be unreadable
        self._copy.append(
            [NewMessage(message.topic, message.partition, message.key, message.value)]
        )
        self.records[message.topic].setdefault(record.record_id, record)
        if message.topic is ADSB_SNAPSHOTS:
            assert isinstance(record, Snapshot)
            self.positions |= {(one.icao24, one.positioned_at) for one in record.candidates}
