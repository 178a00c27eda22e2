"""Entries from JSON lines, one after the other, whatever stands between them.

An entry may be spelt as this project does it (``key, title, summary, feed, published``) or as the
archives of rumca-js/RSS-Link-Database do (``title, description, source, date_published``). Only the
time of publication and a title or summary are needed; a day without a time stands for its noon, a
time without a zone is UTC. The file may be compressed with gzip.
"""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO

import msgspec

from learning.labels import key_of
from producers.news.item import EARLIEST, entry_of, language_tag
from wheelsdown.records.news import Entry

#: For standard input or output.
STANDARD = Path("-")
#: Longer lines are no entries; without a limit one could fill the memory.
MAX_LINE_BYTES = 1_000_000
#: Longer than any feed's address; what is beyond is cut.
FEED_CHARS = 200

#: Later days are slips of the pen, and dates of a visit after them can't be told.
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_GZIP = b"\x1f\x8b"


class ReadingError(Exception):
    """A file can't be read or written; the message says what to do."""


class BadLineError(Exception):
    """The line is no entry; the message says why."""


class _Line(msgspec.Struct):
    key: str | None = None
    title: str | None = None
    summary: str | None = None
    description: str | None = None
    feed: str | None = None
    source: str | None = None
    published: str | None = None
    pub: str | None = None
    date_published: str | None = None
    language: str | None = None


def entries_of(path: Path, stack: ExitStack) -> Iterator[Entry]:
    """The entries of a file, without the lines that are none. Raises ReadingError."""
    for _, line in numbered_lines(path, stack):
        with suppress(BadLineError):
            yield entry_from(line)[1]


def numbered_lines(path: Path, stack: ExitStack) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, numbered from 1; of one that is too long, its start.

    Raises ReadingError, also later, where the file is torn.
    """
    try:
        raw: IO[bytes] = (
            sys.stdin.buffer if path == STANDARD else stack.enter_context(path.open("rb"))
        )
    except OSError as error:
        raise ReadingError(
            f"{path} can't be read: {error.strerror}; name a readable file"
        ) from error
    return _numbered(path, raw)


def _numbered(path: Path, raw: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        packed = raw.peek(len(_GZIP)).startswith(_GZIP)  # type: ignore[attr-defined] # buffered
        text: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment] # GzipFile has the methods used here
        while line := text.readline(MAX_LINE_BYTES + 1):
            number += 1
            rest = line
            while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                rest = text.readline(MAX_LINE_BYTES + 1)
            if line.strip():
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise ReadingError(
            f"{path} can't be read beyond line {number}: {error}; what came before is done"
        ) from error


def entry_from(line: bytes) -> tuple[str, Entry]:
    """The key and entry of a line. Raises BadLineError."""
    if len(line) > MAX_LINE_BYTES:
        raise BadLineError("too long")
    try:
        row = msgspec.json.decode(line, type=_Line)
    except msgspec.ValidationError as error:
        raise BadLineError("a member is no text, or the line no object") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadLineError("not JSON") from error
    title = row.title or ""
    published = _moment(row.published or row.pub or row.date_published or "")
    entry = entry_of(
        feed=(row.feed or row.source or "").strip()[:FEED_CHARS],
        identity=row.key or title,
        title=title,
        summary=row.summary or row.description or "",
        link=None,
        published_at=published,
        language=language_tag(row.language),
        observed_at=published,
    )
    if entry is None:
        raise BadLineError("neither title nor summary")
    return row.key or key_of(title), entry


def _moment(text: str) -> datetime:
    """A day is its noon, a time without a zone is UTC. Raises BadLineError."""
    text = text.strip()
    if not text:
        raise BadLineError("no time of publication")
    try:
        moment = (
            datetime.combine(date.fromisoformat(text), time(12))
            if len(text) == len("2023-07-31")
            else datetime.fromisoformat(text)
        )
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # the latter: beyond the year 9999 in UTC
        raise BadLineError("time of publication not ISO 8601") from error
    if moment < EARLIEST:
        raise BadLineError(f"published before {EARLIEST.year}")
    if moment >= LATEST:
        raise BadLineError(f"published after {LATEST.year - 1}")
    return moment
