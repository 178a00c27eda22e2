"""Where an answer shows that somebody listens, and where only that something flies."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.flights.picture import Picture
from producers.flights.reception import FASTEST_ROLL_KT, FRESH, LOW_FT, reception_of
from wheelsdown.records.aircraft import PositionSource, Scope, StateVector
from wheelsdown.records.reception import Reception, bits_of, box_at

NOW = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
WORLD = Scope(kind="world")
VLADIVOSTOK = (43.4, 132.15)


def vector(
    at: tuple[float, float] | None = VLADIVOSTOK,
    *,
    age: timedelta = timedelta(0),
    feet: float | None = 33_000.0,
    on_ground: bool | None = False,
    speed_kt: float | None = None,
    source: PositionSource = "adsb",
) -> StateVector:
    return StateVector(
        icao24="15521f",
        heard_at=NOW,
        latitude=None if at is None else at[0],
        longitude=None if at is None else at[1],
        positioned_at=None if at is None else NOW - age,
        altitude_ft=feet,
        on_ground=on_ground,
        ground_speed_kt=speed_kt,
        position_source=source,
    )


def told(
    *vectors: StateVector, health: Literal["ok", "degraded"] = "ok", scope: Scope = WORLD
) -> Reception | None:
    picture = Picture(
        at=NOW, clock=NOW, vectors=vectors, received=len(vectors), dropped={}, health=health
    )
    return reception_of(scope, picture)


def boxes(*vectors: StateVector) -> tuple[set[int], set[int]]:
    """Those in which anybody is heard, and those in which low."""
    reception = told(*vectors)
    assert reception is not None
    heard, low = bits_of(reception.heard), bits_of(reception.low)
    every = range(heard.bit_length())
    return {one for one in every if heard >> one & 1}, {one for one in every if low >> one & 1}


HERE = {box_at(*VLADIVOSTOK)}


@pytest.mark.parametrize(
    ("one", "is_heard", "is_low"),
    [
        (vector(), True, False),
        (vector(feet=None, on_ground=None), True, False),
        (vector(feet=LOW_FT), True, False),
        (vector(feet=LOW_FT - 1), True, True),
        (vector(feet=0.0), True, True),
        (vector(feet=None, on_ground=True), True, True),
        (vector(feet=9_000.0, on_ground=True, speed_kt=12.0), True, True),  # on a high airfield
        (vector(feet=None, on_ground=True, speed_kt=FASTEST_ROLL_KT + 1), True, False),
        (vector(age=FRESH), True, False),
        (vector(age=FRESH + timedelta(seconds=1)), False, False),
        (vector(None), False, False),
        (vector((0.0, 0.0)), False, False),
        (vector(source="mlat"), True, False),
        (vector(source="unknown"), True, False),
        (vector(source="adsc"), False, False),
        (vector(source="tisb"), False, False),
        (vector(source="other"), False, False),
    ],
)
def test_a_box_is_heard_by_what_was_received_there_lately(
    one: StateVector, is_heard: bool, is_low: bool
) -> None:
    assert boxes(one) == (HERE if is_heard else set(), HERE if is_low else set())


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.floats(-1000, 60000))))
def test_all_aircraft_of_the_answer_count(places: list[tuple[float, float, float]]) -> None:
    seen = [place for place in places if place[:2] != (0, 0)]
    heard, low = boxes(*(vector((north, east), feet=feet) for north, east, feet in places))
    assert heard == {box_at(north, east) for north, east, _ in seen}
    assert low == {box_at(north, east) for north, east, feet in seen if feet < LOW_FT}


def test_a_list_shows_only_what_it_was_asked_for() -> None:
    assert told(vector(), scope=Scope(kind="list", icao24s=("15521f",))) is None
    assert told(vector(), scope=Scope(kind="box", box=(40.0, 130.0, 50.0, 140.0))) == told(vector())


def test_a_degraded_answer_heard_what_it_heard_unless_it_can_not_be_read() -> None:
    assert told(vector(), health="degraded") == told(vector())
    assert told(health="degraded") is None
    nobody = told()
    assert nobody is not None
    assert not any(nobody.heard + nobody.low)
