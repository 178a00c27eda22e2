"""Slack's limits on messages, checked before sending, because its SDK checks few of them.

Sources: Slack's block reference; the total over all blocks is not documented and kept well below
the 13,200 characters at which ``msg_blocks_too_long`` was met (slackapi/bolt-js#2509).
"""

from collections.abc import Iterator
from typing import Any

from consumers.slack.message import Block, SlackMessage
from consumers.slack.mrkdwn import size

BLOCKS = 50
TOTAL = 12_000
TOP_LEVEL_TEXT = 4_000  # Slack's advice; it cuts at 40,000
HEADER = 150
SECTION_TEXT = 3_000
FIELDS = 10
FIELD_TEXT = 2_000
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 3_000
BLOCK_ID = 255


def problems(message: SlackMessage) -> list[str]:
    """What Slack would refuse in the message, each with the place as Slack would name it."""
    found = list(_size(message.text, TOP_LEVEL_TEXT, "/text"))
    if len(message.blocks) > BLOCKS:
        found.append(f"no more than {BLOCKS} items allowed [json-pointer:/blocks]")
    for index, block in enumerate(message.blocks):
        found.extend(_block(block, f"/blocks/{index}"))
    total = sum(size(text) for block in message.blocks for text in _texts(block))
    if total > TOTAL:
        found.append(
            f"{total} characters over all blocks, more than {TOTAL} [json-pointer:/blocks]"
        )
    return found


def _block(block: Block, at: str) -> Iterator[str]:
    if size(str(block.get("block_id", ""))) > BLOCK_ID:
        yield f"must be less than {BLOCK_ID + 1} characters [json-pointer:{at}/block_id]"
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            yield from _text(text, HEADER, f"{at}/text")
        case {"type": "section"} if "text" in block or block.get("fields"):
            if "text" in block:
                yield from _text(block["text"], SECTION_TEXT, f"{at}/text")
            yield from _list(block.get("fields", []), FIELDS, FIELD_TEXT, f"{at}/fields")
        case {"type": "context", "elements": [_, *_] as elements}:
            yield from _list(elements, CONTEXT_ELEMENTS, CONTEXT_TEXT, f"{at}/elements")
        case {"type": "divider"}:
            pass
        case _:
            yield f"unsupported or incomplete block {block.get('type')!r} [json-pointer:{at}]"


def _list(items: list[Any], most: int, limit: int, at: str) -> Iterator[str]:
    if len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{at}]"
    for index, item in enumerate(items):
        yield from _text(item, limit, f"{at}/{index}")


def _text(text: Any, limit: int, at: str) -> Iterator[str]:
    match text:
        case {"type": "mrkdwn" | "plain_text", "text": str(content)}:
            yield from _size(content, limit, f"{at}/text")
        case _:
            yield f"must be a text object [json-pointer:{at}]"


def _size(content: str, limit: int, at: str) -> Iterator[str]:
    if not content.strip():
        yield f"must be more than 0 characters [json-pointer:{at}]"
    if size(content) > limit:
        yield f"must be less than {limit + 1} characters [json-pointer:{at}]"


def _texts(block: Block) -> Iterator[str]:
    for item in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            yield item["text"]
