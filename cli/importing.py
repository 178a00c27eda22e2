"""``record import``: files of several formats into a recording."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cli.recording import RecordingWriter
from producers.flights import opensky, readsb, traces
from producers.flights.files import read_file
from producers.flights.picture import Picture
from producers.flights.receiver import pictures_from_vectors
from producers.flights.watch import Poll, snapshots
from producers.news.entries import progress_for, read_entries
from wheelsdown.records.aircraft import Scope, StateVector
from wheelsdown.records.topics import ADSB_SNAPSHOTS, NEWS_ENTRIES

Format = Literal["opensky", "readsb", "readsb-trace", "adsbx-csv", "entries"]

#: Tracks are imported as if a receiver had been polled this often.
POLL_EVERY_S = 30.0
#: A recording is one shard: it is replayed in one process.
SHARDS = 1


@dataclass
class Imported:
    """What became of the files: records written, and what was dropped, by reason."""

    records: int
    received: int
    dropped: Counter[str]


def import_files(
    files: Iterable[Path],
    kind: Format,
    recording: Path,
    *,
    watches: Callable[[StateVector], bool],
) -> Imported:
    """Add the files to the recording.

    Tracks become polls of a source named after the format whose scope is the world. An answer of a
    live source becomes one poll at its own time. ``watches`` chooses the candidates; for tracks,
    which somebody chose, all are.
    """
    done = Imported(records=0, received=0, dropped=Counter())
    with RecordingWriter(recording) as writer:
        if kind == "entries":
            for file in files:
                _import_entries(file, writer, done)
        elif kind in {"readsb-trace", "adsbx-csv"}:
            _import_tracks(list(files), kind, writer, done)
        else:
            for file in files:
                picture = (opensky if kind == "opensky" else readsb).parse(read_file(file), None)
                _note(writer, file.name, picture.received, picture.dropped, done)
                _write([picture], kind, watches, writer, done)
    return done


def _import_entries(file: Path, writer: RecordingWriter, done: Imported) -> None:
    found = read_entries(file)
    _note(writer, file.name, found.received, found.dropped, done)
    for record in (*found.entries, *progress_for(found.entries)):
        writer.add(NEWS_ENTRIES, record)
        done.records += 1


def _import_tracks(
    files: list[Path], kind: Format, writer: RecordingWriter, done: Imported
) -> None:
    read = traces.read_readsb_trace if kind == "readsb-trace" else traces.read_adsbx_csv
    vectors: list[StateVector] = []
    for file in files:
        track = read(read_file(file))
        _note(writer, file.name, track.received, track.dropped, done)
        vectors += track.vectors
    pictures = pictures_from_vectors(vectors, POLL_EVERY_S)
    _write(pictures, kind, lambda _: True, writer, done)


def _write(
    pictures: Iterable[Picture],
    kind: Format,
    watches: Callable[[StateVector], bool],
    writer: RecordingWriter,
    done: Imported,
) -> None:
    for picture in pictures:
        poll = Poll(
            source=kind, scope=Scope(kind="world"), shards=SHARDS, polled_at=_time_of(picture)
        )
        for snapshot in snapshots(poll, picture, watches):
            writer.add(ADSB_SNAPSHOTS, snapshot)
            done.records += 1


def _time_of(picture: Picture) -> datetime:
    return picture.at


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
