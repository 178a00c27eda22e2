"""Parses feeds in a process of their own, which can be stopped.

Why no thread: how long feedparser takes depends on the markup more than on the size. 15 MB take 7 s
when well-formed, 12 to 20 s when cut short, and longer than anyone waits when hostile (it is
quadratic in runs of ``<`` or ``&`` and in tags that are nested or never closed), with hundreds of
megabytes of memory. A thread can't be stopped and slows the event loop all the while. An idle
worker holds 31 MB, most of which this process saves by not loading the parsers itself.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

import msgspec

from producers.news.parsed import FeedError, ParsedFeed
from producers.news.parser_wire import LENGTH_BYTES, Refusal, Reply, Request, framed, length_of

#: Twice what the largest honest feed needs.
DEADLINE_S = 30.0
#: After a body of this size, or one that took too much, the worker is replaced, since Python gives
#: little memory back.
LARGE_BYTES = 2_000_000


class ParserProcess:
    """One worker, started when first needed; requests wait for one another.

    ``async with ParserProcess() as parser: await parser.parse(...)``
    """

    def __init__(self, *, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._turn = asyncio.Lock()
        self._worker: Process | None = None
        self._replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)

    async def parse(
        self,
        body: bytes,
        *,
        feed: str,
        url: str,
        headers: Mapping[str, str],
        observed_at: datetime,
        language: str | None = None,
    ) -> ParsedFeed:
        """What ``parse_feed`` makes of it; raises FeedError, also when that takes too long."""
        request = Request(
            body, feed, url, _content_type(headers), observed_at, language, self._deadline_s
        )
        async with self._turn:
            reply = await self._reply(framed(request))
            costly = isinstance(reply, Refusal) and reply.reason == "too_costly"
            if costly or len(body) > LARGE_BYTES:
                await self._stop()
        if isinstance(reply, Refusal):
            raise FeedError(reply.reason, reply.message)
        return reply

    async def _reply(self, request: bytes) -> Reply:
        answered = False
        try:
            async with asyncio.timeout(self._deadline_s):
                reply = await self._exchange(request)
            answered = True
        except TimeoutError as error:
            raise FeedError(
                "too_costly", f"parsing it takes longer than {self._deadline_s:g} s"
            ) from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise FeedError("too_costly", "the parser broke down on it") from error
        finally:
            # Also when cancelled: half a reply may stand in the pipe.
            if not answered:
                await self._stop()
        return reply

    async def _exchange(self, request: bytes) -> Reply:
        if self._worker is None or self._worker.returncode is not None:
            self._worker = await asyncio.create_subprocess_exec(
                # -P: modules come from where this program is installed, not from where it runs.
                # -W: what its libraries warn of is no news to an operator.
                *(sys.executable, "-P", "-W", "ignore", "-m", "producers.news.parser_worker"),
                stdin=PIPE,
                stdout=PIPE,
                start_new_session=True,  # Ctrl-C in a terminal is for this process to handle
            )
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(request)
        await self._worker.stdin.drain()
        prefix = await self._worker.stdout.readexactly(LENGTH_BYTES)
        return self._replies.decode(await self._worker.stdout.readexactly(length_of(prefix)))

    async def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()


def _content_type(headers: Mapping[str, str]) -> str:
    """The header as text that can be encoded: aiohttp keeps undecodable bytes as surrogates."""
    kinds = (value for name, value in headers.items() if name.lower() == "content-type")
    return next(kinds, "").encode("ascii", "replace").decode()
