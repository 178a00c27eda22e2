"""The channels of the fake Slack as a web page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consumers.slack.message import SlackMessage
from consumers.slack.page import message_html, page


def channels_page(channels: Mapping[str, Sequence[dict[str, Any]]]) -> str:
    """All messages, in the order of their posting, replies among them."""
    shown = []
    for channel, messages in channels.items():
        shown.append(f"<h1>{channel}</h1>")
        shown.extend(_as_html(message) for message in messages)
    return page("Fake Slack", shown)


def _as_html(message: dict[str, Any]) -> str:
    """As Slack shows it; of attachments and files what can be read."""
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    attachments = [
        one[part]
        for one in message.get("attachments", [])
        for part in ("pretext", "title", "text")
        if one.get(part)
    ]
    files = [f"[{one['name']}, {one['size']} bytes]" for one in message.get("files", [])]
    text = "\n".join([*filter(None, [message["text"]]), *attachments, *files])
    shown = SlackMessage(text, tuple(message.get("blocks") or ()), metadata={})
    return message_html(shown, time=f"{at:%d %b %H:%M:%S} UTC")
