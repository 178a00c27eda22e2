"""Figures for entries that were not learned from: cross-validation, and the learning curve."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from learning.dice import Dice
from learning.grading import Read
from learning.labels import Example, entry_of
from learning.stories import folds, stories, whole_stories
from wheelsdown.records.news import Entry

#: Reads the visits of an entry; None where it is in a language that the reader can't read.
ReadEntry = Callable[[Entry], Sequence[Read] | None]
#: Makes a reader from examples.
Teach = Callable[[Sequence[Example]], ReadEntry]

#: Entries of these days are never learned from and never looked at: they are the final test.
FROZEN = (date(2023, 5, 1), date(2023, 6, 30))
FOLDS = 3


class Judged(NamedTuple):
    """What was read from an example by a reader that did not know it, nor any of its story."""

    example: Example
    story: int
    read: Sequence[Read]


def to_learn_from(examples: Sequence[Example]) -> list[Example]:
    """The examples outside the frozen months that share no story with one inside them."""
    told = stories(examples)
    frozen = {story for story, one in zip(told, examples, strict=True) if is_frozen(one)}
    return [
        one
        for story, one in zip(told, examples, strict=True)
        if story not in frozen and not is_frozen(one)
    ]


def is_frozen(example: Example) -> bool:
    """Whether an example was published in the frozen months."""
    return FROZEN[0] <= example.published <= FROZEN[1]


def cross_validated(
    examples: Sequence[Example],
    teach: Teach,
    rng: Dice,
    *,
    most: int | None = None,
) -> Iterator[Judged]:
    """Each example as read by a reader taught on other stories; ours are taught, not judged.

    ``most`` is how many examples are learned from, in whole stories drawn at random; None for all.
    """
    groups = stories(examples)
    fold_of = folds(groups, FOLDS, rng)
    for fold in range(FOLDS):
        known = [place for place, of in enumerate(fold_of) if of != fold]
        if most is not None:
            known = whole_stories(known, groups, most, rng)
        read = teach([examples[place] for place in known])
        for place, example in enumerate(examples):
            if fold_of[place] == fold and not example.written:
                yield Judged(example, groups[place], read(entry_of(example)) or ())


def as_read(examples: Sequence[Example], read: ReadEntry) -> Iterator[Judged]:
    """Each example, of ours none, as one reader has it."""
    for example, story in zip(examples, stories(examples), strict=True):
        if not example.written:
            yield Judged(example, story, read(entry_of(example)) or ())
