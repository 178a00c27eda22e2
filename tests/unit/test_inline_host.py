"""The graph in one process: nothing is skipped, and what has begun can be stopped in order."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY

from cli.daemons import _drain_forever
from pipeline import inline_host
from pipeline.inline_host import LAG_EVERY_S, STANDS_STILL_AFTER_S, InlineHost
from wheelsdown.clock import VirtualClock
from wheelsdown.daemon.health import Health
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import CorruptError, Message, RefusedError
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.state import MemoryState
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import DEAD_LETTERS, NEWS_ENTRIES, Topic
from wheelsdown.stage import Cells, Position, Step

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)


class Count(msgspec.Struct, frozen=True):
    """How many records there were."""

    applied: int
    count: int


class Counting:
    """Counts records; ``pause_s`` is how long each takes."""

    name = "counting"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = ()
    cell_type: Any = Count

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.first_taken = threading.Event()

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        before = cells.get("count") or Count(-1, 0)
        time.sleep(self.pause_s)
        self.first_taken.set()
        return Step(cells={"count": Count(position.offset, before.count + 1)})


class Swollen(Counting):
    """Writes a cell that no log takes."""

    cell_type: Any = str

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        return Step(cells={"text": "x" * 2_000_000})


def filled(count: int) -> MemoryLog:
    log = MemoryLog(1)
    publish(log, NEWS_ENTRIES, [told(number) for number in range(count)])
    return log


def told(number: int) -> Record:
    at = NOON + number * timedelta(seconds=1)
    return progress("news", part=0, parts=1, up_to=at, observed_at=at)


def host_on(log: MemoryLog, state: MemoryState, stage: Counting) -> InlineHost:
    return InlineHost(log, state, [stage], VirtualClock(NOON))


def counted(state: MemoryState) -> Count:
    data = state.get("counting", 0, "count")
    assert data is not None
    return msgspec.json.decode(data, type=Count)


def test_a_log_that_ends_before_the_position_is_refused() -> None:
    state = MemoryState()
    with filled(5) as log:
        assert host_on(log, state, Counting()).drain() == 5
    with filled(5) as same:
        host_on(same, state, Counting()).close()
    with filled(4) as shorter, pytest.raises(RefusedError, match="ends at 4"):
        host_on(shorter, state, Counting())


class Doubting(Counting):
    """Does not believe all of the second and third record."""

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        step = super().step(cells, record, position)
        return replace(step, rejected=[{}, {"late": 1}, {"late": 1, "a jump": 2}][position.offset])


class HandsInAgain(MemoryLog):
    """A log that hands in every record of a read twice."""

    def stored(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Message]:
        found = super().stored(topic, partition, offset, limit)
        return [*found, *found]


def test_what_was_not_believed_is_summed_by_reason_once_for_each_record() -> None:
    state = MemoryState()
    with HandsInAgain(1) as log:
        publish(log, NEWS_ENTRIES, [told(number) for number in range(3)])
        host = host_on(log, state, Doubting())
        assert host.drain() == 6
    assert host.rejected == {"late": 2, "a jump": 2}
    assert counted(state) == Count(applied=2, count=3)


class LosesRecords(MemoryLog):
    """A log in which the records 2 and 3 are no more."""

    def stored(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Message]:
        found = super().stored(topic, partition, offset, limit)
        return [one for one in found if one.offset not in (2, 3)]


def test_a_record_that_does_not_follow_the_last_is_not_applied() -> None:
    state = MemoryState()
    with LosesRecords(1) as log:
        publish(log, NEWS_ENTRIES, [told(number) for number in range(6)])
        with pytest.raises(CorruptError, match="goes on at 4 after 1"):
            host_on(log, state, Counting()).drain()
    assert counted(state) == Count(applied=1, count=2)


def test_a_cell_that_is_too_large_costs_its_record_and_no_more() -> None:
    state = MemoryState()
    with filled(3) as log:
        host = host_on(log, state, Swollen())
        assert host.drain() == 3
        assert host.dead_letters == 3
        assert sum(log.ends(DEAD_LETTERS)) == 3
    assert state.position("counting", 0) == 2


def test_a_long_backlog_stops_after_the_record_that_it_is_at_and_goes_on_later() -> None:
    state = MemoryState()
    with filled(400) as log:
        stage = Counting(pause_s=0.01)
        host = host_on(log, state, stage)
        asyncio.run(stopped_soon(host, stage))
        host.close()
        applied = counted(state)
        assert 1 <= applied.count < 200
        assert applied.applied == applied.count - 1
        assert host_on(log, state, Counting()).drain() == 400 - applied.count
    assert counted(state) == Count(applied=399, count=400)


def test_a_drain_that_stands_still_is_not_live() -> None:
    elapsed_s = [0.0]
    health = Health(lambda: elapsed_s[0])

    class Stuck(Counting):
        def step(self, cells: Cells, record: Record, position: Position) -> Step:
            seen.append(health.not_live())
            elapsed_s[0] += STANDS_STILL_AFTER_S + 1
            seen.append(health.not_live())
            return super().step(cells, record, position)

    seen: list[list[str]] = []
    with filled(2) as log:
        host = host_on(log, MemoryState(), Stuck())
        host.report_to(health)
        host.drain()
    assert seen == [[], ["rules has not moved for 61 s"]] * 2
    assert health.not_live() == []


def test_the_metrics_tell_how_many_records_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    class Looking(Counting):
        def step(self, cells: Cells, record: Record, position: Position) -> Step:
            if position.offset == 2:
                publish(log, NEWS_ENTRIES, [told(number) for number in range(5)])
            return super().step(cells, record, position)

    monkeypatch.setattr(inline_host, "BATCH", 3)
    with filled(3) as log:
        host = host_on(log, MemoryState(), Looking())
        monkeypatch.setattr(inline_host, "monotonic_s", lambda: 1.0)
        host.drain()
        assert lag() == 5  # told after the first turn; the log is not asked again so soon
        monkeypatch.setattr(inline_host, "monotonic_s", lambda: 1.0 + LAG_EVERY_S)
        host.drain()
        assert lag() == 0


def lag() -> float | None:
    labels = {"reader": "counting", "partition": "0"}
    return REGISTRY.get_sample_value("wheelsdown_lag_records", labels)


async def stopped_soon(host: InlineHost, stage: Counting) -> None:
    """SIGTERM while the backlog is being read: the task is cancelled."""
    running = asyncio.create_task(_drain_forever(host, asyncio.Event()))
    await asyncio.to_thread(stage.first_taken.wait)
    running.cancel()
    async with asyncio.timeout(1.0):
        with pytest.raises(asyncio.CancelledError):
            await running
