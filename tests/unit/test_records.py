"""Codec, topic catalogue, ids and schema: what may be written, and what is refused when read."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from fakes.examples import pyongyang_alerts
from hypothesis import given
from hypothesis import strategies as st

from wheelsdown.records import codec
from wheelsdown.records.aircraft import Scope, Snapshot, StateVector, shard_of
from wheelsdown.records.codec import (
    CodecError,
    MalformedError,
    OversizedError,
    UnknownVersionError,
)
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import progress
from wheelsdown.records.record import pair_of, record_id
from wheelsdown.records.topics import (
    ADSB_SNAPSHOTS,
    ALERTS,
    BY_NAME,
    CASES_EVENTS,
    CATALOGUE,
    NEWS_ENTRIES,
    Topic,
)

AT = datetime(2023, 7, 31, 12, tzinfo=UTC)


def entry(**changes: object) -> Entry:
    return msgspec.structs.replace(
        Entry(
            record_id="e1",
            occurred_at=AT,
            observed_at=AT,
            entry_id="i1",
            feed="world",
            title="Minister arrives",
            summary="",
            link=None,
            published_at=AT,
            content_hash="h1",
        ),
        **changes,
    )


def snapshot(*vectors: StateVector) -> Snapshot:
    return Snapshot(
        record_id="s1",
        occurred_at=AT,
        observed_at=AT,
        source="roof",
        sequence=1,
        shard=0,
        shards=4,
        scope=Scope(kind="world"),
        candidates=vectors,
    )


RECORDS = [
    (NEWS_ENTRIES, entry()),
    (NEWS_ENTRIES, progress("news", part=0, parts=1, up_to=AT, observed_at=AT)),
    (ADSB_SNAPSHOTS, snapshot(StateVector(icao24="15521f", heard_at=AT, altitude_ft=0.0))),
    (ALERTS, pyongyang_alerts()[0]),
]


@pytest.mark.parametrize(("topic", "record"), RECORDS)
def test_a_record_survives_the_way_through_json(topic: Topic, record: codec.Record) -> None:
    data = topic.encode(record)
    assert topic.decode(data) == record
    assert json.loads(data)["v"] == 1


def test_times_are_read_as_the_same_moment_in_any_zone() -> None:
    east = entry(occurred_at=AT.astimezone(timezone(timedelta(hours=9))))
    assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(east)).occurred_at == AT


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b'"v":1', b'"v":2', UnknownVersionError),
        (b'"v":1', b'"v":"1"', MalformedError),
        (b'"v":1,', b"", MalformedError),
        (b"12:00:00Z", b"12:00:00", MalformedError),
        (b'"kind":"snapshot"', b'"kind":"alert"', MalformedError),
        (b'"kind":"snapshot"', b'"kind":"spaceship"', MalformedError),
        (b"52.5", b"NaN", MalformedError),
        (b"52.5", b"1e999", MalformedError),
        (b"52.5", b"91.0", MalformedError),
        (b"52.5", b'"52.5"', MalformedError),
        (b"15521f", b"15521F", MalformedError),
        (b"15521f", b"~5521f", MalformedError),
        (b"15521f", b"15521f\\n", MalformedError),
        (b"roof", b"\xff", MalformedError),
        (b"{", b"[" * 100_000, MalformedError),
    ],
)
def test_what_is_no_record_of_ours_is_refused(old: bytes, new: bytes, error: type) -> None:
    vector = StateVector(icao24="15521f", heard_at=AT, latitude=52.5, longitude=13.0)
    good = ADSB_SNAPSHOTS.encode(snapshot(vector))
    assert old in good
    with pytest.raises(error):
        ADSB_SNAPSHOTS.decode(good.replace(old, new, 1))


def test_a_naive_time_is_not_even_written() -> None:
    with pytest.raises(MalformedError):
        NEWS_ENTRIES.encode(entry(observed_at=AT.replace(tzinfo=None)))


def test_a_number_that_is_none_does_not_become_a_vector() -> None:
    with pytest.raises(ValueError, match="altitude_ft of 15521f is nan"):
        StateVector(icao24="15521f", heard_at=AT, altitude_ft=float("nan"))


def test_a_record_stays_on_its_topic() -> None:
    with pytest.raises(MalformedError):
        CASES_EVENTS.encode(entry())


def test_size_is_limited_both_ways() -> None:
    large = entry(summary="x" * NEWS_ENTRIES.max_bytes)
    with pytest.raises(OversizedError, match="more than the 1000000"):
        NEWS_ENTRIES.encode(large)
    with pytest.raises(OversizedError):
        NEWS_ENTRIES.decode(b" " * (NEWS_ENTRIES.max_bytes + 1))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for topic in CATALOGUE:
        with pytest.raises(CodecError):
            topic.decode(data)


def test_keys_are_a_property_of_the_topic() -> None:
    assert NEWS_ENTRIES.key(entry()) == "i1"
    assert ADSB_SNAPSHOTS.key(snapshot()) == "0"
    told = progress("news", part=2, parts=3, up_to=AT, observed_at=AT)
    assert NEWS_ENTRIES.key(told) == "@news-2"
    assert [NEWS_ENTRIES.is_broadcast(one) for one in (told, entry())] == [True, False]


def test_the_catalogue_names_each_topic_once_and_with_a_version() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert all(name.endswith(".v1") for name in BY_NAME)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_ids_differ_when_their_parts_do(one: list[str], other: list[str]) -> None:
    plain = [[part.replace("\x1f", "") for part in parts] or [""] for parts in (one, other)]
    assert (record_id(*plain[0]) == record_id(*plain[1])) == (plain[0] == plain[1])


def test_pairs_and_shards() -> None:
    assert pair_of("RUS", "PRK") == pair_of("PRK", "RUS") == "PRK-RUS"
    assert {shard_of(f"{number:06x}", 4) for number in range(100)} == {0, 1, 2, 3}
