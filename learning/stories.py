"""Which entries tell one story, so that no story is both learned from and tested on.

News repeats itself: agencies are copied, and a visit is in the papers for days. Two entries are of
one story when their texts are nearly the same and lie close in time, or when they are about visits
of the same two states within a few days.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from learning.dice import Dice
from learning.labels import Example

#: Entries of the same two states so many days apart may be about one visit. Ours.
VISIT_DAYS = 3
#: Copies and rewrites follow within a week; standing heads ("Morning briefing") recur for ever.
COPY_DAYS = 7
#: The share of all their three-word sequences that near copies have in common. Ours.
COPY_SHARE = 0.3
#: The share of all their words that the titles of copies have in common, and how many at least.
TITLE_SHARE = 0.6
TITLE_WORDS = 4
#: So much of a text tells whether it is a copy.
_TEXT_CHARS = 400

_WORD = re.compile(r"[^\W_]+")


def stories(examples: Sequence[Example]) -> tuple[int, ...]:
    """The story of each example, as the place of its first example. Pure and in any order alike."""
    joined = _Joined(len(examples))
    words = [_words(one) for one in examples]
    _join_same_texts(words, joined)
    days = [one.published.toordinal() for one in examples]
    for share, least, sets in (
        (TITLE_SHARE, TITLE_WORDS, [frozenset(title) for title, _ in words]),
        (COPY_SHARE, 1, [_shingles(text) for _, text in words]),
    ):
        for one, other in _alike(sets, days, share=share, least=least):
            joined.join(one, other)
    for one, other in _same_visit(examples, days):
        joined.join(one, other)
    return tuple(joined.first(place) for place in range(len(examples)))


def folds(groups: Sequence[int], count: int, rng: Dice) -> tuple[int, ...]:
    """The fold, 0 to ``count`` - 1, of each member; groups stay whole, folds are of like size."""
    members: dict[int, int] = defaultdict(int)
    for group in groups:
        members[group] += 1
    order = sorted(members)
    rng.shuffle(order)
    order.sort(key=lambda group: -members[group])  # the large ones first: the small ones even out
    sizes = [0] * count
    fold_of: dict[int, int] = {}
    for group in order:
        fold = sizes.index(min(sizes))
        fold_of[group] = fold
        sizes[fold] += members[group]
    return tuple(fold_of[group] for group in groups)


def whole_stories(places: Iterable[int], groups: Sequence[int], most: int, rng: Dice) -> list[int]:
    """Of some places, those of randomly drawn whole groups until there are ``most`` of them."""
    by_group: dict[int, list[int]] = defaultdict(list)
    for place in places:
        by_group[groups[place]].append(place)
    order = sorted(by_group)
    rng.shuffle(order)
    drawn: list[int] = []
    for group in order:
        if len(drawn) >= most:
            break
        drawn += by_group[group]
    return drawn


class _Joined:
    """Sets that are joined; each is known by its first place."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def first(self, place: int) -> int:
        above = self._above
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.first(one), self.first(other)))
        self._above[high] = low


def _words(example: Example) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the title, and of title and summary."""
    title = tuple(_WORD.findall(example.title.lower()))
    return title, (*title, *_WORD.findall(example.summary[:_TEXT_CHARS].lower()))


def _shingles(text: Sequence[str]) -> frozenset[str]:
    return frozenset(" ".join(three) for three in zip(text, text[1:], text[2:], strict=False))


def _join_same_texts(
    words: Sequence[tuple[tuple[str, ...], tuple[str, ...]]], joined: _Joined
) -> None:
    known: dict[tuple[str, ...], int] = {}
    for place, (_, text) in enumerate(words):
        joined.join(known.setdefault(text, place), place)


def _alike(
    sets: Sequence[frozenset[str]], days: Sequence[int], *, share: float, least: int
) -> Iterator[tuple[int, int]]:
    """All pairs within ``COPY_DAYS`` that have at least ``share`` of all their members in common.

    Two such sets have in common one of the rarest members of each, if enough of these are taken
    (prefix filtering: Bayardo, Ma and Srikant, WWW 2007).
    """
    count: dict[str, int] = defaultdict(int)
    for one in sets:
        for member in one:
            count[member] += 1
    holders: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(sets):
        if len(one) < least:
            continue
        rarest = sorted(one, key=lambda member: (count[member], member))
        seen: set[int] = set()
        for member in rarest[: int(len(one) * (1 - share)) + 2]:  # one to spare for rounding
            for other in holders[member]:
                if other in seen or abs(days[place] - days[other]) > COPY_DAYS:
                    continue
                seen.add(other)
                both = len(one & sets[other])
                if both >= share * (len(one) + len(sets[other]) - both):
                    yield other, place
            holders[member].append(place)


def _same_visit(examples: Sequence[Example], days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours in time that are about visits of the same two states."""
    by_pair: dict[frozenset[str], list[tuple[int, int]]] = defaultdict(list)
    for place, example in enumerate(examples):
        for event in example.events:
            if not event.background:
                by_pair[frozenset(event.pair)].append((days[place], place))
    for found in by_pair.values():
        found.sort()
        for (day, place), (next_day, following) in itertools.pairwise(found):
            if next_day - day <= VISIT_DAYS:
                yield place, following
