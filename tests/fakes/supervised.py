"""A daemon of this project as a process that is killed, watched and started again."""

import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import MappingProxyType
from typing import NamedTuple
from urllib.request import urlopen

from fakes.processes import wheelsdown

from wheelsdown.crash_points import VARIABLE
from wheelsdown.daemon.lifecycle import ExitCode

#: With these a supervisor starts a daemon again (docs/operating.md).
RESTARTED = {ExitCode.UNAVAILABLE, ExitCode.FAILED, ExitCode.STUCK}
KILLED = -9
#: So often a daemon may leave by itself in a run before something is wrong with it.
MOST_RESTARTS = 5
STOPS_WITHIN_S = 30.0
ANSWERS_WITHIN_S = 2.0


class Setup(NamedTuple):
    """How daemons are started where that is not as usual.

    ``kafka`` are the lines of ``[kafka]``, ``feeds`` further sections of the settings.
    """

    options: Sequence[str] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    program: Sequence[str] = ("-m", "cli")
    kafka: str = ""
    feeds: str = ""


AS_USUAL = Setup()


class RunError(Exception):
    """A daemon did what no daemon should; the message has the end of its log."""


class Daemon:
    """One command as a process that is killed, watched and started again."""

    def __init__(self, command: str, config: Path, token: str, setup: Setup) -> None:
        self.command = command
        self.log = config.parent / f"{command.replace(' ', '-')}.log"
        #: Exit codes of ends that nobody asked for, but for kills.
        self.left: Counter[int] = Counter()
        #: The crash points at which it died.
        self.died: list[str] = []
        self.started_at = 0.0
        options = ("--config", str(config), "--health-port", "0", *setup.options)
        self._arguments = (*command.split(), *options)
        self._environment = {"WHEELSDOWN_SLACK_TOKEN": token, **setup.environment}
        self._program = setup.program
        self._process: Popen[bytes] | None = None
        self._deaths: deque[str] = deque()
        self._log_starts = 0

    def start(self, deaths: Iterable[str] = ()) -> None:
        """Start it, to die at these crash points, one after the other.

        To be called by a thread that lives as long as the daemon, which dies with it.
        """
        self._deaths = deque(deaths)
        self._launch()

    def _launch(self) -> None:
        place = {VARIABLE: self._deaths[0]} if self._deaths else {}
        self.started_at = time.monotonic()
        self._log_starts = self.log.stat().st_size if self.log.exists() else 0
        self._process = wheelsdown(
            *self._arguments, log=self.log, program=self._program, **self._environment, **place
        )

    def watch(self) -> None:
        """Start it again if it has ended, as a supervisor would.

        Raises RunError when it left with a code after which it is not to be started again, or left
        too often.
        """
        assert self._process is not None
        code = self._process.poll()
        if code is None:
            return
        if code == KILLED and self._deaths:
            self.died.append(self._deaths.popleft())
        else:
            self.left[code] += 1
            if code not in RESTARTED or self.left.total() > MOST_RESTARTS:
                raise RunError(f"{self.command} left with {code}:\n{self.end_of_log()}")
        self._launch()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit code, which is that of a kill when it does not."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(STOPS_WITHIN_S)
        except TimeoutExpired:
            self.kill()
            return KILLED

    def is_ready(self) -> bool:
        """Whether it says so itself (``/readyz``)."""
        said = self.log.read_bytes()[self._log_starts :]
        port = re.search(rb"health_listening.* port=(\d+)", said)
        if port is None:
            return False
        try:
            with urlopen(f"http://127.0.0.1:{int(port[1])}/readyz", timeout=ANSWERS_WITHIN_S):
                return True
        except OSError:  # it is not there yet, or answers 503
            return False

    def end_of_log(self) -> str:
        """The last of what it said."""
        return self.log.read_text(errors="replace")[-3000:]
