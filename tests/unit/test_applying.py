"""One record through one stage: what can't be finished costs it, before anything is published."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fakes.examples import pyongyang_stay
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from pipeline.applying import MAX_CELL_BYTES, CellCodec, apply, next_offset, report, standing
from wheelsdown.eventlog.port import Message
from wheelsdown.records.dead_letters import DeadLetter
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import CASES_EVENTS, DEAD_LETTERS, NEWS_ENTRIES, Topic
from wheelsdown.stage import Cells, Output, Position, Step

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)
TOLD = progress("visits", part=0, parts=1, up_to=NOON, observed_at=NOON)
STAY = pyongyang_stay("arrived")
MESSAGE = Message(NEWS_ENTRIES, 0, 7, "key", NEWS_ENTRIES.encode(TOLD))


class Cell(msgspec.Struct, frozen=True):
    """A cell of any size."""

    text: str


class Growing:
    """Says what it is told and writes a cell of ``size`` characters."""

    name = "growing"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = (CASES_EVENTS,)
    cell_type: Any = Cell

    def __init__(self, size: int, output: Record = TOLD) -> None:
        self.size = size
        self.output = output

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        return Step(
            cells={"small": Cell("x"), "gone": None, "large": Cell("x" * self.size)},
            outputs=(Output(CASES_EVENTS, self.output),),
            rejected={"a jump": 2, "too fast": 1},
        )


def applied(stage: Growing) -> Any:
    return apply(stage, CellCodec(stage), {}, MESSAGE, partitions=lambda _: 1, now=lambda: NOON)


def test_a_record_gives_outputs_and_cells_with_their_bytes() -> None:
    done = applied(Growing(10))
    assert [one.topic for one in done.messages] == [CASES_EVENTS]
    assert done.encoded == {
        "small": b'{"text":"x"}',
        "gone": None,
        "large": b'{"text":"xxxxxxxxxx"}',
    }
    assert set(done.cells) == set(done.encoded)
    assert done.rejected == {"a jump": 2, "too fast": 1}


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        (Growing(MAX_CELL_BYTES), "OversizedCellError"),
        (Growing(1, msgspec.structs.replace(TOLD, blind_reason="x" * 1_000_001)), "OversizedError"),
    ],
)
def test_what_is_too_large_for_the_log_is_a_dead_letter_and_nothing_else(
    stage: Growing, reason: str
) -> None:
    done = applied(stage)
    assert done.is_dead
    assert (done.cells, done.encoded, done.rejected) == ({}, {}, {})
    (message,) = done.messages
    letter = DEAD_LETTERS.decode(message.value)
    assert isinstance(letter, DeadLetter)
    assert (letter.step, letter.offset) == ("processing", 7)
    assert letter.error.startswith(reason)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (TOLD, []),
        (STAY, [("info", "record_led_to", [f"cases.events.v1:{STAY.record_id}"])]),
    ],
)
def test_what_a_record_led_to_is_told_unless_it_is_progress(
    output: Record, told: list[object]
) -> None:
    stage = Growing(10, output)
    before = counted("records_applied")
    with capture_logs() as lines:
        report(stage, MESSAGE, applied(stage))
    assert [(one["log_level"], one["event"], one["led_to"]) for one in lines] == told
    assert all(one["record_id"] == TOLD.record_id for one in lines)
    assert counted("records_applied") == before + 1


def test_positions_that_were_not_believed_are_counted_by_reason() -> None:
    stage = Growing(10)
    before = [rejected("a jump"), rejected("too fast")]
    done = applied(stage)
    assert [rejected("a jump"), rejected("too fast")] == before  # it is not applied for good yet
    report(stage, MESSAGE, done)
    assert [rejected("a jump"), rejected("too fast")] == [before[0] + 2, before[1] + 1]


def rejected(reason: str) -> float:
    name = "wheelsdown_positions_rejected_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


def test_a_dead_letter_is_told_with_its_place_and_counted() -> None:
    stage = Growing(MAX_CELL_BYTES)
    before = counted("dead_letters", label="reader")
    done = applied(stage)
    with capture_logs() as lines:
        report(stage, MESSAGE, done)
    letter = DEAD_LETTERS.decode(done.messages[0].value)
    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "record_parked")
    assert (line["topic"], line["partition"], line["offset"]) == ("news.entries.v1", 0, 7)
    assert (line["record_id"], line["stage"]) == (TOLD.record_id, "growing")
    assert line["led_to"] == [f"dead-letters.v1:{letter.record_id}"]
    assert counted("dead_letters", label="reader") == before + 1


def counted(what: str, label: str = "stage") -> float:
    return REGISTRY.get_sample_value(f"wheelsdown_{what}_total", {label: "growing"}) or 0.0


def test_where_a_record_stands() -> None:
    assert [next_offset(None), next_offset(0), next_offset(9)] == [0, 1, 10]
    assert [standing(None, 0), standing(None, 1)] == ["next", "beyond"]
    assert [standing(9, at) for at in (8, 9, 10, 11)] == ["applied", "applied", "next", "beyond"]
