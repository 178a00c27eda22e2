"""Named places, before and after each durable step, where a test can make a daemon die.

``WHEELSDOWN_CRASH_AT=NAME`` or ``NAME:N`` in the environment kills the process (SIGKILL), like a
power cut, at its first or N-th pass of that place. In a live run the variable is absent and a place
costs one comparison. Every command begins with ``refuse_unknown_point``, so that a test can't wait
for a place that no longer exists.
"""

import os
import signal
import threading
from collections.abc import Mapping

VARIABLE = "WHEELSDOWN_CRASH_AT"

#: The places of each daemon, in the order in which one record passes them.
POINTS: Mapping[str, tuple[str, ...]] = {
    "flights": (
        "flights.answered",  # a source has answered, nothing is published
        "flights.published",
    ),
    "news": (
        "news.answered",
        "news.published",  # but not remembered: published again after a crash
        "news.remembered",
    ),
    "rules": tuple(
        f"{stage}.{place}"
        for stage in ("journeys", "visits", "cases", "dispatch")
        for place in ("taken", "published", "written")
    ),
    "slack": (
        "slack.taken",  # an alert has come
        "slack.intended",  # the intent is on deliveries.v1, not in the ledger
        "slack.noted",  # and in the ledger; nothing was sent
        "slack.answered",  # Slack has answered, nobody wrote it down
        "slack.told",  # the outcome is on deliveries.v1, not in the ledger
        "slack.settled",  # and in the ledger; the offset is not committed
        "slack.committed",
    ),
}


class UnknownPointError(ValueError):
    """The environment names a place that does not exist."""


class _Armed:
    """The place to die at and how many passes are left, from the environment."""

    def __init__(self, wish: str) -> None:
        self.wish = wish
        self.name, _, number = wish.partition(":")
        self.passes = int(number or "1") if (number or "1").isdecimal() else 0
        self._lock = threading.Lock()

    def pass_by(self) -> None:
        with self._lock:
            self.passes -= 1
            if self.passes == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_armed = _Armed(os.environ.get(VARIABLE, ""))


def refuse_unknown_point() -> None:
    """Raise UnknownPointError when the environment names a place that no process can come to."""
    known = any(_armed.name in names for names in POINTS.values())
    if _armed.wish and not (known and _armed.passes > 0):
        raise UnknownPointError(
            f"{VARIABLE} is {_armed.wish!r}, which is no crash point; it is NAME or NAME:N, and "
            f"the names are {', '.join(name for names in POINTS.values() for name in names)}"
        )


def crash_point(name: str) -> None:
    """Die here if the environment says so."""
    if name == _armed.name:
        _armed.pass_by()
