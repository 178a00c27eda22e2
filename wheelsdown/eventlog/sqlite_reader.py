"""Reading the SQLite log, also while a run holds it: the run writes on and never waits for this."""

import math
import sqlite3
import threading
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from wheelsdown.eventlog.local import check_partition, check_readable
from wheelsdown.eventlog.port import Headers, Message, RefusedError
from wheelsdown.eventlog.sqlite_file import open_to_read, translated
from wheelsdown.records.topics import Topic

_decode_headers = msgspec.msgpack.Decoder(Headers).decode


class SqliteReader:
    """See ``Reader`` in port.py. Safe to use from several threads, in any number of processes.

    The file says how many partitions it has. A run that starts while this is open, or after it was
    open when a run ended, reads all of the file once, as after a crash.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, which must be there.

        Raises:
            RefusedError: there is no file, or it is no log that this release reads.
            CorruptError: it is damaged.
            EventLogError: it can't be opened.
        """
        self._path = path
        self._reading = threading.Lock()
        self._closed = False
        self._connection = open_to_read(path)
        self._stored = StoredMessages(self._connection, path)
        try:
            self._partitions = self._stored.partitions()
        except BaseException:
            self._connection.close()
            raise

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        return 1 if topic.single else self._partitions

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages from ``offset`` on, or from the first that is kept."""
        check_readable(topic, partition, offset, self.partitions(topic))
        with self._reading:
            self._check_open()
            return self._stored.read(topic, partition, offset, limit)

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with self._reading:
            self._check_open()
            return self._stored.ends(topic, self.partitions(topic))

    def offset_at(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment``, to the second, or later."""
        check_partition(topic, partition, self.partitions(topic))
        with self._reading:
            self._check_open()
            return self._stored.appended_from(topic, partition, moment)

    def close(self) -> None:
        """Release the file; safe to call twice."""
        with self._reading:
            self._closed = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RefusedError(f"the event log {self._path} is closed")


class StoredMessages:
    """The messages of a log by its connection, which is used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def partitions(self) -> int:
        """The partition count that the file was made with. Raises EventLogError."""
        with translated(self._path):
            row = self._connection.execute(
                "SELECT value FROM setting WHERE name = 'partitions'"
            ).fetchone()
        if row is None:
            raise RefusedError(
                f"{self._path} holds no event log yet: no run has opened it as its log"
            )
        return int(row[0])

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages of the partition from ``offset``, or the first kept, on."""
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

    def ends(self, topic: Topic, partitions: int) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        with translated(self._path):
            found = dict(
                self._connection.execute(
                    "SELECT part, next_offset FROM stream WHERE topic = ?", (topic.name,)
                ).fetchall()
            )
        return [found.get(number, 0) for number in range(partitions)]

    def appended_from(self, topic: Topic, partition: int, moment: datetime) -> int:
        """An offset before which nothing was appended at ``moment``, to the second, or later.

        Some twenty messages are looked at: all would mean to read the file, since the time stands
        behind the value.
        """
        since_s = math.floor(moment.timestamp())

        def is_young(offset: int) -> bool:
            row = self._connection.execute(
                "SELECT appended_s FROM message "
                "WHERE stream = (SELECT id FROM stream WHERE topic = ? AND part = ?) "
                "AND position >= ? ORDER BY position LIMIT 1",
                (topic.name, partition, offset),
            ).fetchone()
            return row is None or bool(row[0] >= since_s)

        end = self.ends(topic, partition + 1)[partition]
        with translated(self._path):
            return bisect_left(range(end), True, key=is_young)
