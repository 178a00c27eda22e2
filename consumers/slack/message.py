"""A message as Slack's Web API takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: One Block Kit block, ready for JSON.
Block = Mapping[str, Any]

#: The type of the metadata that tells which incident a message shows.
EVENT_TYPE = "wheelsdown_alert"


@dataclass(frozen=True)
class SlackMessage:
    """``text`` is for notifications and screen readers, and all there is when ``blocks`` is empty.

    ``metadata`` is there for every app of the workspace to read: no secrets. The sender adds the
    delivery id to it.
    """

    text: str
    blocks: tuple[Block, ...]
    metadata: Mapping[str, Any]


def metadata(**payload: str | int) -> dict[str, Any]:
    """The metadata argument of chat.postMessage and chat.update."""
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def arguments(
    message: SlackMessage, *, channel: str, ts: str | None, delivery_id: str
) -> dict[str, Any]:
    """Those of chat.update for the message ``ts``, or of chat.postMessage without one."""
    common: dict[str, Any] = {
        "channel": channel,
        "text": message.text,
        "metadata": metadata(delivery_id=delivery_id, **message.metadata["event_payload"]),
        "parse": "none",
        "link_names": False,
    }
    blocks = [dict(block) for block in message.blocks]
    if ts is not None:
        # An empty list takes the blocks of an earlier revision away.
        return common | {"ts": ts, "blocks": blocks}
    unfurl = {"unfurl_links": False, "unfurl_media": False}
    return common | unfurl | ({"blocks": blocks} if blocks else {})
