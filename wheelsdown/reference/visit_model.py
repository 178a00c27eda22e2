"""The trained classifier of visits: numbers beside the words that they weigh, as a readable file.

``data/visit_model.json`` is written by ``wheelsdown visits train`` and holds weights of features
that read like words (processors/visits/features.py says what each means) and small decision trees
over named columns (processors/visits/evidence.py).
"""

import functools
import json
import math
from collections.abc import Iterable
from importlib import resources

import msgspec


class Linear(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic classifier: the sum of the weights of the features that are there.

    The sum is the logarithm of the odds; features without a weight count nothing.
    """

    intercept: float
    weights: dict[str, float]


class Tree(msgspec.Struct, frozen=True, array_like=True):
    """A decision tree. At node ``n`` go ``left[n]`` when ``column[n]`` is at most ``split[n]``.

    A ``column`` of -1 marks a leaf, whose ``value`` adds to the logarithm of the odds.
    """

    column: tuple[int, ...]
    split: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]


class Trees(msgspec.Struct, frozen=True, kw_only=True):
    """Trees whose values add up, over columns that are named so that a stranger can read them."""

    columns: tuple[str, ...]
    intercept: float
    trees: tuple[Tree, ...]


class Weights(msgspec.Struct, frozen=True):
    """A linear classifier of several classes: for each feature a weight per class.

    ``bias`` is a feature that is always there.
    """

    classes: tuple[str, ...]
    weights: dict[str, tuple[float, ...]]

    def scores(self, features: Iterable[str]) -> list[float]:
        """The sum of weights of each class."""
        weighed = [self.weights.get("bias", (0.0,) * len(self.classes))]
        weighed += filter(None, map(self.weights.get, features))
        return [sum(weights) for weights in zip(*weighed, strict=True)]

    def best(self, features: Iterable[str]) -> str:
        """The class with the highest score."""
        sums = self.scores(features)
        return self.classes[sums.index(max(sums))]

    def probability(self, features: Iterable[str]) -> float:
        """How likely the second of two classes is."""
        no, yes = self.scores(features)
        return 1 / (1 + math.exp(min(no - yes, 500)))


class WhenModel(msgspec.Struct, frozen=True):
    """When a visit is, from the words around it.

    ``day``: whether a stated day is its first one; ``status``; ``background``: whether an entry
    only recalls it; ``kind``: whether it is a meeting in a third place. ``day`` and
    ``background`` have the classes no and yes, in this order.
    """

    day: Weights
    status: Weights
    background: Weights
    kind: Weights


class VisitModel(msgspec.Struct, frozen=True, kw_only=True):
    """All that was learned.

    ``entry``: whether an entry tells of any visit; ``visitor`` and ``host``: whether a mention is
    one; ``link``: whether words connect a visitor and a host; ``pair``: whether an entry speaks of
    a visit by one state to another; ``trees`` weigh all of that. A pair whose probability reaches
    ``threshold`` is a visit; ``when`` weighs the words around it. ``trained`` says on what.
    """

    trained: dict[str, str]
    threshold: float
    entry: Linear
    visitor: Linear
    host: Linear
    link: Linear
    pair: Linear
    trees: Trees
    when: WhenModel


@functools.cache
def load_visit_model() -> VisitModel:
    """The classifier that ships with this package."""
    file = resources.files("wheelsdown.reference").joinpath("data", "visit_model.json")
    return decode_visit_model(file.read_bytes())


def decode_visit_model(data: bytes) -> VisitModel:
    """A classifier from the bytes of a file; msgspec.DecodeError when they are none."""
    return msgspec.json.decode(data, type=VisitModel)


def encode_visit_model(model: VisitModel) -> bytes:
    """The bytes of a file: one weight or tree a line, features in alphabetical order."""
    return f"{_lines(msgspec.to_builtins(model))}\n".encode()


def _lines(value: object) -> str:
    """JSON whose members have a line each, and lists of numbers one line."""
    if isinstance(value, dict):
        members = (
            f"{json.dumps(key, ensure_ascii=False)}: {_lines(value[key])}" for key in sorted(value)
        )
        return "{\n" + ",\n".join(members) + "\n}"
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        rows = (json.dumps(row, separators=(",", ":")) for row in value)
        return "[\n" + ",\n".join(rows) + "\n]"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
