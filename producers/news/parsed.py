"""What comes of a feed file: entries and counts, or a reason why there are none.

Apart from the parser, so that the process that polls need not load feedparser.
"""

from typing import Literal

import msgspec

from wheelsdown.records.news import Entry

Dropped = Literal[
    "no_text",  # the item has neither title nor summary
    "no_identity",  # neither guid, link nor title
    "repeated",  # the same item again in one file
    "cut_short",  # the last item of a file that ends within it
    "beyond_limit",  # older than the newest MAX_ITEMS of the file
    # The entry stays and loses the field only:
    "link_not_http",
    "date_unreadable",
    "date_before_1990",
    "date_in_future",
]

FeedFault = Literal[
    "empty",
    "html",  # a web page: a login, a consent form, a network's portal
    "json",
    "no_feed",  # something else that is neither RSS nor Atom
    "unreadable",  # the parser fails on it, mended or not
    "too_costly",  # the parser needs more time or memory than it gets
]


class FeedError(Exception):
    """The body holds no feed that can be read; the message says what to do."""

    def __init__(self, reason: FeedFault, message: str) -> None:
        super().__init__(message)
        self.reason: FeedFault = reason


class ParsedFeed(msgspec.Struct, frozen=True, tag="parsed"):
    """The entries of one file, oldest first, and what was lost on the way.

    ``degraded`` says in words what was wrong with a file that could be read all the same.
    ``truncated``: the file ends early, so that items are missing. ``dropped`` counts by reason.
    """

    entries: tuple[Entry, ...]
    degraded: str | None
    truncated: bool
    dropped: dict[Dropped, int]
