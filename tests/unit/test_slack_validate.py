"""Slack's limits, each at its edge, as measured or documented (not as the validator has them)."""

from typing import Any

import pytest

from consumers.slack.message import SlackMessage
from consumers.slack.validate import problems


def mrkdwn(length: int, character: str = "x") -> dict[str, str]:
    return {"type": "mrkdwn", "text": character * length}


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(length)}


def found(*blocks: dict[str, Any], text: str = "text") -> list[str]:
    return problems(SlackMessage(text=text, blocks=blocks, metadata={}))


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ([section(3000)], None),
        ([section(3001)], "/blocks/0/text/text"),
        ([section(0)], "/blocks/0/text/text"),
        ([{"type": "section"}], "/blocks/0"),
        ([{"type": "section", "text": "bare"}], "/blocks/0/text"),
        ([{"type": "section", "fields": [mrkdwn(2000)] * 5}], None),
        ([{"type": "section", "fields": [mrkdwn(9), mrkdwn(2001)]}], "/blocks/0/fields/1/text"),
        ([{"type": "section", "fields": [mrkdwn(9)] * 11}], "/blocks/0/fields"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}], None),
        (
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
            "/blocks/0/text/text",
        ),
        ([{"type": "header", "text": mrkdwn(9)}], "/blocks/0"),
        ([{"type": "context", "elements": [mrkdwn(9)] * 10}], None),
        ([{"type": "context", "elements": [mrkdwn(9)] * 11}], "/blocks/0/elements"),
        ([{"type": "context", "elements": []}], "/blocks/0"),
        ([{"type": "divider"}] * 50, None),
        ([{"type": "divider"}] * 51, "/blocks"),
        ([{"type": "divider", "block_id": "x" * 256}], "/blocks/0/block_id"),
        ([section(3000)] * 4, None),
        ([section(3000)] * 4 + [section(1)], "/blocks"),
        ([{"type": "carousel"}], "/blocks/0"),
        ([{"type": "section", "text": mrkdwn(1500, "🛬")}], None),
        ([{"type": "section", "text": mrkdwn(1501, "🛬")}], "/blocks/0/text/text"),
    ],
    ids=lambda value: None if value is None or isinstance(value, list) else value,
)
def test_limits(blocks: list[dict[str, Any]], place: str | None) -> None:
    problems_found = found(*blocks)
    if place is None:
        assert problems_found == []
    else:
        assert any(one.endswith(f"[json-pointer:{place}]") for one in problems_found)


def test_the_top_level_text_is_required_and_short() -> None:
    assert found(text="") == ["must be more than 0 characters [json-pointer:/text]"]
    assert found(text="x" * 4001) == ["must be less than 4001 characters [json-pointer:/text]"]
