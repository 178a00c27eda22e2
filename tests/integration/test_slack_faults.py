"""Every state of a delivery against every fault of Slack: nothing is lost, nothing twice.

Each combination begins with what an earlier consumer left behind, meets one or two faults with the
next calls, and in half of the table dies beside a durable step and starts anew, every other time on
a machine without the ledger. In the end the newest revision is shown in one message, or the alert
is parked for a reason that the faults give; sent again by an operator, it is shown.
"""

import itertools
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from socket import gaierror
from typing import NoReturn
from urllib.error import URLError

import pytest
import structlog
from fakes.inprocess_slack import Befalls, InProcessSlack, SteppingClock
from fakes.slack_faults import HUGE_WISH, ODD_WISHES, Fault
from fakes.slack_scene import BACKOFF, Scene, SetUp
from fakes.slack_server import TOKEN, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from consumers.slack import render
from consumers.slack.answers import Failure, call
from consumers.slack.client import web_client
from consumers.slack.standing import SETTLE
from wheelsdown.clock import SystemClock

SETTLE_S = SETTLE.total_seconds()
#: A moment within the delay after which a post is taken not to be there.
LATE_S = SETTLE_S - 0.1
OLD_S = 3600.0


def _nothing(scene: Scene) -> int:
    scene.come(1)
    return 1


def _nothing_of_three(scene: Scene) -> int:
    scene.come(1, 2, 3)
    return 3


def _newer_comes(scene: Scene) -> int:
    scene.come(1)
    scene.slack.after_first_call = lambda: scene.come(2)
    return 2


def _pending(scene: Scene) -> int:
    scene.come(1)
    scene.said("pending", 1, 0)
    return 1


def _pending_newer(scene: Scene) -> int:
    scene.come(1, 2)
    scene.said("pending", 2, 1)
    return 2


def _replayed(scene: Scene) -> int:
    scene.come(1)
    scene.committed(1)
    scene.said("pending", 1, 0)
    return 1


def _replayed_before_an_old_one_comes_again(scene: Scene) -> int:
    scene.come(1, 2, 1)
    scene.committed(2)
    scene.said("pending", 2, 1)
    return 2


def _sending(scene: Scene) -> int:
    scene.come(1)
    scene.said("sending", 1, 0, open_=True)
    return 1


def _sending_accepted(scene: Scene) -> int:
    scene.shown(1)
    return _sending(scene)


def _sending_accepted_late(scene: Scene) -> int:
    scene.clock.put_off(LATE_S, lambda: scene.shown(1))
    return _sending(scene)


def _sending_long_ago(scene: Scene) -> int:
    scene.shown(1)
    scene.come(1)
    scene.said("sending", 1, 0, open_=True)
    scene.clock.wait(OLD_S)
    for number in range(40):
        scene.slack.workspace.say(f"chatter {number}")
    return 1


def _ambiguous(scene: Scene) -> int:
    scene.come(1)
    scene.said("ambiguous", 1, 0, open_=True, attempts=1, error="no answer")
    return 1


def _ambiguous_accepted(scene: Scene) -> int:
    scene.shown(1)
    return _ambiguous(scene)


def _ambiguous_accepted_late(scene: Scene) -> int:
    scene.clock.put_off(LATE_S, lambda: scene.shown(1))
    return _ambiguous(scene)


def _ambiguous_in_a_busy_channel(scene: Scene) -> int:
    scene.shown(1)
    for number in range(20):
        scene.slack.workspace.say(f"chatter {number}")
    return _ambiguous(scene)


def _found_older(scene: Scene) -> int:
    scene.shown(1)
    scene.come(1, 2)
    scene.said("ambiguous", 2, 1, open_=True, attempts=2)
    return 2


def _found_newer(scene: Scene) -> int:
    scene.shown(2)
    scene.come(1, 2)
    scene.said("ambiguous", 1, 0, open_=True, attempts=1)
    return 2


def _sent(scene: Scene) -> int:
    scene.come(1)
    scene.said("sent", 1, 0, ts=scene.shown(1), sent_revision=1)
    return 1


def _sent_older(scene: Scene) -> int:
    scene.come(1, 2)
    scene.committed(1)
    scene.said("sent", 1, 0, ts=scene.shown(1), sent_revision=1)
    return 2


def _sent_older_and_newer_comes(scene: Scene) -> int:
    _sent_older(scene)
    scene.slack.after_first_call = lambda: scene.come(3)
    return 3


def _edit_under_way(scene: Scene) -> int:
    """It takes effect late, and a newer revision waits."""
    ts = scene.shown(1)
    scene.clock.put_off(LATE_S, lambda: _edit(scene, ts, 2))
    scene.come(1, 2, 3)
    scene.committed(1)
    scene.said("sending", 2, 1, ts=ts, sent_revision=1)
    return 3


def _edit_without_answer(scene: Scene) -> int:
    ts = scene.shown(1)
    scene.clock.put_off(LATE_S, lambda: _edit(scene, ts, 2))
    scene.come(1, 2, 3)
    scene.committed(1)
    scene.said("ambiguous", 2, 1, ts=ts, sent_revision=1, attempts=1)
    return 3


def _edit(scene: Scene, ts: str, revision: int) -> None:
    for message in scene.visible():
        if message["ts"] == ts:
            message["metadata"]["event_payload"]["revision"] = revision


def _deleted(scene: Scene) -> int:
    _sent_older(scene)
    scene.slack.workspace.delete(scene.visible()[0]["ts"])
    return 2


def _closed(scene: Scene) -> int:
    """Slack lets no message be edited any more."""
    scene.slack.workspace.editable = False
    return _sent_older(scene)


def _posted_anew(scene: Scene) -> int:
    """The first message could not be edited; of the second nobody knows."""
    scene.shown(1)
    scene.shown(2, posts=1)
    scene.come(1, 2)
    scene.said("ambiguous", 2, 1, open_=True, posts=1, sent_revision=1, attempts=1)
    return 2


def _parked(scene: Scene) -> int:
    scene.come(1, 2)
    scene.committed(1)
    scene.said("parked", 1, 0, attempts=3, error="is_archived")
    return 2


def _parked_of_unknown_fate(scene: Scene) -> int:
    scene.shown(1)
    scene.come(1, 2)
    scene.committed(1)
    scene.said("parked", 1, 0, open_=True, attempts=3, error="missing_scope")
    return 2


STATES: Sequence[SetUp] = [
    _nothing,
    _nothing_of_three,
    _newer_comes,
    _pending,
    _pending_newer,
    _replayed,
    _replayed_before_an_old_one_comes_again,
    _sending,
    _sending_accepted,
    _sending_accepted_late,
    _sending_long_ago,
    _ambiguous,
    _ambiguous_accepted,
    _ambiguous_accepted_late,
    _ambiguous_in_a_busy_channel,
    _found_older,
    _found_newer,
    _sent,
    _sent_older,
    _sent_older_and_newer_comes,
    _edit_under_way,
    _edit_without_answer,
    _deleted,
    _closed,
    _posted_anew,
    _parked,
    _parked_of_unknown_fate,
]

#: Each with the beginning of the reasons for which it may park the alert; nothing: it must not.
FAULTS: Mapping[Befalls | None, str] = {
    None: "",
    Fault("drop", accept=True, delay_s=20, accept_after_s=20 + LATE_S): "",
    Fault("drop"): "",
    Fault("drop", accept=True): "",
    Fault("drop", accept=True, accept_after_s=LATE_S): "",
    Fault("true", delay_s=60): "",
    Fault("drop", delay_s=60): "",
    Fault("drop", accept=True, delay_s=60, accept_after_s=30 + LATE_S): "",
    Fault("html"): "",
    Fault("html", accept=True): "",
    Fault("truncated", accept=True): "",
    Fault("status", status=500): "",
    Fault("status", accept=True, status=502): "",
    Fault("status", accept=True, accept_after_s=LATE_S, status=503): "",
    Fault("error", error="internal_error"): "",
    Fault("error", accept=True, error="fatal_error"): "",
    Fault("error", error="service_unavailable"): "",
    Fault("error", error="ratelimited"): "",
    **{Fault("rate_limited", retry_after=wish): "" for wish in (*ODD_WISHES, HUGE_WISH)},
    Fault("json", body="[]"): "",
    Fault("json", accept=True, body="17"): "",
    Fault("json", accept=True, body="null"): "",
    Fault("json", accept=True, body='{"ok": true}'): "",
    Fault("json", accept=True, body='{"ok": true, "ts": 5, "channel": [], "messages": {}}'): "",
    Fault("error", error="message_not_found"): "message_not_found",
    Fault("error", error="edit_window_closed"): "edit_window_closed",
    Fault("error", error="invalid_blocks"): "invalid_blocks",
    Fault("error", error="msg_too_long"): "msg_too_long",
    Fault("error", error="channel_not_found"): "channel_not_found",
    Fault("error", error="an_error_of_next_year"): "an_error_of_next_year",
    Fault("revoked"): "token_revoked",
    URLError(ConnectionRefusedError(111, "refused")): "",
    URLError(gaierror(-2, "unknown name")): "",
    ConnectionResetError(104, "reset"): "",
}
#: One of each kind, for what multiplies.
KINDS: Sequence[Befalls] = [
    Fault("drop"),
    Fault("drop", accept=True),
    Fault("drop", accept=True, accept_after_s=LATE_S),
    Fault("rate_limited", retry_after="1.5"),
    Fault("json", accept=True, body='{"ok": true}'),
    Fault("error", error="edit_window_closed"),
    Fault("error", error="channel_not_found"),
]
#: The last one takes effect after the process that asked has died, and another has started.
BEFORE_A_DEATH: Sequence[Befalls | None] = [
    None,
    *KINDS[:3],
    Fault("drop", accept=True, delay_s=20, accept_after_s=20 + LATE_S),
]


def _drop(*line: object) -> NoReturn:
    raise structlog.DropEvent


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Messages are built once, and nobody reads the log lines."""
    monkeypatch.setattr("consumers.slack.send.render", cache(render.render))
    monkeypatch.setattr("consumers.slack.send.render_short", cache(render.render_short))
    monkeypatch.setattr("consumers.slack.send.problems", lambda message: [])
    monkeypatch.setattr("fakes.slack_content.problems", lambda message: [])
    monkeypatch.setattr("consumers.deliver.NAP_S", 10 * OLD_S)
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    yield
    structlog.configure(**before)


def reasons(faults: Iterable[Befalls | None]) -> list[str]:
    """Why these may park an alert."""
    return [FAULTS[fault] for fault in faults if FAULTS[fault]]


class Table:
    """What came of the combinations."""

    def __init__(self) -> None:
        self.combinations = 0
        self.ends: Counter[str] = Counter()
        self.wrongs: list[str] = []

    def add(self, state: SetUp, faults: Sequence[Befalls | None], die_at: int | None = None) -> int:
        """Play one; gives how many moments there were to die at."""
        scene = Scene()
        newest = state(scene)
        scene.slack.faults.extend(faults)
        has_lived = scene.play(die_at)
        moments = scene.fate.moments
        if not has_lived:
            if die_at is not None and die_at % 2:
                scene.lose_ledger()
            scene.play()
        wrongs = scene.wrongs(newest, reasons(faults))
        self.ends[scene.row().state] += 1
        if scene.row().state == "parked":
            scene.slack.faults.clear()
            scene.slack.is_revoked = False
            scene.replay()
            scene.play()
            wrongs += [f"sent again: {wrong}" for wrong in scene.wrongs(newest, ())]
        # A token that is refused for good is tried until the backoff ends; all else soon succeeds.
        most = BACKOFF.tries + 3 if Fault("revoked") in faults else 12
        if len(scene.slack.calls) > most:
            wrongs.append(f"{len(scene.slack.calls)} calls")
        self.combinations += 1
        self.wrongs += [f"{state.__name__} {faults} {die_at}: {wrong}" for wrong in wrongs]
        scene.close()
        return moments

    def add_deaths(self, state: SetUp, faults: Sequence[Befalls | None]) -> None:
        """With a death at each moment in turn, until one comes too late."""
        for at in itertools.count(1):
            if self.add(state, faults, at) < at:
                return


def assert_right(table: Table, at_least: int, ends: Collection[str] = ("parked", "sent")) -> None:
    ended = ", ".join(f"{state} {number}" for state, number in sorted(table.ends.items()))
    sys.stdout.write(f"{table.combinations} combinations: {ended}, wrong {len(table.wrongs)}\n")
    assert not table.wrongs, "\n".join([f"{len(table.wrongs)} wrong", *table.wrongs[:20]])
    assert table.combinations >= at_least
    assert table.ends.keys() == set(ends)


def test_every_state_against_every_fault() -> None:
    table = Table()
    for state, fault in itertools.product(STATES, FAULTS):
        table.add(state, [fault])
    assert_right(table, 950)


def test_every_state_against_two_faults_in_a_row() -> None:
    table = Table()
    for state, first, second in itertools.product(STATES, KINDS[:5], KINDS):
        table.add(state, [first, second])
    assert_right(table, 900)


def test_every_state_with_a_fault_and_a_death_beside_each_durable_step() -> None:
    table = Table()
    for state, fault in itertools.product(STATES, BEFORE_A_DEATH):
        table.add_deaths(state, [fault])
    assert_right(table, 1300, ends=["sent"])


@given(
    state=st.sampled_from(STATES),
    faults=st.lists(st.sampled_from([None, *KINDS]), max_size=6),
    deaths=st.lists(st.integers(1, 12), max_size=3),
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_faults_and_deaths_leave_the_newest_revision_in_one_message(
    state: SetUp, faults: list[Befalls | None], deaths: list[int]
) -> None:
    scene = Scene()
    newest = state(scene)
    scene.slack.faults.extend(faults)
    for die_at in deaths:
        if not scene.play(die_at) and die_at % 2:
            scene.lose_ledger()
    scene.play()
    assert scene.wrongs(newest, reasons(faults)) == []
    scene.close()


@pytest.mark.parametrize("later_s", [SETTLE_S + 0.1, 60.0])
def test_what_slack_accepts_later_than_the_settle_delay_is_counted_apart(later_s: float) -> None:
    """Nothing that Slack offers could tell: a late post doubles, a late edit undoes the next."""
    doubled, undone = set(), set()
    for state in STATES:
        scene = Scene()
        newest = state(scene)
        scene.slack.faults.append(Fault("drop", accept=True, accept_after_s=later_s))
        scene.play()
        for wrong in scene.wrongs(newest, ()):
            (doubled if wrong.startswith("doubled: 2 messages") else undone).add(state)
        scene.close()
    sys.stdout.write(f"{later_s:g} s late: {len(doubled)} doubled, {len(undone)} undone\n")
    posting = {_nothing, _nothing_of_three, _newer_comes, _pending, _pending_newer}
    assert doubled == posting | {_replayed, _replayed_before_an_old_one_comes_again, _parked}
    assert undone == {_sent_older_and_newer_comes}


#: Of each kind of answer one, as far as a fake with a timeout of a second can give it.
OVER_HTTP = [
    Fault("drop"),
    Fault("drop", accept=True),
    Fault("drop", delay_s=60),
    Fault("html"),
    Fault("truncated", accept=True),
    Fault("status", status=500),
    Fault("status", status=503),
    Fault("error", error="internal_error"),
    Fault("error", error="ratelimited"),
    Fault("error", error="invalid_blocks"),
    Fault("error", error="message_not_found"),
    *[Fault("rate_limited", retry_after=wish) for wish in (*ODD_WISHES, HUGE_WISH)],
    *[Fault("json", body=body) for body in ("[]", "17", "null", "{}", '{"ok": true}')],
    Fault("revoked"),
]


def test_slack_in_this_process_is_heard_as_over_http() -> None:
    """The same for the sender: the same answer, or a failure with the same meaning and reason."""

    def heard(client: WebClient) -> object:
        answer = call(lambda: client.chat_postMessage(channel=CHANNEL, text="text"), SystemClock())
        return answer if isinstance(answer, Failure) else answer.data.keys()

    with running_slack() as served:
        over_http = web_client(TOKEN, base_url=served.base_url, timeout_s=1)
        for fault in OVER_HTTP:
            here = InProcessSlack(SteppingClock())
            served.reset(Workspace(now=here.clock.elapsed_s))
            served.fail("chat.postMessage", replace(fault, delay_s=min(fault.delay_s, 1.2)))
            here.faults.append(fault)
            assert heard(here.client()) == heard(over_http), fault
            assert len(here.workspace.alerts()) == len(served.workspace.alerts()), fault
