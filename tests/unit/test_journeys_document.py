"""docs/journeys.md describes each field and each value that the files may hold."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from processors.journeys.plausibility import Rejection
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.journeys import (
    Certainty,
    Flight,
    Journey,
    JourneyStatus,
    Leg,
    Movement,
    MovementKind,
    Place,
    Stop,
    StopKind,
    TrackPoint,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "journeys.md"


@pytest.fixture(scope="module")
def described() -> set[str]:
    text = re.sub(r"```.*?```", "", DOCUMENT.read_text(), flags=re.S)
    return set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize(
    "kind", [Journey, Flight, Leg, Movement, Place, Stop, TrackPoint, Aircraft], ids=str
)
def test_every_field_is_described(kind: type[msgspec.Struct], described: set[str]) -> None:
    assert set(kind.__struct_fields__) <= described


def test_every_value_is_described(described: set[str]) -> None:
    for values in (Certainty, JourneyStatus, MovementKind, StopKind, Rejection):
        assert set(get_args(values)) <= described


def test_the_example_has_no_field_that_records_do_not_have() -> None:
    example = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(), re.S)
    assert example is not None
    journey = msgspec.json.decode(example[1])
    record = {"record_id": "r", "occurred_at": "2023-08-02T09:00:00Z"}
    record["observed_at"] = record["occurred_at"]
    decoded = msgspec.convert({**record, **journey}, Journey)
    assert decoded.stays[0].length_h == 36.1
    names = set(re.findall(r'"(\w+)":', example[1])) - {"kind"}
    known = {
        name
        for kind in (Journey, Leg, Movement, Place, Stop, Aircraft)
        for name in kind.__struct_fields__
    }
    assert names <= known
