"""``wheelsdown deliveries``: what was sent is told, parked alerts go out after all, and a ledger
that is lost is made anew without a message being repeated."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
from fakes.slack_workspace import CHANNEL
from typer.testing import CliRunner

from cli.main import app
from consumers import deliver as loop_of
from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries, newest, sent_anew
from consumers.ledger import Ledger
from consumers.slack.client import web_client
from consumers.slack.send import SlackSender
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS, DELIVERIES

CLOCK = SystemClock()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with running_slack() as served:
        yield served


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    file = tmp_path / "wheelsdown.toml"
    file.write_text('[log]\nkind = "sqlite"\npartitions = 1\n[data]\nfolder = "data"\n')
    return file


def alerts_of(name: str) -> list[Alert]:
    """The revisions of an alert of that name."""
    return [
        msgspec.structs.replace(one, alert_id=name, record_id=f"{name}-{one.revision}")
        for one in pyongyang_alerts()
    ]


def delivering(events: SqliteLog, folder: Path, slack: FakeSlack, ledger: Ledger) -> DeliveryLoop:
    client = web_client(TOKEN, base_url=slack.base_url, timeout_s=5)
    sender = SlackSender(
        client,
        {"default": CHANNEL},
        Deliveries(events, ledger),
        CLOCK,
        lambda: 0.0,
        settle=timedelta(seconds=2),
    )
    return DeliveryLoop(events, "slack", sender, CLOCK)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqliteLog, Ledger]]:
    with (
        SqliteLog(folder / "data" / "events.sqlite", 1) as events,
        Ledger(folder / "data" / "ledger.sqlite") as ledger,
    ):
        yield events, ledger


def deliver(folder: Path, slack: FakeSlack, *new: Alert) -> DeliveryLoop:
    with opened(folder) as (events, ledger):
        publish(events, ALERTS, new)
        loop = delivering(events, folder, slack, ledger)
        loop.drain()
    return loop


def told(config: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["deliveries", *arguments, "--config", str(config)])
    assert done.exit_code == code, done.output
    return done.output


def shown(slack: FakeSlack) -> dict[str, int]:
    """The revision of each message by its delivery id; each id at most once."""
    payloads = [one["metadata"]["event_payload"] for one in slack.workspace.alerts()]
    found = {one["delivery_id"]: one["revision"] for one in payloads}
    assert len(found) == len(payloads)
    return found


def test_what_was_parked_is_listed_and_sent_when_asked(
    slack: FakeSlack, config: Path, tmp_path: Path
) -> None:
    slack.fail("chat.postMessage", Fault("error", error="not_in_channel"))
    (one, _, _), (other, _, _) = alerts_of("one"), alerts_of("other")
    deliver(tmp_path, slack, one)
    deliver(tmp_path, slack, other)
    assert len(shown(slack)) == 1
    lines = told(config, "list", "--state", "parked", "--json").splitlines()
    (parked,) = map(json.loads, lines)
    assert (parked["alert_id"], parked["state"]) == ("one", "parked")
    assert "invite the app" in parked["error"]
    assert "2 alerts" in told(config, "list")
    assert "is sent, not parked" in told(config, "replay", "other", code=2)
    assert "no alert nobody is known" in told(config, "replay", "nobody", code=2)
    assert "1 alert to be sent again" in told(config, "replay", "one")
    assert deliver(tmp_path, slack).counts == {"sent": 1}
    assert len(shown(slack)) == 2
    assert "0 alerts to be sent again" in told(config, "replay")


@pytest.mark.usefixtures("config")
def test_a_consumer_at_work_takes_up_what_is_to_be_sent_again(
    slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_of, "ASK_EVERY_S", 0.1)
    slack.fail("chat.postMessage", Fault("error", error="is_archived"))
    with opened(tmp_path) as (events, ledger):
        publish(events, ALERTS, alerts_of("one")[:1])
        loop = delivering(events, tmp_path, slack, ledger)
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            wait_until(lambda: ledger.counts()["parked"] == 1)
            publish(events, DELIVERIES, [sent_anew(newest(events)["one"], CLOCK.now())])
            wait_until(lambda: ledger.counts()["sent"] == 1)
        finally:
            loop.stop()
            thread.join(10)
    assert not thread.is_alive()
    assert list(shown(slack).values()) == [1]


@pytest.mark.parametrize("lost", ["ledger", "ledger and the offsets"])
def test_a_lost_ledger_is_made_anew_and_no_message_repeated(
    slack: FakeSlack, config: Path, tmp_path: Path, lost: str
) -> None:
    first, second, third = alerts_of("one")
    deliver(tmp_path, slack, first, alerts_of("other")[0])
    # The process died before it wrote down that the second alert was accepted.
    slack.fail("chat.postMessage", Fault("drop", accept=True))
    with opened(tmp_path) as (events, ledger):
        publish(events, ALERTS, alerts_of("third")[:1])
        loop = delivering(events, tmp_path, slack, ledger)
        thread = threading.Thread(target=loop.run)
        thread.start()
        wait_until(lambda: ledger.counts()["ambiguous"] == 1)
        loop.stop()
        thread.join(10)
    for file in tmp_path.glob("data/ledger.sqlite*"):
        file.unlink()
    assert "2 sent" in told(config, "rebuild")
    if lost == "ledger and the offsets":
        with SqliteLog(tmp_path / "data" / "events.sqlite", 1) as events:
            events.set_committed("slack", ALERTS, 0, 0)
    before = shown(slack)
    assert len(before) == 3
    deliver(tmp_path, slack, second, third)
    after = shown(slack)
    assert after.keys() == before.keys()
    assert sorted(after.values()) == [1, 1, 3]


@pytest.mark.usefixtures("config")
def test_a_ledger_that_is_gone_is_read_from_the_log_at_the_start(
    slack: FakeSlack, tmp_path: Path
) -> None:
    deliver(tmp_path, slack, alerts_of("one")[0])
    for file in tmp_path.glob("data/ledger.sqlite*"):
        file.unlink()
    deliver(tmp_path, slack, alerts_of("one")[1])
    assert list(shown(slack).values()) == [2]


def test_a_rebuild_keeps_what_was_there_before(
    slack: FakeSlack, config: Path, tmp_path: Path
) -> None:
    deliver(tmp_path, slack, alerts_of("one")[0])
    data = tmp_path / "data"
    copies = tmp_path / "copies"
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.put([])  # all that it knows now stands in its journal, as after a kill
        shutil.copytree(data, copies, ignore=shutil.ignore_patterns("events*"))
    for file in copies.glob("ledger.sqlite*"):
        shutil.copy(file, data)
    for _ in range(2):
        assert "1 sent" in told(config, "rebuild")
    for number in (1, 2):
        with Ledger(data / f"ledger.sqlite.old-{number}") as old:
            assert old.counts()["sent"] == 1


def test_a_ledger_that_knows_more_than_the_topic_is_not_given_up(
    slack: FakeSlack, config: Path, tmp_path: Path
) -> None:
    deliver(tmp_path, slack, alerts_of("one")[0])
    for file in tmp_path.glob("data/events.sqlite*"):
        file.unlink()
    assert "move it away by hand" in told(config, "rebuild", code=2)
    with Ledger(tmp_path / "data" / "ledger.sqlite") as ledger:
        assert ledger.counts()["sent"] == 1


def test_a_run_that_has_the_file_open_is_told(
    slack: FakeSlack, config: Path, tmp_path: Path
) -> None:
    with opened(tmp_path) as (events, _):
        publish(events, ALERTS, alerts_of("one"))
        assert "0 alerts" in told(config, "list")
        assert "stop that one first" in told(config, "replay", code=3)
        assert "stop that one first" in told(config, "rebuild", code=3)


def wait_until(found: object) -> None:
    for _ in range(400):
        if found():  # type: ignore[operator]
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen within 20 s")
