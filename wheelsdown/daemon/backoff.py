"""Waiting before another try: as asked for, or exponential with full jitter; always with an end.

Full jitter (a wait anywhere between nothing and the present ceiling) spreads the load of clients
that lost the same server at the same moment better than a fixed wait does; see M. Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import email.utils
import math
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from wheelsdown.clock import Clock

#: A number from 0 (inclusive) to 1 (exclusive), by chance.
Jitter = Callable[[], float]

Value = TypeVar("Value")


def system_jitter() -> float:
    """The jitter of live runs."""
    return secrets.randbelow(1 << 53) / (1 << 53)


@dataclass(frozen=True)
class Backoff:
    """How often and how long to try again.

    The wait before the n-th further try is between 0 and min(``longest_s``, ``first_s`` * 2^(n-1))
    seconds. No try begins after ``tries`` of them, or later than ``within_s`` after the first.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    tries: int = 10
    within_s: float = 300.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s or self.tries < 1 or self.within_s < 0:
            raise ValueError(f"not a way to wait: {self}")

    def waits(self, jitter: Jitter) -> Iterator[float]:
        """The waits in seconds between the tries: one fewer than there are tries."""
        ceiling = self.first_s
        for _ in range(self.tries - 1):
            yield ceiling * jitter()
            ceiling = min(self.longest_s, ceiling * 2)


async def retry(
    attempt: Callable[[], Awaitable[Value]],
    *,
    on: type[Exception] | tuple[type[Exception], ...],
    backoff: Backoff,
    clock: Clock,
    jitter: Jitter,
    failed: Callable[[Exception, float], None],
) -> Value:
    """What ``attempt`` gives, tried again while it raises ``on``.

    Args:
        attempt: does it once, with a deadline of its own.
        on: the errors after which another try can help.
        backoff: how long to go on.
        clock: measures ``within_s`` and waits.
        jitter: randomness.
        failed: told of each error that is followed by another try, and of the wait in seconds.

    Raises:
        Exception: the last try's error when there is no further try, any other error at once.
    """
    until = clock.now() + timedelta(seconds=backoff.within_s)
    for wait_s in backoff.waits(jitter):
        try:
            return await attempt()
        except on as error:
            again = clock.now() + timedelta(seconds=wait_s)
            if again > until:
                raise
            failed(error, wait_s)
            await clock.sleep_until(again)
    return await attempt()


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header (RFC 9110 section 10.2.3) asks to wait; None if it does not.

    Seconds, which some servers give as a decimal, or a date. Never negative, at most 30 years, and
    not otherwise clamped: that is for the reader to do.
    """
    text = (header or "").strip()
    try:
        seconds = float(text) if text.isascii() else math.nan
    except ValueError:
        return _until(text, now)
    return timedelta(seconds=min(max(seconds, 0.0), 1e9)) if math.isfinite(seconds) else None


def _until(date: str, now: datetime) -> timedelta | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": UTC by RFC 5322
        moment = moment.replace(tzinfo=UTC)
    return max(timedelta(0), moment - now)
