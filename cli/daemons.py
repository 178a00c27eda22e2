"""The daemons: each composes its rooms and lives in a ``Daemon`` until it is stopped."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from rich.console import Console

from cli import compose
from cli.foreseen import FORESEEN
from cli.publishing import Publisher
from consumers.deliver import DeliveryLoop
from pipeline import graph
from pipeline.inline_host import InlineHost
from wheelsdown.clock import Clock
from wheelsdown.daemon.health import Health, serving
from wheelsdown.daemon.lifecycle import Daemon, ExitCode, run_daemon
from wheelsdown.eventlog.port import EventLog
from wheelsdown.eventlog.state import MemoryState, SqliteState, StateStore
from wheelsdown.settings import Settings

#: The embedded host looks into the log at least this often, also when nothing was published here.
LOOK_EVERY_S = 1.0

#: Why a Slack consumer is not ready before it has begun.
OPENING_LEDGER = "opens its ledger; waits while another consumer on this machine has it"

ConsumerKind = Literal["slack", "console"]


def run_flights(settings: Settings, clock: Clock, health_port: int) -> ExitCode:
    """``wheelsdown producers flights``."""

    async def work(run: _Run) -> None:
        await run.add_flights(run.publisher())

    return _run("flights", settings, clock, health_port, work)


def run_news(settings: Settings, clock: Clock, health_port: int) -> ExitCode:
    """``wheelsdown producers news``."""

    async def work(run: _Run) -> None:
        await run.add_news(run.publisher())

    return _run("news", settings, clock, health_port, work)


def run_consumer(
    settings: Settings, clock: Clock, health_port: int, kind: ConsumerKind
) -> ExitCode:
    """``wheelsdown consumers slack|console``."""

    async def work(run: _Run) -> None:
        await run.add_delivery(kind)

    return _run(kind, settings, clock, health_port, work)


def run_embedded(settings: Settings, clock: Clock, health_port: int) -> ExitCode:
    """``wheelsdown run``: producers, rules and consumers in one process, over the SQLite log."""

    async def work(run: _Run) -> None:
        publish = run.publisher()
        run.add_rules(publish.published)
        await run.add_delivery("console")
        if settings.slack is not None:
            await run.add_delivery("slack")
        await run.add_flights(publish)
        await run.add_news(publish)

    return _run("embedded", settings, clock, health_port, work)


def run_processors(settings: Settings, clock: Clock, health_port: int) -> NoReturn:
    """``wheelsdown processors``: a Faust worker; leaves the process itself.

    Raises UnavailableError when the broker does not answer, which Faust would tell less clearly.
    """
    from pipeline.faust_host import FaustHost, FaustOptions  # noqa: PLC0415 - half a second and
    # 40 MB that no other command needs

    assert settings.kafka is not None
    compose.make_folders(settings)
    with compose.kafka_log(settings) as log:
        log.create_topics(settings.kafka.replication)
        partitions = {topic.name: log.partitions(topic) for topic in graph.TOPICS}
    folder = settings.data.folder / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    options = FaustOptions(
        connection=compose.kafka_connection(settings.kafka),
        group=f"{settings.log.topic_prefix}wheelsdown",
        topic_prefix=settings.log.topic_prefix,
        replication=settings.kafka.replication,
        data_folder=folder,
        health_at=(settings.health.host, health_port),
    )
    stages = graph.build(
        compose.reference(compose.fleet_of(settings)),
        partitions=lambda topic: partitions[topic.name],
        route=settings.dispatch.route,
    )
    FaustHost(stages, options, lambda topic: partitions[topic.name], clock).run()


def _run(
    name: str,
    settings: Settings,
    clock: Clock,
    health_port: int,
    work: "Callable[[_Run], Awaitable[None]]",
) -> ExitCode:
    async def start(daemon: Daemon) -> None:
        compose.make_folders(settings)
        stack = AsyncExitStack()
        daemon.on_stop("resources", stack.aclose)
        health = Health()
        health.check("daemon", lambda: "stopping" if daemon.is_stopping else None)
        await stack.enter_async_context(serving(health, settings.health.host, health_port))
        log = await asyncio.to_thread(compose.event_log, settings)
        stack.push_async_callback(asyncio.to_thread, log.close)
        await work(_Run(daemon, settings, clock, health, stack, log))
        health.started()

    return run_daemon(Daemon(name, start, foreseen=FORESEEN))


@dataclass
class _Run:
    """A daemon that is being started, and what its parts need; ``stack`` closes what they open."""

    daemon: Daemon
    settings: Settings
    clock: Clock
    health: Health
    stack: AsyncExitStack
    log: EventLog

    def publisher(self) -> Publisher:
        """How the producers of this run publish."""
        publisher = Publisher(self.log, self.clock)
        self.health.check("publishing", publisher.failure)
        return publisher

    async def add_flights(self, publish: Publisher) -> None:
        """Poll the flight sources."""
        for poller in await compose.flight_pollers(
            self.settings,
            self.stack,
            fleet=compose.fleet_of(self.settings),
            log=self.log,
            publish=publish,
            clock=self.clock,
        ):
            poller.report_to(self.health)
            self._supervise("flights", poller.loops())

    async def add_news(self, publish: Publisher) -> None:
        """Poll the news feeds."""
        folder = self.settings.data.folder
        for poller in await compose.news_pollers(
            self.settings,
            self.stack,
            memory=folder / "feeds.sqlite",
            publish=publish,
            clock=self.clock,
        ):
            poller.report_to(self.health)
            self._supervise("news", poller.loops())

    async def add_delivery(self, kind: ConsumerKind) -> None:
        """Deliver alerts, in a thread: a slow Slack holds up nothing else."""
        if kind == "slack":
            self.health.check(kind, lambda: OPENING_LEDGER)  # until the loop reports
            sender = await compose.slack_sender(self.settings, self.log, self.clock, self.stack)
        else:
            sender = compose.console_sender(Console(file=sys.stdout))
        loop = DeliveryLoop(self.log, kind, sender, self.clock)
        loop.report_to(self.health)
        self._supervise(kind, [_in_thread(loop.run, loop.stop)])

    def add_rules(self, published: asyncio.Event) -> None:
        """Run the graph in this process whenever something is ``published``."""
        state: StateStore = MemoryState()
        if self.settings.log.kind == "sqlite":
            state = self.stack.enter_context(SqliteState(self.settings.log_path))
        stages = graph.build(
            compose.reference(compose.fleet_of(self.settings)),
            partitions=self.log.partitions,
            route=self.settings.dispatch.route,
        )
        host = InlineHost(self.log, state, stages, self.clock)
        self.stack.callback(host.close)
        host.report_to(self.health)
        self._supervise("rules", [_drain_forever(host, published)])

    def _supervise(self, name: str, loops: Sequence[Coroutine[Any, Any, None]]) -> None:
        for number, loop in enumerate(loops):
            self.daemon.supervise(f"{name}-{number}", loop)


async def _in_thread(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run a blocking loop in a thread; when this task is cancelled, stop the loop and wait."""
    thread = asyncio.create_task(asyncio.to_thread(run))
    try:
        await asyncio.shield(thread)
    except asyncio.CancelledError:
        stop()
        await thread


async def _drain_forever(host: InlineHost, published: asyncio.Event) -> None:
    """Run the rules whenever something was published, in a thread of their own."""
    while True:
        published.clear()
        drain = asyncio.create_task(asyncio.to_thread(host.drain))
        try:
            await asyncio.shield(drain)
        except asyncio.CancelledError:
            host.stop()
            await drain  # the record that is begun is finished before the log is closed
            raise
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await published.wait()
        except TimeoutError:
            continue
