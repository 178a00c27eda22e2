"""The two products that are put side by side, each as a process of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from fakes.examples import alert_of, pyongyang_incident
from fakes.processes import launched
from fakes.slack_limits import WEBHOOK
from fakes.slack_server import FakeSlack
from fakes.slack_workspace import CHANNEL
from slack_consumer import LEDGER, put

from wheelsdown.records.alerts import Alert
from wheelsdown.records.journeys import StayStatus

#: Debian's name of the program.
ALERTMANAGER = "prometheus-alertmanager"
GROUP_WAIT_S = 1
GROUP_INTERVAL_S = 5
STARTED_WITHIN_S = 30.0


class Process:
    """A process that ends with this one; what it prints goes to ``log`` in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: subprocess.Popen[bytes] | None = None

    def launch(self, *command: str) -> None:
        """Start it."""
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [*launched(), *command],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            )

    def kill(self) -> None:
        """End it with SIGKILL; safe when it does not run."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def log_end(self) -> str:
        """The last that it printed."""
        return (self.folder / "log").read_text()[-2_000:]


class Alertmanager(Process):
    """Alertmanager with one Slack receiver, as its documentation has it: an incoming webhook.

    Left at its defaults but for the times of its groups. Whoever pushes alerts to it does so again
    after it was started anew.
    """

    posts_by = WEBHOOK

    def __init__(self, folder: Path, slack: FakeSlack) -> None:
        super().__init__(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self._told: dict[str, Any] = {}
        receiver = {
            "api_url": slack.webhook_url(),
            "channel": CHANNEL,
            "text": "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}",
        }
        route = {
            "receiver": "slack",
            "group_by": ["alertname"],
            "group_wait": f"{GROUP_WAIT_S}s",
            "group_interval": f"{GROUP_INTERVAL_S}s",
        }
        receivers = [{"name": "slack", "slack_configs": [receiver]}]
        # JSON is YAML.
        settings = json.dumps({"route": route, "receivers": receivers})
        (folder / "alertmanager.yml").write_text(settings)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch(
            ALERTMANAGER,
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
        )
        _wait_for(self._is_ready, self)

    def tell(self, text: str) -> None:
        """Push a firing alert."""
        self._told = {
            "labels": {"alertname": "StateFlight", "aircraft": "15521f"},
            "annotations": {"summary": text},
            "startsAt": datetime.now(UTC).isoformat(),
        }
        self.tell_again()

    def tell_again(self) -> None:
        """Push it again, as Prometheus does."""
        request = urllib.request.Request(
            self._at("api/v2/alerts"),
            data=json.dumps([self._told]).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=5).close()

    def change(self, text: str) -> None:
        """Push it with another annotation."""
        self._told["annotations"] = {"summary": text}
        self.tell_again()

    def end(self) -> None:
        """Push it as resolved."""
        self._told["endsAt"] = datetime.now(UTC).isoformat()
        self.tell_again()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(self._at("-/ready"), timeout=1):
                return True
        except OSError:
            return False

    def _at(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/{path}"


class Wheelsdown(Process):
    """The project's delivery over an SQLite log (slack_consumer.py).

    Nobody tells it anything twice.
    """

    posts_by = "chat.postMessage"

    def __init__(self, folder: Path, slack: FakeSlack) -> None:
        super().__init__(folder)
        self._slack = slack
        self._text = ""
        self._told = 0

    def start(self) -> None:
        """Start it and wait until it has its files."""
        script = str(Path(__file__).with_name("slack_consumer.py"))
        self.launch(sys.executable, script, str(self.folder), self._slack.base_url)
        _wait_for((self.folder / LEDGER).exists, self)

    def tell(self, text: str) -> None:
        """The first revision."""
        self._put("arrived", text)

    def tell_again(self) -> None:
        """Nothing: what it was told, it keeps."""

    def change(self, text: str) -> None:
        """The next revision."""
        self._put("left", text)

    def end(self) -> None:
        """The last revision, which still says what the alert was for."""
        self._put("returned", self._text)

    def _put(self, status: StayStatus, text: str) -> None:
        self._text = text
        put(self.folder, self._told, _alert(status, text))
        self._told += 1


def _wait_for(started: Callable[[], bool], process: Process) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while not started():
        if time.monotonic() > end:
            raise TimeoutError(f"{process} did not start; {process.log_end()}")
        time.sleep(0.05)


def _alert(status: StayStatus, text: str) -> Alert:
    """The incident of 2023 with this text where words of strangers stand: title and headlines."""
    incident = pyongyang_incident(status)
    (match,) = incident.visits
    headlines = tuple(msgspec.structs.replace(one, title=text) for one in match.visit.evidence)
    visit = msgspec.structs.replace(match.visit, evidence=headlines)
    return alert_of(
        msgspec.structs.replace(
            incident, title=text, visits=(msgspec.structs.replace(match, visit=visit),)
        )
    )


def alertmanager_version() -> str | None:
    """Of the one that is installed, None when none is."""
    if shutil.which(ALERTMANAGER) is None:
        return None
    told = subprocess.run([ALERTMANAGER, "--version"], capture_output=True, text=True, check=True)
    return (told.stdout or told.stderr).split()[2]
