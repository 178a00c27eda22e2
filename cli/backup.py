"""``backup``: copies of a run's SQLite files, each of one moment, while the run goes on.

The event log comes last: a memory of feeds or a ledger that is older than the log catches up from
it; one that is newer would know of things that the log does not.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from wheelsdown.eventlog.port import CorruptError, UnavailableError
from wheelsdown.eventlog.sqlite_file import check_whole, connect_to_read, translated
from wheelsdown.settings import Settings

#: The producer of news locks it as long as it runs; it may be lost (docs/operating.md).
FEEDS = "feeds.sqlite"
LEDGER = "ledger.sqlite"
#: The first half of the application id of all our files: "wd".
OURS = 0x7764
#: A file that is locked is locked for good; no use to wait for it long.
WAIT_MS = 500


class BackupError(Exception):
    """There is nothing to copy, or no place for it; the message says what to do."""


@dataclass
class Copied:
    """The files that were copied, and those left out since a run holds them."""

    files: list[Path] = field(default_factory=list)
    held: list[Path] = field(default_factory=list)


def back_up(settings: Settings, into: Path) -> Copied:
    """Copy the files into a new or empty folder: all of them or, on an error, none.

    Raises:
        BackupError: there is nothing to copy, or the folder can't be used.
        CorruptError: a file is damaged.
        StorageFullError: there is no room for the copies.
        EventLogError: a file can't be read.
    """
    found = [path for path in _files(settings) if path.exists()]
    if not found:
        raise BackupError(f"there is nothing to back up in {settings.data.folder} yet")
    done = Copied()
    try:
        if into.exists() and any(into.iterdir()):
            raise BackupError(f"{into} has files already: name a new folder")
        into.absolute().parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{into.name}.", dir=into.absolute().parent))
        try:
            for path in found:
                _copy(path, unfinished / path.name, done)
            _sync(unfinished)
            unfinished.rename(into)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        _sync(into.absolute().parent)
    except OSError as error:
        raise BackupError(f"can't write {into}: {error.strerror}; name another folder") from error
    return done


def _files(settings: Settings) -> list[Path]:
    """What there may be, in the order of the copies."""
    others = [settings.data.folder / FEEDS, settings.data.folder / LEDGER]
    return [*others, settings.log_path] if settings.log.kind == "sqlite" else others


def _copy(path: Path, copy: Path, done: Copied) -> None:
    with closing(connect_to_read(path, wait_ms=WAIT_MS)) as source:
        try:
            with translated(path):
                (application_id,) = source.execute("PRAGMA application_id").fetchone()
        except UnavailableError:
            if path.name != FEEDS:
                raise
            done.held.append(path)
            return
        if application_id >> 16 != OURS:
            raise CorruptError(f"{path} is no file of a run: move it away, or mend the settings")
        with translated(copy), closing(sqlite3.connect(copy)) as target:
            source.backup(target)  # in one step, which sees one moment and holds up no writer
            check_whole(target, path)
    done.files.append(path)


def _sync(folder: Path) -> None:
    """Let the names in a folder survive a power cut; SQLite has seen to the files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
