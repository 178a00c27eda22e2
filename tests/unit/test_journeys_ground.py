"""On the ground or in the air: what noise makes of it, and what it takes to believe a change."""

from datetime import datetime, timedelta

import pytest
from fakes.journeys_run import HOUR, journeys, new_run, run, stays
from fakes.tracks import START, end_of, flown, parked, snapshots
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelsdown.records.aircraft import StateVector

SECOND = timedelta(seconds=1)


def to_seoul() -> list[StateVector]:
    """Moscow, five hours at Seoul, and an hour on the way back; all of it heard."""
    out = flown(["UUWW", "RKSI"], START)
    there = parked("RKSI", end_of(out), end_of(out) + 5 * HOUR)
    back = flown(["RKSI", "UUWW"], end_of(there))
    return [*parked("UUWW", START - HOUR, START), *out, *there, *back[:30]]


def at(vectors: list[StateVector], moment: datetime, **changed: object) -> StateVector:
    """The vector heard last before ``moment``, as if heard then, changed."""
    last = [one for one in vectors if one.heard_at <= moment][-1]
    return replace(last, heard_at=moment, positioned_at=moment, **changed)


BLIPS: list[dict[str, object]] = [
    {"altitude_ft": 0.0, "ground_speed_kt": 0.0},
    {"altitude_ft": None, "ground_speed_kt": 12.0},
    {"altitude_ft": 37_000.0, "ground_speed_kt": 0.0},
    {"altitude_ft": 300.0, "ground_speed_kt": None},
]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=280), st.sampled_from(BLIPS)),
        min_size=1,
        max_size=8,
        unique_by=lambda one: one[0],
    )
)
def test_airborne_blips_while_parked_end_no_stay(
    blips: list[tuple[int, dict[str, object]]],
) -> None:
    vectors = to_seoul()
    landed = next(one.heard_at for one in vectors if one.on_ground and one.heard_at > START)
    noise = [
        at(vectors, landed + timedelta(minutes=5 + minute, seconds=7), on_ground=False, **how)
        for minute, how in blips
    ]
    vectors = sorted([*vectors, *noise], key=lambda one: one.heard_at)
    said = stays(run(vectors, vectors[-1].heard_at + SECOND, every_s=30))
    assert [one.status for one in said] == ["arrived", "left"]
    assert len({one.stay_id for one in said}) == 1
    assert said[-1].departure is not None
    assert said[-1].departure.certainty == "observed"


def test_a_circuit_is_no_departure() -> None:
    vectors = to_seoul()
    landed = next(one.heard_at for one in vectors if one.on_ground and one.heard_at > START)
    circuit = flown(["RKSI", (37.7, 126.4), "RKSI"], landed + HOUR, speed_kt=150, every_s=60)
    kept = [
        one for one in vectors if not circuit[0].heard_at <= one.heard_at <= circuit[-1].heard_at
    ]
    vectors = sorted([*kept, *circuit], key=lambda one: one.heard_at)
    outputs = run(vectors, vectors[-1].heard_at + SECOND, every_s=60)
    said = stays(outputs)
    assert len({one.stay_id for one in said}) == 1
    assert [one.status for one in said] == ["arrived", "left", "arrived", "left"]
    assert said[2].departure is None
    assert len(journeys(outputs)[-1].legs) == 2


@pytest.mark.parametrize("altitude_ft", [33_000.0, None])
def test_one_ground_bit_in_flight_is_no_landing(altitude_ft: float | None) -> None:
    out = flown(["UUWW", "UAAA", "ZGGG"], START)
    over = next(n for n, one in enumerate(out) if abs((one.longitude or 0) - 77.0) < 0.3)
    vectors = list(out)
    vectors[over] = replace(
        out[over],
        latitude=43.352,
        longitude=77.0405,
        on_ground=True,
        ground_speed_kt=None,
        altitude_ft=altitude_ft,
    )
    for heard in (vectors[: over + 60], vectors[: over + 1]):
        assert [one for one in stays(run(heard, end_of(heard))) if one.host == "KAZ"] == []


def test_a_landing_heard_once_is_not_observed() -> None:
    out = flown(["UUWW", "RKSI"], START)
    once = parked("RKSI", end_of(out), end_of(out) + SECOND)
    said = stays(run([*out, *once], end_of(out) + HOUR))
    assert [(one.status, one.arrival.certainty) for one in said] == [("arrived", "inferred")]
    assert said[0].arrival.place.aerodrome == "RKSI"

    again = parked("RKSI", end_of(out) + 2 * HOUR, end_of(out) + 2 * HOUR + SECOND)
    said = stays(run([*out, *once, *again], end_of(out) + 3 * HOUR))
    assert [one.arrival.certainty for one in said] == ["inferred", "observed"]
    assert said[1].arrival.at == said[0].arrival.at


@pytest.mark.parametrize("rate", [0.0, None, 150.0, -150.0, 1_500.0])
def test_level_flight_beside_an_aerodrome_is_no_landing(rate: float | None) -> None:
    """8,000 ft over the border, and then not heard for an hour."""
    out = flown(["UUWW", "RKSI"], START)
    low = next(n for n, one in enumerate(out) if n > 100 and (one.altitude_ft or 0) < 9_000)
    last = replace(out[low], altitude_ft=8_000.0, vertical_rate_fpm=rate)
    said = stays(run([*out[:low], last], last.heard_at + HOUR))
    assert [one for one in said if one.arrival.certainty == "inferred"] == []


def test_reasons_say_what_was_heard() -> None:
    out = flown(["UUWW", "RKSI"], START)
    said = stays(run(out[:-1], end_of(out) + HOUR))
    assert said[0].arrival.reasons[0].endswith("above it, descending 2,000 ft a minute")


def moved(icao: str, start: datetime, minutes: float) -> list[StateVector]:
    return parked(icao, start, start + timedelta(minutes=minutes), every_s=10)


@pytest.mark.parametrize("minutes", [0.3, 1, 4, 30])
def test_positions_that_jump_to_another_aerodrome_are_no_visit(minutes: float) -> None:
    """Parked at Tel Aviv, spoofed to Beirut, and back: nothing can have flown there."""
    before = parked("LLBG", START, START + HOUR)
    spoofed = moved("OLBA", end_of(before) - 119 * SECOND, minutes)
    after = parked("LLBG", end_of(spoofed), end_of(spoofed) + 2 * HOUR)
    vectors = [*before, *spoofed, *after]
    outputs = new_run("ISR").take_all(snapshots(vectors, START, vectors[-1].heard_at, every_s=10))
    assert stays(outputs) == []


def test_positions_after_a_jump_are_no_landing() -> None:
    """In flight to Tel Aviv, then suddenly on the ground at Beirut: spoofed, or not it."""
    out = flown(["UUWW", "LLBG"], START)[:-20]
    jumped = out[-1].heard_at + timedelta(minutes=1)
    there = parked("OLBA", jumped, jumped + HOUR, every_s=60)
    said = stays(run([*out, *there], there[-1].heard_at, every_s=60))
    assert said == []
