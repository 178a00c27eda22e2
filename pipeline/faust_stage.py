"""One stage on Kafka: its books in a Faust table, and what becomes of each record.

Knows nothing of Faust but what a table and an event are; the host (faust_host.py) brings both.
"""

from collections.abc import Iterable, Sequence
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
    report,
    standing,
)
from pipeline.cells_at_hand import CellsAtHand
from pipeline.claims import ChangelogRecord, Claim, SupersededError
from wheelsdown.clock import Clock
from wheelsdown.crash_points import crash_point
from wheelsdown.eventlog.port import Message, NewMessage
from wheelsdown.records.topics import Topic
from wheelsdown.stage import Position, Stage

#: An applied record that comes again may mean a topic that was made anew; asked at most so often.
LOOK_AT_END_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Table(Protocol):
    """A Faust table whose changes nobody sends to the changelog but a book."""

    def get(self, key: bytes, /) -> bytes | None:
        """The value, or None."""
        ...

    def __contains__(self, key: object, /) -> bool: ...

    def __setitem__(self, key: bytes, value: bytes, /) -> None: ...

    def __delitem__(self, key: bytes, /) -> None: ...


class Changelogs(Protocol):
    """Where cells are kept (claims.py)."""

    async def claim(self, topic: str, partition: int) -> Claim:
        """Shut out whoever had the partition before."""
        ...

    async def renew(self, claim: Claim) -> None:
        """Claim again what is claimed."""
        ...

    async def append(self, claim: Claim, records: Sequence[ChangelogRecord]) -> None:
        """Write, and wait until the broker has accepted all."""
        ...


class Host(Protocol):
    """What a stage needs of the host; each call leaves the process where it can't be kept."""

    def partitions(self, topic: Topic, /) -> int:
        """How many partitions a topic has."""
        ...

    async def produce(self, messages: Sequence[NewMessage]) -> None:
        """Produce, and wait until the broker has accepted all."""
        ...

    async def first_offset(self, tp: Any) -> int | None:
        """The oldest offset that the broker still has; None when it does not say."""
        ...

    async def check_end(self, tp: Any, following: int, every_s: float) -> None:
        """Make sure that the topic does not end before the offset to be read next."""
        ...


_positions = msgspec.json.Decoder(PositionCell)
_encoder = msgspec.json.Encoder()


class Book:
    """The cells of one partition, in the stage's table; to be made when its claim has been read."""

    def __init__(self, table: Table, codec: CellCodec, claim: Claim) -> None:
        self.claim = claim
        self._table = table
        self._codec = codec
        self._at_hand = CellsAtHand(self._read)
        position = table.get(self._key(POSITION))
        self.applied: int | None = None
        if position is not None:
            self.applied = _positions.decode(position).applied

    def get(self, name: str, /) -> Any:
        """The cell, or None."""
        return self._at_hand.get(name)

    async def write(self, applied: Applied, offset: int, changelogs: Changelogs) -> None:
        """Make the changed cells and, last, the position durable; then they are in the table.

        Raises SupersededError when the partition has another owner.
        """
        changed = {self._key(name): data for name, data in applied.encoded.items()}
        changed[self._key(POSITION)] = _encoder.encode(PositionCell(offset))
        await changelogs.append(self.claim, list(changed.items()))
        for key, data in changed.items():
            if data is not None:
                self._table[key] = data
            elif key in self._table:
                del self._table[key]
        for name, cell in applied.cells.items():
            self._at_hand.keep(name, cell)
        self.applied = offset

    def _read(self, name: str) -> Any:
        data = self._table.get(self._key(name))
        return None if data is None else self._codec.decode(data)

    def _key(self, name: str) -> bytes:
        return f"{self.claim.partition}/{name}".encode()


class StageRun:
    """One stage with its table and the books of the partitions that this worker has."""

    def __init__(
        self,
        stage: Stage,
        *,
        topic_name: str,
        table: Table,
        changelog: str,
        changelogs: Changelogs,
        host: Host,
        clock: Clock,
    ) -> None:
        self.name = stage.name
        self.topic_name = topic_name
        #: The record that is being applied.
        self.in_hand: Position | None = None
        self._stage = stage
        self._table = table
        self._changelog = changelog
        self._changelogs = changelogs
        self._host = host
        self._clock = clock
        self._codec = CellCodec(stage)
        self._claims: dict[int, Claim] = {}
        self._books: dict[int, Book] = {}

    def let_go(self, partitions: Iterable[int]) -> None:
        """Write no more to these."""
        for partition in partitions:
            if partition in self._claims:
                self._claims.pop(partition).is_held = False
                self._books.pop(partition, None)

    async def claim(self, partition: int) -> None:
        """Become the one who writes to the partition, also where this worker was that before."""
        self.let_go([partition])
        self._claims[partition] = await self._changelogs.claim(self._changelog, partition)

    async def renew_claims(self) -> None:
        """Claim again what is claimed."""
        for book in list(self._books.values()):
            await self._changelogs.renew(book.claim)

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are claimed."""
        return frozenset(self._claims)

    def book(self, partition: int) -> Book | None:
        """The book of a partition; None while the table does not have all that was written to it.

        What proves that it does is the claim: when the table has it, it has all that came before.
        """
        claim = self._claims.get(partition)
        if claim is None:
            return None
        if partition not in self._books:
            if self._table.get(claim.key) != claim.cell:
                return None
            self._books[partition] = Book(self._table, self._codec, claim)
        return self._books[partition]

    async def take(self, event: Any) -> None:
        """Apply one record, unless it was applied already or does not follow the last."""
        message = event.message
        book = self.book(message.partition)
        if book is None:
            return  # it comes again when the table has been read
        expected = next_offset(book.applied)
        stands = standing(book.applied, message.offset)
        if stands == "applied":
            await self._host.check_end(message.tp, expected, LOOK_AT_END_EVERY_S)
            return
        if stands == "beyond" and not await self._expired(message, expected):
            return  # the watch goes back to what is missing
        self.in_hand = Position(message.partition, message.offset)
        try:
            await self._apply(book, message)
        except SupersededError:
            if book.claim.is_held:  # by a worker that is not this one: the host must know
                raise
        finally:
            self.in_hand = None

    async def _expired(self, message: Any, expected: int) -> bool:
        """Whether retention has deleted everything between the expected record and this one."""
        first = await self._host.first_offset(message.tp)
        if first is None or message.offset != first:
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
        crash_point(f"{self.name}.taken")
        await self._host.produce(applied.messages)
        crash_point(f"{self.name}.published")
        await book.write(applied, message.offset, self._changelogs)
        crash_point(f"{self.name}.written")
        report(self._stage, taken, applied)
