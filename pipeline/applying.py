"""One record through one stage: what both hosts do alike, so that they can't differ.

A record that can't be decoded, on which a stage fails, or that leads to an output or a cell which
the log would refuse, becomes a dead letter and the next one is taken: an exception must never cost
more than the record that caused it, and nothing is published of a record that can't be finished.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec
import structlog

from wheelsdown.daemon.metrics import DEAD_LETTERS as DEAD_LETTERS_COUNTED
from wheelsdown.daemon.metrics import POSITIONS_REJECTED, RECORDS_APPLIED
from wheelsdown.eventlog.dead_letters import dead_letter
from wheelsdown.eventlog.port import Message, NewMessage
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.records.codec import CodecError
from wheelsdown.records.dead_letters import FailedStep
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Instant
from wheelsdown.records.topics import DEAD_LETTERS, FLIGHTS_JOURNEYS, MAX_VALUE_BYTES, Topic
from wheelsdown.stage import Cells, Output, Position, Stage

log = structlog.get_logger(__name__)

#: The cell in which a host keeps the position that a partition's book has reached.
POSITION = "@position"
#: Cells are values of a log as well (Faust's changelog topic), with the same limit of the broker.
MAX_CELL_BYTES = MAX_VALUE_BYTES

#: How a record stands to the position of its partition.
Standing = Literal["applied", "next", "beyond"]


def standing(applied: int | None, offset: int) -> Standing:
    """Whether a record was applied, is the next one, or lies beyond the next one."""
    following = next_offset(applied)
    if offset == following:
        return "next"
    return "applied" if offset < following else "beyond"


def next_offset(applied: int | None) -> int:
    """The offset that follows a position; None is the position before the first record."""
    return 0 if applied is None else applied + 1


class PositionCell(msgspec.Struct, frozen=True):
    """The offset of the last record whose outputs and cells are durable."""

    applied: int


class OversizedCellError(ValueError):
    """A cell is larger than a log's values may be."""


class CellCodec:
    """Cells as JSON, of one stage."""

    def __init__(self, stage: Stage) -> None:
        self._decoder = msgspec.json.Decoder(stage.cell_type)
        self._encoder = msgspec.json.Encoder()

    def decode(self, data: bytes) -> Any:
        """The cell."""
        return self._decoder.decode(data)

    def encode(self, cell: Any) -> bytes:
        """Its bytes; OversizedCellError when no log would take them."""
        data = self._encoder.encode(cell)
        if len(data) > MAX_CELL_BYTES:
            raise OversizedCellError(
                f"a cell of {len(data)} bytes, more than the {MAX_CELL_BYTES} that a log takes"
            )
        return data


@dataclass(frozen=True)
class Applied:
    """What a record led to: the messages to publish, then the cells to write.

    ``record_id`` is empty for one that can't be read. ``encoded`` are the bytes of the ``cells``;
    None deletes one. ``outputs`` are the records in the ``messages``. ``rejected`` counts what the
    rules did not believe of the record, by reason.
    """

    record_id: str
    messages: tuple[NewMessage, ...]
    cells: Mapping[str, Any]
    encoded: Mapping[str, bytes | None]
    outputs: tuple[Output, ...]
    rejected: Mapping[str, int] = field(default_factory=dict)
    is_dead: bool = False


def report(stage: Stage, message: Message, applied: Applied) -> None:
    """Count a record that is applied for good, and say what it led to or that it was parked.

    To be called when its cells are durable: then a process counts a record once, however often it
    is handed in. One whose process dies between the write and this is in nobody's count.

    The lines make a chain: what one led to is the ``record_id`` of the next stage's line. Journeys
    alone are too many for every day.
    """
    RECORDS_APPLIED.labels(stage.name).inc()
    for reason, count in applied.rejected.items():
        POSITIONS_REJECTED.labels(reason).inc(count)
    told = [output for output in applied.outputs if not isinstance(output.record, Progress)]
    step = {
        "stage": stage.name,
        "record_id": applied.record_id,
        "led_to": [f"{topic.name}:{record.record_id}" for topic, record in told],
    }
    if applied.is_dead:
        DEAD_LETTERS_COUNTED.labels(stage.name).inc()
        where = {"partition": message.partition, "offset": message.offset}
        log.error("record_parked", topic=message.topic.name, **where, **step)
    elif any(topic is not FLIGHTS_JOURNEYS for topic, _ in told):
        log.info("record_led_to", **step)
    elif told:
        log.debug("record_led_to", **step)


def apply(
    stage: Stage,
    codec: CellCodec,
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
        return _dead(stage, message, "", _Fault("decoding", str(error), at, at), partitions)
    try:
        step = stage.step(cells, record, Position(message.partition, message.offset))
        encoded = {
            name: None if cell is None else codec.encode(cell) for name, cell in step.cells.items()
        }
        messages = _messages(step.outputs, partitions)
        return Applied(record.record_id, messages, step.cells, encoded, step.outputs, step.rejected)
    except Exception as error:  # noqa: BLE001 - any fault of a rule costs one record, see above
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
        fault = _Fault("processing", text, record.occurred_at, record.observed_at)
        return _dead(stage, message, record.record_id, fault, partitions)


class _Fault(NamedTuple):
    step: FailedStep
    error: str
    occurred_at: Instant
    observed_at: Instant


def _dead(
    stage: Stage,
    message: Message,
    record_id: str,
    fault: _Fault,
    partitions: Callable[[Topic], int],
) -> Applied:
    letter = dead_letter(message, reader=stage.name, **fault._asdict())
    outputs = (Output(DEAD_LETTERS, letter),)
    return Applied(record_id, _messages(outputs, partitions), {}, {}, outputs, is_dead=True)


def _messages(
    outputs: Iterable[Output], partitions: Callable[[Topic], int]
) -> tuple[NewMessage, ...]:
    return tuple(
        message
        for output in outputs
        for message in messages_for(output.topic, output.record, partitions(output.topic))
    )
