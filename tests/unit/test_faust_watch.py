"""When a Faust worker goes back for records, when it leaves, and what it says of itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from pipeline import faust_watch
from pipeline.faust_watch import (
    BEHIND_OTHERS,
    GIVE_UP_AFTER_S,
    GONE_AFTER_S,
    Wakefulness,
    Watch,
)
from wheelsdown.stage import Position

HERE = TP("input", 0)
NEXT_DOOR = TP("input", 1)


class LeftError(Exception):
    """Instead of the end of the process."""


@dataclass
class FakeConsumer:
    flow_active: bool = True
    end: int = 10
    end_next_door: int = 0
    sought: list[int] = field(default_factory=list)

    def assignment(self) -> set[TP]:
        return {HERE, NEXT_DOOR, TP("changelog", 0)}

    def highwater(self, tp: TP) -> int:
        return self.end if tp == HERE else self.end_next_door

    async def seek(self, tp: TP, offset: int) -> None:
        assert tp == HERE
        self.sought.append(offset)


@dataclass
class FakeRun:
    """A stage that stands at a position; None: its state is not read.

    Next door it is where it is told to be.
    """

    applied: int | None = 4
    next_door: int | None = None
    in_hand: Position | None = None
    name: str = "stage"

    def book(self, partition: int) -> Any:
        if partition == NEXT_DOOR.partition:
            return SimpleNamespace(applied=self.next_door)
        return None if self.applied is None else SimpleNamespace(applied=self.applied)


class Rig:
    """A watch over a worker in which nothing moves unless the test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.topics: frozenset[str] | None = frozenset({"input"})
        self.consumer = FakeConsumer()
        self.run = FakeRun()
        self.restored = {TP("changelog", 0): 7}
        recovery = SimpleNamespace(active_offsets=self.restored)
        self.app = SimpleNamespace(
            consumer=self.consumer,
            rebalancing=False,
            rebalancing_count=1,
            tables=SimpleNamespace(recovery=recovery),
        )
        self.watch: Watch

    async def answer(self) -> frozenset[str] | None:
        return self.topics

    async def check_end(self, tp: TP, following: int, every_s: float) -> None:
        pass

    async def look_for(self, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        """Let time pass, look once a second."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 1.0
            each()
            await self.watch.look()


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    rig = Rig()

    def leave(why: str, *_: object, **__: object) -> None:
        raise LeftError(why)

    monkeypatch.setattr(faust_watch, "give_up", leave)
    monkeypatch.setattr(faust_watch, "monotonic_s", lambda: rig.now_s)
    runs = cast("Any", {"input": rig.run})
    rig.watch = Watch(cast("Any", rig.app), runs, rig.check_end, rig.answer)
    return rig


async def test_it_goes_back_for_what_waits_ever_more_seldom_and_leaves_at_last(rig: Rig) -> None:
    with pytest.raises(LeftError, match="records_stalled"):
        await rig.look_for(2 * GIVE_UP_AFTER_S)
    assert rig.consumer.sought == [5] * 6  # after 2, 4, 8, 16, 32 and 64 s
    assert GIVE_UP_AFTER_S <= rig.now_s - 1000.0 <= GIVE_UP_AFTER_S + 5.0


async def test_it_leaves_a_worker_alone_that_gets_on(rig: Rig) -> None:
    def move() -> None:
        rig.run.applied = 4 + int(rig.now_s) // 2
        rig.consumer.end = 10_000

    await rig.look_for(3 * GIVE_UP_AFTER_S, move)
    rig.run.in_hand = Position(0, 5)  # it waits for the broker, which has a deadline of its own
    await rig.look_for(3 * GIVE_UP_AFTER_S)
    assert rig.consumer.sought == []
    assert rig.watch.not_ready() is None


async def test_a_busy_partition_does_not_hide_one_from_which_nothing_comes(rig: Rig) -> None:
    rig.consumer.end_next_door = 10_000

    def move_next_door() -> None:
        rig.run.next_door = int(rig.now_s)
        rig.run.in_hand = Position(NEXT_DOOR.partition, rig.run.next_door + 1)

    await rig.look_for(10.0, move_next_door)  # what was fetched of the other may come first
    assert rig.consumer.sought == []
    with pytest.raises(LeftError, match="records_stalled"):
        await rig.look_for(GIVE_UP_AFTER_S / BEHIND_OTHERS, move_next_door)
    assert rig.consumer.sought == [5] * 6


async def test_while_one_record_is_under_way_the_other_partitions_wait(rig: Rig) -> None:
    rig.consumer.end_next_door = 10_000
    rig.run.in_hand = Position(NEXT_DOOR.partition, 0)
    await rig.look_for(3 * GIVE_UP_AFTER_S)
    assert rig.consumer.sought == []


@pytest.mark.parametrize("why", ["records_stalled", "state_not_restored", "topic_gone"])
async def test_a_broker_that_answers_now_and_then_does_not_put_off_the_end(
    rig: Rig, why: str
) -> None:
    rig.app.rebalancing = why == "state_not_restored"
    topics = frozenset({"other" if why == "topic_gone" else "input"})

    def answer_now_and_then() -> None:
        rig.topics = topics if rig.now_s % 20.0 < 10.0 else None

    with pytest.raises(LeftError, match=why):
        await rig.look_for(3 * GIVE_UP_AFTER_S, answer_now_and_then)


async def test_a_look_that_took_long_is_no_proof_that_a_topic_is_gone(rig: Rig) -> None:
    rig.run.applied = 9
    rig.topics = frozenset()
    rig.now_s += 100.0
    await rig.look_for(GONE_AFTER_S / 2)
    assert rig.watch.not_ready() is None


async def test_nobody_is_to_blame_while_the_broker_does_not_answer(rig: Rig) -> None:
    rig.topics = None
    await rig.look_for(10 * GIVE_UP_AFTER_S)
    rig.app.rebalancing = True
    await rig.look_for(10 * GIVE_UP_AFTER_S)
    assert rig.watch.not_ready() == "the broker does not answer"


async def test_a_state_that_is_never_known_is_not_sought_for(rig: Rig) -> None:
    rig.run.applied = None
    await rig.look_for(10.0)
    assert rig.watch.not_ready() == "input [0] does not get on for 9 s"
    with pytest.raises(LeftError, match="records_stalled"):
        await rig.look_for(2 * GIVE_UP_AFTER_S)
    assert rig.consumer.sought == []


async def test_a_state_that_is_read_for_ever_is_left(rig: Rig) -> None:
    rig.app.rebalancing = True

    def read_on() -> None:
        rig.restored[TP("changelog", 0)] += 1

    await rig.look_for(3 * GIVE_UP_AFTER_S, read_on)
    assert rig.watch.not_ready() is not None
    with pytest.raises(LeftError, match="state_not_restored"):
        await rig.look_for(2 * GIVE_UP_AFTER_S)


async def test_a_topic_that_is_gone_for_a_while_was_deleted(rig: Rig) -> None:
    rig.run.applied = 9
    rig.topics = frozenset()
    await rig.look_for(GONE_AFTER_S / 2)
    rig.topics = frozenset({"input"})
    await rig.look_for(2 * GONE_AFTER_S)
    rig.topics = frozenset({"other"})
    with pytest.raises(LeftError, match="topic_gone"):
        await rig.look_for(3 * GONE_AFTER_S)


def test_a_worker_that_stood_still_too_long_leaves(rig: Rig) -> None:
    awake = Wakefulness(within_s=20.0)
    rig.now_s += 19.0
    awake.check()
    rig.now_s += 1.0
    with pytest.raises(LeftError, match="woke_up_late"):
        awake.check()
