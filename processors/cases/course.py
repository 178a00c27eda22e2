"""What became of a visit: its status and days, by the reports on it in order of publication.

Later reports count more than earlier ones, but none takes back what only a later event could.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from wheelsdown.records.visits import Mention, Status

#: Reports of a visit under way follow each other within this.
NO_PAUSE = timedelta(days=5)
#: What was written before a cancellation is still published for so long after it. Ours; of the
#: visit to China that was called off on 3 February 2023 previews came out on that same day.
LATE_PREVIEW = timedelta(days=2)
#: The statuses of a visit that has begun.
UNDER_WAY = frozenset({"ongoing", "completed"})


class Course(NamedTuple):
    """A visit's status, its first and last day, and whether a text states the days."""

    status: Status
    start: date
    end: date
    stated: bool


def course(reports: Sequence[Mention]) -> Course:
    """Status and days by reports on one visit, not empty, in order of publication."""
    status, since = _status(reports)
    start, end, stated = _days(reports, reports[since:] or reports)
    return Course(status, start, end, stated)


def about(mention: Mention) -> date:
    """The day that a mention is about: the stated first one, else that of publication."""
    return mention.start or published(mention)


def published(mention: Mention) -> date:
    """The day of publication, UTC."""
    return mention.occurred_at.date()


def _status(reports: Sequence[Mention]) -> tuple[Status, int]:
    """The status, and the place of the first report that a cancellation before it left valid.

    A rumour counts only where nobody knows more, and what an entry recalls in passing only where
    none is about the visit, unless it says on which day the visit was.
    """
    firm = [
        (place, one)
        for place, one in enumerate(reports)
        if one.status != "unconfirmed" and (not one.background or _is_dated_fact(one))
    ]
    if not firm:
        recalled = [one.status for one in reports if one.status != "unconfirmed"]
        return (recalled[-1] if recalled else "unconfirmed"), 0
    status: Status = "unconfirmed"
    since = begun = called_off = 0
    cancelled = published(reports[0])
    for place, one in firm:
        if one.status in UNDER_WAY:
            begun += 1
            since = place if status == "cancelled" else since
            status = one.status
        elif one.status == "cancelled":
            # A single misread report does not undo a visit that several saw.
            called_off += 1
            if called_off >= begun:
                status, cancelled = one.status, published(one)
        elif status == "cancelled":
            if one.start is not None or published(one) - cancelled > LATE_PREVIEW:
                status, since = one.status, place
        elif status not in UNDER_WAY:
            status = one.status
    return status, since


def _is_dated_fact(one: Mention) -> bool:
    return one.start is not None and one.status in UNDER_WAY


def _days(reports: Sequence[Mention], valid: Sequence[Mention]) -> tuple[date, date, bool]:
    """First and last day, and whether a text states them.

    Else they are read off publication: reports of a visit under way appear during it, later ones
    and a recap after it, an announcement before it.
    """
    facts = [_span(one) for one in valid if one.status in UNDER_WAY and one.start is not None]
    plan = _plan(valid)
    if facts:
        start, end = min(first for first, _ in facts), max(last for _, last in facts)
        if plan is not None and _touch(plan, (start, end)):
            start, end = min(start, plan[0]), max(end, plan[1])
        return start, end, True
    if plan is not None:
        return *plan, True
    ongoing = sorted(published(one) for one in valid if one.status == "ongoing")
    if ongoing:
        end = ongoing[0]
        for day in ongoing:
            end = day if day - end <= NO_PAUSE else end
        return ongoing[0], end, False
    completed = [published(one) for one in valid if one.status == "completed"]
    day = min(completed) if completed else published(reports[-1])
    return day, day, False


def _plan(reports: Sequence[Mention]) -> tuple[date, date] | None:
    """The days that were announced last, with earlier announcements that agree."""
    dated = [one for one in reports if one.start is not None and one.status not in UNDER_WAY]
    announced = [one for one in dated if one.status == "planned"] or dated
    if not announced:
        return None
    *earlier, latest = announced
    start, end = _span(latest)
    for one in reversed(earlier):
        first, last = _span(one)
        if _touch((first, last), (start, end)):
            start, end = min(start, first), max(end, last)
    return start, end


def _span(one: Mention) -> tuple[date, date]:
    """The days that a mention states; one that states none is no case for it."""
    start = about(one)
    return start, max(start, one.end or start)


def _touch(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether two spans have a day in common or follow each other."""
    next_day = timedelta(days=1)
    return one[0] <= other[1] + next_day and other[0] <= one[1] + next_day
