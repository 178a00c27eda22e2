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
