"""The real tracks of ../shared/data/adsb, and the movements that they show (tests/expected).

Each track is read, looked at as a producer would, and handed to the journeys stage alone; what
the stage says is matched with what was read off by hand.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from fakes.journeys_run import new_run

from producers.flights import readsb
from producers.flights.files import read_file
from producers.flights.picture import Picture
from producers.flights.receiver import pictures_from_vectors
from producers.flights.traces import read_adsbx_csv, read_readsb_trace
from producers.flights.watch import Poll, snapshots
from wheelsdown.records.aircraft import Scope, Snapshot, StateVector
from wheelsdown.records.journeys import Flight, Movement
from wheelsdown.records.record import Record

EXPECTED = Path(__file__).resolve().parents[1] / "expected" / "movements.csv"
#: A movement this far from the expected one is another.
SAME = timedelta(minutes=30)
#: The looks go on after a track ends, and hear nothing: the files end where somebody cut them, a
#: source in use goes on. Long enough for contact to be lost.
SILENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Expected:
    """A departure or arrival as read off by hand; tests/expected/movements.csv says how."""

    track: str
    kind: str
    aerodrome: str
    at: datetime
    error_min: float
    seen: str

    @property
    def is_plain(self) -> bool:
        """Whether the track itself shows it: not concluded from both sides of a gap."""
        return self.seen != "gap"


@dataclass(frozen=True)
class Matched:
    """What was said of a track beside what was expected."""

    right: list[tuple[Expected, Movement]]
    wrong: list[Movement]
    missed: list[Expected]

    @property
    def f1(self) -> float:
        right = len(self.right)
        return 2 * right / (2 * right + len(self.wrong) + len(self.missed))


def load_expected() -> dict[str, list[Expected]]:
    """The expected movements of each track, oldest first."""
    tracks: dict[str, list[Expected]] = {}
    with EXPECTED.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            one = Expected(
                track=row["track"],
                kind=row["kind"],
                aerodrome=row["aerodrome"],
                at=datetime.fromisoformat(row["at"]).replace(tzinfo=UTC),
                error_min=float(row["error_min"]),
                seen=row["seen"],
            )
            tracks.setdefault(one.track, []).append(one)
    return tracks


def read_track(data: Path, name: str) -> Sequence[StateVector]:
    """The state vectors of a track in the folder ``data`` (../shared/data/adsb)."""
    if name.startswith("noisy_"):
        return _noisy(data / "noisy" / f"{name}.json.gz")
    table = next((data / "adsbx_traces").glob(f"{name}_*.csv.gz"), None)
    if table is not None:
        return read_adsbx_csv(read_file(table)).vectors
    return read_readsb_trace(read_file(data / "readsb" / f"trace_full_{name}.json")).vectors


def looks(
    vectors: Sequence[StateVector], every_s: float, *, silence: timedelta = SILENCE
) -> Iterator[Snapshot]:
    """What a producer tells of a track when it looks so often, and of the ``silence`` after it."""
    end = max(vector.heard_at for vector in vectors) + silence
    for picture in _pictures(vectors, every_s, end):
        poll = Poll("test", Scope(kind="world"), 1, picture.at, every_s=every_s)
        yield from snapshots(poll, picture, lambda _: True)


def outputs_of(vectors: Sequence[StateVector], every_s: float) -> list[Record]:
    """What the journeys stage says of a track, from an empty book on."""
    return new_run().take_all(looks(vectors, every_s))


def movements(outputs: Sequence[Record]) -> list[Movement]:
    """The departures and arrivals that the stage ends up with; an unknown one is no claim."""
    last = {one.flight_id: one for one in outputs if isinstance(one, Flight)}
    return [end for one in last.values() for end in _ends(one)]


def taken_back(expected: Sequence[Expected], outputs: Sequence[Record]) -> list[Movement]:
    """What was called more than probable at some time, in whatever revision, and was not so."""
    flights = [one for one in outputs if isinstance(one, Flight)]
    said = [end for one in flights for end in _ends(one) if end.certainty != "probable"]
    return [end for end in said if not any(_is_true(one, end) for one in expected)]


def _ends(flight: Flight) -> list[Movement]:
    ends = (flight.leg.departure, flight.leg.arrival)
    return [end for end in ends if end is not None and end.certainty != "unknown"]


def _is_same(expected: Expected, said: Movement) -> bool:
    of_same_kind = (expected.kind, expected.aerodrome) == (said.kind, said.place.aerodrome)
    return of_same_kind and abs(expected.at - said.at) <= SAME


def _is_true(expected: Expected, said: Movement) -> bool:
    """Whether it is the expected one, or names it among several without choosing."""
    if said.place.aerodrome is not None:
        return _is_same(expected, said)
    names_it = expected.aerodrome in {one.aerodrome for one in said.alternatives}
    return names_it and expected.kind == said.kind and abs(expected.at - said.at) <= SAME


def match(expected: Sequence[Expected], said: Sequence[Movement]) -> Matched:
    """Each movement with the nearest expected one of its kind and aerodrome that is still free."""
    right: list[tuple[Expected, Movement]] = []
    wrong: list[Movement] = []
    free = list(expected)
    for movement in sorted(said, key=lambda one: one.at):
        same = [one for one in free if _is_same(one, movement)]
        if same:
            nearest = min(same, key=lambda one: abs(one.at - movement.at))
            free.remove(nearest)
            right.append((nearest, movement))
        else:
            wrong.append(movement)
    return Matched(right, wrong, free)


def _pictures(vectors: Sequence[StateVector], every_s: float, end: datetime) -> Iterator[Picture]:
    for picture in pictures_from_vectors(vectors, every_s):
        yield picture
    at = picture.at
    while at < end:
        at += timedelta(seconds=every_s)
        yield Picture(at=at, clock=at, vectors=(), received=0, dropped={})


def _noisy(path: Path) -> list[StateVector]:
    table = json.loads(gzip.decompress(path.read_bytes()))
    if not isinstance(table, list):
        table = [{key: table[key][index] for key in table} for index in next(iter(table.values()))]
    return [vector for row in table for vector in _row_as_answer(row)]


def _row_as_answer(row: dict[str, Any]) -> Sequence[StateVector]:
    """The row as the answer of a receiver that hears this aircraft alone."""
    now_s = row["timestamp"] / 1000
    aircraft = {
        "hex": row["icao24"],
        "lat": row["latitude"],
        "lon": row["longitude"],
        "alt_baro": "ground" if row.get("onground") else row["altitude"],
        "gs": row["groundspeed"],
        "track": row["track"],
        "baro_rate": row["vertical_rate"],
        "seen": 0,
        "seen_pos": now_s - (row.get("last_position") or row["timestamp"]) / 1000,
    }
    answer = {"now": now_s, "aircraft": [aircraft]}
    return readsb.parse(msgspec.json.encode(answer), None).vectors
