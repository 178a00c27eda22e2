"""Tracks in files: readsb's trace, ADS-B Exchange's table, and the polls made of them."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from producers.flights.files import read_file
from producers.flights.picture import SourceError
from producers.flights.receiver import pictures_from_vectors
from producers.flights.traces import Track, read_adsbx_csv, read_readsb_trace
from wheelsdown.records.aircraft import StateVector

START = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def trace(*points: object, **members: object) -> Track:
    document: dict[str, Any] = {
        "icao": "15521f", "r": "RA-86559", "t": "IL62", "dbFlags": 1,
        "timestamp": START.timestamp(), "trace": points,
    }  # fmt: skip
    return read_readsb_trace(json.dumps(document | members).encode())


def test_readsb_trace() -> None:
    details = {"type": "adsb_icao", "flight": "RFF1234 "}
    track = trace(
        [30.5, 55.5, 37.5, "ground", 20.0, 90.0, 0, None, details],
        [60.0, 55.6, 37.6, 32000, 455.0, 91.5, 1, -64, None, "mlat", 32500, None, None, None],
        [90.0, 0.0, 0.0, None, None, None, 0, None, None, "adsc", 32500, None, None, None],
    )

    common: dict[str, Any] = {
        "icao24": "15521f",
        "registration": "RA-86559",
        "type_code": "IL62",
        "military": True,
    }
    assert track.vectors == (
        StateVector(
            **common,
            heard_at=after(30.5),
            positioned_at=after(30.5),
            callsign="RFF1234",
            latitude=55.5,
            longitude=37.5,
            on_ground=True,
            ground_speed_kt=20,
            track_deg=90,
            position_source="adsb",
        ),
        StateVector(
            **common,
            heard_at=after(60),
            positioned_at=after(60),
            callsign="RFF1234",  # told once, holds on
            latitude=55.6,
            longitude=37.6,
            altitude_ft=32000,
            on_ground=False,
            ground_speed_kt=455,
            track_deg=91.5,
            vertical_rate_fpm=-64,
            position_source="mlat",
        ),
        StateVector(
            **common,
            heard_at=after(90),
            positioned_at=after(90),
            callsign="RFF1234",
            latitude=0,
            longitude=0,
            altitude_ft=32500,
            position_source="adsc",
        ),
    )
    assert (track.received, dict(track.dropped)) == (3, {})


def test_bad_points_are_counted() -> None:
    good = [0, 55.5, 37.5, 32000, 455.0, 91.5, 0, 0]
    track = trace(
        good, None, good[:7], {}, ["soon", *good[1:]], [1e9, *good[1:]], [0, *good[1:]],
        [5, 95, *good[2:]], [6, *good[1:], "no details"],
    )  # fmt: skip

    assert [vector.heard_at for vector in track.vectors] == [START, after(5), after(6)]
    assert track.vectors[1].latitude is None
    assert dict(track.dropped) == {"bad_field": 1, "bad_row": 3, "duplicate": 1, "no_time": 2}
    assert track.received == 9

    hidden = trace(good, icao="~15521f")
    assert (hidden.vectors, dict(hidden.dropped)) == ((), {"non_icao_address": 1})


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"timestamp": None}, "no_clock"),
        ({"timestamp": 1}, "no_clock"),
        ({"trace": 1}, "wrong_shape"),
    ],
)
def test_no_trace(members: dict[str, object], reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        trace(**members)
    assert caught.value.reason == reason


HEADER = "time,lat,lon,altitude,ground_speed,heading,details,alt_geom,nnumber,model,ping_time,icao"


def test_adsbx_table_in_any_order() -> None:
    table = "\r\n".join(
        [
            "\ufeff" + HEADER,
            "5,55.6,37.6,32000,455.0,91.5,,32500.0,RA-86559,IL62,2023-07-31 12:01:00,15521F",
            "5,55.5,37.5,ground,0.0,,\"{'type': 'adsb_icao', 'flight': 'RFF1234 ',"
            " 'baro_rate': 64}\",,RA-86559,IL62,2023-07-31 12:00:00.500,15521f",
            "5,1,2,,,,,500,OTHER,,2023-07-31T14:00:30+02:00,abcdef",
            "",
        ]
    )
    track = read_adsbx_csv(table.encode())

    assert track.vectors == (
        StateVector(
            icao24="15521f",
            heard_at=after(0.5),
            positioned_at=after(0.5),
            callsign="RFF1234",
            registration="RA-86559",
            type_code="IL62",
            latitude=55.5,
            longitude=37.5,
            on_ground=True,
            ground_speed_kt=0,
            vertical_rate_fpm=64,
            position_source="adsb",
        ),
        StateVector(
            icao24="abcdef",  # gets nothing from the other aircraft
            heard_at=after(30),
            positioned_at=after(30),
            registration="OTHER",
            latitude=1,
            longitude=2,
            altitude_ft=500,
        ),
        StateVector(
            icao24="15521f",
            heard_at=after(60),
            positioned_at=after(60),
            callsign="RFF1234",
            registration="RA-86559",
            type_code="IL62",
            latitude=55.6,
            longitude=37.6,
            altitude_ft=32000,
            on_ground=False,
            ground_speed_kt=455,
            track_deg=91.5,
            position_source="adsb",
        ),
    )
    assert dict(track.dropped) == {}


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("5,55,37,ground", {"bad_row": 1}),
        ('5,55,37,0,0,0,"unclosed,,,,2023-07-31 12:00:00,15521f', {"bad_row": 1}),
        ("5,55,37,0,0,0,,,,,yesterday,15521f", {"no_time": 1}),
        ("5,55,37,0,0,0,,,,,0001-01-01 00:00:00+14:00,15521f", {"no_time": 1}),
        ("5,55,37,0,0,0,,,,,2023-07-31 12:00:00,", {"bad_address": 1}),
        ("5,north,37,0,nan,1e999,,,,,2023-07-31 12:00:00,15521f", {"bad_field": 3}),
        ("5,55,37,0,0,0,{'a': b},,,,2023-07-31 12:00:00,15521f", {"bad_field": 1}),
        (f"5,55,37,0,0,0,{'[' * 4000},,,,2023-07-31 12:00:00,15521f", {"bad_field": 1}),
        (f"5,55,37,0,0,0,{'9' * 200_000},,,,2023-07-31 12:00:00,15521f", {"bad_row": 1}),
    ],
)
def test_adsbx_bad_lines(line: str, dropped: dict[str, int]) -> None:
    good = "5,55,37,0,0,0,,,,,2023-07-31 11:00:00,15521f"
    track = read_adsbx_csv(f"{HEADER}\n{line}\n{good}".encode())

    assert dict(track.dropped) == dropped
    assert track.vectors[0].heard_at == START - timedelta(hours=1)
    assert track.received == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"a,b,c", b"\xff\x00", b'{"trace": []}'])
def test_no_table(body: bytes) -> None:
    with pytest.raises(SourceError, match="no column alt_geom") as caught:
        read_adsbx_csv(body)
    assert caught.value.reason == "wrong_shape"


def heard(icao24: str, seconds: float) -> StateVector:
    return StateVector(icao24=icao24, heard_at=after(seconds))


def test_polls_show_what_was_heard_within_the_last_minute() -> None:
    vectors = [heard("bbbbbb", 95), heard("aaaaaa", 31), heard("aaaaaa", 20), heard("aaaaaa", 1)]
    shown = {
        picture.at: [(one.icao24, one.heard_at) for one in picture.vectors]
        for picture in pictures_from_vectors(vectors, 30)
    }

    a, b = ("aaaaaa", after(31)), ("bbbbbb", after(95))
    assert shown == {
        after(30): [("aaaaaa", after(20))],
        after(60): [a],
        after(90): [a],
        after(120): [b],
        after(150): [b],
        after(180): [],  # gone, and said so
    }


def test_polls_go_on_through_a_gap() -> None:
    pictures = list(pictures_from_vectors([heard("aaaaaa", 0), heard("aaaaaa", 86_400)], 60))

    assert len(pictures) == 86_400 / 60 + 3
    assert {len(picture.vectors) for picture in pictures[2:-3]} == {0}
    assert all(one.clock == one.at and one.received == len(one.vectors) for one in pictures)


def test_polls_that_would_never_end() -> None:
    centuries = [heard("aaaaaa", 0), heard("aaaaaa", 3e9)]
    with pytest.raises(SourceError, match="34722 days apart"):
        next(pictures_from_vectors(centuries, 60))
    with pytest.raises(ValueError, match="more than 0"):
        next(pictures_from_vectors(centuries, 0))
    assert not list(islice(pictures_from_vectors([], 60), 1))


def test_files_plain_and_compressed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed.json"
    plain.write_bytes(b"hello")
    packed.write_bytes(gzip.compress(b"hello") + gzip.compress(b" world"))

    assert read_file(plain) == b"hello"
    assert read_file(packed) == b"hello world"


@pytest.mark.parametrize(
    "content",
    [gzip.compress(bytes(2_000_000)), bytes(1_000_001), gzip.compress(b"hello")[:-4],
     gzip.compress(b"hello" * 9)[:14] + b"rubbish!rubbish!"],
    ids=["bomb", "large", "cut", "damaged"],
)  # fmt: skip
def test_files_that_are_no_use(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    for name in (path, tmp_path, tmp_path / "missing"):
        with pytest.raises(SourceError, match=str(name)) as caught:
            read_file(name, limit_bytes=1_000_000)
        assert caught.value.reason == "bad_file"
