"""From the bytes of an RSS or Atom file to entries.

feedparser does the reading, on bytes in memory only: given a URL or a path, it would open that,
without limits. On broken markup it is slow, on some inputs quadratic (no one waits for 15 MB of
``<a>``), and nothing can interrupt it: what runs for long calls ``parse_feed`` through
``ParserProcess``.
"""

import calendar
import codecs
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from producers.news.item import AHEAD, EARLIEST, entry_of, language_tag, web_link
from producers.news.parsed import Dropped, FeedError, ParsedFeed
from producers.news.plain_text import plain_text
from producers.news.repair import repaired
from wheelsdown.records.news import Entry

#: News feeds hold 10 to 100 items, the largest honest ones a few thousand.
MAX_ITEMS = 5_000

#: The file was read as it was meant; only its encoding is declared wrongly.
_HARMLESS = feedparser.CharacterEncodingOverride
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
#: How the end tags of RSS, Atom and RDF start, without and with a prefix.
_ROOT_ENDS = (b"</rss", b"</feed", b"</rdf", b":rss", b":feed", b":rdf")
_NEVER = datetime.max.replace(tzinfo=UTC)


def parse_feed(
    body: bytes,
    *,
    feed: str,
    url: str,
    headers: Mapping[str, str],
    observed_at: datetime,
    language: str | None = None,
) -> ParsedFeed:
    """The entries of a file that was received from ``url`` at ``observed_at``.

    ``feed`` is the operator's name of the feed; ``language``, where given, is the entries' language
    whatever the feed says. Raises FeedError when the body is no feed.

    An item is known by its guid, else its link, else its title. Items that share a guid but not the
    link, or (without guids) a link but not the title, are different items, known by both. Items
    that share both are one: the newest is kept, or the first in the file; the rest count as
    repeated.
    """
    dropped: Counter[Dropped] = Counter()
    result, degraded = _parsed(body, url, headers)
    if not result.version:
        raise _no_feed(body)
    truncated = degraded is not None and not _has_end(body)
    if truncated and result.entries and _ends_in_item(body):
        result.entries.pop()  # half a headline is none
        dropped["cut_short"] += 1
    items = [_item(raw, result.feed, observed_at, dropped) for raw in result.entries]
    chosen: dict[str, Entry] = {}
    for identity, item in _identified(_newest(items, dropped)):
        if not identity:
            dropped["no_identity"] += 1
            continue
        entry = entry_of(
            feed=feed,
            identity=identity,
            title=item.title,
            summary=item.summary,
            link=_link(item.link, dropped),
            published_at=item.published_at,
            language=language_tag(language or item.language),
            observed_at=observed_at,
        )
        if entry is None:
            dropped["no_text"] += 1
        elif chosen.setdefault(entry.entry_id, entry) is not entry:
            dropped["repeated"] += 1
    oldest_first = list(reversed(chosen.values()))
    oldest_first.sort(key=lambda entry: entry.occurred_at)
    return ParsedFeed(
        entries=tuple(oldest_first),
        degraded=degraded,
        truncated=truncated,
        dropped=dict(dropped),
    )


def _parsed(body: bytes, url: str, headers: Mapping[str, str]) -> tuple[Any, str | None]:
    """What feedparser made of it, and what was wrong with the file in words."""
    if not body.strip():
        raise FeedError("empty", "the answer is empty; is this still the address of the feed?")
    try:
        result = _feedparser(body, url, _charset(body, headers))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - feedparser raises whatever its parts raise
        fault = type(error).__name__
    else:
        if not result.bozo or isinstance(result.bozo_exception, _HARMLESS):
            return result, None
        return result, plain_text(f"not well-formed: {result.bozo_exception}", limit=200)
    try:
        result = _feedparser(repaired(body), url, "utf-8")
    except MemoryError:
        raise
    except Exception as error:
        raise FeedError(
            "unreadable", f"the parser fails on it, mended or not: {type(error).__name__}"
        ) from error
    return result, f"had to be mended: {fault}"


def _charset(body: bytes, headers: Mapping[str, str]) -> str:
    """The charset that the server named; a mark in the body is worth more (RFC 7303 section 3)."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    named = _CHARSET.search(kind)
    return named[1] if named and not body.startswith(_MARKS) else ""


def _feedparser(body: bytes, url: str, charset: str) -> Any:
    # Whatever the server called it: feedparser goes by RFC 3023, for which text/* is US-ASCII, and
    # takes what has no type for ISO-8859-1. As application/xml, the document's declaration counts.
    kind = "application/xml" + (f"; charset={charset}" if charset else "")
    return feedparser.parse(  # type: ignore[attr-defined, no-untyped-call] # it is untyped
        io.BytesIO(body),
        response_headers={"content-type": kind, "content-location": url},
        # Wasted on text that is going to lose all its markup.
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _no_feed(body: bytes) -> FeedError:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"{", b"[")):
        return FeedError("json", "JSON, but this reader reads RSS and Atom; look for such a feed")
    if start.startswith(b"<!doctype html") or b"<html" in start:
        return FeedError(
            "html", "a web page in place of the feed; open it in a browser: a login, a block page?"
        )
    return FeedError("no_feed", "neither RSS nor Atom; check the address in a browser")


def _has_end(body: bytes) -> bool:
    """Whether the end of the root element was received."""
    tail = _ascii(body[-1024:])
    return any(end in tail for end in _ROOT_ENDS)


def _ends_in_item(body: bytes) -> bool:
    """Whether the last item that begins does not end."""
    text = _ascii(body)
    return any(text.rfind(b"<" + tag) > text.rfind(b"</" + tag) for tag in (b"item", b"entry"))


def _ascii(body: bytes) -> bytes:
    """What tags can be looked for in: without its zeros UTF-16 is ASCII as far as they go."""
    return body.replace(b"\0", b"").lower()


@dataclass(frozen=True)
class _Item:
    """An item as the feed has it, in its markup and unchecked but for the time."""

    guid: str
    title: str
    summary: str
    link: str
    published_at: datetime | None
    language: str | None

    @property
    def known_by(self) -> str:
        return self.guid or self.link or self.title

    @property
    def variant(self) -> str:
        """What tells it from another item that is known by the same."""
        return self.link if self.guid else self.title


def _item(raw: Any, about: Any, observed_at: datetime, dropped: Counter[Dropped]) -> _Item:
    summary = raw.get("summary") or ""
    if not summary and raw.get("content"):
        summary = raw["content"][0].get("value") or ""
    spoken = raw.get("title_detail", {}).get("language") or about.get("language")
    return _Item(
        guid=(raw.get("id") or "").strip(),
        title=(raw.get("title") or "").strip(),
        summary=summary,
        link=(raw.get("link") or "").strip(),
        published_at=_published_at(raw, observed_at, dropped),
        language=spoken,
    )


def _published_at(
    raw: dict[str, Any], observed_at: datetime, dropped: Counter[Dropped]
) -> datetime | None:
    """When the feed says that the item was published, else last changed, if that can be true."""
    # dict.get, since feedparser's own substitutes other fields, with warnings.
    said = [key for key in ("published", "updated") if dict.get(raw, key)]
    readings = (dict.get(raw, f"{key}_parsed") for key in said)
    reading = next(filter(None, readings), None)
    if reading is None:
        if said:
            dropped["date_unreadable"] += 1
        return None
    try:
        moment = datetime.fromtimestamp(calendar.timegm(reading), UTC)
    except (ValueError, OverflowError, OSError):
        dropped["date_unreadable"] += 1
        return None
    if moment < EARLIEST:
        dropped["date_before_1990"] += 1
        return None
    if moment > observed_at + AHEAD:
        dropped["date_in_future"] += 1
        return None
    return moment


def _newest(items: Iterable[_Item], dropped: Counter[Dropped]) -> list[_Item]:
    """The newest of the items, newest first; those without a date count as new."""
    ordered = sorted(items, key=lambda item: item.published_at or _NEVER, reverse=True)
    if len(ordered) > MAX_ITEMS:
        dropped["beyond_limit"] += len(ordered) - MAX_ITEMS
    return ordered[:MAX_ITEMS]


def _identified(items: list[_Item]) -> Iterator[tuple[str, _Item]]:
    """Each item with its identity."""
    variants = defaultdict(set)
    for item in items:
        variants[item.known_by].add(item.variant)
    for item in items:
        several = len(variants[item.known_by]) > 1
        yield f"{item.known_by}\n{item.variant}" if several else item.known_by, item


def _link(text: str, dropped: Counter[Dropped]) -> str | None:
    link = web_link(text)
    if text and link is None:
        dropped["link_not_http"] += 1
    return link
