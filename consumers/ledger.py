"""What was sent where, and with which outcome: the newest word on each alert, in one SQLite file.

It is the local index of ``deliveries.v1`` (deliveries.py) and can be made anew from it. Errors:
``LedgerError`` with ``LedgerCorruptError``, ``LedgerFullError`` and ``LedgerLockedError`` below it;
each message says what to do.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, get_args

import msgspec

from wheelsdown.records.deliveries import Delivery, DeliveryState

#: "wdlg": marks the file as ours, so that no other database is taken for a ledger.
_APPLICATION_ID = 0x77646C67
_SCHEMA_VERSION = 2
_BUSY_MS = 5_000

#: ``value`` is the record as JSON. ``position`` is how far ``deliveries.v1`` has been read into it,
#: ``writer`` a name of this ledger, by which what was written with it is known there.
_SCHEMA = (
    """
    CREATE TABLE delivery (
        alert_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        value BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX delivery_state ON delivery (state)",
    "CREATE TABLE reached (position INTEGER NOT NULL, writer TEXT NOT NULL) STRICT",
)
_RESTORE = 'make it anew from deliveries.v1 with "wheelsdown deliveries rebuild"'

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Delivery).decode


class LedgerError(Exception):
    """The ledger can't be used; nothing may be sent without it."""


class LedgerCorruptError(LedgerError):
    """The file is damaged or is no ledger."""


class LedgerFullError(LedgerError):
    """There is no room left to write."""


class LedgerLockedError(LedgerError):
    """Another process holds the file."""


class Ledger:
    """The deliveries in one file, created where there is none. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Opens and checks the file.

        Raises:
            LedgerError: it is damaged, full, locked, unreadable or another program's.
        """
        self._path = path
        self._lock = threading.Lock()
        with self._translated():
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
        try:
            with self._translated():
                self._open()
        except LedgerError:
            self._connection.close()
            raise

    def _open(self) -> None:
        run = self._connection.execute
        (application_id,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0:
            run("PRAGMA journal_mode = WAL")
            run("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                run(statement)
            run("INSERT INTO reached VALUES (0, ?)", (secrets.token_hex(8),))
            run(f"PRAGMA application_id = {_APPLICATION_ID}")
            run(f"PRAGMA user_version = {_SCHEMA_VERSION}")
            run("COMMIT")
        elif application_id != _APPLICATION_ID or version != _SCHEMA_VERSION:
            raise LedgerCorruptError(
                f"{self._path} is no delivery ledger of this release; {_RESTORE}"
            )
        # Power loss must not forget that a message was sent.
        run("PRAGMA synchronous = FULL")
        (verdict,) = run("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise LedgerCorruptError(f"{self._path} is damaged ({verdict}); {_RESTORE}")

    def get(self, alert_id: str) -> Delivery | None:
        """The newest word on the alert. Raises LedgerError."""
        with self._translated():
            row = self._connection.execute(
                "SELECT value FROM delivery WHERE alert_id = ?", (alert_id,)
            ).fetchone()
        return None if row is None else _decode(row[0])

    def put(self, deliveries: Iterable[Delivery], *, reached: int | None = None) -> None:
        """Keep these where they are newer than what is known, and how far their topic was read.

        When it returns, they are on disk. Raises LedgerError.
        """
        with self._translated():
            run = self._connection.execute
            run("BEGIN IMMEDIATE")
            try:
                for one in deliveries:
                    run(
                        "INSERT INTO delivery VALUES (?, ?, ?) ON CONFLICT (alert_id) DO UPDATE "
                        "SET state = excluded.state, value = excluded.value "
                        "WHERE json_extract(delivery.value, '$.step') < ?",
                        (one.alert_id, one.state, _encode(one), one.step),
                    )
                if reached is not None:
                    run("UPDATE reached SET position = ?", (reached,))
                run("COMMIT")
            finally:
                if self._connection.in_transaction:
                    run("ROLLBACK")

    def reached(self) -> int:
        """The offset of ``deliveries.v1`` up to which all is in here. Raises LedgerError."""
        with self._translated():
            (position,) = self._connection.execute("SELECT position FROM reached").fetchone()
        return int(position)

    def writer(self) -> str:
        """The name of this ledger, by chance and for good. Raises LedgerError."""
        with self._translated():
            (name,) = self._connection.execute("SELECT writer FROM reached").fetchone()
        return str(name)

    def unfinished(self) -> list[Delivery]:
        """Those that are neither sent nor parked. Raises LedgerError."""
        with self._translated():
            rows = self._connection.execute(
                "SELECT value FROM delivery WHERE state IN ('pending', 'sending', 'ambiguous')"
            ).fetchall()
        return [_decode(value) for (value,) in rows]

    def counts(self) -> dict[DeliveryState, int]:
        """How many alerts are in each state. Raises LedgerError."""
        with self._translated():
            rows = self._connection.execute("SELECT state, count(*) FROM delivery GROUP BY state")
            found = dict(rows.fetchall())
        return {state: found.get(state, 0) for state in get_args(DeliveryState)}

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise _typed(error, self._path) from error


def _typed(error: sqlite3.Error, path: Path) -> LedgerError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep this low byte
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LedgerCorruptError(f"{path} is damaged or no database ({error}); {_RESTORE}")
    if code == sqlite3.SQLITE_FULL:
        return LedgerFullError(f"no room to write {path} ({error}); free some and start again")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerLockedError(
            f"{path} is held by another process ({error}); only one Slack consumer may run"
        )
    return LedgerError(f"can't use {path}: {error}; check that it is a file that may be written")
