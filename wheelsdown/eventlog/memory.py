"""An event log in memory: for replays, the demo and tests; nothing outlives it."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

from wheelsdown.eventlog.local import LocalConsumer, Members, check_acceptable
from wheelsdown.eventlog.port import Message, NewMessage, RefusedError
from wheelsdown.records.topics import Topic


class MemoryLog:
    """A log that lives as long as the object. ``partitions`` is that of topics that have more."""

    def __init__(self, partitions: int) -> None:
        self.changed = threading.Condition()
        self._partitions = partitions
        self._messages: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
        self._committed: dict[tuple[str, str, int], int] = {}
        self._members = Members()
        self._closed = False

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        return 1 if topic.single else self._partitions

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append all, or none when one is refused with RefusedError."""
        accepted = list(messages)
        for message in accepted:
            check_acceptable(message, self.partitions(message.topic))
        with self.changed:
            self.check_open()
            for new in accepted:
                kept = self._messages[new.topic.name, new.partition]
                kept.append(
                    Message(new.topic, new.partition, len(kept), new.key, new.value, new.headers)
                )
            self.changed.notify_all()

    def consumer(self, group: str, topics: Sequence[Topic]) -> LocalConsumer:
        """A consumer of the topics; RefusedError when the group has one already."""
        places = [(topic, number) for topic in topics for number in range(self.partitions(topic))]
        with self.changed:
            self.check_open()
            return LocalConsumer(self, self._members, group, places)

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with self.changed:
            self.check_open()
            return [
                len(self._messages.get((topic.name, number), ()))
                for number in range(self.partitions(topic))
            ]

    def close(self) -> None:
        """Refuse everything from now on; wakes consumers that wait."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""
        if self._closed:
            raise RefusedError("this event log is closed")

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset`` on."""
        return self._messages[topic.name, partition][offset : offset + limit]

    def set_committed(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """The group starts at ``offset`` from now on."""
        self._committed[group, topic.name, partition] = offset

    def committed(self, group: str, topic: Topic, partition: int) -> int:
        """Where the group starts: 0 before its first commit."""
        return self._committed.get((group, topic.name, partition), 0)
