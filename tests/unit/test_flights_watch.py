"""From pictures to snapshots: who is a candidate, which shard, what fits."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.flights.picture import Picture
from producers.flights.watch import Poll, silent_snapshots, snapshots
from wheelsdown.records.aircraft import Scope, StateVector, shard_of
from wheelsdown.records.reception import MAP_BYTES, Reception
from wheelsdown.records.topics import ADSB_SNAPSHOTS

NOW = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
WORLD = Scope(kind="world")
EVERYWHERE = Reception(heard=b"\xff" * MAP_BYTES, low=b"\xff" * MAP_BYTES)


def poll(shards: int) -> Poll:
    return Poll("opensky", WORLD, shards, NOW, every_s=90)


def picture(*vectors: StateVector) -> Picture:
    return Picture(
        at=NOW - timedelta(seconds=3),
        clock=NOW,
        vectors=vectors,
        received=len(vectors) + 2,
        dropped={"non_icao_address": 2},
    )


def vector(number: int, heard_s_ago: float = 0.0, callsign: str | None = None) -> StateVector:
    heard_at = NOW - timedelta(seconds=heard_s_ago)
    return StateVector(icao24=f"{number:06x}", heard_at=heard_at, callsign=callsign)


def test_a_snapshot_says_what_the_poll_saw() -> None:
    (snapshot,) = snapshots(poll(1), picture(vector(1), vector(2)), lambda one: one == vector(2))

    assert snapshot.candidates == (vector(2),)
    assert (snapshot.received, snapshot.dropped) == (4, {"non_icao_address": 2})
    assert (snapshot.occurred_at, snapshot.observed_at) == (NOW - timedelta(seconds=3), NOW)
    assert (snapshot.source, snapshot.scope, snapshot.sequence) == ("opensky", WORLD, 1690804800000)
    assert (snapshot.health, snapshot.reason, snapshot.every_s) == ("ok", "", 90)


def test_ids_are_those_of_the_poll_and_the_shard() -> None:
    again = [snapshots(poll(4), picture(vector(1)), lambda _: True) for _ in range(2)]

    assert again[0] == again[1]
    assert len({snapshot.record_id for snapshot in again[0]}) == 4
    silent = silent_snapshots(poll(4), "timeout")
    assert [s.record_id for s in silent] == [s.record_id for s in again[0]]


@settings(deadline=None)
@given(
    numbers=st.sets(st.integers(1, 0xFFFFFE), max_size=60),
    watched=st.sets(st.integers(1, 0xFFFFFE)),
    shards=st.integers(1, 24),
)
def test_shards_are_complete_and_disjoint(
    numbers: set[int], watched: set[int], shards: int
) -> None:
    watched |= set(sorted(numbers)[::2])
    vectors = [vector(number) for number in sorted(numbers)]
    names = {f"{number:06x}" for number in watched}
    made = snapshots(poll(shards), picture(*vectors), lambda one: one.icao24 in names)

    assert [snapshot.shard for snapshot in made] == list(range(shards))  # also the empty ones
    for snapshot in made:
        icao24s = [one.icao24 for one in snapshot.candidates]
        assert icao24s == sorted(icao24s)
        assert {shard_of(icao24, shards) for icao24 in icao24s} <= {snapshot.shard}
    together = {one.icao24 for snapshot in made for one in snapshot.candidates}
    assert together == {f"{number:06x}" for number in numbers & watched}


def test_a_shard_too_large_for_a_record_keeps_those_heard_last() -> None:
    crowd = [
        vector(number, heard_s_ago=number % 977, callsign="X" * 8) for number in range(1, 9001)
    ]
    (snapshot,) = snapshots(poll(1), picture(*crowd), lambda _: True, EVERYWHERE)

    assert snapshot.reception == EVERYWHERE
    left_out = snapshot.dropped["oversized"]
    assert len(snapshot.candidates) + left_out == 9000
    assert snapshot.health == "degraded"
    assert "more shards" in snapshot.reason
    assert snapshot.dropped["non_icao_address"] == 2
    kept = {one.icao24 for one in snapshot.candidates}
    oldest_kept = min(one.heard_at for one in snapshot.candidates)
    assert all(one.heard_at <= oldest_kept for one in crowd if one.icao24 not in kept)
    icao24s = [one.icao24 for one in snapshot.candidates]
    assert icao24s == sorted(icao24s)
    room = ADSB_SNAPSHOTS.max_bytes - len(ADSB_SNAPSHOTS.encode(snapshot))
    assert 0 <= room < 1000  # as many as fit

    assert all(
        not one.dropped.get("oversized")
        for one in snapshots(poll(4), picture(*crowd), lambda _: True)
    )


def test_every_shard_is_told_where_the_source_hears_anybody() -> None:
    made = snapshots(poll(3), picture(vector(1)), lambda _: True, EVERYWHERE)

    assert [snapshot.reception for snapshot in made] == [EVERYWHERE] * 3
    for snapshot in made:
        data = ADSB_SNAPSHOTS.encode(snapshot)
        assert ADSB_SNAPSHOTS.decode(data) == snapshot
        without = ADSB_SNAPSHOTS.encode(msgspec.structs.replace(snapshot, reception=None))
        assert len(data) - len(without) < 5_500
    assert {s.reception for s in silent_snapshots(poll(3), "timeout")} == {None}


def test_a_failed_poll_is_told_to_every_shard() -> None:
    silent = silent_snapshots(poll(3), "x" * 10_000)

    assert [(s.shard, s.health, s.candidates) for s in silent] == [
        (shard, "silent", ()) for shard in range(3)
    ]
    assert {(s.occurred_at, s.observed_at, len(s.reason)) for s in silent} == {(NOW, NOW, 300)}
