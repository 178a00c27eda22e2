"""Which visits agree with a stay: the same pair of states, close in time."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from wheelsdown.records.incidents import Strength, VisitMatch
from wheelsdown.records.journeys import Stay
from wheelsdown.records.visits import Visit

#: A flight may come this many days before a visit (advance parties, equipment) ...
DAYS_BEFORE = 2
#: ... or this many after it (what was agreed is fetched or brought). The founding case: four.
DAYS_AFTER = 10
#: A stay whose end was never seen goes on for so long at the most: nearly always the departure was
#: missed.
ENDLESS_STAY = timedelta(days=30)
#: A visit of which the reader is no surer than this is doubtful: about two to one. Ours.
SURE = 0.7
#: Visits that did not happen, or that nobody confirms, explain no flight.
EXPLAINING = frozenset({"planned", "ongoing", "completed"})


def days_between(stay: Stay, visit: Visit, read_up_to: date) -> int:
    """Days from the visit to the stay: negative before it, zero during it, positive after it.

    A stay whose end is not known goes on until ``read_up_to``, the last day that the news tells of:
    a visit that is only to come does not agree yet with an aircraft that is there today.
    """
    arrived = stay.arrival.at.date()
    end = stay.departure.at.date() if stay.departure else min(read_up_to, arrived + ENDLESS_STAY)
    left = max(arrived, end)
    if left < visit.start:
        return -_days(left, visit.start)
    if arrived > visit.end:
        return _days(visit.end, arrived)
    return 0


def matches(stay: Stay, visits: Iterable[Visit], read_up_to: date) -> tuple[VisitMatch, ...]:
    """The visits that may explain the stay: nearest first, of those the ones that lead there.

    ``read_up_to``: see ``days_between``. Ids come last, since they depend on which report came
    first.
    """
    found = [
        VisitMatch(visit=visit, days=days_between(stay, visit, read_up_to))
        for visit in visits
        if visit.status in EXPLAINING and visit.pair == stay.pair
    ]
    near = [match for match in found if -DAYS_BEFORE <= match.days <= DAYS_AFTER]
    return tuple(sorted(near, key=lambda match: _nearest_first(stay, match)))


def leads_there(stay: Stay, visit: Visit) -> bool:
    """Whether the visit leads to where the aircraft is.

    If not, the visitor is at home where the aircraft is: it may fetch or bring back the visitor.
    """
    return visit.host == stay.host


def is_doubtful(visit: Visit) -> bool:
    """Whether the reader is unsure of each mention of the visit."""
    return visit.certainty < SURE


def was_there_before(stay: Stay, visit: Visit) -> bool:
    """Whether the aircraft stood there for more than a day when the visit began."""
    return _days(stay.arrival.at.date(), visit.start) > 1


def _nearest_first(stay: Stay, match: VisitMatch) -> tuple[object, ...]:
    visit = match.visit
    who = (visit.official is None, visit.official or "", visit.office or "")
    return (abs(match.days), not leads_there(stay, visit), visit.start, *who, visit.visit_id)


class Observation(NamedTuple):
    """One thing that speaks for an incident, and its points (ours: docs/adr/0006)."""

    points: int
    words: str


def strength(stay: Stay, visits: Sequence[VisitMatch]) -> Strength:
    """How much the evidence carries, by the best visit: five points and more is strong."""
    points = sum(one.points for one in _best(stay, visits))
    if points >= 5:
        return "strong"
    return "moderate" if points >= 3 else "weak"


def observations(stay: Stay, visits: Sequence[VisitMatch]) -> tuple[str, ...]:
    """What the strength was made of, in words."""
    return tuple(one.words for one in _best(stay, visits))


def _best(stay: Stay, visits: Sequence[VisitMatch]) -> list[Observation]:
    return max(
        (_observations(stay, match) for match in visits),
        key=lambda found: sum(one.points for one in found),
        default=[],
    )


def _observations(stay: Stay, match: VisitMatch) -> list[Observation]:
    is_seen = stay.arrival.certainty in {"observed", "inferred"}
    found = [Observation(2, "landing heard") if is_seen else Observation(1, "landing concluded")]
    if match.visit.visitor == stay.aircraft.operator_state:
        found.append(Observation(1, "the visitor's own state flew"))
    if match.days == 0 and was_there_before(stay, match.visit):
        found.append(Observation(1, "there already when the visit began"))
    elif abs(match.days) <= 1:
        found.append(Observation(2, "within a day of the visit"))
    elif abs(match.days) <= 5:
        found.append(Observation(1, "within five days of the visit"))
    if len(match.visit.feeds) >= 2:
        found.append(Observation(1, f"visit reported by {len(match.visit.feeds)} feeds"))
    if is_doubtful(match.visit):
        found.append(Observation(-1, "but it is doubtful that there is a visit"))
    if stay.stop == "technical_stop":
        found.append(Observation(-2, "but it stopped only briefly on its way elsewhere"))
    if not leads_there(stay, match.visit):
        found.append(Observation(-2, "but the visit leads the other way"))
    return found


def _days(one: date, other: date) -> int:
    return (other - one).days
