"""How often a source looks: what can be known of a stay in a radio hole, and what can't."""

from datetime import timedelta

import pytest
from fakes.journeys_run import COAST, HOUR, new_run, out_and_back, run, stays
from fakes.tracks import START, end_of, flown, snapshots
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelsdown.records.journeys import Stay


def looked_at(every_s: int, phase: float, *, stay_h: float, hole_nm: float) -> list[Stay]:
    """What a source says that forgets aircraft after a minute and looks so often."""
    vectors, _, _ = out_and_back(stay_h, hole_nm=hole_nm, every_s=30)
    start = vectors[0].heard_at + timedelta(seconds=every_s * phase)
    stop = vectors[-1].heard_at
    return stays(new_run().take_all(snapshots(vectors, start, stop, every_s=every_s, kept_s=60)))


@settings(max_examples=25, deadline=None)
@given(
    every_s=st.integers(min_value=60, max_value=3600),
    phase=st.floats(min_value=0, max_value=1),
    stay_h=st.sampled_from([3, 9, 15, 36]),
    hole_nm=st.integers(min_value=200, max_value=300),
)
def test_no_interval_makes_a_stay_elsewhere_or_takes_a_true_one_back(
    every_s: int, phase: float, stay_h: float, hole_nm: float
) -> None:
    said = looked_at(every_s, phase, stay_h=stay_h, hole_nm=hole_nm)
    assert {one.host for one in said} <= {"PRK"}
    told = [one.status for one in said]
    # Not known, or known by its return only, or while it lasted.
    assert told in ([], ["left", "returned"], ["arrived", "left", "returned"])


@settings(max_examples=15, deadline=None)
@given(
    every_s=st.integers(min_value=60, max_value=300),
    phase=st.floats(min_value=0, max_value=1),
    stay_h=st.sampled_from([6, 36]),
)
def test_a_look_every_five_minutes_is_enough_to_find_a_stay(
    every_s: int, phase: float, stay_h: float
) -> None:
    # 250 nm out it has flown towards its destination for more than five minutes.
    said = looked_at(every_s, phase, stay_h=stay_h, hole_nm=250)
    assert [one.status for one in said] == ["arrived", "left", "returned"]
    assert said[-1].arrival.place.aerodrome == "ZKPY"


def test_a_look_every_quarter_of_an_hour_claims_nothing_about_radio_holes() -> None:
    for phase in (0.0, 0.3, 0.6):
        assert looked_at(900, phase, stay_h=36, hole_nm=285) == []


@pytest.mark.parametrize("way_back", [(42.3, 131.2), (35.0, 120.0), (41.0, 116.0)])
def test_no_aircraft_flies_for_a_day_and_a_half(way_back: tuple[float, float]) -> None:
    """Heard again on any course, even towards the place: it has landed meanwhile."""
    out = flown(["UUMU", (52.3, 104.3), COAST, "ZKPY"], START)[:-18]
    back = flown([way_back, "ZKPY"], end_of(out) + 36 * HOUR)[:4]
    said = stays(run([*out, *back], end_of(back)))
    assert [one.status for one in said] == ["arrived", "left"]
    assert said[-1].arrival.certainty == "probable"
    assert said[-1].departure is not None
    assert said[-1].departure.error_min > 12 * 60
    assert not any("flying" in reason for reason in said[-1].arrival.reasons)
