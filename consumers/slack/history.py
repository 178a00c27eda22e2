"""Looks in a channel whether a post of unknown fate is there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk import WebClient

from consumers.slack.answers import Failure, Meaning, call
from consumers.slack.message import EVENT_TYPE
from wheelsdown.clock import Clock, monotonic_s

#: How far this machine's clock may differ from Slack's, the length of a request included.
SKEW = timedelta(minutes=5)
#: Slack gives apps outside its Marketplace 15 a page, and takes this from everybody.
PAGE = 15
#: 300 messages within a window of little more than twice the skew; Slack takes about one a second
#: from an app, and people write less.
PAGES = 20
#: Paging ends after this, so that a slow Slack does not keep a consumer from its group.
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Found:
    """The post is there."""

    ts: str
    revision: int


def find(
    client: WebClient,
    channel: str,
    delivery_id: str,
    *,
    since: datetime,
    until: datetime,
    clock: Clock,
    elapsed_s: Callable[[], float] = monotonic_s,
) -> Found | Failure | None:
    """The message with this delivery id, asked for between the two times by our clock.

    None when the channel does not have it; a failure when that can't be told.
    """
    end = elapsed_s() + PATIENCE_S
    cursor: str | None = None
    for _ in range(PAGES):
        page = partial(
            client.conversations_history,
            channel=channel,
            oldest=f"{(since - SKEW).timestamp():.6f}",
            latest=f"{(until + SKEW).timestamp():.6f}",
            inclusive=True,
            include_all_metadata=True,
            limit=PAGE,
            cursor=cursor,
        )
        answer = call(page, clock)
        if isinstance(answer, Failure):
            return replace(answer, reason=f"can't read the channel's history: {answer.reason}")
        for message in answer.get("messages") or []:
            if (found := _ours(message, delivery_id)) is not None:
                return found
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
        if elapsed_s() > end:
            break
    return Failure(
        Meaning.AMBIGUOUS, "the channel holds more messages of that time than could be read"
    )


def _ours(message: Any, delivery_id: str) -> Found | None:
    match message:
        case {
            "ts": str(ts),
            "metadata": {
                "event_type": str(event_type),
                "event_payload": {"delivery_id": found, "revision": int(revision)},
            },
        } if event_type == EVENT_TYPE and found == delivery_id:
            return Found(ts, revision)
        case _:
            return None
