"""Whether a Faust worker gets on: it goes back for records that do not arrive, and gives up.

Faust may stop handing out records, or read a changelog for ever, without an error. A worker that
was stopped longer than its session lasts leaves as well: its partitions went to another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import structlog
from faust.types import TP

from pipeline.applying import next_offset
from pipeline.claims import ANSWER_WITHIN_S
from pipeline.faust_app import WorkerApp
from pipeline.faust_stage import StageRun
from pipeline.leaving import give_up
from wheelsdown.clock import monotonic_s
from wheelsdown.daemon.health import Health
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.daemon.metrics import LAG
from wheelsdown.stage import Position

#: How often the watch looks whether records wait that do not arrive, when it goes back for them,
#: and when it gives up, if the broker answers.
WATCH_EVERY_S = 1.0
GO_BACK_AFTER_S = 2.0
GIVE_UP_AFTER_S = 120.0
#: What time counts in which a stage gets on with other partitions: of each of them a megabyte may
#: have been fetched before, and wait for its turn first.
BEHIND_OTHERS = 0.1
#: How often the broker is asked where a topic ends while nothing comes from it: a client may not
#: notice that its topic was deleted and made anew.
END_CHECK_EVERY_S = 30.0
#: How often the broker is asked for its topics.
ASK_EVERY_S = 5.0
#: A topic that the broker knows no more for so long was deleted; Faust would idle without it.
GONE_AFTER_S = 10.0
#: How often a worker notes that it is awake.
TICK_EVERY_S = 0.5

log = structlog.get_logger(__name__)


class Wakefulness:
    """Whether this process has been running all the time.

    ``within_s`` is how long it may have stood still before others may have taken its share.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._noted_s = monotonic_s()

    def check(self) -> None:
        """Leave at once when it stood still for too long."""
        asleep_s = monotonic_s() - self._noted_s
        if asleep_s >= self._within_s:
            give_up("woke_up_late", asleep_s=round(asleep_s, 1))

    async def keep_noting(self) -> None:
        """Note again and again that it runs; to be run in the loop that it is about."""
        self._noted_s = monotonic_s()
        while True:
            await asyncio.sleep(TICK_EVERY_S)
            self.check()
            self._noted_s = monotonic_s()


class _Standing(NamedTuple):
    """How long a partition stands at a position, and how long to wait before going back."""

    applied: int | None
    stalled_s: float = 0.0
    go_back_after_s: float = GO_BACK_AFTER_S


class Watch:
    """Looks after the partitions that the worker has.

    Args:
        app: of the worker.
        runs: its stages by the names of their topics.
        check_end: makes sure that a topic does not end before an offset; see the host.
        topics: asks for those that the broker knows now; None when it does not answer. While it
            does not, nobody is to blame for what waits.

    What it counts is time in which the broker answered and the worker could have worked: a broker
    that is away now and then interrupts the count and does not begin it anew. A look that took long
    counts for little, since it waited for the broker or the process stood still.
    """

    def __init__(
        self,
        app: WorkerApp,
        runs: dict[str, StageRun],
        check_end: Callable[[TP, int, float], Awaitable[None]],
        topics: Callable[[], Awaitable[frozenset[str] | None]],
    ) -> None:
        self._app = app
        self._runs = runs
        self._check_end = check_end
        self._ask_for_topics = topics
        self._topics: frozenset[str] | None = None
        self._asked_s = float("-inf")
        self._standing: dict[TP, _Standing] = {}
        self._lagging: set[TP] = set()
        self._gone_s = dict.fromkeys(runs, 0.0)
        self._restoring: tuple[Any, float] = (None, 0.0)
        self._looked_s = monotonic_s()
        self._was_in_hand: dict[str, Position | None] = {}

    def not_ready(self) -> str | None:
        """Why the worker does not apply what comes in; None when it does."""
        if self._topics is None:
            return "the broker does not answer"
        if not self._is_flowing():
            return "partitions are being shared out or their state is being read"
        for tp, standing in self._standing.items():
            if standing.stalled_s >= 2 * GO_BACK_AFTER_S:
                stalled = f"{standing.stalled_s:.0f} s"
                return f"{tp.topic} [{tp.partition}] does not get on for {stalled}"
        return None

    async def keep_watching(self, health: Health) -> None:
        """Look again and again, and tell ``health``."""
        health.check("rules", self.not_ready)
        beat = health.heartbeat("rules", GIVE_UP_AFTER_S)
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            beat()
            await self.look()

    async def look(self) -> None:
        """Look once; leaves the process when it does not get on."""
        await self._ask()
        passed_s = min(monotonic_s() - self._looked_s, 2 * WATCH_EVERY_S)
        self._looked_s = monotonic_s()
        if self._topics is not None and self._is_flowing():
            self._restoring = (None, 0.0)
            await self._look_at_all(self._topics, passed_s)
        elif self._topics is not None:
            self._look_at_restoring(passed_s)

    async def _ask(self) -> None:
        if monotonic_s() - self._asked_s >= ASK_EVERY_S:
            self._topics = await self._ask_for_topics()
            self._asked_s = monotonic_s()

    async def _look_at_all(self, topics: frozenset[str], passed_s: float) -> None:
        self._look_for_topics(topics, passed_s)
        assigned = set(self._app.consumer.assignment())
        self._forget_others(assigned)
        for tp in assigned:
            # It may have left while the broker was asked about another.
            if tp.topic in self._runs and tp in self._app.consumer.assignment():
                await self._look_at(self._runs[tp.topic], tp, passed_s)
        self._was_in_hand = {topic: run.in_hand for topic, run in self._runs.items()}

    def _is_flowing(self) -> bool:
        consumer: Any = self._app.consumer
        is_shared_out = self._app.rebalancing_count > 0 and not self._app.rebalancing
        return is_shared_out and bool(consumer.flow_active)

    def _look_for_topics(self, topics: frozenset[str], passed_s: float) -> None:
        for topic, gone_s in self._gone_s.items():
            self._gone_s[topic] = 0.0 if topic in topics else gone_s + passed_s
            if self._gone_s[topic] >= GONE_AFTER_S:
                give_up("topic_gone", ExitCode.USAGE, topic=topic)

    def _forget_others(self, assigned: set[TP]) -> None:
        for tp in self._standing.keys() - assigned:
            del self._standing[tp]
        for tp in self._lagging - assigned:
            LAG.remove(self._runs[tp.topic].name, str(tp.partition))
        self._lagging &= assigned

    async def _look_at(self, run: StageRun, tp: TP, passed_s: float) -> None:
        book = run.book(tp.partition)
        applied = None if book is None else book.applied
        following = next_offset(applied)
        end = self._app.consumer.highwater(tp)
        waiting = end is not None and following < end
        if end is not None:
            LAG.labels(run.name, str(tp.partition)).set(max(0, end - following))
            self._lagging.add(tp)
        if applied is not None and not waiting:
            await self._check_end(tp, following, END_CHECK_EVERY_S)
        known = self._standing.get(tp)
        is_done = book is not None and not waiting
        if is_done or known is None or known.applied != applied:
            self._standing[tp] = _Standing(applied)
            return
        known = known._replace(stalled_s=known.stalled_s + passed_s * self._blame(run, tp))
        self._standing[tp] = known
        if known.stalled_s >= GIVE_UP_AFTER_S:
            give_up("records_stalled", topic=tp.topic, partition=tp.partition)
        if book is not None and known.stalled_s >= known.go_back_after_s:
            self._standing[tp] = known._replace(go_back_after_s=2 * known.go_back_after_s)
            await self._go_back(tp, following)

    def _blame(self, run: StageRun, tp: TP) -> float:
        """What the time counts in which nothing came from the partition, 0 to 1.

        Nothing while the stage is at a record of it, or all the time at one of another: a record
        that waits for the broker has a deadline of its own. But something while it gets on with
        others: they might hide for ever that nothing comes from this one.
        """
        at = run.in_hand
        if at is None:
            return 1.0
        is_waiting = at.partition == tp.partition or at == self._was_in_hand.get(tp.topic)
        return 0.0 if is_waiting else BEHIND_OTHERS

    async def _go_back(self, tp: TP, to: int) -> None:
        log.warning("going_back", topic=tp.topic, partition=tp.partition, to=to)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await self._app.consumer.seek(tp, to)

    def _look_at_restoring(self, passed_s: float) -> None:
        tables: Any = self._app.tables
        offsets = tables.recovery.active_offsets.values()
        reached = (self._app.rebalancing_count, sum(filter(None, offsets)))
        before, stalled_s = self._restoring
        self._restoring = (reached, 0.0 if reached != before else stalled_s + passed_s)
        if self._restoring[1] >= GIVE_UP_AFTER_S:
            give_up("state_not_restored")
