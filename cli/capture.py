"""``capture``: the input topics of a live log into a recording, while everything runs on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.compose import fleet_of, reader
from cli.recording import RECORDED, RecordingError, RecordingWriter
from wheelsdown.eventlog.port import Message, Reader
from wheelsdown.records.codec import CodecError
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic
from wheelsdown.settings import Settings

#: Messages read at a time.
BATCH = 100


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


def capture(settings: Settings, into: Path, span: Span) -> Captured:
    """Add what the configured log holds now of the span to the recording ``into``.

    Raises CaptureError (nothing came of it), RecordingError, FleetError and EventLogError; after
    the last, what had been read is in the recording already.
    """
    done = Captured()
    with reader(settings) as log, RecordingWriter(into) as writer:
        writer.keep_fleet(settings.fleet.files, fleet_of(settings).version)
        copy_inputs(log, writer, span, done)
        writer.note(f"capture of {settings.log.kind}, {span}", dict(done.unreadable))
    if not done.records:
        raise CaptureError(_nothing(span, done))
    return done


def copy_inputs(log: Reader, writer: RecordingWriter, span: Span, done: Captured) -> None:
    """Copy the input topics as far as they reach now, one partition after the other.

    The order does not matter: who reads a recording orders by ``observed_at``.
    """
    ends = [(topic, list(log.ends(topic))) for topic in RECORDED]
    for topic, of_topic in ends:
        for partition, end in enumerate(of_topic):
            for message in _messages(log, topic, partition, end):
                _copy(message, writer, span, done)


def _messages(log: Reader, topic: Topic, partition: int, end: int) -> Iterator[Message]:
    offset = 0
    while offset < end and (found := log.read(topic, partition, offset, BATCH)):
        yield from (one for one in found if one.offset < end)
        offset = found[-1].offset + 1


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
