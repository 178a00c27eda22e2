"""The state of the stages that run in one process: cells by name, and the position reached."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

from wheelsdown.eventlog.port import RefusedError
from wheelsdown.eventlog.sqlite_file import check_whole, open_file, transaction, translated


class StateStore(Protocol):
    """The books of all stages (docs/adr/0002). Safe to use from several threads."""

    def get(self, stage: str, partition: int, name: str) -> bytes | None:
        """The cell of that name; None when there is none."""
        ...

    def position(self, stage: str, partition: int) -> int | None:
        """The offset of the last record that was applied; None before the first."""
        ...

    def write(
        self, stage: str, partition: int, cells: Mapping[str, bytes | None], applied: int
    ) -> None:
        """Write the changed cells (None deletes one) and the position: all or nothing.

        When it returns, they are as durable as the store is. Raises EventLogError.
        """
        ...


class MemoryState:
    """State that lives as long as the object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, int, str], bytes] = {}
        self._positions: dict[tuple[str, int], int] = {}

    def get(self, stage: str, partition: int, name: str) -> bytes | None:
        """The cell of that name; None when there is none."""
        with self._lock:
            return self._cells.get((stage, partition, name))

    def position(self, stage: str, partition: int) -> int | None:
        """The offset of the last record that was applied; None before the first."""
        with self._lock:
            return self._positions.get((stage, partition))

    def write(
        self, stage: str, partition: int, cells: Mapping[str, bytes | None], applied: int
    ) -> None:
        """Write the changed cells and the position."""
        with self._lock:
            for name, value in cells.items():
                if value is None:
                    self._cells.pop((stage, partition, name), None)
                else:
                    self._cells[stage, partition, name] = value
            self._positions[stage, partition] = applied


class SqliteState:
    """State in the file of the SQLite log, or in one of its own; durable when ``write`` returns."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, and check the state in it. Raises EventLogError."""
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self._connection = open_file(path)
        try:
            check_whole(self._connection, path, ("cell", "applied"))
        except BaseException:
            self._connection.close()
            raise

    def get(self, stage: str, partition: int, name: str) -> bytes | None:
        """The cell of that name; None when there is none. Raises EventLogError."""
        with self._lock, translated(self._path):
            self._check_open()
            row = self._connection.execute(
                "SELECT value FROM cell WHERE stage = ? AND part = ? AND name = ?",
                (stage, partition, name),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def position(self, stage: str, partition: int) -> int | None:
        """The offset of the last record that was applied; None before. Raises EventLogError."""
        with self._lock, translated(self._path):
            self._check_open()
            row = self._connection.execute(
                "SELECT position FROM applied WHERE stage = ? AND part = ?", (stage, partition)
            ).fetchone()
        return None if row is None else int(row[0])

    def write(
        self, stage: str, partition: int, cells: Mapping[str, bytes | None], applied: int
    ) -> None:
        """Write the changed cells and the position in one transaction. Raises EventLogError."""
        changed = [(stage, partition, *cell) for cell in cells.items() if cell[1] is not None]
        deleted = [(stage, partition, name) for name, value in cells.items() if value is None]
        with self._lock:
            self._check_open()
            with transaction(self._connection, self._path):
                self._connection.executemany(
                    "DELETE FROM cell WHERE stage = ? AND part = ? AND name = ?", deleted
                )
                self._connection.executemany(
                    "INSERT INTO cell VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (stage, part, name) DO UPDATE SET value = excluded.value",
                    changed,
                )
                self._connection.execute(
                    "INSERT INTO applied VALUES (?, ?, ?) "
                    "ON CONFLICT (stage, part) DO UPDATE SET position = excluded.position",
                    (stage, partition, applied),
                )

    def close(self) -> None:
        """Release the file; safe to call twice."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RefusedError("this state store is closed")
