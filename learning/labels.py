"""Labelled entries: what people read in them, by the labelling guide (docs/visits.md).

A labels file has one JSON object a line, in one of three forms::

    {"key", "pub", "feed", "title", "summary", "tag", "events", "weight"?}     with the text
    {"key", "pub", "tag", "events"}                                            without it
    {"title", "summary", "published", "feed", "tag", "events"}                 written by ourselves

``key`` is the first twelve hex digits of the SHA-1 of the title: by it labels without text find
theirs in files of news (``{"source", "title", "description", "date_published"}``, which is how the
archives of rumca-js/RSS-Link-Database spell it). Any of the files may be compressed with gzip. The
members ``id``, ``sender`` and the kinds ``delegation``, ``hosting`` and ``meeting_third`` are an
older form of the labels and are read too.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Literal, NamedTuple

import msgspec

from wheelsdown.records.news import Entry
from wheelsdown.records.visits import Status, VisitKind

Tag = Literal["pos", "region", "neg"]

#: Whoever labelled an entry without text in its file saw so much of its summary.
SUMMARY_CHARS = 700

_KINDS: Mapping[str, VisitKind] = {
    "visit": "visit",
    "third_place": "third_place",
    "delegation": "visit",
    "hosting": "visit",
    "meeting_third": "third_place",
}
_GZIP = b"\x1f\x8b"
_ORGANISATIONS = ("EU", "UN", "NATO", "IAEA", "AU", "ASEAN", "IMF", "WB", "OTH")
_HOST = re.compile(r"[A-Z]{3}")
_VISITOR = re.compile(rf"[A-Z]{{3}}|{'|'.join(_ORGANISATIONS)}")


class LabelsError(Exception):
    """A file of labels or news can't be used; the message says where and what to do."""


class Event(NamedTuple):
    """A visit that an entry tells of; ``official`` is the name as written, else the title."""

    visitor: str
    host: str
    official: str | None
    status: Status
    kind: VisitKind
    start: date | None
    end: date | None
    background: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Who visits whom."""
        return self.visitor, self.host


class Example(NamedTuple):
    """A labelled entry.

    ``tag`` is ``pos`` where there are events, ``region`` where a visit has no single state for a
    visitor or host. ``weight`` tells how many entries of the news it stands for, where it was drawn
    at random; ``written`` marks one that we wrote ourselves, from which nothing can be measured.
    """

    key: str
    published: date
    feed: str
    title: str
    summary: str
    tag: Tag
    events: tuple[Event, ...]
    weight: float | None = None
    written: bool = False


@dataclass(frozen=True)
class Labels:
    """What the files held.

    ``without_text`` counts the labels whose text is in no file of news, ``without_day`` those that
    tell no day of publication, ``repeated`` those of an entry that a line before had labelled
    already: the first one counts.
    """

    examples: tuple[Example, ...]
    without_text: int
    without_day: int
    repeated: int


class _EventRow(msgspec.Struct):
    host: str
    status: Status
    kind: str
    visitor: str | None = None
    sender: str | None = None
    official: str | None = None
    start: date | None = None
    end: date | None = None
    background: bool = False


class _Row(msgspec.Struct):
    tag: Tag
    events: list[_EventRow]
    key: str | None = None
    id: str | None = None
    pub: date | None = None
    published: date | None = None
    feed: str | None = None
    source: str | None = None
    title: str | None = None
    summary: str | None = None
    weight: float | None = None


class _NewsRow(msgspec.Struct):
    title: str | None = None
    source: str | None = None
    description: str | None = None
    date_published: str | None = None


class _Text(NamedTuple):
    feed: str
    title: str
    summary: str


def key_of(title: str) -> str:
    """The key by which labels know an entry."""
    return hashlib.sha1(title.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:12]


def read_labels(
    files: Sequence[Path], news: Sequence[Path], plain_text: Callable[[str], str]
) -> Labels:
    """All labelled entries, in the order of the files.

    ``plain_text`` takes the markup out of the news. Raises LabelsError.
    """
    found: dict[str, Example] = {}
    wanted: dict[str, date] = {}
    repeated = without_day = 0
    for path in files:
        for number, line in _lines(path):
            where = f"{path}, line {number}"
            row = _row(where, line)
            published = row.published or row.pub
            if published is None:
                without_day += 1
                continue
            example = _example(where, row, published)
            has_text = row.title is not None or row.summary is not None
            if example.key in found:
                repeated += 1
                continue
            found[example.key] = example
            if not has_text:
                wanted[example.key] = example.published
    texts = _texts(news, wanted, plain_text) if wanted else {}
    for key in wanted:
        text = texts.get(key)
        if text is None:
            del found[key]
        else:
            found[key] = found[key]._replace(feed=text.feed, title=text.title, summary=text.summary)
    return Labels(tuple(found.values()), len(wanted) - len(texts), without_day, repeated)


def entry_of(example: Example) -> Entry:
    """The entry as a feed would have served it, published at noon UTC."""
    at = datetime.combine(example.published, time(12), UTC)
    return Entry(
        record_id=example.key,
        occurred_at=at,
        observed_at=at,
        entry_id=example.key,
        feed=example.feed,
        title=example.title,
        summary=example.summary,
        link=None,
        published_at=at,
        content_hash=example.key,
    )


def _row(where: str, line: bytes) -> _Row:
    try:
        return msgspec.json.decode(line, type=_Row)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LabelsError(f"{where}: {error}; mend the line or take it out") from error


def _example(where: str, row: _Row, published: date) -> Example:
    key = row.key or row.id
    if key is None and not row.title:
        raise LabelsError(f"{where}: neither key nor title; add one of them")
    events = tuple(_event(where, event) for event in row.events)
    if len({event.pair for event in events}) < len(events):
        raise LabelsError(f"{where}: a pair of states stands there twice; keep the newer visit")
    if bool(events) != (row.tag == "pos"):
        raise LabelsError(f"{where}: tag {row.tag} with {len(events)} events; pos has some")
    return Example(
        key=key or key_of(row.title or ""),
        published=published,
        feed=row.feed or row.source or "",
        title=row.title or "",
        summary=row.summary or "",
        tag=row.tag,
        events=events,
        weight=row.weight,
        written=key is None,
    )


def _event(where: str, row: _EventRow) -> Event:
    visitor = row.visitor or row.sender
    if visitor is None or not _VISITOR.fullmatch(visitor) or not _HOST.fullmatch(row.host):
        raise LabelsError(
            f"{where}: {visitor} -> {row.host}; name the states by ISO 3166-1 alpha-3, and "
            f"organisations, as visitors only, by {', '.join(_ORGANISATIONS)}"
        )
    kind = _KINDS.get(row.kind)
    if kind is None:
        raise LabelsError(f"{where}: kind {row.kind!r}; use {' or '.join(list(_KINDS)[:2])}")
    return Event(
        visitor=visitor,
        host=row.host,
        official=row.official,
        status=row.status,
        kind=kind,
        start=row.start,
        end=row.end,
        background=row.background,
    )


def _texts(
    files: Iterable[Path], wanted: Mapping[str, date], plain_text: Callable[[str], str]
) -> dict[str, _Text]:
    """The text of each key; of several entries with one title that of the labelled day."""
    found: dict[str, _Text] = {}
    on_day: set[str] = set()
    for path in files:
        for number, line in _lines(path):
            try:
                row = msgspec.json.decode(line, type=_NewsRow)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise LabelsError(
                    f"{path}, line {number}: {error}; is this a file of news?"
                ) from error
            title = row.title or ""
            key = key_of(title)
            if key not in wanted:
                key = key_of(plain_text(title))
            if key not in wanted or key in on_day:
                continue
            of_day = (row.date_published or "").startswith(wanted[key].isoformat())
            if key in found and not of_day:
                continue
            if of_day:
                on_day.add(key)
            summary = plain_text(row.description or "")[:SUMMARY_CHARS]
            found[key] = _Text(row.source or "", plain_text(title), summary)
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, numbered from 1."""
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            text: IO[bytes] = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment] # GzipFile has the methods used here
            for number, line in enumerate(text, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise LabelsError(f"{path} can't be read: {reason}; name a readable file") from error
