"""One visible message an alert, whatever Slack answers and wherever the process dies.

A real slack_sdk client talks HTTP to the fake Slack; both live on one clock that moves only when
the sender asks to wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.inprocess_slack import SteppingClock
from fakes.slack_scene import BACKOFF, ROUTE, CrashError, Fate, MortalLedger, MortalLog
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from structlog.testing import capture_logs

from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries, newest, sent_anew, worded
from consumers.ledger import Ledger
from consumers.outcome import Ambiguous, Outcome, Rejected, Retry, Sent
from consumers.slack.client import SlackUnusableError, check_channel, identify, web_client
from consumers.slack.history import PAGE, PAGES
from consumers.slack.message import metadata
from consumers.slack.send import SlackSender
from consumers.slack.standing import LONGEST_REQUEST, SETTLE, STALE_S, delivery_id
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.deliveries import Delivery, DeliveryState
from wheelsdown.records.topics import ALERTS as ALERTS_TOPIC
from wheelsdown.records.topics import DELIVERIES

ALERTS = pyongyang_alerts()


class Bench:
    """A fake Slack, a log, a ledger file and senders that come and go."""

    def __init__(self, slack: FakeSlack, clock: SteppingClock, path: Path) -> None:
        self.slack = slack
        self.clock = clock
        self.path = path
        self.fate = Fate()
        self.events = MortalLog(self.fate)
        self.ledger: Ledger = MortalLedger(self.fate, path)
        self.sender = self.started(slack.base_url)

    def started(self, base_url: str) -> SlackSender:
        return SlackSender(
            web_client(TOKEN, base_url=base_url, timeout_s=1),
            {ROUTE: CHANNEL},
            Deliveries(self.events, self.ledger),
            self.clock,
            lambda: 1.0,
            backoff=BACKOFF,
            elapsed_s=self.clock.elapsed_s,
        )

    def restart(self) -> None:
        self.fate.disarm()
        self.ledger.close()
        self.ledger = MortalLedger(self.fate, self.path)
        self.sender = self.started(self.slack.base_url)

    def close(self) -> None:
        self.ledger.close()
        self.events.close()

    def step(self, alert: Alert) -> Outcome:
        """One step towards showing it; alerts stand on the log by their revisions."""
        return self.sender.deliver(alert, alert.revision)

    def deliver(self, alert: Alert) -> Outcome:
        """Deliver, waiting as asked, until there is a final outcome."""
        for _ in range(3 * BACKOFF.tries + PAGES):
            outcome = self.step(alert)
            if isinstance(outcome, Sent | Rejected):
                return outcome
            if isinstance(outcome, Retry | Ambiguous):
                self.clock.wait(outcome.after_s)
        raise AssertionError("retries without a limit")

    def deliver_all(self) -> None:
        for alert in ALERTS:
            assert isinstance(self.deliver(alert), Sent)

    def row(self) -> Delivery:
        row = self.ledger.get(ALERTS[0].alert_id)
        assert row is not None
        return row

    def visible(self) -> dict[str, Any]:
        """The one message that readers see."""
        (message,) = self.slack.workspace.alerts()
        return message

    def assert_shows(self, revision: int) -> None:
        message = self.visible()
        assert message["metadata"]["event_payload"]["revision"] == revision
        row = self.row()
        assert (row.state, row.sent_revision, row.ts) == ("sent", revision, message["ts"])


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSlack]:
    with running_slack() as slack:
        yield slack


@pytest.fixture
def bench(server: FakeSlack, tmp_path: Path) -> Iterator[Bench]:
    with fresh(server, tmp_path / "ledger.db") as made:
        yield made


@contextmanager
def fresh(server: FakeSlack, path: Path) -> Iterator[Bench]:
    """A bench with an empty channel and an empty ledger on the running server."""
    clock = SteppingClock()
    server.reset(Workspace(now=clock.elapsed_s))
    bench = Bench(server, clock, path)
    yield bench
    bench.close()


def test_revisions_edit_the_first_message(bench: Bench) -> None:
    bench.deliver_all()
    bench.assert_shows(3)
    assert [name for name, _ in bench.slack.calls] == [
        "chat.postMessage",
        "chat.update",
        "chat.update",
    ]
    _, post = bench.slack.calls[0]
    assert post["unfurl_links"] is False
    assert post["metadata"]["event_payload"].keys() == {"alert_id", "delivery_id", "revision"}
    assert "edited" not in post


def test_equal_and_older_revisions_are_skipped_without_a_call(bench: Bench) -> None:
    bench.deliver_all()
    calls = len(bench.slack.calls)
    assert [bench.deliver(alert) for alert in ALERTS] == [Sent(new=False)] * 3
    assert len(bench.slack.calls) == calls


ACCEPTED_UNHEARD = [
    Fault("drop", accept=True),
    Fault("drop", accept=True, delay_s=1.3),
    Fault("html", accept=True),
    Fault("truncated", accept=True),
    Fault("status", accept=True, status=502),
    Fault("error", accept=True, error="internal_error"),
    Fault("json", accept=True, body="17"),
    Fault("json", accept=True, body='{"ok": true}'),
]
NOT_ACCEPTED = [
    Fault("drop"),
    Fault("html"),
    Fault("status", status=500),
    Fault("error", error="fatal_error"),
    Fault("error", error="team_added_to_org"),
    Fault("rate_limited", retry_after="30"),
    Fault("rate_limited", retry_after="1.5"),
    Fault("rate_limited", retry_after="soon"),
    Fault("rate_limited", retry_after=None),
]


@pytest.mark.parametrize("fault", ACCEPTED_UNHEARD, ids=str)
def test_a_post_that_was_accepted_unheard_is_found_and_not_repeated(
    bench: Bench, fault: Fault
) -> None:
    bench.slack.fail("chat.postMessage", fault)
    assert isinstance(bench.step(ALERTS[0]), Ambiguous)
    assert bench.row().state == "ambiguous"
    bench.restart()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1


@pytest.mark.parametrize("fault", NOT_ACCEPTED, ids=str)
def test_a_post_that_was_not_accepted_is_made_again(bench: Bench, fault: Fault) -> None:
    bench.slack.fail("chat.postMessage", fault)
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 2


@pytest.mark.parametrize(
    ("wish", "seconds"), [("30", 30.0), ("1.5", 1.5), ("soon", 5.0), ("", 5.0)]
)
def test_slacks_wish_to_wait_is_kept(bench: Bench, wish: str, seconds: float) -> None:
    bench.slack.fail("chat.postMessage", Fault("rate_limited", retry_after=wish))
    outcome = bench.step(ALERTS[0])
    assert isinstance(outcome, Retry)
    assert outcome.after_s == seconds
    assert bench.row().state == "pending"


def test_slacks_own_limit_is_respected(bench: Bench) -> None:
    bench.slack.workspace.limited = True
    many = [msgspec.structs.replace(ALERTS[0], alert_id=f"alert-{number}") for number in range(8)]
    for alert in many:
        assert isinstance(bench.deliver(alert), Sent)
    assert len(bench.slack.workspace.alerts()) == len(many)


def test_a_row_found_in_sending_is_settled_before_anything_is_posted(bench: Bench) -> None:
    """The process died after the request had left and before its answer was written."""
    bench.fate.arm(4)  # the intent has three moments, before, on the topic, and in the ledger
    with pytest.raises(CrashError):
        bench.step(ALERTS[0])
    bench.clock.wait(60)
    bench.restart()
    assert bench.row().state == "sending"
    outcome = bench.step(ALERTS[0])
    assert isinstance(outcome, Ambiguous), "the history is given time to show the post"
    assert outcome.after_s == SETTLE.total_seconds()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1


@pytest.mark.parametrize("moment", range(1, 19))
def test_a_crash_beside_any_write_doubles_nothing(bench: Bench, moment: int) -> None:
    """Three requests, each with two words, each before the topic, after it and in the ledger.

    Every other time the ledger is lost as well.
    """
    bench.fate.arm(moment)
    with pytest.raises(CrashError):
        bench.deliver_all()
    if moment % 2:
        bench.ledger.close()
        bench.path.unlink()
    bench.restart()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") <= 2
    assert len(bench.slack.workspace.alerts()) == 1


def test_a_busy_channel_is_paged_through(bench: Bench) -> None:
    for number in range(40):
        bench.slack.workspace.say(f"before {number}")
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.step(ALERTS[0])
    for number in range(40):
        bench.slack.workspace.say(f"after {number}")
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1
    assert bench.slack.count("conversations.history") == 3


def test_a_busy_channel_is_read_on_after_a_limit(bench: Bench) -> None:
    """Where Slack takes few calls at once, the search goes on from where it was."""
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.step(ALERTS[0])
    for number in range(4 * PAGE):
        bench.slack.workspace.say(f"after {number}")
    bench.slack.fail("conversations.history", *[None, Fault("rate_limited")] * 5)
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1
    assert bench.slack.count("conversations.history") == 9


def test_a_channel_too_busy_to_tell_is_parked_and_not_posted_to(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.slack.history.PAGES", 2)
    bench.slack.fail("chat.postMessage", Fault("drop"))
    bench.step(ALERTS[0])
    for number in range(2 * PAGE + 1):
        bench.slack.workspace.say(f"chatter {number}")
    outcome = bench.deliver(ALERTS[0])
    assert isinstance(outcome, Rejected)
    assert "more messages of that time than are read" in outcome.reason
    assert bench.slack.workspace.alerts() == []


def test_a_history_that_tells_of_no_messages_is_not_taken_for_an_empty_one(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    odd = ['{"ok": true}', '{"ok": true, "messages": null}', '{"ok": true, "messages": 17}']
    bench.slack.fail("conversations.history", *[Fault("json", body=body) for body in odd])
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1


def test_an_edit_without_answer_is_given_time_before_the_next(bench: Bench) -> None:
    """It could take effect after it, and the older revision would be shown for good."""
    bench.deliver(ALERTS[0])
    bench.slack.fail("chat.update", Fault("status", status=503))
    outcome = bench.step(ALERTS[1])
    assert isinstance(outcome, Ambiguous)
    assert outcome.after_s == SETTLE.total_seconds()
    bench.restart()
    assert isinstance(bench.step(ALERTS[2]), Ambiguous), "after a crash, too"
    assert bench.slack.count("chat.update") == 1
    assert bench.deliver(ALERTS[2]) == Sent(new=True)
    bench.assert_shows(3)


def test_an_intent_that_took_long_to_write_is_not_followed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was stopped in between: another may have sent meanwhile."""
    intend = Deliveries.intend

    def slowly(deliveries: Deliveries, delivery: Delivery) -> bool:
        may = intend(deliveries, delivery)
        bench.clock.wait(STALE_S + 0.1)
        return may

    with monkeypatch.context() as patch:
        patch.setattr(Deliveries, "intend", slowly)
        assert isinstance(bench.step(ALERTS[0]), Retry)
    assert bench.slack.calls == []
    assert (bench.row().state, bench.row().unsettled_since) == ("pending", None)
    bench.deliver_all()
    bench.assert_shows(3)


def test_an_older_revision_does_not_take_the_place_of_a_newer_one_that_is_begun(
    bench: Bench,
) -> None:
    """It comes again while an operator has the newer one, which is long committed, sent anew."""
    bench.slack.fail("chat.postMessage", Fault("error", error="is_archived"))
    assert isinstance(bench.deliver(ALERTS[1]), Rejected)
    publish(bench.events, DELIVERIES, [sent_anew(bench.row(), bench.clock.now())])
    assert bench.step(ALERTS[0]) == Sent(new=False)
    assert (bench.row().state, bench.row().revision) == ("pending", 2)
    assert bench.deliver(ALERTS[1]) == Sent(new=True)
    bench.assert_shows(2)


def test_an_alert_of_a_route_without_channel_is_parked_and_sent_when_it_has_one(
    bench: Bench,
) -> None:
    elsewhere = msgspec.structs.replace(ALERTS[0], route="elsewhere")
    outcome = bench.deliver(elsewhere)
    assert isinstance(outcome, Rejected)
    assert "no channel is configured for elsewhere" in outcome.reason
    assert bench.row().state == "parked"
    publish(bench.events, DELIVERIES, [sent_anew(bench.row(), bench.clock.now())])
    bench.restart()
    assert bench.deliver(ALERTS[0]) == Sent(new=True)
    bench.assert_shows(1)


def test_a_wrong_channel_is_told_at_the_start(bench: Bench) -> None:
    client = web_client(TOKEN, base_url=bench.slack.base_url, timeout_s=1)
    check_channel(client, CHANNEL, bench.clock)
    with pytest.raises(SlackUnusableError, match=r"slack\.channel C0NOWHERE1: channel_not_found"):
        check_channel(client, "C0NOWHERE1", bench.clock)
    bench.slack.fail("conversations.history", Fault("drop"))
    check_channel(client, CHANNEL, bench.clock)  # whoever is away for a moment is not wrong


def test_a_token_that_is_refused_for_a_while_costs_no_alert(bench: Bench) -> None:
    bench.slack.revoke()
    for alert in ALERTS:
        outcome = bench.step(alert)
        assert isinstance(outcome, Retry)
        assert outcome.others, "others would fare no better"
    bench.slack.token = TOKEN
    bench.deliver_all()
    bench.assert_shows(3)


def test_a_consumer_that_starts_while_another_machine_asks_waits_for_its_request(
    bench: Bench, tmp_path: Path
) -> None:
    """The other's post is accepted late, and shown once all the same."""
    bench.slack.fail("chat.postMessage", Fault("drop", accept=False))
    bench.step(ALERTS[0])
    asking = newest(bench.events)[ALERTS[0].alert_id]
    others = worded(msgspec.structs.replace(asking, state="sending"), "other", bench.clock.now())
    publish(bench.events, DELIVERIES, [others])
    bench.clock.wait(2)
    bench.restart()
    outcome = bench.step(ALERTS[0])
    assert isinstance(outcome, Ambiguous)
    assert outcome.after_s > (LONGEST_REQUEST - timedelta(seconds=2)).total_seconds()
    said = metadata(delivery_id=delivery_id(others), alert_id=others.alert_id, revision=1)
    bench.clock.wait(18)
    accepted = {"channel": CHANNEL, "text": "the other's", "metadata": said}
    bench.slack.workspace.call("chat.postMessage", accepted)
    bench.deliver_all()
    bench.assert_shows(3)


def test_a_late_start_still_finds_the_post_of_an_old_crash(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.step(ALERTS[0])
    for _ in range(400):
        bench.clock.wait(90)
        bench.slack.workspace.say("ten hours of chatter")
    bench.restart()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1


@pytest.mark.parametrize("how", ["deleted", "closed"])
def test_a_message_that_can_not_be_edited_is_posted_anew_once(bench: Bench, how: str) -> None:
    bench.deliver(ALERTS[0])
    if how == "deleted":
        bench.slack.workspace.delete(bench.visible()["ts"])
    else:
        bench.slack.workspace.editable = False
    assert bench.deliver(ALERTS[1]) == Sent(new=True)
    bench.slack.workspace.editable = True
    assert bench.deliver(ALERTS[2]) == Sent(new=True)
    assert bench.slack.count("chat.postMessage") == 2
    newest = bench.slack.workspace.alerts()[-1]
    assert newest["metadata"]["event_payload"]["revision"] == 3
    posts = [call for name, call in bench.slack.calls if name == "chat.postMessage"]
    ids = {post["metadata"]["event_payload"]["delivery_id"] for post in posts}
    assert len(ids) == 2, "the old message can't be taken for the new one"


def test_a_repost_of_unknown_fate_is_found(bench: Bench) -> None:
    bench.deliver(ALERTS[0])
    bench.slack.workspace.editable = False
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    assert bench.deliver(ALERTS[1]) == Sent(new=True)
    assert bench.row().ts == bench.slack.workspace.alerts()[-1]["ts"]
    assert bench.slack.count("chat.postMessage") == 2


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_blocks_that_slack_refuses_become_a_short_text(bench: Bench, method: str) -> None:
    bench.slack.fail(method, Fault("error", error="invalid_blocks"))
    bench.deliver_all()
    last_faulted = bench.slack.calls[1][1] if method == "chat.postMessage" else None
    if last_faulted is not None:
        assert "blocks" not in last_faulted
        assert "RA-86559" in last_faulted["text"]
    else:
        assert bench.slack.calls[2][1]["blocks"] == [], "the blocks shown before are taken away"
    bench.assert_shows(3)


def test_a_message_that_we_can_not_build_rightly_goes_out_short(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.slack.send.problems", lambda message: ["too long"])
    assert bench.deliver(ALERTS[0]) == Sent(new=True)
    assert bench.visible()["blocks"] == []
    assert "Incident 9f1c27ab04de" in bench.visible()["text"]


def test_a_permanent_error_parks_the_alert_and_no_other(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("error", error="is_archived"))
    with capture_logs() as logs:
        outcome = bench.deliver(ALERTS[0])
    assert isinstance(outcome, Rejected)
    assert "unarchive it" in outcome.reason
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["event"] == "alert_parked"
    assert line["alert_id"] == ALERTS[0].alert_id
    assert bench.row().state == "parked"
    calls = len(bench.slack.calls)
    assert bench.deliver(ALERTS[0]) == outcome, "a parked revision is not tried again"
    assert len(bench.slack.calls) == calls
    other = msgspec.structs.replace(ALERTS[0], alert_id="another")
    assert bench.deliver(other) == Sent(new=True)
    assert bench.deliver(ALERTS[1]) == Sent(new=True), "a later revision is"


def test_a_token_revoked_midway_is_told_with_what_to_do(bench: Bench) -> None:
    bench.deliver(ALERTS[0])
    bench.slack.revoke()
    outcome = bench.deliver(ALERTS[1])
    assert isinstance(outcome, Rejected)
    assert "token_revoked" in outcome.reason
    assert "set its new token" in outcome.reason
    assert TOKEN not in outcome.reason


def test_retries_end_and_the_next_revision_looks_before_it_posts(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.slack.fail("conversations.history", *[Fault("status", status=503)] * BACKOFF.tries)
    outcome = bench.deliver(ALERTS[0])
    assert isinstance(outcome, Rejected)
    assert "can't read the channel's history" in outcome.reason
    assert bench.row().state == "parked"
    assert bench.deliver(ALERTS[1]) == Sent(new=True)
    bench.assert_shows(2)
    assert bench.slack.count("chat.postMessage") == 1


def test_a_server_that_is_not_there_is_retried_and_given_up(bench: Bench) -> None:
    bench.sender = bench.started("http://127.0.0.1:9/api/")
    started = bench.clock.now()
    outcome = bench.deliver(ALERTS[0])
    assert isinstance(outcome, Rejected)
    assert "can't reach Slack" in outcome.reason
    assert bench.row().attempts == BACKOFF.tries
    assert bench.clock.now() - started > timedelta(minutes=5)


STATES: list[DeliveryState] = ["pending", "sending", "sent", "ambiguous", "parked"]


def test_every_state_of_the_ledger_is_met_somewhere(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("rate_limited"), Fault("drop"))
    seen = []
    while not isinstance(bench.step(ALERTS[0]), Sent):
        seen.append(bench.row().state)
        bench.clock.wait(10)
    assert seen == ["pending", "ambiguous", "pending"], "limited, unheard, found not to be there"
    assert bench.ledger.counts() == dict.fromkeys(STATES, 0) | {"sent": 1}


def test_the_token_is_checked_at_the_start(bench: Bench) -> None:
    good = web_client(TOKEN, base_url=bench.slack.base_url, timeout_s=1)
    assert identify(good, bench.clock) == "wheelsdown in Example"
    bad = web_client("xoxb-other", base_url=bench.slack.base_url, timeout_s=1)
    with pytest.raises(SlackUnusableError, match="does not know the token"):
        identify(bad, bench.clock)
    away = web_client(TOKEN, base_url="http://127.0.0.1:9/api/", timeout_s=1)
    assert identify(away, bench.clock) is None


def test_from_the_log_to_the_channel_through_faults_and_a_restart(
    server: FakeSlack, tmp_path: Path
) -> None:
    """On the real clock: the loop waits where the sender asks it to."""
    server.reset(Workspace(limited=True))
    server.fail("chat.postMessage", Fault("drop", accept=True), Fault("rate_limited"))
    server.fail("chat.update", Fault("rate_limited", retry_after="0.2"))
    client = web_client(TOKEN, base_url=server.base_url, timeout_s=1)
    clock = SystemClock()
    handled = 0
    with MemoryLog(partitions=1) as events:
        for alert in ALERTS:
            publish(events, ALERTS_TOPIC, [alert])
            with Ledger(tmp_path / "ledger.db") as ledger:
                sender = SlackSender(
                    client,
                    {ROUTE: CHANNEL},
                    Deliveries(events, ledger),
                    clock,
                    lambda: 0.1,
                    settle=timedelta(seconds=0.1),
                )
                handled += DeliveryLoop(events, "slack", sender, clock).drain()
    assert handled == 3
    (message,) = server.workspace.alerts()
    assert message["metadata"]["event_payload"]["revision"] == 3


def test_a_post_accepted_within_the_settle_delay_is_not_doubled(
    server: FakeSlack, tmp_path: Path
) -> None:
    """On the real clock: Slack takes the post a while after the connection is gone."""
    server.reset(Workspace())
    server.fail("chat.postMessage", Fault("drop", accept=True, accept_after_s=0.2))
    client = web_client(TOKEN, base_url=server.base_url, timeout_s=1)
    with MemoryLog(partitions=1) as events, Ledger(tmp_path / "ledger.db") as ledger:
        publish(events, ALERTS_TOPIC, ALERTS)
        sender = SlackSender(
            client,
            {ROUTE: CHANNEL},
            Deliveries(events, ledger),
            SystemClock(),
            lambda: 0.0,
            settle=timedelta(seconds=0.6),
        )
        assert DeliveryLoop(events, "slack", sender, SystemClock()).drain() == 3
    assert server.count("chat.postMessage") == 1
    assert len(server.workspace.alerts()) == 1
