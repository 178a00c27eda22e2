"""Which of Slack's failures hold up all alerts, and which only the one that met them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
from fakes.slack_workspace import CHANNEL

from consumers.deliver import DeliveryLoop
from consumers.ledger import Ledger
from consumers.outcome import Ambiguous, Retry
from consumers.slack.client import web_client
from consumers.slack.send import SlackSender
from wheelsdown.clock import SystemClock, VirtualClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.topics import ALERTS

CLOCK = VirtualClock(datetime(2023, 8, 2, 12, 0, tzinfo=UTC))


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with running_slack() as served:
        yield served


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


def sender(base_url: str, ledger: Ledger) -> SlackSender:
    client = web_client(TOKEN, base_url=base_url, timeout_s=1)
    return SlackSender(client, CHANNEL, ledger, CLOCK, lambda: 1.0)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("rate_limited"),
        Fault("error", error="service_unavailable"),
        Fault("error", error="request_timeout"),
    ],
)
def test_a_slack_that_limits_or_is_away_holds_up_all(
    slack: FakeSlack, ledger: Ledger, fault: Fault
) -> None:
    slack.fail("chat.postMessage", fault)
    outcome = sender(slack.base_url, ledger).deliver(pyongyang_alerts()[0])
    assert isinstance(outcome, Retry)
    assert outcome.others


def test_a_slack_that_can_not_be_reached_holds_up_all(ledger: Ledger) -> None:
    outcome = sender("http://127.0.0.1:9/api/", ledger).deliver(pyongyang_alerts()[0])
    assert isinstance(outcome, Retry)
    assert outcome.others


@pytest.mark.parametrize("fault", [Fault("error"), Fault("status"), Fault("drop")])
def test_a_failure_that_may_be_the_alerts_own_holds_up_no_other(
    slack: FakeSlack, ledger: Ledger, fault: Fault
) -> None:
    slack.fail("chat.postMessage", fault)
    outcome = sender(slack.base_url, ledger).deliver(pyongyang_alerts()[0])
    assert isinstance(outcome, Ambiguous)
    assert not outcome.others


def test_an_alert_that_slack_trips_over_comes_after_the_others(
    slack: FakeSlack, ledger: Ledger
) -> None:
    """On the real clock: the first alert meets an internal error and waits five seconds."""
    first = pyongyang_alerts()[0]
    other = msgspec.structs.replace(first, record_id="other", alert_id="other")
    slack.fail("chat.postMessage", Fault("error"))
    client = web_client(TOKEN, base_url=slack.base_url, timeout_s=1)
    clock = SystemClock()
    with MemoryLog(partitions=1) as events:
        publish(events, ALERTS, [first, other])
        sending = SlackSender(client, CHANNEL, ledger, clock, lambda: 1.0)
        assert DeliveryLoop(events, "slack", sending, clock).drain() == 2
    shown = [one["metadata"]["event_payload"]["alert_id"] for one in slack.workspace.alerts()]
    assert shown == ["other", first.alert_id]
