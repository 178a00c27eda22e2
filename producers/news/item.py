"""From one item, of whatever source, to an ``Entry``: identity, times, link and text in bounds."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from producers.news.plain_text import plain_text
from wheelsdown.records.news import Entry
from wheelsdown.records.record import record_id

#: Longer than any headline (Slack shows 150 in a header) and any lead; an entry stays far below the
#: limit of its topic in every script.
TITLE_CHARS = 500
SUMMARY_CHARS = 4_000
#: What browsers and proxies carry without trouble (RFC 9110 section 4.1 asks for 8,000).
LINK_CHARS = 8_000

#: The first web feeds are of 1999; an older date is a program's zero or a typing error.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: A wrong time zone is at most 14 hours out.
AHEAD = timedelta(days=1)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")


def entry_of(
    *,
    feed: str,
    identity: str,
    title: str,
    summary: str,
    link: str | None,
    published_at: datetime | None,
    language: str | None,
    observed_at: datetime,
) -> Entry | None:
    """The entry; None when neither title nor summary hold a word.

    ``title`` and ``summary`` may hold markup. ``identity`` is what the feed tells this item from
    its others by. The ids are the same for every reader of the feed and after every restart.
    """
    title = plain_text(title, limit=TITLE_CHARS)
    summary = plain_text(summary, limit=SUMMARY_CHARS)
    if not title and not summary:
        return None
    entry_id = record_id(feed, identity.encode("utf-8", "replace").decode())
    content_hash = record_id(title, summary)
    return Entry(
        record_id=record_id("entry", entry_id, content_hash),
        occurred_at=min(published_at or observed_at, observed_at),
        observed_at=observed_at,
        entry_id=entry_id,
        feed=feed,
        title=title,
        summary=summary,
        link=link,
        published_at=published_at,
        content_hash=content_hash,
        language=language,
    )


def web_link(text: str) -> str | None:
    """The address, when it is one that a reader may safely be sent to: http or https, else None."""
    try:
        parts = urlsplit(text)
    except ValueError:  # unbalanced brackets and the like
        return None
    safe = parts.scheme in ("http", "https") and parts.hostname and len(text) <= LINK_CHARS
    return text if safe and text.isprintable() and " " not in text else None


def language_tag(text: str | None) -> str | None:
    """The language tag (``en``, ``pt-BR``) that ``text`` is, else None."""
    return text if text and _LANGUAGE.fullmatch(text) else None
