"""One record through one stage: what both hosts do alike, so that they can't differ.

A record that can't be decoded, or on which a stage fails, becomes a dead letter and the next one is
taken: an exception must never cost more than the record that caused it.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import structlog

from wheelsdown.eventlog.dead_letters import dead_letter
from wheelsdown.eventlog.port import Message, NewMessage
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.records.codec import CodecError
from wheelsdown.records.dead_letters import FailedStep
from wheelsdown.records.record import Instant
from wheelsdown.records.topics import DEAD_LETTERS, Topic
from wheelsdown.stage import Cells, Output, Position, Stage

log = structlog.get_logger(__name__)

#: The cell in which a host keeps the position that a partition's book has reached.
POSITION = "@position"


class PositionCell(msgspec.Struct, frozen=True):
    """The offset of the last record whose outputs and cells are durable."""

    applied: int


class CellCodec:
    """Cells as JSON, of one stage."""

    def __init__(self, stage: Stage) -> None:
        self._decoder = msgspec.json.Decoder(stage.cell_type)
        self._encoder = msgspec.json.Encoder()

    def decode(self, data: bytes) -> Any:
        """The cell."""
        return self._decoder.decode(data)

    def encode(self, cell: Any) -> bytes:
        """Its bytes."""
        return self._encoder.encode(cell)


def report_dead_letter(stage: Stage, message: Message) -> None:
    """Tell the operator that a record was parked."""
    log.error(
        "record_parked",
        stage=stage.name,
        topic=message.topic.name,
        partition=message.partition,
        offset=message.offset,
    )


@dataclass(frozen=True)
class Applied:
    """What a record led to: the messages to publish, then the cells to write."""

    messages: tuple[NewMessage, ...]
    cells: Mapping[str, Any]
    is_dead: bool = False


def apply(
    stage: Stage,
    cells: Cells,
    message: Message,
    *,
    partitions: Callable[[Topic], int],
    now: Callable[[], Instant],
) -> Applied:
    """What the stage makes of the message; a dead letter where it fails on it.

    ``partitions`` counts a topic's partitions; ``now`` dates dead letters of records that can't be
    read.
    """
    try:
        record = message.topic.decode(message.value)
    except CodecError as error:
        at = now()
        return _dead(stage, message, _Fault("decoding", str(error), at, at), partitions)
    try:
        step = stage.step(cells, record, Position(message.partition, message.offset))
        return Applied(_messages(step.outputs, partitions), step.cells)
    except Exception as error:  # noqa: BLE001 - any fault of a rule costs one record, see above
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
        fault = _Fault("processing", text, record.occurred_at, record.observed_at)
        return _dead(stage, message, fault, partitions)


class _Fault(NamedTuple):
    step: FailedStep
    error: str
    occurred_at: Instant
    observed_at: Instant


def _dead(
    stage: Stage, message: Message, fault: _Fault, partitions: Callable[[Topic], int]
) -> Applied:
    letter = dead_letter(message, reader=stage.name, **fault._asdict())
    return Applied(_messages([Output(DEAD_LETTERS, letter)], partitions), {}, is_dead=True)


def _messages(
    outputs: Iterable[Output], partitions: Callable[[Topic], int]
) -> tuple[NewMessage, ...]:
    return tuple(
        message
        for output in outputs
        for message in messages_for(output.topic, output.record, partitions(output.topic))
    )
