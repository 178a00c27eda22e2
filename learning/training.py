"""Teaching the classifier of visits from labelled entries.

Linear classifiers learn from the words of entries, mentions, links and pairs; decision trees learn
to weigh what those say. The trees must see the linear classifiers as they are on entries that they
did not learn from, so these are taught several times, each time without some of the stories.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from learning.dice import Dice
from learning.fitting import fit_logistic, fit_trees, linear, table
from learning.labels import Example
from learning.stories import folds, stories
from learning.training_when import UNTAUGHT, fit_when
from processors.visits.classifier import codes_by_place, links_of, probability, scores_of
from processors.visits.evidence import evidence
from processors.visits.features import entry_features, pair_features, role_features
from processors.visits.reader import Grounds
from processors.visits.scene import Pair, Scene, ground_of
from wheelsdown.reference.visit_model import Linear, Trees, VisitModel

#: Inverse strength of regularisation of each linear classifier, chosen by cross-validation on
#: January to April 2023.
_ENTRY_C, _ROLE_C, _LINK_C, _PAIR_C = 0.1, 0.05, 0.3, 0.3
#: A feature that fewer examples have is left out.
_LEAST_COUNT = 3
#: A link of a visit counts as telling it when it is so close to the best one; rounds of learning.
_CLOSE, _ROUNDS = 0.7, 3
#: An entry that we wrote counts for less than a real one: it is worded as we would.
_WRITTEN = 0.3
#: Less still for the trees, which weigh how often what the linear classifiers say is true: real
#: news has another mix. But of bare titles ("PM leaves for Tokyo") it has few.
_WRITTEN_ROW = 0.25
_PARTS = 3
#: F1 values this close can't be told apart on some 2,300 labelled visits.
_AS_GOOD = 0.005


class Lesson(NamedTuple):
    """An example taken apart, and its pairs."""

    example: Example
    grounds: Grounds
    gold: frozenset[Pair]

    @property
    def scene(self) -> Scene:
        """Where its mentions are."""
        return self.grounds.scene

    @property
    def weight(self) -> float:
        """How much it counts."""
        return _WRITTEN if self.example.written else 1.0


class Row(NamedTuple):
    """A pair of a lesson as the trees see it."""

    lesson: int
    pair: Pair
    values: dict[str, float]
    told: bool
    weight: float


def train(examples: Sequence[Example], read: Callable[[Example], Grounds], rng: Dice) -> VisitModel:
    """A classifier taught from examples; ``read`` takes one apart, ``rng`` draws the parts."""
    lessons = lessons_of(examples, read)
    parts = folds(stories(examples), _PARTS, rng)
    rows = unseen_rows(lessons, parts)
    linears = fit_linears(lessons)
    return replace(
        linears,
        trained={
            "entries": str(len(lessons)),
            "of them written for it": str(sum(one.written for one in examples)),
            "visits": str(sum(len(lesson.gold) for lesson in lessons)),
            "first day": min(one.published for one in examples).isoformat(),
            "last day": max(one.published for one in examples).isoformat(),
        },
        threshold=_threshold(lessons, rows, parts),
        trees=trees_of(rows),
        when=fit_when(lessons, linears, parts),
    )


def lessons_of(examples: Iterable[Example], read: Callable[[Example], Grounds]) -> list[Lesson]:
    """The examples, taken apart."""
    return [
        Lesson(example, read(example), frozenset(event.pair for event in example.events))
        for example in examples
    ]


def fit_linears(lessons: Sequence[Lesson]) -> VisitModel:
    """A model whose linear classifiers are taught, and nothing else."""
    return VisitModel(
        trained={},
        threshold=0.5,
        entry=_fit(
            [list(entry_features(lesson.scene.lines)) for lesson in lessons],
            [bool(lesson.gold) for lesson in lessons],
            [lesson.weight for lesson in lessons],
            _ENTRY_C,
        ),
        **_fit_roles(lessons),
        link=_fit_links(lessons),
        pair=_fit_pairs(lessons),
        trees=Trees(columns=(), intercept=0.0, trees=()),
        when=UNTAUGHT,
    )


def _fit(
    features: Sequence[Sequence[str]],
    told: Sequence[bool],
    weights: Sequence[float],
    strength: float,
) -> Linear:
    examples = table(features, _LEAST_COUNT)
    fitted = fit_logistic(examples.matrix, np.asarray(told), strength, np.asarray(weights))
    return linear(fitted, examples.columns)


def _fit_roles(lessons: Sequence[Lesson]) -> dict[str, Linear]:
    features, visitors, hosts, weights = [], [], [], []
    for lesson in lessons:
        for mention in lesson.scene.mentions:
            features.append(role_features(lesson.scene.lines[mention.sentence], mention))
            visitors.append(any(pair[0] == mention.code for pair in lesson.gold))
            hosts.append(any(pair[1] == ground_of(mention.code) for pair in lesson.gold))
            weights.append(lesson.weight)
    return {
        "visitor": _fit(features, visitors, weights, _ROLE_C),
        "host": _fit(features, hosts, weights, _ROLE_C),
    }


def _fit_pairs(lessons: Sequence[Lesson]) -> Linear:
    features, told, weights = [], [], []
    for lesson in lessons:
        codes = codes_by_place(lesson.scene)
        for pair in lesson.scene.couples:
            features.append(list(pair_features(lesson.scene.lines, codes, *pair)))
            told.append(pair in lesson.gold)
            weights.append(lesson.weight)
    return _fit(features, told, weights, _PAIR_C)


def _fit_links(lessons: Sequence[Lesson]) -> Linear:
    """The classifier of links. A label tells of a pair only: its best link is the one that told.

    At first all links of a visit count a little, then those that the round before held for good.
    """
    features: list[list[str]] = []
    owner: list[int] = []
    gold: list[bool] = []
    weight: list[float] = []
    for lesson in lessons:
        for pair, couples in lesson.scene.couples.items():
            for visitor, host in couples:
                for _, found in links_of(lesson.scene, visitor, host):
                    features.append(found)
                    owner.append(len(gold))
            gold.append(pair in lesson.gold)
            weight.append(lesson.weight)
    examples = table(features, _LEAST_COUNT)
    owners = np.asarray(owner)
    told = np.asarray(gold)[owners]
    fitted: Any = None
    for _ in range(_ROUNDS):
        weights = np.asarray(weight)[owners]
        kept = np.ones(len(owners), bool)
        if fitted is None:
            weights[told] *= np.bincount(owners)[owners][told] ** -0.5
        else:
            scores = examples.matrix @ fitted.coef_[0]
            best = np.full(len(gold), -np.inf)
            np.maximum.at(best, owners, scores)
            kept = ~told | (scores >= best[owners] - _CLOSE)
        fitted = fit_logistic(examples.matrix[kept], told[kept], _LINK_C, weights[kept])
    return linear(fitted, examples.columns)


def unseen_rows(lessons: Sequence[Lesson], parts: Sequence[int]) -> list[Row]:
    """The rows of all lessons, weighed by classifiers that did not learn from their part."""
    rows = []
    for part in sorted(set(parts)):
        learned = [lesson for lesson, one in zip(lessons, parts, strict=True) if one != part]
        held_out = [number for number, one in enumerate(parts) if one == part]
        rows += rows_of(lessons, held_out, fit_linears(learned))
    return rows


def rows_of(lessons: Sequence[Lesson], numbers: Iterable[int], model: VisitModel) -> list[Row]:
    """The rows of some lessons, weighed by a model's linear classifiers."""
    rows = []
    for number in numbers:
        lesson = lessons[number]
        scores = scores_of(lesson.scene, model, lesson.grounds.by_patterns)
        for pair, values in evidence(lesson.scene, scores, lesson.grounds.by_patterns).items():
            weight = _WRITTEN_ROW if lesson.example.written else 1.0
            rows.append(Row(number, pair, values, pair in lesson.gold, weight))
    return rows


def trees_of(rows: Sequence[Row]) -> Trees:
    """Decision trees over the evidence in rows."""
    return fit_trees(
        tuple(rows[0].values),
        [tuple(row.values.values()) for row in rows],
        [row.told for row in rows],
        [row.weight for row in rows],
    )


def _threshold(lessons: Sequence[Lesson], rows: Sequence[Row], parts: Sequence[int]) -> float:
    """The probability from which on a pair counts.

    The middle of those whose F1 on unseen parts can't be told from the best one's: the best of a
    flat curve is a matter of chance.
    """
    wanted = sum(len(lesson.gold) for lesson in lessons if not lesson.example.written)
    chances = []
    for part in sorted(set(parts)):
        trees = trees_of([row for row in rows if parts[row.lesson] != part])
        chances += [
            (probability(trees, tuple(row.values.values())), row.told)
            for row in rows
            if parts[row.lesson] == part and not lessons[row.lesson].example.written
        ]
    right = 0
    curve = []
    for count, (chance, told) in enumerate(sorted(chances, reverse=True), start=1):
        right += told
        curve.append((2 * right / (count + wanted), chance))
    good = max(f1 for f1, _ in curve) - _AS_GOOD
    as_good = [chance for f1, chance in curve if f1 >= good]
    return round((as_good[0] + as_good[-1]) / 2, 3)
