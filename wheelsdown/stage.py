"""The contract of a stage: a pure reducer over the records of one partition.

A stage keeps a *book* for each partition of its input: named cells, each a small encodable value
that is durable on its own (one aircraft, one pair of states). ``step`` is given the cells as they
stand, one record and its position, and answers with the cells that changed and what to publish. It
does no I/O, reads no clock and keeps nothing between calls.

The host publishes the outputs first, then writes the changed cells, then the position; after a
crash in between it hands the same record in again. So each cell carries ``applied``, the offset of
the last record that changed it, and a stage leaves a cell alone whose ``applied`` has reached the
record's offset. Outputs are named by deterministic ids, so that a repeated one changes nothing
downstream.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic


class Position(NamedTuple):
    """Where a record stands in the stage's input."""

    partition: int
    offset: int


class Output(NamedTuple):
    """A record to publish."""

    topic: Topic
    record: Record


@dataclass(frozen=True)
class Step:
    """What a record changed: cells by name (None deletes one), and outputs in order.

    ``rejected`` counts what the rules did not believe of it, by reason; the reasons are few.
    """

    cells: Mapping[str, Any]
    outputs: tuple[Output, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)


class Cells(Protocol):
    """The cells of one partition. A stage asks for them by name and never lists them."""

    def get(self, name: str, /) -> Any:
        """The cell, or None."""
        ...


class Stage(Protocol):
    """A stage. ``cell_type`` is a msgspec Struct or a tagged union of them."""

    @property
    def name(self) -> str:
        """The stage's name: of its consumer group, its state and its metrics."""
        ...

    @property
    def input(self) -> Topic:
        """The one topic that it reads."""
        ...

    @property
    def outputs(self) -> tuple[Topic, ...]:
        """The topics that it may publish to."""
        ...

    @property
    def cell_type(self) -> Any:
        """What its cells are decoded as."""
        ...

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Apply one record."""
        ...
