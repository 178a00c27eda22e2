"""The stops of a journey: how long, and whether to stay or only to refuel."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from wheelsdown.records.journeys import Certainty, Leg, Movement, Stop
from wheelsdown.records.record import StateCode

#: Refuelling a large aircraft takes one to two hours with the papers; who stays for talks stays
#: longer. A stop is technical only when all of its possible length is below.
LONGEST_TECHNICAL = timedelta(hours=3)
#: From sure to unsure.
_BY_CERTAINTY: tuple[Certainty, ...] = ("observed", "inferred", "probable", "unknown")


def stops_of(legs: Sequence[Leg], is_home: Callable[[StateCode | None], bool]) -> tuple[Stop, ...]:
    """The stops between the legs of a journey, and after the last if it has arrived abroad.

    The last stop is a stay until the aircraft has gone on.
    """
    stops = []
    for number, leg in enumerate(legs):
        if leg.arrival is None or is_home(leg.arrival.place.state):
            continue
        after = legs[number + 1] if number + 1 < len(legs) else None
        stops.append(_stop(leg, after))
    return tuple(stops)


def is_technical(before: Leg, after: Leg) -> bool:
    """Whether the stop between two legs was one to refuel: short, and between two other states.

    Known only when the second leg has arrived: before, it may go back where it came from.
    """
    came, left = before.arrival, after.departure
    if came is None or after.arrival is None or "unknown" in (came.certainty, left.certainty):
        return False
    origin, here, onward = before.departure.place, came.place, after.arrival.place
    if None in (origin.state, here.state, onward.state):
        return False
    between_others = here.state not in (origin.state, onward.state) and origin.state != onward.state
    hours, error = length_h(came, left)
    return between_others and timedelta(hours=hours + error) <= LONGEST_TECHNICAL


def length_h(arrival: Movement, departure: Movement) -> tuple[float, float]:
    """How long a stop lasted and how far that may be off, in hours.

    The errors of both ends add up: they are bounds, not deviations.
    """
    span = departure.at - arrival.at
    error = (arrival.error_min + departure.error_min) / 60
    return max(0.0, round(span / timedelta(hours=1), 2)), round(error, 2)


def _stop(leg: Leg, after: Leg | None) -> Stop:
    arrival = leg.arrival
    assert arrival is not None
    left = after.departure if after is not None else None
    known = left is not None and left.certainty != "unknown" and arrival.certainty != "unknown"
    length, error = length_h(arrival, left) if left is not None and known else (None, None)
    sure = max(
        (one.certainty for one in (arrival, left) if one is not None), key=_BY_CERTAINTY.index
    )
    return Stop(
        place=arrival.place,
        kind="technical_stop" if after is not None and is_technical(leg, after) else "stay",
        certainty=arrival.certainty if left is None else sure,
        arrived=arrival.at,
        left=left.at if left is not None and known else None,
        length_h=length,
        error_h=error,
    )
