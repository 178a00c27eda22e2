"""Simulated flights: great circles, speeds and heights that aircraft can fly."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.course import Course
from simulator.dice import Dice
from simulator.performance import A340, AN148, B747, G550, IL62, IL76, KING_AIR
from simulator.piloting import Hold, Pass, fly
from simulator.places import load_places
from wheelsdown.reference.aerodromes import Aerodrome, load_aerodromes
from wheelsdown.reference.geodesy import between, distance_nm

TYPES = (A340, AN148, B747, G550, IL62, IL76, KING_AIR)
airports = st.sampled_from(load_places().airports)
places = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


def aerodrome(icao: str) -> Aerodrome:
    found = load_aerodromes().get(icao)
    assert found is not None
    return found


def nm_between(one: Aerodrome, other: Aerodrome) -> float:
    return distance_nm(one.latitude, one.longitude, other.latitude, other.longitude)


@given(one=places, other=places, share=st.floats(0, 1))
def test_a_course_of_two_points_is_their_great_circle(
    one: tuple[float, float], other: tuple[float, float], share: float
) -> None:
    nm = distance_nm(*one, *other)
    assume(1 < nm < 10_500)  # between antipodes any great circle is one
    course = Course([one, other])
    spot = course.at(share * nm)
    expected = between(*one, *other, share)
    assert course.nm == pytest.approx(nm)
    assert distance_nm(spot.latitude, spot.longitude, *expected) < 0.01


@settings(max_examples=60, deadline=None)
@given(
    departure=airports,
    arrival=airports,
    performance=st.sampled_from(TYPES),
    seed=st.integers(0, 10_000),
)
def test_any_flight_moves_as_fast_as_it_says_from_stand_to_stand(
    departure: Aerodrome, arrival: Aerodrome, performance: object, seed: int
) -> None:
    assume(40 < nm_between(departure, arrival) < performance.range_nm)  # type: ignore[attr-defined]
    flight = fly(performance, 0.0, departure, arrival, Dice(seed))  # type: ignore[arg-type]
    highest = max(performance.cruise_ft[1], departure.elevation_ft, arrival.elevation_ft)  # type: ignore[attr-defined]
    lowest = min(departure.elevation_ft, arrival.elevation_ft)
    step = 10.0
    motions = [flight.at(number * step) for number in range(int(flight.ended / step) + 2)]
    for end, there in ((motions[0], departure), (motions[-1], arrival)):
        assert distance_nm(end.latitude, end.longitude, there.latitude, there.longitude) < 2
        assert end.on_ground
        assert end.ground_speed_kt == 0
        assert end.altitude_ft == there.elevation_ft
    for one, other in pairwise(motions[1:-1]):
        moved = distance_nm(one.latitude, one.longitude, other.latitude, other.longitude)
        fastest = max(one.ground_speed_kt, other.ground_speed_kt) + 25
        # A corner is cut, and a taxiing aircraft stops at once.
        assert moved <= fastest * step / 3600
        assert 0 <= one.ground_speed_kt < 620
        assert lowest - 1 <= one.altitude_ft <= highest + 1
        assert abs(one.vertical_rate_fpm) < 4_000
    took_off, landed = flight.at(flight.took_off - 1), flight.at(flight.landed + 1)
    assert took_off.on_ground
    assert landed.on_ground
    assert not flight.at((flight.took_off + flight.landed) / 2).on_ground
    assert (
        nm_between(departure, arrival) - 5 < flight.nm < 1.2 * nm_between(departure, arrival) + 60
    )


def test_it_keeps_the_cruise_speed_of_its_type_on_a_long_way() -> None:
    moscow, pyongyang = aerodrome("UUMU"), aerodrome("ZKPY")
    for seed in range(10):
        flight = fly(IL62, 0.0, moscow, pyongyang, Dice(seed))
        cruise = flight.at(flight.ended / 2)
        assert 31_000 <= cruise.altitude_ft <= 37_000
        assert IL62.cruise_kt - 70 < cruise.ground_speed_kt < IL62.cruise_kt + 70
        assert 6.5 < (flight.landed - flight.took_off) / 3600 < 9.5


def test_low_passes_and_holds_are_flown_where_they_are_asked_for() -> None:
    seoul, pusan = aerodrome("RKSS"), aerodrome("RKPK")
    flight = fly(
        KING_AIR,
        0.0,
        seoul,
        pusan,
        Dice(1),
        passes=[Pass(pusan, 300.0), Pass(pusan, 0.0)],
        hold=Hold(minutes=60, nm=30, altitude_ft=9_000),
    )
    motions = [(at, flight.at(at)) for at in range(0, int(flight.ended), 5)]
    over = [
        at
        for at, one in motions
        if flight.took_off + 600 < at < flight.landed - 300
        and distance_nm(one.latitude, one.longitude, pusan.latitude, pusan.longitude) < 0.4
    ]
    low = {round(flight.at(at).altitude_ft - pusan.elevation_ft, -2) for at in over}
    assert low == {300, 0}
    touched = [at for at in over if flight.at(at).on_ground]
    assert 10 <= touched[-1] - touched[0] <= 40
    held = [at for at, one in motions if one.altitude_ft == 9_000 and one.ground_speed_kt == 210]
    assert 3_300 <= held[-1] - held[0] <= 3_900
