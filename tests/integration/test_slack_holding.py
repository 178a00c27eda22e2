"""Which of Slack's failures hold up all alerts, which a channel, and which only one alert."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.inprocess_slack import SteppingClock
from fakes.slack_scene import ROUTE, Scene, revisions
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
from fakes.slack_workspace import CHANNEL

from consumers.deliveries import Deliveries
from consumers.ledger import Ledger
from consumers.outcome import Ambiguous, Lane, Retry
from consumers.slack.client import web_client
from consumers.slack.limits import HISTORY, POST, UPDATE
from consumers.slack.send import SlackSender
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.topics import ALERTS

CLOCK = SteppingClock()
OTHER = "C0OTHER001"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSlack]:
    with running_slack() as served:
        yield served


@pytest.fixture
def slack(server: FakeSlack) -> FakeSlack:
    server.reset(server.workspace)
    return server


@pytest.fixture
def deliveries() -> Iterator[Deliveries]:
    with MemoryLog(partitions=1) as events, Ledger(Path(":memory:")) as ledger:
        yield Deliveries(events, ledger)


def sender(base_url: str, deliveries: Deliveries) -> SlackSender:
    client = web_client(TOKEN, base_url=base_url, timeout_s=1)
    channels = {ROUTE: CHANNEL, "other": OTHER}
    return SlackSender(client, channels, deliveries, CLOCK, lambda: 1.0, elapsed_s=CLOCK.elapsed_s)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", error="service_unavailable"),
        Fault("error", error="request_timeout"),
    ],
)
def test_a_slack_that_is_away_holds_up_all(
    slack: FakeSlack, deliveries: Deliveries, fault: Fault
) -> None:
    slack.fail("chat.postMessage", fault)
    outcome = sender(slack.base_url, deliveries).deliver(pyongyang_alerts()[0], 0)
    assert isinstance(outcome, Retry)
    assert outcome.others


def test_a_slack_that_can_not_be_reached_holds_up_all(deliveries: Deliveries) -> None:
    outcome = sender("http://127.0.0.1:9/api/", deliveries).deliver(pyongyang_alerts()[0], 0)
    assert isinstance(outcome, Retry)
    assert outcome.others


def test_a_limit_holds_up_its_channel_only(slack: FakeSlack, deliveries: Deliveries) -> None:
    slack.fail("chat.postMessage", Fault("rate_limited", retry_after="30"))
    sending = sender(slack.base_url, deliveries)
    outcome = sending.deliver(pyongyang_alerts()[0], 0)
    assert isinstance(outcome, Retry)
    assert not outcome.others
    now = CLOCK.elapsed_s()
    assert sending.free_at(Lane(CHANNEL, POST)) == now + 30
    for free in (Lane(OTHER, POST), Lane(CHANNEL, UPDATE), Lane(CHANNEL, HISTORY)):
        assert sending.free_at(free) <= now


@pytest.mark.parametrize("fault", [Fault("error"), Fault("status"), Fault("drop")])
def test_a_failure_that_may_be_the_alerts_own_holds_up_no_other(
    slack: FakeSlack, deliveries: Deliveries, fault: Fault
) -> None:
    slack.fail("chat.postMessage", fault)
    outcome = sender(slack.base_url, deliveries).deliver(pyongyang_alerts()[0], 0)
    assert isinstance(outcome, Ambiguous)
    assert not outcome.others


def test_an_alert_that_slack_trips_over_comes_after_the_others() -> None:
    scene = Scene()
    first = revisions()[0]
    other = msgspec.structs.replace(first, record_id="other", alert_id="other")
    publish(scene.events, ALERTS, [first, other])
    scene.slack.faults.append(Fault("error"))
    scene.play()
    shown = [one["metadata"]["event_payload"]["alert_id"] for one in scene.visible()]
    assert shown == ["other", first.alert_id]
    scene.close()
