"""Real answers and tracks through the parsers: nothing raised, and every row accounted for."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from producers.flights import opensky, readsb
from producers.flights.files import read_file
from producers.flights.picture import Picture
from producers.flights.receiver import pictures_from_vectors
from producers.flights.reception import reception_of
from producers.flights.traces import read_adsbx_csv, read_readsb_trace
from producers.flights.watch import Poll, snapshots
from wheelsdown.records.aircraft import Scope
from wheelsdown.records.reception import bits_of, box_at
from wheelsdown.records.topics import ADSB_SNAPSHOTS

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "adsb"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


def publishable(picture: Picture) -> None:
    made = snapshots(
        Poll("test", Scope(kind="world"), 12, picture.at, every_s=60), picture, lambda vector: True
    )
    for snapshot in made:
        assert ADSB_SNAPSHOTS.decode(ADSB_SNAPSHOTS.encode(snapshot)) == snapshot
        assert "oversized" not in snapshot.dropped
    assert sum(len(snapshot.candidates) for snapshot in made) == len(picture.vectors)


def test_opensky_states_of_the_world() -> None:
    body = read_file(DATA / "opensky_states_all_2021-10-17T1149Z.json.gz")
    picture = opensky.parse(body, None)

    assert picture.at == datetime(2021, 10, 17, 11, 49, 50, tzinfo=UTC)
    assert picture.health == "ok"
    # Two climb rates beyond what ADS-B can code; all aircraft are kept.
    assert (picture.received, len(picture.vectors), dict(picture.dropped)) == (
        5485, 5485, {"bad_field": 2},
    )  # fmt: skip
    assert sum(vector.latitude is not None for vector in picture.vectors) == 5384
    assert Counter(vector.position_source for vector in picture.vectors) == {
        "adsb": 5455,
        "other": 30,
    }
    reception = reception_of(Scope(kind="world"), picture)
    assert reception is not None
    heard, low = bits_of(reception.heard), bits_of(reception.low)
    assert (heard.bit_count(), low.bit_count(), low & ~heard) == (683, 192, 0)
    assert heard >> box_at(52.3, 4.8) & low >> box_at(52.3, 4.8) & 1  # Schiphol
    assert not heard >> box_at(39.2, 125.7) & 1  # Pyongyang
    publishable(picture)


def test_readsb_trace_of_a_day() -> None:
    track = read_readsb_trace(read_file(DATA / "readsb" / "trace_full_ac671b.json"))

    assert (track.received, len(track.vectors), dict(track.dropped)) == (
        2500, 2499, {"duplicate": 1},
    )  # fmt: skip
    assert {vector.registration for vector in track.vectors} == {"N899DN"}
    pictures = list(pictures_from_vectors(track.vectors, 60))
    assert len(pictures) == 1363
    publishable(pictures[0])


@pytest.mark.parametrize(
    ("name", "received", "dropped"),
    [
        ("a11f59_2025-02-07_08.csv.gz", 7889, {"duplicate": 4}),
        ("c060ba_2025-02-07_08.csv.gz", 6444, {"duplicate": 1}),
    ],
)
def test_adsbx_traces_of_two_days(name: str, received: int, dropped: dict[str, int]) -> None:
    track = read_adsbx_csv(read_file(DATA / "adsbx_traces" / name))

    assert (track.received, dict(track.dropped)) == (received, dropped)
    assert len(track.vectors) == received - sum(dropped.values())
    times = [vector.heard_at for vector in track.vectors]
    assert times == sorted(times)  # the lines of these files are not
    assert sum(vector.on_ground is True for vector in track.vectors) > 500


def rows_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """The points of a file of the traffic library, as a list or as columns."""
    table = json.loads(gzip.decompress(path.read_bytes()))
    if isinstance(table, list):
        yield from table
    else:
        for index in next(iter(table.values())):
            yield {name: column[index] for name, column in table.items()}


@pytest.mark.parametrize(
    ("name", "received"),
    [("ground", 924), ("landing", 848), ("spoofing", 8681), ("takeoff", 730), ("time_issue", 8294)],
)
def test_noisy_tracks_as_answers_of_a_receiver(name: str, received: int) -> None:
    seen = 0
    for row in rows_of(DATA / "noisy" / f"noisy_{name}.json.gz"):
        now_ms = row["timestamp"]
        aircraft = {
            "hex": row["icao24"],
            "flight": row.get("callsign"),
            "lat": row["latitude"],
            "lon": row["longitude"],
            "alt_baro": "ground" if row.get("onground") else row["altitude"],
            "gs": row["groundspeed"],
            "track": row["track"],
            "baro_rate": row["vertical_rate"],
            "seen": 0,
            "seen_pos": (now_ms - (row.get("last_position") or now_ms)) / 1000,
        }
        answer = {"now": now_ms / 1000, "aircraft": [aircraft]}
        picture = readsb.parse(json.dumps(answer).encode(), None)
        assert len(picture.vectors) == 1
        assert dict(picture.dropped) == {}
        seen += 1
    assert seen == received
