"""Plays a scenario: the real producers, over HTTP, on a clock that jumps from poll to poll.

Whenever all producers sleep, everything that can be known at that moment is published; whoever
plays is told, and then the clock jumps to the next poll. So weeks take seconds, and two runs
publish the same records in the same order.
"""

import asyncio
import csv
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from cli.demo.scenario import Scenario
from cli.demo.server import ScenarioServer
from producers.fetch import Fetcher, client_session
from producers.flights.poller import FlightPoller
from producers.flights.source import FlightSource
from producers.news.memory import NewsMemory
from producers.news.parser_process import ParserProcess
from producers.news.poller import FeedSource, NewsPoller
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.publish import Publish
from wheelsdown.records.aircraft import Scope
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic
from wheelsdown.reference.fleet import Fleet, load_fleet
from wheelsdown.reference.fleet_files import OWN_COLUMNS

#: How the receiver of a scenario is called.
SOURCE = "demo-receiver"


async def play(
    scenario: Scenario,
    clock: VirtualClock,
    *,
    publish: Publish,
    shards: int,
    at_rest: Callable[[], None],
) -> None:
    """Run the producers from ``clock``'s time to the scenario's end.

    ``at_rest`` is called at each moment when all of it is published. Raises what a producer raises
    (EventLogError from ``publish``).
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ScenarioServer(scenario, clock))
        session = await stack.enter_async_context(client_session(allow_private=True))
        flights = FlightPoller(
            FlightSource(
                name=SOURCE,
                format="readsb",
                url=server.flights_url,
                every_s=scenario.polls.flights_s,
                # Not "world": its sky is empty at times, which the world's never is.
                scope=Scope(kind="box", box=(-90.0, -180.0, 90.0, 180.0)),
            ),
            Fetcher(session),
            watches=fleet_of(scenario).watches,
            shards=shards,
            publish=publish,
            clock=clock,
            jitter=_no_jitter,
        )
        news = NewsPoller(
            [
                FeedSource(
                    name=feed.name, url=server.feed_url(number), every_s=scenario.polls.news_s
                )
                for number, feed in enumerate(scenario.feeds)
            ],
            Fetcher(session),
            await stack.enter_async_context(ParserProcess()),
            stack.enter_context(NewsMemory(None)),
            publish=publish,
            clock=clock,
            jitter=_no_jitter,
            concurrency=1,  # so that feeds polled at one moment publish in their order
            heartbeat_s=scenario.polls.news_s,
        )
        loops = [*flights.loops(), *news.loops()]
        tasks = await stack.enter_async_context(_running(loops))
        while clock.now() < scenario.end:
            await _all_asleep(clock, tasks)
            at_rest()
            clock.jump()


async def produce(scenario: Scenario, *, shards: int = 1) -> list[tuple[Topic, Record]]:
    """All that the producers publish of a scenario, in order."""
    published: list[tuple[Topic, Record]] = []

    async def publish(topic: Topic, records: Sequence[Record]) -> None:
        published.extend((topic, record) for record in records)

    await play(
        scenario,
        VirtualClock(scenario.start),
        publish=publish,
        shards=shards,
        at_rest=lambda: None,
    )
    return published


def fleet_of(scenario: Scenario) -> Fleet:
    """The shipped fleet and the scenario's aircraft that have an operator."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.csv"
        write_fleet(scenario, file)
        return load_fleet([file])


def write_fleet(scenario: Scenario, file: Path) -> None:
    """Write the scenario's aircraft that have an operator as a fleet file of a user."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        table = csv.DictWriter(lines, OWN_COLUMNS, restval="")
        table.writeheader()
        for one in scenario.aircraft:
            if one.operator:
                table.writerow(
                    {
                        "icao24": one.icao24,
                        "registration": one.registration,
                        "type_code": one.type_code,
                        "type_name": one.type_name,
                        "operator": one.operator,
                        "operator_state": one.state,
                        "source": f"scenario {scenario.name}",
                    }
                )


def _no_jitter() -> float:
    return 0.0


@asynccontextmanager
async def _running(
    loops: Sequence[Coroutine[Any, Any, None]],
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The loops as tasks, which are cancelled and waited for at the end."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all_asleep(clock: VirtualClock, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Return when every task waits for the clock; raise the error of one that has ended."""
    asleep = asyncio.create_task(clock.until_asleep(len(tasks)))
    try:
        await asyncio.wait([asleep, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
                raise AssertionError("the loops of producers are endless")
    finally:
        asleep.cancel()
