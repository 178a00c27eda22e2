"""Looks in a channel whether a post of unknown fate is there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from consumers.outcome import Lane
from consumers.slack.answers import Failure, Meaning
from consumers.slack.limits import HISTORY
from consumers.slack.message import EVENT_TYPE

#: How far this machine's clock may differ from Slack's, the length of a request included.
SKEW = timedelta(minutes=5)
#: Slack gives apps outside its Marketplace 15 a page, and takes this from everybody.
PAGE = 15
#: Of the window of little more than twice the skew: Slack takes about one message a second from an
#: app, and people write less.
PAGES = 60


@dataclass(frozen=True)
class Found:
    """The post is there."""

    ts: str
    revision: int


@dataclass(frozen=True)
class Searched:
    """How far the search has come: the pages that were read, newest first, and where it goes on.

    Without a ``cursor`` it is at its end.
    """

    pages: int = 0
    cursor: str | None = None


def search(
    client: WebClient,
    channel: str,
    delivery_id: str,
    *,
    since: datetime,
    until: datetime,
    so_far: Searched,
    ask: Callable[[Lane, Callable[[], SlackResponse]], SlackResponse | Failure],
) -> Found | Failure | Searched:
    """Read one page for the message with this delivery id, asked for between the two times.

    The times are those of our clock. ``ask`` makes the call. A failure when the page can't be
    read, or when the channel holds more messages of that time than are read.
    """
    page = partial(
        client.conversations_history,
        channel=channel,
        oldest=f"{(since - SKEW).timestamp():.6f}",
        latest=f"{(until + SKEW).timestamp():.6f}",
        inclusive=True,
        include_all_metadata=True,
        limit=PAGE,
        cursor=so_far.cursor,
    )
    answer = ask(Lane(channel, HISTORY), page)
    if isinstance(answer, Failure):
        return replace(answer, reason=f"can't read the channel's history: {answer.reason}")
    match answer.data:
        case {"messages": list(messages)}:
            pass
        case _:
            return Failure(Meaning.AMBIGUOUS, "a history that tells of no messages")
    for message in messages:
        if (found := _ours(message, delivery_id)) is not None:
            return found
    cursor = _next_cursor(answer.data)
    searched = Searched(so_far.pages + 1, cursor)
    if cursor is not None and searched.pages >= PAGES:
        too_many = "the channel holds more messages of that time than are read"
        return Failure(Meaning.AMBIGUOUS, too_many)
    return searched


def _next_cursor(data: object) -> str | None:
    match data:
        case {"response_metadata": {"next_cursor": str(cursor)}} if cursor:
            return cursor
        case _:
            return None


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
