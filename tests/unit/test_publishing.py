"""What a daemon knows of its publishing: since when it fails, and whom to wake."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from cli.publishing import Publisher
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import NewMessage, UnavailableError
from wheelsdown.records.progress import progress
from wheelsdown.records.topics import NEWS_ENTRIES

NOON = datetime(2023, 7, 31, 12, tzinfo=UTC)
TOLD = progress("news", part=0, parts=1, up_to=NOON, observed_at=NOON)


class ComesAndGoes(MemoryLog):
    """A log that can be away."""

    away = False

    def append(self, messages: Iterable[NewMessage]) -> None:
        if self.away:
            raise UnavailableError("away")
        super().append(messages)


def counted() -> float:
    labels = {"topic": NEWS_ENTRIES.name}
    return REGISTRY.get_sample_value("wheelsdown_records_published_total", labels) or 0.0


async def test_it_says_since_when_nothing_could_be_published_until_something_is() -> None:
    clock = VirtualClock(NOON)
    with ComesAndGoes(1) as log:
        publisher = Publisher(log, clock)
        before = counted()
        assert publisher.failure() is None
        log.away = True
        for _ in range(2):
            with pytest.raises(UnavailableError):
                await publisher(NEWS_ENTRIES, [TOLD])
            clock._now += timedelta(minutes=1)
        assert publisher.failure() == "nothing could be published since 2023-07-31T12:00:00+00:00"
        assert (publisher.published.is_set(), counted()) == (False, before)
        log.away = False
        await publisher(NEWS_ENTRIES, [TOLD, TOLD])
        assert publisher.failure() is None
        assert (publisher.published.is_set(), counted()) == (True, before + 2)
