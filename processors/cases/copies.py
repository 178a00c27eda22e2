"""Which entries are copies of one text: what many feeds took from one agency is one source."""

import re
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from wheelsdown.records.visits import Mention

#: A text is passed on within this. Of 489 titles that a second one of 22 feeds had word for word in
#: January to April 2023, 9 came later.
PASSED_ON = timedelta(days=3)
#: Two titles with so large a share of their words in common are one, changed by a desk. Ours, read
#: off titles of the same months: between 0.6 and 0.7 two desks often tell one event in their own
#: words, from 0.8 on hardly ever.
SAME_WORDS = 0.8
#: Fewer words agree by chance.
LEAST_WORDS = 6

_WORD = re.compile(r"[^\W_]+")
#: Behind the last of these a feed may put its own name.
_NAME_AFTER = re.compile(r"\s[-|\N{EN DASH}\N{EM DASH}]\s(?!.*\s[-|\N{EN DASH}\N{EM DASH}]\s)")


class Heard(NamedTuple):
    """Mentions sorted out; all by record id.

    ``reports`` tell something, in the order given; ``copies`` only repeat the report they stand
    with; reports with one number in ``sources`` come from one text.
    """

    reports: tuple[Mention, ...]
    copies: dict[str, tuple[Mention, ...]]
    sources: dict[str, int]


def heard(ordered: Sequence[Mention]) -> Heard:
    """Sort out mentions of one visitor and host, given by time.

    An entry with the same text (equal hash) repeats the first. One whose title is nearly the same,
    from another feed, is of the same source; what else it says counts, when its summary says more.
    """
    reports: list[Mention] = []
    copies: dict[str, list[Mention]] = {}
    sources: dict[str, int] = {}
    first_with: dict[str, Mention] = {}
    firsts: deque[Mention] = deque()
    for one in ordered:
        text = one.evidence.content_hash
        repeated = first_with.get(text)
        if repeated is None:
            while firsts and one.occurred_at - firsts[0].occurred_at > PASSED_ON:
                firsts.popleft()
            first = next((known for known in firsts if _from_one_text(known, one)), None)
            if first is None:
                firsts.append(one)
                sources[one.record_id] = len(sources)
            else:
                sources[one.record_id] = sources[first.record_id]
                repeated = next((it for it in reports if _tells_the_same(it, one, sources)), None)
            first_with[text] = repeated or one
        if repeated is None:
            reports.append(one)
        else:
            copies.setdefault(repeated.record_id, []).append(one)
    return Heard(tuple(reports), {key: tuple(found) for key, found in copies.items()}, sources)


def _tells_the_same(known: Mention, new: Mention, sources: dict[str, int]) -> bool:
    return sources[known.record_id] == sources[new.record_id] and _reading(known) == _reading(new)


def _reading(one: Mention) -> tuple[object, ...]:
    return (one.official, one.office, one.status, one.kind, one.start, one.end, one.background)


def _from_one_text(known: Mention, new: Mention) -> bool:
    """Whether the title of ``new`` is the one of ``known`` in another feed, maybe with changes."""
    if known.evidence.feed == new.evidence.feed:
        return False
    one, other = _title(known.evidence.title), _title(new.evidence.title)
    if other.words in (one.words, one.unnamed) or one.words == other.unnamed:
        return bool(one.words)
    fewer, more = sorted((len(one.different), len(other.different)))
    if fewer < LEAST_WORDS or fewer < SAME_WORDS * more:
        return False
    common = len(one.different & other.different)
    return common >= SAME_WORDS * (fewer + more - common)


class _Title(NamedTuple):
    """A title's words in lower case; ``unnamed`` without what may be the feed's name at its end."""

    words: tuple[str, ...]
    unnamed: tuple[str, ...]
    different: frozenset[str]


@lru_cache(maxsize=4_096)
def _title(text: str) -> _Title:
    folded = text.casefold()
    words = tuple(_WORD.findall(folded))
    named = _NAME_AFTER.search(folded)
    unnamed = tuple(_WORD.findall(folded[: named.start()])) if named else words
    return _Title(words, unnamed, frozenset(words))
