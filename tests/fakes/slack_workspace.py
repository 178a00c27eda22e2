"""What a Slack workspace remembers, and how it answers: the fake server's state, without HTTP.

What it does and answers follows Slack's documentation; blocks are judged by the project's own
rules in ``consumers/slack/validate.py``, in Slack's words.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from consumers.slack.message import SlackMessage
from consumers.slack.validate import problems

CHANNEL = "C0ALERTS01"
BOT = "B0WHEELS01"

#: Slack's own limit on chat.postMessage: one a second and channel, short bursts tolerated.
BURST = 3.0
PER_S = 1.0


class RefusedError(Exception):
    """Slack says no: the error code, and what else its answer holds."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.answer = {"ok": False, "error": code, **extra}


@dataclass
class Workspace:
    """The state behind the API; ``now`` is Slack's clock, in seconds since 1970."""

    now: Callable[[], float] = time.time
    limited: bool = False
    channels: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {CHANNEL: []})
    editable: bool = True
    _last: int = 0
    _tokens: dict[str, tuple[float, float]] = field(default_factory=dict)

    def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer; RefusedError where it says no."""
        known = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        if method not in known:
            raise RefusedError("unknown_method", req_method=method)
        return {"ok": True, **known[method](arguments)}

    def say(self, text: str, channel: str = CHANNEL) -> str:
        """Somebody writes into the channel."""
        return self._add(channel, {"type": "message", "user": "U0PERSON01", "text": text})

    def delete(self, ts: str, channel: str = CHANNEL) -> None:
        """Somebody deletes a message."""
        self.channels[channel] = [one for one in self.channels[channel] if one["ts"] != ts]

    def alerts(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The messages of the bot that are visible, oldest first."""
        return [one for one in self.channels[channel] if one.get("bot_id") == BOT]

    def _auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"team": "Example", "user": "wheelsdown", "bot_id": BOT}

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        self._spend(channel)
        content = self._content(arguments)
        thread_ts = arguments.get("thread_ts")
        if thread_ts is not None:
            self._message(channel, thread_ts)
            content["thread_ts"] = thread_ts
        ts = self._add(channel, {"type": "message", "bot_id": BOT, **content})
        return {"channel": channel, "ts": ts, "message": self._message(channel, ts)}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = self._message(channel, str(arguments.get("ts")))
        if message.get("bot_id") != BOT:
            raise RefusedError("cant_update_message")
        if not self.editable:
            raise RefusedError("edit_window_closed")
        content = self._content(arguments)
        if "blocks" not in arguments:
            content.pop("blocks")  # earlier ones are retained
        message.update(content)
        return {"channel": channel, "ts": message["ts"], "text": message["text"]}

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        return self._paged(arguments, [m for m in self.channels[channel] if "thread_ts" not in m])

    def _replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel, ts = self._channel(arguments), str(arguments.get("ts"))
        self._message(channel, ts)
        thread = [m for m in self.channels[channel] if ts in (m["ts"], m.get("thread_ts"))]
        return self._paged(arguments, thread)

    def _paged(self, arguments: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
        limit = int(arguments.get("limit") or 100)
        if not 0 < limit < 1000:
            raise RefusedError("invalid_limit")
        oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9e9")
        window = [m for m in found if float(oldest) <= float(m["ts"]) <= float(latest)]
        if cursor := arguments.get("cursor"):
            window = [m for m in window if m["ts"] < str(cursor)]
        newest_first = window[::-1]
        shown = [_as_read(m, arguments.get("include_all_metadata")) for m in newest_first[:limit]]
        more = len(newest_first) > limit
        cursor = shown[-1]["ts"] if more else ""
        return {
            "messages": shown,
            "has_more": more,
            "response_metadata": {"next_cursor": cursor},
        }

    def _channel(self, arguments: dict[str, Any]) -> str:
        channel = str(arguments.get("channel"))
        if channel not in self.channels:
            raise RefusedError("channel_not_found")
        return channel

    def _message(self, channel: str, ts: str) -> dict[str, Any]:
        for message in self.channels[channel]:
            if message["ts"] == ts:
                return message
        raise RefusedError("message_not_found")

    def _add(self, channel: str, message: dict[str, Any]) -> str:
        self._last = max(self._last + 1, int(self.now() * 1e6))
        ts = f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
        self.channels[channel].append({**message, "ts": ts})
        return ts

    def _spend(self, channel: str) -> None:
        now = self.now()
        tokens, since = self._tokens.get(channel, (BURST, now))
        tokens = min(BURST, tokens + (now - since) * PER_S)
        if self.limited and tokens < 1:
            raise RefusedError("ratelimited")
        self._tokens[channel] = (tokens - 1, now)

    def _content(self, arguments: dict[str, Any]) -> dict[str, Any]:
        text, blocks = str(arguments.get("text") or ""), _decoded(arguments.get("blocks")) or []
        if not text and not blocks:
            raise RefusedError("no_text")
        found = problems(SlackMessage(text=text or "-", blocks=tuple(blocks), metadata={}))
        if found:
            code = "msg_blocks_too_long" if "over all blocks" in found[0] else "invalid_blocks"
            messages = [f"[ERROR] {one}" for one in found]
            raise RefusedError(code, errors=found, response_metadata={"messages": messages})
        metadata = _decoded(arguments.get("metadata"))
        if metadata is not None and not {"event_type", "event_payload"} <= metadata.keys():
            raise RefusedError("invalid_metadata_format")
        return {"text": text, "blocks": blocks, "metadata": metadata}


def _decoded(value: Any) -> Any:
    """Blocks and metadata come as JSON, in a form as text that holds JSON."""
    return json.loads(value) if isinstance(value, str) else value


def _as_read(message: dict[str, Any], all_metadata: Any) -> dict[str, Any]:
    if all_metadata in (True, "1", "true") or not message.get("metadata"):
        return message
    return {**message, "metadata": {"event_type": message["metadata"]["event_type"]}}
