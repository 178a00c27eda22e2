"""What Slack takes as a message, and in which words it refuses the rest.

Blocks are judged by the project's own rules in ``consumers/slack/validate.py``. Of metadata with a
bad event type Slack's documentation says that the message is posted *without* it, with a warning;
how large it may be is not documented.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from consumers.slack.message import SlackMessage
from consumers.slack.validate import problems

#: Characters of JSON; our guess.
METADATA_MOST = 8_000
ATTACHMENTS_MOST = 100

_EVENT_TYPE = re.compile(r"[A-Za-z0-9_-]{1,255}")


class RefusedError(Exception):
    """Slack says no: the error code, and what else its answer holds."""

    def __init__(self, code: str, *, retry_after_s: int | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s
        self.answer = {"ok": False, "error": code, **extra}


@dataclass(frozen=True)
class Content:
    """The fields of the message, and what Slack warns of in its answer."""

    fields: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def warned(self) -> dict[str, Any]:
        """The part of the answer that warns."""
        if not self.warnings:
            return {}
        return {
            "warning": ",".join(self.warnings),
            "response_metadata": {"warnings": list(self.warnings)},
        }


def content(arguments: dict[str, Any]) -> Content:
    """What a post or an edit says. Raises RefusedError."""
    text = str(arguments.get("text") or "")
    blocks = _decoded(arguments.get("blocks"), list, "invalid_blocks_format") or []
    attachments = _decoded(arguments.get("attachments"), list, "invalid_attachments") or []
    if not text and not blocks and not attachments:
        raise RefusedError("no_text")
    if len(attachments) > ATTACHMENTS_MOST:
        raise RefusedError("too_many_attachments")
    found = problems(SlackMessage(text=text or "-", blocks=tuple(blocks), metadata={}))
    if found:
        code = "msg_blocks_too_long" if "over all blocks" in found[0] else "invalid_blocks"
        messages = [f"[ERROR] {one}" for one in found]
        raise RefusedError(code, errors=found, response_metadata={"messages": messages})
    metadata, warnings = _metadata(arguments.get("metadata"))
    fields = {"text": text, "blocks": blocks, "metadata": metadata}
    return Content(fields | ({"attachments": attachments} if attachments else {}), warnings)


def _metadata(given: Any) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    found = _decoded(given, dict, "invalid_metadata_format")
    if found is None:
        return None, ()
    match found:
        case {"event_type": str(event_type), "event_payload": dict(payload)}:
            pass
        case _:
            raise RefusedError("invalid_metadata_format")
    if len(json.dumps(found)) > METADATA_MOST:
        raise RefusedError("metadata_too_large")
    if not _EVENT_TYPE.fullmatch(event_type) or not all(map(_is_plain, payload.values())):
        return None, ("invalid_metadata_schema",)
    return found, ()


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Payloads hold text, numbers and booleans, or objects of these, alone or in a list."""
    if isinstance(value, dict):
        return depth == 0 and all(_is_plain(one, 1) for one in value.values())
    if isinstance(value, list):
        return depth == 0 and all(isinstance(one, dict) and _is_plain(one) for one in value)
    return isinstance(value, str | int | float | bool)


def _decoded(value: Any, kind: type, refusal: str) -> Any:
    """Blocks and the like come as JSON, in a form as text that holds JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise RefusedError(refusal) from error
    if value is not None and not isinstance(value, kind):
        raise RefusedError(refusal)
    return value
