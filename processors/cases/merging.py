"""From mentions to visits: the same visitor, host and official, close in time, is one visit.

A pure function of the *set* of mentions, so that the order in which news arrives changes nothing
but the ids. Syndicated copies of one text count once (``copies.py``).

Officials with different names are on different visits, also on the same days: an alert lists all
visits near a flight, so two cost a line, while one would lose a name. What names nobody joins the
nearest visit that its kind of office allows.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from processors.cases.copies import Heard, heard
from processors.cases.course import about, course, published
from processors.cases.pauses import (
    ANNOUNCED,
    LATE_REPORT,
    SAME_VISIT,
    Chain,
    chronological,
    follows,
    in_time,
    with_moved_plans,
)
from processors.cases.people import may_be_of, people, rank_fits, rank_of, same_official
from wheelsdown.records.visits import Evidence, Mention, Status, VisitKind

#: An entry that looks back on a visit means one that began at most so long before. In 3,490
#: labelled entries of January to April 2023 there are 148 visits recalled of which no entry of the
#: 30 days before was about: 107 have an older day in the text, 17 a later one, 24 none.
RECALLED = timedelta(days=30)
#: How much evidence is copied into a visit, at most one entry a feed while there are others.
MOST_EVIDENCE = 5
MOST_FEEDS = 20


class Draft(NamedTuple):
    """A visit before it has an id.

    ``mentions`` are ordered by time and not empty; ``copies`` only repeat them; ``sources`` are the
    first mentions of each text.
    """

    visitor: str
    host: str
    official: str | None
    office: str | None
    status: Status
    kind: VisitKind
    certainty: float
    start: date
    end: date
    dates_stated: bool
    mentions: tuple[Mention, ...]
    copies: tuple[Mention, ...]
    sources: tuple[Mention, ...]

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that speak of it by themselves, sorted, at most ``MOST_FEEDS``."""
        return tuple(sorted({one.evidence.feed for one in self.sources}))[:MOST_FEEDS]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The entries to show: on the visit itself before recalling it, early, from many feeds."""
        seen: dict[str, int] = {}
        ranked = []
        own = {one.record_id for one in self.sources}
        for number, one in enumerate(self.mentions):
            turn = seen.get(one.evidence.feed, 0)
            seen[one.evidence.feed] = turn + 1
            ranked.append((one.background, one.record_id not in own, turn, number))
        return tuple(self.mentions[number].evidence for *_, number in sorted(ranked))[
            :MOST_EVIDENCE
        ]


def merge(mentions: Iterable[Mention]) -> tuple[Draft, ...]:
    """The visits that the mentions speak of, by their start."""
    drafts: list[Draft] = []
    ordered = sorted(mentions, key=chronological)
    for direction in sorted({(one.visitor, one.host) for one in ordered}):
        sorted_out = heard([one for one in ordered if (one.visitor, one.host) == direction])
        drafts += [
            _draft(sorted(chain, key=chronological), sorted_out) for chain in _chains(sorted_out)
        ]
    return tuple(sorted(drafts, key=lambda draft: (draft.start, chronological(draft.mentions[0]))))


def text_of(mention: Mention) -> str:
    """What a mention and its exact copies have in common."""
    return f"{mention.evidence.content_hash} {mention.visitor} {mention.host}"


def _chains(sorted_out: Heard) -> list[Chain]:
    """The mentions of each visit: first those about it, then those that speak of it in passing.

    The latter are put to the visits last, so that none of them decides what else fits there.
    """
    reports = sorted_out.reports
    chains = _fresh([one for one in reports if not (one.background or _looks_back(one))])
    joined: list[tuple[Chain, Mention]] = []
    undated = [one for one in reports if one.start is None and _looks_back(one)]
    passing = [
        one for one in reports if one.background and (one.start is not None or not _looks_back(one))
    ]
    left = _put(passing, _meant, chains, joined)
    more = _fresh([one for one in left if makes_a_visit(one)])
    _put([one for one in left if not makes_a_visit(one)], _meant, more, joined)
    chains += more
    for one in (one for one in undated if not one.background):
        chain = _recalled(one, chains)
        if chain is None:
            chains.append([one])
        else:
            chain.append(one)
    _put([one for one in undated if one.background], _recalled, chains, joined)
    for chain, one in joined:
        chain.append(one)
    return with_moved_plans(chains)


def _put(
    mentions: list[Mention],
    find: Callable[[Mention, list[Chain]], Chain | None],
    chains: list[Chain],
    joined: list[tuple[Chain, Mention]],
) -> list[Mention]:
    """Note down in ``joined`` to which visit each mention belongs; those that fit to none."""
    left = []
    for one in mentions:
        chain = find(one, chains)
        if chain is None:
            left.append(one)
        else:
            joined.append((chain, one))
    return left


def makes_a_visit(mention: Mention) -> bool:
    """Whether a mention that fits to no visit makes one, whatever else is known.

    What an entry is about does, and what it speaks of in passing if that is under way or its day is
    told and not long ago. "After his visit", without a day, may mean a visit of any year.
    """
    if not mention.background:
        return True
    if mention.start is None:
        return _is_now(mention)
    return published(mention) - mention.start <= RECALLED


def _looks_back(mention: Mention) -> bool:
    """Whether an entry looks back: then its own time says little about the visit's.

    "Days after his visit", and also "visited" without a day.
    """
    return mention.status == "completed" and (mention.background or mention.start is None)


def _is_now(mention: Mention) -> bool:
    return mention.status == "ongoing"


def _fresh(mentions: list[Mention]) -> list[Chain]:
    """The visits of named officials, then what names nobody put to them or together."""
    names = people(mentions)
    of_whom = [_known_as(one, names) for one in mentions]
    chains: list[Chain] = []
    for name in names:
        own = [one for one, who in zip(mentions, of_whom, strict=True) if who == name]
        chains += in_time(own, late=LATE_REPORT)
    loose: Chain = []
    for one in (one for one, who in zip(mentions, of_whom, strict=True) if who is None):
        chain = _nearest(one, chains) if one.official is None else _meant(one, chains)
        (loose if chain is None else chain).append(one)
    apart: list[Chain] = []
    for rank in sorted({one.rank for one in loose if rank_of(one) is not None}):
        apart += in_time([one for one in loose if one.rank == rank], late=SAME_VISIT)
    unranked: Chain = []
    for one in (one for one in loose if rank_of(one) is None):
        chain = _nearest(one, apart)
        (unranked if chain is None else chain).append(one)
    return chains + apart + in_time(unranked, late=SAME_VISIT)


def _known_as(mention: Mention, names: list[str]) -> str | None:
    """The person of whom a mention speaks; None where it may be two, or names nobody."""
    if mention.official is None:
        return None
    fitting = [name for name in names if same_official(mention.official, name)]
    return fitting[0] if len(fitting) == 1 else None


def _nearest(mention: Mention, chains: list[Chain], within: timedelta = SAME_VISIT) -> Chain | None:
    """The visit closest in time to a mention, of those that can be of the same official.

    Of two equally close ones that of the same kind of office: "Biden", the president, is Joe.
    """
    near = [
        (
            min(abs(about(mention) - about(one)) for one in chain),
            not rank_fits(mention, chain),
            number,
        )
        for number, chain in enumerate(chains)
        if may_be_of(mention, chain)
    ]
    best = min(near, default=None)
    return chains[best[-1]] if best is not None and best[0] <= within else None


def _meant(mention: Mention, chains: list[Chain]) -> Chain | None:
    """The visit, under way or to come, of which an entry speaks in passing or with half a name."""
    if mention.start is not None:
        return _of_its_day(mention, chains)
    if not _is_now(mention):
        return _nearest(mention, chains, ANNOUNCED)
    return _nearest(mention, chains, LATE_REPORT if mention.background else SAME_VISIT)


def _of_its_day(mention: Mention, chains: list[Chain]) -> Chain | None:
    """The visit around the day that a mention states, else the one announced for before it."""
    near = _nearest(mention, chains)
    if near is not None or mention.official is None:
        return near
    announced = [
        (max(map(about, chain)), rank_fits(mention, chain), -number)
        for number, chain in enumerate(chains)
        if may_be_of(mention, chain)
        and any(one.official is not None for one in chain)
        and about(mention) >= max(map(about, chain))
        and follows(chain, mention, LATE_REPORT)
    ]
    return chains[-max(announced)[-1]] if announced else None


def _recalled(mention: Mention, chains: list[Chain]) -> Chain | None:
    """The latest visit before an entry that recalls one."""
    fitting = [
        (max(map(about, chain)), rank_fits(mention, chain), -number)
        for number, chain in enumerate(chains)
        if may_be_of(mention, chain)
        and any(timedelta(0) <= published(mention) - about(one) <= RECALLED for one in chain)
    ]
    return chains[-max(fitting)[-1]] if fitting else None


def _draft(chain: Chain, sorted_out: Heard) -> Draft:
    names = [one.official for one in chain if one.official]
    # The title of whoever is named, before that of "a delegation" or of nobody in particular.
    titled = sorted((one for one in chain if one.office), key=lambda one: one.official is None)
    fullest = max((len(name.split()) for name in names), default=0)
    official = next((name for name in names if len(name.split()) == fullest), None)
    first_of: dict[int, Mention] = {}
    for one in chain:
        first_of.setdefault(sorted_out.sources[one.record_id], one)
    third = sum(one.kind == "third_place" for one in chain)
    status, start, end, stated = course(chain)
    return Draft(
        visitor=chain[0].visitor,
        host=chain[0].host,
        official=official,
        office=titled[0].office if titled else None,
        status=status,
        kind="third_place" if 2 * third > len(chain) else "visit",
        certainty=max(one.certainty for one in chain),
        start=start,
        end=end,
        dates_stated=stated,
        mentions=tuple(chain),
        copies=tuple(copy for one in chain for copy in sorted_out.copies.get(one.record_id, ())),
        sources=tuple(first_of.values()),
    )
