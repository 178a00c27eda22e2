"""Each format's example of our own, field by field, and everything that can be wrong with a row."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from producers.flights import adsbx, opensky, readsb
from producers.flights.picture import Picture, SourceError
from producers.flights.source import PARSERS, Format
from wheelsdown.records.aircraft import StateVector

NOW = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
CLOCK_S = NOW.timestamp()


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


IL_62 = {
    "hex": "15521F", "type": "mlat", "flight": "RFF1234 ", "r": "RA-86559", "t": "IL62",
    "dbFlags": 3, "alt_baro": 32000, "alt_geom": 32500, "gs": 455.5, "track": 92.25,
    "baro_rate": -64, "lat": 55.5, "lon": 0.0, "seen_pos": 2.5, "seen": 0.5,
}  # fmt: skip


def polled(*rows: object, polled_at: datetime | None = NOW, **members: object) -> Picture:
    body = json.dumps({"now": CLOCK_S, "aircraft": rows, **members}).encode()
    return readsb.parse(body, polled_at)


def one(row: Mapping[str, object], **dropped: int) -> StateVector:
    picture = polled(row)
    assert dict(picture.dropped) == dropped
    (vector,) = picture.vectors
    return vector


def test_readsb_aircraft() -> None:
    picture = polled(IL_62)

    assert (picture.at, picture.clock, picture.health) == (NOW, NOW, "ok")
    assert picture.vectors == (
        StateVector(
            icao24="15521f",
            heard_at=ago(0.5),
            callsign="RFF1234",
            registration="RA-86559",
            type_code="IL62",
            latitude=55.5,
            longitude=0.0,  # a value, not a missing one
            positioned_at=ago(2.5),
            altitude_ft=32000,
            on_ground=False,
            ground_speed_kt=455.5,
            track_deg=92.25,
            vertical_rate_fpm=-64,
            position_source="mlat",
            military=True,
        ),
    )


def test_adsbx_counts_milliseconds_and_calls_its_list_ac() -> None:
    body = json.dumps({"ac": [IL_62], "now": CLOCK_S * 1000, "total": 1}).encode()

    assert adsbx.parse(body, NOW) == polled(IL_62)
    assert adsbx.parse(b'{"ac": null, "now": 1690804800000}', NOW).received == 0


@pytest.mark.parametrize(
    ("row", "altitude_ft", "on_ground"),
    [
        ({"alt_baro": "ground", "alt_geom": 500}, None, True),
        ({"alt_baro": 0}, 0, False),
        ({"alt_baro": -325, "alt_geom": 0}, -325, False),
        ({"alt_geom": 500}, 500, None),
        ({}, None, None),
    ],
)
def test_altitude_and_ground(
    row: dict[str, Any], altitude_ft: float | None, on_ground: bool | None
) -> None:
    vector = one({"hex": "abcdef", "seen": 0, **row})
    assert (vector.altitude_ft, vector.on_ground) == (altitude_ft, on_ground)


def test_a_position_no_longer_current_keeps_its_time() -> None:
    last = {"lat": 39.0, "lon": 125.7, "nic": 8, "rc": 186, "seen_pos": 615.5}
    vector = one({"hex": "15521f", "seen": 12, "type": "mode_s", "lastPosition": last})

    assert (vector.latitude, vector.longitude) == (39.0, 125.7)
    assert (vector.heard_at, vector.positioned_at) == (ago(12), ago(615.5))
    assert vector.position_source == "other"


@pytest.mark.parametrize(
    ("name", "source"),
    [("adsb_icao", "adsb"), ("adsr_icao", "adsb"), ("adsb_icao_nt", "adsb"), ("adsc", "adsc"),
     ("mlat", "mlat"), ("tisb_icao", "tisb"), ("tisb_trackfile", "tisb"), ("other", "other"),
     ("mode_s", "other"), ("something_new", "unknown"), (None, "unknown")],
)  # fmt: skip
def test_position_sources(name: str | None, source: str) -> None:
    assert one({"hex": "abcdef", "seen": 0, "type": name}).position_source == source


@pytest.mark.parametrize(
    ("field", "value", "attribute"),
    [
        ("gs", "455", "ground_speed_kt"),
        ("gs", -1, "ground_speed_kt"),
        ("gs", True, "ground_speed_kt"),
        ("gs", 10**400, "ground_speed_kt"),
        ("gs", float("nan"), "ground_speed_kt"),
        ("track", float("inf"), "track_deg"),
        ("track", [1], "track_deg"),
        ("baro_rate", 1e300, "vertical_rate_fpm"),
        ("lat", 90.5, "latitude"),
        ("lon", -181, "longitude"),
        ("lon", "0", "latitude"),
        ("flight", "A" * 9, "callsign"),
        ("flight", "AB\x00C", "callsign"),
        ("flight", "ÄÖÜ", "callsign"),
        ("flight", {"a": 1}, "callsign"),
        ("r", 86559, "registration"),
    ],
)
def test_a_bad_field_alone_is_lost_alone(field: str, value: object, attribute: str) -> None:
    good = one(IL_62)
    vector = one({**IL_62, field: value}, bad_field=1)

    assert getattr(vector, attribute) is None
    pair = {"latitude", "longitude", "positioned_at"}
    lost = pair if attribute in pair else {attribute}
    for name in set(StateVector.__struct_fields__) - lost:
        assert getattr(vector, name) == getattr(good, name)


def test_an_altitude_that_is_bad_falls_back_to_the_other_one() -> None:
    vector = one({**IL_62, "alt_baro": "high"}, bad_field=1)
    assert (vector.altitude_ft, vector.on_ground) == (32500, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (None, "bad_row"),
        ([], "bad_row"),
        ("15521f", "bad_row"),
        ({}, "bad_address"),
        ({**IL_62, "hex": None}, "bad_address"),
        ({**IL_62, "hex": 1397279}, "bad_address"),
        ({**IL_62, "hex": "15521"}, "bad_address"),
        ({**IL_62, "hex": "15521g"}, "bad_address"),
        ({**IL_62, "hex": "000000"}, "bad_address"),
        ({**IL_62, "hex": "١٥٥٢١٠"}, "bad_address"),
        ({**IL_62, "hex": "~15521f"}, "non_icao_address"),
        ({"hex": "15521f"}, "no_time"),
        ({"hex": "15521f", "lat": 1, "lon": 1}, "no_time"),
    ],
)
def test_a_bad_row_is_counted_and_the_others_stay(row: object, reason: str) -> None:
    picture = polled(IL_62, row, {**IL_62, "hex": "abcdef"})

    assert [vector.icao24 for vector in picture.vectors] == ["15521f", "abcdef"]
    assert picture.dropped[reason] == 1  # type: ignore[index] # any reason
    assert (picture.received, picture.health) == (3, "ok")


@pytest.mark.parametrize("seen", [-1e9, 1e9, "1", float("nan"), None])
def test_an_impossible_age_is_no_age(seen: object) -> None:
    vector = one({**IL_62, "seen": seen}, **({} if seen is None else {"bad_field": 1}))
    assert vector.heard_at == ago(2.5)  # the position's


def test_a_slightly_negative_age_is_now() -> None:
    assert one({"hex": "abcdef", "seen": -0.3}).heard_at == NOW


def test_the_freshest_of_duplicates_is_kept() -> None:
    rows = [{**IL_62, "seen": seen, "gs": seen} for seen in (3, 0.25, 2)]
    picture = polled(*rows)

    assert [vector.heard_at for vector in picture.vectors] == [ago(0.25)]
    assert (picture.received, dict(picture.dropped)) == (3, {"duplicate": 2})


@pytest.mark.parametrize("spoiler", [b"1e999", b"-Infinity", b"NaN", b"9" * 5000, b'"\\ud800"'])
def test_what_no_json_reader_likes_spoils_one_field(spoiler: bytes) -> None:
    body = b'{"now": 1690804800, "aircraft": [{"hex": "abcdef", "seen": 1, "gs": %s, "gs": %s}]}'
    picture = readsb.parse(body % (spoiler, spoiler), NOW)

    assert [vector.icao24 for vector in picture.vectors] == ["abcdef"]
    assert dict(picture.dropped) == {"bad_field": 1}


def test_a_row_that_is_nested_without_end_is_lost_with_its_answer() -> None:
    deep = b'{"now": 1690804800, "aircraft": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
    with pytest.raises(SourceError) as caught:
        readsb.parse(deep, NOW)
    assert caught.value.reason == "not_json"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!doctype html><title>Log in</title>", "html"),
        (b"Too many requests", "not_json"),
        (b'{"now": 1690804800, "aircraft": [{"hex"', "not_json"),
        (b"\xff", "not_json"),
        (b"null", "not_json"),
        (b"[]", "wrong_shape"),
        (b'"aircraft"', "wrong_shape"),
        (b"{}", "wrong_shape"),
        (b'{"now": 1690804800, "error": "no credits"}', "wrong_shape"),
        (b'{"now": 1, "aircraft": {}, "states": {}, "ac": {}}', "wrong_shape"),
    ],
)
@pytest.mark.parametrize("name", ["readsb", "adsbx", "opensky"])
def test_no_picture_at_all(name: Format, body: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        PARSERS[name](body, NOW)
    assert caught.value.reason == reason
    assert str(caught.value)


@pytest.mark.parametrize(
    ("clock_s", "at", "health", "reason"),
    [
        (CLOCK_S - 299, ago(299), "ok", ""),
        (CLOCK_S + 299, NOW, "ok", ""),  # never in the future
        (CLOCK_S - 3600, NOW, "degraded", "the source's clock is 3600 s behind"),
        (CLOCK_S + 3600, NOW, "degraded", "the source's clock is 3600 s ahead"),
        (0, NOW, "degraded", "the source does not tell its time"),
        ("noon", NOW, "degraded", "the source does not tell its time"),
        (10**400, NOW, "degraded", "the source does not tell its time"),
        (None, NOW, "degraded", "the source does not tell its time"),
    ],
)
def test_the_source_clock(clock_s: object, at: datetime, health: str, reason: str) -> None:
    picture = polled({"hex": "abcdef", "seen": 10}, now=clock_s)

    assert (picture.at, picture.health, picture.reason) == (at, health, reason)
    assert picture.vectors[0].heard_at == at - timedelta(seconds=10)


def test_an_answer_from_a_file_must_tell_its_time() -> None:
    assert polled(IL_62, polled_at=None).at == NOW
    with pytest.raises(SourceError) as caught:
        polled(IL_62, polled_at=None, now=None)
    assert caught.value.reason == "no_clock"


def test_a_format_that_has_changed_is_noticed() -> None:
    assert polled({"icao": "abcdef"}, {"icao": "abcde0"}).health == "degraded"
    assert polled({"hex": "~abcdef", "seen": 1}).health == "ok"
    assert polled().health == "ok"


OPENSKY_ROW = [
    "15521f", "RFF1234 ", "Russian Federation", CLOCK_S - 20, CLOCK_S - 5, 30.5, 55.5, 10_000.0,
    False, 200.0, -90.0, 5.0, None, 10_100.0, "1000", False, 2,
]  # fmt: skip


def opensky_polled(*rows: object, time: object = CLOCK_S) -> Picture:
    return opensky.parse(json.dumps({"time": time, "states": rows}).encode(), NOW)


@pytest.mark.parametrize("extra", [[], [0]])
def test_opensky_row(extra: list[int]) -> None:
    picture = opensky_polled(OPENSKY_ROW + extra)

    assert picture.vectors == (
        StateVector(
            icao24="15521f",
            heard_at=ago(5),
            callsign="RFF1234",
            latitude=55.5,
            longitude=30.5,
            positioned_at=ago(20),
            altitude_ft=32808.4,
            on_ground=False,
            ground_speed_kt=388.8,
            track_deg=270.0,
            vertical_rate_fpm=984.3,
            position_source="mlat",
        ),
    )
    assert (picture.at, dict(picture.dropped)) == (NOW, {})


def test_opensky_units_are_exact_where_it_matters() -> None:
    row = [*OPENSKY_ROW]
    row[7], row[9], row[11] = 10_546.08, 1852 / 3600 * 250, -0.3048 / 60 * 640
    (vector,) = opensky_polled(row).vectors

    assert (vector.altitude_ft, vector.ground_speed_kt) == (34_600.0, 250.0)
    assert vector.vertical_rate_fpm == -640.0


@pytest.mark.parametrize(
    ("index", "value", "dropped"),
    [
        (3, None, {"bad_field": 1}),  # a position of unknown age
        (3, "now", {"bad_field": 2}),
        (4, None, {}),
        (5, None, {}),
        (6, 91, {"bad_field": 1}),
        (7, "10000", {"bad_field": 1}),
        (8, "false", {"bad_field": 1}),
        (8, 0, {"bad_field": 1}),
        (9, -1, {"bad_field": 1}),
        (11, 603.88, {"bad_field": 1}),
        (16, "ADS-B", {"bad_field": 1}),
        (16, 9, {}),
    ],
)
def test_opensky_bad_fields(index: int, value: object, dropped: dict[str, int]) -> None:
    row = [*OPENSKY_ROW]
    row[index] = value
    picture = opensky_polled(row)

    assert [vector.icao24 for vector in picture.vectors] == ["15521f"]
    assert dict(picture.dropped) == dropped


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (None, "bad_row"),
        (OPENSKY_ROW[:16], "bad_row"),
        ([*OPENSKY_ROW, 0, 0], "bad_row"),
        ({"icao24": "15521f"}, "bad_row"),
        ([None, *OPENSKY_ROW[1:]], "bad_address"),
        (["~15521f", *OPENSKY_ROW[1:]], "non_icao_address"),
        ([*OPENSKY_ROW[:3], None, None, *OPENSKY_ROW[5:]], "no_time"),
        (["15521f", *OPENSKY_ROW[1:]], "duplicate"),
    ],
)
def test_opensky_bad_rows(row: object, reason: str) -> None:
    picture = opensky_polled(OPENSKY_ROW, row)

    assert [vector.icao24 for vector in picture.vectors] == ["15521f"]
    assert picture.dropped[reason] == 1  # type: ignore[index] # any reason


def test_opensky_without_aircraft_or_clock() -> None:
    assert opensky.parse(b'{"time": 1690804800, "states": null}', NOW).received == 0

    picture = opensky_polled(OPENSKY_ROW, time=None)
    assert (picture.health, picture.vectors[0].heard_at) == ("degraded", ago(5))


def test_opensky_ages_count_from_its_own_clock() -> None:
    later = NOW + timedelta(hours=1)
    picture = opensky.parse(json.dumps({"time": CLOCK_S, "states": [OPENSKY_ROW]}).encode(), later)

    assert picture.health == "degraded"
    assert picture.vectors[0].heard_at == later - timedelta(seconds=5)
