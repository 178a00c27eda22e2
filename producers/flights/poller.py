"""Polls one flight source on its schedule and publishes what it saw, or that it saw nothing."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from producers.fetch import Answer, Fetcher, FetchError
from producers.flights.answer import MAX_SKEW
from producers.flights.picture import Picture, SourceError
from producers.flights.reception import reception_of
from producers.flights.source import PARSERS, FlightSource
from producers.flights.watch import Poll, Watches, silent_snapshots, snapshots
from wheelsdown.clock import Clock
from wheelsdown.crash_points import crash_point
from wheelsdown.daemon.backoff import Backoff, Jitter, retry, retry_after
from wheelsdown.daemon.health import Beat, Health
from wheelsdown.daemon.metrics import FEED_LAST_SUCCESS, FEED_POLLS, watch_silence
from wheelsdown.eventlog.port import UnavailableError
from wheelsdown.eventlog.publish import Publish
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.reception import Reception
from wheelsdown.records.topics import ADSB_SNAPSHOTS

#: The longest pause after failures, and between two snapshots that say that the source is silent.
LONGEST_SILENCE = timedelta(minutes=5)

#: A source is called silent when so many intervals have gone by without a usable answer.
PATIENCE = 3

#: How long a server may ask to be left alone (OpenSky's credits come back once a day).
LONGEST_RETRY_AFTER = timedelta(hours=24)

#: How often snapshots say where the source hears anybody, at most: the maps are as large as a dozen
#: aircraft, and a region that falls silent is judged over minutes.
RECEPTION_EVERY = timedelta(minutes=1)

#: How long an event log that is away is waited for; then its error ends the loop. A broker that was
#: repaired is found again within a few seconds.
PUBLISHING = Backoff(first_s=0.5, longest_s=5.0, tries=300, within_s=900.0)
#: How much longer than planned a turn may take: three requests with their deadlines, and a try to
#: publish, which takes up to half a minute.
STANDS_STILL_AFTER_S = 240.0

_log = structlog.get_logger()


class Login(Protocol):
    """Where the token of a source comes from that asks for one."""

    async def bearer(self) -> str:
        """A valid token; raises FetchError."""
        ...

    def forget(self) -> None:
        """The last token was refused."""
        ...


class FlightPoller:
    """One source. Every poll yields one snapshot a shard, also when it fails.

    A fault of the source never ends the loop: it makes a silent snapshot with the reason, and a
    pause that grows. An event log that is away is waited for within ``PUBLISHING``; then its error
    is raised, and any other error of it at once, so that whoever runs the loop starts it again or
    stops: no snapshot is lost without an error.
    """

    def __init__(
        self,
        source: FlightSource,
        fetcher: Fetcher,
        *,
        watches: Watches,
        shards: int,
        publish: Publish,
        clock: Clock,
        jitter: Jitter,
        login: Login | None = None,
    ) -> None:
        self._source = source
        self._fetcher = fetcher
        self._watches = watches
        self._shards = shards
        self._publish = publish
        self._clock = clock
        self._jitter = jitter
        self._login = login
        first_s = min(source.every_s, LONGEST_SILENCE.total_seconds())
        # Without end: the schedule goes on for as long as the process does.
        self._backoff = Backoff(
            first_s=first_s, longest_s=LONGEST_SILENCE.total_seconds(), tries=sys.maxsize
        )
        self._pauses_s: Iterator[float] = iter(())
        self._failures = 0
        self._trouble = ""
        self._reason = "no answer yet"
        self._usable_at = clock.now()
        self._beat: Beat = lambda: None
        self._read_before = False
        self._retry_at: datetime | None = None
        self._last_clock: datetime | None = None
        self._reception_told: datetime | None = None
        self._log = _log.bind(source=source.name)

    def loops(self) -> Sequence[Coroutine[Any, Any, None]]:
        """The one endless loop of this source."""
        return (self._poll_forever(),)

    def report_to(self, health: Health) -> None:
        """Tell ``health``, and the metrics, when the loop stands still or the source is silent."""
        name = f"flight source {self._source.name}"
        planned_s = LONGEST_SILENCE.total_seconds() + self._source.every_s
        self._beat = health.heartbeat(name, planned_s + STANDS_STILL_AFTER_S)
        health.check(name, self.silence)
        watch_silence("flights", self._source.name, self.silence)

    def silence(self) -> str | None:
        """Since when and why the source has given nothing usable; None while it does."""
        silent_for = self._clock.now() - self._usable_at
        if silent_for <= PATIENCE * timedelta(seconds=self._source.every_s):
            return None
        since = self._usable_at.isoformat(timespec="seconds")
        return (
            f"flight source {self._source.name} has given nothing usable since {since}: "
            f"{self._reason}"
        )

    async def _poll_forever(self) -> None:
        start = turn = self._clock.now()
        while True:
            found = await self._look(turn)
            await self._publish_durably(found)
            crash_point("flights.published")
            self._log.debug("snapshots_published", record_ids=[one.record_id for one in found])
            self._beat()
            turn = self._next(start)
            await self._clock.sleep_until(turn)

    def _next(self, start: datetime) -> datetime:
        """The next moment of the schedule; missed ones are skipped.

        While the source is left alone, the first one from which it may be asked again, or after
        which its silence has to be told again.
        """
        now = self._clock.now()
        every = timedelta(seconds=self._source.every_s)
        earliest = now
        if self._retry_at is not None:
            earliest = max(now, min(self._retry_at, now + LONGEST_SILENCE))
        return start + every * max((now - start) // every + 1, -((start - earliest) // every))

    async def _look(self, turn: datetime) -> list[Snapshot]:
        """The snapshots of the poll that was planned for ``turn``."""
        if self._retry_at is not None and self._clock.now() < self._retry_at:
            return silent_snapshots(self._poll(), self._trouble)
        try:
            answer = await self._ask()
            poll = self._poll()
            # Off the loop: an answer with the world's traffic takes a few tenths of a second.
            parse = PARSERS[self._source.format]
            picture = await asyncio.to_thread(parse, answer.body, poll.polled_at)
            self._refuse_standing_clock(picture)
            self._refuse_empty_world(picture)
        except (FetchError, SourceError) as error:
            self._failed(error)
            return silent_snapshots(self._poll(), self._trouble)
        if self._failures:
            self._log.info("flight_source_back", failures=self._failures)
        self._failures, self._retry_at = 0, None
        self._usable_at, self._reason = self._clock.now(), "no further answer"
        FEED_POLLS.labels("flights", self._source.name, "read").inc()
        FEED_LAST_SUCCESS.labels("flights", self._source.name).set(self._usable_at.timestamp())
        found = snapshots(poll, picture, self._watches, self._reception(turn, picture))
        if not self._read_before:
            self._read_before = True
            watched = sum(len(one.candidates) for one in found)
            self._log.info("flight_source_read", aircraft=len(picture.vectors), watched=watched)
        crash_point("flights.answered")
        return found

    def _reception(self, turn: datetime, picture: Picture) -> Reception | None:
        """The maps of the answer, when they are due: of the first one, and then once a minute.

        By the schedule, which is even, and not by the time of the answer: one that comes a moment
        earlier after its turn than the last would miss the minute.
        """
        told = self._reception_told
        if told is not None and abs(turn - told) < RECEPTION_EVERY:  # also if the clock is set back
            return None
        reception = reception_of(self._source.scope, picture)
        if reception is not None:
            self._reception_told = turn
        return reception

    def _poll(self) -> Poll:
        source = self._source
        return Poll(
            source.name, source.scope, self._shards, self._clock.now(), every_s=source.every_s
        )

    async def _ask(self) -> Answer:
        answer = await self._get()
        if answer.status == 401 and self._login is not None:
            self._login.forget()
            answer = await self._get()
        if answer.status != 200:
            raise FetchError(
                "bad_status",
                f"the source answered {answer.status}",
                retry_after=_asked_to_wait(answer.headers, self._clock.now()),
            )
        return answer

    async def _get(self) -> Answer:
        headers = {}
        if self._login is not None:
            headers["Authorization"] = f"Bearer {await self._login.bearer()}"
        return await self._fetcher.get(self._source.url, headers=headers)

    def _refuse_standing_clock(self, picture: Picture) -> None:
        """Tell a wrong clock, which can be corrected, from a server that serves an old file.

        Ages in an old file are no ages of now: with the clock corrected, long gone aircraft would
        be heard again. So a clock that is far off must have been seen to run.
        """
        before, self._last_clock = self._last_clock, picture.clock
        if picture.clock is None or abs(picture.at - picture.clock) <= MAX_SKEW:
            return
        if before is None or before == picture.clock:
            raise SourceError("old_answer", f"{picture.reason} and has not been seen to run")

    def _refuse_empty_world(self, picture: Picture) -> None:
        """Tell a source that has lost its receivers from a sky in which nobody flies.

        At any time thousands are in the air; believed, such an answer would say that all are gone.
        """
        if self._source.scope.kind == "world" and not picture.vectors:
            raise SourceError("no_aircraft", picture.reason or "no aircraft in the whole world")

    def _failed(self, error: FetchError | SourceError) -> None:
        now = self._clock.now()
        if not self._failures:
            self._pauses_s = self._backoff.waits(self._jitter)
        self._failures += 1
        pause = timedelta(seconds=next(self._pauses_s))
        if isinstance(error, FetchError) and error.retry_after is not None:
            pause = min(max(pause, error.retry_after), LONGEST_RETRY_AFTER)
        self._retry_at = now + pause
        self._trouble, self._reason = f"{error.reason}: {error}", error.reason
        FEED_POLLS.labels("flights", self._source.name, error.reason).inc()
        self._log.warning(
            "flight_poll_failed",
            reason=error.reason,
            error=str(error),
            failures=self._failures,
            retry_at=self._retry_at.isoformat(),
        )

    async def _publish_durably(self, records: Sequence[Snapshot]) -> None:
        await retry(
            lambda: self._publish(ADSB_SNAPSHOTS, records),
            on=UnavailableError,
            backoff=PUBLISHING,
            clock=self._clock,
            jitter=self._jitter,
            failed=self._publish_failed,
        )

    def _publish_failed(self, error: Exception, wait_s: float) -> None:
        self._log.warning("flight_publish_failed", error=str(error), wait_s=wait_s)
        self._beat()  # a log that is away is no loop that stands still


def _asked_to_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What the server asks for; OpenSky has a header of its own, in seconds."""
    own = headers.get("X-Rate-Limit-Retry-After-Seconds")
    return retry_after(headers.get("Retry-After") if own is None else own, now)
