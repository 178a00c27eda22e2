"""The graph in one process over any event log: embedded (a growing log) and replay (a recording).

For each record: outputs are appended, then the changed cells and the position are written in one
transaction, then the consumer's offset is committed. The position in the state is the truth; the
offset is a hint. After a crash in between a record is handed in again, and what had been applied of
it is left alone (wheelsdown/stage.py). A record that does not follow the last is never applied.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.applying import (
    Applied,
    CellCodec,
    apply,
    next_offset,
    report,
    standing,
)
from pipeline.cells_at_hand import CellsAtHand
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.crash_points import crash_point
from wheelsdown.daemon.health import Beat, Health
from wheelsdown.daemon.metrics import LAG, count_from_zero
from wheelsdown.eventlog.port import (
    Consumer,
    CorruptError,
    EventLog,
    Message,
    RefusedError,
)
from wheelsdown.eventlog.state import StateStore
from wheelsdown.stage import Stage

#: Records taken at a time from one stage's input before the next stage has its turn.
BATCH = 500
#: One record takes far less, an SQLite file that somebody locks up to half of it.
STANDS_STILL_AFTER_S = 60.0
#: The log is asked where it ends at most so often.
LAG_EVERY_S = 5.0


class InlineHost:
    """Runs the stages; used by one thread, but for ``stop``.

    ``applied`` counts the records that it has taken, ``dead_letters`` those that made one, and
    ``rejected``, by reason, what the rules did not believe of them: of each record once.

    Raises EventLogError when the log or state fails, or when they do not belong together.
    """

    def __init__(
        self, events: EventLog, state: StateStore, stages: Sequence[Stage], clock: Clock
    ) -> None:
        self._events = events
        self._runs = [_StageRun(stage, events, state, clock) for stage in stages]
        self._stopped = threading.Event()
        self._beat: Beat = lambda: None
        self._lag_told_s = float("-inf")
        self.applied = 0
        self.dead_letters = 0
        self.rejected: Counter[str] = Counter()

    def report_to(self, health: Health) -> None:
        """Let ``health`` know when nothing moves; for a host whose ``drain`` is called for ever."""
        self._beat = health.heartbeat("rules", STANDS_STILL_AFTER_S)

    def drain(self) -> int:
        """Run until no stage has anything to read, or ``stop``; gives how many records it took."""
        total = 0
        while True:
            done = sum(self._turn(run) for run in self._runs)
            self._tell_lag()
            if not done:
                return total
            total += done

    def stop(self) -> None:
        """Let ``drain`` return after the record that it is at, and begin nothing more.

        Safe to call from any thread.
        """
        self._stopped.set()

    def close(self) -> None:
        """Leave the consumer groups."""
        for run in self._runs:
            run.consumer.close()

    def _turn(self, run: "_StageRun") -> int:
        taken: list[Message] = []
        if self._stopped.is_set():
            return 0
        self._beat()
        for message in run.consumer.poll(limit=BATCH, timeout_s=0.0):
            if self._stopped.is_set():
                break
            applied = run.take(message)
            if applied is not None:
                self.dead_letters += applied.is_dead
                self.rejected.update(applied.rejected)
            taken.append(message)
            self._beat()
        for message in {one.partition: one for one in taken}.values():
            run.consumer.commit(message)
        self.applied += len(taken)
        return len(taken)

    def _tell_lag(self) -> None:
        if monotonic_s() - self._lag_told_s < LAG_EVERY_S:
            return
        self._lag_told_s = monotonic_s()
        for run in self._runs:
            run.tell_lag()


class _Book:
    """The cells of one partition of one stage, decoded as they are asked for."""

    def __init__(self, state: StateStore, codec: CellCodec, stage: str, partition: int) -> None:
        self._state = state
        self._codec = codec
        self._stage = stage
        self._partition = partition
        self._at_hand = CellsAtHand(self._read)
        self.applied = state.position(stage, partition)

    def get(self, name: str, /) -> Any:
        """The cell, or None."""
        return self._at_hand.get(name)

    def write(self, applied: Applied, offset: int) -> None:
        """Make the changed cells and the position durable, together."""
        self._state.write(self._stage, self._partition, applied.encoded, offset)
        for name, cell in applied.cells.items():
            self._at_hand.keep(name, cell)
        self.applied = offset

    def _read(self, name: str) -> Any:
        data = self._state.get(self._stage, self._partition, name)
        return None if data is None else self._codec.decode(data)


class _StageRun:
    """One stage with its consumer and its books."""

    def __init__(self, stage: Stage, events: EventLog, state: StateStore, clock: Clock) -> None:
        self._stage = stage
        self._events = events
        self._clock = clock
        self._codec = CellCodec(stage)
        self._books = [
            _Book(state, self._codec, stage.name, partition)
            for partition in range(events.partitions(stage.input))
        ]
        self._check_ends()
        count_from_zero(stage.name)
        self.consumer: Consumer = events.consumer(f"stage-{stage.name}", [stage.input])
        for partition, book in enumerate(self._books):
            if book.applied is not None:
                self.consumer.seek(stage.input, partition, book.applied + 1)

    def _check_ends(self) -> None:
        """Raises RefusedError when the state is ahead of the log: records would be skipped."""
        ends = self._events.ends(self._stage.input)
        for partition, (book, end) in enumerate(zip(self._books, ends, strict=True)):
            if next_offset(book.applied) > end:
                raise RefusedError(
                    f"{self._stage.input.name} [{partition}] ends at {end}, but stage "
                    f"{self._stage.name} has read it up to {next_offset(book.applied)}: the log "
                    "was made anew or restored without its state; restore both from one backup, "
                    "or move both away to start anew"
                )

    def tell_lag(self) -> None:
        """Count what waits in each partition."""
        ends = self._events.ends(self._stage.input)
        for partition, (book, end) in enumerate(zip(self._books, ends, strict=True)):
            LAG.labels(self._stage.name, partition).set(end - next_offset(book.applied))

    def take(self, message: Message) -> Applied | None:
        """Apply one message, and give what it led to; None when it was applied before.

        Raises CorruptError when messages before it are missing.
        """
        book = self._books[message.partition]
        stands = standing(book.applied, message.offset)
        if stands == "applied":
            return None
        if stands == "beyond":
            raise CorruptError(
                f"{message.topic.name} [{message.partition}] goes on at {message.offset} after "
                f"{next_offset(book.applied) - 1}: records between are missing; restore the log "
                "and its state from one backup"
            )
        applied = apply(
            self._stage,
            self._codec,
            book,
            message,
            partitions=self._events.partitions,
            now=self._clock.now,
        )
        crash_point(f"{self._stage.name}.taken")
        self._events.append(applied.messages)
        crash_point(f"{self._stage.name}.published")
        book.write(applied, message.offset)
        report(self._stage, message, applied)
        crash_point(f"{self._stage.name}.written")
        return applied
