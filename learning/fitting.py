"""The fitting of numbers by scikit-learn, and how its results become ours.

Only who teaches needs scikit-learn; what is taught is read without it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from wheelsdown.reference.visit_model import Linear, Tree, Trees, Weights

#: Weights closer to zero are left out of the file.
_LEAST_WEIGHT = 0.03
_SEED = 7

#: Features of one example, by name; they are there or not.
Features = Sequence[str]


class Table(NamedTuple):
    """Examples and features as a matrix, and the column of each feature."""

    matrix: Any
    columns: Mapping[str, int]


def table(
    features: Sequence[Features], least: int, room: Callable[[str], float] | None = None
) -> Table:
    """The matrix of all features that ``least`` examples have; ``room`` scales a feature."""
    counts = Counter(feature for found in features for feature in set(found))
    kept = sorted(feature for feature, count in counts.items() if count >= least)
    columns = {feature: number for number, feature in enumerate(kept)}
    indices: list[int] = []
    ends = [0]
    for found in features:
        indices += sorted({columns[feature] for feature in found if feature in columns})
        ends.append(len(indices))
    values = np.ones(len(indices), np.float32)
    if room is not None:
        values = np.array([room(feature) for feature in kept], np.float32)[indices]
    shape = (len(features), len(kept))
    return Table(csr_matrix((values, indices, ends), shape=shape), columns)


def fit_logistic(matrix: Any, labels: Any, strength: float, weights: Any = None) -> Any:
    """A fitted classifier of two classes; ``strength`` is the inverse of regularisation."""
    fitted = LogisticRegression(C=strength, solver="liblinear", max_iter=300, tol=1e-3)
    return fitted.fit(matrix, labels, sample_weight=weights)


def linear(fitted: Any, columns: Mapping[str, int]) -> Linear:
    """The readable form of a fitted classifier of two classes."""
    found = fitted.coef_[0]
    return Linear(
        intercept=round(float(fitted.intercept_[0]), 4),
        weights={
            feature: round(float(found[number]), 3)
            for feature, number in columns.items()
            if abs(found[number]) >= _LEAST_WEIGHT
        },
    )


def fit_weights(
    features: Sequence[Features],
    labels: Sequence[str],
    weights: Sequence[float],
    strength: float,
    room: Callable[[str], float],
) -> Weights:
    """A classifier of several classes; ``room`` scales a feature while it is taught."""
    examples = table(features, 2, room)
    fitted: Any = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
    fitted.fit(examples.matrix, labels, sample_weight=np.array(weights))
    scale = np.array([room(feature) for feature in examples.columns])
    found, bias = fitted.coef_ * scale, fitted.intercept_
    if len(fitted.classes_) == 2:  # one row of weights, for the second class
        found = np.vstack([np.zeros(len(scale)), found[0]])
        bias = np.array([0.0, bias[0]])
    readable = {
        feature: tuple(round(float(one), 3) for one in found[:, number])
        for feature, number in examples.columns.items()
        if np.abs(found[:, number]).max() >= _LEAST_WEIGHT
    }
    readable["bias"] = tuple(round(float(one), 3) for one in bias)
    return Weights(classes=tuple(map(str, fitted.classes_)), weights=readable)


def fit_trees(
    columns: Sequence[str],
    rows: Sequence[Sequence[float]],
    told: Sequence[bool],
    weights: Sequence[float],
) -> Trees:
    """Gradient-boosted trees over named columns.

    Their number and size were chosen by cross-validation on January to April 2023, where half or
    twice as much of either changes the F1 by less than 0.01.
    """
    fitted: Any = HistGradientBoostingClassifier(
        max_iter=160,
        learning_rate=0.05,
        max_leaf_nodes=10,
        min_samples_leaf=25,
        l2_regularization=3,
        max_features=0.4,
        early_stopping=False,
        random_state=_SEED,
    )
    fitted.fit(np.array(rows), told, sample_weight=np.array(weights))
    # scikit-learn has no public way to its trees.
    return Trees(
        columns=tuple(columns),
        intercept=round(float(fitted._baseline_prediction[0][0]), 4),  # noqa: SLF001
        trees=tuple(_tree(found[0].nodes) for found in fitted._predictors),  # noqa: SLF001
    )


def _tree(nodes: Any) -> Tree:
    """A tree of scikit-learn's as ours, rounded."""
    return Tree(
        column=tuple(-1 if node["is_leaf"] else int(node["feature_idx"]) for node in nodes),
        split=tuple(
            0.0 if node["is_leaf"] else round(float(node["num_threshold"]), 4) for node in nodes
        ),
        left=tuple(int(node["left"]) for node in nodes),
        right=tuple(int(node["right"]) for node in nodes),
        value=tuple(round(float(node["value"]), 4) if node["is_leaf"] else 0.0 for node in nodes),
    )
