"""What the logs within one process share: what they accept, and how they are read.

A log keeps the messages and the committed offsets (``LocalLog``); the consumer here keeps the place
of a reader in each partition and waits for what comes.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.port import Message, NewMessage, RefusedError
from wheelsdown.records.topics import Topic


class Members:
    """Which group reads which topic: one consumer of a group at a time."""

    def __init__(self) -> None:
        self._reading: set[tuple[str, str]] = set()

    def join(self, group: str, topics: Iterable[Topic]) -> None:
        """Raises RefusedError when the group has a consumer of one of the topics."""
        wanted = {(group, topic.name) for topic in topics}
        taken = sorted(name for _, name in wanted & self._reading)
        if taken:
            raise RefusedError(
                f"group {group} reads {', '.join(taken)} already: here a group has one consumer of "
                "a topic; close that one first, or use another group"
            )
        self._reading |= wanted

    def leave(self, group: str, topics: Iterable[Topic]) -> None:
        """Let another consumer of the group read the topics."""
        self._reading -= {(group, topic.name) for topic in topics}

    def readers(self, topic: str) -> list[str]:
        """The groups that read the topic now."""
        return [group for group, name in self._reading if name == topic]


class LocalLog(ABC):
    """What a log within this process keeps; ``partitions`` is that of topics that have more.

    ``changed`` guards the log; it is notified when messages were appended and when the log is
    closed. The methods between ``check_open`` and ``committed`` are called with it held.
    """

    def __init__(self, partitions: int) -> None:
        self.changed = threading.Condition()
        self._partitions = partitions
        self._members = Members()

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        return 1 if topic.single else self._partitions

    def consumer(self, group: str, topics: Sequence[Topic]) -> "LocalConsumer":
        """A consumer of the topics; RefusedError when the group has one already."""
        places = [(topic, number) for topic in topics for number in range(self.partitions(topic))]
        with self.changed:
            self.check_open()
            return LocalConsumer(self, self._members, group, places)

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages from ``offset`` on, or from the first that is kept."""
        with self.changed:
            self.check_open()
            check_readable(topic, partition, offset, self.partitions(topic))
            return self.stored(topic, partition, offset, limit)

    def offset_at(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment`` or later."""
        with self.changed:
            self.check_open()
            check_partition(topic, partition, self.partitions(topic))
            return self.appended_from(topic, partition, moment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Release everything; safe to call twice. Wakes consumers that wait."""

    @abstractmethod
    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""

    @abstractmethod
    def stored(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset``, or the first kept, on."""

    @abstractmethod
    def appended_from(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment`` or later."""

    @abstractmethod
    def set_committed(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """The group starts at ``offset`` from now on."""

    @abstractmethod
    def committed(self, group: str, topic: Topic, partition: int) -> int:
        """Where the group starts: 0 before its first commit."""

    def _awaited_from(self, topic: Topic, partition: int, end: int) -> int:
        """The first offset that a group which reads now has not committed; ``end`` if none reads.

        A group whose consumer is closed asks for nothing: it may never come back.
        """
        readers = self._members.readers(topic.name)
        return min((self.committed(one, topic, partition) for one in readers), default=end)

    def _accept(self, messages: Iterable[NewMessage]) -> list[NewMessage]:
        """The messages, when all are acceptable; RefusedError when one is not."""
        accepted = list(messages)
        for message in accepted:
            check_acceptable(message, self.partitions(message.topic))
        return accepted


class LocalConsumer:
    """A reader of all partitions of its topics; see ``Consumer`` in port.py.

    It takes from one partition after the other, beginning each time with another one, so that a
    busy partition holds up none.
    """

    def __init__(
        self,
        log: LocalLog,
        members: Members,
        group: str,
        places: Sequence[tuple[Topic, int]],
    ) -> None:
        self._log = log
        self._members = members
        self._group = group
        self._topics = {topic.name: topic for topic, _ in places}
        self._places = [(topic.name, partition) for topic, partition in places]
        members.join(group, self._topics.values())
        self._next = {
            (topic.name, partition): log.committed(group, topic, partition)
            for topic, partition in places
        }
        self._turn = 0
        self._closed = False

    def poll(self, *, limit: int, timeout_s: float) -> Sequence[Message]:
        """Up to ``limit`` messages; waits up to ``timeout_s`` seconds for the first."""
        deadline = monotonic_s() + timeout_s
        with self._log.changed:
            while True:
                self._check_open()
                found = self._take(limit)
                left_s = deadline - monotonic_s()
                if found or left_s <= 0:
                    return found
                self._log.changed.wait(left_s)

    def commit(self, message: Message) -> None:
        """Durable when it returns."""
        with self._log.changed:
            self._check_open()
            self._check_place(message.topic, message.partition)
            self._log.set_committed(
                self._group, message.topic, message.partition, message.offset + 1
            )

    def seek(self, topic: Topic, partition: int, offset: int) -> None:
        """Read on from ``offset``, which is 0 or more."""
        with self._log.changed:
            self._check_open()
            self._check_place(topic, partition)
            if offset < 0:
                raise RefusedError(f"there is no offset {offset}: offsets count from 0")
            self._next[topic.name, partition] = offset

    def has(self, topic: Topic, partition: int) -> bool:
        """Here a consumer has all partitions of its topics."""
        return (topic.name, partition) in self._next

    def close(self) -> None:
        """Leave the group; safe to call twice."""
        with self._log.changed:
            if not self._closed:
                self._closed = True
                self._members.leave(self._group, self._topics.values())

    def _check_open(self) -> None:
        self._log.check_open()
        if self._closed:
            raise RefusedError(f"this consumer of group {self._group} is closed")

    def _check_place(self, topic: Topic, partition: int) -> None:
        if (topic.name, partition) not in self._next:
            raise RefusedError(
                f"this consumer of group {self._group} does not read {topic.name} [{partition}]"
            )

    def _take(self, limit: int) -> list[Message]:
        found: list[Message] = []
        for _ in self._places:
            if len(found) >= limit:
                break
            name, partition = place = self._places[self._turn]
            self._turn = (self._turn + 1) % len(self._places)
            taken = self._log.stored(
                self._topics[name], partition, self._next[place], limit - len(found)
            )
            if taken:
                self._next[place] = taken[-1].offset + 1
            found += taken
        return found


def check_acceptable(message: NewMessage, partitions: int) -> None:
    """Raises RefusedError when no log would take the message. ``partitions`` is the topic's."""
    topic = message.topic
    check_partition(topic, message.partition, partitions)
    if len(message.value) > topic.max_bytes:
        raise RefusedError(
            f"a value of {len(message.value)} bytes is too large for {topic.name}, "
            f"which takes {topic.max_bytes}"
        )
    try:
        message.key.encode()
    except UnicodeEncodeError as error:
        raise RefusedError(f"a key for {topic.name} is no Unicode text: {error}") from error


def check_readable(topic: Topic, partition: int, offset: int, partitions: int) -> None:
    """Raises RefusedError where nothing can ever be read. ``partitions`` is the topic's."""
    check_partition(topic, partition, partitions)
    if offset < 0:
        raise RefusedError(f"there is no offset {offset}: offsets count from 0")


def check_partition(topic: Topic, partition: int, partitions: int) -> None:
    """Raises RefusedError where the topic, which has ``partitions``, has no such one."""
    if not 0 <= partition < partitions:
        raise RefusedError(
            f"{topic.name} has no partition {partition}: it has {partitions}, from 0 on"
        )
