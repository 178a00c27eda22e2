"""Kills of the Slack consumer under faults: what is missing or doubled in Slack in the end.

``python bench/slack_kills.py [--kafka] [--kills N]`` lets alerts and their revisions flow, a fake
Slack answer half of all calls with some fault (``mixed_faults``, and requests that take effect only
shortly before the settle delay ends), and kills the consumer (SIGKILL) N times: at random moments
from its start on, and while it searches a channel's history. Then the flow and the faults end, the
consumer may finish, and what Slack shows is compared with what was published. The consumer is
slack_consumer.py over an SQLite log, with several channels; with ``--kafka`` it is the command
``wheelsdown consumers slack`` on a real broker, which has one.

A few posts take effect later than the settle delay, which nobody can tell from never. What they
double is counted apart, and never more than there were such posts of that message. Exit code 1 when
anything is missing, or doubled otherwise.
"""

import argparse
import heapq
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.examples import pyongyang_alerts
from fakes.kafka_install import NoBrokerError
from fakes.slack_faults import Fault, mixed_faults
from fakes.slack_server import FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from slack_consumer import CHANNELS, LEDGER
from slack_processes import Consumer, consumer_in

from consumers.ledger import Ledger
from consumers.slack.limits import HISTORY, POST, UPDATE
from consumers.slack.standing import SETTLE
from wheelsdown.records.alerts import Alert

SETTLE_S = SETTLE.total_seconds()
#: A new alert comes so often, and its later revisions so much later.
ALERT_EVERY_S = 4.0
REVISED_AFTER_S = (0.5, 40.0)
#: Shares of the calls that take effect late: before the settle delay ends, and (posts) after it.
NEARLY_LATE, LATE = 0.04, 0.04
LATEST_S = 4 * SETTLE_S
#: So many faults of each method lie ready.
READY = 20
#: One of so many kills waits for the next search of a history.
SEARCHED = 4
SEARCH_WITHIN_S = 40.0
#: A consumer that leaves by itself more often than that is broken.
MOST_LEAVES = 5
#: Somebody writes into the first channel so often, so that a search has pages to read.
CHATTER_EVERY_S = 6.0
DRAINED_WITHIN_S = 1800.0
TURN_S = 0.01
SEED = 20231


class Flow:
    """Alerts with one to three revisions each, due at moments that chance has chosen."""

    def __init__(self, consumer: Consumer, dice: random.Random) -> None:
        self.newest: dict[str, Alert] = {}
        self.published = 0
        self._consumer = consumer
        self._dice = dice
        self._next_s = time.monotonic()
        self._due: list[tuple[float, int, Alert]] = []
        self._count = 0

    def turn(self) -> None:
        """Begin the alerts whose time has come, and publish what is due of all."""
        now = time.monotonic()
        while self._next_s <= now:
            self._begin(self._next_s)
            self._next_s += self._dice.expovariate(1 / ALERT_EVERY_S)
        self.publish(now)

    def publish(self, until_s: float = float("inf")) -> None:
        """Publish what is due by then of the alerts that have begun."""
        while self._due and self._due[0][0] <= until_s:
            _, _, alert = heapq.heappop(self._due)
            self._consumer.publish(alert)
            self.published += 1
            self.newest[alert.alert_id] = alert

    def _begin(self, at_s: float) -> None:
        self._count += 1
        route = self._dice.choice(self._consumer.routes)
        for alert in pyongyang_alerts()[: self._dice.randint(1, 3)]:
            incident = msgspec.structs.replace(alert.incident, incident_id=f"i{self._count}")
            named = {"alert_id": f"a{self._count}", "route": route, "incident": incident}
            one = msgspec.structs.replace(alert, **named)
            heapq.heappush(self._due, (at_s, self._count * 3 + alert.revision, one))
            at_s += self._dice.uniform(*REVISED_AFTER_S)


class Faults:
    """What the calls of each method meet, in the order in which they come."""

    def __init__(self, slack: FakeSlack, dice: random.Random) -> None:
        self._slack = slack
        self._dice = dice
        self._script: dict[str, list[Fault | None]] = {POST: [], UPDATE: [], HISTORY: []}

    def turn(self) -> None:
        """Lay as many ready as are needed."""
        for method, script in self._script.items():
            while len(script) < self._slack.count(method) + READY:
                script.append(self._fault(method))
                self._slack.fail(method, script[-1])

    def late(self) -> Counter[str]:
        """By delivery id, how many posts were to take effect after the settle delay."""
        posts = [arguments for method, arguments in self._slack.calls if method == POST]
        return Counter(
            str(arguments["metadata"]["event_payload"]["delivery_id"])
            for arguments, fault in zip(posts, self._script[POST], strict=False)
            if fault is not None and fault.accept_after_s > SETTLE_S
        )

    def _fault(self, method: str) -> Fault | None:
        chance = self._dice.random()
        if method == HISTORY or chance > NEARLY_LATE + LATE:
            return mixed_faults(self._dice)
        span = (1.0, SETTLE_S - 0.5)
        if method == POST and chance < LATE:
            span = (SETTLE_S + 1.0, LATEST_S)
        return Fault("drop", accept=True, accept_after_s=self._dice.uniform(*span))


class Verdict(NamedTuple):
    """What Slack shows, compared with what was published.

    ``late`` are posts that were to take effect after the settle delay, ``by_late`` the messages too
    many that they explain, ``doubled`` the others. ``unfinished`` are deliveries that the consumer
    still works on.
    """

    alerts: int
    missing: list[str]
    doubled: list[str]
    late: int
    by_late: int
    parked: int
    unfinished: int


class Trial:
    """One consumer after the other, on the same log and against the same Slack."""

    def __init__(self, consumer: Consumer, slack: FakeSlack, dice: random.Random) -> None:
        self.flow = Flow(consumer, dice)
        self.faults = Faults(slack, dice)
        #: Exit codes of ends that nobody asked for.
        self.left: Counter[int] = Counter()
        self.killed_in_search = 0
        self._consumer = consumer
        self._slack = slack
        self._dice = dice
        self._process = self._started()
        self._chatter_s = time.monotonic()

    def kill(self, number: int) -> None:
        """Let a consumer live for a while, kill it, and start the next one."""
        started, searches = time.monotonic(), self._slack.count(HISTORY)
        until = started + self._dice.uniform(0.0, self._consumer.longest_life_s)
        if number % SEARCHED == 0:
            self._live(started + SEARCH_WITHIN_S, lambda: self._slack.count(HISTORY) > searches)
            self.killed_in_search += self._slack.count(HISTORY) > searches
            until = time.monotonic() + self._dice.uniform(0.0, 0.2)
        self._live(until)
        self._process.kill()
        self._process.wait()
        self._process = self._started()

    def finish(self) -> None:
        """End the flow, then the faults, and stop the last consumer when nothing is open."""
        self.flow.publish()
        began = time.monotonic()
        while time.monotonic() < began + DRAINED_WITHIN_S:
            self._watch()
            time.sleep(1.0)
            verdict = self.verdict()
            if not verdict.missing and not verdict.unfinished:
                break
        print(f"the rest took {time.monotonic() - began:.0f} s", flush=True)
        time.sleep(LATEST_S + 1.0)
        self._process.terminate()
        if (code := self._process.wait(60)) != 0:
            self.left[code] += 1

    def verdict(self) -> Verdict:
        """Compare what is visible now."""
        visible = list(_visible(self._slack))
        shown = {(channel, alert_id, revision) for channel, alert_id, revision, _ in visible}
        late, excuses = self.faults.late(), Counter[str]()
        for alert_id, delivery_id in {(alert_id, delivery) for _, alert_id, _, delivery in visible}:
            excuses[alert_id] += late[delivery_id]
        extra = Counter(alert_id for _, alert_id, _, _ in visible)
        extra.subtract(set(extra))
        with Ledger(self._consumer.folder / LEDGER) as ledger:
            parked, unfinished = ledger.counts()["parked"], len(ledger.unfinished())
        return Verdict(
            alerts=len(self.flow.newest),
            missing=[
                one.alert_id
                for one in self.flow.newest.values()
                if (CHANNELS[one.route], one.alert_id, one.revision) not in shown
            ],
            doubled=[one for one, count in extra.items() for _ in range(count - excuses[one])],
            late=late.total(),
            by_late=sum(min(count, excuses[one]) for one, count in extra.items()),
            parked=parked,
            unfinished=unfinished,
        )

    def told(self) -> str:
        """How far it has come."""
        calls = ", ".join(f"{self._slack.count(one)} {one}" for one in (POST, UPDATE, HISTORY))
        return f"{len(self.flow.newest)} alerts, {self.flow.published} revisions; {calls}"

    def _live(self, until_s: float, is_over: Callable[[], bool] = lambda: False) -> None:
        while time.monotonic() < until_s and not is_over():
            self.flow.turn()
            self.faults.turn()
            self._chat()
            self._watch()
            time.sleep(TURN_S)

    def _chat(self) -> None:
        if time.monotonic() >= self._chatter_s:
            self._chatter_s += self._dice.expovariate(1 / CHATTER_EVERY_S)
            self._slack.workspace.say("Lunch?", CHANNEL)

    def _watch(self) -> None:
        """Start it again if it has left, as a supervisor would."""
        if (code := self._process.poll()) is None:
            return
        self.left[code] += 1
        if self.left.total() > MOST_LEAVES:
            log = self._consumer.folder / "consumer.log"
            sys.exit(f"the consumer left by itself:\n{log.read_text(errors='replace')[-3000:]}")
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        self.faults.turn()
        return self._consumer.start()


def _visible(slack: FakeSlack) -> Iterator[tuple[str, str, int, str]]:
    """Channel, alert, revision and delivery of each message of ours."""
    for channel in slack.workspace.channels:
        for message in list(slack.workspace.alerts(channel)):
            payload: dict[str, Any] = message["metadata"]["event_payload"]
            yield channel, payload["alert_id"], payload["revision"], payload["delivery_id"]


def main() -> int:
    """Run a trial; 0 when nothing is missing or doubled but by late accepts."""
    parser = argparse.ArgumentParser(description="Kills of the Slack consumer under faults.")
    parser.add_argument("--kafka", action="store_true", help="the real command on a real broker")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="a new folder to keep log and ledger in")
    options = parser.parse_args()
    workspace = Workspace(limited=True, channels={one: [] for one in CHANNELS.values()})
    with (
        tempfile.TemporaryDirectory() as temporary,
        running_slack(workspace) as slack,
        consumer_in(
            options.keep or Path(temporary), slack.base_url, on_kafka=options.kafka
        ) as consumer,
    ):
        trial = Trial(consumer, slack, random.Random(SEED))
        for number in range(1, options.kills + 1):
            trial.kill(number)
            if number % 10 == 0:
                searched = trial.killed_in_search
                print(f"{number} kills, {searched} in a search; {trial.told()}", flush=True)
        trial.finish()
        verdict = trial.verdict()
    print(
        f"{trial.told()}; parked {verdict.parked}, unfinished {verdict.unfinished}, "
        f"left by itself {dict(trial.left)}"
    )
    if verdict.missing or verdict.doubled:
        print(f"missing: {verdict.missing}; doubled: {verdict.doubled}")
    print(
        f"slack kills: {options.kills} kills, {verdict.alerts} alerts: "
        f"missing {len(verdict.missing)}, doubled {len(verdict.doubled)}, "
        f"late accepts {verdict.late} of which doubled {verdict.by_late}"
    )
    return 1 if verdict.missing or verdict.doubled else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoBrokerError as error:
        sys.exit(f"no Kafka broker can run here: {error}")
