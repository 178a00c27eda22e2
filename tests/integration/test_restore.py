"""An older event log is restored: with the ledger of today no message is repeated."""

import shutil
from pathlib import Path

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from fakes.inprocess_slack import InProcessSlack, SteppingClock
from fakes.slack_workspace import CHANNEL
from typer.testing import CliRunner

from cli.main import app
from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries
from consumers.ledger import Ledger
from consumers.slack.send import SlackSender
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS


def revisions_of(name: str) -> list[Alert]:
    return [
        msgspec.structs.replace(one, alert_id=name, record_id=f"{name}-{one.revision}")
        for one in pyongyang_alerts()
    ]


def come(folder: Path, slack: InProcessSlack, *alerts: Alert) -> None:
    """These come on the log, and a consumer shows them."""
    clock = slack.clock
    with SqliteLog(folder / "events.sqlite", 1) as log, Ledger(folder / "ledger.sqlite") as ledger:
        publish(log, ALERTS, alerts)
        deliveries = Deliveries(log, ledger)
        sender = SlackSender(
            slack.client(),
            {"default": CHANNEL},
            deliveries,
            clock,
            lambda: 1.0,
            elapsed_s=clock.elapsed_s,
        )
        loop = DeliveryLoop(log, "slack", sender, clock, elapsed_s=clock.elapsed_s, rest=clock.wait)
        loop.drain()


def shown(slack: InProcessSlack) -> list[tuple[str, int]]:
    """Alert and revision of each message."""
    payloads = [one["metadata"]["event_payload"] for one in slack.workspace.alerts()]
    return sorted((one["alert_id"], one["revision"]) for one in payloads)


@pytest.mark.parametrize(
    ("restored", "doubled"),
    [(("events.sqlite",), []), (("events.sqlite", "ledger.sqlite"), [("after", 2)])],
)
def test_an_older_log_with_the_ledger_of_today_repeats_no_message(
    restored: tuple[str, ...], doubled: list[tuple[str, int]], tmp_path: Path
) -> None:
    data, copy, config = tmp_path / "data", tmp_path / "copy", tmp_path / "wheelsdown.toml"
    data.mkdir()
    config.write_text('[log]\npartitions = 1\n[data]\nfolder = "data"\n')
    slack = InProcessSlack(SteppingClock())
    before, after = revisions_of("before"), revisions_of("after")
    come(data, slack, before[0])
    backup = ["backup", "--config", str(config), "--into", str(copy)]
    assert CliRunner().invoke(app, backup).exit_code == ExitCode.OK
    come(data, slack, before[1], after[0])
    come(data, slack, after[1])
    assert shown(slack) == [("after", 2), ("before", 2)]

    for name in restored:
        for old in data.glob(f"{name}*"):
            old.unlink()
        shutil.copy(copy / name, data)
    come(data, slack, before[1], after[0])
    come(data, slack, after[1])
    come(data, slack, before[2], after[2])
    assert shown(slack) == sorted([("after", 3), ("before", 3), *doubled])
