"""Any sequence of appends, polls, commits, seeks and restarts, against a simple model."""

import tempfile
from collections import defaultdict
from pathlib import Path

from fakes.logs import PARTITIONS, LogKind, memory_kind, new, sqlite_kind
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from wheelsdown.eventlog.port import Message
from wheelsdown.records.topics import NEWS_ENTRIES

partitions = st.integers(0, PARTITIONS - 1)
limits = st.integers(1, 7)


class LogModel(RuleBasedStateMachine):
    """What a log and one group on it should do. Subclasses say which log."""

    def kind(self) -> LogKind:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.log_kind = self.kind()
        self.log = self.log_kind.open()
        self.consumer = self.log.consumer("readers", [NEWS_ENTRIES])
        self.written: defaultdict[int, list[str]] = defaultdict(list)
        self.committed: defaultdict[int, int] = defaultdict(int)
        self.next: defaultdict[int, int] = defaultdict(int)
        self.read: list[Message] = []

    @rule(places=st.lists(partitions, max_size=6))
    def append(self, places: list[int]) -> None:
        messages = []
        for partition in places:
            key = f"{partition}/{len(self.written[partition])}"
            self.written[partition].append(key)
            messages.append(new(key, partition))
        self.log.append(messages)

    @rule(limit=limits)
    def poll(self, limit: int) -> None:
        found = self.consumer.poll(limit=limit, timeout_s=0)
        waiting = sum(len(self.written[one]) - self.next[one] for one in range(PARTITIONS))
        assert len(found) == min(limit, max(0, waiting))
        for message in found:
            assert message.offset == self.next[message.partition]
            assert message.key == self.written[message.partition][message.offset]
            self.next[message.partition] += 1
        self.read += found

    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        if self.read:
            message = data.draw(st.sampled_from(self.read))
            self.consumer.commit(message)
            self.committed[message.partition] = message.offset + 1

    @rule(partition=partitions, data=st.data())
    def seek(self, partition: int, data: st.DataObject) -> None:
        offset = data.draw(st.integers(0, len(self.written[partition])))
        self.consumer.seek(NEWS_ENTRIES, partition, offset)
        self.next[partition] = offset

    @rule()
    def restart_the_consumer(self) -> None:
        self.consumer.close()
        self.consumer = self.log.consumer("readers", [NEWS_ENTRIES])
        self.next = self.committed.copy()

    @rule()
    def restart_the_process(self) -> None:
        self.consumer.close()
        self.log = self.log_kind.reopen(self.log)
        self.consumer = self.log.consumer("readers", [NEWS_ENTRIES])
        self.next = self.committed.copy()

    @invariant()
    def ends_are_where_the_next_messages_go(self) -> None:
        ends = [len(self.written[partition]) for partition in range(PARTITIONS)]
        assert list(self.log.ends(NEWS_ENTRIES)) == ends

    def teardown(self) -> None:
        self.consumer.close()
        self.log.close()


class MemoryModel(LogModel):
    def kind(self) -> LogKind:
        return memory_kind()


class SqliteModel(LogModel):
    def kind(self) -> LogKind:
        self.folder = tempfile.TemporaryDirectory()
        return sqlite_kind(Path(self.folder.name))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestMemory = MemoryModel.TestCase
TestMemory.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSqlite = SqliteModel.TestCase
TestSqlite.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
