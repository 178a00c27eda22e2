"""A Slack that remembers: channels, messages, edits, history, limits, and faults on demand.

By hand: ``python tests/fakes/slack_server.py --port 8765``, then point a client at
``http://127.0.0.1:8765/api/`` and look at ``http://127.0.0.1:8765/``. Faults by hand:
``curl -d '{"method": "chat.postMessage", "answer": "drop", "accept": true}' .../faults``.

Connections have TCP_NODELAY, which asyncio sets on every socket.
"""

import argparse
import asyncio
import json
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from consumers.slack.message import SlackMessage
from consumers.slack.page import message_html, page

if __name__ == "__main__":  # by hand; pytest looks into tests/ by itself
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.slack_workspace import CHANNEL, RefusedError, Workspace

TOKEN = "xoxb-fake-token"


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of the usual.

    ``accept``: the call takes effect all the same, ``accept_after_s`` later. ``answer``: the
    connection is dropped (after ``delay_s``), or what comes back instead of the true answer.
    """

    answer: Literal["drop", "error", "html", "json", "rate_limited", "status", "truncated"]
    accept: bool = False
    accept_after_s: float = 0.0
    delay_s: float = 0.0
    error: str = "internal_error"
    status: int = 500
    retry_after: str | None = "1"
    body: str = "[]"


class FakeSlack:
    """The workspace behind HTTP. ``calls`` keeps every call that was made, with its arguments."""

    def __init__(self, workspace: Workspace, *, token: str = TOKEN) -> None:
        self.port = 0
        self.reset(workspace, token=token)

    def reset(self, workspace: Workspace, *, token: str = TOKEN) -> None:
        """Start over with this workspace: no calls made, no faults to come."""
        self.workspace = workspace
        self.token: str | None = token
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)

    @property
    def base_url(self) -> str:
        """Where a client finds the API."""
        return f"http://127.0.0.1:{self.port}/api/"

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of the method meet these faults, one each."""
        self._faults[method].extend(faults)

    def revoke(self) -> None:
        """From now on no token is any good."""
        self.token = None

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(name == method for name, _ in self.calls)

    def application(self) -> web.Application:
        """The web application, to be served by whoever wants."""
        application = web.Application()
        application.router.add_post("/api/{method}", self._serve)
        application.router.add_post("/faults", self._take_fault)
        application.router.add_get("/", self._show)
        return application

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        faults = self._faults[method]
        if not faults:
            return self._answer(request, method, arguments)
        return await self._faulty(request, method, arguments, faults.popleft())

    def _answer(self, request: web.Request, method: str, arguments: dict[str, Any]) -> web.Response:
        try:
            self._check(request.headers.get("Authorization") or f"Bearer {arguments.get('token')}")
            return web.json_response(self.workspace.call(method, arguments))
        except RefusedError as refused:
            if refused.answer["error"] == "ratelimited":
                return web.json_response(refused.answer, status=429, headers={"Retry-After": "1"})
            return web.json_response(refused.answer)

    def _check(self, given: str) -> None:
        if given == "Bearer None":
            raise RefusedError("not_authed")
        if given != f"Bearer {self.token}":
            raise RefusedError("invalid_auth" if self.token else "token_revoked")

    async def _faulty(
        self, request: web.Request, method: str, arguments: dict[str, Any], fault: Fault
    ) -> web.StreamResponse:
        true_answer = ""
        if fault.accept and fault.accept_after_s:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.accept_after_s, self._answer, request, method, arguments)
        elif fault.accept:
            true_answer = str(self._answer(request, method, arguments).text)
        await asyncio.sleep(fault.delay_s)
        headers = {"Content-Type": "application/json"}
        match fault.answer:
            case "error":
                return web.json_response({"ok": False, "error": fault.error})
            case "html":
                return web.Response(text="<html>Slack is down</html>", content_type="text/html")
            case "json":
                return web.Response(text=fault.body, headers=headers)
            case "rate_limited":
                wish = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                return web.Response(
                    status=429, text='{"ok":false,"error":"ratelimited"}', headers=headers | wish
                )
            case "status":
                return web.Response(status=fault.status, text="upstream error")
            case "truncated":
                return web.Response(text=true_answer[: len(true_answer) // 2], headers=headers)
            case "drop":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()

    async def _take_fault(self, request: web.Request) -> web.Response:
        wanted = json.loads(await request.text())
        self.fail(wanted.pop("method"), Fault(**wanted))
        return web.json_response({"ok": True})

    async def _show(self, request: web.Request) -> web.Response:
        shown = []
        for channel, messages in self.workspace.channels.items():
            shown.append(f"<h1>{channel}</h1>")
            shown.extend(_as_html(message) for message in messages)
        return web.Response(text=page("Fake Slack", shown), content_type="text/html")


async def _arguments(request: web.Request) -> dict[str, Any]:
    """slack_sdk sends JSON for posts and edits and a form for the rest."""
    if request.content_type == "application/json":
        return dict(json.loads(await request.text() or "{}"))
    return {key: str(value) for key, value in (await request.post()).items()}


def _as_html(message: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    shown = SlackMessage(message["text"], tuple(message.get("blocks") or ()), metadata={})
    return message_html(shown, time=f"{at:%d %b %H:%M:%S} UTC")


@contextmanager
def running_slack(workspace: Workspace | None = None) -> Iterator[FakeSlack]:
    """A fake in a thread of its own, on a free port; it serves until the block ends."""
    fake = FakeSlack(workspace or Workspace())
    started: Future[Callable[[], object]] = Future()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve_until_stopped(fake, started)), name="fake-slack"
    )
    thread.start()
    stop = started.result(timeout=10)
    try:
        yield fake
    finally:
        stop()
        thread.join(10)


async def _serve_until_stopped(fake: FakeSlack, started: Future[Callable[[], object]]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    runner = web.AppRunner(fake.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.port = runner.addresses[0][1]
    started.set_result(partial(loop.call_soon_threadsafe, stopped.set))
    await stopped.wait()
    await runner.cleanup()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A stateful fake of Slack's Web API.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--token", default=TOKEN, help="the only token that is accepted")
    parser.add_argument("--channel", default=CHANNEL, help="the id of the only channel")
    parser.add_argument("--no-limit", action="store_true", help="accept any number of posts")
    options = parser.parse_args()
    workspace = Workspace(limited=not options.no_limit, channels={options.channel: []})
    fake = FakeSlack(workspace, token=options.token)
    url = f"http://127.0.0.1:{options.port}"
    sys.stdout.write(
        f"channel {options.channel}, token {options.token}, API {url}/api/; "
        f"look at the messages at {url}/\n"
    )
    try:
        web.run_app(fake.application(), host="127.0.0.1", port=options.port)
    except OSError as error:
        sys.exit(f"can't listen on {options.port}: {error}; try make fake-slack PORT=8766")


if __name__ == "__main__":
    main()
