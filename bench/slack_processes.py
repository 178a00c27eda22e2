"""The Slack consumer as a process that slack_kills.py starts and kills, over either log."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from fakes.kafka_broker import running_broker
from fakes.processes import launched, wheelsdown
from fakes.slack_server import TOKEN
from fakes.slack_workspace import CHANNEL
from slack_consumer import CHANNELS, put

from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS


class Consumer(Protocol):
    """The process, and how alerts come to it.

    ``folder`` has its ledger and ``consumer.log``. ``longest_life_s`` is the longest time from a
    start to a kill.
    """

    folder: Path
    routes: tuple[str, ...]
    longest_life_s: float

    def publish(self, alert: Alert) -> None:
        """Put the alert on its log."""
        ...

    def start(self) -> subprocess.Popen[bytes]:
        """Start it."""
        ...


class OverSqlite:
    """slack_consumer.py, with several channels."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder = folder
        self.routes = tuple(CHANNELS)
        self.longest_life_s = 12.0
        self._base_url = base_url
        self._published = 0

    def publish(self, alert: Alert) -> None:
        put(self.folder, self._published, alert)
        self._published += 1

    def start(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("slack_consumer.py")
        with (self.folder / "consumer.log").open("ab") as log:
            return subprocess.Popen(
                [*launched(), sys.executable, str(script), str(self.folder), self._base_url],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(script.parents[1])},
            )


class OverKafka:
    """``wheelsdown consumers slack``, which has one channel."""

    def __init__(self, folder: Path, base_url: str, bootstrap: str) -> None:
        self.folder = folder
        self.routes: tuple[str, ...] = ("default",)
        self.longest_life_s = 30.0  # its group misses a dead one only after ten
        self._log = KafkaLog(KafkaConnection(bootstrap=(bootstrap,)), 1)
        self._log.create_topics(1)
        self._config = folder / "wheelsdown.toml"
        self._config.write_text(
            '[log]\nkind = "kafka"\npartitions = 1\n'
            f'[kafka]\nbootstrap = ["{bootstrap}"]\n'
            f'[data]\nfolder = "{folder}"\n'
            f'[slack]\nchannel = "{CHANNEL}"\nbase_url = "{base_url}"\n'
        )

    def publish(self, alert: Alert) -> None:
        publish(self._log, ALERTS, [alert])

    def start(self) -> subprocess.Popen[bytes]:
        return wheelsdown(
            *("consumers", "slack", "--config", str(self._config), "--json-logs"),
            *("--health-port", "0"),
            log=self.folder / "consumer.log",
            WHEELSDOWN_SLACK_TOKEN=TOKEN,
        )


@contextmanager
def consumer_in(folder: Path, base_url: str, *, on_kafka: bool) -> Iterator[Consumer]:
    """The consumer with its files in the folder, and with the broker that it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    if not on_kafka:
        yield OverSqlite(folder, base_url)
        return
    with running_broker(folder / "broker") as broker:
        yield OverKafka(folder, base_url, broker.bootstrap)
