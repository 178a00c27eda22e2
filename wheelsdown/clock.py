"""The only place that reads a clock. Everything else is told the time.

``SystemClock`` for live runs; ``VirtualClock`` for the demo and for tests: it stands still until it
is told to jump to the next moment that somebody waits for.
"""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time, in UTC, and waiting for it."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return at ``moment`` or at once when it has passed."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Return at ``moment`` or at once when it has passed."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class VirtualClock:
    """Time that passes only when ``jump`` is called; for one event loop."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """The present moment."""
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        """Return when a jump has reached ``moment``; at once when it has passed."""
        if moment <= self._now:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (moment, next(self._order), future))
        self._changed.set()
        await future

    async def until_asleep(self, sleepers: int) -> None:
        """Return when so many tasks wait for this clock: nothing else can happen without a jump."""
        while sum(not future.done() for _, _, future in self._sleepers) < sleepers:
            self._changed.clear()
            await self._changed.wait()

    def jump(self) -> datetime | None:
        """Go to the next moment that somebody waits for and wake those; None when nobody waits."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers:
            return None
        self._now = self._sleepers[0][0]
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
        return self._now


def monotonic_s() -> float:
    """Seconds that never go back, for deadlines; only differences mean something."""
    return time.monotonic()
