"""Real tracks, with their noise, as those of a foreign government: which movements come of them."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes.journeys_run import journeys, new_run, stays

from producers.flights import readsb
from producers.flights.files import read_file
from producers.flights.picture import Picture
from producers.flights.receiver import pictures_from_vectors
from producers.flights.traces import read_adsbx_csv
from producers.flights.watch import Poll, snapshots
from wheelsdown.records.aircraft import Scope, StateVector
from wheelsdown.records.record import Record

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "adsb"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


def told(vectors: Sequence[StateVector], *, every_s: float = 30) -> list[Record]:
    run = new_run()
    outputs: list[Record] = []
    for picture in pictures_from_vectors(vectors, every_s):
        poll = Poll("test", Scope(kind="world"), 1, picture.at, every_s=every_s)
        outputs += run.take_all(snapshots(poll, picture, lambda _: True))
    return outputs


def noisy(name: str) -> list[StateVector]:
    table = json.loads(gzip.decompress((DATA / "noisy" / f"noisy_{name}.json.gz").read_bytes()))
    rows = table
    if not isinstance(table, list):
        rows = [{key: table[key][index] for key in table} for index in next(iter(table.values()))]
    return [vector for row in rows for vector in _picture(row).vectors]


def _picture(row: dict[str, object]) -> Picture:
    now_s = float(str(row["timestamp"])) / 1000
    positioned_s = float(str(row.get("last_position") or row["timestamp"])) / 1000
    aircraft = {
        "hex": row["icao24"],
        "lat": row["latitude"],
        "lon": row["longitude"],
        "alt_baro": "ground" if row.get("onground") else row["altitude"],
        "gs": row["groundspeed"],
        "track": row["track"],
        "baro_rate": row["vertical_rate"],
        "seen": 0,
        "seen_pos": now_s - positioned_s,
    }
    return readsb.parse(json.dumps({"now": now_s, "aircraft": [aircraft]}).encode(), None)


LEGS = {
    "a11f59": ["KBOS", "KSFO", "KBOS", "KLAX", "KIAD", "KLAX"],
    "c060ba": ["CYYZ", "CYEG", "CYYZ", "KDJT", "CYYZ", "KRSW", "CYOW"],
}


@pytest.mark.parametrize("every_s", [5, 30, 300])
@pytest.mark.parametrize("icao24", ["a11f59", "c060ba"])
def test_two_days_of_an_airliner_are_its_flights_and_nothing_else(
    icao24: str, every_s: float
) -> None:
    """Parked blips, late ground bits and single jumps in altitude add no movement."""
    name = f"{icao24}_2025-02-07_08.csv.gz"
    track = read_adsbx_csv(read_file(DATA / "adsbx_traces" / name))
    outputs = told(track.vectors, every_s=every_s)

    legs = journeys(outputs)[-1].legs
    flown = [leg.arrival.place.aerodrome for leg in legs if leg.arrival]
    # A last landing is not heard a second time when polls are as rare as every five minutes.
    assert [legs[0].departure.place.aerodrome, *flown] in (LEGS[icao24], LEGS[icao24][:-1])
    assert len({one.stay_id for one in stays(outputs)}) == len(flown)
    last = {one.stay_id: one for one in stays(outputs)}
    assert [one.status for one in last.values()][:-1] == ["left"] * (len(flown) - 1)
    assert {one.arrival.certainty for one in last.values()} <= {"observed", "inferred"}


@pytest.mark.parametrize("name", ["ground", "landing", "spoofing", "takeoff", "time_issue"])
@pytest.mark.parametrize("every_s", [5, 30, 300])
def test_noisy_tracks_make_no_stay(name: str, every_s: float) -> None:
    """None of them shows an aircraft standing where it has landed."""
    assert stays(told(noisy(name), every_s=every_s)) == []
