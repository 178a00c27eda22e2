"""Which visits agree with a stay: the same pair of states, close in time."""

from collections.abc import Iterable
from datetime import date

from wheelsdown.records.incidents import Strength, VisitMatch
from wheelsdown.records.journeys import Stay
from wheelsdown.records.visits import Visit

#: A flight may come this many days before a visit (advance parties, equipment) ...
DAYS_BEFORE = 2
#: ... or this many after it (what was agreed is fetched or brought). The founding case: four.
DAYS_AFTER = 10
#: Visits that did not happen, or that nobody confirms, explain no flight.
EXPLAINING = frozenset({"planned", "ongoing", "completed"})


def days_between(stay: Stay, visit: Visit) -> int:
    """Days from the visit to the stay: negative before it, zero during it, positive after it."""
    arrived = stay.arrival.at.date()
    left = max(arrived, stay.departure.at.date()) if stay.departure else arrived
    if left < visit.start:
        return -_days(left, visit.start)
    if arrived > visit.end:
        return _days(visit.end, arrived)
    return 0


def matches(stay: Stay, visits: Iterable[Visit]) -> tuple[VisitMatch, ...]:
    """The visits that may explain the stay, nearest first."""
    found = [
        VisitMatch(visit=visit, days=days_between(stay, visit))
        for visit in visits
        if visit.status in EXPLAINING and visit.pair == stay.pair
    ]
    near = [match for match in found if -DAYS_BEFORE <= match.days <= DAYS_AFTER]
    return tuple(
        sorted(near, key=lambda match: (abs(match.days), match.visit.start, match.visit.visit_id))
    )


def strength(stay: Stay, visits: Iterable[VisitMatch]) -> Strength:
    """How much the evidence carries, by the best visit; the points are ours (docs/adr/0006).

    Landing seen 2, concluded 1; visitor's state flew 1; within a day 2, within five days 1; told by
    two feeds 1. Five and more is strong, three and four moderate.
    """
    landing = 2 if stay.arrival.certainty in {"observed", "inferred"} else 1
    points = max((landing + _points(stay, match) for match in visits), default=0)
    if points >= 5:
        return "strong"
    return "moderate" if points >= 3 else "weak"


def _points(stay: Stay, match: VisitMatch) -> int:
    visit = match.visit
    near = 2 if abs(match.days) <= 1 else 1 if abs(match.days) <= 5 else 0
    return int(visit.visitor == stay.aircraft.operator_state) + near + int(len(visit.feeds) >= 2)


def _days(one: date, other: date) -> int:
    return (other - one).days
