"""Polls the feeds: each in a loop of its own, so that none waits for another that is stuck.

A poll asks conditionally, parses elsewhere (``ParserProcess``), publishes what is new, and only
then remembers that it did: after a crash in between, the same entries are published again, under
the same record ids. At the first poll of a feed all that it holds is published; how old an entry is
stands in it, and the stages that decide know better what age matters.
"""

import asyncio
import functools
import hashlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from producers.fetch import Answer, Fetcher, FetchError
from producers.news.answers import ACCEPT, USABLE, reading_of, refusal_of, shown
from producers.news.memory import NewsMemory
from producers.news.parsed import FeedError
from producers.news.parser_process import ParserProcess
from producers.news.schedule import (
    Failure,
    Reading,
    after_failure,
    after_reading,
    resumed,
)
from producers.news.standing import PATIENCE, FeedStanding, standing
from wheelsdown.clock import Clock
from wheelsdown.crash_points import crash_point
from wheelsdown.daemon.backoff import Backoff, Jitter, retry
from wheelsdown.daemon.health import Beat, Health
from wheelsdown.daemon.metrics import FEED_LAST_SUCCESS, FEED_POLLS, watch_silence
from wheelsdown.eventlog.port import UnavailableError
from wheelsdown.eventlog.publish import Publish
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import NEWS_ENTRIES

#: A feed that is gone for good is not asked again; its operator is told once a day.
REMINDER = timedelta(days=1)
#: So many records are handed to the log at once.
BATCH = 500
#: How long entries wait for a log that is unavailable before the producer gives up. A broker that
#: was repaired is found again within a few seconds.
PUBLISHING = Backoff(first_s=0.5, longest_s=5.0, tries=300, within_s=900.0)
#: How much longer than planned a turn may take; one try to publish takes up to half a minute.
STANDS_STILL_AFTER_S = 180.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FeedSource:
    """A feed as configured. ``name`` is its identity: entries keep their ids when the URL changes.

    ``language`` is the language of its entries, for a feed that says it wrongly or not at all.
    """

    name: str
    url: str
    every_s: float
    language: str | None = None

    @property
    def every(self) -> timedelta:
        """The interval between polls."""
        return timedelta(seconds=self.every_s)


class NewsPoller:
    """Polls feeds and publishes entries and progress to ``NEWS_ENTRIES``.

    ``concurrency`` limits the polls at one time, ``heartbeat_s`` is the pace of progress records.
    A run is repeatable with a ``concurrency`` of 1 and a ``jitter`` of 0. Where several pollers
    share the feeds, each is one ``part`` of ``parts``. Fetcher, parser and memory belong to the
    caller, who closes them after the loops have ended.
    """

    def __init__(
        self,
        feeds: Sequence[FeedSource],
        fetcher: Fetcher,
        parser: ParserProcess,
        memory: NewsMemory,
        *,
        publish: Publish,
        clock: Clock,
        jitter: Jitter,
        concurrency: int = 16,
        heartbeat_s: float = 60.0,
        part: int = 0,
        parts: int = 1,
    ) -> None:
        self._feeds = {feed.name: feed for feed in feeds}
        if len(self._feeds) < len(feeds):
            raise ValueError("two feeds have the same name")
        self._fetcher = fetcher
        self._parser = parser
        self._memory = memory
        self._publish_to = publish
        self._clock = clock
        self._jitter = jitter
        self._turns = asyncio.Semaphore(concurrency)
        self._heartbeat = timedelta(seconds=heartbeat_s)
        self._part = part
        self._parts = parts
        self._began = clock.now()
        self._beat: Beat = lambda: None
        self._states = {
            feed.name: resumed(memory.recall(feed.name), feed.url, at=clock.now(), every=feed.every)
            for feed in feeds
        }

    def loops(self) -> Sequence[Coroutine[Any, Any, None]]:
        """One endless loop for each feed, and one that tells how far all are read.

        They end with an EventLogError when the log stays unavailable or refuses a record, and with
        a NewsMemoryError.
        """
        return [*(self._watch(feed) for feed in self._feeds.values()), self._tell_progress()]

    def report_to(self, health: Health) -> None:
        """Tell ``health``, and the metrics, when reading stands still or a feed is silent."""
        within_s = self._heartbeat.total_seconds() + STANDS_STILL_AFTER_S
        self._beat = health.heartbeat(f"news reader {self._part}", within_s)
        for name in self._feeds:
            silence = functools.partial(self.silence, name)
            health.check(f"news feed {name}", silence)
            watch_silence("news", name, silence)

    def silence(self, feed: str) -> str | None:
        """Since when and why a feed has given nothing usable; None while it does.

        Counts from the start of this process at the earliest.
        """
        state = self._states[feed]
        since = max(self._began, state.last_read or self._began)
        if self._clock.now() - since <= PATIENCE * self._feeds[feed].every:
            return None
        reason = state.failure or "no further answer"
        told = since.isoformat(timespec="seconds")
        return f"news feed {feed} has given nothing usable since {told}: {reason}"

    async def _watch(self, feed: FeedSource) -> None:
        while True:
            await self._clock.sleep_until(self._states[feed.name].due)
            if self._states[feed.name].gone:
                self._remind(feed)
            else:
                async with self._turns:
                    await self._poll(feed)

    async def _poll(self, feed: FeedSource) -> None:
        state = self._states[feed.name]
        at = self._clock.now()
        try:
            answer = await self._fetcher.get(
                state.url, etag=state.etag, last_modified=state.last_modified, headers=ACCEPT
            )
            if answer.status == 304 and (state.etag or state.last_modified):
                # It holds what it held when it was last read.
                unchanged = Reading(
                    etag=state.etag,
                    last_modified=state.last_modified,
                    body_hash=state.body_hash,
                    moved_to=answer.moved_to,
                )
                self._succeeded(feed, unchanged, at)
            elif answer.status in USABLE:
                await self._read(feed, answer, at)
            else:
                self._failed(feed, refusal_of(answer, self._clock.now()))
        except (FetchError, FeedError) as error:
            self._failed(feed, Failure(kind="failing", reason=error.reason, message=str(error)))

    async def _read(self, feed: FeedSource, answer: Answer, at: datetime) -> None:
        state = self._states[feed.name]
        whole = reading_of(answer, hashlib.sha256(answer.body).hexdigest())
        if whole.body_hash == state.body_hash:
            self._succeeded(feed, whole, at)
            return
        parsed = await self._parser.parse(
            answer.body,
            feed=feed.name,
            url=answer.url,
            headers=answer.headers,
            observed_at=self._clock.now(),
            language=feed.language,
        )
        sifted = self._memory.sift(feed.name, parsed.entries)
        crash_point("news.answered")
        await self._publish(sifted.fresh)
        crash_point("news.published")
        for entry in sifted.fresh:
            log.info("entry_published", feed=feed.name, record_id=entry.record_id)
        # A file that was cut short may be whole at the next poll, under the same validators.
        part = msgspec.structs.replace(
            whole,
            etag=state.etag,
            last_modified=state.last_modified,
            body_hash=state.body_hash,
        )
        read = part if parsed.truncated else whole
        self._succeeded(feed, read, at, entries=parsed.entries, fresh=sifted.fresh)
        crash_point("news.remembered")
        log.info(
            "feed_read",
            feed=feed.name,
            entries=len(parsed.entries),
            fresh=len(sifted.fresh),
            churning=sifted.churning,
            degraded=parsed.degraded,
            truncated=parsed.truncated,
            dropped=parsed.dropped,
        )

    def _succeeded(
        self,
        feed: FeedSource,
        reading: Reading,
        at: datetime,
        *,
        entries: Sequence[Entry] = (),
        fresh: Sequence[Entry] = (),
    ) -> None:
        before = self._states[feed.name]
        state = after_reading(before, reading, at=at, every=feed.every, jitter=self._jitter())
        self._memory.commit(feed.name, state, entries=entries, fresh=fresh)
        self._states[feed.name] = state
        FEED_POLLS.labels("news", feed.name, "read" if entries else "unchanged").inc()
        FEED_LAST_SUCCESS.labels("news", feed.name).set(at.timestamp())
        if before.failures:
            log.info("feed_back", feed=feed.name, failures=before.failures)
        if state.url != before.url:
            log.warning(
                "feed_moved",
                feed=feed.name,
                url=shown(state.url),
                advice="put its new address in the settings",
            )

    def _failed(self, feed: FeedSource, failure: Failure) -> None:
        state = after_failure(
            self._states[feed.name],
            failure,
            at=self._clock.now(),
            every=feed.every,
            jitter=self._jitter(),
        )
        self._memory.commit(feed.name, state)
        self._states[feed.name] = state
        # A server may answer with any of 900 statuses; the log has which.
        outcome = "bad_status" if failure.reason.isdecimal() else failure.reason
        FEED_POLLS.labels("news", feed.name, outcome).inc()
        log.warning(
            "feed_failed",
            feed=feed.name,
            reason=failure.reason,
            error=failure.message,
            failures=state.failures,
            due=state.due.isoformat(),
        )
        if state.gone:
            self._remind(feed)

    def _remind(self, feed: FeedSource) -> None:
        log.error("feed_gone", feed=feed.name, advice="it will not come back: remove the feed")
        state = msgspec.structs.replace(self._states[feed.name], due=self._clock.now() + REMINDER)
        self._memory.commit(feed.name, state)
        self._states[feed.name] = state

    async def _tell_progress(self) -> None:
        """Say how far all feeds are read, whenever that is further than before."""
        told: datetime | None = None
        while True:
            self._beat()
            await self._clock.sleep_until(self._clock.now() + self._heartbeat)
            now = self._clock.now()
            known = standing(
                [
                    FeedStanding(feed.name, feed.every, self._states[feed.name])
                    for feed in self._feeds.values()
                ],
                now,
            )
            if known is None or (told is not None and known.up_to <= told):
                continue
            record = progress(
                "news",
                part=self._part,
                parts=self._parts,
                up_to=known.up_to,
                observed_at=now,
                blind_since=known.blind_since,
                blind_reason=known.blind_reason,
            )
            await self._publish([record])
            told = known.up_to

    async def _publish(self, records: Sequence[Record]) -> None:
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            await retry(
                functools.partial(self._publish_to, NEWS_ENTRIES, batch),
                on=UnavailableError,
                backoff=PUBLISHING,
                clock=self._clock,
                jitter=self._jitter,
                failed=self._publish_failed,
            )

    def _publish_failed(self, error: Exception, wait_s: float) -> None:
        log.warning("news_publish_failed", error=str(error), wait_s=wait_s)
        self._beat()  # a log that is away is no loop that stands still
