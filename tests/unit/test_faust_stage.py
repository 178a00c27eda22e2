"""One stage on Kafka, without Kafka: what is written when, and what is left alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import pytest
from prometheus_client import REGISTRY

from pipeline import cells_at_hand
from pipeline.cells_at_hand import CellsAtHand
from pipeline.claims import ChangelogRecord, Claim, SupersededError
from pipeline.faust_stage import StageRun
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import NEWS_ENTRIES, Topic
from wheelsdown.stage import Cells, Output, Position, Step

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)
VALUE = NEWS_ENTRIES.encode(progress("news", part=0, parts=1, up_to=NOON, observed_at=NOON))


class Count(msgspec.Struct, frozen=True):
    applied: int
    count: int


class Echo:
    """Counts records, and passes each on."""

    name = "echo"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = (NEWS_ENTRIES,)
    cell_type: Any = Count

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        before = cells.get("count") or Count(-1, 0)
        after = Count(position.offset, before.count + 1)
        gone = {f"seen-{position.offset - 1}": None}
        return Step(
            cells={"count": after, f"seen-{position.offset}": after, **gone},
            outputs=(Output(NEWS_ENTRIES, record),),
            rejected={"echoed": 1},
        )


class Place(NamedTuple):
    topic: str
    partition: int


@dataclass
class FakeMessage:
    offset: int
    partition: int = 0
    key: bytes = b""
    value: bytes = VALUE
    topic: str = NEWS_ENTRIES.name

    @property
    def tp(self) -> Place:
        return Place(self.topic, self.partition)


@dataclass
class FakeEvent:
    message: FakeMessage


@dataclass
class FakeKafka:
    """Changelogs and host in one: notes what is done, in its order."""

    done: list[str] = field(default_factory=list)
    changelog: list[ChangelogRecord] = field(default_factory=list)
    oldest: int | None = 0
    epoch: int = 0
    #: Awaited, if set, before records are refused.
    refusing: asyncio.Event | None = None

    def partitions(self, topic: Topic) -> int:
        return 1

    async def produce(self, messages: Sequence[NewMessage]) -> None:
        self.done.append(f"{len(messages)} produced")

    async def first_offset(self, tp: Any) -> int | None:
        return self.oldest

    async def check_end(self, tp: Any, following: int, every_s: float) -> None:
        self.done.append(f"end checked for {following}")

    async def claim(self, topic: str, partition: int) -> Claim:
        self.epoch += 1
        claim = Claim(topic, partition, 7, self.epoch)
        self.changelog.append((claim.key, claim.cell))
        return claim

    async def renew(self, claim: Claim) -> None:
        raise NotImplementedError

    async def append(self, claim: Claim, records: Sequence[ChangelogRecord]) -> None:
        if self.refusing is not None:
            await self.refusing.wait()
            raise SupersededError
        self.done.append(" ".join(key.decode() for key, _ in records))
        self.changelog.extend(records)


class Rig:
    """A stage over a fake Kafka; its table is what Faust would have read."""

    def __init__(self) -> None:
        self.kafka = FakeKafka()
        self.table: dict[bytes, bytes] = {}
        self.run = self.new_run()

    def new_run(self) -> StageRun:
        return StageRun(
            Echo(),
            topic_name=NEWS_ENTRIES.name,
            table=self.table,
            changelog="echo-changelog",
            changelogs=self.kafka,
            host=self.kafka,
            clock=VirtualClock(NOON),
        )

    def restore(self) -> None:
        self.table.clear()
        for key, value in self.kafka.changelog:
            if value is None:
                self.table.pop(key, None)
            else:
                self.table[key] = value

    async def take(self, offset: int) -> None:
        await self.run.take(FakeEvent(FakeMessage(offset)))


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.run.claim(0)
    rig.restore()
    return rig


async def test_outputs_come_first_and_the_position_last(rig: Rig) -> None:
    await rig.take(0)
    await rig.take(1)
    assert rig.kafka.done == [
        "1 produced",
        "0/count 0/seen-0 0/seen--1 0/@position",
        "1 produced",
        "0/count 0/seen-1 0/seen-0 0/@position",
    ]
    assert rig.table[b"0/count"] == b'{"applied":1,"count":2}'
    assert rig.table[b"0/@position"] == b'{"applied":1}'
    assert b"0/seen-0" not in rig.table


async def test_a_record_that_comes_again_and_one_that_leaves_a_gap_are_left_alone(rig: Rig) -> None:
    await rig.take(0)
    done = list(rig.kafka.done)
    await rig.take(0)
    assert rig.kafka.done == [*done, "end checked for 1"]
    await rig.take(2)
    assert rig.kafka.done == [*done, "end checked for 1"]
    await rig.take(1)
    assert rig.table[b"0/@position"] == b'{"applied":1}'


async def test_what_was_not_believed_of_a_record_is_counted_once_and_when_it_is_written(
    rig: Rig,
) -> None:
    before = rejected()
    rig.kafka.refusing = asyncio.Event()
    rig.kafka.refusing.set()
    with pytest.raises(SupersededError):
        await rig.take(0)
    assert rejected() == before
    rig.kafka.refusing = None
    await rig.take(0)
    await rig.take(0)
    assert rejected() == before + 1


def rejected() -> float:
    name = "wheelsdown_positions_rejected_total"
    return REGISTRY.get_sample_value(name, {"reason": "echoed"}) or 0.0


async def test_what_retention_has_deleted_is_passed_over(rig: Rig) -> None:
    rig.kafka.oldest = None  # the broker does not say
    await rig.take(5)
    assert b"0/@position" not in rig.table
    rig.kafka.oldest = 5
    await rig.take(5)
    assert rig.table[b"0/@position"] == b'{"applied":5}'


async def test_nothing_is_taken_before_the_table_has_what_was_written_until_the_claim(
    rig: Rig,
) -> None:
    await rig.take(0)
    rig.run = rig.new_run()  # another worker
    await rig.take(1)  # without a claim
    await rig.run.claim(0)
    await rig.take(1)  # the claim is written, but Faust has not read so far
    assert rig.run.book(0) is None
    assert rig.table[b"0/@position"] == b'{"applied":0}'
    rig.restore()
    await rig.take(1)
    assert rig.table[b"0/count"] == b'{"applied":1,"count":2}'


async def test_a_table_that_stands_where_this_worker_once_claimed_is_not_enough(rig: Rig) -> None:
    await rig.run.claim(0)
    assert rig.run.book(0) is None
    rig.restore()
    assert rig.run.book(0) is not None


async def test_a_refused_write_changes_nothing_and_is_told(rig: Rig) -> None:
    await rig.take(0)
    before = dict(rig.table)
    rig.kafka.refusing = asyncio.Event()
    rig.kafka.refusing.set()
    with pytest.raises(SupersededError):
        await rig.take(1)
    assert rig.table == before
    assert rig.run.in_hand is None


async def test_a_record_in_hand_while_the_partition_goes_is_dropped(rig: Rig) -> None:
    await rig.take(0)
    before = dict(rig.table)
    rig.kafka.refusing = asyncio.Event()
    taking = asyncio.create_task(rig.take(1))
    await asyncio.sleep(0)
    rig.run.let_go([0])
    rig.kafka.refusing.set()
    await taking
    assert rig.table == before
    assert rig.run.book(0) is None


def test_cells_at_hand_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_at_hand, "CELLS_AT_HAND", 2)
    read: list[str] = []

    def fetch(name: str) -> str | None:
        read.append(name)
        return None if name == "none" else name

    cells = CellsAtHand(fetch)
    assert [cells.get(name) for name in ("a", "none", "a", "none")] == ["a", None, "a", None]
    assert read == ["a", "none"]
    cells.keep("a", "newer")
    cells.get("c")
    assert cells.get("a") == "newer"
    cells.get("none")
    assert read == ["a", "none", "c", "none"]
