"""News entries from JSON lines, for ``wheelsdown record import --format entries``.

Each line is an object, in one of two spellings, of which only the feed, the date and the title (or
the summary) are needed::

    {"feed": ..., "title": ..., "summary": ..., "link": ..., "published": ..., "language": ...}
    {"source": ..., "title": ..., "description": ..., "link": ..., "date_published": ..., ...}

The second is that of the archives of rumca-js/RSS-Link-Database. Dates are ISO 8601 with a zone; a
space may stand for the T. Summaries may hold markup. The file may be compressed with gzip.
"""

import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Literal

import msgspec

from producers.news.item import EARLIEST, entry_of, language_tag, web_link
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import Progress, progress

#: Longer lines are no entries; without a limit one could fill the memory.
MAX_LINE_BYTES = 1_000_000
#: Longer than any name of a feed; what is beyond is cut.
FEED_CHARS = 200
#: How often an imported file says how far it has read, in its own time.
PROGRESS_EVERY = timedelta(hours=1)
LONGEST_SILENCE = timedelta(days=7)

_GZIP = b"\x1f\x8b"

DroppedLine = Literal[
    "too_long",
    "not_an_object",  # no JSON, not an object, or a field that is no text
    "no_feed",
    "no_text",
    "no_date",
    "date_unreadable",
    "date_without_zone",
    "date_before_1990",
    "repeated",
    # The entry stays and loses its link only:
    "link_not_http",
]


class EntriesError(Exception):
    """The file can't be read."""


@dataclass(frozen=True)
class ImportedEntries:
    """The entries of a file in order of ``observed_at``, which is their time of publication.

    ``received`` is how many lines there were that are not empty, ``dropped`` counts by reason.
    """

    entries: tuple[Entry, ...]
    received: int
    dropped: Mapping[DroppedLine, int]


class _Line(msgspec.Struct):
    feed: str | None = None
    source: str | None = None
    title: str | None = None
    summary: str | None = None
    description: str | None = None
    link: str | None = None
    published: str | None = None
    date_published: str | None = None
    language: str | None = None


def read_entries(path: Path) -> ImportedEntries:
    """The entries of a file; a line that is none is counted. Raises EntriesError.

    Of an entry that stands there repeatedly, with the same words, the earliest is kept.
    """
    dropped: Counter[DroppedLine] = Counter()
    received = 0
    found: dict[str, Entry] = {}
    decoder = msgspec.json.Decoder(_Line)
    for line in _lines(path):
        received += 1
        entry = _entry(line, decoder, dropped)
        if entry is None:
            continue
        known = found.setdefault(entry.record_id, entry)
        if known is not entry:
            dropped["repeated"] += 1
            found[entry.record_id] = min(known, entry, key=lambda one: one.observed_at)
    ordered = sorted(found.values(), key=lambda entry: (entry.observed_at, entry.feed))
    return ImportedEntries(tuple(ordered), received, dropped)


def progress_for(entries: Sequence[Entry]) -> tuple[Progress, ...]:
    """What a reader of these entries would have said: each full hour, and with the last of them.

    ``entries`` are in order of ``observed_at``; one observed at the very moment of a progress
    record counts as read by it. Only the first week of a silence is told by the hour, so that one
    entry with a date far off does not make a million records.
    """
    moments: list[datetime] = []
    for entry, following in itertools.pairwise(entries):
        hour = entry.observed_at.replace(minute=0, second=0, microsecond=0) + PROGRESS_EVERY
        until = min(following.observed_at, entry.observed_at + LONGEST_SILENCE)
        while hour <= until:
            moments.append(hour)
            hour += PROGRESS_EVERY
    if entries and entries[-1].observed_at not in moments[-1:]:
        moments.append(entries[-1].observed_at)
    return tuple(
        progress("news", part=0, parts=1, up_to=moment, observed_at=moment) for moment in moments
    )


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that are not empty; of one that is too long, its start."""
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            text: IO[bytes] = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment] # GzipFile has the methods used here
            while line := text.readline(MAX_LINE_BYTES + 1):
                rest = line
                while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                    rest = text.readline(MAX_LINE_BYTES + 1)
                if line.strip():
                    yield line
    except (OSError, EOFError, zlib.error) as error:
        raise EntriesError(f"{path}: can't be read: {error}") from error


def _entry(
    line: bytes, decoder: "msgspec.json.Decoder[_Line]", dropped: Counter[DroppedLine]
) -> Entry | None:
    if len(line) > MAX_LINE_BYTES:
        dropped["too_long"] += 1
        return None
    try:
        row = decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        dropped["not_an_object"] += 1
        return None
    feed = (row.feed or row.source or "").strip()[:FEED_CHARS]
    if not feed:
        dropped["no_feed"] += 1
        return None
    published_at = _moment(row.published or row.date_published or "", dropped)
    if published_at is None:
        return None
    title, link = row.title or "", (row.link or "").strip()
    entry = entry_of(
        feed=feed,
        identity=link or title,
        title=title,
        summary=row.summary or row.description or "",
        link=web_link(link),
        published_at=published_at,
        language=language_tag(row.language),
        observed_at=published_at,
    )
    if entry is None:
        dropped["no_text"] += 1
    elif link and entry.link is None:
        dropped["link_not_http"] += 1
    return entry


def _moment(text: str, dropped: Counter[DroppedLine]) -> datetime | None:
    reason: DroppedLine
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            reason = "date_without_zone"
        elif moment < EARLIEST:
            reason = "date_before_1990"
        else:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: beyond the year 9999 in UTC
        reason = "date_unreadable" if text.strip() else "no_date"
    dropped[reason] += 1
    return None
