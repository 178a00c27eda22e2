"""What goes over the pipes between a program and its parser: msgpack after four bytes of length."""

from datetime import datetime

import msgspec

from producers.news.parsed import FeedFault, ParsedFeed

LENGTH_BYTES = 4


class Request(msgspec.Struct, frozen=True):
    """The arguments of ``parse_feed``, and how long it may take.

    Of the headers only the one that counts: others may hold bytes that msgpack can't carry.
    """

    body: bytes
    feed: str
    url: str
    content_type: str
    observed_at: datetime
    language: str | None
    deadline_s: float


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """A FeedError in transit."""

    reason: FeedFault
    message: str


Reply = ParsedFeed | Refusal


def framed(message: Request | Reply) -> bytes:
    """The message with its length before it."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def length_of(prefix: bytes) -> int:
    """The length that stands before a message."""
    return int.from_bytes(prefix, "big")
