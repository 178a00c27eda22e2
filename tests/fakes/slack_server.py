"""A Slack that remembers: channels, messages, edits, files, history, limits, and faults on demand.

By hand: ``python tests/fakes/slack_server.py --port 8765``, then point a client at
``http://127.0.0.1:8765/api/`` and look at ``http://127.0.0.1:8765/``; ``/state`` has it as JSON.
``--port 0`` takes a free one and prints it. Incoming webhooks are at ``/services/T/B/CHANNEL``.
Faults by hand: ``curl -d '{"method": "chat.postMessage", "answer": "drop", "accept": true}'
.../faults``; the methods are Slack's own, ``webhook``, and ``upload`` for the bytes of a file.

Connections have TCP_NODELAY, which asyncio sets on every socket.
"""

import argparse
import asyncio
import json
import signal
import sys
import threading
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

if __name__ == "__main__":  # by hand; pytest looks into tests/ by itself
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.slack_content import RefusedError
from fakes.slack_faults import Fault, answer_of
from fakes.slack_limits import WEBHOOK
from fakes.slack_page import channels_page
from fakes.slack_workspace import CHANNEL, Workspace

TOKEN = "xoxb-fake-token"
UPLOAD = "upload"

#: The bytes of a file that a fake takes at most.
_BODY_MOST = 32 * 1024 * 1024
#: How webhooks refuse; everything else is a 400.
_WEBHOOK_STATUS = {"channel_not_found": 404, "invalid_token": 403}


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
        self._faults: defaultdict[str, deque[Fault | None]] = defaultdict(deque)

    @property
    def base_url(self) -> str:
        """Where a client finds the API."""
        return f"{self.root_url}api/"

    @property
    def root_url(self) -> str:
        """Where the page is, and what else is no API."""
        return f"http://127.0.0.1:{self.port}/"

    def webhook_url(self, channel: str = CHANNEL) -> str:
        """The address of an incoming webhook that posts into the channel."""
        return f"{self.root_url}services/T0TEAM0001/{channel[::-1]}/{channel}"

    def fail(self, method: str, *faults: Fault | None) -> None:
        """The next calls of the method meet these faults, one each; None lets one go well."""
        self._faults[method].extend(faults)

    def revoke(self) -> None:
        """From now on no token is any good, nor any webhook."""
        self.token = None

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(name == method for name, _ in self.calls)

    def application(self) -> web.Application:
        """The web application, to be served by whoever wants."""
        application = web.Application(client_max_size=_BODY_MOST)
        application.router.add_post("/api/{method}", self._serve_api)
        application.router.add_post("/upload/{file_id}", self._serve_upload)
        application.router.add_post("/services/{team}/{bot}/{channel}", self._serve_webhook)
        application.router.add_post("/faults", self._take_fault)
        application.router.add_get("/state", self._tell_state)
        application.router.add_get("/", self._show)
        return application

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        given = request.headers.get("Authorization") or f"Bearer {arguments.get('token')}"
        self.calls.append((method, arguments))
        return await self._met(request, method, partial(self._api, method, arguments, given))

    async def _serve_upload(self, request: web.Request) -> web.StreamResponse:
        file_id, content = request.match_info["file_id"], await request.read()
        self.calls.append((UPLOAD, {"file_id": file_id, "size": len(content)}))
        return await self._met(request, UPLOAD, partial(self._upload, file_id, content))

    async def _serve_webhook(self, request: web.Request) -> web.StreamResponse:
        """The address knows its channel; one that the message names is not heeded."""
        payload = _json_object(await request.text())
        arguments = (payload or {}) | {"channel": request.match_info["channel"]}
        self.calls.append((WEBHOOK, arguments))
        refusal = "invalid_payload" if payload is None else None
        return await self._met(request, WEBHOOK, partial(self._webhook, arguments, refusal))

    async def _met(
        self, request: web.Request, method: str, answer: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """The answer, or what the fault that is due makes of it."""
        due = self._faults[method]
        fault = due.popleft() if due else None
        if fault is None:
            return answer()
        true = web.Response()
        if fault.accept and fault.accept_after_s:
            asyncio.get_running_loop().call_later(fault.accept_after_s, answer)
        elif fault.accept or fault.answer == "true":
            true = answer()
        if fault.answer == "revoked":
            self.revoke()
            true = answer()
        return await answer_of(fault, request, true)

    def _api(self, method: str, arguments: dict[str, Any], given: str) -> web.Response:
        refusal = self._refusal(given)
        if refusal is None and method == WEBHOOK:
            refusal = "unknown_method"
        try:
            answer = self._called(method, arguments, refusal)
        except RefusedError as refused:
            return _limited(refused) or web.json_response(refused.answer)
        if method == "files.getUploadURLExternal":
            answer["upload_url"] = f"{self.root_url}upload/{answer['file_id']}"
        return web.json_response(answer)

    def _called(
        self, method: str, arguments: dict[str, Any], refusal: str | None
    ) -> dict[str, Any]:
        if refusal is not None:
            raise RefusedError(refusal)
        return self.workspace.call(method, arguments)

    def _refusal(self, given: str) -> str | None:
        """What is wrong with this authorization."""
        if given == "Bearer None":
            return "not_authed"
        if self.token is None:
            return "token_revoked"
        return None if given == f"Bearer {self.token}" else "invalid_auth"

    def _upload(self, file_id: str, content: bytes) -> web.Response:
        try:
            self.workspace.uploads.take(file_id, content)
        except RefusedError as refused:
            return web.Response(status=400, text=refused.code)
        return web.Response(text=f"OK - {len(content)}")

    def _webhook(self, arguments: dict[str, Any], refusal: str | None) -> web.Response:
        try:
            self._called(WEBHOOK, arguments, "invalid_token" if self.token is None else refusal)
        except RefusedError as refused:
            status = _WEBHOOK_STATUS.get(refused.code, 400)
            return _limited(refused) or web.Response(status=status, text=refused.code)
        return web.Response(text="ok")

    async def _take_fault(self, request: web.Request) -> web.Response:
        wanted = json.loads(await request.text())
        self.fail(wanted.pop("method"), Fault(**wanted))
        return web.json_response({"ok": True})

    async def _tell_state(self, request: web.Request) -> web.Response:
        workspace = self.workspace
        return web.json_response(
            {"now": workspace.now(), "channels": workspace.channels, "calls": self.calls}
        )

    async def _show(self, request: web.Request) -> web.Response:
        return web.Response(text=channels_page(self.workspace.channels), content_type="text/html")


def _limited(refused: RefusedError) -> web.Response | None:
    """The answer to a call above Slack's limits."""
    if refused.retry_after_s is None:
        return None
    headers = {"Retry-After": f"{refused.retry_after_s}"}
    return web.json_response(refused.answer, status=429, headers=headers)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


async def _arguments(request: web.Request) -> dict[str, Any]:
    """slack_sdk sends JSON for posts and edits and a form for the rest."""
    if request.content_type == "application/json":
        return dict(json.loads(await request.text() or "{}"))
    return {key: str(value) for key, value in (await request.post()).items()}


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
    async with _served(fake, 0):
        started.set_result(partial(loop.call_soon_threadsafe, stopped.set))
        await stopped.wait()


@asynccontextmanager
async def _served(fake: FakeSlack, port: int) -> AsyncIterator[None]:
    """Serve while the block runs. Raises OSError when the port can't be had."""
    runner = web.AppRunner(fake.application(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        fake.port = runner.addresses[0][1]
        yield
    finally:
        await runner.cleanup()


async def _serve_by_hand(fake: FakeSlack, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with _served(fake, port):
        sys.stdout.write(
            f"channels {', '.join(fake.workspace.channels)}, token {fake.token}, "
            f"API {fake.base_url}; look at the messages at {fake.root_url}\n"
        )
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A stateful fake of Slack's Web API.")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the only token that is accepted")
    parser.add_argument("--channel", nargs="+", default=[CHANNEL], help="the ids of the channels")
    parser.add_argument("--no-limit", action="store_true", help="accept any number of calls")
    options = parser.parse_args()
    channels: dict[str, list[dict[str, Any]]] = {name: [] for name in options.channel}
    workspace = Workspace(limited=not options.no_limit, channels=channels)
    try:
        asyncio.run(_serve_by_hand(FakeSlack(workspace, token=options.token), options.port))
    except OSError as error:
        sys.exit(f"can't listen on {options.port}: {error}; try make fake-slack PORT=8766")


if __name__ == "__main__":
    main()
