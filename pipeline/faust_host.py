"""The graph on Kafka with Faust: one agent and one Table for each stage.

Faust is not believed about positions (docs/adr/0003). For each record: the outputs are produced and
waited for, then the changed cells and the position are written to the table's changelog and waited
for; only then may Faust commit the offset. The position in the table is the truth: wherever Faust
seeks to its committed offsets, the host seeks to its own positions instead; a record that was
applied is skipped; one that does not follow the last makes the host go back; and when nothing
arrives although there is something to read, it goes back again and at last gives up with an exit
code of its own, for its supervisor (faust_watch.py).

Nor is it believed about who has a partition, and whether its state has been read: that is what the
claims are for (claims.py, docs/adr/0009).

Faust keeps what it has fetched in flight while it seeks, and drops what it then takes for old: that
is how plain Faust loses records after a crash.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import NoReturn

import structlog
from faust.types import TP, StreamT

from pipeline.applying import next_offset
from pipeline.claims import ANSWER_WITHIN_S, ClaimedChangelogs, SupersededError
from pipeline.faust_app import FaustOptions, Worker, client_settings, new_app
from pipeline.faust_stage import StageRun
from pipeline.faust_watch import Wakefulness, Watch
from pipeline.leaving import give_up
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.daemon.health import Health, HealthPortError, serving
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.topics import Topic
from wheelsdown.stage import Stage

__all__ = ["FaustHost", "FaustOptions"]

#: How long the broker may take to accept a record before the worker gives up and exits. It rides
#: out a broker that is away for a few minutes.
ACCEPT_DEADLINE_S = 300.0
#: Brokers forget the epoch of a claim of which they hear nothing for a day, and who may raise it
#: after a week.
RENEW_CLAIMS_EVERY_S = 6 * 3600.0
#: A deleted cell is told to those who read the changelog for a day (Kafka's delete.retention.ms).
#: A worker that gets a partition back later has perhaps cells in memory that are no more.
COMES_BACK_WITHIN_S = 12 * 3600.0

log = structlog.get_logger(__name__)


class FaustHost:
    """The stages as a Faust app. ``partitions`` counts a topic's partitions."""

    def __init__(
        self,
        stages: Sequence[Stage],
        options: FaustOptions,
        partitions: Callable[[Topic], int],
        clock: Clock,
    ) -> None:
        self._options = options
        self.partitions = partitions
        self._first: dict[TP, tuple[float, int | None]] = {}
        self._ends_checked: dict[TP, float] = {}
        self._left_at: dict[TP, float] = {}
        self._clock = clock
        self.app = new_app(options, self)
        self._changelogs = ClaimedChangelogs(
            client_settings(self.app), options.group, ACCEPT_DEADLINE_S
        )
        self._awake = Wakefulness(options.session_timeout_s)
        self._health = Health()
        self._by_topic = {run.topic_name: run for run in map(self._new_run, stages)}
        self._watch = Watch(self.app, self._by_topic, self.check_end, self._changelogs.topics)

    def run(self) -> NoReturn:
        """Work until SIGTERM or SIGINT; leaves the process with an exit code."""
        worker = Worker(
            self.app, loglevel="WARNING", override_logging=False, quiet=True, debug=False
        )
        try:
            worker.execute_from_commandline()
        except SystemExit as end:
            if end.code:  # Faust turns errors into a bare 1
                log.critical("worker_failed", exit_code=end.code, exc_info=end.__context__)
            raise

    def is_input(self, tp: TP) -> bool:
        """Whether it is a partition that a stage reads."""
        return tp.topic in self._by_topic

    def wanted(self, assigned: Iterable[TP]) -> dict[TP, int]:
        """For each assigned input partition whose state is known the offset to read next."""
        found = {}
        for tp in assigned:
            run = self._by_topic.get(tp.topic)
            book = run.book(tp.partition) if run is not None else None
            if book is not None:
                found[TP(tp.topic, tp.partition)] = next_offset(book.applied)
        return found

    async def take_over(self, assigned: Iterable[TP]) -> None:
        """Become the one who writes the state of these, and of no others."""
        mine = {TP(tp.topic, tp.partition) for tp in assigned if self.is_input(tp)}
        for topic, run in self._by_topic.items():
            gone = {partition for partition in run.held if TP(topic, partition) not in mine}
            self._left_at.update((TP(topic, partition), monotonic_s()) for partition in gone)
            run.let_go(gone)
        for tp in mine:
            left_at = self._left_at.pop(tp, monotonic_s())
            if monotonic_s() - left_at > COMES_BACK_WITHIN_S:
                give_up("partition_came_back", topic=tp.topic, partition=tp.partition)
        async with _LeavingOnFailure("partitions_not_claimed"):
            await asyncio.gather(*(self._by_topic[tp.topic].claim(tp.partition) for tp in mine))

    async def work(self) -> None:
        """What goes on beside the agents, from the start of the app to its end."""
        async with _LeavingOnFailure("watch_failed"), AsyncExitStack() as stack:
            if self._options.health_at is not None:
                await self._serve_health(stack, *self._options.health_at)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            tasks.create_task(self._awake.keep_noting())
            tasks.create_task(self._watch.keep_watching(self._health))
            tasks.create_task(self._keep_claims())

    def is_idle(self) -> bool:
        """Whether no record is being applied."""
        return all(run.in_hand is None for run in self._by_topic.values())

    async def close(self) -> None:
        """Close what the app does not know of."""
        await self._changelogs.close()

    async def first_offset(self, tp: TP) -> int | None:
        """The oldest offset that the broker still has; asked at most once a second.

        None when it does not say.
        """
        asked, first = self._first.get(tp, (float("-inf"), None))
        if monotonic_s() - asked >= 1.0:
            first = await self._answer(self.app.consumer.earliest_offsets(tp), tp)
            self._first[tp] = (monotonic_s(), first)
        return first

    async def check_end(self, tp: TP, following: int, every_s: float) -> None:
        """Give up when the topic ends before the offset that is to be read next.

        It was deleted and made anew, say; to wait until it has grown past the position would
        swallow records. The broker is asked at most every ``every_s``; what it does not answer is
        left to the watch.
        """
        if monotonic_s() - self._ends_checked.get(tp, float("-inf")) < every_s:
            return
        self._ends_checked[tp] = monotonic_s()
        end = await self._answer(self.app.consumer.highwaters(tp), tp)
        if end is not None and end < following:
            give_up(
                "topic_ends_before_position",
                ExitCode.USAGE,
                topic=tp.topic,
                partition=tp.partition,
                end=end,
                position=following,
            )

    async def _answer(self, question: Awaitable[Mapping[TP, int]], tp: TP) -> int | None:
        """What the broker says of the partition; None when it does not."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return (await question)[tp]
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the agent
            where = {"topic": tp.topic, "partition": tp.partition}
            log.warning("offsets_not_known", **where, error=repr(error))
            return None

    def topic_name(self, topic: Topic) -> str:
        """The topic's name on this cluster."""
        return self._options.topic_prefix + topic.name

    async def produce(self, messages: Sequence[NewMessage]) -> None:
        """Produce, and wait until the broker has accepted all."""
        self._awake.check()
        async with asyncio.timeout(ACCEPT_DEADLINE_S):
            sent = [
                await self.app.producer.send(
                    self.topic_name(message.topic),
                    message.key.encode(),
                    message.value,
                    message.partition,
                    None,
                    dict(message.headers),
                )
                for message in messages
            ]
            await asyncio.gather(*sent)
        self._awake.check()

    def _new_run(self, stage: Stage) -> StageRun:
        partitions = self.partitions(stage.input)
        name = self.topic_name(stage.input)
        table = self.app.Table(
            f"{stage.name}-cells", key_type=bytes, value_type=bytes, partitions=partitions
        )
        changelog = table.changelog_topic.get_topic_name()
        # Raw, so that what is no JSON reaches the stage, which makes a dead letter of it: an agent
        # whose record Faust can't decode ends, and begins again at the same record for ever.
        source = self.app.topic(
            name, key_serializer="raw", value_serializer="raw", partitions=partitions, acks=True
        )
        run = StageRun(
            stage,
            topic_name=name,
            table=table,
            changelog=changelog,
            changelogs=self._changelogs,
            host=self,
            clock=self._clock,
        )

        async def agent(stream: StreamT[bytes]) -> None:
            async for event in stream.events():
                async with _LeavingOnFailure("record_not_finished"):
                    await run.take(event)

        self.app.agent(source, name=f"wheelsdown-{stage.name}")(agent)
        return run

    async def _serve_health(self, stack: AsyncExitStack, address: str, port: int) -> None:
        try:
            await stack.enter_async_context(serving(self._health, address, port))
        except HealthPortError as error:
            give_up("start_failed", ExitCode.USAGE, reason=str(error))
        self._health.started()

    async def _keep_claims(self) -> None:
        """Renew the claims before a broker forgets them."""
        while True:
            await asyncio.sleep(RENEW_CLAIMS_EVERY_S)
            async with _LeavingOnFailure("claims_not_renewed"):
                for run in self._by_topic.values():
                    await run.renew_claims()


class _LeavingOnFailure:
    """Ends the process where going on would lose a record: Faust would take the next one."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SupersededError):
            give_up("superseded", during=self._why)
        if isinstance(error, Exception):
            give_up(self._why, error=repr(error))
