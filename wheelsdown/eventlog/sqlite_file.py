"""The SQLite file of the embedded log and of the state of its stages: schema, checks and errors.

The file is in WAL mode and synced with every commit, so that a power cut takes back nothing that
was said to be durable. Log and state have a connection each.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wheelsdown.eventlog.port import (
    CorruptError,
    EventLogError,
    RefusedError,
    StorageFullError,
    UnavailableError,
)

#: "wdev": marks the file as ours, so that no other database is taken for an event log.
APPLICATION_ID = 0x77646576
SCHEMA_VERSION = 2
#: How long a statement waits for another connection's transaction, in milliseconds.
BUSY_MS = 5_000

#: ``message`` and ``cell`` are rowid tables: their values may be large, and would fill the inner
#: pages of the tree of a table without rowid. ``next_offset`` outlives the messages. ``appended_s``
#: is in seconds since 1970.
_SCHEMA = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE stream (
        id INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        part INTEGER NOT NULL,
        next_offset INTEGER NOT NULL,
        UNIQUE (topic, part)
    ) STRICT
    """,
    """
    CREATE TABLE message (
        stream INTEGER NOT NULL,
        position INTEGER NOT NULL,
        key TEXT NOT NULL,
        headers BLOB NOT NULL,
        value BLOB NOT NULL,
        appended_s INTEGER NOT NULL,
        UNIQUE (stream, position)
    ) STRICT
    """,
    """
    CREATE TABLE committed (
        consumers TEXT NOT NULL,
        topic TEXT NOT NULL,
        part INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (consumers, topic, part)
    ) STRICT
    """,
    """
    CREATE TABLE cell (
        stage TEXT NOT NULL,
        part INTEGER NOT NULL,
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        UNIQUE (stage, part, name)
    ) STRICT
    """,
    """
    CREATE TABLE applied (
        stage TEXT NOT NULL,
        part INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (stage, part)
    ) STRICT
    """,
)

_RESTORE = (
    "restore it from a backup, or move it and its -wal and -shm files away to start a new one: "
    "what the rules knew is then gone"
)


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where there is none; for use by any thread.

    Raises:
        RefusedError: it is another program's, or of a newer release.
        CorruptError, StorageFullError, UnavailableError, EventLogError: see ``translated``.
    """
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection to a log that is there, by which nothing can be written; for any thread.

    Raises:
        RefusedError: there is none, it is another program's, or of another release.
        CorruptError, UnavailableError, EventLogError: see ``translated``.
    """
    connection = connect_to_read(path)
    try:
        with translated(path):
            _check_not_older(_checked_version(connection, path), path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, *, wait_ms: int = BUSY_MS) -> sqlite3.Connection:
    """A connection to any SQLite file that is there, by which nothing can be written.

    It is not opened with ``mode=ro``: such a connection, when it is the last to be closed, leaves
    its -wal and -shm behind, and the next start would take the file for one that was not closed in
    order (sqlite_hold.py). Closed last after a crash, this one does what any start would do: it
    takes what stands in the -wal into the file. Raises EventLogError.
    """
    if not path.is_file():
        raise RefusedError(f"there is no file {path}: nothing has run yet with these settings")
    with translated(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=wait_ms / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only = 1")
    return connection


def check_whole(connection: sqlite3.Connection, path: Path, tables: tuple[str, ...] = ()) -> None:
    """Read the whole file, or these tables, and raise CorruptError when something is wrong.

    It takes as long as reading so much from the disk.
    """
    with translated(path):
        for argument in tables or ("1",):
            (verdict,) = connection.execute(f"PRAGMA quick_check({argument})").fetchone()
            if verdict != "ok":
                raise CorruptError(f"{path} is damaged ({verdict}); {_RESTORE}")


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All that is written within, or nothing; on disk when it returns. Raises EventLogError."""
    with translated(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:  # SQLite has rolled back by itself after some errors
                connection.execute("ROLLBACK")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as those of the port."""
    try:
        yield
    except sqlite3.Error as error:
        raise _typed(error, path) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    run = connection.execute
    (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables == 0:
        run("PRAGMA journal_mode = WAL")
        with transaction(connection, path):
            # Log and state may be opened at the same time.
            (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
            if tables == 0:
                for statement in _SCHEMA:
                    run(statement)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {SCHEMA_VERSION}")
    if _checked_version(connection, path) < SCHEMA_VERSION:
        _upgrade(connection, path)
    run("PRAGMA synchronous = FULL")


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema of the file, which is ours, and at most as new as this release."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise RefusedError(
            f"{path} is another program's database, not an event log; name another file"
        )
    if version > SCHEMA_VERSION:
        raise RefusedError(
            f"{path} was written by a newer release (schema {version}; this one reads "
            f"{SCHEMA_VERSION}); install that release, or name another file"
        )
    return int(version)


def _check_not_older(version: int, path: Path) -> None:
    if version < SCHEMA_VERSION:
        raise RefusedError(
            f"{path} was written by an older release (schema {version}; this one reads "
            f"{SCHEMA_VERSION}): start the run once with this release, which takes it over"
        )


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """From version 1, which did not know when a message was appended: take it as of now."""
    run = connection.execute
    with transaction(connection, path):
        (version,) = run("PRAGMA user_version").fetchone()
        if version < SCHEMA_VERSION:  # log and state may be opened at the same time
            (now_s,) = run("SELECT CAST(strftime('%s', 'now') AS INTEGER)").fetchone()
            run(f"ALTER TABLE message ADD COLUMN appended_s INTEGER NOT NULL DEFAULT {now_s}")
            run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _typed(error: sqlite3.Error, path: Path) -> EventLogError:
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF  # the extended codes keep this low byte
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CorruptError(f"{path} is damaged or no database ({error}); {_RESTORE}")
    # A disk that is full gives SQLITE_FULL; an exhausted quota or size limit fails as a write.
    if code == sqlite3.SQLITE_FULL or extended in (
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    ):
        return StorageFullError(
            f"no room to write {path} ({error}); free some, or raise the quota, and start again"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UnavailableError(
            f"{path} is held by another process ({error}); end that one, a shell of sqlite3 say"
        )
    return EventLogError(
        f"can't use {path}: {error}; check that its folder is there and may be written to, and "
        "that the disk is sound"
    )
