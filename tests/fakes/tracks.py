"""Tracks of single aircraft for tests of rules: straight legs, no noise unless a test adds some."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from wheelsdown.records.aircraft import Scope, Snapshot, StateVector
from wheelsdown.records.record import record_id
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import bearing_deg, between, distance_nm

START = datetime(2023, 7, 31, 3, tzinfo=UTC)
WORLD = Scope(kind="world")
#: RA-86559, the aircraft of the founding case; its tracks here are made up.
ICAO24 = "15521f"


def parked(icao: str, start: datetime, stop: datetime, *, every_s: int = 120) -> list[StateVector]:
    """On the ground at an aerodrome."""
    aerodrome = load_aerodromes().get(icao)
    assert aerodrome is not None
    return [
        _vector(at, aerodrome.latitude, aerodrome.longitude, 0.0, on_ground=True, speed=0.0)
        for at in _times(start, stop, every_s)
    ]


def flown(
    points: Iterable[str | tuple[float, float]],
    start: datetime,
    *,
    speed_kt: float = 460.0,
    cruise_ft: float = 33_000.0,
    every_s: int = 120,
) -> list[StateVector]:
    """A flight over aerodromes or (latitude, longitude); climbs and descends 2,000 ft a minute."""
    where = [_at(point) for point in points]
    legs = list(itertools.pairwise(where))
    length = sum(distance_nm(*one, *other) for one, other in legs)
    stop = start + timedelta(hours=length / speed_kt)
    vectors = []
    for at in _times(start, stop, every_s):
        since, left = (at - start).total_seconds() / 60, (stop - at).total_seconds() / 60
        altitude = min(cruise_ft, 1_000 + 2_000 * since, 1_000 + 2_000 * left)
        rate = 0.0
        if altitude < cruise_ft:
            rate = 2_000.0 if since < left else -2_000.0
        latitude, longitude, track = _along(legs, speed_kt * since / 60)
        vectors.append(
            _vector(at, latitude, longitude, altitude, speed=speed_kt, track=track, rate=rate)
        )
    return vectors


def end_of(vectors: list[StateVector]) -> datetime:
    """When the last position was heard, and two minutes for the next."""
    return vectors[-1].heard_at + timedelta(minutes=2)


def snapshots(
    vectors: Iterable[StateVector],
    start: datetime,
    stop: datetime,
    *,
    every_s: int = 120,
    silent: tuple[datetime, datetime] | None = None,
    scope: Scope = WORLD,
    kept_s: float | None = None,
    source: str = "test",
) -> Iterator[Snapshot]:
    """Polls of a source that hears these vectors.

    It shows the last contact of up to ``kept_s`` ago; without, all those since the last poll.
    """
    queue = sorted(vectors, key=lambda vector: vector.heard_at)
    shown: dict[str, StateVector] = {}
    for number, at in enumerate(_times(start, stop, every_s)):
        heard = shown if kept_s is not None else {}
        while queue and queue[0].heard_at <= at:
            vector = queue.pop(0)
            heard[vector.icao24] = vector
        if kept_s is not None:
            kept = timedelta(seconds=kept_s)
            shown = {key: one for key, one in shown.items() if at - one.heard_at <= kept}
            heard = shown
        is_silent = silent is not None and silent[0] <= at < silent[1]
        yield Snapshot(
            record_id=record_id(source, number),
            occurred_at=at,
            observed_at=at,
            source=source,
            sequence=number,
            shard=0,
            shards=1,
            scope=scope,
            health="silent" if is_silent else "ok",
            reason="timeout" if is_silent else "",
            received=len(heard),
            candidates=() if is_silent else tuple(heard[key] for key in sorted(heard)),
            every_s=every_s,
        )


def _at(point: str | tuple[float, float]) -> tuple[float, float]:
    if not isinstance(point, str):
        return point
    aerodrome = load_aerodromes().get(point)
    assert aerodrome is not None, point
    return aerodrome.latitude, aerodrome.longitude


def _along(
    legs: list[tuple[tuple[float, float], tuple[float, float]]], nm: float
) -> tuple[float, float, float]:
    for one, other in legs:
        length = distance_nm(*one, *other)
        if nm <= length or (one, other) == legs[-1]:
            latitude, longitude = between(*one, *other, min(1.0, nm / length))
            track = bearing_deg(latitude, longitude, *other) if nm < length else 0.0
            return latitude, longitude, track
        nm -= length
    raise AssertionError("no legs")


def _times(start: datetime, stop: datetime, every_s: int) -> Iterator[datetime]:
    at = start
    while at < stop:
        yield at
        at += timedelta(seconds=every_s)


def _vector(
    at: datetime,
    latitude: float,
    longitude: float,
    altitude_ft: float,
    *,
    on_ground: bool = False,
    speed: float | None = None,
    track: float | None = None,
    rate: float | None = None,
) -> StateVector:
    return StateVector(
        icao24=ICAO24,
        heard_at=at,
        positioned_at=at,
        latitude=latitude,
        longitude=longitude,
        altitude_ft=altitude_ft,
        on_ground=on_ground,
        ground_speed_kt=speed,
        track_deg=track,
        vertical_rate_fpm=rate,
        position_source="adsb",
    )
