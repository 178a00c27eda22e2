"""Simulated reception: line of sight, holes, and the maps that tell of them."""

from math import sqrt

from hypothesis import given
from hypothesis import strategies as st

from simulator.course import vector_of
from simulator.dice import Dice
from simulator.places import UNHEARD_STATES, load_places
from simulator.receivers import (
    ANTENNA_FT,
    FARTHEST_NM,
    NM_A_ROOT_FOOT,
    Circle,
    Receivers,
    draw_receivers,
)
from simulator.traffic import Traffic
from wheelsdown.records.reception import BOX_DEG, COLUMNS, bits_of, box_at
from wheelsdown.reference.aerodromes import Aerodromes, load_aerodromes
from wheelsdown.reference.geodesy import destination

MIDWAY = load_aerodromes().get("PMDY")
assert MIDWAY is not None
ALONE = Receivers(Aerodromes([MIDWAY]), ())


def hears(receivers: Receivers, latitude: float, longitude: float, ft: float) -> bool:
    return receivers.hears(vector_of(latitude, longitude), latitude, longitude, ft)


@given(height_ft=st.floats(0, 45_000), bearing=st.floats(0, 360), off_nm=st.floats(-100, 100))
def test_an_aircraft_is_heard_within_the_line_of_sight_and_not_beyond(
    height_ft: float, bearing: float, off_nm: float
) -> None:
    sight = NM_A_ROOT_FOOT * (sqrt(height_ft) + sqrt(ANTENNA_FT))
    reach = min(sight, FARTHEST_NM)
    nm = reach + off_nm
    if nm < 0 or abs(off_nm) < 0.1:
        return
    place = destination(MIDWAY.latitude, MIDWAY.longitude, bearing, nm)
    assert hears(ALONE, *place, MIDWAY.elevation_ft + height_ft) is (off_nm < 0)


def test_nobody_listens_in_a_hole_nor_in_states_without_receivers_and_low_is_lost_first() -> None:
    hole = Circle(50.0, 10.0, 200.0)  # in the middle of Germany
    receivers = draw_receivers(load_places(), Dice(1), holes=(hole,))
    assert not any(hole.holds(one.latitude, one.longitude) for one in receivers.stands)
    assert not {one.state for one in receivers.stands} & UNHEARD_STATES
    assert len(receivers.stands) > 3_000
    heights = (0, 5_000, 20_000, 40_000)
    heard = [hears(receivers, 50.0, 10.0, ft) for ft in heights]
    assert heard == sorted(heard)
    assert not heard[1]
    assert heard[3]
    # Pyongyang lies too far from Seoul's receivers for an approach, and not for a flight above it.
    assert not hears(receivers, 39.2, 125.7, 2_000)
    assert hears(receivers, 39.2, 125.7, 38_000)


def middle_of(box: int) -> tuple[float, float]:
    row, column = divmod(box, COLUMNS)
    return row * BOX_DEG - 90 + BOX_DEG / 2, column * BOX_DEG - 180 + BOX_DEG / 2


def test_maps_show_boxes_that_are_heard_and_go_dark_with_their_region() -> None:
    rng = Dice(2)
    receivers = draw_receivers(load_places(), rng, holes=())
    traffic = Traffic(receivers, rng)
    frankfurt, ocean = box_at(50.0, 8.6), box_at(-45.0, -120.0)
    now = traffic.reception(0.0, (), rng)
    heard, low = bits_of(now.heard), bits_of(now.low)
    assert heard >> frankfurt & 1
    assert low >> frankfurt & 1
    assert not heard >> ocean & 1
    assert low & ~heard == 0
    dark = Circle(50.0, 8.6, 300.0)
    later = traffic.reception(10.0, (dark,), rng)
    gone = heard & ~bits_of(later.heard)
    boxes = [box for box in range(gone.bit_length()) if gone >> box & 1]
    assert frankfurt in boxes
    assert all(dark.holds(*middle_of(box)) for box in boxes)
    assert bits_of(later.heard) & ~heard == 0
    # Quiet boxes have an aircraft in them at one time and none at another.
    assert traffic.reception(10_000.0, (), rng) != now
