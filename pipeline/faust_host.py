"""The graph on Kafka with Faust: one agent and one Table for each stage.

Faust is not believed about positions (docs/adr/0003). For each record: the outputs are produced and
waited for, then the changed cells and the position are written to the table and their changelog
records waited for; only then may Faust commit the offset. The position in the table is the truth:
wherever Faust seeks to its committed offsets, the host seeks to its own positions instead; a record
that was applied is skipped; one that does not follow the last makes the host go back; and when
nothing arrives although there is something to read, it goes back again and at last gives up with
an exit code of its own, for its supervisor.

Faust keeps what it has fetched in flight while it seeks, and drops what it then takes for old: that
is how plain Faust loses records after a crash.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

import faust
import structlog
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, FutureMessage, StreamT

from pipeline.applying import next_offset
from pipeline.faust_stage import StageRun
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.topics import Topic
from wheelsdown.stage import Stage

#: How long the broker may take to accept a record before the worker gives up and exits.
PRODUCE_DEADLINE_S = 120.0
#: How often the host looks whether records wait that do not arrive, when it goes back for them,
#: and when it gives up.
WATCH_EVERY_S = 1.0
GO_BACK_AFTER_S = 2.0
GIVE_UP_AFTER_S = 120.0
#: How often the broker is asked where a topic ends while nothing comes from it: a client may not
#: notice that its topic was deleted and made anew.
END_CHECK_EVERY_S = 30.0
#: A topic that the broker knows no more for so long was deleted; Faust would idle without it.
GONE_AFTER_S = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FaustOptions:
    """How the worker runs. Session and heartbeat decide how soon a lost worker's share moves."""

    connection: KafkaConnection
    group: str
    topic_prefix: str
    replication: int
    data_folder: Path
    session_timeout_s: float = 20.0


class _Consumer(driver.Consumer):
    """A consumer that goes to the positions of the tables, and commits these."""

    async def perform_seek(self) -> None:
        await super().perform_seek()
        host = cast("_App", self.app).host
        for tp, offset in host.wanted(self.assignment()).items():
            await self.seek(tp, offset)

    def _new_offset(self, tp: TP) -> int | None:
        """What to commit: the position. Faust's own reckoning needs each record acknowledged once.

        Where some were passed over, or came twice, it commits nothing any more and keeps every
        acknowledgement in memory.
        """
        host = cast("_App", self.app).host
        position = host.wanted({tp}).get(tp)
        if position is None:
            return super()._new_offset(tp)
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        self._gap.pop(tp, None)
        return position


class _Producer(driver.Producer):
    """An idempotent producer, so that a retry neither doubles nor reorders."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class _Transport(driver.Transport):
    Consumer = _Consumer
    Producer = _Producer


class _Table(faust.Table[bytes, bytes]):
    """A table that remembers the changelog records it has sent, so that they can be awaited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent: list[FutureMessage] = []

    def send_changelog(self, *args: Any, **kwargs: Any) -> FutureMessage:
        future = super().send_changelog(*args, **kwargs)
        self.sent.append(future)
        return future


class _App(faust.App):
    host: "FaustHost"

    def _new_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_producer, self)


class _Standing(NamedTuple):
    """Since when a partition stands at a position, and how long to wait before going back."""

    applied: int | None
    since: float
    go_back_after_s: float


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
        self._first: dict[TP, tuple[float, int]] = {}
        self._ends_checked: dict[TP, float] = {}
        self._clock = clock
        self.app = self._new_app(options)
        self.app.host = self
        self._runs = [self._new_run(stage) for stage in stages]
        self._by_topic = {run.topic_name: run for run in self._runs}
        self.app.on_partitions_revoked.connect(self._forget_books)
        self.app.on_partitions_assigned.connect(self._forget_books)
        self.app.task()(self._watch)

    def wanted(self, assigned: Any) -> dict[TP, int]:
        """For each assigned input partition the offset to read next."""
        found = {}
        for tp in assigned:
            run = self._by_topic.get(tp.topic)
            if run is not None:
                applied = run.book(tp.partition).applied
                found[TP(tp.topic, tp.partition)] = next_offset(applied)
        return found

    def run(self) -> NoReturn:
        """Work until SIGTERM or SIGINT; leaves the process with an exit code."""
        worker = faust.Worker(
            self.app, loglevel="WARNING", override_logging=False, quiet=True, debug=False
        )
        worker.execute_from_commandline()

    async def first_offset(self, tp: TP) -> int:
        """The oldest offset that the broker still has; asked at most once a second."""
        asked, first = self._first.get(tp, (0.0, 0))
        if monotonic_s() - asked >= 1.0:
            first = (await self.app.consumer.earliest_offsets(tp))[tp]
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
        try:
            end = (await self.app.consumer.highwaters(tp))[tp]
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the agent
            log.warning("end_not_known", topic=tp.topic, partition=tp.partition, error=repr(error))
            return
        if end < following:
            give_up(
                "topic_ends_before_position",
                ExitCode.USAGE,
                topic=tp.topic,
                partition=tp.partition,
                end=end,
                position=following,
            )

    def topic_name(self, topic: Topic) -> str:
        """The topic's name on this cluster."""
        return self._options.topic_prefix + topic.name

    async def produce(self, messages: Sequence[NewMessage]) -> None:
        """Produce, and wait until the broker has accepted all; exits when it does not."""
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
        await self.accepted(sent)

    async def accepted(self, sent: Sequence[Any]) -> None:
        """Wait for records that were sent; exits the process when one is not accepted."""
        try:
            async with asyncio.timeout(PRODUCE_DEADLINE_S):
                await asyncio.gather(*sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, going on would lose a record
            give_up("record_not_accepted", error=repr(error))

    def _new_app(self, options: FaustOptions) -> _App:
        settings = options.connection.for_faust()
        credentials: Any = settings.tls
        if settings.login is not None:
            credentials = faust.SASLCredentials(
                **settings.login._asdict(), ssl_context=settings.tls
            )
        return _App(
            options.group,
            broker=settings.brokers,
            broker_credentials=credentials,
            autodiscover=False,
            datadir=options.data_folder,
            store="memory://",
            web_enabled=False,
            topic_disable_leader=True,
            topic_replication_factor=options.replication,
            topic_allow_declare=True,
            consumer_auto_offset_reset="earliest",
            broker_session_timeout=options.session_timeout_s,
            broker_heartbeat_interval=options.session_timeout_s / 6,
            broker_request_timeout=options.session_timeout_s * 2,
            broker_rebalance_timeout=options.session_timeout_s * 2,
            broker_commit_interval=1.0,
            producer_acks=-1,
            producer_max_request_size=2_000_000,
            producer_request_timeout=PRODUCE_DEADLINE_S,
            stream_wait_empty=True,
            stream_buffer_maxsize=1024,
            Table=_Table,
        )

    def _new_run(self, stage: Stage) -> StageRun:
        partitions = self.partitions(stage.input)
        name = self.topic_name(stage.input)
        table = cast(
            "_Table",
            self.app.Table(
                f"{stage.name}-cells", key_type=bytes, value_type=bytes, partitions=partitions
            ),
        )
        source = self.app.topic(
            name, key_type=bytes, value_type=bytes, partitions=partitions, acks=True
        )
        run = StageRun(stage, name, table, self, self._clock)

        async def agent(stream: StreamT[bytes]) -> None:
            async for event in stream.events():
                await run.take(event)

        self.app.agent(source, name=f"wheelsdown-{stage.name}")(agent)
        return run

    async def _forget_books(self, *_: Any, **__: Any) -> None:
        for run in self._runs:
            run.forget_books()

    async def _watch(self) -> None:
        """Go back for records that wait and do not arrive; give up when that does not help."""
        moved: dict[TP, _Standing] = {}
        known_at = dict.fromkeys(self._by_topic, monotonic_s())
        while not self.app.should_stop:
            await asyncio.sleep(WATCH_EVERY_S)
            if self.app.rebalancing or not cast("_Consumer", self.app.consumer).flow_active:
                moved.clear()
                known_at = dict.fromkeys(self._by_topic, monotonic_s())
                continue
            for topic, known in known_at.items():
                if self.app.consumer.topic_partitions(topic):
                    known_at[topic] = monotonic_s()
                elif monotonic_s() - known >= GONE_AFTER_S:
                    give_up("topic_gone", ExitCode.USAGE, topic=topic)
            for tp in self.app.consumer.assignment():
                run = self._by_topic.get(tp.topic)
                if run is None:
                    continue
                await self._watch_partition(run, tp, moved)

    async def _watch_partition(self, run: StageRun, tp: TP, moved: dict[TP, _Standing]) -> None:
        applied = run.book(tp.partition).applied
        end = self.app.consumer.highwater(tp)
        waiting = end is not None and next_offset(applied) < end
        if applied is not None and not waiting:
            await self.check_end(tp, next_offset(applied), END_CHECK_EVERY_S)
        known = moved.get(tp)
        if not waiting or run.busy or known is None or known.applied != applied:
            moved[tp] = _Standing(applied, monotonic_s(), GO_BACK_AFTER_S)
            return
        stalled = monotonic_s() - known.since
        if stalled >= GIVE_UP_AFTER_S:
            give_up("records_stalled", topic=tp.topic, partition=tp.partition)
        if stalled >= known.go_back_after_s:
            to = next_offset(applied)
            log.warning("going_back", topic=tp.topic, partition=tp.partition, to=to)
            moved[tp] = known._replace(go_back_after_s=2 * known.go_back_after_s)
            await self.app.consumer.seek(tp, to)


def give_up(why: str, code: ExitCode = ExitCode.STUCK, **details: Any) -> NoReturn:
    """Leave at once, so that nothing is committed that is not durable."""
    log.critical(why, exit_code=int(code), **details)
    os._exit(code)
