"""Tracks turned into the pictures that a receiver would have shown, polled at fixed times."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from producers.flights.picture import Picture, SourceError
from wheelsdown.records.aircraft import StateVector

#: readsb shows an aircraft for 60 s after its last position.
KEPT_S = 60.0

#: Polls are made for every moment between the first and the last contact, also while nothing is
#: heard; a longer span is rather a broken clock in a file than a record.
LONGEST_SPAN = timedelta(days=400)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pictures_from_vectors(
    vectors: Iterable[StateVector], every_s: float, *, kept_s: float = KEPT_S
) -> Iterator[Picture]:
    """Polls at the multiples of ``every_s``, each with the last contact of up to ``kept_s`` ago.

    The vectors may be of several aircraft and in any order. The last picture is an empty one.
    Raises SourceError when they lie too far apart, ValueError when ``every_s`` is not positive.
    """
    if every_s <= 0:
        raise ValueError(f"the time between polls is {every_s} s; it must be more than 0")
    ahead = sorted(vectors, key=lambda vector: vector.heard_at, reverse=True)
    if not ahead:
        return
    span = ahead[0].heard_at - ahead[-1].heard_at
    if span > LONGEST_SPAN:
        raise SourceError(
            "no_clock",
            f"first and last contact are {span.days} days apart, more than {LONGEST_SPAN.days}:"
            " is a time wrong? If not, import the tracks one by one, a command each",
        )
    step, kept = timedelta(seconds=every_s), timedelta(seconds=kept_s)
    at = ahead[-1].heard_at
    at += (_EPOCH - at) % step
    shown: dict[str, StateVector] = {}
    while ahead or shown:
        while ahead and ahead[-1].heard_at <= at:
            vector = ahead.pop()
            shown[vector.icao24] = vector
        shown = {name: vector for name, vector in shown.items() if at - vector.heard_at <= kept}
        in_order = tuple(shown[icao24] for icao24 in sorted(shown))
        yield Picture(at=at, clock=at, vectors=in_order, received=len(in_order), dropped={})
        at += step
