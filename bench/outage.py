"""What an outage of the broker costs: ``python bench/outage.py [SECONDS]``, 120 by default.

All four daemons run as processes on a real broker, with one flight told in Slack. The broker is
killed; meanwhile a headline comes that makes an incident of a second flight, and the first aircraft
flies home. The broker starts again on the same data. Printed are the times from its return until
what happened is on the log and in Slack, whether a daemon ended (it is started again, as
docs/operating.md asks of a supervisor), and what was lost or doubled: what the feeds served against
the log, alerts against visible messages. What a producer or a stage wrote again under the same id,
since nobody had told it that the first was accepted, is counted apart: it changes no finding.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.http_feed import HttpFeed
from fakes.kafka_broker import KafkaBroker, running_broker
from fakes.live_case import ACTS, OTHER_REGISTRATION, REGISTRATION, Headline, Spot, feed_of, sky_at
from fakes.live_log import PARTITIONS
from fakes.live_run import DAEMONS, settings_of
from fakes.slack_server import TOKEN, FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL
from fakes.supervised import AS_USUAL, Daemon

from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.records.alerts import Alert
from wheelsdown.records.news import Entry
from wheelsdown.records.record import Record
from wheelsdown.records.topics import (
    ADSB_SNAPSHOTS,
    ALERTS,
    CASES_EVENTS,
    DISPATCH_EVENTS,
    INCIDENTS,
    NEWS_ENTRIES,
    Topic,
)

FINDINGS = (INCIDENTS, ALERTS)
TOPICS = (ADSB_SNAPSHOTS, NEWS_ENTRIES, CASES_EVENTS, DISPATCH_EVENTS, *FINDINGS)
WITHIN_S = 120.0
#: Time in which what comes twice would come.
SETTLED_S = 15.0
AGAIN_AFTER_S = 1.0
FIRST_HEADLINES: Mapping[str, tuple[Headline, ...]] = {"wire": ACTS[0].feeds["wire"], "courier": ()}
ALL_HEADLINES = ACTS[0].feeds
#: What makes an incident of the second flight.
NEWS_OF_THE_OTHER = ACTS[0].feeds["courier"][0].title


class World:
    """What the feeds serve: one look at the sky and some headlines, which change meanwhile."""

    def __init__(self, feed: HttpFeed) -> None:
        self.look: Mapping[str, Spot] = ACTS[0].looks[0]
        self.headlines = FIRST_HEADLINES
        self._feed = feed
        self._base = datetime.now(UTC).replace(microsecond=0)

    async def turn(self) -> None:
        """Keep the receiver's clock right."""
        while True:
            now = datetime.now(UTC).replace(microsecond=0)
            self._feed.script("/aircraft.json", sky_at(now, self._base, self.look))
            for name, headlines in self.headlines.items():
                self._feed.script(f"/{name}", feed_of(self._base, headlines))
            await asyncio.sleep(0.2)

    def polls(self) -> int:
        return sum(one.target == "/aircraft.json" for one in self._feed.received)

    def polled(self, times: int) -> bool:
        return self.polls() >= times


class Reader:
    """Everything that is on the log, read on with each look: the records with their partitions."""

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._next: Counter[tuple[str, int]] = Counter()
        self._found: defaultdict[str, list[tuple[int, Record]]] = defaultdict(list)

    def look(self, topic: Topic) -> list[Record]:
        found = self._found[topic.name]
        for partition in range(self._log.partitions(topic)):
            place = (topic.name, partition)
            while messages := self._log.read(topic, partition, self._next[place], 500):
                found += [(partition, topic.decode(one.value)) for one in messages]
                self._next[place] = messages[-1].offset + 1
        return [record for _, record in found]

    def repeated(self, topic: Topic) -> int:
        """How many records stand there once more under an id that the partition had already."""
        self.look(topic)
        counted = Counter((place, one.record_id) for place, one in self._found[topic.name])
        return counted.total() - len(counted)


async def until(what: str, found: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {WITHIN_S:g} s: {what}")
        await asyncio.sleep(0.05)


def messages_of(slack: FakeSlack, registration: str) -> list[str]:
    found = [json.dumps(one) for one in slack.workspace.channels[CHANNEL]]
    return [one for one in found if registration in one]


async def before(world: World, slack: FakeSlack) -> None:
    """Both aircraft fly out; one of them is told in Slack."""
    for look in (*ACTS[0].looks, *ACTS[1].looks):
        world.look, seen = look, world.polls()
        await until("polls", partial(world.polled, seen + 3))
    await until("the first message", lambda: messages_of(slack, REGISTRATION))


async def outage(world: World, broker: KafkaBroker, down_s: float) -> None:
    """The broker is away; the second headline comes and the first aircraft flies home."""
    await asyncio.to_thread(broker.kill)
    world.headlines = ALL_HEADLINES
    for look in ACTS[3].looks:
        world.look = look
        await asyncio.sleep(down_s / len(ACTS[3].looks))
    await asyncio.to_thread(broker.start)


async def recovery(reader: Reader, slack: FakeSlack, told: Sequence[str]) -> dict[str, float]:
    """For each thing the seconds after the broker's return at which it was there."""
    returned = time.monotonic()
    snapshots, incidents = len(reader.look(ADSB_SNAPSHOTS)), len(reader.look(INCIDENTS))

    def incident_of(registration: str) -> bool:
        return any(registration in repr(one) for one in reader.look(INCIDENTS)[incidents:])

    missing: dict[str, Callable[[], object]] = {
        "flights: the next snapshot is on the log": (
            lambda: len(reader.look(ADSB_SNAPSHOTS)) > snapshots
        ),
        "news: the headline is on the log": (
            lambda: any(NEWS_OF_THE_OTHER in repr(one) for one in reader.look(NEWS_ENTRIES))
        ),
        "headline: its incident is on the log": lambda: incident_of(OTHER_REGISTRATION),
        "headline: its message is in Slack": lambda: messages_of(slack, OTHER_REGISTRATION),
        "flight home: the incident is revised": lambda: incident_of(REGISTRATION),
        "flight home: its message is updated": lambda: messages_of(slack, REGISTRATION) != told,
    }
    took: dict[str, float] = {}
    while missing:
        for what in [what for what, found in missing.items() if found()]:
            took[what] = time.monotonic() - returned
            del missing[what]
        if time.monotonic() - returned > WITHIN_S:
            break
        await asyncio.sleep(0.05)
    return took | dict.fromkeys(missing, math.inf)


async def losses(reader: Reader, world: World, slack: FakeSlack) -> tuple[int, int]:
    """What is not there, and what is there twice; each is printed."""
    polls = world.polls()
    await asyncio.sleep(SETTLED_S)
    served = {one.title for feed in ALL_HEADLINES.values() for one in feed}
    entries = [one for one in reader.look(NEWS_ENTRIES) if isinstance(one, Entry)]
    looks = {one.observed_at for one in reader.look(ADSB_SNAPSHOTS)}
    newest = {
        one.alert_id: one.revision
        for one in reader.look(ALERTS)
        if isinstance(one, Alert) and one.action == "deliver"
    }
    shown = [one["metadata"]["event_payload"] for one in slack.workspace.channels[CHANNEL]]
    revisions = {one["alert_id"]: one["revision"] for one in shown}
    lost = {
        "headlines": len(served - {one.title for one in entries}),
        "polls": max(0, polls - len(looks)),
        "alerts not shown in their newest revision": len(newest.items() - revisions.items()),
    }
    again = {topic.name: reader.repeated(topic) for topic in TOPICS}
    doubled = {
        "messages": len(shown) - len(revisions),
        "findings": sum(again.pop(topic.name) for topic in FINDINGS),
    }
    print(f"served: {len(served)} headlines, {polls} looks at the sky; alerts: {newest}")
    print(f"lost: {lost}")
    print(f"doubled: {doubled}")
    print(f"written again under the same ids, which those who read them pass over: {again}")
    return sum(lost.values()), sum(doubled.values())


async def supervise(daemons: Sequence[Daemon]) -> None:
    """Start again what ends."""
    while True:
        for one in daemons:
            one.watch()
        await asyncio.sleep(AGAIN_AFTER_S)


async def measure(folder: Path, down_s: float) -> bool:
    async with HttpFeed() as feed:
        with running_slack() as slack, running_broker(folder / "broker") as broker:
            connection = KafkaConnection(bootstrap=(broker.bootstrap,))
            kafka = f'[kafka]\nbootstrap = ["{broker.bootstrap}"]\n'
            log_settings = f'kind = "kafka"\npartitions = {PARTITIONS}\n'
            config = folder / "wheelsdown.toml"
            config.write_text(settings_of(log_settings + kafka, feed, ACTS, slack))
            with KafkaLog(connection, PARTITIONS) as log:
                log.create_topics(replication=1)
            world = World(feed)
            daemons = [Daemon(name, config, TOKEN, AS_USUAL) for name in DAEMONS["kafka"]]
            for one in daemons:
                one.start()
            loops = [asyncio.create_task(one) for one in (world.turn(), supervise(daemons))]
            try:
                await before(world, slack)
                told = messages_of(slack, REGISTRATION)
                print(f"killing the broker for {down_s:g} s", flush=True)
                await outage(world, broker, down_s)
                with KafkaLog(connection, PARTITIONS) as log:
                    reader = Reader(log)
                    took = await recovery(reader, slack, told)
                    for what, seconds in took.items():
                        print(f"{seconds:7.1f} s  {what}", flush=True)
                    lost, doubled = await losses(reader, world, slack)
                for loop in loops:
                    if loop.done():
                        loop.result()  # what ended it
                    loop.cancel()
                codes = [await asyncio.to_thread(one.stop) for one in daemons]
            finally:
                for one in daemons:
                    one.kill()
    lost += sum(map(math.isinf, took.values()))
    left = {one.command: dict(one.left) for one in daemons if one.left}
    print(f"ended meanwhile, by exit code: {left or 'none'}; stopped in the end with {codes}")
    fine = not lost and not doubled and not left and not any(codes)
    for one in () if fine else daemons:
        print(f"== {one.command}\n{one.end_of_log()}")
    print(
        f"outage {down_s:g} s: recovered after {max(took.values()):.1f} s, "
        f"lost {lost}, doubled {doubled}"
    )
    return fine


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        down_s = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
        is_fine = asyncio.run(measure(Path(place), down_s))
    sys.exit(not is_fine)
