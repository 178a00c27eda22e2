"""The graph in one process over any event log: embedded (a growing log) and replay (a recording).

For each record: outputs are appended, then the changed cells and the position are written in one
transaction, then the consumer's offset is committed. The position in the state is the truth; the
offset is a hint. After a crash in between a record is handed in again, and what had been applied of
it is left alone (wheelsdown/stage.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.applying import CellCodec, apply, report_dead_letter
from wheelsdown.clock import Clock
from wheelsdown.eventlog.port import Consumer, EventLog, Message
from wheelsdown.eventlog.state import StateStore
from wheelsdown.stage import Stage

#: Records taken at a time from one stage's input before the next stage has its turn.
BATCH = 500
#: Decoded cells that are kept at hand, a partition; more are read from the state again.
CELLS_AT_HAND = 5_000


class InlineHost:
    """Runs the stages; used by one thread. Raises EventLogError when the log or state fails."""

    def __init__(
        self, events: EventLog, state: StateStore, stages: Sequence[Stage], clock: Clock
    ) -> None:
        self._events = events
        self._runs = [_StageRun(stage, events, state, clock) for stage in stages]
        self.applied = 0
        self.dead_letters = 0

    def drain(self) -> int:
        """Run until no stage has anything to read; gives how many records were applied."""
        total = 0
        while True:
            done = sum(self._turn(run) for run in self._runs)
            if not done:
                return total
            total += done

    def close(self) -> None:
        """Leave the consumer groups."""
        for run in self._runs:
            run.consumer.close()

    def _turn(self, run: "_StageRun") -> int:
        messages = run.consumer.poll(limit=BATCH, timeout_s=0.0)
        for message in messages:
            self.dead_letters += run.take(message)
        for message in {one.partition: one for one in messages}.values():
            run.consumer.commit(message)
        self.applied += len(messages)
        return len(messages)


class _Book:
    """The cells of one partition of one stage, decoded as they are asked for."""

    def __init__(self, state: StateStore, codec: CellCodec, stage: str, partition: int) -> None:
        self._state = state
        self._codec = codec
        self._stage = stage
        self._partition = partition
        self._at_hand: dict[str, Any] = {}
        self.applied = state.position(stage, partition)

    def get(self, name: str, /) -> Any:
        """The cell, or None."""
        if name not in self._at_hand:
            data = self._state.get(self._stage, self._partition, name)
            self._keep(name, None if data is None else self._codec.decode(data))
        return self._at_hand[name]

    def write(self, cells: Mapping[str, Any], offset: int) -> None:
        """Make the changed cells and the position durable, together."""
        encoded = {
            name: None if cell is None else self._codec.encode(cell) for name, cell in cells.items()
        }
        self._state.write(self._stage, self._partition, encoded, offset)
        for name, cell in cells.items():
            self._keep(name, cell)
        self.applied = offset

    def _keep(self, name: str, cell: Any) -> None:
        self._at_hand.pop(name, None)
        if len(self._at_hand) >= CELLS_AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]
        self._at_hand[name] = cell


class _StageRun:
    """One stage with its consumer and its books."""

    def __init__(self, stage: Stage, events: EventLog, state: StateStore, clock: Clock) -> None:
        self._stage = stage
        self._events = events
        self._clock = clock
        codec = CellCodec(stage)
        self._books = [
            _Book(state, codec, stage.name, partition)
            for partition in range(events.partitions(stage.input))
        ]
        self.consumer: Consumer = events.consumer(f"stage-{stage.name}", [stage.input])
        for partition, book in enumerate(self._books):
            if book.applied is not None:
                self.consumer.seek(stage.input, partition, book.applied + 1)

    def take(self, message: Message) -> int:
        """Apply one message; gives how many dead letters it made."""
        book = self._books[message.partition]
        if book.applied is not None and message.offset <= book.applied:
            return 0
        applied = apply(
            self._stage,
            book,
            message,
            partitions=self._events.partitions,
            now=self._clock.now,
        )
        self._events.append(applied.messages)
        book.write(applied.cells, message.offset)
        if applied.is_dead:
            report_dead_letter(self._stage, message)
        return int(applied.is_dead)
