"""Whether a daemon lives and can do its work, told over HTTP to whoever watches it.

Three pages, for GET only:

- ``/livez``: 200 while every loop of the process makes progress, else 503: start it anew.
- ``/readyz``: 200 while the daemon can do its work, else 503; the reasons are in the answer.
- ``/metrics``: what it counts (metrics.py), for Prometheus, with the process's own figures.

The first two answer with JSON: ``{"live": false, "reasons": ["rules has not moved for 131 s"]}``.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from wheelsdown.clock import monotonic_s

#: Gives in plain words why the daemon can't do its work, or None. Asked in the event loop at each
#: look, so it answers from memory; it may be asked while other threads are at work.
Check = Callable[[], str | None]

#: Call it whenever a loop has come round.
Beat = Callable[[], None]

#: More connections at a time are closed unheard, and none lasts longer than so many seconds.
MOST_CONNECTIONS = 32
LONGEST_CONNECTION_S = 10.0

log = structlog.get_logger(__name__)


class HealthPortError(Exception):
    """The pages can't be served at the address; the message says what to change."""


@dataclass
class _Heart:
    within_s: float
    last_s: float


class Health:
    """What the parts of one process say of themselves; safe to use from any thread.

    Not ready until ``started`` is called. ``elapsed_s`` is a clock that never goes back.
    """

    def __init__(self, elapsed_s: Callable[[], float] = monotonic_s) -> None:
        self._elapsed_s = elapsed_s
        self._lock = threading.Lock()
        self._checks: dict[str, Check] = {}
        self._hearts: dict[str, _Heart] = {}
        self._is_started = False

    def started(self) -> None:
        """Everything that the daemon consists of is there."""
        self._is_started = True

    def check(self, name: str, check: Check) -> None:
        """Ask ``check`` at each look whether the daemon is ready; replaces one of the same name."""
        with self._lock:
            self._checks[name] = check

    def heartbeat(self, name: str, within_s: float) -> Beat:
        """What a loop calls at each turn; the process is not live when it fails to ``within_s``.

        Counts from now on. In words the name stands for the loop: "rules has not moved for 131 s".
        """
        heart = _Heart(within_s, self._elapsed_s())
        with self._lock:
            self._hearts[name] = heart

        def beat() -> None:
            heart.last_s = self._elapsed_s()

        return beat

    def not_live(self) -> list[str]:
        """Why the process should be started anew; empty when it lives."""
        now_s = self._elapsed_s()
        with self._lock:
            hearts = list(self._hearts.items())
        return [
            f"{name} has not moved for {now_s - heart.last_s:.0f} s"
            for name, heart in hearts
            if now_s - heart.last_s > heart.within_s
        ]

    def not_ready(self) -> list[str]:
        """Why the daemon can't do its work; empty when it can."""
        with self._lock:
            checks = list(self._checks.items())
        found = [] if self._is_started else ["starting"]
        return found + self.not_live() + [why for one in checks if (why := _asked(*one))]


def _asked(name: str, check: Check) -> str | None:
    try:
        return check()
    except Exception as error:
        log.warning("check_failed", check=name, exc_info=error)
        return f"the check of {name} failed: {type(error).__name__}"


@asynccontextmanager
async def serving(health: Health, host: str, port: int) -> AsyncIterator[int]:
    """Serve the pages in the running event loop; gives the port, which is any free one for 0.

    ``host`` is an IP address of this machine. Raises HealthPortError when the port can't be taken.
    """

    async def answer(request: web.BaseRequest) -> web.Response:
        response = _page(health, request)
        response.force_close()  # one request a connection
        return response

    # Nothing is waited for that a client might send behind its request.
    pages = web.Server(answer, access_log=None, lingering_time=0.0)
    loop = asyncio.get_running_loop()

    def accept() -> asyncio.Protocol:
        if len(pages.connections) >= MOST_CONNECTIONS:
            return _Refused()
        connection = pages()
        loop.call_later(LONGEST_CONNECTION_S, connection.force_close)
        return connection

    try:
        server = await loop.create_server(accept, host, port)
    except OSError as error:
        raise HealthPortError(
            f"health can't be served at {host}:{port}: {os.strerror(error.errno or 0)}; choose "
            "another port with --health-port (0 takes any), or another health.host in the settings"
        ) from error
    try:
        taken: int = server.sockets[0].getsockname()[1]
        log.info("health_listening", host=host, port=taken)
        yield taken
    finally:
        server.close()
        for connection in pages.connections:
            connection.force_close()  # who has not asked by now need not be waited for
        await pages.shutdown(timeout=0.1)


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _page(health: Health, request: web.BaseRequest) -> web.Response:
    if request.method != "GET":
        return web.Response(status=405, headers={"Allow": "GET"})
    if request.body_exists:
        return web.Response(status=400, text="no body is read here\n")
    match request.path:
        case "/livez":
            return _verdict("live", health.not_live())
        case "/readyz":
            return _verdict("ready", health.not_ready())
        case "/metrics":
            return web.Response(
                body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST}
            )
        case _:
            return web.Response(status=404, text="/livez, /readyz and /metrics are here\n")


def _verdict(word: str, reasons: Sequence[str]) -> web.Response:
    status = 503 if reasons else 200
    return web.json_response({word: not reasons, "reasons": list(reasons)}, status=status)
