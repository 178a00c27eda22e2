"""What the news producer remembers of its feeds across restarts, in one SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from producers.news.schedule import FeedState
from wheelsdown.records.news import Entry

#: How many entries of a feed are remembered; those last seen longest ago are forgotten first. More
#: than a file can hold (parse.MAX_ITEMS), or entries would be forgotten while still served.
REMEMBERED_ENTRIES = 10_000
#: An entry whose words change more often is not edited but churned (the limit of lemon24/reader).
CHANGES = 24

#: "wdnf": marks the file as ours, so that no other database is taken for one.
_APPLICATION_ID = 0x77646E66
_SCHEMA_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE feeds (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    feed TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    hashes BLOB NOT NULL,
    last_seen REAL NOT NULL,
    PRIMARY KEY (feed, entry_id)
);
CREATE INDEX entries_by_age ON entries (feed, last_seen);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""
_FORGET = """
DELETE FROM entries WHERE rowid IN (
    SELECT rowid FROM entries WHERE feed = ? ORDER BY last_seen DESC LIMIT -1 OFFSET ?
)
"""


class NewsMemoryError(Exception):
    """The memory can't be read or written; the message says what to do."""


@dataclass(frozen=True)
class Sifted:
    """Entries that are new or have new words, and how many are not published for churning."""

    fresh: tuple[Entry, ...]
    churning: int


class NewsMemory:
    """The memory, in the file ``path`` or, without one, for the life of the process.

    For one program at a time: the file stays locked. Its calls take milliseconds (a commit does not
    wait for the disk) and are made on the event loop. What a power failure takes from its end is
    published again, under the same record ids. Raises NewsMemoryError.
    """

    def __init__(self, path: Path | None) -> None:
        self._name = str(path) if path else "the memory of news"
        self._states = msgspec.msgpack.Decoder(FeedState)
        self._hashes = msgspec.msgpack.Decoder(list[str])
        with self._explained():
            self._db = sqlite3.connect(path or ":memory:", timeout=1.0, isolation_level=None)
        try:
            with self._explained():
                self._open()
        except NewsMemoryError:
            self._db.close()
            raise

    def recall(self, feed: str) -> FeedState | None:
        """What was last committed about the feed of that name."""
        with self._explained():
            row = self._db.execute("SELECT state FROM feeds WHERE name = ?", (feed,)).fetchone()
            return self._states.decode(row[0]) if row else None

    def sift(self, feed: str, entries: Iterable[Entry]) -> Sifted:
        """What of the entries of a file is to be published.

        Words that an entry had before are not new: headlines are tried out in turns.
        """
        fresh: list[Entry] = []
        churning = 0
        with self._explained():
            for entry in entries:
                known = self._known(feed, entry.entry_id)
                if entry.content_hash in known:
                    continue
                if len(known) > CHANGES:
                    churning += 1
                else:
                    fresh.append(entry)
        return Sifted(tuple(fresh), churning)

    def commit(
        self,
        feed: str,
        state: FeedState,
        *,
        entries: Sequence[Entry] = (),
        fresh: Sequence[Entry] = (),
    ) -> None:
        """Remember, all or nothing, the feed's state and the entries of the file just read.

        To be called once the fresh ones among them are durable elsewhere.
        """
        published = {entry.record_id for entry in fresh}
        with self._explained(), self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO feeds VALUES (?, ?)", (feed, msgspec.msgpack.encode(state))
            )
            for entry in entries:
                hashes = self._known(feed, entry.entry_id)
                if entry.record_id in published:
                    hashes.append(entry.content_hash)
                row = (feed, entry.entry_id, msgspec.msgpack.encode(hashes), state.due.timestamp())
                self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row)
            if fresh:
                self._db.execute(_FORGET, (feed, REMEMBERED_ENTRIES))

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> None:
        run = self._db.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables:
            self._check()
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        if not tables:
            self._db.executescript(_SCHEMA)

    def _check(self) -> None:
        (application_id,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application_id != _APPLICATION_ID:
            raise NewsMemoryError(
                f"{self._name} is another program's database; name another data folder"
            )
        if version != _SCHEMA_VERSION:
            raise NewsMemoryError(
                f"{self._name} was written by another release (schema {version}; this one reads "
                f"{_SCHEMA_VERSION}); install that release, or move the file away: entries that "
                "feeds still hold are then published once more"
            )
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _known(self, feed: str, entry_id: str) -> list[str]:
        row = self._db.execute(
            "SELECT hashes FROM entries WHERE feed = ? AND entry_id = ?", (feed, entry_id)
        ).fetchone()
        return self._hashes.decode(row[0]) if row else []

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise NewsMemoryError(
                f"{self._name}: {error}. Is a second news producer running, or the disk full? If "
                "the file is damaged, move it away: entries that feeds still hold are then "
                "published once more"
            ) from error
