"""How often Slack may be called: a token bucket for each of its limits, frozen where it says so.

Sources: docs.slack.dev/apis/web-api/rate-limits. chat.postMessage takes about one message a second
and channel, with short bursts; chat.update and conversations.history are of tier 3, more than 50
calls a minute and app. "Continuing to send messages after exceeding a rate limit runs the risk of
your app being permanently disabled", so a bucket stays a little below and a 429 is obeyed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from consumers.outcome import Lane

POST = "chat.postMessage"
UPDATE = "chat.update"
HISTORY = "conversations.history"


@dataclass(frozen=True)
class Rate:
    """Calls a second in the long run, and how many may come at once after a pause."""

    per_s: float
    burst: float


_TIER_3 = Rate(per_s=50 / 60, burst=5)
RATES = {POST: Rate(per_s=1.0, burst=2), UPDATE: _TIER_3, HISTORY: _TIER_3}
#: The only limit that counts by channel; the others hold for the app as a whole.
_BY_CHANNEL = frozenset({POST})


class Limits:
    """What each limit has left. Safe to use from several threads."""

    def __init__(self, elapsed_s: Callable[[], float]) -> None:
        """``elapsed_s`` is the time in seconds, of which only differences mean something."""
        self._elapsed_s = elapsed_s
        self._lock = threading.Lock()
        #: The moment at which a bucket was or will be full; each call moves it by its share.
        self._full_at: dict[tuple[str, str], float] = {}
        self._frozen_until: dict[tuple[str, str], float] = {}

    def free_at(self, lane: Lane) -> float:
        """From when on there is a token for another call."""
        key, rate = _key(lane), RATES[lane.method]
        with self._lock:
            full_at = self._full_at.get(key, float("-inf"))
            frozen_until = self._frozen_until.get(key, float("-inf"))
        return max(full_at - (rate.burst - 1) / rate.per_s, frozen_until)

    def spend(self, lane: Lane) -> None:
        """A call is made; one too many is owed."""
        key, rate = _key(lane), RATES[lane.method]
        with self._lock:
            full_at = max(self._full_at.get(key, float("-inf")), self._elapsed_s())
            self._full_at[key] = full_at + 1 / rate.per_s

    def freeze(self, lane: Lane, for_s: float) -> None:
        """Slack wants to be left alone for so long; after that the calls come one by one."""
        key, rate = _key(lane), RATES[lane.method]
        with self._lock:
            until = max(self._frozen_until.get(key, float("-inf")), self._elapsed_s() + for_s)
            self._frozen_until[key] = until
            self._full_at[key] = max(
                self._full_at.get(key, until), until + (rate.burst - 1) / rate.per_s
            )


def _key(lane: Lane) -> tuple[str, str]:
    return (lane.method, lane.channel if lane.method in _BY_CHANNEL else "")
