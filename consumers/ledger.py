"""What was sent where, and with which outcome: one row an alert, in one SQLite file.

The row is written before a message goes out and after its answer, so that whoever starts after a
crash knows what may have happened. Errors: ``LedgerError`` with ``LedgerCorruptError``,
``LedgerFullError`` and ``LedgerLockedError`` below it; each message says what to do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self, get_args

#: ``pending``: nothing is under way. ``sending``: written before a request; found at a start, it
#: means that the process died in between. ``ambiguous``: the request went out and the answer did
#: not say. ``parked``: given up, for a person to look at.
DeliveryState = Literal["pending", "sending", "sent", "ambiguous", "parked"]

#: "wdlg": marks the file as ours, so that no other database is taken for a ledger.
_APPLICATION_ID = 0x77646C67
_SCHEMA_VERSION = 1
_BUSY_MS = 5_000

_SCHEMA = """
CREATE TABLE delivery (
    alert_id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    ts TEXT,
    sent_revision INTEGER,
    posts INTEGER NOT NULL,
    unsettled_since TEXT,
    unsettled_until TEXT,
    attempts INTEGER NOT NULL,
    first_tried_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    error TEXT NOT NULL
) STRICT
"""


class LedgerError(Exception):
    """The ledger can't be used; nothing may be sent without it."""


class LedgerCorruptError(LedgerError):
    """The file is damaged or is no ledger."""


class LedgerFullError(LedgerError):
    """There is no room left to write."""


class LedgerLockedError(LedgerError):
    """Another process holds the file."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How far one alert has come.

    ``revision`` is the one last tried, ``sent_revision`` the one that is shown (None before the
    first). ``ts`` names the message within ``channel``. ``posts`` counts messages that were lost
    after they had been shown, so that each has its own delivery id. From ``unsettled_since`` to
    ``unsettled_until`` posts were asked for that may or may not have been accepted; both are None
    once that is known.
    """

    alert_id: str
    channel: str
    revision: int
    state: DeliveryState
    first_tried_at: datetime
    updated_at: datetime
    ts: str | None = None
    sent_revision: int | None = None
    posts: int = 0
    unsettled_since: datetime | None = None
    unsettled_until: datetime | None = None
    attempts: int = 0
    error: str = ""


class Ledger:
    """The deliveries in one file, created where there is none. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Opens and checks the file.

        Raises:
            LedgerError: it is damaged, full, locked, unreadable or another program's.
        """
        self._path = path
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
            run(_SCHEMA)
            run(f"PRAGMA application_id = {_APPLICATION_ID}")
            run(f"PRAGMA user_version = {_SCHEMA_VERSION}")
            run("COMMIT")
        elif application_id != _APPLICATION_ID or version != _SCHEMA_VERSION:
            raise LedgerCorruptError(
                f"{self._path} is no delivery ledger of this release; name another file, or move "
                "it away to start a new ledger"
            )
        # Power loss must not forget that a message was sent.
        run("PRAGMA synchronous = FULL")
        (verdict,) = run("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise LedgerCorruptError(f"{self._path} is damaged ({verdict}); {_RESTORE}")

    def get(self, alert_id: str) -> Delivery | None:
        """The alert's row. Raises LedgerError."""
        with self._translated():
            row = self._connection.execute(
                f"SELECT {_COLUMNS} FROM delivery WHERE alert_id = ?",  # noqa: S608 - our columns
                (alert_id,),
            ).fetchone()
        return _delivery(row) if row is not None else None

    def put(self, delivery: Delivery) -> None:
        """Write the alert's row; when it returns, it is on disk. Raises LedgerError."""
        values = tuple(_stored(getattr(delivery, name)) for name in _NAMES)
        with self._translated():
            self._connection.execute(
                f"INSERT OR REPLACE INTO delivery ({_COLUMNS}) "  # noqa: S608 - our columns
                f"VALUES ({', '.join('?' * len(_NAMES))})",
                values,
            )

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
            yield
        except sqlite3.Error as error:
            raise _typed(error, self._path) from error


_NAMES = (
    "alert_id",
    "channel",
    "revision",
    "state",
    "first_tried_at",
    "updated_at",
    "ts",
    "sent_revision",
    "posts",
    "unsettled_since",
    "unsettled_until",
    "attempts",
    "error",
)
_COLUMNS = ", ".join(_NAMES)
_TIMES = frozenset({"first_tried_at", "updated_at", "unsettled_since", "unsettled_until"})
_RESTORE = "restore it from a backup, or move it away: alerts shown before may then be posted again"


def _stored(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _delivery(row: tuple[object, ...]) -> Delivery:
    named = dict(zip(_NAMES, row, strict=True))
    for name in _TIMES:
        if named[name] is not None:
            named[name] = datetime.fromisoformat(str(named[name]))
    return Delivery(**named)  # type: ignore[arg-type] # the table is STRICT, its types are ours


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
