"""``record import``: files of several formats into a recording."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cli.file_formats import Format, format_of
from cli.recording import RecordingError, RecordingWriter
from producers.flights import opensky, readsb, traces
from producers.flights.files import read_file
from producers.flights.picture import Picture, SourceError
from producers.flights.receiver import pictures_from_vectors
from producers.flights.reception import reception_of
from producers.flights.watch import Poll, snapshots
from producers.news.entries import progress_for, read_entries
from wheelsdown.records.aircraft import Scope, Snapshot, StateVector
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import ADSB_SNAPSHOTS, NEWS_ENTRIES

Parsed = TypeVar("Parsed", Picture, traces.Track)

#: Tracks are imported as if a receiver had been polled this often.
POLL_EVERY_S = 30.0
#: A recording is one shard: it is replayed in one process.
SHARDS = 1


class NothingReadError(RecordingError):
    """Not one record came of the files; the message says why, and what to try."""


@dataclass
class Imported:
    """What became of the files: records written, what was dropped, by reason, and advice."""

    records: int
    received: int
    dropped: Counter[str]
    advice: list[str]


@dataclass(frozen=True)
class _Receiver:
    """Who is said to have heard it, and what it would have heard."""

    source: str
    scope: Scope


def import_files(
    files: Iterable[Path],
    kind: Format,
    recording: Path,
    *,
    watches: Callable[[StateVector], bool],
) -> Imported:
    """Add the files to the recording; importing them again changes nothing that it says.

    Tracks become polls of one receiver, which asked for their aircraft and listened from the first
    contact to the last of all files together; those of another import have a receiver of their own.
    An answer of a live source becomes one poll at its own time. ``watches`` chooses the candidates;
    for tracks, which somebody chose, all are.

    Raises NothingReadError, RecordingError, SourceError and EntriesError.
    """
    done = Imported(records=0, received=0, dropped=Counter(), advice=[])
    with RecordingWriter(recording) as writer:
        if kind == "entries":
            for file in files:
                _import_entries(file, writer, done)
        elif kind in {"readsb-trace", "adsbx-csv"}:
            _import_tracks(list(files), kind, writer, done)
        else:
            source = opensky if kind == "opensky" else readsb
            for file in files:
                picture = _parsed(file, kind, lambda body: source.parse(body, None))
                _note(writer, file.name, picture.received, picture.dropped, done)
                _write([picture], _Receiver(kind, Scope(kind="world")), watches, writer, done)
    if not done.records:
        raise NothingReadError("\n".join(["no record came of it", *lines(done)]))
    return done


def _import_entries(file: Path, writer: RecordingWriter, done: Imported) -> None:
    found = read_entries(file)
    _note(writer, file.name, found.received, found.dropped, done)
    if not found.entries:
        done.advice.append(f"{file} holds no entry{_better(file, 'entries')}")
    for record in (*found.entries, *progress_for(found.entries)):
        writer.add(NEWS_ENTRIES, record)
        done.records += 1


def _import_tracks(
    files: list[Path], kind: Format, writer: RecordingWriter, done: Imported
) -> None:
    read = traces.read_readsb_trace if kind == "readsb-trace" else traces.read_adsbx_csv
    vectors: list[StateVector] = []
    contents: set[str] = set()
    for file in files:

        def read_noted(body: bytes) -> traces.Track:
            contents.add(hashlib.sha256(body).hexdigest())
            return read(body)

        track = _parsed(file, kind, read_noted)
        _note(writer, file.name, track.received, track.dropped, done)
        if not track.vectors:
            done.advice.append(f"{file} holds no contact")
        vectors += track.vectors
    # Two imports must not share a receiver: polls of both fall on the same moments.
    source = f"{kind}-{record_id(*sorted(contents))}"
    asked = Scope(kind="list", icao24s=tuple(sorted({one.icao24 for one in vectors})))
    pictures = pictures_from_vectors(vectors, POLL_EVERY_S)
    _write(pictures, _Receiver(source, asked), lambda _: True, writer, done)


def _parsed(file: Path, kind: Format, parse: Callable[[bytes], Parsed]) -> Parsed:
    """What the file holds; an error names it, and the format that it seems to be in."""
    body = read_file(file)
    try:
        return parse(body)
    except SourceError as error:
        raise SourceError(error.reason, f"{file}: {error}{_better(file, kind)}") from error


def _better(file: Path, kind: Format) -> str:
    fitting = format_of(read_file(file))
    return f"; it looks like --format {fitting}" if fitting not in {None, kind} else ""


def _write(
    pictures: Iterable[Picture],
    receiver: _Receiver,
    watches: Callable[[StateVector], bool],
    writer: RecordingWriter,
    done: Imported,
) -> None:
    for picture in pictures:
        poll = Poll(
            source=receiver.source,
            scope=receiver.scope,
            shards=SHARDS,
            polled_at=picture.at,
            every_s=POLL_EVERY_S if receiver.scope.kind == "list" else None,
        )
        reception = reception_of(receiver.scope, picture)
        for snapshot in snapshots(poll, picture, watches, reception):
            writer.add(ADSB_SNAPSHOTS, _named_by_content(snapshot))
            done.records += 1


def _named_by_content(snapshot: Snapshot) -> Snapshot:
    """The snapshot with an id of all that it says.

    A source and a time name one poll of a running producer, but not one file: two receivers may
    have answered at one moment, and another fleet chooses other candidates of the same answer.
    """
    content = hashlib.sha256(ADSB_SNAPSHOTS.encode(snapshot)).hexdigest()
    return msgspec.structs.replace(snapshot, record_id=record_id(snapshot.record_id, content))


def _note(
    writer: RecordingWriter,
    name: str,
    received: int,
    dropped: Mapping[Any, int],
    done: Imported,
) -> None:
    writer.note(name, dict(dropped))
    done.received += received
    done.dropped.update(dropped)


def lines(done: Imported) -> Iterator[str]:
    """What to tell the user."""
    yield f"{done.received} read, {done.records} records written"
    for reason, count in sorted(done.dropped.items()):
        yield f"dropped: {count} {reason}"
    yield from done.advice
