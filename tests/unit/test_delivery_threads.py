"""The loop with its threads: what is slow, frozen or fails stops nothing else and loses nothing."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.inprocess_slack import InProcessSlack, SteppingClock
from fakes.slack_faults import Fault
from fakes.slack_scene import ROUTE, Fate, MortalLedger
from fakes.slack_workspace import CHANNEL

from consumers import deliver, workers
from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries, newest, sent_anew
from consumers.ledger import LedgerFullError
from consumers.outcome import Lane, Outcome, Retry, Sent, Settled, Unfinished
from consumers.slack.send import SlackSender
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import Consumer, Message, UnavailableError
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS, DELIVERIES, Topic

#: Generous: the machine may be busy.
WITHIN_S = 20.0
NEVER = float("inf")


class Slack:
    """Shows alerts; ``before`` is called in the thread that delivers, and may fail or wait."""

    trouble = None

    def __init__(self, before: Callable[[Alert], Outcome | None] = lambda alert: None) -> None:
        self.shown: list[str] = []
        self.frozen: set[str] = set()
        self.most_at_once: dict[str, int] = {}
        self._before = before
        self._at_once: dict[str, int] = {}
        self._lock = threading.Lock()

    def subject(self, alert: Alert) -> str:
        return alert.alert_id

    def needs(self, subject: str, route: str, revision: int) -> Lane | Settled:
        return Sent(new=False) if subject in self.shown else Lane(route, "post")

    def give_up(self, subject: str, reason: str) -> None:
        raise AssertionError(f"{subject} was given up: {reason}")

    def free_at(self, lane: Lane) -> float:
        return NEVER if lane.channel in self.frozen else 0.0

    def deliver(self, alert: Alert, offset: int) -> Outcome:
        with self._lock:
            now = self._at_once[alert.route] = self._at_once.get(alert.route, 0) + 1
            self.most_at_once[alert.route] = max(now, self.most_at_once.get(alert.route, 0))
        try:
            outcome = self._before(alert)
        finally:
            with self._lock:
                self._at_once[alert.route] -= 1
        if outcome is None:
            self.shown.append(alert.alert_id)
        return outcome or Sent(new=True)

    def unfinished(self) -> Sequence[Unfinished]:
        return ()

    def shown_of(self, names: Sequence[str]) -> list[str]:
        return [name for name in self.shown if name in names]


def of(name: str, route: str = "a") -> Alert:
    alert = pyongyang_alerts()[0]
    return msgspec.structs.replace(alert, record_id=name, alert_id=name, route=route)


def names(route: str, number: int) -> list[str]:
    return [f"{route}{index}" for index in range(number)]


def published(events: MemoryLog, route: str, number: int) -> list[str]:
    found = names(route, number)
    publish(events, ALERTS, [of(name, route) for name in found])
    return found


def committed(events: MemoryLog) -> int:
    return events.committed("slack", ALERTS, 0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@contextmanager
def running(delivering: DeliveryLoop) -> Iterator[list[Exception]]:
    failures: list[Exception] = []

    def run() -> None:
        try:
            delivering.run()
        except Exception as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield failures
    finally:
        delivering.stop()
        thread.join(WITHIN_S)
        assert not thread.is_alive(), "the loop does not stop"


class Broker:
    """A log with short polls, whose consumers fail to poll or lose their share when told."""

    def __init__(self, events: MemoryLog) -> None:
        self._events = events
        self.failing = 0
        self.has_share = True
        self.consumers = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)

    def consumer(self, group: str, topics: Sequence[Topic]) -> "Member":
        self.consumers += 1
        return Member(self, self._events.consumer(group, topics))


class Member:
    def __init__(self, broker: Broker, consumer: Consumer) -> None:
        self._broker = broker
        self._consumer = consumer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def has(self, topic: Topic, partition: int) -> bool:
        return self._broker.has_share

    def poll(self, *, limit: int, timeout_s: float) -> Sequence[Message]:
        if self._broker.failing > 0:
            self._broker.failing -= 1
            raise UnavailableError("the broker is away")
        if not self._broker.has_share:
            time.sleep(0.01)
            return []
        return self._consumer.poll(limit=limit, timeout_s=0.05)


@pytest.fixture
def events() -> Iterator[MemoryLog]:
    with MemoryLog(partitions=1) as log:
        yield log


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "NAP_S", 0.02)
    monkeypatch.setattr(workers, "NAP_S", 0.02)
    monkeypatch.setattr(deliver, "ASK_EVERY_S", 0.02)


def loop(events: MemoryLog | Broker, slack: Any) -> DeliveryLoop:
    broker: Any = events if isinstance(events, Broker) else Broker(events)
    return DeliveryLoop(broker, "slack", slack, SystemClock())


def test_channels_go_on_while_one_is_slow_and_one_is_frozen(events: MemoryLog) -> None:
    gate = threading.Event()
    slack = Slack(lambda alert: gate.wait(WITHIN_S) and None if alert.route == "a" else None)
    slack.frozen = {"b"}
    slow, frozen = published(events, "a", 3), published(events, "b", 3)
    others = published(events, "c", 20) + published(events, "d", 20)
    with running(loop(events, slack)) as failures:
        until(lambda: len(slack.shown) == len(others))
        assert sorted(slack.shown) == sorted(others)
        assert committed(events) == 0, "nothing before what waits is done"
        slack.frozen = set()
        until(lambda: len(slack.shown) == len(others + frozen))
        gate.set()
        until(lambda: committed(events) == len(others + frozen + slow))
    assert failures == []
    for one in (slow, frozen, names("c", 20), names("d", 20)):
        assert slack.shown_of(one) == one, "in order within a channel"
    assert set(slack.most_at_once.values()) == {1}, "one call a channel"


def test_it_stops_even_while_alerts_wait_and_what_waits_comes_again(events: MemoryLog) -> None:
    published(events, "a", 3)
    slack = Slack(lambda alert: Retry(3600.0, "busy") if alert.alert_id == "a1" else None)
    with running(loop(events, slack)) as failures:
        until(lambda: slack.shown == ["a0", "a2"])
    assert failures == []
    assert committed(events) == 1
    again = Slack()
    again.shown = list(slack.shown)
    loop(events, again).drain()
    assert again.shown == ["a0", "a2", "a1"]


def test_a_stop_waits_for_the_call_that_is_under_way_and_begins_no_other(
    events: MemoryLog,
) -> None:
    begun, gate = threading.Event(), threading.Event()

    def slowly(alert: Alert) -> None:
        begun.set()
        gate.wait(WITHIN_S)

    published(events, "a", 3)
    slack = Slack(slowly)
    delivering = loop(events, slack)
    with running(delivering) as failures:
        assert begun.wait(WITHIN_S)
        delivering.stop()
        gate.set()
    assert failures == []
    assert slack.shown == ["a0"]
    assert committed(events) == 1, "its outcome counts"


def test_a_ledger_that_fails_ends_the_loop_and_loses_nothing(events: MemoryLog) -> None:
    all_names = published(events, "a", 3) + published(events, "b", 3)
    failed = threading.Event()

    def full(alert: Alert) -> None:
        if alert.alert_id == "a1":
            failed.set()
            raise LedgerFullError("no room")

    slack = Slack(full)
    with running(loop(events, slack)) as failures:
        until(lambda: bool(failures))
    assert isinstance(failures[0], LedgerFullError)
    assert failed.is_set()
    assert committed(events) <= 1
    slack._before = lambda alert: None
    loop(events, slack).drain()
    assert sorted(slack.shown) == sorted(all_names)
    assert committed(events) == 6


def test_a_log_that_takes_no_words_for_a_while_is_waited_for(events: MemoryLog) -> None:
    all_names = published(events, "a", 3) + published(events, "b", 3)
    left = iter(range(4))

    def away(alert: Alert) -> None:
        if next(left, None) is not None:
            raise UnavailableError("the broker is away")

    slack = Slack(away)
    with running(loop(events, slack)) as failures:
        until(lambda: committed(events) == 6)
    assert failures == []
    assert sorted(slack.shown) == sorted(all_names)


def test_a_log_that_takes_no_words_for_long_is_given_up(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it can be read all the while."""
    monkeypatch.setattr(deliver, "OUTAGE_S", 0.1)
    published(events, "a", 3)

    def away(alert: Alert) -> None:
        raise UnavailableError("the broker is away")

    with running(loop(events, Slack(away))) as failures:
        until(lambda: bool(failures))
    assert isinstance(failures[0], UnavailableError)
    assert committed(events) == 0


def test_a_log_that_can_not_be_read_is_waited_for(events: MemoryLog) -> None:
    all_names = published(events, "a", 3)
    broker, slack = Broker(events), Slack()
    broker.failing = 3
    with running(loop(broker, slack)) as failures:
        until(lambda: slack.shown == all_names)
    assert failures == []


def test_a_log_that_stays_away_is_given_up(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "OUTAGE_S", 0.05)
    broker = Broker(events)
    broker.failing = 10_000
    with pytest.raises(UnavailableError, match="the broker is away"):
        loop(broker, Slack()).run()


def test_who_loses_the_alerts_drops_what_waits_and_begins_anew_when_they_come_back(
    events: MemoryLog,
) -> None:
    broker, slack = Broker(events), Slack()
    slack.frozen = {"a"}
    waiting, others = published(events, "a", 3), published(events, "b", 3)
    with running(loop(broker, slack)) as failures:
        until(lambda: slack.shown == others)
        broker.has_share = False
        until(lambda: broker.consumers == 2)
        slack.frozen = set()
        time.sleep(0.1)
        assert slack.shown == others, "what waited is another's now"
        broker.has_share = True
        until(lambda: committed(events) == 6)
    assert failures == []
    assert slack.shown == others + waiting, "each once"


def test_a_full_backlog_is_left_in_the_log_and_taken_later(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "MOST_WAITING", 4)
    slack = Slack()
    slack.frozen = {"a"}
    needed: list[str] = []
    needs = slack.needs

    def needs_counted(subject: str, route: str, revision: int) -> Lane | Settled:
        needed.append(subject)
        return needs(subject, route, revision)

    slack.needs = needs_counted  # type: ignore[method-assign]
    all_names = published(events, "a", 12)
    with running(loop(events, slack)) as failures:
        until(lambda: len(needed) == 4)
        time.sleep(0.1)
        assert len(needed) == 4, "no more are taken while these wait"
        slack.frozen = set()
        until(lambda: committed(events) == 12)
    assert failures == []
    assert slack.shown == all_names


def test_what_an_operator_wants_sent_again_is_taken_up_while_it_runs(events: MemoryLog) -> None:
    wire = InProcessSlack(SteppingClock())
    with MortalLedger(Fate()) as ledger:
        sender = SlackSender(
            wire.client(), {ROUTE: CHANNEL}, Deliveries(events, ledger), SystemClock(), lambda: 0.0
        )
        publish(events, ALERTS, [pyongyang_alerts()[0]])
        wire.faults.append(Fault("error", error="is_archived"))
        with running(loop(events, sender)) as failures:
            until(lambda: committed(events) == 1)
            assert wire.workspace.alerts() == []
            (parked,) = newest(events).values()
            assert parked.state == "parked"
            publish(events, DELIVERIES, [sent_anew(parked, SystemClock().now())])
            until(lambda: next(iter(newest(events).values())).state == "sent")
        assert failures == []
    assert len(wire.workspace.alerts()) == 1
