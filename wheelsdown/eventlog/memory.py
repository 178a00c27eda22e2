"""An event log in memory: for replays, the demo and tests; nothing outlives it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from wheelsdown.eventlog.local import LocalLog
from wheelsdown.eventlog.port import Message, NewMessage, RefusedError
from wheelsdown.records.topics import Topic


class _Partition:
    """The messages of one partition from the offset ``first`` on."""

    def __init__(self) -> None:
        self.first = 0
        self._messages: list[Message] = []

    @property
    def end(self) -> int:
        return self.first + len(self._messages)

    def append(self, new: NewMessage) -> None:
        self._messages.append(
            Message(new.topic, new.partition, self.end, new.key, new.value, new.headers)
        )

    def read(self, offset: int, limit: int) -> Sequence[Message]:
        start = max(0, offset - self.first)
        return self._messages[start : start + limit]

    def forget(self, before: int) -> None:
        """Let go of what is below ``before``, as soon as that is half: so few messages move."""
        gone = before - self.first
        if gone > 0 and 2 * gone >= len(self._messages):
            del self._messages[:gone]
            self.first = before


class MemoryLog(LocalLog):
    """A log that lives as long as the object. ``partitions`` is that of topics that have more.

    With ``forgets`` it keeps only what a group that reads the topic now has yet to commit, so that
    a long replay needs no more memory than a short one. Make the consumers before messages come.
    """

    def __init__(self, partitions: int, *, forgets: bool = False) -> None:
        super().__init__(partitions)
        self._forgets = forgets
        self._kept: defaultdict[tuple[str, int], _Partition] = defaultdict(_Partition)
        self._committed: dict[tuple[str, str, int], int] = {}
        self._closed = False

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append all, or none when one is refused with RefusedError."""
        accepted = self._accept(messages)
        with self.changed:
            self.check_open()
            for new in accepted:
                self._kept[new.topic.name, new.partition].append(new)
                self._forget(new.topic, new.partition)
            self.changed.notify_all()

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with self.changed:
            self.check_open()
            return [self._kept[topic.name, number].end for number in range(self.partitions(topic))]

    def close(self) -> None:
        """Refuse everything from now on; wakes consumers that wait."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""
        if self._closed:
            raise RefusedError("this event log is closed")

    def stored(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset``, or the first kept, on."""
        return self._kept[topic.name, partition].read(offset, limit)

    def appended_from(self, topic: Topic, partition: int, moment: datetime) -> int:
        """Always 0: it does not keep when something was appended."""
        del topic, partition, moment
        return 0

    def set_committed(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """The group starts at ``offset`` from now on."""
        self._committed[group, topic.name, partition] = offset
        self._forget(topic, partition)

    def committed(self, group: str, topic: Topic, partition: int) -> int:
        """Where the group starts: 0 before its first commit."""
        return self._committed.get((group, topic.name, partition), 0)

    def _forget(self, topic: Topic, partition: int) -> None:
        if self._forgets:
            kept = self._kept[topic.name, partition]
            kept.forget(self._awaited_from(topic, partition, kept.end))
