"""The news poller against a server on loopback, on a clock that jumps: every answer and fault."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from fakes.http_feed import HttpFeed, Scripted, gzip_bomb, gzipped
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from producers import fetch
from producers.fetch import Fetcher, client_session
from producers.news.memory import CHANGES, NewsMemory
from producers.news.parse import parse_feed
from producers.news.parsed import ParsedFeed
from producers.news.parser_process import ParserProcess
from producers.news.poller import BATCH, PUBLISHING, FeedSource, NewsPoller
from producers.news.schedule import MOVES, FeedState
from wheelsdown.clock import VirtualClock
from wheelsdown.daemon.health import Health
from wheelsdown.eventlog.port import RefusedError, UnavailableError
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import NEWS_ENTRIES, Topic

START = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: Longer than any test: for those that are not about progress.
NEVER_S = 10 * 365 * 86_400.0
LIMIT_BYTES = 1_000_000


def rss(*titles: str, guid: str = "", **headers: str) -> Scripted:
    """A feed with an item for each title, known by it or by ``guid``."""
    items = "".join(
        f"<item><title>{title}</title><guid>{guid or title}</guid></item>" for title in titles
    )
    body = f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted(body.encode(), headers=named)


UNCHANGED = Scripted(status=304)


class InProcess(ParserProcess):
    """The same parser without a process, for the tests that are not about it."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    async def parse(self, body: bytes, **about: Any) -> ParsedFeed:
        self.bodies.append(body)
        return parse_feed(body, **about)


class Rig:
    """One poller, its server, its clock, its memory, and what it has published."""

    def __init__(self, server: HttpFeed, memory: Path) -> None:
        self.server = server
        self.clock = VirtualClock(START)
        self.parser = InProcess()
        self.published: list[Record] = []
        self.log_faults: list[Exception | None] = []
        self.health = Health(lambda: self.clock.now().timestamp())
        self.health.started()
        self._path = memory
        self._tasks: list[asyncio.Task[None]] = []

    async def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        fault = self.log_faults.pop(0) if self.log_faults else None
        if isinstance(fault, UnavailableError | RefusedError):
            raise fault
        assert topic is NEWS_ENTRIES
        assert len(records) <= BATCH
        self.published += [topic.decode(topic.encode(record)) for record in records]
        if fault is not None:
            raise fault  # the process dies before it can remember

    @asynccontextmanager
    async def polling(
        self,
        *urls: str,
        every_s: float = 900,
        jitter: float = 0.0,
        heartbeat_s: float = NEVER_S,
        parser: ParserProcess | None = None,
        allow_private: bool = True,
        deadline_s: float = 0.5,
        settled: bool = True,
    ) -> AsyncIterator[None]:
        """Feeds are called a, b, c, ..."""
        async with AsyncExitStack() as stack:
            session = client_session(allow_private=allow_private)
            poller = NewsPoller(
                [
                    FeedSource(name, url, every_s, "en")
                    for name, url in zip("abcdefgh", urls, strict=False)
                ],
                Fetcher(
                    await stack.enter_async_context(session),
                    limit_bytes=LIMIT_BYTES,
                    deadline_s=deadline_s,
                ),
                parser or self.parser,
                stack.enter_context(NewsMemory(self._path)),
                publish=self.publish,
                clock=self.clock,
                jitter=lambda: jitter,
                heartbeat_s=heartbeat_s,
            )
            poller.report_to(self.health)
            self._poller = poller
            self._tasks = [asyncio.create_task(loop) for loop in poller.loops()]
            try:
                if settled:
                    await self.settle()
                yield
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Until all loops wait for the clock; raises the error of one that has ended."""
        asleep = asyncio.create_task(self.clock.until_asleep(len(self._tasks)))
        done, _ = await asyncio.wait(
            {asleep, *self._tasks}, timeout=30, return_when="FIRST_COMPLETED"
        )
        asleep.cancel()
        assert done, "the poller hangs"
        for task in self._tasks:
            if task.done():
                task.result()

    async def jump(self) -> datetime:
        """To the next moment somebody waits for."""
        now = self.clock.jump()
        assert now is not None
        await self.settle()
        return now

    def state(self, feed: str = "a") -> FeedState:
        return self._poller._states[feed]

    def entries(self) -> list[Entry]:
        return [record for record in self.published if isinstance(record, Entry)]

    def titles(self) -> list[str]:
        return [entry.title for entry in self.entries()]

    def progress(self) -> list[Progress]:
        return [record for record in self.published if isinstance(record, Progress)]

    def sent(self, header: str) -> list[str | None]:
        return [request.headers.get(header) for request in self.server.received]

    def targets(self) -> list[str]:
        return [request.target for request in self.server.received]


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with HttpFeed() as server:
        yield Rig(server, tmp_path / "feeds.sqlite")


async def test_what_is_new_is_published_once_in_conditional_polls(rig: Rig) -> None:
    first = rss("Talks", ETag='W/"1"', Last_Modified="yesterday")
    url = rig.server.script("/", first, UNCHANGED, rss("Visit", "Talks", ETag='"2"'), UNCHANGED)
    async with rig.polling(url):
        (entry,) = rig.entries()
        assert (entry.title, entry.feed, entry.language) == ("Talks", "a", "en")
        assert entry.observed_at == START
        for minutes in (15, 30, 45):
            assert await rig.jump() == START + minutes * MINUTE

    assert rig.titles() == ["Talks", "Visit"]
    assert rig.sent("If-None-Match") == [None, 'W/"1"', 'W/"1"', '"2"']
    assert rig.sent("If-Modified-Since") == [None, "yesterday", "yesterday", None]
    assert str(rig.sent("Accept")[0]).startswith("application/rss+xml")


async def test_new_words_are_a_new_record_of_the_same_entry(rig: Rig) -> None:
    async with rig.polling(
        rig.server.script("/", rss("Talks begin", guid="g"), rss("Talks end", guid="g"))
    ):
        await rig.jump()

    before, after = rig.entries()
    assert before.entry_id == after.entry_id
    assert before.record_id != after.record_id


async def test_a_feed_that_churns_is_published_so_often_and_no_more(rig: Rig) -> None:
    counters = [rss(f"{number} watch", guid="g") for number in range(CHANGES + 5)]
    async with rig.polling(rig.server.script("/", *counters)):
        for _ in counters:
            await rig.jump()

    assert len(rig.entries()) == 1 + CHANGES


async def test_a_body_read_before_is_not_parsed_again_but_its_validators_count(rig: Rig) -> None:
    answers = [rss("Talks", ETag=f'"{server}"') for server in "ab"]  # of one feed, on two servers
    async with rig.polling(rig.server.script("/", *answers, UNCHANGED)):
        for _ in range(2):
            await rig.jump()
    assert len(rig.parser.bodies) == 1
    assert rig.sent("If-None-Match") == [None, '"a"', '"b"']


async def test_many_entries_are_handed_over_in_batches(rig: Rig) -> None:
    async with rig.polling(rig.server.script("/", rss(*map(str, range(BATCH + 1))))):
        assert len(rig.entries()) == BATCH + 1


FAULTS = [
    (Scripted(b"<!doctype html><h1>Welcome to our network"), "html"),
    (Scripted(b'{"version": "https://jsonfeed.org/version/1.1"}'), "json"),
    (Scripted(), "empty"),
    (Scripted(b"\x89PNG\r\n"), "no_feed"),
    (Scripted(b"<rss>" + b" " * LIMIT_BYTES), "too_large"),
    (Scripted(b"<item>" * 10_000, endless=True), "too_large"),
    (gzip_bomb(100_000_000), "too_large"),
    (Scripted(b"no gzip", headers={"Content-Encoding": "gzip"}), "bad_encoding"),
    (Scripted(b"<rss><channel>", drop_after=9), "broken"),
    (Scripted(drop_after=0), "broken"),
    (Scripted(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "broken"),
    (Scripted(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"), "broken"),
    (Scripted(delay_s=30), "timeout"),
    (Scripted(b"<rss>" + b" " * 1000, drip_s=0.01), "timeout"),
    (Scripted(status=302, headers={"Location": "/"}), "too_many_redirects"),
    (Scripted(status=301, headers={"Location": "file:///etc/passwd"}), "bad_url"),
    (Scripted(status=304), "304"),  # nobody had asked for that
    (Scripted(status=204), "204"),
    (Scripted(status=404), "404"),
    (Scripted(status=500), "500"),
    (Scripted(raw=b"HTTP/1.1 500 caf\xe9\r\nContent-Length: 0\r\n\r\n"), "500"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
async def test_a_fault_is_told_costs_nothing_else_and_passes(
    rig: Rig, fault: Scripted, reason: str
) -> None:
    with capture_logs() as logs:
        urls = rig.server.script("/", fault), rig.server.script("/good", rss("Good"))
        async with rig.polling(*urls):
            assert (rig.titles(), rig.state().failure) == (["Good"], reason)

            rig.server.script("/", rss("Talks", ETag='"1"'))
            while rig.state().failures:
                await rig.jump()

    assert sorted(rig.titles()) == ["Good", "Talks"]
    told = [(log["event"], log["log_level"]) for log in logs if log.get("feed") == "a"]
    assert told == [
        ("feed_failed", "warning"),
        ("entry_published", "info"),
        ("feed_back", "info"),
        ("feed_read", "info"),
    ]


async def test_an_endless_body_does_not_fill_the_memory(rig: Rig) -> None:
    answer = Scripted(b"<item>" * 100_000, endless=True)
    urls = [rig.server.script(f"/{number}", answer) for number in range(8)]
    process = psutil.Process()
    before = process.memory_info().rss
    async with rig.polling(*urls, deadline_s=10):
        assert {rig.state(name).failure for name in "abcdefgh"} == {"too_large"}
    assert process.memory_info().rss - before < 100_000_000


@pytest.mark.parametrize(
    "header", [b"X-Powered-By: caf\xe9", b'ETag: "caf\xe9"', b"Last-Modified: \xff",
               b"Content-Type: text/xml; charset=\xff"],
)  # fmt: skip
async def test_headers_with_any_bytes_are_no_fault(rig: Rig, header: bytes) -> None:
    body = rss("Talks").body
    head = b"HTTP/1.1 200 OK\r\n%b\r\nContent-Length: %d\r\n\r\n" % (header, len(body))
    async with ParserProcess() as parser:
        url = rig.server.script("/", Scripted(raw=head + body), rss("Visit"))
        async with rig.polling(url, parser=parser):
            await rig.jump()
    assert rig.titles() == ["Talks", "Visit"]


async def test_a_file_that_was_cut_short_is_asked_for_again(rig: Rig) -> None:
    whole = rss("Talks", "Visit", ETag='"2"')
    cut = Scripted(
        whole.body[: whole.body.index(b"</guid></item></channel>")], headers=whole.headers
    )
    async with rig.polling(rig.server.script("/", rss("Old", ETag='"1"'), cut, whole)):
        await rig.jump()
        assert "Talks" in rig.titles()
        await rig.jump()

    assert sorted(rig.titles()) == ["Old", "Talks", "Visit"]
    assert rig.sent("If-None-Match") == [None, '"1"', '"1"']
    assert rig.state().etag == '"2"'


async def test_bad_markup_is_read_and_not_fetched_again(rig: Rig) -> None:
    bad = rss("Q & A <", ETag='"1"')
    async with rig.polling(rig.server.script("/", bad, UNCHANGED)):
        await rig.jump()
    assert len(rig.entries()) == 1
    assert rig.sent("If-None-Match") == [None, '"1"']


async def test_a_feed_that_hangs_holds_up_no_other(rig: Rig) -> None:
    urls = [rig.server.script(f"/{number}", Scripted(delay_s=60)) for number in range(3)]
    good = rig.server.script("/good", rss("Talks"))
    async with rig.polling(*urls, good, deadline_s=60, settled=False):
        async with asyncio.timeout(20):
            while not rig.entries():
                await asyncio.sleep(0.01)
        assert len(rig.server.received) == 4


async def test_a_feed_that_is_gone_is_left_alone_and_its_operator_reminded_daily(rig: Rig) -> None:
    url = rig.server.script("/", Scripted(status=410))
    with capture_logs() as logs:
        async with rig.polling(url):
            for _ in range(2):
                await rig.jump()
        async with rig.polling(url):  # also after a restart
            await rig.jump()

    assert rig.clock.now() == START + 3 * DAY
    assert len(rig.server.received) == 1
    assert [log["event"] for log in logs] == ["feed_failed"] + ["feed_gone"] * 4


async def test_what_is_denied_is_asked_once_a_day_in_the_end(rig: Rig) -> None:
    async with rig.polling(rig.server.script("/", Scripted(status=403)), every_s=3600):
        moments = [await rig.jump() for _ in range(7)]
    assert moments[0] - START == timedelta(hours=2)
    assert [
        later - earlier for earlier, later in zip(moments[-3:], moments[-2:], strict=False)
    ] == [
        DAY,
        DAY,
    ]


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "3600", timedelta(hours=1)),
        (503, "Mon, 31 Jul 2023 15:00:00 GMT", timedelta(hours=3)),
        (429, "99999999", DAY),
        (429, "0", 15 * MINUTE),
    ],
)
async def test_a_server_that_asks_for_peace_gets_it(
    rig: Rig, status: int, header: str, wait: timedelta
) -> None:
    busy = Scripted(status=status, headers={"Retry-After": header})
    async with rig.polling(rig.server.script("/", busy, rss("Talks"))):
        assert await rig.jump() == START + wait
    assert rig.titles() == ["Talks"]


@pytest.mark.parametrize(("status", "believed"), [(301, True), (308, True), (302, False)])
async def test_a_permanent_redirect_is_believed_in_time(
    rig: Rig, status: int, believed: bool
) -> None:
    rig.server.script("/new", rss("Talks", ETag='"1"'), UNCHANGED)
    url = rig.server.script("/old", Scripted(status=status, headers={"Location": "/new?key=x"}))
    with capture_logs() as logs:
        async with rig.polling(url):
            for _ in range(MOVES - 1):
                await rig.jump()
        async with rig.polling(url):  # also after a restart
            await rig.jump()

    assert rig.targets()[: 2 * MOVES] == ["/old", "/new?key=x"] * MOVES
    assert rig.targets()[2 * MOVES :] == ["/new?key=x"] if believed else ["/old", "/new?key=x"]
    moved = [log["url"] for log in logs if log["event"] == "feed_moved"]
    assert moved == ([rig.server.url("/new")] if believed else [])
    assert rig.titles() == ["Talks"]


async def test_private_networks_are_out_of_reach(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    url = rig.server.script("/", rss("Talks"))
    async with rig.polling(url, allow_private=False):
        assert rig.state().failure == "forbidden_address"
    assert rig.targets() == []

    # As if the server were public and sent us inside.
    monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1")
    inside = url.replace("127.0.0.1", "127.0.0.2")
    moved = rig.server.script("/moved", Scripted(status=301, headers={"Location": inside}))
    async with rig.polling(moved, allow_private=False):
        assert rig.state().failure == "forbidden_address"
    assert rig.targets() == ["/moved"]


async def test_entries_wait_for_a_log_that_is_away(rig: Rig) -> None:
    rig.log_faults = [UnavailableError("down")] * 4
    async with rig.polling(rig.server.script("/", rss("Talks")), jitter=0.5):
        assert rig.state().last_read is None
        while not rig.entries():
            await rig.jump()
        assert rig.state().last_read == START
    assert rig.titles() == ["Talks"]
    assert len(rig.server.received) == 1


@pytest.mark.parametrize(
    "faults",
    [
        [UnavailableError("down")] * PUBLISHING.tries,
        [RefusedError("no such topic")],
        [None, RefusedError("no such topic")],  # after the first batch
        [ZeroDivisionError("killed")],  # after it was published, before that was remembered
    ],
    ids=["away", "refused", "half", "killed"],
)
async def test_what_was_not_remembered_is_published_again_under_the_same_ids(
    rig: Rig, faults: list[Exception | None]
) -> None:
    url = rig.server.script("/", rss(*map(str, range(BATCH + 1)), ETag='"1"'))
    rig.log_faults = list(faults)

    async def poll_on() -> None:
        async with rig.polling(url, jitter=0.1):
            for _ in range(PUBLISHING.tries):
                await rig.jump()

    with pytest.raises((UnavailableError, RefusedError, ZeroDivisionError)) as caught:
        await poll_on()
    assert caught.value is faults[-1]
    before = [entry.record_id for entry in rig.entries()]
    async with rig.polling(url):
        again = [entry.record_id for entry in rig.entries()[len(before) :]]
        assert rig.state().etag == '"1"'

    assert len(again) == BATCH + 1
    assert again[: len(before)] == before
    assert rig.sent("If-None-Match") == [None, None]


async def test_a_restart_is_no_reason_to_ask_again(rig: Rig) -> None:
    url = rig.server.script("/", rss("Talks", ETag='"1"'), UNCHANGED)
    async with rig.polling(url):
        pass
    async with rig.polling(url):
        assert len(rig.server.received) == 1
        assert await rig.jump() == START + 15 * MINUTE
    assert rig.sent("If-None-Match") == [None, '"1"']
    assert rig.titles() == ["Talks"]


async def test_a_parser_that_is_killed_costs_one_poll_of_one_feed(rig: Rig) -> None:
    endless = b"<rss version='2.0'><channel>" + b"<a>" * 300_000
    url = rig.server.script("/", Scripted(endless), rss("Talks"))
    async with ParserProcess(deadline_s=1) as parser, rig.polling(url, parser=parser):
        assert rig.state().failure == "too_costly"
        await rig.jump()
    assert rig.titles() == ["Talks"]


class TestProgress:
    """What the heartbeat says is true: no further than the slowest feed, blind when one fails."""

    async def test_it_follows_the_reads(self, rig: Rig) -> None:
        async with rig.polling(rig.server.script("/", rss("Talks")), heartbeat_s=60):
            assert rig.progress() == []
            while rig.clock.now() < START + 16 * MINUTE:
                await rig.jump()

        # Said a minute after each read and not again before the next.
        assert [(one.up_to, one.observed_at) for one in rig.progress()] == [
            (START, START + MINUTE),
            (START + 15 * MINUTE, START + 16 * MINUTE),
        ]
        assert {(one.reader, one.part, one.parts) for one in rig.progress()} == {("news", 0, 1)}
        assert {one.blind_since for one in rig.progress()} == {None}

    async def test_a_feed_that_fails_holds_it_up_and_is_named_in_the_end(self, rig: Rig) -> None:
        good, bad = rss("Talks"), Scripted(status=404)
        urls = rig.server.script("/good", good), rig.server.script("/bad", good, bad)
        async with rig.polling(*urls, heartbeat_s=60):
            while rig.clock.now() < START + 62 * MINUTE:
                await rig.jump()
            told = rig.progress()[-1]
            assert (told.up_to, told.blind_since) == (START + 60 * MINUTE, START)
            assert told.blind_reason == "b (404)"
            # Until then only the first read of both was told.
            assert [one.up_to for one in rig.progress()[:-1]] == [START]

            rig.server.script("/bad", good)
            while rig.progress()[-1].blind_since:
                await rig.jump()
        assert rig.progress()[-1].blind_reason == ""

    async def test_nothing_is_said_of_a_feed_that_was_never_read_until_it_is_blind(
        self, rig: Rig
    ) -> None:
        async with rig.polling(rig.server.script("/", Scripted(status=500)), heartbeat_s=60):
            while not rig.progress():
                await rig.jump()
            (told,) = rig.progress()
        assert told.up_to == told.observed_at == START + 46 * MINUTE
        assert (told.blind_since, told.blind_reason) == (START, "a (500)")


async def test_two_feeds_of_one_name_are_refused(rig: Rig) -> None:
    feeds = [FeedSource("a", url, 900) for url in ("http://x.org/1", "http://x.org/2")]
    async with client_session(allow_private=True) as session:
        with NewsMemory(None) as memory, pytest.raises(ValueError, match="same name"):
            NewsPoller(
                feeds,
                Fetcher(session),
                rig.parser,
                memory,
                publish=rig.publish,
                clock=rig.clock,
                jitter=lambda: 0.0,
            )


async def _poll_twice(body: bytes, content_type: str) -> tuple[list[str], int]:
    async with HttpFeed() as server:
        rig = Rig(server, Path(":memory:"))
        answer = Scripted(body, headers={"Content-Type": content_type})
        async with rig.polling(server.script("/", answer, rss("Afterwards"))):
            await rig.jump()
        return rig.titles(), len(server.received)


@settings(max_examples=25, deadline=None)
@given(
    body=st.one_of(st.binary(), st.binary().map(lambda tail: rss("Talks").body[:-40] + tail)),
    content_type=st.sampled_from(["", "text/xml; charset=utf-16", "text/html; charset=\x80"]),
)
@example(body=gzipped(b"x").body, content_type="application/gzip")
def test_whatever_a_server_sends_the_next_poll_comes(body: bytes, content_type: str) -> None:
    titles, requests = asyncio.run(_poll_twice(body, content_type))
    assert titles[-1] == "Afterwards"
    assert requests == 2


async def test_a_feed_is_silent_after_three_intervals_and_the_others_are_not(rig: Rig) -> None:
    answers = [rss("Talks"), *[Scripted(status=404)] * 3, rss("Visit")]
    before = {outcome: counted(outcome) for outcome in ("read", "unchanged", "bad_status")}
    urls = (
        rig.server.script("/a", *answers),
        rig.server.script("/b", rss("Talks", ETag='"1"'), UNCHANGED),
    )
    silent_from = START + 3 * 15 * MINUTE
    async with rig.polling(*urls):
        while rig.clock.now() < START + DAY and "Visit" not in rig.titles():
            is_silent = rig.clock.now() > silent_from
            since = START.isoformat()
            reason = f"news feed a has given nothing usable since {since}: 404"
            assert rig.health.not_ready() == [reason] * is_silent
            assert sample("feed_silent") == is_silent
            await rig.jump()
        assert rig.clock.now() > silent_from
        assert rig.health.not_ready() == []
        assert sample("feed_silent") == 0
        assert sample("feed_last_success_timestamp_seconds") == rig.clock.now().timestamp()
    risen = {outcome: counted(outcome) - count for outcome, count in before.items()}
    assert risen == {"read": 2, "unchanged": 0, "bad_status": 3}


async def test_a_log_that_is_away_is_no_reader_that_stands_still(rig: Rig) -> None:
    rig.log_faults = [UnavailableError("away")] * 100
    async with rig.polling(rig.server.script("/", rss("Talks")), jitter=1.0, heartbeat_s=60):
        while rig.log_faults:
            await rig.jump()
            assert rig.health.not_live() == []
        assert rig.clock.now() > START + 5 * MINUTE
        rig.clock._now += timedelta(seconds=241)  # a heartbeat of 60 s and 180 s more
        assert rig.health.not_live() == ["news reader 0 has not moved for 241 s"]


def sample(name: str, **labels: str) -> float:
    found = {"kind": "news", "feed": "a", **labels}
    return REGISTRY.get_sample_value(f"wheelsdown_{name}", found) or 0.0


def counted(outcome: str) -> float:
    return sample("feed_polls_total", outcome=outcome)


async def test_each_new_entry_is_told_with_its_feed_when_it_is_published(rig: Rig) -> None:
    with capture_logs() as lines:
        async with rig.polling(rig.server.script("/", rss("Talks"), rss("Visit", "Talks"))):
            await rig.jump()
    told = [(one["feed"], one["record_id"]) for one in lines if one["event"] == "entry_published"]
    assert told == [("a", entry.record_id) for entry in rig.entries()]
    assert len(told) == 2
