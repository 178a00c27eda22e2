"""What the trained weights say of a scene: the evidence for each pair of visitor and host."""

import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from processors.visits.features import (
    across_features,
    across_order,
    couple_features,
    end_features,
    entry_features,
    no_word_features,
    pair_features,
    role_features,
    surroundings,
    visit_words_near,
    word_features,
)
from processors.visits.scene import Couples, Pair, Scene
from wheelsdown.reference.visit_model import Linear, Tree, Trees, VisitModel

#: Below these an entry without a pattern, and a pair by its best link, are not looked at further:
#: they are most of the news and two in five pairs. Of 2,301 labelled visits of January to April
#: 2023, 54 lay below the second; not one of them reached a probability of 0.42 in cross-validation.
_NO_VISIT = -3.5
_HOPELESS = -3.7
#: So many couples of a pair are weighed, the likeliest by who they are: a text that names two
#: states again and again has dozens.
_MOST_COUPLES = 3


class Link(NamedTuple):
    """A visitor and a host, as places in the scene's mentions, with the visit word between them.

    ``word`` is its place in the sentence; None without one, or when the two are in two sentences.
    ``score`` is the logarithm of the odds that the words tell of a visit.
    """

    visitor: int
    host: int
    word: int | None
    score: float


class Scores(NamedTuple):
    """Logarithms of odds: of the entry, of each mention as visitor and host, of links and pairs.

    ``links`` has for each pair its links, the best first.
    """

    entry: float
    visitors: Sequence[float]
    hosts: Sequence[float]
    links: Mapping[Pair, Sequence[Link]]
    pairs: Mapping[Pair, float]


def weigh(linear: Linear, features: Iterable[str]) -> float:
    """The logarithm of the odds."""
    return linear.intercept + sum(map(linear.weights.get, features, itertools.repeat(0.0)))


def scores_of(scene: Scene, model: VisitModel, by_patterns: Collection[Pair]) -> Scores:
    """What the linear classifiers say; ``by_patterns`` are the pairs that patterns found."""
    entry = weigh(model.entry, entry_features(scene.lines))
    if entry < _NO_VISIT and not by_patterns:
        return Scores(entry, (), (), {}, {})
    visitors, hosts = [], []
    for mention in scene.mentions:
        found = role_features(scene.lines[mention.sentence], mention)
        visitors.append(weigh(model.visitor, found))
        hosts.append(weigh(model.host, found))
    links = _links(scene, _likely(scene, visitors, hosts), model.link)
    codes = codes_by_place(scene)
    return Scores(
        entry=entry,
        visitors=visitors,
        hosts=hosts,
        links=links,
        pairs={
            pair: weigh(model.pair, frozenset(pair_features(scene.lines, codes, *pair)))
            for pair in links
        },
    )


def _likely(scene: Scene, visitors: Sequence[float], hosts: Sequence[float]) -> Couples:
    """The couples of each pair that are worth weighing: the likeliest visitors and hosts."""

    def chance(couple: tuple[int, int]) -> float:
        return visitors[couple[0]] + hosts[couple[1]]

    return {
        pair: sorted(couples, key=chance, reverse=True)[:_MOST_COUPLES]
        for pair, couples in scene.couples.items()
    }


def codes_by_place(scene: Scene) -> dict[tuple[int, int], list[str]]:
    """For sentence and place the states that a mention may stand for; pronouns left out."""
    codes: dict[tuple[int, int], list[str]] = defaultdict(list)
    for mention in scene.mentions:
        if mention.kind != "H":
            codes[mention.sentence, mention.at].append(mention.code)
    return codes


def links_of(scene: Scene, visitor: int, host: int) -> list[tuple[int | None, list[str]]]:
    """The features of each link of a couple, beside the place of its visit word."""
    one, other = scene.mentions[visitor], scene.mentions[host]
    line = scene.lines[one.sentence]
    if one.sentence != other.sentence:
        order = across_order(one, other)
        ends = [*end_features("v", order, line, one)]
        ends += end_features("h", order, scene.lines[other.sentence], other)
        return [(None, [*across_features(one, other), *ends])]
    shared = [
        *couple_features(line, one, other),
        *surroundings("v", line, one),
        *surroundings("h", line, other),
    ]
    found: list[tuple[int | None, list[str]]] = [
        (None, shared + list(no_word_features(one, other)))
    ]
    for at in visit_words_near(line, one, other):
        found.append((at, shared + list(word_features(line, one, other, at))))
    return found


def _links(scene: Scene, likely: Couples, linear: Linear) -> dict[Pair, list[Link]]:
    """As ``links_of``, but what several links share is weighed once."""
    bare = Linear(intercept=0.0, weights=linear.weights)
    known: dict[tuple[str, str, int], float] = {}

    def beside(end: str, order: str, place: int) -> float:
        weight = known.get((end, order, place))
        if weight is None:
            mention = scene.mentions[place]
            line = scene.lines[mention.sentence]
            if order:
                weight = weigh(bare, end_features(end, order, line, mention))
            else:
                weight = weigh(bare, surroundings(end, line, mention))
            known[end, order, place] = weight
        return weight

    found: dict[Pair, list[Link]] = {}
    for pair, couples in likely.items():
        links = []
        for v, h in couples:
            one, other = scene.mentions[v], scene.mentions[h]
            if one.sentence != other.sentence:
                order = across_order(one, other)
                across = weigh(linear, across_features(one, other))
                across += beside("v", order, v) + beside("h", order, h)
                links.append(Link(v, h, None, across))
                continue
            line = scene.lines[one.sentence]
            shared = weigh(linear, couple_features(line, one, other))
            shared += beside("v", "", v) + beside("h", "", h)
            links.append(Link(v, h, None, shared + weigh(bare, no_word_features(one, other))))
            for at in visit_words_near(line, one, other):
                score = shared + weigh(bare, word_features(line, one, other, at))
                links.append(Link(v, h, at, score))
        links.sort(key=lambda link: -link.score)
        if links[0].score >= _HOPELESS:
            found[pair] = links
    return found


def probability(trees: Trees, row: Sequence[float]) -> float:
    """The probability by the trees, for the values of their columns."""
    total = trees.intercept + sum(_value(tree, row) for tree in trees.trees)
    return 1 / (1 + math.exp(-total))


def _value(tree: Tree, row: Sequence[float]) -> float:
    node = 0
    column, split, left, right = tree.column, tree.split, tree.left, tree.right
    while column[node] >= 0:
        node = left[node] if row[column[node]] <= split[node] else right[node]
    return tree.value[node]
