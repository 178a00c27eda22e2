"""Slack without HTTP: a real slack_sdk client whose requests end in this process, on its own clock.

Everything but the socket is slack_sdk's own, so that what it makes of an answer is what it makes of
it over HTTP; tests/integration/test_slack_faults.py compares the two.
"""

import heapq
import io
import itertools
import json
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import HTTPError

from fakes.slack_content import RefusedError
from fakes.slack_faults import Fault
from fakes.slack_workspace import Workspace
from slack_sdk import WebClient

from consumers.slack.client import web_client

TOKEN = "xoxb-fake-token"
TIMEOUT_S = 30

#: What befalls a call: a fault of Slack's, or an error before the request has left.
Befalls = Fault | OSError


class SteppingClock:
    """Time that passes when somebody waits; what was put off happens on the way."""

    def __init__(self) -> None:
        self._now = datetime(2023, 8, 2, 12, 0, tzinfo=UTC)
        self._later: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    def elapsed_s(self) -> float:
        return self._now.timestamp()

    async def sleep_until(self, moment: datetime) -> None:
        self._go_to(moment)

    def wait(self, seconds: float) -> None:
        """A millisecond at least, if at all: less would be rounded to nothing, again and again."""
        self._go_to(self._now + timedelta(seconds=max(seconds, 0.001) if seconds > 0 else 0.0))

    def put_off(self, seconds: float, happens: Callable[[], object]) -> None:
        moment = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._later, (moment, next(self._order), happens))

    def _go_to(self, moment: datetime) -> None:
        while self._later and self._later[0][0] <= moment:
            self._now, _, happens = heapq.heappop(self._later)
            happens()
        self._now = max(self._now, moment)


class InProcessSlack:
    """A workspace and what befalls the next calls, one after the other, whatever their method."""

    def __init__(self, clock: SteppingClock, *, limited: bool = False) -> None:
        self.clock = clock
        self.workspace = Workspace(now=clock.elapsed_s, limited=limited)
        self.faults: deque[Befalls | None] = deque()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.after_first_call: Callable[[], object] | None = None
        self.is_revoked = False

    def client(self) -> WebClient:
        """A client as the consumer makes it, with this workspace in place of the network."""
        client = web_client(TOKEN, base_url="http://slack.invalid/api/", timeout_s=TIMEOUT_S)
        client._perform_urllib_http_request_internal = self._answer  # type: ignore[method-assign]
        return client

    def posts(self) -> int:
        return sum(method == "chat.postMessage" for method, _ in self.calls)

    def _answer(self, url: str, request: urllib.request.Request) -> dict[str, Any]:
        method, arguments = url.rpartition("/")[2], _arguments(request)
        self.calls.append((method, arguments))
        if len(self.calls) == 1 and self.after_first_call is not None:
            self.after_first_call()
        befalls = self.faults.popleft() if self.faults else None
        if isinstance(befalls, OSError):
            raise befalls
        if befalls is None:
            return _told(200, self._true(method, arguments))
        return self._faulty(befalls, url, method, arguments)

    def _faulty(
        self, fault: Fault, url: str, method: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        if fault.answer == "revoked":
            self.is_revoked = True
        true = "{}"
        if fault.accept and fault.accept_after_s:
            self.clock.put_off(fault.accept_after_s, lambda: self._true(method, arguments))
        elif fault.accept or fault.answer in ("true", "revoked"):
            true = self._true(method, arguments)
        self.clock.wait(min(fault.delay_s, TIMEOUT_S))
        if fault.delay_s > TIMEOUT_S:
            raise TimeoutError("timed out")
        match fault.answer:
            case "drop":
                raise RemoteDisconnected("Remote end closed connection without response")
            case "error":
                return _told(200, json.dumps({"ok": False, "error": fault.error}))
            case "html":
                return _told(200, "<html>Slack is down</html>", "text/html")
            case "json":
                return _told(200, fault.body)
            case "rate_limited":
                wish = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                raise _http_error(url, 429, '{"ok":false,"error":"ratelimited"}', wish)
            case "status":
                raise _http_error(url, fault.status, "upstream error", {})
            case "truncated":
                return _told(200, true[: len(true) // 2])
            case "revoked" | "true":
                return _told(200, true)

    def _true(self, method: str, arguments: dict[str, Any]) -> str:
        if self.is_revoked:
            return '{"ok": false, "error": "token_revoked"}'
        try:
            return json.dumps(self.workspace.call(method, arguments))
        except RefusedError as refused:
            return json.dumps(refused.answer)


def _arguments(request: urllib.request.Request) -> dict[str, Any]:
    """slack_sdk sends JSON for posts and edits and a form for the rest."""
    assert isinstance(request.data, bytes)
    text = request.data.decode()
    if "json" in str(request.get_header("Content-type")):
        return dict(json.loads(text))
    return dict(urllib.parse.parse_qsl(text))


def _told(status: int, body: str, content_type: str = "application/json") -> dict[str, Any]:
    return {"status": status, "headers": _headers({"Content-Type": content_type}), "body": body}


def _headers(values: dict[str, str]) -> Message:
    headers = Message()
    for name, value in values.items():
        headers[name] = value
    return headers


def _http_error(url: str, status: int, body: str, headers: dict[str, str]) -> HTTPError:
    return HTTPError(url, status, "no", _headers(headers), io.BytesIO(body.encode()))
