"""Whatever arrives: valid records with counts that add up, or a typed error."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.flights.picture import Picture, SourceError
from producers.flights.source import PARSERS, Format
from producers.flights.traces import read_adsbx_csv, read_readsb_trace
from producers.flights.watch import Poll, snapshots
from wheelsdown.records.aircraft import Scope
from wheelsdown.records.topics import ADSB_SNAPSHOTS

NOW = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
FORMATS: list[Format] = ["readsb", "adsbx", "opensky"]

#: Times differ on a busy machine; what counts is the result.
UNHURRIED = settings(deadline=None)

#: Values that sit on the edges of what feeds may say.
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, -0.0, 1, -1, 90, 180, 360, 1e-320, 1e308, float("nan"), float("inf"),
     10**25, "", "ground", "~abcdef", "ABCDEF", "000000", "\x00", "\ud800", "é", "1", [], {},
     NOW.timestamp(), NOW.timestamp() * 1000, NOW.timestamp() + 1e6]
)  # fmt: skip
VALUES = ODD | st.floats() | st.integers() | st.text(max_size=10)

AIRCRAFT = st.dictionaries(
    st.sampled_from(
        ["hex", "type", "flight", "r", "t", "dbFlags", "alt_baro", "alt_geom", "gs", "track",
         "baro_rate", "geom_rate", "lat", "lon", "seen", "seen_pos", "lastPosition"]
    ),
    VALUES | st.dictionaries(st.sampled_from(["lat", "lon", "seen_pos"]), VALUES),
)  # fmt: skip
GOOD = {"hex": "15521f", "seen": 1, "lat": 55.5, "lon": 37.5, "seen_pos": 2, "alt_baro": 32000}
ROW = st.lists(VALUES, min_size=15, max_size=19)
#: A row that is good but for a few fields.
NEARLY = st.builds(
    lambda changes: [
        changes.get(index, value)
        for index, value in enumerate(
            ["15521f", "RFF1 ", "Russia", NOW.timestamp(), NOW.timestamp(), 37.5, 55.5, 9000.0,
             False, 200.0, 90.0, 0.0, None, 9000.0, None, False, 0]
        )
    ],
    st.dictionaries(st.integers(0, 16), VALUES, max_size=4),
)  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "now": VALUES,
        "time": VALUES,
        "aircraft": st.lists(AIRCRAFT | st.builds(GOOD.__or__, AIRCRAFT) | JSON) | JSON,
        "ac": st.lists(AIRCRAFT | st.builds(GOOD.__or__, AIRCRAFT) | JSON) | JSON,
        "states": st.lists(ROW | NEARLY | JSON) | JSON,
    },
)


def check(picture: Picture) -> None:
    gone = sum(count for reason, count in picture.dropped.items() if reason != "bad_field")
    assert picture.received == len(picture.vectors) + gone
    assert picture.at <= NOW
    for vector in picture.vectors:
        assert NOW - timedelta(days=2) < vector.heard_at <= picture.at
        assert (vector.positioned_at is None) == (vector.latitude is None)
        assert (vector.latitude is None) == (vector.longitude is None)
    poll = Poll("test", Scope(kind="world"), 3, NOW, every_s=60)
    made = snapshots(poll, picture, lambda vector: True)
    for snapshot in made:
        assert ADSB_SNAPSHOTS.decode(ADSB_SNAPSHOTS.encode(snapshot)) == snapshot
    assert sum(len(snapshot.candidates) for snapshot in made) == len(picture.vectors)


@pytest.mark.parametrize("name", FORMATS)
@UNHURRIED
@given(answer=ANSWERS | JSON)
def test_any_json(name: Format, answer: Any) -> None:
    try:
        picture = PARSERS[name](json.dumps(answer).encode(), NOW)
    except SourceError:
        return
    check(picture)


@pytest.mark.parametrize("name", FORMATS)
@UNHURRIED
@given(body=st.binary(max_size=200))
def test_any_bytes(name: Format, body: bytes) -> None:
    try:
        picture = PARSERS[name](body, NOW)
    except SourceError:
        return
    check(picture)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"aircraft":' * 100_000,
        b'{"states":[' + b'{"a":' * 100_000,
        b'{"now":1690804800,"aircraft":[' + b"{}," * 100_000 + b"{}]}",
    ],
    ids=["lists", "objects", "mixed", "many"],
)
def test_large_and_deep(name: Format, body: bytes) -> None:
    try:
        picture = PARSERS[name](body, NOW)
    except SourceError:
        return
    check(picture)


VALID = json.dumps(
    {
        "now": NOW.timestamp(),
        "aircraft": [GOOD | {"hex": f"15521{digit}"} for digit in "0123456789"],
        "time": NOW.timestamp(),
        "ac": [],
        "states": [
            [f"15521{digit}", "RFF1", "x", NOW.timestamp(), NOW.timestamp(), 37.5, 55.5, 9000.0,
             False, 200.0, 90.0, 0.0, None, 9000.0, None, False, 0]
            for digit in "0123456789"
        ],
    }
).encode()  # fmt: skip

TRACE = json.dumps(
    {
        "icao": "15521f",
        "timestamp": NOW.timestamp(),
        "trace": [
            [float(second), 55.5, 37.5, "ground", 10.0, 90.0, 0, None, {"flight": "RFF1"}]
            for second in range(10)
        ],
    }
).encode()

TABLE = b"\n".join(
    [b"icao,ping_time,lat,lon,altitude,alt_geom,ground_speed,heading,details,nnumber,model"]
    + [
        b"15521f,2023-07-31 10:00:0%d,55.5,37.5,ground,,10.0,90.0,\"{'flight': 'RFF1'}\",RA-1,IL62"
        % second
        for second in range(10)
    ]
)


def mutated(valid: bytes, seed: int) -> bytes:
    """A few bytes changed, inserted, cut out or doubled."""
    dice = random.Random(seed)
    body = bytearray(valid)
    for _ in range(dice.randint(1, 3)):
        start = dice.randrange(len(body))
        end = start + dice.choice([0, 1, 1, 1, 4, 40])
        body[start:end] = dice.choice(
            [b"", bytes([dice.randrange(256)]), b"9" * 30, b"[", b"7", b"x", body[start:end] * 2]
        )
    return bytes(body)


@pytest.mark.parametrize("name", FORMATS)
@UNHURRIED
@given(seed=st.integers(0, 2**32))
def test_damaged_answers(name: Format, seed: int) -> None:
    try:
        picture = PARSERS[name](mutated(VALID, seed), NOW)
    except SourceError:
        return
    check(picture)


@UNHURRIED
@given(seed=st.integers(0, 2**32))
def test_damaged_tracks(seed: int) -> None:
    for read, valid in ((read_readsb_trace, TRACE), (read_adsbx_csv, TABLE)):
        try:
            track = read(mutated(valid, seed))
        except SourceError:
            continue
        gone = sum(count for reason, count in track.dropped.items() if reason != "bad_field")
        assert track.received == len(track.vectors) + gone
        times = [vector.heard_at for vector in track.vectors]
        assert times == sorted(times)


def test_the_undamaged_ones_are_good() -> None:
    for name, count in (("readsb", 10), ("adsbx", 0), ("opensky", 10)):
        picture = PARSERS[name](VALID, NOW)  # type: ignore[index] # names of formats
        assert (len(picture.vectors), dict(picture.dropped)) == (count, {})
    for read, valid in ((read_readsb_trace, TRACE), (read_adsbx_csv, TABLE)):
        track = read(valid)
        assert (len(track.vectors), dict(track.dropped)) == (10, {})
