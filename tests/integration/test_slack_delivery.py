"""One visible message an alert, whatever Slack answers and wherever the process dies.

A real slack_sdk client talks HTTP to the fake Slack; both live on one clock that moves only when
the sender asks to wait.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from consumers.deliver import DeliveryLoop
from consumers.ledger import Delivery, DeliveryState, Ledger
from consumers.outcome import Ambiguous, Outcome, Rejected, Retry, Sent
from consumers.slack.client import SlackUnusableError, identify, web_client
from consumers.slack.send import SETTLE, SlackSender
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.backoff import Backoff
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS as ALERTS_TOPIC

ALERTS = pyongyang_alerts()
BACKOFF = Backoff(first_s=1.0, longest_s=60.0, tries=12, within_s=7200.0)


class SteppingClock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self._now = datetime(2023, 8, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    def wait(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class CrashError(Exception):
    """The process dies here."""


class DyingLedger(Ledger):
    """Dies at the n-th write, before or after it."""

    def __init__(self, path: Path, at: int, *, after: bool) -> None:
        super().__init__(path)
        self._left = at
        self._after = after

    def put(self, delivery: Delivery) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise CrashError
        super().put(delivery)
        if self._left == 0:
            raise CrashError


class Bench:
    """A fake Slack, a ledger file and senders that come and go."""

    def __init__(self, slack: FakeSlack, clock: SteppingClock, path: Path) -> None:
        self.slack = slack
        self.clock = clock
        self.path = path
        self.ledger = Ledger(path)
        self.sender = self.started(self.ledger)

    def started(self, ledger: Ledger) -> SlackSender:
        client = web_client(TOKEN, base_url=self.slack.base_url, timeout_s=1)
        return SlackSender(client, CHANNEL, ledger, self.clock, lambda: 1.0, backoff=BACKOFF)

    def restart(self, ledger: Ledger | None = None) -> None:
        self.ledger.close()
        self.ledger = ledger or Ledger(self.path)
        self.sender = self.started(self.ledger)

    def deliver(self, alert: Alert) -> Outcome:
        """Deliver, waiting as asked, until there is a final outcome."""
        for _ in range(2 * BACKOFF.tries):
            outcome = self.sender.deliver(alert)
            if isinstance(outcome, Sent | Rejected):
                return outcome
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


class fresh:  # noqa: N801 - reads as a function
    """A bench with an empty channel and an empty ledger on the running server."""

    def __init__(self, server: FakeSlack, path: Path) -> None:
        clock = SteppingClock()
        server.reset(Workspace(now=lambda: clock.now().timestamp()))
        self._bench = Bench(server, clock, path)

    def __enter__(self) -> Bench:
        return self._bench

    def __exit__(self, *exc: object) -> None:
        self._bench.ledger.close()


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
    assert isinstance(bench.sender.deliver(ALERTS[0]), Ambiguous)
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
    outcome = bench.sender.deliver(ALERTS[0])
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
    bench.restart(DyingLedger(bench.path, 2, after=False))
    with pytest.raises(CrashError):
        bench.sender.deliver(ALERTS[0])
    bench.clock.wait(60)
    bench.restart()
    assert bench.row().state == "sending"
    outcome = bench.sender.deliver(ALERTS[0])
    assert isinstance(outcome, Ambiguous), "the history is given time to show the post"
    assert outcome.after_s == SETTLE.total_seconds()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1


@pytest.mark.parametrize("write", range(1, 7))
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_write_of_the_ledger_doubles_nothing(
    bench: Bench, write: int, after: bool
) -> None:
    bench.restart(DyingLedger(bench.path, write, after=after))
    with pytest.raises(CrashError):
        bench.deliver_all()
    bench.restart()
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") <= 2
    assert len(bench.slack.workspace.alerts()) == 1


faults = st.sampled_from([fault for fault in ACCEPTED_UNHEARD + NOT_ACCEPTED if not fault.delay_s])
steps = st.one_of(
    st.tuples(st.sampled_from(["chat.postMessage", "chat.update"]), faults),
    st.tuples(st.just("conversations.history"), st.sampled_from(NOT_ACCEPTED)),
)


@given(
    plan=st.lists(steps, max_size=6),
    deaths=st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=3),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_faults_and_deaths_leave_one_message_with_the_last_revision(
    server: FakeSlack,
    tmp_path_factory: pytest.TempPathFactory,
    plan: list[tuple[str, Fault]],
    deaths: list[tuple[int, bool]],
) -> None:
    path = tmp_path_factory.mktemp("deliveries") / "ledger.db"
    with fresh(server, path) as bench:
        for method, fault in plan:
            bench.slack.fail(method, fault)
        for write, after in deaths:
            bench.restart(DyingLedger(path, write, after=after))
            try:
                bench.deliver_all()
            except CrashError:
                continue
        bench.restart()
        bench.deliver_all()
        bench.assert_shows(3)


def test_a_busy_channel_is_paged_through(bench: Bench) -> None:
    for number in range(40):
        bench.slack.workspace.say(f"before {number}")
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.sender.deliver(ALERTS[0])
    for number in range(40):
        bench.slack.workspace.say(f"after {number}")
    bench.deliver_all()
    bench.assert_shows(3)
    assert bench.slack.count("chat.postMessage") == 1
    assert bench.slack.count("conversations.history") == 3


def test_a_channel_too_busy_to_tell_is_parked_and_not_posted_to(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("drop"))
    bench.sender.deliver(ALERTS[0])
    for number in range(301):
        bench.slack.workspace.say(f"chatter {number}")
    outcome = bench.deliver(ALERTS[0])
    assert isinstance(outcome, Rejected)
    assert "more messages of that time than could be read" in outcome.reason
    assert bench.slack.workspace.alerts() == []


def test_a_late_start_still_finds_the_post_of_an_old_crash(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", Fault("drop", accept=True))
    bench.sender.deliver(ALERTS[0])
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
    assert bench.deliver(ALERTS[1]) == Sent(new=False)
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
    closed = web_client(TOKEN, base_url="http://127.0.0.1:9/api/", timeout_s=1)
    bench.sender = SlackSender(
        closed, CHANNEL, bench.ledger, bench.clock, lambda: 1.0, backoff=BACKOFF
    )
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
    while not isinstance(bench.sender.deliver(ALERTS[0]), Sent):
        seen.append(bench.row().state)
        bench.clock.wait(10)
    assert seen == ["pending", "ambiguous"]
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
                    CHANNEL,
                    ledger,
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
            CHANNEL,
            ledger,
            SystemClock(),
            lambda: 0.0,
            settle=timedelta(seconds=0.6),
        )
        assert DeliveryLoop(events, "slack", sender, SystemClock()).drain() == 3
    assert server.count("chat.postMessage") == 1
    assert len(server.workspace.alerts()) == 1
