"""What is known of a delivery is what its topic says, whoever wrote it and whoever lost a file."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.slack_scene import CrashError, Fate, MortalLedger, MortalLog
from msgspec.structs import replace
from structlog.testing import capture_logs

from consumers import deliveries as module
from consumers.deliveries import Deliveries, newest, sent_anew, worded
from consumers.ledger import Ledger
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.deliveries import Delivery
from wheelsdown.records.topics import DELIVERIES

NOW = datetime(2023, 8, 2, 10, 40, tzinfo=UTC)
FIRST = Delivery(
    record_id="w1",
    occurred_at=NOW,
    observed_at=NOW,
    alert_id="a1",
    incident_id="i1",
    writer="here",
    pair="PRK-RUS",
    step=1,
    channel="C1",
    revision=1,
    offset=0,
    state="sending",
    first_tried_at=NOW,
)


@pytest.fixture
def events() -> Iterator[MemoryLog]:
    with MemoryLog(partitions=1) as log:
        yield log


def ledger() -> Ledger:
    return Ledger(Path(":memory:"))


def told(events: MemoryLog) -> list[str]:
    (end,) = events.ends(DELIVERIES)
    words = [DELIVERIES.decode(one.value) for one in events.read(DELIVERIES, 0, 0, end or 1)]
    return [word.state for word in words if isinstance(word, Delivery)]


def test_a_word_is_on_the_topic_and_in_the_ledger(events: MemoryLog) -> None:
    with ledger() as file:
        deliveries = Deliveries(events, file)
        deliveries.intend(FIRST)
        assert deliveries.get("a1") == FIRST
        deliveries.settle(replace(FIRST, step=2, state="sent"))
        assert told(events) == ["sending", "sent"]
        assert file.get("a1") == replace(FIRST, step=2, state="sent")
        assert deliveries.unfinished() == []


def test_a_lost_ledger_is_made_anew_from_the_topic(
    events: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    publish(events, DELIVERIES, [replace(FIRST, alert_id=f"a{n}") for n in range(20)])
    publish(events, DELIVERIES, [replace(FIRST, alert_id="a3", step=2, state="sent")])
    with ledger() as file:
        deliveries = Deliveries(events, file)
        assert file.counts() | {"sending": 0, "sent": 0} == dict.fromkeys(file.counts(), 0)
        assert (file.counts()["sending"], file.counts()["sent"]) == (19, 1)
        assert file.reached() == 21
        assert {one.alert_id: one for one in deliveries.unfinished()} == {
            name: one for name, one in newest(events).items() if one.state == "sending"
        }


def test_what_others_write_meanwhile_is_known_before_the_next_word(events: MemoryLog) -> None:
    with ledger() as one_file, ledger() as other_file:
        one, other = Deliveries(events, one_file), Deliveries(events, other_file)
        one.intend(FIRST)
        other.settle(replace(FIRST, alert_id="a2"))
        one.settle(replace(FIRST, step=2, state="sent"))
        other.catch_up()
        one.catch_up()
        for name in ("a1", "a2"):
            assert one.get(name) == other.get(name) == newest(events)[name]
        assert {row.alert_id for row in one.unfinished()} == {"a2"}


def test_who_speaks_late_changes_nothing(events: MemoryLog) -> None:
    """A process that was stopped, and woke after another had sent the alert."""
    with ledger() as late_file, ledger() as file:
        late, at_work = Deliveries(events, late_file), Deliveries(events, file)
        late.intend(FIRST)
        at_work.catch_up()
        at_work.intend(replace(FIRST, step=2))
        at_work.settle(replace(FIRST, step=3, state="sent", sent_revision=1))
        late.settle(replace(FIRST, step=2, state="pending"))
        for deliveries in (late, at_work):
            deliveries.catch_up()
            row = deliveries.get("a1")
            assert row is not None
            assert row.state == "sent"
        assert newest(events)["a1"].state == "sent"


def test_of_two_who_want_to_ask_at_once_the_first_on_the_topic_may(events: MemoryLog) -> None:
    with ledger() as one_file, ledger() as other_file:
        one, other = Deliveries(events, one_file), Deliveries(events, other_file)
        wishes = [
            worded(replace(FIRST, step=0), deliveries.writer, NOW) for deliveries in (one, other)
        ]
        # Both have caught up; now both speak.
        assert one.intend(wishes[0])
        assert not other.intend(wishes[1])
        assert one.get("a1") == other.get("a1") == wishes[0]
        one.settle(worded(replace(wishes[0], state="sent"), one.writer, NOW))
        other.catch_up()
        assert one.get("a1") == other.get("a1") == newest(events)["a1"]


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_after_a_crash_beside_a_word_topic_and_ledger_agree(moment: int) -> None:
    fate = Fate()
    with MortalLog(fate) as events, MortalLedger(fate) as file:
        deliveries = Deliveries(events, file)
        deliveries.intend(FIRST)
        fate.arm(moment)
        with pytest.raises(CrashError):
            deliveries.settle(replace(FIRST, step=2, state="sent"))
        fate.disarm()
        again = Deliveries(events, file).get("a1")
        assert again == newest(events)["a1"]
        assert again is not None
        assert again.state == ("sending" if moment == 1 else "sent")


def test_a_word_that_can_not_be_read_is_told_and_passed_over(events: MemoryLog) -> None:
    publish(events, DELIVERIES, [FIRST])
    events.append([NewMessage(DELIVERIES, 0, "i1", b"{")])
    publish(events, DELIVERIES, [replace(FIRST, alert_id="a2")])
    with ledger() as file, capture_logs() as logs:
        assert len(Deliveries(events, file).unfinished()) == 2
    assert [(line["event"], line["offset"]) for line in logs] == [("delivery_unreadable", 1)]


def test_a_ledger_that_knows_more_than_the_topic_keeps_what_it_knows(events: MemoryLog) -> None:
    """The log was made anew: what was sent must not be sent again."""
    with ledger() as file:
        file.put([replace(FIRST, state="sent")], reached=5)
        publish(events, DELIVERIES, [replace(FIRST, alert_id="a2")])
        with capture_logs() as logs:
            deliveries = Deliveries(events, file)
        assert [line["event"] for line in logs] == ["deliveries_topic_is_new"]
        assert deliveries.get("a1") == replace(FIRST, state="sent")
        assert [row.alert_id for row in deliveries.unfinished()] == ["a2"]
        assert file.reached() == 1


def test_what_is_sent_anew_keeps_what_is_shown_and_has_all_its_tries() -> None:
    later = NOW.replace(year=2024)
    parked = replace(FIRST, state="parked", ts="1.0", sent_revision=1, attempts=9, error="no")
    again = sent_anew(replace(parked, unsettled_since=NOW, unsettled_until=NOW), later)
    assert (again.state, again.attempts, again.error, again.step) == ("pending", 0, "", 2)
    assert (again.first_tried_at, again.observed_at) == (later, later)
    assert (again.ts, again.sent_revision, again.unsettled_since) == ("1.0", 1, NOW)
    assert again.record_id == worded(parked, again.writer, NOW).record_id, "whenever it is said"


def test_several_threads_speak_at_once(events: MemoryLog) -> None:
    failures: list[Exception] = []
    with ledger() as file:
        deliveries = Deliveries(events, file)

        def speak(name: str) -> None:
            try:
                for step in range(1, 26):
                    deliveries.intend(replace(FIRST, alert_id=name, step=step))
            except Exception as error:  # noqa: BLE001 - handed to the test
                failures.append(error)

        threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert {row.alert_id: row.step for row in deliveries.unfinished()} == dict.fromkeys(
            "abcd", 25
        )
        assert events.ends(DELIVERIES) == [100]
