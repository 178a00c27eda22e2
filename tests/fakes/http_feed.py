"""A web server on loopback that answers as scripted, with the faults of real ones."""

import asyncio
import gzip
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Scripted:
    """One answer. ``headers`` are sent as they are; a body is never compressed on its own."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Wait before anything is sent.
    delay_s: float = 0.0
    #: Send the body byte by byte, with this pause after each.
    drip_s: float = 0.0
    #: Send the body again and again, without end.
    endless: bool = False
    #: Cut the connection after so many bytes of the body (0: before the status line).
    drop_after: int | None = None
    #: Send these bytes instead of all else, and hang up: what no proper server would send.
    raw: bytes | None = None
    #: Under this name the server notes when it first began to send the answer.
    label: str = ""


def gzip_bomb(size: int) -> Scripted:
    """An answer of a few megabytes at most that grows to ``size`` zeros."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = bytes(1_000_000)
    packed = b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()
    return Scripted(packed, headers={"Content-Encoding": "gzip"})


def gzipped(body: bytes) -> Scripted:
    """An honest compressed answer."""
    return Scripted(gzip.compress(body), headers={"Content-Encoding": "gzip"})


@dataclass(frozen=True)
class Received:
    """A request as it came; ``target`` is the raw path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class HttpFeed:
    """The server. ``async with HttpFeed() as feed: feed.script("/a", Scripted(b"..."))``.

    The answers of a path are served in order; the last one stays. An unknown path is a 404.
    ``first_sent`` has, by label, when an answer first left, in seconds of ``time.perf_counter``.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.first_sent: dict[str, float] = {}
        self._scripts: dict[str, deque[Scripted]] = defaultdict(deque)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._base = ""

    def script(self, path: str, *answers: Scripted) -> str:
        """Replace the answers of a path; returns its address."""
        self._scripts[path] = deque(answers)
        return self.url(path)

    def url(self, path: str) -> str:
        """The address of a path."""
        return self._base + path

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0]
        self._base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.received.append(
            Received(request.method, request.raw_path, request.headers, await request.read())
        )
        answers = self._scripts.get(request.path)
        if not answers:
            return web.Response(status=404)
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        await asyncio.sleep(answer.delay_s)
        if answer.label:
            self.first_sent.setdefault(answer.label, time.perf_counter())
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        if not answer.endless and "Content-Length" not in answer.headers:
            response.content_length = len(answer.body)
        try:
            if answer.raw is not None:
                _send_raw(request, answer.raw)
            if answer.drop_after == 0:
                _cut(request)
            await response.prepare(request)
            await self._send(request, response, answer)
        except ConnectionError:
            pass  # the client had enough
        return response

    async def _send(
        self, request: web.Request, response: web.StreamResponse, answer: Scripted
    ) -> None:
        if answer.drop_after is not None:
            await response.write(answer.body[: answer.drop_after])
            _cut(request)
        elif answer.drip_s:
            for byte in answer.body:
                await response.write(bytes((byte,)))
                await asyncio.sleep(answer.drip_s)
        else:
            await response.write(answer.body)
            while answer.endless:
                await response.write(answer.body)
        await response.write_eof()


def _send_raw(request: web.Request, raw: bytes) -> None:
    assert request.transport is not None
    request.transport.write(raw)
    request.transport.close()
    raise ConnectionAbortedError


def _cut(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
    raise ConnectionAbortedError
