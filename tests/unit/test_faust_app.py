"""How a Faust worker ends that does not stop in time, and a broker that does not answer it."""

import asyncio
from collections.abc import Mapping
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
