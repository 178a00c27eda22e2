"""A burst of alerts at Slack's real limits: how long it takes to show all, and in how much memory.

``python bench/burst.py [ALERTS]`` (10,000 unless said) publishes so many alerts at once for 20
channels, every fifth with later revisions, and lets the real loop and sender bring them to a fake
Slack in another process. Time is virtual: it passes when the loop rests, and calls take none. Once
more with every twentieth post refused by a 429 that our own limits could not foresee. Then 20 times
30 alerts in real time, with threads and answers that take 300 ms. Exit code 1 when an alert is
lost, doubled or shown in an older revision, or the burst takes longer than it should.
"""

import gc
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import inf
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.examples import pyongyang_alerts
from fakes.slack_faults import Fault
from fakes.slack_limits import LIMITS
from fakes.slack_server import TOKEN, running_slack
from fakes.slack_workspace import Workspace

from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries
from consumers.ledger import Ledger
from consumers.slack.client import web_client
from consumers.slack.limits import POST
from consumers.slack.send import SlackSender
from wheelsdown.clock import Clock, SystemClock, monotonic_s
from wheelsdown.daemon import metrics
from wheelsdown.daemon.backoff import system_jitter
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS

ROUTES = {f"r{number}": f"C0BURST{number:03}" for number in range(1, 21)}
START = datetime(2023, 8, 2, 12, 0, tzinfo=UTC)
#: So often, in seconds of its own time, the loop's memory is looked at.
LOOK_EVERY_S = 2.0
REFUSED = 0.05
#: What the burst may take, in times of the theoretical minimum, where no post is refused.
MOST_RATIO = 1.1
SEED = 20231

#: The fake's script: what its next posts meet.
Faults = tuple[Fault | None, ...]


class Shown(NamedTuple):
    """What a Slack shows in the end: channel, alert and revision of each message."""

    messages: tuple[tuple[str, str, int], ...]
    posts: int


class VirtualTime:
    """A clock that stands still until somebody rests; the fake's process reads it too."""

    def __init__(self) -> None:
        self.seconds: Synchronized[float] = multiprocessing.get_context("spawn").Value("d", 0.0)

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.seconds.value

    def now(self) -> datetime:
        """The moment, in UTC."""
        return START + timedelta(seconds=self.elapsed_s())

    async def sleep_until(self, moment: datetime) -> None:
        """Nobody waits so here."""
        raise NotImplementedError

    def rest(self, seconds: float) -> None:
        """Let that time pass."""
        self.seconds.value += seconds


class Memory:
    """What the consumer's process holds, looked at now and then."""

    def __init__(self) -> None:
        self.resident_mb: list[float] = []
        self.most_alerts = 0
        self.most_waiting = 0
        self._before = _alerts()
        self._looked_at = float("-inf")
        self.look(0.0)

    def look(self, now_s: float) -> None:
        """Measure, unless that was done a moment ago."""
        if now_s - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now_s
        self.resident_mb.append(psutil.Process().memory_info().rss / 1e6)
        self.most_alerts = max(self.most_alerts, _alerts() - self._before)
        (waiting,) = metrics.ALERTS_WAITING.collect()
        self.most_waiting = max(self.most_waiting, int(waiting.samples[0].value))

    def told(self) -> str:
        """In words."""
        seen = self.resident_mb
        return (
            f"resident {seen[0]:.0f} MB at the start, {seen[len(seen) // 2]:.0f} in the middle, "
            f"{seen[-1]:.0f} at the end, {max(seen):.0f} at most; at most {self.most_waiting} "
            f"alerts waited, {self.most_alerts} of them in memory"
        )


def _alerts() -> int:
    return sum(isinstance(one, Alert) for one in gc.get_objects())


def serve(seconds: "Synchronized[float] | None", pipe: Connection) -> None:
    """The fake's process: takes a script, says where it serves, and in the end what it shows."""
    now = time.time if seconds is None else lambda: START.timestamp() + seconds.value
    channels: dict[str, list[dict[str, object]]] = {channel: [] for channel in ROUTES.values()}
    workspace = Workspace(now=now, limited=True, channels=channels)
    with running_slack(workspace) as slack:
        slack.fail(POST, *pipe.recv())
        pipe.send(slack.base_url)
        pipe.recv()
        found = [
            (channel, payload["alert_id"], payload["revision"])
            for channel in channels
            for message in workspace.alerts(channel)
            for payload in [message["metadata"]["event_payload"]]
        ]
        pipe.send(Shown(tuple(found), slack.count(POST)))


@contextmanager
def fake_slack(
    faults: Faults, seconds: "Synchronized[float] | None" = None
) -> Iterator[tuple[str, Callable[[], Shown]]]:
    """Its address, and what tells what it shows."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    process = context.Process(target=serve, args=(seconds, its))
    process.start()
    mine.send(faults)

    def shown() -> Shown:
        mine.send("end")
        found = mine.recv()
        assert isinstance(found, Shown)
        return found

    yield mine.recv(), shown
    process.join()


def burst(count: int, dice: random.Random) -> list[Alert]:
    """So many alerts on the routes by chance, every fifth with later revisions somewhere behind."""
    revisions = pyongyang_alerts()
    placed: list[tuple[float, Alert]] = []
    for number in range(count):
        route, at = dice.choice(list(ROUTES)), dice.random()
        for alert in revisions[: dice.randint(2, 3) if number % 5 == 0 else 1]:
            incident = msgspec.structs.replace(alert.incident, incident_id=f"incident-{number}")
            named = {"alert_id": f"alert-{number}", "route": route, "incident": incident}
            placed.append((at, msgspec.structs.replace(alert, **named)))
            at = dice.uniform(at, 1.0)
    return [alert for _, alert in sorted(placed, key=lambda one: one[0])]


def minimum_s(alerts: list[Alert]) -> float:
    """How long the channel with the most messages takes at Slack's limits."""
    first = Counter(alert.route for alert in alerts if alert.revision == 1)
    limit = LIMITS[POST]
    return (max(first.values()) - limit.burst) / limit.per_s


def judged(alerts: list[Alert], shown: Shown) -> tuple[int, int]:
    """Alerts that are not shown in their newest revision, and messages too many."""
    newest = {(ROUTES[one.route], one.alert_id): one.revision for one in alerts}
    messages = Counter((channel, alert_id) for channel, alert_id, _ in shown.messages)
    right = {
        (channel, alert_id)
        for channel, alert_id, revision in shown.messages
        if newest[channel, alert_id] == revision
    }
    return len(newest.keys() - right), len(shown.messages) - len(messages)


def limits_met() -> int:
    """429s so far in this process."""
    return int(
        sum(
            sample.value
            for metric in metrics.SLACK_CALLS.collect()
            for sample in metric.samples
            if sample.name.endswith("_total") and sample.labels["outcome"] == "retry"
        )
    )


@contextmanager
def consumer(
    alerts: list[Alert],
    base_url: str,
    clock: Clock,
    *,
    elapsed_s: Callable[[], float] = monotonic_s,
    rest: Callable[[float], None] | None = None,
) -> Iterator[DeliveryLoop]:
    """The loop with its sender, and all alerts published."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteLog(Path(folder) / "events.sqlite", 1) as events,
        Ledger(Path(folder) / "ledger.sqlite") as ledger,
    ):
        publish(events, ALERTS, alerts)
        client, deliveries = web_client(TOKEN, base_url=base_url), Deliveries(events, ledger)
        sender = SlackSender(client, ROUTES, deliveries, clock, system_jitter, elapsed_s=elapsed_s)
        yield DeliveryLoop(events, "slack", sender, clock, elapsed_s=elapsed_s, rest=rest)


def virtual(name: str, alerts: list[Alert], faults: Faults, most_ratio: float = inf) -> bool:
    """Drain the burst in virtual time; whether all is shown, once, within so many minima."""
    clock, memory, met = VirtualTime(), Memory(), limits_met()
    began = time.monotonic()

    def rest(seconds: float) -> None:
        clock.rest(seconds)
        memory.look(clock.elapsed_s())

    with (
        fake_slack(faults, clock.seconds) as (base_url, shown),
        consumer(alerts, base_url, clock, elapsed_s=clock.elapsed_s, rest=rest) as loop,
    ):
        loop.drain()
        found = shown()
    print(f"{name}: {dict(loop.counts)}, {found.posts} posts, {limits_met() - met} 429s")
    print(f"{name}: {memory.told()}; {time.monotonic() - began:.0f} s by the wall")
    return told(name, alerts, found, clock.elapsed_s(), most_ratio)


def real(alerts: list[Alert]) -> bool:
    """The same loop as it runs live: threads, real time, and a Slack that takes its time."""
    slow = tuple(Fault("true", delay_s=0.3) for _ in range(2 * len(alerts)))
    met = limits_met()
    with (
        fake_slack(slow) as (base_url, shown),
        consumer(alerts, base_url, SystemClock()) as loop,
    ):
        thread = threading.Thread(target=loop.run)
        began = time.monotonic()
        thread.start()
        while loop.counts.total() < len(alerts) and thread.is_alive():
            time.sleep(0.02)
        took_s = time.monotonic() - began
        loop.stop()
        thread.join()
        found = shown()
    print(f"real time: {dict(loop.counts)}, {found.posts} posts, {limits_met() - met} 429s")
    return told("real time", alerts, found, took_s)


def told(
    name: str, alerts: list[Alert], found: Shown, took_s: float, most_ratio: float = inf
) -> bool:
    """Print what came of it; whether all is well."""
    least_s = minimum_s(alerts)
    missing, doubled = judged(alerts, found)
    count = len({one.alert_id for one in alerts})
    print(
        f"{name}: {count} alerts over {len(ROUTES)} channels in {took_s:.1f} s, minimum "
        f"{least_s:.1f} s, ratio {took_s / least_s:.3f}; lost {missing}, doubled {doubled}",
        flush=True,
    )
    return not missing and not doubled and took_s <= most_ratio * least_s


def main(count: int) -> int:
    """All three; 0 when each showed every alert once."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors
    dice = random.Random(SEED)
    alerts = burst(count, dice)
    refusal = Fault("rate_limited", retry_after="1")
    faults = tuple(refusal if dice.random() < REFUSED else None for _ in range(2 * count))
    few = [one for one in burst(30 * len(ROUTES), dice) if one.revision == 1]
    # Last the one that is promised, so that its line is the last.
    well = [
        real(few),
        virtual("burst with 429s", alerts, faults),
        virtual("burst", alerts, (), MOST_RATIO),
    ]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
