"""Real tracks, with their noise, as those of a foreign government: which movements come of them."""

import functools
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.journeys_run import journeys, new_run, stays
from fakes.real_tracks import (
    Matched,
    load_expected,
    looks,
    match,
    movements,
    outputs_of,
    read_track,
    taken_back,
)

from producers.flights import opensky
from producers.flights.files import read_file
from producers.flights.watch import Poll, snapshots
from wheelsdown.records.aircraft import Scope, StateVector
from wheelsdown.records.journeys import Flight
from wheelsdown.records.record import Record

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "adsb"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]

TRACKS = load_expected()
AIRLINERS = ["a11f59", "c060ba"]
#: Rates below this, in feet a minute, are level flight in turbulence and rounding.
CLIMB_FPM = 300
#: Enough that a shard of the whole world fits into a record.
SHARDS = 64


@functools.cache
def track_of(name: str) -> Sequence[StateVector]:
    return read_track(DATA, name)


@functools.cache
def told(name: str, every_s: float) -> list[Record]:
    return outputs_of(track_of(name), every_s)


def found_in(name: str, every_s: float) -> Matched:
    return match(TRACKS[name], movements(told(name, every_s)))


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_nothing_is_said_that_a_track_does_not_show(name: str, every_s: float) -> None:
    """Parked blips, late ground bits, jumps in altitude and in place, silence after the end.

    Nor was it said for a while and then taken back, unless it was called probable.
    """
    assert found_in(name, every_s).wrong == []
    assert taken_back(TRACKS[name], told(name, every_s)) == []


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("every_s", [5, 30])
def test_every_movement_that_a_track_plainly_shows_is_said(name: str, every_s: float) -> None:
    """Rarer looks, every five minutes, may miss one at the end of a track."""
    assert [one for one in found_in(name, every_s).missed if one.is_plain] == []


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_only_what_was_heard_on_the_ground_is_called_observed(name: str, every_s: float) -> None:
    right = found_in(name, every_s).right
    assert {one.seen for one, said in right if said.certainty == "observed"} <= {"ground"}


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_a_movement_was_at_the_time_said_within_its_error(name: str, every_s: float) -> None:
    right = found_in(name, every_s).right
    assert [
        said
        for one, said in right
        if abs(said.at - one.at) > timedelta(minutes=said.error_min + one.error_min)
    ] == []


@pytest.mark.parametrize("name", AIRLINERS)
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_two_days_of_an_airliner_are_one_journey_with_a_stay_after_each_flight(
    name: str, every_s: float
) -> None:
    outputs = told(name, every_s)
    arrivals = [one.aerodrome for one in TRACKS[name] if one.kind == "arrival"]

    legs = journeys(outputs)[-1].legs
    flown = [leg.arrival.place.aerodrome for leg in legs if leg.arrival]
    assert legs[0].departure.place.aerodrome == TRACKS[name][0].aerodrome
    # A last landing is not heard a second time when polls are as rare as every five minutes.
    assert flown in (arrivals, arrivals[:-1])
    last = {one.stay_id: one for one in stays(outputs)}
    assert len(last) == len(flown)
    assert [one.status for one in last.values()][:-1] == ["left"] * (len(flown) - 1)
    assert {one.arrival.certainty for one in last.values()} <= {"observed", "inferred"}


@pytest.mark.parametrize("name", [name for name in TRACKS if name.startswith("noisy_")])
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_noisy_tracks_make_no_stay_as_long_as_they_last(name: str, every_s: float) -> None:
    """None of them shows an aircraft standing where it has landed."""
    heard = looks(track_of(name), every_s, silence=timedelta(0))
    assert stays(new_run().take_all(heard)) == []


def test_one_look_at_the_world_shows_no_movement_but_of_what_climbs_out() -> None:
    """One position each of 5,485 aircraft: level and low beside an aerodrome is no departure."""
    world = opensky.parse(read_file(DATA / "opensky_states_all_2021-10-17T1149Z.json.gz"), None)
    poll = Poll("test", Scope(kind="world"), SHARDS, world.at, every_s=None)
    outputs = [
        output for look in snapshots(poll, world, lambda _: True) for output in new_run().take(look)
    ]
    climbing = {
        vector.icao24 for vector in world.vectors if (vector.vertical_rate_fpm or 0) >= CLIMB_FPM
    }
    flights = [one for one in outputs if isinstance(one, Flight)]
    said = [one for one in flights if one.leg.departure.certainty != "unknown" or one.leg.arrival]
    assert "observed" not in {one.leg.departure.certainty for one in said}
    assert [one for one in said if one.leg.arrival] == []
    assert [one.leg.departure for one in said if one.icao24 not in climbing] == []
