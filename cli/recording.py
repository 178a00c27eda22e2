"""Recordings: what the input topics held, as a folder of compressed JSON lines.

::

    manifest.json                          format, what was imported, counts of what was dropped
    fleet/000/mine.csv                     the user's fleet files at the last capture, in order
    adsb.snapshots.v1/2023-07-31.jsonl.gz  one record a line, by topic and day of ``observed_at``
    news.entries.v1/2023-07-31.jsonl.gz

Files may be appended to; within a day the reader puts records in order and drops repeated ones.
"""

import gzip
import json
import os
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from wheelsdown.records.codec import CodecError
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, NEWS_ENTRIES, Topic

FORMAT = 1
MANIFEST = "manifest.json"
FLEET = "fleet"
#: What a recording holds: the topics that producers write. Everything else follows from them.
RECORDED = (ADSB_SNAPSHOTS, NEWS_ENTRIES)
#: A line longer than this is no record of ours; it is dropped and counted.
MOST_LINE_BYTES = 2 * max(topic.max_bytes for topic in RECORDED)

#: Files that a writer keeps open: years of news are more days than a process may have files.
MOST_OPEN = 64


class RecordingError(Exception):
    """The folder is no recording, or can't be read or written; the message says what to do."""


@dataclass(frozen=True)
class _Open:
    """A file that is appended to: ``packed`` writes through ``raw``, which had ``size`` bytes."""

    packed: gzip.GzipFile
    raw: IO[bytes]
    size: int


class RecordingWriter:
    """Adds records to a recording, which the first record makes. Use it in a ``with``.

    Raises RecordingError when it can't be written; what was being written is then taken back, so
    that no file ends within a record and hides what is added later.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, str], _Open] = {}
        self._added: Counter[str] = Counter()
        self._fleet: Sequence[Path] | None = None
        self._manifest = _manifest(folder) if (folder / MANIFEST).exists() else _new_manifest()

    def add(self, topic: Topic, record: Record) -> None:
        """Write one record; CodecError when it does not belong to the topic."""
        day = record.observed_at.date().isoformat()
        line = topic.encode(record) + b"\n"
        with self._writing():
            self._file(topic.name, day).write(line)
        self._added[topic.name] += 1

    def note(self, source: str, dropped: dict[str, int]) -> None:
        """Keep in the manifest what was imported and what was dropped of it."""
        self._manifest["imports"].append({"source": source, "dropped": dropped})

    def keep_fleet(self, files: Sequence[Path], version: str) -> None:
        """Keep the user's fleet files, in place of those of an earlier capture.

        ``version`` is that of the whole fleet, with what is shipped.
        """
        self._fleet = files
        self._manifest["fleet"] = version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._writing():
            self._close_files()
            if self._added:
                for name, count in self._added.items():
                    self._manifest["records"][name] = self._manifest["records"].get(name, 0) + count
                if self._fleet is not None:
                    _replace_fleet(self._folder / FLEET, self._fleet)
                _replace(self._folder / MANIFEST, json.dumps(self._manifest, indent=2) + "\n")

    def _file(self, topic: str, day: str) -> gzip.GzipFile:
        if (topic, day) not in self._files:
            if len(self._files) >= MOST_OPEN:
                self._close_files()
            path = self._folder / topic / f"{day}.jsonl.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = path.open("ab")
            size = raw.tell()
            self._files[topic, day] = _Open(gzip.GzipFile(fileobj=raw, mode="ab"), raw, size)
        return self._files[topic, day].packed

    def _close_files(self) -> None:
        while self._files:
            place, file = next(iter(self._files.items()))
            file.packed.close()
            file.raw.flush()
            os.fsync(file.raw.fileno())
            file.raw.close()
            del self._files[place]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._take_back()
            raise RecordingError(
                f"can't write {self._folder}: {error.strerror}; name another folder, or make room "
                "and do the same again"
            ) from error

    def _take_back(self) -> None:
        for file in self._files.values():
            with suppress(OSError):
                file.raw.close()  # what it holds back can't be written, or is cut off below
            with suppress(OSError):
                os.truncate(file.raw.name, file.size)
        self._files.clear()
        self._added.clear()


class RecordingReader:
    """Reads a recording in the order in which a live pipeline would have learned it.

    ``dropped`` counts, by reason, what could not be read; reading goes on after it.
    Raises RecordingError when the folder is no recording.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.manifest = _manifest(folder)
        #: That of whoever captured it; None when it was only imported.
        self.fleet_version = self.manifest.get("fleet")
        self.dropped: Counter[str] = Counter()

    def fleet_files(self) -> list[Path]:
        """The user's fleet files of whoever captured it, in their order; none of an import."""
        found = (self._folder / FLEET).glob("[0-9]*/*")
        return sorted(found, key=lambda path: path.parent.name)

    def days(self) -> list[str]:
        """The days that it holds, in order."""
        names = {
            path.name.removesuffix(".jsonl.gz")
            for topic in RECORDED
            for path in (self._folder / topic.name).glob("*.jsonl.gz")
        }
        return sorted(names)

    def records(self, day: str) -> Iterator[tuple[Topic, Record]]:
        """The records of one day, by ``observed_at``, source and id."""
        found = [(topic, record) for topic in RECORDED for record in self._read(topic, day)]
        found.sort(key=_order)
        yield from found

    def _read(self, topic: Topic, day: str) -> Iterator[Record]:
        seen: set[str] = set()
        for line in self._lines(self._folder / topic.name / f"{day}.jsonl.gz"):
            try:
                record = topic.decode(line)
            except CodecError:
                self.dropped["bad_record"] += 1
                continue
            if record.record_id in seen:
                self.dropped["repeated"] += 1
                continue
            seen.add(record.record_id)
            yield record

    def _lines(self, path: Path) -> Iterator[bytes]:
        if not path.exists():
            return
        try:
            with gzip.open(path, "rb") as file:
                while line := file.readline(MOST_LINE_BYTES):
                    yield line
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.dropped["damaged_file"] += 1
        except OSError as error:
            raise RecordingError(f"can't read {path}: {error.strerror}") from error


def _order(item: tuple[Topic, Record]) -> tuple[Any, ...]:
    topic, record = item
    source = getattr(record, "source", "") or getattr(record, "feed", "")
    return (
        record.observed_at,
        topic.name,
        source,
        getattr(record, "sequence", 0),
        record.record_id,
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise RecordingError(
            f"{folder} is no recording: it has no {MANIFEST}; "
            "make one with 'wheelsdown record import'"
        ) from None
    except (OSError, ValueError) as error:
        raise RecordingError(f"can't read {path}: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RecordingError(f"{path} is not of format {FORMAT}, the one that this release reads")
    if not isinstance(manifest.get("records"), dict) or not isinstance(
        manifest.get("imports"), list
    ):
        raise RecordingError(f"{path} is damaged: 'records' or 'imports' is missing")
    return manifest


def _replace(path: Path, text: str) -> None:
    """The old content or the new one, never a part: also after a power cut."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _replace_fleet(folder: Path, files: Sequence[Path]) -> None:
    """Each in a folder of its own: their names tell who says what, and may be the same."""
    if folder.exists():
        shutil.rmtree(folder)
    for number, file in enumerate(files):
        copy = folder / f"{number:03}" / file.name
        copy.parent.mkdir(parents=True)
        shutil.copyfile(file, copy)


def _new_manifest() -> dict[str, Any]:
    return {"format": FORMAT, "records": {}, "imports": []}
