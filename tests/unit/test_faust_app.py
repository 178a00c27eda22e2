"""How a Faust worker ends that does not stop in time, a broker that does not answer it, and what
is committed of inputs from which nothing comes.
"""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from pipeline import faust_app, faust_host
from pipeline.faust_app import FaustOptions, Worker
from pipeline.faust_host import FaustHost
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.kafka_settings import KafkaConnection

HERE = TP("input", 0)


@pytest.mark.parametrize(
    ("rebalancing", "idle", "end"),
    [
        (True, True, "stopped_while_joining"),
        (True, False, "stop_overdue"),
        (False, True, "stop_overdue"),
    ],
)
def test_only_a_worker_with_nothing_in_hand_and_no_share_leaves_in_order(
    monkeypatch: pytest.MonkeyPatch, *, rebalancing: bool, idle: bool, end: str
) -> None:
    class LeftError(Exception):
        pass

    def leave(why: str, *_: object) -> None:
        raise LeftError(why)

    monkeypatch.setattr(faust_app, "leave", leave)
    monkeypatch.setattr(faust_app, "give_up", leave)
    owner = SimpleNamespace(is_idle=lambda: idle)
    worker = SimpleNamespace(app=SimpleNamespace(rebalancing=rebalancing, owner=owner))
    with pytest.raises(LeftError, match=end):
        Worker._end(cast("Any", worker))


class SilentConsumer:
    """Asks a broker that does not answer."""

    async def earliest_offsets(self, *_: TP) -> Mapping[TP, int]:
        await asyncio.Event().wait()
        raise AssertionError

    highwaters = earliest_offsets


async def test_a_broker_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(faust_host, "ANSWER_WITHIN_S", 0.01)
    options = FaustOptions(KafkaConnection(("127.0.0.1:9",)), "group", "", 1, tmp_path)
    host = FaustHost([], options, lambda _: 1, SystemClock())
    host.app.consumer = cast("Any", SilentConsumer())
    async with asyncio.timeout(10.0):
        assert await host.first_offset(HERE) is None
        await host.check_end(HERE, 5, every_s=0.0)


class Standing:
    """An owner whose state of one partition is known."""

    position = 5

    def is_input(self, tp: TP) -> bool:
        return tp.topic == HERE.topic

    def wanted(self, assigned: Iterable[TP]) -> dict[TP, int]:
        return {tp: self.position for tp in assigned if tp == HERE}


class Committing(faust_app._Consumer):
    """A consumer to which no record comes, over a broker that has what was committed."""

    refusals = 0
    tries = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at_broker: dict[TP, int] = {}

    def _new_consumer_thread(self) -> Any:
        return SimpleNamespace(beacon=None)  # asked for nothing

    def assignment(self) -> set[TP]:
        return {HERE, TP("input", 1), TP("changelog", 0)}

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return dict(self.at_broker)

    async def _seek(self, partition: TP, offset: int) -> None:
        pass

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.tries += 1
        if self.refusals:
            self.refusals -= 1
            return False  # so says Faust when its group has been shared out anew meanwhile
        self.at_broker.update(offsets)
        return True


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Committing:
    """Of a worker that has taken its partitions over."""
    monkeypatch.setattr(faust_app._Transport, "Consumer", Committing)
    options = FaustOptions(KafkaConnection(("127.0.0.1:9",)), "group", "", 1, tmp_path)
    app = faust_app.new_app(options, cast("Any", Standing()))
    app.producer = cast("Any", SimpleNamespace(flush=lambda: asyncio.sleep(0)))
    app.rebalancing_count = 1
    return cast("Committing", app.consumer)


async def test_what_a_worker_that_died_had_applied_is_committed_though_nothing_comes(
    consumer: Committing,
) -> None:
    consumer.at_broker = {HERE: 3}
    await consumer.perform_seek()
    await consumer.commit()
    assert consumer.at_broker == {HERE: 5}
    await consumer.commit()
    assert consumer.tries == 1


async def test_a_commit_that_failed_is_made_again_though_nothing_comes(
    consumer: Committing,
) -> None:
    consumer.refusals = 2
    for _ in range(4):
        await consumer.commit()
    assert consumer.at_broker == {HERE: 5}
    assert consumer.tries == 3


@pytest.mark.parametrize(
    "when", [{"rebalancing": True}, {"rebalancing_count": 0}], ids=["anew", "for the first time"]
)
async def test_no_position_is_committed_unasked_while_partitions_are_shared_out(
    consumer: Committing, monkeypatch: pytest.MonkeyPatch, when: Mapping[str, int]
) -> None:
    with monkeypatch.context() as patch:
        for name, value in when.items():
            patch.setattr(consumer.app, name, value)
        await consumer.commit()
    assert consumer.tries == 0
    await consumer.commit()
    assert consumer.at_broker == {HERE: 5}
