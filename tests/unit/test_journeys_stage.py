"""The journeys stage on made-up tracks: what is claimed, how surely, and what is taken back."""

from datetime import timedelta

import msgspec
import pytest
from fakes.journeys_run import COAST, HOUR, journeys, new_run, out_and_back, run, stays
from fakes.tracks import ICAO24, START, end_of, flown, parked, snapshots
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelsdown.records.aircraft import Scope, StateVector
from wheelsdown.records.progress import Progress

BEYOND = (36.0, 129.5)


def heard_until(vectors: list[StateVector], nm_left: int) -> list[StateVector]:
    """The flight without its end: the last ``nm_left`` nautical miles at 460 kt are not heard."""
    return vectors[: -int(nm_left / 460 * 30) or None]


def test_a_stay_in_a_radio_hole_is_probable_and_is_measured_by_the_return() -> None:
    vectors, landed, left = out_and_back(36)
    said = stays(run(vectors, vectors[-1].heard_at + HOUR))
    assert [one.status for one in said] == ["arrived", "left", "returned"]
    assert {one.stay_id for one in said} == {said[0].stay_id}
    last = said[-1]
    assert (last.pair, last.host, last.arrival.place.aerodrome) == ("PRK-RUS", "PRK", "ZKPY")
    assert last.origin.place.aerodrome == "UUMU"
    assert last.origin.certainty == "observed"
    assert last.arrival.certainty == "probable"
    assert last.arrival.reasons
    assert last.departure is not None
    assert last.departure.certainty == "probable"
    assert abs(last.arrival.at - landed) < timedelta(minutes=20)
    assert abs(last.departure.at - left) < timedelta(minutes=20)
    assert last.returned is not None
    assert last.returned.certainty == "observed"
    assert last.returned.place.aerodrome == "UUMU"


def test_nothing_is_claimed_while_an_overflight_could_still_come_out() -> None:
    vectors, landed, _ = out_and_back(36)
    lost_at = max(one.heard_at for one in vectors if one.heard_at < landed)
    said = stays(run(vectors, vectors[-1].heard_at))
    assert said[0].observed_at - lost_at > timedelta(minutes=75)


def test_an_overflight_is_no_stay() -> None:
    flight = flown(["UUMU", (56.8, 60.6), (52.3, 104.3), COAST, "ZKPY", BEYOND, "RJTT"], START)
    hole_from = next(n for n, one in enumerate(flight) if (one.latitude or 0) < 42.0 and n > 200)
    heard = [*flight[:hole_from], *flight[hole_from + 30 :]]
    said = stays(run(heard[:-20], end_of(heard) - HOUR))
    assert said == []


def test_a_turn_back_is_no_stay() -> None:
    out = flown(["UUMU", (56.8, 60.6), (52.3, 104.3), COAST, (41.6, 130.0)], START)
    back = flown([(41.6, 130.0), COAST, (48.5, 135.2)], end_of(out))
    heard = [*out[:-8], *back[24:]]
    assert stays(run(heard, end_of(back) + 3 * HOUR)) == []


def test_a_claim_is_taken_back_when_the_aircraft_comes_out_flying_on() -> None:
    out = heard_until(flown(["UUMU", (52.3, 104.3), COAST, "ZKPY"], START, speed_kt=300), 285)
    lost = out[-1].heard_at
    later = flown([(45.0, 136.0), COAST, "ZKPY"], lost + 3 * HOUR)[10:40]
    # Far too late for a straight flight, but on its way towards Pyongyang, not from there.
    outputs = run([*out, *later], end_of(later))
    said = stays(outputs)
    assert [one.status for one in said] == ["arrived", "withdrawn"]
    assert said[-1].withdrawn_because
    assert journeys(outputs)[-1].status == "withdrawn"


def test_seen_on_the_ground_abroad_is_observed() -> None:
    out = flown(["UUWW", "RKSI"], START)
    there = parked("RKSI", end_of(out), end_of(out) + 5 * HOUR)
    back = flown(["RKSI", "UUWW"], end_of(there))
    home = parked("UUWW", end_of(back), end_of(back) + HOUR)
    vectors = [*parked("UUWW", START - HOUR, START), *out, *there, *back, *home]
    outputs = run(vectors, end_of(home))
    said = stays(outputs)
    assert [one.status for one in said] == ["arrived", "left", "returned"]
    assert said[-1].arrival.certainty == "observed"
    assert said[-1].pair == "KOR-RUS"
    assert said[-1].departure is not None
    stayed = said[-1].departure.at - said[-1].arrival.at
    assert abs(stayed - 5 * HOUR) < timedelta(minutes=10)
    journey = journeys(outputs)[-1]
    assert journey.status == "completed"
    assert [leg.departure.place.aerodrome for leg in journey.legs] == ["UUWW", "RKSI"]
    assert len(journey.track) <= 120


def test_last_heard_low_beside_an_aerodrome_is_inferred() -> None:
    out = flown(["UUWW", "RKSI"], START)
    said = stays(run(out[:-1], end_of(out) + HOUR))
    assert [one.arrival.certainty for one in said] == ["inferred"]
    assert said[0].arrival.place.aerodrome in {"RKSI", "RKSS"}


def test_domestic_flying_is_no_journey() -> None:
    out = flown(["UUWW", "USSS"], START)
    there = parked("USSS", end_of(out), end_of(out) + HOUR)
    back = flown(["USSS", "UUWW"], end_of(there))
    assert stays(run([*out, *there, *back], end_of(back) + 2 * HOUR)) == []


def test_a_silent_source_means_nothing() -> None:
    out = flown(["UUMU", (52.3, 104.3), COAST, "ZKPY"], START)
    lost = heard_until(out, 285)
    silence = (lost[-1].heard_at + timedelta(minutes=1), lost[-1].heard_at + 12 * HOUR)
    assert stays(run(lost, silence[1] + 6 * HOUR, silent=silence)) == []


def test_leaving_the_box_of_a_source_means_nothing() -> None:
    out = heard_until(flown(["UUMU", (52.3, 104.3), COAST, "ZKPY"], START), 285)
    box = Scope(kind="box", box=(42.0, 20.0, 75.0, 180.0))
    assert stays(run(out, out[-1].heard_at + 12 * HOUR, scope=box)) == []


def test_a_record_handed_in_again_changes_nothing() -> None:
    vectors, _, _ = out_and_back(36)
    once, twice = new_run(), new_run()
    for snapshot in snapshots(vectors, vectors[0].heard_at, vectors[-1].heard_at, every_s=600):
        once.take(snapshot)
        twice.take(snapshot)
        assert twice.again() == []
        assert once.cells == twice.cells


def test_a_crash_between_cells_changes_nothing() -> None:
    """Only some of the cells of a record were written; it is handed in again."""
    vectors, _, _ = out_and_back(36)
    whole, torn = new_run(), new_run()
    for snapshot in snapshots(vectors, vectors[0].heard_at, vectors[-1].heard_at, every_s=600):
        before = dict(torn.cells)
        whole.take(snapshot)
        torn.take(snapshot)
        after = dict(torn.cells)
        torn.cells = {**before, **{key: after[key] for key in after if not key.startswith("sh")}}
        torn.again()
        assert torn.cells == whole.cells


FAULTS: list[dict[str, object]] = [
    {"latitude": 10.0, "longitude": 10.0},
    {"latitude": 0.0, "longitude": 0.0},
    {"on_ground": True, "ground_speed_kt": 450.0},
    {"on_ground": True, "ground_speed_kt": None},
    {"on_ground": True, "ground_speed_kt": None, "altitude_ft": None},
    {"on_ground": True, "ground_speed_kt": 0.0, "altitude_ft": 0.0},
    {"positioned_at": START + timedelta(days=30)},
    {"ground_speed_kt": 5_000.0},
    {"ground_speed_kt": None, "track_deg": None, "vertical_rate_fpm": None},
    {"latitude": None, "longitude": None, "positioned_at": None},
    {"altitude_ft": 1_000.0},
    {"on_ground": False, "altitude_ft": 0.0, "ground_speed_kt": 0.0},
    {"on_ground": False, "altitude_ft": 37_000.0, "ground_speed_kt": 0.0},
    {"on_ground": False, "altitude_ft": None, "ground_speed_kt": None},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_position_makes_no_movement(fault: dict[str, object]) -> None:
    """On the ground at home, in cruise, as the last before the hole, and the first after it."""
    vectors, landed, _ = out_and_back(36)
    clean = stays(run(vectors, vectors[-1].heard_at + HOUR))
    before_hole = max(n for n, one in enumerate(vectors) if one.heard_at < landed)
    for number in (20, 40, 150, before_hole - 1, before_hole + 2, 330):
        noisy_vectors = list(vectors)
        noisy_vectors[number] = replace(vectors[number], **fault)
        noisy = stays(run(noisy_vectors, vectors[-1].heard_at + HOUR))
        assert [one.status for one in noisy] == [one.status for one in clean], number
        assert noisy[-1].arrival.place == clean[-1].arrival.place
        assert noisy[-1].arrival.certainty == clean[-1].arrival.certainty


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(min_value=31, max_value=700), max_size=200, unique=True))
def test_missing_positions_neither_add_nor_hide_a_stay(missing: list[int]) -> None:
    vectors, landed, _ = out_and_back(36)
    # The two on either side of the hole tell where it went; without them nobody could.
    edge = max(n for n, one in enumerate(vectors) if one.heard_at < landed)
    lost = set(missing) - set(range(edge - 1, edge + 3))
    kept = [one for number, one in enumerate(vectors) if number not in lost]
    said = stays(run(kept, vectors[-1].heard_at + HOUR))
    assert {one.host for one in said} == {"PRK"}
    assert len({one.stay_id for one in said}) == 1
    assert [one.status for one in said] == ["arrived", "left", "returned"]


def test_progress_is_told_and_says_blind() -> None:
    vectors = parked("UUWW", START, START + HOUR)
    told = [
        one
        for one in run(vectors, START + HOUR, silent=(START + HOUR / 2, START + HOUR), every_s=60)
        if isinstance(one, Progress)
    ]
    assert len(told) == 60
    assert told[10].blind_since is None
    assert told[-1].blind_since is not None
    assert told[-1].up_to == START + timedelta(minutes=59)


def test_a_cell_of_an_earlier_release_is_read_on() -> None:
    """It was written in flight, before cells held flights; nothing wedges on it."""
    vectors, landed, _ = out_and_back(36)
    all_of_it = list(snapshots(vectors, vectors[0].heard_at, vectors[-1].heard_at + HOUR))
    first = sum(one.observed_at < landed - 3 * HOUR for one in all_of_it)
    stage = new_run()
    stage.take_all(all_of_it[:first])
    old = msgspec.json.decode(stage.cells[ICAO24])
    kept = ("kind", "type", "applied", "aircraft", "phase", "heard_at", "fix", "suspect", "track")
    old = {name: value for name, value in old.items() if name in kept} | {
        "departure": None, "arrival": None, "trip": None
    }  # fmt: skip
    stage.cells[ICAO24] = msgspec.json.encode(old)
    said = stays(stage.take_all(all_of_it[first:]))
    assert [one.status for one in said] == ["arrived", "left", "returned"]
