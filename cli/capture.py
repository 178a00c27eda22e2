"""``capture``: the input topics of a live log into a recording, while everything runs on."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from cli.compose import fleet_of, reader
from cli.recording import RECORDED, RecordingError, RecordingWriter
from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.port import Message, Reader, UnavailableError
from wheelsdown.records.codec import CodecError
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic
from wheelsdown.settings import Settings

#: Messages read at a time.
BATCH = 100
#: So much before the span is read, too: records are appended after they were observed, but the
#: clocks of those who observe and append may differ, or be set back.
MARGIN = timedelta(hours=1)
#: A log that can't be read is asked again so often, and for so long.
PAUSE_S = 5.0
OUTAGE_S = 180.0

#: Told how far it is: the topic, the messages read, and those there are to read.
Tell = Callable[[str, int, int], None]

_EPOCH = datetime.fromtimestamp(0, UTC)
_Read = TypeVar("_Read")

log = structlog.get_logger(__name__)


class CaptureError(RecordingError):
    """Nothing can be captured; the message says why, and what to try."""


@dataclass(frozen=True)
class Span:
    """From ``since`` on and before ``until``, by ``observed_at``; None is without bound."""

    since: datetime | None = None
    until: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return (self.since is None or self.since <= moment) and (
            self.until is None or moment < self.until
        )

    @property
    def appended_since(self) -> datetime | None:
        """When the first record of the span can have been appended; None is without bound."""
        return None if self.since is None else max(self.since, _EPOCH + MARGIN) - MARGIN

    def __str__(self) -> str:
        since = "the beginning" if self.since is None else self.since.isoformat()
        return f"{since} to {'the end' if self.until is None else self.until.isoformat()}"


@dataclass
class Captured:
    """What became of what the log holds. ``first`` and ``last`` are of all that could be read."""

    records: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    first: datetime | None = None
    last: datetime | None = None


def span_of(since: str | None, until: str | None) -> Span:
    """The span between two ISO 8601 dates or times, UTC where they name no zone.

    Raises CaptureError.
    """
    span = Span(_moment("--since", since), _moment("--until", until))
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise CaptureError(f"--since must be before --until: {span} is no span")
    return span


def capture(settings: Settings, into: Path, span: Span, tell: Tell) -> Captured:
    """Add what the configured log holds now of the span to the recording ``into``.

    Raises CaptureError (nothing came of it), RecordingError, FleetError and EventLogError; after
    the last, what had been read is in the recording already.
    """
    done = Captured()
    with reader(settings) as events, RecordingWriter(into) as writer:
        writer.keep_fleet(settings.fleet.files, fleet_of(settings).version)
        copy_inputs(events, writer, span, done, tell)
        writer.note(f"capture of {settings.log.kind}, {span}", dict(done.unreadable))
    if not done.records:
        raise CaptureError(_nothing(span, done))
    return done


def copy_inputs(
    events: Reader,
    writer: RecordingWriter,
    span: Span,
    done: Captured,
    tell: Tell = lambda *_: None,
    *,
    elapsed_s: Callable[[], float] = monotonic_s,
    rest: Callable[[float], object] = time.sleep,
) -> None:
    """Copy the input topics as far as they reach now, one partition after the other.

    The order does not matter: who reads a recording orders by ``observed_at``. A log that can't be
    read is waited for, up to ``OUTAGE_S`` by ``elapsed_s``.

    Raises EventLogError, and what the writer raises.
    """
    patient = _Patient(elapsed_s, rest)
    parts = patient(lambda: [part for topic in RECORDED for part in _parts(events, topic, span)])
    total = sum(part.end - part.start for part in parts)
    before = 0
    for part in parts:
        offset = part.start
        while offset < part.end:
            found = patient(partial(events.read, part.topic, part.number, offset, BATCH))
            for message in found:
                if message.offset < part.end:
                    _copy(message, writer, span, done)
            # Nothing is left where all up to the end has expired meanwhile.
            offset = min(found[-1].offset + 1, part.end) if found else part.end
            tell(part.topic.name, before + offset - part.start, total)
        before += part.end - part.start


@dataclass(frozen=True)
class _Part:
    """What is read of a partition: from the offset ``start`` on and before ``end``."""

    topic: Topic
    number: int
    start: int
    end: int


def _parts(events: Reader, topic: Topic, span: Span) -> Iterator[_Part]:
    since = span.appended_since
    for number, end in enumerate(events.ends(topic)):
        start = 0 if since is None else events.offset_at(topic, number, since)
        yield _Part(topic, number, min(start, end), end)


class _Patient:
    """Does something with the log, again and again while the log can't be reached."""

    def __init__(self, elapsed_s: Callable[[], float], rest: Callable[[float], object]) -> None:
        self._elapsed_s = elapsed_s
        self._rest = rest

    def __call__(self, read: Callable[[], _Read]) -> _Read:
        """What ``read`` gives; its UnavailableError when that has gone on for ``OUTAGE_S``."""
        away_since: float | None = None
        while True:
            try:
                return read()
            except UnavailableError as error:
                now = self._elapsed_s()
                if away_since is None:
                    away_since = now
                    log.warning("capture_waits", up_to_s=OUTAGE_S, reason=str(error))
                if now + PAUSE_S - away_since > OUTAGE_S:
                    raise
            self._rest(PAUSE_S)


def _copy(message: Message, writer: RecordingWriter, span: Span, done: Captured) -> None:
    topic = message.topic
    try:
        record = topic.decode(message.value)
        if topic.is_broadcast(record) and message.partition > 0:
            return  # it stands in every partition
        _see(record, done)
        if record.observed_at not in span:
            done.outside += 1
            return
        writer.add(topic, record)
    except CodecError:
        done.unreadable[f"{topic.name}: bad_record"] += 1
        return
    done.records[topic.name] += 1


def _see(record: Record, done: Captured) -> None:
    at = record.observed_at
    done.first = at if done.first is None else min(done.first, at)
    done.last = at if done.last is None else max(done.last, at)


def lines(done: Captured) -> Iterator[str]:
    """What to tell the user."""
    for topic in RECORDED:
        yield f"{done.records[topic.name]} records of {topic.name}"
    if done.outside:
        yield f"{done.outside} outside the span"
    for reason, count in sorted(done.unreadable.items()):
        yield f"dropped: {count} {reason}"


def _nothing(span: Span, done: Captured) -> str:
    if done.first is None or done.last is None:
        held = "the log holds nothing that could be read"
    else:
        held = f"the log holds {done.first.isoformat()} to {done.last.isoformat()}"
    if span.appended_since is not None:
        held += f", of what was appended since {span.appended_since.isoformat()}"
    return "\n".join([f"nothing to capture from {span}: {held}", *lines(done)])


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CaptureError(
            f"{option} {text!r} is no date or time: write 2023-07-31 or 2023-07-31T12:00Z"
        ) from None
