"""From mentions to visits: the same visitor, host and official, close in time, is one visit.

A pure function of the *set* of mentions, so that the order in which news arrives changes nothing
but the ids. Syndicated copies of one text count once.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from wheelsdown.records.visits import Evidence, Mention, Status

#: Mentions of one visit follow each other within this; a pause this long separates two visits.
SAME_VISIT = timedelta(days=5)
#: A report that names the official and no day is of the visit before it for so long. Of 487 trips
#: in the lists of the US Department of State's historian (2018-2022) no official began a second one
#: to the same state between 4 and 14 days after the first.
LATE_REPORT = timedelta(days=14)
#: An entry that looks back on a visit means one that began at most so long before.
RECALLED = timedelta(days=30)
#: How much evidence is copied into a visit, at most one entry a feed while there are others.
MOST_EVIDENCE = 5
MOST_FEEDS = 20


class Draft(NamedTuple):
    """A visit before it has an id; ``mentions`` are ordered by time and not empty."""

    visitor: str
    host: str
    official: str | None
    office: str | None
    status: Status
    start: date
    end: date
    dates_stated: bool
    mentions: tuple[Mention, ...]

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that speak of it, sorted, at most ``MOST_FEEDS``."""
        return tuple(sorted({one.evidence.feed for one in self.mentions}))[:MOST_FEEDS]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The entries to show: on the visit itself before recalling it, early, from many feeds."""
        seen: dict[str, int] = {}
        ranked = []
        for number, one in enumerate(self.mentions):
            turn = seen.get(one.evidence.feed, 0)
            seen[one.evidence.feed] = turn + 1
            ranked.append((one.background, turn, number))
        return tuple(self.mentions[number].evidence for _, _, number in sorted(ranked))[
            :MOST_EVIDENCE
        ]


def merge(mentions: Iterable[Mention]) -> tuple[Draft, ...]:
    """The visits that the mentions speak of, by their start."""
    drafts: list[Draft] = []
    ordered = _without_copies(sorted(mentions, key=chronological))
    for direction in sorted({(one.visitor, one.host) for one in ordered}):
        drafts += _one_direction([one for one in ordered if (one.visitor, one.host) == direction])
    return tuple(sorted(drafts, key=lambda draft: (draft.start, chronological(draft.mentions[0]))))


def _without_copies(ordered: Iterable[Mention]) -> list[Mention]:
    """The first of each text: what many feeds took from one agency is one source."""
    first: dict[str, Mention] = {}
    for one in ordered:
        first.setdefault(text_of(one), one)
    return list(first.values())


def text_of(mention: Mention) -> str:
    """What a mention and its copies have in common."""
    return f"{mention.evidence.content_hash} {mention.visitor} {mention.host}"


def same_official(one: str | None, other: str | None) -> bool:
    """Whether two names, as written, can be one person's: ``Shoigu`` and ``Sergei Shoigu``."""
    if one is None or other is None:
        return True
    words, others = one.casefold().split(), other.casefold().split()
    if not words or not others:
        return False
    if set(words) <= set(others) or set(others) <= set(words):
        return True
    return words[-1] == others[-1] and _same_first_name(words[0], others[0])


def _same_first_name(one: str, other: str) -> bool:
    """Whether two first names may be spellings of one: ``Sergei``, ``Sergey`` and ``S.`` are.

    So are those of which one ends with the other (``Antony``, ``Tony``) or of which all but the
    first letter is the same (``Aleksandr``, ``Oleksandr``), if they are long enough not to be
    Chinese surnames (``Chang``, ``Zhang``).
    """
    if one[0] == other[0]:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and longer.endswith(shorter):
        return True
    return len(shorter) >= 6 and one[1:] == other[1:]


def _one_direction(mentions: list[Mention]) -> list[Draft]:
    names = _people(mentions)
    named: dict[str, list[list[Mention]]] = {}
    for name in names:
        own = [one for one in mentions if _known_as(one, names) == name and not _recalls(one)]
        named[name] = _chains(own, late=LATE_REPORT)
    unnamed = [one for one in mentions if one.official is None and not _recalls(one)]
    chains = [chain for name in names for chain in named[name]]
    loose = []
    for one in unnamed:
        near = _nearest(one, chains)
        if near is None:
            loose.append(one)
        else:
            near.append(one)
    chains += _chains(loose, late=SAME_VISIT)
    for one in (one for one in mentions if _recalls(one)):
        recalled = _recalled(one, chains, names)
        if recalled is None:
            chains.append([one])
        else:
            recalled.append(one)
    return [_draft(sorted(chain, key=chronological)) for chain in chains]


def _recalls(mention: Mention) -> bool:
    """Whether an entry looks back: then its own time says little about the visit's.

    "Days after his visit", and also "visited" without a day.
    """
    return mention.background or (mention.status == "completed" and mention.start is None)


def _people(mentions: list[Mention]) -> list[str]:
    """One name a person, the fullest, longest first."""
    people: list[str] = []
    written = {one.official for one in mentions if one.official}
    for name in sorted(written, key=lambda name: (-len(name.split()), -len(name), name)):
        if not any(same_official(name, known) for known in people):
            people.append(name)
    return people


def _known_as(mention: Mention, people: list[str]) -> str | None:
    if mention.official is None:
        return None
    return next(name for name in people if same_official(mention.official, name))


def _chains(mentions: list[Mention], *, late: timedelta) -> list[list[Mention]]:
    """Mentions that follow each other without a long pause; ``late``: that of undated ones."""
    chains: list[list[Mention]] = []
    for one in sorted(mentions, key=lambda one: (_about(one), chronological(one))):
        pause = SAME_VISIT if one.start is not None else late
        if chains and _about(one) - max(map(_about, chains[-1])) <= pause:
            chains[-1].append(one)
        else:
            chains.append([one])
    return chains


def _nearest(mention: Mention, chains: list[list[Mention]]) -> list[Mention] | None:
    """The visit of a named official that an entry without a name speaks of."""
    near = [
        (min(abs(_about(mention) - _about(one)) for one in chain), number)
        for number, chain in enumerate(chains)
    ]
    best = min(near, default=None)
    return chains[best[1]] if best is not None and best[0] <= SAME_VISIT else None


def _recalled(
    mention: Mention, chains: list[list[Mention]], people: list[str]
) -> list[Mention] | None:
    """The latest visit before an entry that recalls one; None for one that is told to be older."""
    if mention.start is not None and _published(mention) - mention.start > RECALLED:
        return None
    name = _known_as(mention, people)
    fitting = [
        (max(map(_about, chain)), -number)
        for number, chain in enumerate(chains)
        if (name is None or any(same_official(name, one.official) for one in chain))
        and timedelta(0) <= _published(mention) - min(map(_about, chain)) <= RECALLED
    ]
    return chains[-max(fitting)[1]] if fitting else None


def _draft(chain: list[Mention]) -> Draft:
    start, end, stated = _days(chain)
    names = [one.official for one in chain if one.official]
    titled = [one for one in chain if one.office]
    fullest = max((len(name.split()) for name in names), default=0)
    official = next((name for name in names if len(name.split()) == fullest), None)
    return Draft(
        visitor=chain[0].visitor,
        host=chain[0].host,
        official=official,
        office=titled[0].office if titled else None,
        status=_status(chain),
        start=start,
        end=end,
        dates_stated=stated,
        mentions=tuple(chain),
    )


def _status(chain: list[Mention]) -> Status:
    """What the latest entry says; a rumour counts only where nobody knows more."""
    firm = [one for one in chain if one.status != "unconfirmed"]
    return firm[-1].status if firm else "unconfirmed"


def _days(chain: list[Mention]) -> tuple[date, date, bool]:
    """First and last day, and whether a text states them.

    Else they are read off publication: reports of a visit under way appear during it, later ones
    and a recap after it, an announcement before it.
    """
    stated = [one for one in chain if one.start is not None]
    if stated:
        starts = [one.start for one in stated if one.start is not None]
        ends = [one.end or one.start for one in stated]
        return min(starts), max(end for end in ends if end is not None), True
    ongoing = sorted(_published(one) for one in chain if one.status == "ongoing")
    if ongoing:
        end = ongoing[0]
        for day in ongoing:
            end = day if day - end <= SAME_VISIT else end
        return ongoing[0], end, False
    completed = [_published(one) for one in chain if one.status == "completed"]
    if completed:
        return min(completed), min(completed), False
    return _published(chain[-1]), _published(chain[-1]), False


def _about(mention: Mention) -> date:
    return mention.start or _published(mention)


def _published(mention: Mention) -> date:
    return mention.occurred_at.date()


def chronological(mention: Mention) -> tuple[object, ...]:
    """The order of mentions: by publication."""
    return (mention.occurred_at, mention.record_id)
