"""The real Slack consumer over an SQLite log, as a process of its own: to be killed and restarted.

``python bench/slack_consumer.py FOLDER BASE_URL`` keeps its log and ledger in FOLDER and delivers
to the Slack at BASE_URL until it gets SIGTERM. Since no other process can write to its log, it
publishes the alerts itself: ``FOLDER/inbox/0000.json``, ``0001.json`` and so on, each one alert as
``ALERTS.encode`` gives it, in this order, once each, also when it dies in between: a file's number
is its offset. Files are to appear whole (``put`` writes them so); they stay. Routes are those of
``CHANNELS``. It logs JSON to standard error. Exit code 0 after SIGTERM, 1 when it failed.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.slack_server import TOKEN
from fakes.slack_workspace import CHANNEL

from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries
from consumers.ledger import Ledger
from consumers.slack.client import web_client
from consumers.slack.send import SlackSender
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.backoff import system_jitter
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS

#: The channel of each route.
CHANNELS: Mapping[str, str] = {
    "default": CHANNEL,
    **{f"r{number}": f"C0ROUTE{number:03}" for number in range(1, 5)},
}
LEDGER = "ledger.sqlite"
LOG = "events.sqlite"
#: How often it looks into the inbox.
LOOK_EVERY_S = 0.05


def put(folder: Path, number: int, alert: Alert) -> None:
    """Have the consumer of the folder publish this alert as the one of this number."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    begun = inbox / f"{number:04}.begun"
    begun.write_bytes(ALERTS.encode(alert))
    begun.rename(inbox / f"{number:04}.json")


def arrived(folder: Path, number: int) -> Iterator[Alert]:
    """The alerts of the inbox from this number on, as far as there are any."""
    while (file := folder / "inbox" / f"{number:04}.json").exists():
        alert = ALERTS.decode(file.read_bytes())
        assert isinstance(alert, Alert)
        yield alert
        number += 1


def main(folder: Path, base_url: str) -> int:
    """Deliver until told to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    configure_logging(style="json", clock=clock, stream=sys.stderr, level="info", secrets=[TOKEN])
    with SqliteLog(folder / LOG, 1) as events, Ledger(folder / LEDGER) as ledger:
        client = web_client(TOKEN, base_url=base_url)
        deliveries = Deliveries(events, ledger)
        loop = DeliveryLoop(
            events,
            "slack",
            SlackSender(client, CHANNELS, deliveries, clock, system_jitter),
            clock,
        )
        asked = threading.Event()

        def stop(*_: object) -> None:
            asked.set()
            loop.stop()

        signal.signal(signal.SIGTERM, stop)
        delivering = threading.Thread(target=loop.run, name="delivering")
        delivering.start()
        while delivering.is_alive():
            (end,) = events.ends(ALERTS)
            publish(events, ALERTS, list(arrived(folder, end)))
            time.sleep(LOOK_EVERY_S)
    return 0 if asked.is_set() else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
