"""What a Slack workspace remembers, and how it answers: the fake server's state, without HTTP.

What it does and answers follows Slack's documentation; what that leaves open is strict here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fakes.slack_content import RefusedError, content
from fakes.slack_limits import WEBHOOK, Buckets
from fakes.slack_uploads import Uploads

CHANNEL = "C0ALERTS01"
BOT = "B0WHEELS01"


@dataclass
class Workspace:
    """The state behind the API; ``now`` is Slack's clock, in seconds since 1970.

    ``channels`` has the messages of each, oldest first, replies among them. ``limited``: more calls
    than Slack's limits allow are refused.
    """

    now: Callable[[], float] = time.time
    limited: bool = False
    channels: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {CHANNEL: []})
    editable: bool = True
    uploads: Uploads = field(default_factory=Uploads)
    _last: int = 0
    _buckets: Buckets = field(default_factory=Buckets)

    def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer; RefusedError where it says no."""
        known = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "files.getUploadURLExternal": self._announce_file,
            "files.completeUploadExternal": self._share_files,
            WEBHOOK: self._post,
        }
        if method not in known:
            raise RefusedError("unknown_method", req_method=method)
        if self.limited:
            channel = str(arguments.get("channel"))
            if (wait_s := self._buckets.wait_s(method, channel, self.now())) > 0:
                raise RefusedError("ratelimited", retry_after_s=wait_s)
        return {"ok": True, **known[method](arguments)}

    def say(self, text: str, channel: str = CHANNEL) -> str:
        """Somebody writes into the channel."""
        return self._add(channel, {"type": "message", "user": "U0PERSON01", "text": text})

    def delete(self, ts: str, channel: str = CHANNEL) -> None:
        """Somebody deletes a message. One with replies leaves a stone, as in Slack."""
        messages = self.channels[channel]
        message = self._message(channel, ts)
        if any(_is_reply(one) and one["thread_ts"] == ts for one in messages):
            stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": True}
            text = "This message was deleted."
            messages[messages.index(message)] = {**stone, "text": text, "ts": ts, "thread_ts": ts}
        else:
            messages.remove(message)

    def alerts(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The messages of the bot that are visible, oldest first."""
        return [one for one in self.channels[channel] if one.get("bot_id") == BOT]

    def _auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"team": "Example", "user": "wheelsdown", "bot_id": BOT}

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        said = content(arguments)
        message = {**said.fields, **self._placed(channel, arguments)}
        if "thread_ts" in message and arguments.get("reply_broadcast") in (True, "1", "true"):
            message["subtype"] = "thread_broadcast"
        ts = self._add(channel, {"type": "message", "bot_id": BOT, **message})
        answer = {"channel": channel, "ts": ts, "message": self._message(channel, ts)}
        return answer | said.warned()

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = self._message(channel, str(arguments.get("ts")))
        if message.get("bot_id") != BOT:
            raise RefusedError("cant_update_message")
        if not self.editable:
            raise RefusedError("edit_window_closed")
        said = content(arguments)
        fields = dict(said.fields)
        if "blocks" not in arguments:
            fields.pop("blocks")  # earlier ones are retained
        message.update(fields, edited={"user": BOT, "ts": f"{self.now():.6f}"})
        return {"channel": channel, "ts": message["ts"], "text": message["text"]} | said.warned()

    def _delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = self._message(channel, str(arguments.get("ts")))
        if message.get("bot_id") != BOT:
            raise RefusedError("cant_delete_message")
        self.delete(message["ts"], channel)
        return {"channel": channel, "ts": message["ts"]}

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """From the newest to the oldest, without replies unless they were shown to all."""
        found = [
            one
            for one in self.channels[self._channel(arguments)]
            if not _is_reply(one) or one.get("subtype") == "thread_broadcast"
        ]
        return _paged(arguments, found, default=100, newest_first=True)

    def _replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """From the oldest to the newest, the parent first; ``ts`` may be any message of it."""
        channel, ts = self._channel(arguments), str(arguments.get("ts"))
        named = [one for one in self.channels[channel] if one["ts"] == ts]
        if not named:
            raise RefusedError("thread_not_found")
        parent = named[0].get("thread_ts", ts)
        thread = [one for one in self.channels[channel] if one.get("thread_ts") == parent]
        return _paged(arguments, thread or named, default=999, newest_first=False)

    def _announce_file(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"file_id": self.uploads.announce(arguments)}

    def _share_files(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Without a channel the files stay private."""
        named = arguments.get("channel_id") or arguments.get("channels")
        channels = str(named).split(",") if named else []
        if not set(channels) <= set(self.channels):
            raise RefusedError("invalid_channel")
        text = str(arguments.get("initial_comment") or "")

        def share(files: list[dict[str, Any]]) -> None:
            message = {"type": "message", "bot_id": BOT, "text": text, "files": files}
            placed = [(channel, self._placed(channel, arguments)) for channel in channels]
            for channel, place in placed:
                self._add(channel, message | place)

        return {"files": self.uploads.complete(arguments, share)}

    def _placed(self, channel: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Below its parent, where one is named. Slack only advises against naming a reply."""
        thread_ts = arguments.get("thread_ts")
        if thread_ts is None:
            return {}
        for parent in self.channels[channel]:
            if parent["ts"] == thread_ts:
                if _is_reply(parent):
                    raise RefusedError("cannot_reply_to_message")
                parent["thread_ts"] = thread_ts
                return {"thread_ts": thread_ts}
        raise RefusedError("thread_not_found")

    def _channel(self, arguments: dict[str, Any]) -> str:
        channel = str(arguments.get("channel"))
        if channel not in self.channels:
            raise RefusedError("channel_not_found")
        return channel

    def _message(self, channel: str, ts: str) -> dict[str, Any]:
        for message in self.channels[channel]:
            if message["ts"] == ts and message.get("subtype") != "tombstone":
                return message
        raise RefusedError("message_not_found")

    def _add(self, channel: str, message: dict[str, Any]) -> str:
        self._last = max(self._last + 1, int(self.now() * 1e6))
        ts = f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
        self.channels[channel].append({**message, "ts": ts})
        return ts


def _is_reply(message: dict[str, Any]) -> bool:
    """A parent carries its own time as that of its thread."""
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def _paged(
    arguments: dict[str, Any], messages: list[dict[str, Any]], *, default: int, newest_first: bool
) -> dict[str, Any]:
    """The page that the arguments ask for of messages that come oldest first.

    A cursor names the time at which its page begins, so that it outlives a deleted message.
    """
    limit = str(arguments.get("limit") or default)
    if not limit.isdecimal() or not 0 < int(limit) < 1000:
        raise RefusedError("invalid_limit")
    found = [one for one in messages if _is_within(one["ts"], arguments)]
    cursor = _seconds(arguments, "cursor", "invalid_cursor")
    if newest_first:
        found = [one for one in reversed(found) if not cursor or float(one["ts"]) <= cursor]
    else:
        found = [one for one in found if float(one["ts"]) >= cursor]
    page, rest = found[: int(limit)], found[int(limit) :]
    return {
        "messages": [_as_read(one, arguments.get("include_all_metadata")) for one in page],
        "has_more": bool(rest),
        "response_metadata": {"next_cursor": rest[0]["ts"] if rest else ""},
    }


def _is_within(ts: str, arguments: dict[str, Any]) -> bool:
    """Slack leaves the ends of the window out unless asked."""
    at = float(ts)
    oldest = _seconds(arguments, "oldest", "invalid_ts_oldest")
    latest = _seconds(arguments, "latest", "invalid_ts_latest") or float("inf")
    if arguments.get("inclusive") in (True, "1", "true"):
        return oldest <= at <= latest
    return oldest < at < latest


def _seconds(arguments: dict[str, Any], name: str, refusal: str) -> float:
    """An argument that is a time; 0 where it is not given."""
    try:
        return float(arguments.get(name) or 0)
    except ValueError as error:
        raise RefusedError(refusal) from error


def _as_read(message: dict[str, Any], all_metadata: Any) -> dict[str, Any]:
    if all_metadata in (True, "1", "true") or not message.get("metadata"):
        return message
    return {**message, "metadata": {"event_type": message["metadata"]["event_type"]}}
