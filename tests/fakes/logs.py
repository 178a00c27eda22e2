"""Event logs for tests: one way to open each kind, to fill it and to read it."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import Consumer, EventLog, Message, NewMessage
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.topics import NEWS_ENTRIES, Topic

PARTITIONS = 4
#: Generous: a Kafka group needs a moment to gather, longer on a busy machine.
WITHIN_S = 30.0


@dataclass
class LogKind:
    """A kind of log. ``reopen`` closes a log and opens what it wrote again."""

    name: str
    open: Callable[[], EventLog]
    keeps: bool = True

    def reopen(self, log: EventLog) -> EventLog:
        if not self.keeps:
            return log
        log.close()
        return self.open()


def memory_kind() -> LogKind:
    return LogKind("memory", lambda: MemoryLog(PARTITIONS), keeps=False)


def sqlite_kind(folder: Path) -> LogKind:
    return LogKind("sqlite", lambda: SqliteLog(folder / "events.sqlite", PARTITIONS))


def kafka_kind(bootstrap: str) -> LogKind:
    """With topics of its own, which are made here."""
    prefix = f"t{uuid.uuid4().hex[:12]}."
    with kafka_log(bootstrap, prefix) as log:
        log.create_topics(replication=1)
    return LogKind("kafka", lambda: kafka_log(bootstrap, prefix))


def kafka_log(bootstrap: str, prefix: str, partitions: int = PARTITIONS) -> KafkaLog:
    return KafkaLog(KafkaConnection(tuple(bootstrap.split(","))), partitions, prefix=prefix)


def new(
    key: str, partition: int = 0, value: bytes = b"", topic: Topic = NEWS_ENTRIES
) -> NewMessage:
    """A message whose value, unless given, is its key."""
    return NewMessage(topic, partition, key, value or key.encode(), (("made-by", b"tests"),))


def read(consumer: Consumer, count: int, limit: int = 500) -> list[Message]:
    """The next ``count`` messages, however many polls they take."""
    found: list[Message] = []
    deadline = time.monotonic() + WITHIN_S
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} messages came"
        found += consumer.poll(limit=min(limit, count - len(found)), timeout_s=0.2)
    return found


def keys(messages: Sequence[Message], partition: int | None = None) -> list[str]:
    return [one.key for one in messages if partition in (None, one.partition)]
