"""The loop: in order, committed only when done, and stopped by no single alert."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers import deliver
from consumers.deliver import DeliveryLoop
from consumers.ledger import LedgerFullError
from consumers.outcome import Ambiguous, Outcome, Rejected, Retry, Sent
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import Consumer, Message, NewMessage, UnavailableError
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.dead_letters import DeadLetter
from wheelsdown.records.topics import ALERTS, DEAD_LETTERS, Topic

CLOCK = VirtualClock(datetime(2023, 8, 2, 12, 0, tzinfo=UTC))
Answer = Outcome | Exception


class ScriptedSender:
    """Answers as told, then Sent; remembers what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[int] = []
        self._answers = list(answers)

    def deliver(self, alert: Alert) -> Outcome:
        self.asked.append(alert.revision)
        answer = self._answers.pop(0) if self._answers else Sent(new=True)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def events() -> MemoryLog:
    return MemoryLog(partitions=1)


def loop(events: Any, *answers: Answer) -> tuple[DeliveryLoop, ScriptedSender]:
    sender = ScriptedSender(*answers)
    return DeliveryLoop(events, "slack", sender, CLOCK), sender


def dead_letters(events: MemoryLog) -> list[DeadLetter]:
    consumer = events.consumer("test", [DEAD_LETTERS])
    letters = [DEAD_LETTERS.decode(one.value) for one in consumer.poll(limit=99, timeout_s=0)]
    consumer.close()
    return [letter for letter in letters if isinstance(letter, DeadLetter)]


def test_alerts_are_delivered_in_order_and_once(events: MemoryLog) -> None:
    publish(events, ALERTS, pyongyang_alerts())
    first, sender = loop(events)
    assert first.drain() == 3
    assert sender.asked == [1, 2, 3]
    assert first.counts == {"sent": 3}
    assert first.drain() == 0
    again, sender = loop(events)
    assert again.drain() == 0
    assert sender.asked == []


def test_suppressed_alerts_are_skipped(events: MemoryLog) -> None:
    one, two, _ = pyongyang_alerts()
    publish(events, ALERTS, [msgspec.structs.replace(one, action="suppress"), two])
    delivering, sender = loop(events)
    assert delivering.drain() == 2
    assert sender.asked == [2]
    assert delivering.counts == {"suppressed": 1, "sent": 1}


@pytest.mark.parametrize("poison", [b"", b"{", b"\xff\xfe", b'{"v": 99}', b'{"v": 1, "kind": "x"}'])
def test_what_can_not_be_read_is_kept_aside_and_the_rest_goes_on(
    events: MemoryLog, poison: bytes
) -> None:
    one, two, _ = pyongyang_alerts()
    publish(events, ALERTS, [one])
    events.append([NewMessage(ALERTS, 0, "default", poison)])
    publish(events, ALERTS, [two])
    delivering, sender = loop(events)
    assert delivering.drain() == 3
    assert sender.asked == [1, 2]
    assert delivering.counts == {"sent": 2, "poison": 1}
    (letter,) = dead_letters(events)
    assert (letter.topic, letter.offset, letter.step) == (ALERTS.name, 1, "decoding")
    assert letter.value == poison
    assert letter.reader == "slack"


def test_an_alert_that_trips_a_fault_of_ours_is_kept_with_its_bytes(events: MemoryLog) -> None:
    publish(events, ALERTS, pyongyang_alerts())
    delivering, sender = loop(events, ZeroDivisionError("a \ud800 bug"))
    assert delivering.drain() == 3
    assert sender.asked == [1, 2, 3]
    (letter,) = dead_letters(events)
    assert letter.step == "sending"
    assert "ZeroDivisionError" in letter.error
    assert ALERTS.decode(letter.value) == pyongyang_alerts()[0]


def test_rejected_alerts_do_not_hold_up_others(events: MemoryLog) -> None:
    publish(events, ALERTS, pyongyang_alerts())
    delivering, _ = loop(events, Rejected("no"))
    assert delivering.drain() == 3
    assert delivering.counts == {"rejected": 1, "sent": 2}


@pytest.mark.parametrize("wait", [Retry(0.05, "busy"), Ambiguous(0.05, "no answer")])
def test_a_newer_revision_takes_the_place_of_one_that_waits(
    events: MemoryLog, wait: Outcome
) -> None:
    publish(events, ALERTS, pyongyang_alerts())
    delivering, sender = loop(events, wait, wait)
    started = time.monotonic()
    assert delivering.drain() == 3
    assert sender.asked == [1, 3, 3]
    assert time.monotonic() - started >= 0.1
    assert delivering.counts == {"superseded": 2, "sent": 1}
    assert loop(events)[0].drain() == 0


def of(name: str, revision: int = 1) -> Alert:
    """A revision of the alert of that name."""
    alert = pyongyang_alerts()[0]
    identity = {"record_id": f"{name}{revision}", "alert_id": name, "revision": revision}
    return msgspec.structs.replace(alert, **identity)


class Slack:
    """Shows alerts as Slack does, never an earlier revision; answers some as told before."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]] | None = None) -> None:
        self.asked: list[str] = []
        self.shown: dict[str, int] = {}
        self._answers = {name: list(told) for name, told in (answers or {}).items()}

    def deliver(self, alert: Alert) -> Outcome:
        self.asked.append(f"{alert.alert_id}{alert.revision}")
        if told := self._answers.get(alert.alert_id):
            answer = told.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        shown = self.shown.get(alert.alert_id, 0)
        self.shown[alert.alert_id] = max(shown, alert.revision)
        return Sent(new=alert.revision > shown)


def test_an_alert_that_fails_and_fails_holds_up_no_other(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c"), of("a", 2), of("b", 2)])
    slack = Slack({"a": [Ambiguous(0.1, "HTTP 500")] * 3})
    assert DeliveryLoop(events, "slack", slack, CLOCK).drain() == 5
    assert slack.asked == ["a1", "b1", "c1", "b2", "a2", "a2", "a2"]
    assert slack.shown == {"a": 2, "b": 2, "c": 1}


def test_where_others_would_fare_no_better_they_wait_and_the_first_is_tried_first(
    events: MemoryLog,
) -> None:
    publish(events, ALERTS, [of("a"), of("b")])
    slack = Slack({"a": [Retry(0.1, "limited", others=True)] * 2})
    assert DeliveryLoop(events, "slack", slack, CLOCK).drain() == 2
    assert slack.asked == ["a1", "a1", "a1", "b1"]


def test_when_many_alerts_fail_the_others_are_not_tried(events: MemoryLog) -> None:
    names = [f"alert {number}/" for number in range(deliver.MOST_ASIDE + 3)]
    publish(events, ALERTS, [of(name) for name in names])
    slack = Slack({name: [Ambiguous(0.1, "no answer")] for name in names})
    assert DeliveryLoop(events, "slack", slack, CLOCK).drain() == len(names)
    first = [f"{name}1" for name in names[: deliver.MOST_ASIDE]]
    assert slack.asked[: deliver.MOST_ASIDE + 1] == [*first, first[0]]
    assert slack.shown == dict.fromkeys(names, 1)


def test_what_waits_when_the_process_ends_comes_again(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c"), of("b", 2)])
    slack = Slack({"b": [Retry(3600, "failed")]})
    with running(DeliveryLoop(events, "slack", slack, CLOCK)) as failures:
        until(lambda: slack.asked == ["a1", "b1", "c1"])
    assert failures == []
    again = Slack()
    assert DeliveryLoop(events, "slack", again, CLOCK).drain() >= 1
    assert again.asked[-1] == "b2"
    assert "a1" not in again.asked


def test_slow_failures_leave_time_for_what_comes(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every delivery takes longer than a turn, and the alerts that fail are due at once."""
    monkeypatch.setattr(deliver, "TURN_S", -1.0)
    publish(events, ALERTS, [of("a"), of("b"), of("c"), of("d")])
    slack = Slack({name: [Ambiguous(0.0, "no answer")] * 20 for name in "ab"})
    DeliveryLoop(events, "slack", slack, CLOCK).drain()
    assert slack.asked.index("d1") < 10


waits = st.sampled_from(
    [Retry(0.0, "r"), Retry(0.0, "r", others=True), Ambiguous(0.0, "a"), LedgerFullError("full")]
)


@given(
    names=st.lists(st.sampled_from("abcdefg"), max_size=25),
    answers=st.dictionaries(st.sampled_from("abcdefg"), st.lists(waits, max_size=4)),
    parts=st.integers(1, 4),
)
@settings(deadline=None, max_examples=150)
def test_whatever_fails_and_however_often_it_starts_anew_the_newest_is_shown_and_never_an_older_one(
    names: list[str], answers: dict[str, list[Answer]], parts: int
) -> None:
    events = MemoryLog(partitions=1)
    revisions: Counter[str] = Counter()
    slack = Slack(answers)
    for start in range(0, len(names), parts):
        for name in names[start : start + parts]:
            revisions[name] += 1
            publish(events, ALERTS, [of(name, revisions[name])])
        finished = False
        while not finished:
            asked_before = len(slack.asked)
            try:
                DeliveryLoop(events, "slack", slack, CLOCK).drain()
                finished = True
            except LedgerFullError:
                pass
            for name in revisions:
                mine = [one for one in slack.asked[asked_before:] if one.startswith(name)]
                assert mine == sorted(mine, key=lambda one: int(one[1:]))
    assert slack.shown == dict(revisions)
    nothing_left = Slack()
    DeliveryLoop(events, "slack", nothing_left, CLOCK).drain()
    assert nothing_left.asked == []


def test_nothing_is_committed_before_it_is_done(events: MemoryLog) -> None:
    publish(events, ALERTS, pyongyang_alerts())
    failing, sender = loop(events, Sent(new=True), LedgerFullError("no room"))
    with pytest.raises(LedgerFullError):
        failing.drain()
    assert sender.asked == [1, 2]
    again, sender = loop(events)
    assert again.drain() == 2
    assert sender.asked == [2, 3]
    assert dead_letters(events) == []


def test_a_turn_is_bounded_and_still_gets_on(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "TURN_S", -1.0)
    publish(events, ALERTS, pyongyang_alerts())
    delivering, sender = loop(events)
    assert delivering.drain() == 3
    assert sender.asked == [1, 2, 3]


@contextmanager
def running(delivering: DeliveryLoop) -> Iterator[list[BaseException]]:
    failures: list[BaseException] = []

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
        thread.join(5)
        assert not thread.is_alive(), "the loop does not stop"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_run_delivers_what_comes_and_stops_even_while_it_waits(events: MemoryLog) -> None:
    delivering, sender = loop(events, Sent(new=True), Retry(3600, "busy"))
    with running(delivering) as failures:
        for alert in pyongyang_alerts()[:2]:
            publish(events, ALERTS, [alert])
        until(lambda: sender.asked == [1, 2])
    assert failures == []


class FlakyLog:
    """A log whose polls fail a few times."""

    def __init__(self, events: MemoryLog, failures: int) -> None:
        self._events = events
        self.failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)

    def consumer(self, group: str, topics: Sequence[Topic]) -> "FlakyConsumer":
        return FlakyConsumer(self, self._events.consumer(group, topics))


class FlakyConsumer:
    def __init__(self, log: FlakyLog, consumer: Consumer) -> None:
        self._log = log
        self._consumer = consumer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def poll(self, *, limit: int, timeout_s: float) -> Sequence[Message]:
        if self._log.failures > 0:
            self._log.failures -= 1
            raise UnavailableError("the broker is away")
        return self._consumer.poll(limit=limit, timeout_s=timeout_s)


def test_a_log_that_is_away_is_waited_for(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "NAP_S", 0.01)
    publish(events, ALERTS, pyongyang_alerts())
    delivering, sender = loop(FlakyLog(events, failures=3))
    with running(delivering) as failures:
        until(lambda: sender.asked == [1, 2, 3])
    assert failures == []


def test_a_log_that_stays_away_is_given_up(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "NAP_S", 0.01)
    monkeypatch.setattr(deliver, "OUTAGE_S", 0.05)
    delivering, _ = loop(FlakyLog(events, failures=10_000))
    with pytest.raises(UnavailableError, match="the broker is away"):
        delivering.run()
