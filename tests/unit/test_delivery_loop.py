"""The loop: in order, committed only when done, and stopped by no single alert."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from consumers import deliver
from consumers.deliver import DeliveryLoop
from consumers.lanes import MOST_DELAYED, Lanes, Waiting
from consumers.ledger import LedgerFullError
from consumers.outcome import (
    Again,
    Ambiguous,
    Lane,
    Outcome,
    Rejected,
    Retry,
    Sent,
    Settled,
    Unfinished,
)
from consumers.reading import Reading
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.dead_letters import DeadLetter
from wheelsdown.records.topics import ALERTS, DEAD_LETTERS

CLOCK = VirtualClock(datetime(2023, 8, 2, 12, 0, tzinfo=UTC))
Answer = Outcome | Exception


class Time:
    """The time of a drain, which passes when it rests."""

    def __init__(self) -> None:
        self.now = 0.0
        self.while_resting: list[Callable[[], object]] = []

    def __call__(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds
        if self.while_resting:
            self.while_resting.pop(0)()


class Slack:
    """Shows alerts as Slack does, never an earlier revision; answers some as told before.

    What is tried is named by alert and revision; the channel is the route.
    """

    trouble = None

    def __init__(self, answers: Mapping[str, Sequence[Answer]] | None = None) -> None:
        self.asked: list[str] = []
        self.shown: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self.frozen: dict[str, float] = {}
        self._answers = {name: list(told) for name, told in (answers or {}).items()}

    def subject(self, alert: Alert) -> str:
        return alert.alert_id

    def needs(self, subject: str, route: str, revision: int) -> Lane | Settled:
        if self.shown.get(subject, 0) >= revision:
            return Sent(new=False)
        return Lane(route, "post")

    def give_up(self, subject: str, reason: str) -> None:
        self.begun.pop(subject, None)

    def free_at(self, lane: Lane) -> float:
        return self.frozen.get(lane.channel, float("-inf"))

    def deliver(self, alert: Alert, offset: int) -> Outcome:
        self.asked.append(f"{alert.alert_id}{alert.revision}")
        if told := self._answers.get(alert.alert_id):
            answer = told.pop(0)
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, Retry | Ambiguous | Again):
                self.begun[alert.alert_id] = offset
            return answer
        shown = self.shown.get(alert.alert_id, 0)
        self.shown[alert.alert_id] = max(shown, alert.revision)
        self.begun.pop(alert.alert_id, None)
        return Sent(new=alert.revision > shown)

    def unfinished(self) -> Sequence[Unfinished]:
        lane = Lane("default", "post")
        return [Unfinished(name, 1, offset, lane) for name, offset in self.begun.items()]


def of(name: str, revision: int = 1, route: str = "default") -> Alert:
    """A revision of the alert of that name."""
    alert = pyongyang_alerts()[0]
    identity = {"record_id": f"{name}{revision}", "alert_id": name, "revision": revision}
    return msgspec.structs.replace(alert, **identity, route=route)


@pytest.fixture
def events() -> MemoryLog:
    return MemoryLog(partitions=1)


def loop(events: Any, slack: Slack, time: Time | None = None) -> DeliveryLoop:
    time = time or Time()
    return DeliveryLoop(events, "slack", slack, CLOCK, elapsed_s=time, rest=time.rest)


def dead_letters(events: MemoryLog) -> list[DeadLetter]:
    consumer = events.consumer("test", [DEAD_LETTERS])
    letters = [DEAD_LETTERS.decode(one.value) for one in consumer.poll(limit=99, timeout_s=0)]
    consumer.close()
    return [letter for letter in letters if isinstance(letter, DeadLetter)]


def committed(events: MemoryLog) -> int:
    return events.committed("slack", ALERTS, 0)


def test_alerts_are_delivered_in_order_and_once(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c")])
    slack = Slack()
    first = loop(events, slack)
    assert first.drain() == 3
    assert slack.asked == ["a1", "b1", "c1"]
    assert first.counts == {"sent": 3}
    assert first.drain() == 0
    again = Slack()
    assert loop(events, again).drain() == 0
    assert again.asked == []


def test_what_was_shown_before_is_passed_over_without_a_call(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("a", 2)])
    slack = Slack()
    slack.shown = {"a": 2, "b": 0}
    delivering = loop(events, slack)
    assert delivering.drain() == 3
    assert slack.asked == ["b1"]
    assert delivering.counts == {"repeated": 2, "sent": 1}


def test_suppressed_alerts_are_skipped(events: MemoryLog) -> None:
    publish(events, ALERTS, [msgspec.structs.replace(of("a"), action="suppress"), of("b")])
    slack = Slack()
    delivering = loop(events, slack)
    assert delivering.drain() == 2
    assert slack.asked == ["b1"]
    assert delivering.counts == {"suppressed": 1, "sent": 1}


@pytest.mark.parametrize("poison", [b"", b"{", b"\xff\xfe", b'{"v": 99}', b'{"v": 1, "kind": "x"}'])
def test_what_can_not_be_read_is_kept_aside_and_the_rest_goes_on(
    events: MemoryLog, poison: bytes
) -> None:
    publish(events, ALERTS, [of("a")])
    events.append([NewMessage(ALERTS, 0, "default", poison)])
    publish(events, ALERTS, [of("b")])
    slack = Slack()
    delivering = loop(events, slack)
    assert delivering.drain() == 3
    assert slack.asked == ["a1", "b1"]
    assert delivering.counts == {"sent": 2, "poison": 1}
    (letter,) = dead_letters(events)
    assert (letter.topic, letter.offset, letter.step) == (ALERTS.name, 1, "decoding")
    assert letter.value == poison
    assert letter.reader == "slack"
    assert committed(events) == 3


def test_an_alert_that_trips_a_fault_of_ours_is_kept_with_its_bytes(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c")])
    slack = Slack({"a": [ZeroDivisionError("a \ud800 bug")]})
    assert loop(events, slack).drain() == 3
    assert slack.asked == ["a1", "b1", "c1"]
    (letter,) = dead_letters(events)
    assert letter.step == "sending"
    assert "ZeroDivisionError" in letter.error
    assert ALERTS.decode(letter.value) == of("a")


def test_an_alert_that_trips_a_fault_of_ours_again_is_buried_once(events: MemoryLog) -> None:
    """Though it was begun, and so would be taken up again and again."""
    publish(events, ALERTS, [of("a"), of("b")])
    slack = Slack({"a": [Retry(1.0, "busy"), *[ZeroDivisionError()] * 50], "b": [Retry(60.0, "")]})
    loop(events, slack).drain()
    assert slack.asked == ["a1", "b1", "a1", "b1"]
    assert len(dead_letters(events)) == 1


def test_a_newer_revision_of_one_that_trips_a_fault_is_sent(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a")])
    slack, time = Slack({"a": [Retry(1.0, "busy"), ZeroDivisionError()]}), Time()
    time.while_resting = [lambda: publish(events, ALERTS, [of("a", 2)])]
    loop(events, slack, time).drain()
    publish(events, ALERTS, [of("a", 3)])
    loop(events, slack, time).drain()
    assert slack.shown == {"a": 3}


def test_rejected_alerts_do_not_hold_up_others(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c")])
    delivering = loop(events, Slack({"a": [Rejected("no")]}))
    assert delivering.drain() == 3
    assert delivering.counts == {"rejected": 1, "sent": 2}


@pytest.mark.parametrize("wait", [Retry(10.0, "busy"), Ambiguous(10.0, "no answer")])
def test_a_newer_revision_takes_the_place_and_the_time_of_one_that_waits(
    events: MemoryLog, wait: Outcome
) -> None:
    publish(events, ALERTS, [of("a")])
    slack, time = Slack({"a": [wait]}), Time()
    time.while_resting = [lambda: publish(events, ALERTS, [of("a", 2), of("a", 3)])]
    delivering = loop(events, slack, time)
    assert delivering.drain() == 3
    assert slack.asked == ["a1", "a3"]
    assert time.now == 10.0
    assert delivering.counts == {"superseded": 2, "sent": 1}
    assert loop(events, Slack()).drain() == 0


def test_an_alert_that_fails_and_fails_holds_up_no_other(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c"), of("d")])
    slack = Slack({"a": [Ambiguous(1.0, "HTTP 500")] * 3})
    assert loop(events, slack).drain() == 4
    assert slack.asked == ["a1", "b1", "c1", "d1", "a1", "a1", "a1"]
    assert slack.shown == dict.fromkeys("abcd", 1)


def test_where_others_would_fare_no_better_they_wait_and_the_first_is_tried_first(
    events: MemoryLog,
) -> None:
    publish(events, ALERTS, [of("a"), of("b"), of("c", route="elsewhere")])
    slack, time = Slack({"a": [Retry(1.0, "away", others=True)]}), Time()
    before: list[str] = []
    time.while_resting = [lambda: before.extend(slack.asked)]
    assert loop(events, slack, time).drain() == 3
    assert before == ["a1"]
    assert [name for name in slack.asked if name != "c1"] == ["a1", "a1", "b1"]


def test_when_many_alerts_of_a_channel_fail_its_others_are_not_tried(events: MemoryLog) -> None:
    names = [f"alert {number}/" for number in range(MOST_DELAYED + 3)]
    publish(events, ALERTS, [of(name) for name in names])
    publish(events, ALERTS, [of("elsewhere/", route="other")])
    slack = Slack({name: [Ambiguous(1.0, "no answer")] for name in names})
    assert loop(events, slack).drain() == len(names) + 1
    asked = [name for name in slack.asked if name != "elsewhere/1"]
    first = [f"{name}1" for name in names[:MOST_DELAYED]]
    assert asked[: MOST_DELAYED + 1] == [*first, first[0]]
    assert slack.asked.index("elsewhere/1") < MOST_DELAYED + 1
    assert slack.shown == dict.fromkeys([*names, "elsewhere/"], 1)


def test_a_step_more_is_taken_before_what_waits_behind(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b")])
    slack = Slack({"a": [Again(), Again()]})
    assert loop(events, slack).drain() == 2
    assert slack.asked == ["a1", "a1", "a1", "b1"]


@pytest.mark.parametrize("at_hand", [0, 200])
def test_nothing_is_committed_before_it_is_done(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch, at_hand: int
) -> None:
    monkeypatch.setattr(deliver, "MOST_AT_HAND", at_hand)
    publish(events, ALERTS, [of("a"), of("b"), of("c")])
    with pytest.raises(LedgerFullError):
        loop(events, Slack({"b": [LedgerFullError("no room")]})).drain()
    assert committed(events) <= 1
    again = Slack()
    loop(events, again).drain()
    assert again.asked[-2:] == ["b1", "c1"]
    assert dead_letters(events) == []


def test_what_was_begun_and_committed_is_taken_up_and_the_group_stays_where_it_is(
    events: MemoryLog,
) -> None:
    """As after a replay by an operator: the alert stands long before the group's place."""
    publish(events, ALERTS, [of(name) for name in "abcdef"])
    events.set_committed("slack", ALERTS, 0, 5)
    places = []
    slack, time = Slack({"c": [Retry(30.0, "busy")]}), Time()
    slack.begun = {"c": 2}
    time.while_resting = [lambda: places.append(committed(events))] * 6
    loop(events, slack, time).drain()
    assert slack.asked == ["c1", "f1", "c1"]
    assert places
    assert set(places) == {5}, "what waits from before does not take it back"
    assert committed(events) == 6


def test_what_was_begun_and_is_gone_or_another_is_told_and_left(events: MemoryLog) -> None:
    publish(events, ALERTS, [of("a"), of("b")])
    slack = Slack()
    slack.begun = {"expired": 7, "moved": 0}
    with capture_logs() as logs:
        loop(events, slack).drain()
    assert slack.asked == ["a1", "b1"]
    missing = {line["subject"] for line in logs if line["event"] == "alert_not_found"}
    assert missing == {"expired", "moved"}


def test_after_a_failure_that_may_have_lost_an_alert_nothing_is_committed(
    events: MemoryLog,
) -> None:
    """A step has ended, and what is to follow could not be put where it waits."""
    publish(events, ALERTS, [of("a"), of("b")])
    with closing(events.consumer("slack", [ALERTS])) as consumer:
        reading = Reading("slack", consumer, Lanes(lambda lane: 0.0))
        first, second = consumer.poll(limit=2, timeout_s=0)
        for message in (first, second):
            reading.seen_to(message)
        reading.lanes.put(Waiting("a", 1, 0), Lane("c", "post"))
        taken = reading.lanes.take(1.0)
        assert taken is not None
        with pytest.raises(KeyError), reading.changing():
            reading.lanes.end(reading.lanes.end(taken))
        reading.commit()
        assert committed(events) == 0
        with pytest.raises(KeyError):
            reading.raise_failure()


@pytest.mark.parametrize("most", [1, 3])
def test_what_is_too_much_to_hold_is_left_in_the_log(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(deliver, "MOST_WAITING", most)
    names = [f"{number}/" for number in range(12)]
    publish(events, ALERTS, [of(name) for name in names])
    slack, time = Slack(), Time()
    slack.frozen = {"default": 20.0}
    delivering = loop(events, slack, time)
    assert delivering.drain() == 12
    assert slack.asked == [f"{name}1" for name in names], "in order, each once"
    assert committed(events) == 12


waits = st.sampled_from(
    [
        Again(),
        Retry(1.0, "r"),
        Retry(0.0, "r", others=True),
        Ambiguous(2.0, "a"),
        LedgerFullError("full"),
    ]
)


@given(
    names=st.lists(st.sampled_from("abcdefg"), max_size=25),
    answers=st.dictionaries(st.sampled_from("abcdefg"), st.lists(waits, max_size=4)),
    parts=st.integers(1, 4),
    at_hand=st.sampled_from([0, 2, 200]),
    most=st.sampled_from([1, 3, 1000]),
)
@settings(deadline=None, max_examples=100)
def test_whatever_fails_and_however_often_it_starts_anew_the_newest_is_shown_and_never_an_older_one(
    names: list[str], answers: dict[str, list[Answer]], parts: int, at_hand: int, most: int
) -> None:
    events = MemoryLog(partitions=1)
    revisions: Counter[str] = Counter()
    slack = Slack(answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "MOST_AT_HAND", at_hand)
        patch.setattr(deliver, "MOST_WAITING", most)
        for start in range(0, len(names), parts):
            for name in names[start : start + parts]:
                revisions[name] += 1
                publish(events, ALERTS, [of(name, revisions[name], "xy"[name < "d"])])
            finished = False
            while not finished:
                asked_before = len(slack.asked)
                try:
                    loop(events, slack).drain()
                    finished = True
                except LedgerFullError:
                    pass
                for name in revisions:
                    mine = [one for one in slack.asked[asked_before:] if one.startswith(name)]
                    assert mine == sorted(mine, key=lambda one: int(one[1:]))
        assert slack.shown == dict(revisions)
        nothing_left = Slack()
        loop(events, nothing_left).drain()
        assert nothing_left.asked == []


def test_the_lag_counts_what_waits_and_what_is_still_on_the_log(events: MemoryLog) -> None:
    publish(events, ALERTS, [of(name) for name in "abc"])
    slack, time = Slack({"b": [Retry(30.0, "busy")]}), Time()
    lags: list[float | None] = []
    labels = {"reader": "slack", "partition": "0"}
    time.while_resting = [
        lambda: publish(events, ALERTS, [of("d")]),
        lambda: lags.append(REGISTRY.get_sample_value("wheelsdown_lag_records", labels)),
    ]
    loop(events, slack, time).drain()
    assert slack.asked == ["a1", "b1", "c1", "d1", "b1"]
    assert lags == [2.0]
