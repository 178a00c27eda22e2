"""An event log in one SQLite file, for a run in one process; nothing that was appended is lost.

The process that has the file open holds a lock on a file beside it (``NAME.lock``), which the
system takes back when the process dies: a second run on the same file would do everything twice.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import msgspec

from wheelsdown.eventlog.local import LocalConsumer, Members, check_acceptable
from wheelsdown.eventlog.port import (
    EventLogError,
    Headers,
    Message,
    NewMessage,
    RefusedError,
    UnavailableError,
)
from wheelsdown.eventlog.sqlite_file import check_whole, open_file, transaction, translated
from wheelsdown.records.topics import Topic

_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(Headers).decode


class SqliteLog:
    """The log in the file at ``path``, which is made where there is none.

    ``partitions`` is that of topics that have more than one; the file remembers it.
    """

    def __init__(self, path: Path, partitions: int) -> None:
        """Open and check the file, which takes as long as reading it.

        Raises:
            UnavailableError: another process, or another log in this one, has it open.
            RefusedError: it has another partition count, or is no log that this release reads.
            CorruptError: it is damaged.
            StorageFullError: there is no room to make it.
            EventLogError: it can't be opened.
        """
        self.changed = threading.Condition()
        self._path = path
        self._partitions = partitions
        self._members = Members()
        self._closed = False
        with ExitStack() as opened:
            _hold(path, opened)
            self._connection = open_file(path)
            opened.callback(self._connection.close)
            check_whole(self._connection, path)
            self._check_partitions()
            self._opened = opened.pop_all()

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        return 1 if topic.single else self._partitions

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append all, or none when it raises; on disk when it returns.

        Raises:
            RefusedError: a message is too large, or for a partition that does not exist.
            StorageFullError: there is no room.
            UnavailableError: another connection held the file for longer than five seconds.
        """
        accepted = list(messages)
        for message in accepted:
            check_acceptable(message, self.partitions(message.topic))
        if not accepted:
            return
        with self.changed:
            self.check_open()
            with transaction(self._connection, self._path):
                for message in accepted:
                    self._insert(message)
            self.changed.notify_all()

    def consumer(self, group: str, topics: Sequence[Topic]) -> LocalConsumer:
        """A consumer of the topics; RefusedError when the group has one already."""
        places = [(topic, number) for topic in topics for number in range(self.partitions(topic))]
        with self.changed:
            self.check_open()
            return LocalConsumer(self, self._members, group, places)

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with self.changed, translated(self._path):
            self.check_open()
            found = dict(
                self._connection.execute(
                    "SELECT part, next_offset FROM stream WHERE topic = ?", (topic.name,)
                ).fetchall()
            )
        return [found.get(number, 0) for number in range(self.partitions(topic))]

    def close(self) -> None:
        """Release the file; safe to call twice. Wakes consumers that wait."""
        with self.changed:
            self._closed = True
            self._opened.close()
            self.changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""
        if self._closed:
            raise RefusedError(f"the event log {self._path} is closed")

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset`` on."""
        with translated(self._path):
            rows = self._connection.execute(
                "SELECT position, key, value, headers FROM message "
                "WHERE stream = (SELECT id FROM stream WHERE topic = ? AND part = ?) "
                "AND position >= ? ORDER BY position LIMIT ?",
                (topic.name, partition, offset, limit),
            ).fetchall()
        return [
            Message(topic, partition, position, key, value, _decode_headers(headers))
            for position, key, value, headers in rows
        ]

    def set_committed(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """The group starts at ``offset`` from now on."""
        with transaction(self._connection, self._path):
            self._connection.execute(
                "INSERT INTO committed VALUES (?, ?, ?, ?) ON CONFLICT (consumers, topic, part) "
                "DO UPDATE SET position = excluded.position",
                (group, topic.name, partition, offset),
            )

    def committed(self, group: str, topic: Topic, partition: int) -> int:
        """Where the group starts: 0 before its first commit."""
        with translated(self._path):
            row = self._connection.execute(
                "SELECT position FROM committed WHERE consumers = ? AND topic = ? AND part = ?",
                (group, topic.name, partition),
            ).fetchone()
        return 0 if row is None else int(row[0])

    def _insert(self, message: NewMessage) -> None:
        ((stream, following),) = self._connection.execute(
            "INSERT INTO stream (topic, part, next_offset) VALUES (?, ?, 1) "
            "ON CONFLICT (topic, part) DO UPDATE SET next_offset = next_offset + 1 "
            "RETURNING id, next_offset",
            (message.topic.name, message.partition),
        ).fetchall()
        self._connection.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?)",
            (
                stream,
                following - 1,
                message.key,
                _encode_headers(message.headers),
                sqlite3.Binary(message.value),
            ),
        )

    def _check_partitions(self) -> None:
        with transaction(self._connection, self._path):
            self._connection.execute(
                "INSERT OR IGNORE INTO setting VALUES ('partitions', ?)", (self._partitions,)
            )
            (kept,) = self._connection.execute(
                "SELECT value FROM setting WHERE name = 'partitions'"
            ).fetchone()
        if kept != self._partitions:
            raise RefusedError(
                f"{self._path} was made with {kept} partitions, not {self._partitions}: set "
                f"log.partitions to {kept}, or name another file in log.path to start anew"
            )


def _hold(path: Path, opened: ExitStack) -> None:
    """Lock the file beside ``path`` for as long as ``opened`` is.

    A file of its own, since closing any handle of the database file would release SQLite's locks.
    """
    beside = path.with_name(f"{path.name}.lock")
    try:
        handle = opened.enter_context(beside.open("a"))
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UnavailableError(
            f"another run has {path} open; stop that one first, or give this one another file"
        ) from error
    except OSError as error:
        raise EventLogError(
            f"can't write {beside}: {error.strerror}; check that its folder is there and may be "
            "written to"
        ) from error
