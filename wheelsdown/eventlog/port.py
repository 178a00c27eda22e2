"""The port: what every event log does, and how it fails.

Errors: ``EventLogError`` with ``UnavailableError`` (a dead broker, a locked file: try again later,
within a limit), ``StorageFullError`` (a full disk), ``RefusedError`` (a value too large, an unknown
topic, wrong credentials: trying again is pointless) and ``CorruptError`` (the file is damaged).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from wheelsdown.records.topics import Topic

Headers = tuple[tuple[str, bytes], ...]


class EventLogError(Exception):
    """The log could not do it; the message says what to do."""


class UnavailableError(EventLogError):
    """The log can't be reached just now."""


class StorageFullError(EventLogError):
    """There is no room left to write."""


class RefusedError(EventLogError):
    """The log will never accept this."""


class CorruptError(EventLogError):
    """The log's storage is damaged."""


@dataclass(frozen=True)
class NewMessage:
    """What to append, and where."""

    topic: Topic
    partition: int
    key: str
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True)
class Message:
    """What was read, and where it stands."""

    topic: Topic
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Headers = ()


class Consumer(Protocol):
    """A reader of some topics on behalf of a group. Used by one thread.

    Several consumers of one group share its partitions where the log supports it (Kafka); elsewhere
    a second consumer of a group that reads the same topic is refused with ``RefusedError``.
    """

    def poll(self, *, limit: int, timeout_s: float) -> Sequence[Message]:
        """Up to ``limit`` messages, in order within each partition; empty when none came in time.

        A group starts at the beginning of a topic, later at its committed offsets.
        """
        ...

    def commit(self, message: Message) -> None:
        """Everything up to and with ``message`` in its partition is handled for good."""
        ...

    def seek(self, topic: Topic, partition: int, offset: int) -> None:
        """Read on from ``offset``: at the next poll, for a partition that is assigned."""
        ...

    def has(self, topic: Topic, partition: int) -> bool:
        """Whether the group has given this consumer the partition, as far as it knows."""
        ...

    def close(self) -> None:
        """Leave the group, without committing anything."""
        ...


class Reader(Protocol):
    """What there is on the topics, on behalf of no group. Safe to use from several threads."""

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        ...

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages (1 or more) from ``offset`` on, or from the first that is kept.

        Without waiting for what is yet to come: empty only where the partition ends.
        """
        ...

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        ...

    def offset_at(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment`` or later; as high as is known.

        The partition's end where nothing is so young, 0 where the log does not know when something
        was appended. It is by the clock of whoever appended: where that was set back, what was
        appended before, with a later time, may lie before the offset too.
        """
        ...

    def close(self) -> None:
        """Flush and release everything; safe to call twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class EventLog(Reader, Protocol):
    """An append-only log of the topics of the catalogue. Safe to append to from several threads."""

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append in order; when it returns, all are durable. On an error, none, some or all are."""
        ...

    def consumer(self, group: str, topics: Sequence[Topic]) -> Consumer:
        """A consumer of the topics on behalf of a group."""
        ...
