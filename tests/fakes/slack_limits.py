"""How often Slack takes which method, from its documentation: token buckets that refill steadily.

Posting is limited for each channel, everything else for the app as a whole. Slack says "50+ per
minute, occasional bursts tolerated" and keeps the rest to itself; the bursts here are guesses on
the strict side.
"""

import math
from dataclasses import dataclass

#: The name under which calls of incoming webhooks are counted, limited and given faults.
WEBHOOK = "webhook"


@dataclass(frozen=True)
class Limit:
    """``burst`` calls at once, ``per_s`` a second for long."""

    per_s: float
    burst: float
    by_channel: bool = False


_POSTING = Limit(per_s=1.0, burst=3.0, by_channel=True)
_TIER_3 = Limit(per_s=50 / 60, burst=10.0)
_TIER_4 = Limit(per_s=100 / 60, burst=20.0)

LIMITS = {
    "chat.postMessage": _POSTING,
    WEBHOOK: _POSTING,
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.replies": _TIER_3,
    "files.getUploadURLExternal": _TIER_4,
    "files.completeUploadExternal": _TIER_4,
}

#: Times since 1970 have no more digits to spare in a float.
_ROUNDING = 1e-6


class Buckets:
    """What is left of each limit."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def wait_s(self, method: str, channel: str, now: float) -> int:
        """0 when the call is taken, which spends of its limit; else the whole seconds, rounded up,
        after which the next one will be.
        """
        limit = LIMITS.get(method)
        if limit is None:
            return 0
        key = (method, channel if limit.by_channel else "")
        left, since = self._left.get(key, (limit.burst, now))
        left = min(limit.burst, left + max(0.0, now - since) * limit.per_s)
        taken = left + _ROUNDING >= 1
        self._left[key] = (left - 1 if taken else left, now)
        return 0 if taken else max(1, math.ceil((1 - left) / limit.per_s - _ROUNDING))
