"""How the producers of a run publish: what is counted, what is told, who is woken."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from wheelsdown.clock import Clock
from wheelsdown.daemon.metrics import RECORDS_PUBLISHED
from wheelsdown.eventlog.port import EventLog, EventLogError
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic


class Publisher:
    """Publishes off the event loop, since a broker's answer may take seconds.

    A ``Publish`` for producers; raises what the log raises. ``published`` is set after each
    success, for rules in the same process.
    """

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self.published = asyncio.Event()
        self._log = log
        self._clock = clock
        self._failing_since: datetime | None = None

    async def __call__(self, topic: Topic, records: Sequence[Record]) -> None:
        """Append the records; when it returns, they are durable."""
        began = self._clock.now()
        try:
            await asyncio.to_thread(publish, self._log, topic, records)
        except EventLogError:
            self._failing_since = self._failing_since or began
            raise
        self._failing_since = None
        RECORDS_PUBLISHED.labels(topic.name).inc(len(records))
        self.published.set()

    def failure(self) -> str | None:
        """Since when nothing could be published; None while it can, as far as is known."""
        if self._failing_since is None:
            return None
        since = self._failing_since.isoformat(timespec="seconds")
        return f"nothing could be published since {since}"
