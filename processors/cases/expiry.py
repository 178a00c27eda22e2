"""When a case file has nothing more to say: the index of due times, and what leaves when.

Case time is the least progress of all readers, so nothing is closed because news lags.
"""

from collections.abc import Iterable
from datetime import timedelta

from processors.cases import flight_reports
from processors.cases.cells import CaseCell, RosterCell
from processors.cases.matching import DAYS_AFTER, DAYS_BEFORE, ENDLESS_STAY
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Instant, Record

#: Both must have told how far they are before any case time exists.
READERS = frozenset({"journeys", "visits"})
#: News on a visit comes this long after it, at the most.
LATE_NEWS = timedelta(days=3)
#: No later visit matches a stay that is over so long; no earlier one is still to be reported.
STAY_KEPT = timedelta(days=max(DAYS_AFTER, DAYS_BEFORE)) + LATE_NEWS
#: A mention is of use while a stay that it may explain can still come.
MENTION_KEPT = timedelta(days=DAYS_AFTER + 30)
#: So long nothing more is said of a stay whose incident is closed, whatever is still learned of it:
#: the way home of a tour, say. Ours; three times the longest stay that is waited for.
CLOSED_KEPT = timedelta(days=90)


def noted(
    roster: RosterCell, told: Progress
) -> tuple[dict[str, dict[int, Instant]], dict[str, int]]:
    """Progress and part counts after a progress record; it never goes back.

    When a reader's part count changes (its partitions were changed), it starts anew.
    """
    known = roster.up_to.get(told.reader, {}) if roster.parts.get(told.reader) == told.parts else {}
    latest = max(told.up_to, known.get(told.part, told.up_to))
    up_to = {**roster.up_to, told.reader: {**known, told.part: latest}}
    return up_to, {**roster.parts, told.reader: told.parts}


def case_time(up_to: dict[str, dict[int, Instant]], parts: dict[str, int]) -> Instant | None:
    """The time up to which everything has been read; None until every part has told."""
    if any(len(up_to.get(reader, {})) < parts.get(reader, 1) for reader in READERS):
        return None
    return min(moment for reader in READERS for moment in up_to[reader].values())


def stay_over(stay: Stay) -> Instant:
    """When a stay can't gain anything more."""
    end = stay.returned or stay.departure
    if stay.status == "withdrawn":
        return stay.observed_at + STAY_KEPT
    return (end.at if end else stay.arrival.at + ENDLESS_STAY) + STAY_KEPT


def report_over(report: Record) -> Instant:
    """When a mention of a visit, or a report of a flight, can't explain anything more."""
    return report.occurred_at + MENTION_KEPT


def next_due(cell: CaseCell) -> Instant | None:
    """When the case file has to be looked at again; None when it is empty.

    Mentions that explain a stay, and reports of its flight, leave with it.
    """
    pinned = cell.pinned | flight_reports.held(cell)
    return min(
        (
            *(stay_over(stay) for stay in cell.stays.values()),
            *(
                report_over(one)
                for one in (*cell.mentions, *cell.flight_reports)
                if one.record_id not in pinned
            ),
            *cell.closed.values(),
        ),
        default=None,
    )


def over(stays: Iterable[Stay], now: Instant) -> frozenset[str]:
    """The ids of the stays whose time is over."""
    return frozenset(stay.stay_id for stay in stays if stay_over(stay) <= now)
