"""How long a pause parts two visits, and when a second plan only moves the first."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from processors.cases.course import NO_PAUSE, UNDER_WAY, about, published
from processors.cases.people import same_official
from wheelsdown.records.visits import Mention

#: Mentions of one visit follow each other within this; a pause this long separates two visits.
SAME_VISIT = NO_PAUSE
#: A report that names the official and no day is of the visit before it for so long, unless it
#: says that the visit is under way. Of 487 trips in the lists of the US Department of State's
#: historian (2018-2022) no official began a second one to the same state between 4 and 14 days
#: after the first. For the same reason a visit announced for another day within this has been
#: moved, if nobody saw it on the first day.
LATE_REPORT = timedelta(days=14)
#: What is announced without a day is the next visit that is told of within this.
ANNOUNCED = timedelta(days=30)
#: A plan is moved by no more than this. Ours: two months, so that spring and autumn are two trips.
MOVED = timedelta(days=60)

Chain = list[Mention]


def chronological(mention: Mention) -> tuple[object, ...]:
    """The order of mentions: by publication."""
    return (mention.occurred_at, mention.record_id)


def in_time(mentions: Iterable[Mention], *, late: timedelta) -> list[Chain]:
    """Mentions that follow each other without a long pause; ``late``: that of undated ones."""
    chains: list[Chain] = []
    for one in sorted(mentions, key=lambda one: (about(one), chronological(one))):
        if chains and follows(chains[-1], one, late):
            chains[-1].append(one)
        else:
            chains.append([one])
    return _without_lone_returns(chains) if late > SAME_VISIT else chains


def _without_lone_returns(chains: Iterable[Chain]) -> list[Chain]:
    """The visits, a return that only one feed tells of and nobody dates joined to the visit before.

    Comment on a visit often reads as if it were under way; when an official is back so soon, more
    than one feed says so.
    """
    kept: list[Chain] = []
    for chain in chains:
        is_lone = len({one.evidence.feed for one in chain}) == 1
        undated = all(one.start is None for one in chain)
        if kept and is_lone and undated and about(chain[0]) - about(kept[-1][-1]) <= LATE_REPORT:
            kept[-1] += chain
        else:
            kept.append(chain)
    return kept


def follows(chain: Sequence[Mention], following: Mention, late: timedelta) -> bool:
    """Whether a mention that is about no earlier day than a visit's others is of that visit."""
    day = about(following)
    since = day - max(map(about, chain))
    if late == SAME_VISIT:
        return since <= SAME_VISIT
    if not any(one.status in UNDER_WAY for one in chain):
        latest = max(chain, key=lambda one: (about(one), chronological(one)))
        return since <= (late if latest.start is not None else ANNOUNCED)
    if following.start is not None:
        return since <= SAME_VISIT
    if following.status == "ongoing":
        # Under way on the day of publication or the day before: who is seen there again after a
        # pause has come back. A preview without a day in between is no sight of him.
        seen = [_last_day(one) for one in chain if one.status in UNDER_WAY or one.start is not None]
        return day - max(seen) <= SAME_VISIT
    # Late reports follow a visit, not one another.
    return since <= (late if day - min(map(about, chain)) <= late else SAME_VISIT)


def with_moved_plans(chains: Sequence[Chain]) -> list[Chain]:
    """The visits, each plan that a later announcement replaced joined to the visit it became."""
    standing = sorted(chains, key=_announced_last)
    for plan in tuple(standing):
        new = next((one for one in standing if one is not plan and _replaces(one, plan)), None)
        if new is not None:
            new += plan
            standing = [one for one in standing if one is not plan]
    return standing


def _replaces(chain: Sequence[Mention], plan: Sequence[Mention]) -> bool:
    """Whether ``chain`` is the visit of ``plan``, announced anew before the day of the plan came.

    Not if the plan was seen to come true, nor if it was repeated since: then there are two trips.
    """
    old, new = _announcements(plan), _announcements(chain)
    if not old or not new or any(_is_seen(one) for one in plan):
        return False
    last, moved = old[-1], new[0]
    return (
        last.occurred_at < moved.occurred_at
        and published(moved) <= about(last)
        and abs(about(moved) - about(last)) <= MOVED
        and all(same_official(one.official, moved.official) for one in plan)
    )


def _announcements(chain: Sequence[Mention]) -> Chain:
    """The plans of a named official for a stated day, by publication."""
    dated = [one for one in chain if one.status == "planned" and one.start and one.official]
    return sorted((one for one in dated if not one.background), key=chronological)


def _announced_last(chain: Sequence[Mention]) -> tuple[object, ...]:
    """An order of visits in which a plan comes before the one that replaces it."""
    return chronological((_announcements(chain) or sorted(chain, key=chronological))[-1])


def _is_seen(one: Mention) -> bool:
    """Whether a report is of a visit that took place, beyond recalling one without its day."""
    return one.status in UNDER_WAY and (one.start is not None or not one.background)


def _last_day(one: Mention) -> date:
    """The last day that a mention is about; "in 2023" is no visit of a year."""
    day = about(one)
    return max(day, min(one.end or day, day + LATE_REPORT))
