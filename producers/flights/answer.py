"""From the rows of an answer to a picture: the source's clock, tallies, duplicates, health."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from producers.flights.fields import number
from producers.flights.picture import DropReason, Picture, SourceError, Tally
from wheelsdown.records.aircraft import StateVector

#: A source whose clock is further off has no usable clock: the time of the poll replaces it.
MAX_SKEW = timedelta(minutes=5)

#: 1990 to 2100 in seconds since 1970; any other number is no clock.
EPOCH_S = (631_152_000.0, 4_102_444_800.0)


@dataclass(frozen=True)
class Reading:
    """The time to count ages from, and what is wrong with the source's own clock."""

    at: datetime
    clock: datetime | None
    health: Literal["ok", "degraded"]
    reason: str


def read_clock(value: object, polled_at: datetime | None, *, scale: float = 1.0) -> Reading:
    """The source's clock from its answer; ``value * scale`` are seconds since 1970.

    Never later than the poll: a clock that is ahead would put contacts into the future. Without
    ``polled_at`` (an answer kept in a file) the source's clock is believed.
    Raises SourceError when there is neither.
    """
    seconds = number(value, EPOCH_S, Tally(), scale=scale)
    clock = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    if clock is None and polled_at is None:
        raise SourceError("no_clock", "the answer does not tell its time")
    if polled_at is None:
        assert clock is not None
        return Reading(clock, clock, "ok", "")
    if clock is None:
        return Reading(polled_at, None, "degraded", "the source does not tell its time")
    ahead = clock - polled_at
    if abs(ahead) > MAX_SKEW:
        side = "ahead" if ahead > timedelta(0) else "behind"
        off = f"the source's clock is {abs(ahead).total_seconds():.0f} s {side}"
        return Reading(polled_at, clock, "degraded", off)
    return Reading(min(clock, polled_at), clock, "ok", "")


def picture(
    reading: Reading,
    rows: Iterable[object],
    vector_of: Callable[[object, Tally], StateVector | DropReason],
) -> Picture:
    """All rows, each a vector or counted; of an aircraft that comes twice, the freshest."""
    tally = Tally()
    received = 0
    vectors: dict[str, StateVector] = {}
    for row in rows:
        received += 1
        vector = vector_of(row, tally)
        if isinstance(vector, str):
            tally[vector] += 1
            continue
        known = vectors.get(vector.icao24)
        if known is not None:
            tally["duplicate"] += 1
        if known is None or _freshness(vector) > _freshness(known):
            vectors[vector.icao24] = vector
    health, reasons = reading.health, [reading.reason] if reading.reason else []
    if not vectors and received > tally["non_icao_address"]:
        health = "degraded"
        reasons.append(f"none of {received} rows can be read: has the format changed?")
    return Picture(
        at=reading.at,
        clock=reading.clock,
        vectors=tuple(vectors[icao24] for icao24 in sorted(vectors)),
        received=received,
        dropped=dict(sorted(tally.items())),
        health=health,
        reason="; ".join(reasons),
    )


def _freshness(vector: StateVector) -> tuple[datetime, bool, datetime]:
    positioned_at = vector.positioned_at
    return vector.heard_at, positioned_at is not None, positioned_at or vector.heard_at
