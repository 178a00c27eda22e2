"""An event log in one SQLite file, for a run in one process; nothing that was appended is lost.

The process that has the file open holds it (sqlite_hold.py): a second run on the same file would do
everything twice.

As on Kafka, a topic keeps its messages for ``Topic.kept`` since they were appended. They go when
others come: the place of the old is taken by the new, and the file stops growing. What a consumer
that is open has not committed stays, however old; a group without one holds nothing back, since it
may never come again.
"""

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec

from wheelsdown.clock import Clock, SystemClock
from wheelsdown.eventlog.local import LocalLog
from wheelsdown.eventlog.port import Message, NewMessage, RefusedError
from wheelsdown.eventlog.sqlite_file import check_whole, open_file, transaction, translated
from wheelsdown.eventlog.sqlite_hold import hold
from wheelsdown.eventlog.sqlite_reader import StoredMessages
from wheelsdown.records.topics import Topic

_encode_headers = msgspec.msgpack.Encoder().encode

_CLOCK = SystemClock()

#: With each message that is appended, up to so many expired ones of its partition are deleted: more
#: than one, so that what has gathered gets less, and few, so that no append takes long.
EXPIRED_EACH = 2
#: The tables that every start reads through; that of the messages may be years long.
_SMALL_TABLES = ("setting", "stream", "committed")


class SqliteLog(LocalLog):
    """The log in the file at ``path``, which is made where there is none.

    ``partitions`` is that of topics that have more than one; the file remembers it.
    """

    def __init__(self, path: Path, partitions: int, *, clock: Clock = _CLOCK) -> None:
        """Open the file and check it: all of it, unless it is as an orderly end left it.

        Raises:
            UnavailableError: another process, or another log in this one, has it open.
            RefusedError: it has another partition count, or is no log that this release reads.
            CorruptError: it is damaged.
            StorageFullError: there is no room to make it.
            EventLogError: it can't be opened.
        """
        super().__init__(partitions)
        self._path = path
        self._clock = clock
        self._closed = False
        with ExitStack() as opened:
            held = opened.enter_context(hold(path))
            self._connection = open_file(path)
            opened.callback(self._connection.close)
            check_whole(self._connection, path, _SMALL_TABLES if held.was_left_in_order else ())
            self._stored = StoredMessages(self._connection, path)
            self._check_partitions()
            self._hold = held
            self._opened = opened.pop_all()

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append all, or none when it raises; on disk when it returns.

        Raises:
            RefusedError: a message is too large, or for a partition that does not exist.
            StorageFullError: there is no room.
            UnavailableError: another connection held the file for longer than five seconds.
        """
        accepted = self._accept(messages)
        if not accepted:
            return
        grown = Counter((message.topic, message.partition) for message in accepted)
        with self.changed:
            self.check_open()
            with transaction(self._connection, self._path):
                now_s = int(self._clock.now().timestamp())
                for message in accepted:
                    self._insert(message, now_s)
                for (topic, partition), count in grown.items():
                    self._expire(topic, partition, now_s, most=EXPIRED_EACH * count)
            self.changed.notify_all()

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with self.changed:
            self.check_open()
            return self._stored.ends(topic, self.partitions(topic))

    def close(self) -> None:
        """Release the file; safe to call twice. Wakes consumers that wait."""
        with self.changed:
            if not self._closed:
                self._closed = True
                with self._opened:
                    self._connection.close()
                    self._hold.leave_in_order()
            self.changed.notify_all()

    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""
        if self._closed:
            raise RefusedError(f"the event log {self._path} is closed")

    def stored(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset``, or the first kept, on."""
        return self._stored.read(topic, partition, offset, limit)

    def appended_from(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment``, to the second, or later."""
        return self._stored.appended_from(topic, partition, moment)

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

    def _insert(self, message: NewMessage, now_s: int) -> None:
        ((stream, following),) = self._connection.execute(
            "INSERT INTO stream (topic, part, next_offset) VALUES (?, ?, 1) "
            "ON CONFLICT (topic, part) DO UPDATE SET next_offset = next_offset + 1 "
            "RETURNING id, next_offset",
            (message.topic.name, message.partition),
        ).fetchall()
        self._connection.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)",
            (
                stream,
                following - 1,
                message.key,
                _encode_headers(message.headers),
                sqlite3.Binary(message.value),
                now_s,
            ),
        )

    def _expire(self, topic: Topic, partition: int, now_s: int, *, most: int) -> None:
        """Delete up to ``most`` of the oldest messages of a partition that have had their time."""
        run = self._connection.execute
        oldest = run(
            "SELECT rowid, position, appended_s FROM message "
            "WHERE stream = (SELECT id FROM stream WHERE topic = ? AND part = ?) "
            "ORDER BY position LIMIT ?",
            (topic.name, partition, most),
        ).fetchall()
        since_s = now_s - topic.kept.total_seconds()
        # Only from the front, also where the clock went back: a partition has no holes.
        expired = list(itertools.takewhile(lambda row: row[2] < since_s, oldest))
        if expired:
            awaited = self._awaited_from(topic, partition, expired[-1][1] + 1)
            self._connection.executemany(
                "DELETE FROM message WHERE rowid = ?",
                [(row,) for row, position, _ in expired if position < awaited],
            )

    def _check_partitions(self) -> None:
        with transaction(self._connection, self._path):
            self._connection.execute(
                "INSERT OR IGNORE INTO setting VALUES ('partitions', ?)", (self._partitions,)
            )
            kept = self._stored.partitions()
        if kept != self._partitions:
            raise RefusedError(
                f"{self._path} was made with {kept} partitions, not {self._partitions}: set "
                f"log.partitions to {kept}, or name another file in log.path to start anew"
            )
