"""Journeys that don't end, and ends of journeys that did not happen."""

import itertools
from datetime import timedelta

from fakes.journeys_run import HOUR, journeys, new_run, run, stays
from fakes.tracks import START, end_of, flown, parked, snapshots
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.journeys import track
from processors.journeys.cells import Fix
from processors.journeys.itinerary import MOST_LEGS
from wheelsdown.records.aircraft import StateVector
from wheelsdown.records.journeys import TrackPoint
from wheelsdown.records.topics import FLIGHTS_JOURNEYS


def test_an_aircraft_stationed_abroad_fits_into_its_records() -> None:
    """Between Damascus and Beirut, four times a day for a month, never home."""
    vectors: list[StateVector] = parked("UUWW", START, START + HOUR)
    places = ["UUWW", *["OSDI", "OLBA"] * 60]
    for one, other in itertools.pairwise(places):
        leg = flown([one, other], end_of(vectors), speed_kt=300)
        vectors = [*vectors, *leg, *parked(other, end_of(leg), end_of(leg) + 6 * HOUR, every_s=900)]
    stage = new_run()
    outputs = stage.take_all(snapshots(vectors, START, end_of(vectors)))
    told = journeys(outputs)
    assert len({one.journey_id for one in told}) > 1
    assert max(len(one.legs) for one in told) <= MOST_LEGS + 1
    assert max(len(FLIGHTS_JOURNEYS.encode(one)) for one in told) < FLIGHTS_JOURNEYS.max_bytes / 4
    assert max(len(cell) for cell in stage.cells.values()) < 250_000


@settings(max_examples=30)
@given(st.lists(st.integers(min_value=1, max_value=300), min_size=200, max_size=400))
def test_a_track_is_bounded_whatever_its_gaps(minutes: list[int]) -> None:
    points: tuple[TrackPoint, ...] = ()
    last, at = None, START
    for gap in minutes:
        at += timedelta(minutes=gap)
        new = Fix(at=at, latitude=50.0, longitude=30.0, on_ground=False)
        points = track.extend(points, last, new)
        assert len(points) <= track.MOST_POINTS
        last = new
    assert points[0].at == START + timedelta(minutes=minutes[0])


def test_a_landing_at_home_that_was_not_seen_can_be_taken_back() -> None:
    """From Seoul towards Moscow; low over Khabarovsk and not heard for an hour, then flying on."""
    out = flown(["UUWW", "RKSI"], START)
    there = parked("RKSI", end_of(out), end_of(out) + 5 * HOUR)
    down = flown(["RKSI", "UHHH"], end_of(there))[:-1]
    lost = down[-1].heard_at
    on = flown([(48.6, 134.9), (56.8, 60.6), "UUWW"], lost + timedelta(minutes=20))[8:]
    home = parked("UUWW", end_of(on), end_of(on) + HOUR)
    vectors = [*parked("UUWW", START - HOUR, START), *out, *there, *down, *on, *home]
    outputs = run(vectors, end_of(home))
    said = stays(outputs)
    assert [one.status for one in said] == ["arrived", "left", "returned", "left", "returned"]
    assert said[3].returned is None
    assert said[4].returned is not None
    assert (said[4].returned.place.aerodrome, said[4].returned.certainty) == ("UUWW", "observed")
    told = journeys(outputs)
    assert [one.status for one in told][-3:] == ["completed", "returning", "completed"]
    assert len({one.journey_id for one in told}) == 1
    assert len(told[-1].legs) == 2


def test_after_a_landing_at_home_the_next_flight_is_another_journey() -> None:
    out = flown(["UUWW", "RKSI"], START)
    there = parked("RKSI", end_of(out), end_of(out) + 5 * HOUR)
    down = flown(["RKSI", "UHHH"], end_of(there))[:-1]
    again = flown(["UHHH", "RJTT"], end_of(down) + 9 * HOUR)[2:]
    seen = parked("RJTT", end_of(again), end_of(again) + HOUR)
    outputs = run([*out, *there, *down, *again, *seen], end_of(seen))
    said = stays(outputs)
    # Where at home is told again when the next flight shows it.
    assert [key for key, _ in itertools.groupby((one.host, one.status) for one in said)] == [
        ("KOR", "arrived"), ("KOR", "left"), ("KOR", "returned"), ("JPN", "arrived"),
    ]  # fmt: skip
    assert said[-1].journey_id != said[0].journey_id
    assert said[-1].origin.place.state == "RUS"
