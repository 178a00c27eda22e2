"""The parser in a process of its own: stopped in time, bounded, replaced, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psutil
import pytest
import pytest_asyncio

from producers.news import parser_process, parser_worker
from producers.news.parse import parse_feed
from producers.news.parsed import FeedError, ParsedFeed
from producers.news.parser_process import ParserProcess
from producers.news.parser_wire import Refusal, Request, framed

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/feed.xml"
RSS = b"<rss version='2.0'><channel><item><title>Talks</title></item></channel></rss>"
#: The parser is quadratic in tags that are never closed: this takes hours.
ENDLESS = b"<rss version='2.0'><channel>" + b"<a>" * 600_000


@pytest_asyncio.fixture
async def parser() -> AsyncIterator[ParserProcess]:
    async with ParserProcess(deadline_s=20) as parser:
        yield parser


async def parsed(
    parser: ParserProcess, body: bytes = RSS, *, content_type: str = "text/xml"
) -> ParsedFeed:
    return await parser.parse(
        body, feed="world", url=URL, headers={"content-type": content_type}, observed_at=NOW
    )


def worker_of(parser: ParserProcess) -> psutil.Process:
    assert parser._worker is not None
    return psutil.Process(parser._worker.pid)


async def test_it_is_parse_feed_elsewhere(parser: ParserProcess) -> None:
    assert await parsed(parser) == parse_feed(
        RSS, feed="world", url=URL, headers={}, observed_at=NOW
    )
    pid = worker_of(parser).pid
    with pytest.raises(FeedError, match="neither RSS nor Atom") as caught:
        await parsed(parser, b"hello")
    assert caught.value.reason == "no_feed"
    assert worker_of(parser).pid == pid


async def test_requests_wait_for_one_another(parser: ParserProcess) -> None:
    bodies = [RSS.replace(b"Talks", b"Talks %d" % number) for number in range(10)]
    feeds = await asyncio.gather(*(parsed(parser, body) for body in bodies))
    assert [feed.entries[0].title for feed in feeds] == [f"Talks {n}" for n in range(10)]


async def test_the_charset_counts_and_headers_may_hold_any_bytes(parser: ParserProcess) -> None:
    body = RSS.replace(b"Talks", "Café".encode("latin-1"))
    feed = await parsed(parser, body, content_type="text/xml; charset=iso-8859-1")
    assert feed.entries[0].title == "Café"
    # aiohttp hands undecodable bytes over as surrogates.
    assert await parsed(parser, content_type="text/xml; charset=\udcff") == await parsed(parser)


async def test_what_takes_too_long_is_stopped_and_the_next_is_parsed() -> None:
    async with ParserProcess(deadline_s=1) as hasty:
        with pytest.raises(FeedError, match="longer than 1 s") as caught:
            await parsed(hasty, ENDLESS)
        assert caught.value.reason == "too_costly"
        assert hasty._worker is None
    async with ParserProcess(deadline_s=20) as parser:
        task = asyncio.create_task(parsed(parser, ENDLESS))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len((await parsed(parser)).entries) == 1


async def test_a_worker_that_dies_costs_one_feed_at_most(parser: ParserProcess) -> None:
    await parsed(parser)
    worker = worker_of(parser)
    task = asyncio.create_task(parsed(parser, ENDLESS))
    while worker.cpu_times().user < 0.5:  # until it has begun
        await asyncio.sleep(0.05)
    worker.kill()
    with pytest.raises(FeedError, match="broke down") as caught:
        await task
    assert caught.value.reason == "too_costly"
    assert len((await parsed(parser)).entries) == 1


async def test_a_worker_that_died_while_idle_costs_nothing(parser: ParserProcess) -> None:
    await parsed(parser)
    worker = worker_of(parser)
    worker.kill()
    assert parser._worker is not None
    await parser._worker.wait()
    assert len((await parsed(parser)).entries) == 1
    assert worker_of(parser).pid != worker.pid


async def test_a_worker_is_replaced_after_a_large_body(
    parser: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_process, "LARGE_BYTES", len(RSS))
    await parsed(parser)
    assert parser._worker is not None
    await parsed(parser, RSS + b" ")
    assert parser._worker is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of a process")
async def test_its_memory_is_limited(parser: ParserProcess) -> None:
    await parsed(parser)
    limits = worker_of(parser).rlimit(psutil.RLIMIT_AS)
    assert limits == (parser_worker.MEMORY_BYTES, parser_worker.MEMORY_BYTES)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(MemoryError(), "too_costly"), (RuntimeError("evil\x1b[2J"), "unreadable")],
)
def test_whatever_the_reader_raises_is_a_reply(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def broken(*_: object, **__: object) -> ParsedFeed:
        raise error

    monkeypatch.setattr(parser_worker, "parse_feed", broken)
    reply = parser_worker._reply(Request(RSS, "world", URL, "", NOW, None, 1.0))
    assert isinstance(reply, Refusal)
    assert reply.reason == reason
    assert "\x1b" not in reply.message


async def test_ctrl_c_in_a_terminal_does_not_reach_it(parser: ParserProcess) -> None:
    await parsed(parser)
    assert os.getpgid(worker_of(parser).pid) != os.getpgid(0)


async def test_it_leaves_no_process_behind() -> None:
    async with ParserProcess() as parser:
        await parsed(parser)
        worker = worker_of(parser)
    assert not worker.is_running()


_PARENT = """
import asyncio, datetime
from producers.news.parser_process import ParserProcess

async def main():
    async with ParserProcess() as parser:
        now = datetime.datetime.now(datetime.UTC)
        await parser.parse(b"<rss version='2.0'/>", feed="f", url="", headers={}, observed_at=now)
        print(parser._worker.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_an_idle_worker_does_not_outlive_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    gone, _ = psutil.wait_procs([worker], timeout=10)
    assert gone or worker.status() == psutil.STATUS_ZOMBIE  # there may be nobody to reap it


def test_a_busy_worker_is_ended_by_the_system_even_if_nobody_waits() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "producers.news.parser_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    in_half_a_second = 0.5 - parser_worker.GRACE_S
    request = Request(ENDLESS, "world", URL, "", NOW, None, in_half_a_second)
    worker.communicate(framed(request), timeout=20)
    assert worker.returncode == -signal.SIGALRM


def test_half_a_request_ends_the_worker_quietly() -> None:
    request = framed(Request(RSS, "world", URL, "", NOW, None, 20.0))
    ended = subprocess.run(
        [sys.executable, "-m", "producers.news.parser_worker"],
        input=request[:-9],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert (ended.stdout, ended.stderr) == (b"", b"")
