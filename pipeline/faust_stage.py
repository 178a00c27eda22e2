"""One stage on Kafka: its books in a Faust table, and what becomes of each record.

Knows nothing of Faust but what a table and an event are; the host (faust_host.py) brings both.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from pipeline.applying import (
    POSITION,
    Applied,
    CellCodec,
    PositionCell,
    apply,
    next_offset,
    report_dead_letter,
    standing,
)
from wheelsdown.clock import Clock
from wheelsdown.eventlog.port import Message, NewMessage
from wheelsdown.records.topics import Topic
from wheelsdown.stage import Stage

#: An applied record that comes again may mean a topic that was made anew; asked at most so often.
LOOK_AT_END_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Table(Protocol):
    """A Faust table that remembers in ``sent`` the changelog records that it has sent."""

    sent: list[Any]

    def get(self, key: bytes, /) -> bytes | None:
        """The value, or None."""
        ...

    def __contains__(self, key: object, /) -> bool: ...

    def __setitem__(self, key: bytes, value: bytes, /) -> None: ...

    def __delitem__(self, key: bytes, /) -> None: ...


class Host(Protocol):
    """What a stage needs of the host; each call leaves the process where it can't be kept."""

    def partitions(self, topic: Topic, /) -> int:
        """How many partitions a topic has."""
        ...

    async def produce(self, messages: Sequence[NewMessage]) -> None:
        """Produce, and wait until the broker has accepted all."""
        ...

    async def accepted(self, sent: Sequence[Awaitable[Any]]) -> None:
        """Wait for records that were sent."""
        ...

    async def first_offset(self, tp: Any) -> int:
        """The oldest offset that the broker still has."""
        ...

    async def check_end(self, tp: Any, following: int, every_s: float) -> None:
        """Make sure that the topic does not end before the offset to be read next."""
        ...


_positions = msgspec.json.Decoder(PositionCell)
_encoder = msgspec.json.Encoder()


class Book:
    """The cells of one partition, in the stage's table."""

    def __init__(self, table: Table, codec: CellCodec, partition: int) -> None:
        self._table = table
        self._codec = codec
        self._prefix = f"{partition}/"
        self._at_hand: dict[str, Any] = {}
        position = table.get(self._key(POSITION))
        self.applied: int | None = None
        if position is not None:
            self.applied = _positions.decode(position).applied

    def get(self, name: str, /) -> Any:
        """The cell, or None."""
        if name not in self._at_hand:
            data = self._table.get(self._key(name))
            self._at_hand[name] = None if data is None else self._codec.decode(data)
        return self._at_hand[name]

    def write(self, applied: Applied, offset: int) -> list[Any]:
        """Write the changed cells, last the position; gives the changelog records to wait for."""
        self._table.sent.clear()
        for name, data in applied.encoded.items():
            if data is not None:
                self._table[self._key(name)] = data
            elif self._key(name) in self._table:
                del self._table[self._key(name)]
            self._at_hand[name] = applied.cells[name]
        self._table[self._key(POSITION)] = _encoder.encode(PositionCell(offset))
        sent, self._table.sent = self._table.sent, []
        return sent

    def _key(self, name: str) -> bytes:
        return (self._prefix + name).encode()


class StageRun:
    """One stage with its table and the books of the partitions that this worker has."""

    def __init__(
        self, stage: Stage, topic_name: str, table: Table, host: Host, clock: Clock
    ) -> None:
        self.topic_name = topic_name
        self.busy = False
        self._stage = stage
        self._table = table
        self._host = host
        self._clock = clock
        self._codec = CellCodec(stage)
        self._books: dict[int, Book] = {}

    def book(self, partition: int) -> Book:
        """The book of a partition."""
        if partition not in self._books:
            self._books[partition] = Book(self._table, self._codec, partition)
        return self._books[partition]

    def forget_books(self) -> None:
        """Read everything from the table again, which another worker may have written to."""
        self._books.clear()

    async def take(self, event: Any) -> None:
        """Apply one record, unless it was applied already or does not follow the last."""
        message = event.message
        book = self.book(message.partition)
        expected = next_offset(book.applied)
        stands = standing(book.applied, message.offset)
        if stands == "applied":
            await self._host.check_end(message.tp, expected, LOOK_AT_END_EVERY_S)
            return
        if stands == "beyond" and not await self._expired(message, expected):
            return  # the watch goes back to what is missing
        self.busy = True
        try:
            await self._apply(book, message)
        finally:
            self.busy = False

    async def _expired(self, message: Any, expected: int) -> bool:
        """Whether retention has deleted everything between the expected record and this one."""
        first = await self._host.first_offset(message.tp)
        if message.offset != first:
            return False
        if expected:
            log.error(
                "records_expired",
                topic=message.topic,
                partition=message.partition,
                lost=first - expected,
            )
        return True

    async def _apply(self, book: Book, message: Any) -> None:
        taken = Message(
            topic=self._stage.input,
            partition=message.partition,
            offset=message.offset,
            key=(message.key or b"").decode(errors="replace"),
            value=message.value or b"",
        )
        applied = apply(
            self._stage,
            self._codec,
            book,
            taken,
            partitions=self._host.partitions,
            now=self._clock.now,
        )
        await self._host.produce(applied.messages)
        await self._host.accepted(book.write(applied, message.offset))
        book.applied = message.offset  # now it is durable, and may be committed
        if applied.is_dead:
            report_dead_letter(self._stage, taken)
