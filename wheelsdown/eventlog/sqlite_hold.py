"""Who has the SQLite file open, and whether the last who had it closed it in order.

Both stand in a file beside it, ``NAME.lock``. It is locked while the log is open; the system takes
the lock back when the process dies. What it says is empty while the log is open, and after an
orderly end the size and the time of change of the database as it was left: when these fit no more,
somebody else wrote to the file, restored it, or the machine went down before it was written.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from wheelsdown.eventlog.port import EventLogError, UnavailableError


class Hold:
    """The hold of one log on its file."""

    def __init__(self, path: Path, beside: IO[str]) -> None:
        self._path = path
        self._beside = beside
        beside.seek(0)
        #: Whether the file is as a log that was closed in order left it, or is not there yet.
        self.was_left_in_order = not path.exists() or beside.read() == _stamp(path)
        self._say("")

    def leave_in_order(self) -> None:
        """Say that the database is closed, unless another connection still has some of it.

        Where that can't be written, the next start reads the whole file, and nothing else is lost.
        """
        with suppress(OSError):
            self._say(_stamp(self._path) or "")

    def _say(self, text: str) -> None:
        self._beside.seek(0)
        self._beside.truncate()
        self._beside.write(text)
        self._beside.flush()
        os.fsync(self._beside.fileno())


@contextmanager
def hold(path: Path) -> Iterator[Hold]:
    """Hold the database file at ``path``, which need not exist.

    The lock is on a file of its own, since closing any handle of the database file would release
    SQLite's locks. Raises UnavailableError when another log holds it, EventLogError when the file
    beside it can't be written.
    """
    beside = path.with_name(f"{path.name}.lock")
    try:
        with beside.open("a+", encoding="ascii", errors="replace") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = Hold(path, handle)
            yield held
    except BlockingIOError as error:
        raise UnavailableError(
            f"another run has {path} open; stop that one first, or give this one another file"
        ) from error
    except OSError as error:
        raise EventLogError(
            f"can't write {beside}: {error.strerror}; check that its folder is there and may be "
            "written to"
        ) from error


def _stamp(path: Path) -> str | None:
    """How the database looks from outside; None while some of it still waits in its journal."""
    if path.with_name(f"{path.name}-wal").exists():
        return None
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"
