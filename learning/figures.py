"""Figures from counts, with intervals by drawing whole stories again and again (bootstrap)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from learning.dice import Dice
from learning.grading import SCOPES, SHARES, Graded

#: So many draws make the ends of a 95 % interval steady to half a hundredth.
DRAWS = 1_000
_TAIL = 0.025


class Figure(NamedTuple):
    """A ratio; ``low`` and ``high`` are the ends of its 95 % interval.

    ``whole`` is what it is a part of: found and wanted together for an F1. A figure without a case
    has the value 0.
    """

    value: float
    low: float
    high: float
    whole: float


#: Each figure: what is counted above the line, how often, and what below.
_RATIOS: Mapping[str, tuple[str, int, tuple[str, ...]]] = {
    **{
        f"{scope} {name}": (f"{scope} right", times, tuple(f"{scope} {one}" for one in below))
        for scope in SCOPES
        for name, times, below in (
            ("precision", 1, ("found",)),
            ("recall", 1, ("wanted",)),
            ("F1", 2, ("found", "wanted")),
        )
    },
    **{share: (f"{share} right", 1, (f"{share} of",)) for share in SHARES},
}


def figures(graded: Sequence[Graded], groups: Sequence[int], rng: Dice) -> dict[str, Figure]:
    """All figures by name: precision, recall and F1 of each scope, and each share.

    ``groups`` tells the story of each entry: those of one story are drawn together.
    """
    names = sorted({part for above, _, below in _RATIOS.values() for part in (above, *below)})
    place = {name: number for number, name in enumerate(names)}
    summed: dict[int, list[float]] = {}
    for one, group in zip(graded, groups, strict=True):
        row = summed.setdefault(group, [0.0] * len(names))
        for name, count in _counts(one):
            row[place[name]] += count
    rows = [row for _, row in sorted(summed.items())]
    ratios = {
        name: (place[above], times, tuple(place[one] for one in below))
        for name, (above, times, below) in _RATIOS.items()
    }
    drawn: dict[str, list[float]] = {name: [] for name in ratios}
    for total in _drawn(rows, rng):
        for name, ratio in ratios.items():
            value = _ratio(total, ratio)
            if value is not None:
                drawn[name].append(value)
    total = [sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * len(names)
    return {name: _figure(total, ratio, drawn[name]) for name, ratio in ratios.items()}


def _counts(one: Graded) -> Iterator[tuple[str, float]]:
    """The counts of an entry, those of all pairs also weighted as in the news."""
    yield from one.counts.items()
    if one.example.weight is not None:
        for name in ("right", "found", "wanted"):
            yield f"news {name}", one.counts[f"all {name}"] * one.example.weight


def _drawn(rows: Sequence[Sequence[float]], rng: Dice) -> Iterator[list[float]]:
    """The sums of as many rows, drawn with repetition, ``DRAWS`` times."""
    telling = [row for row in rows if any(row)]
    everywhere = range(len(rows))
    for _ in range(DRAWS if telling else 0):
        # Rows of zeros, most of them, are drawn as numbers beyond the end, and cost no sum.
        numbers = rng.choices(everywhere, k=len(rows))
        chosen = [telling[number] for number in numbers if number < len(telling)]
        if chosen:
            yield [sum(column) for column in zip(*chosen, strict=True)]


def _ratio(total: Sequence[float], ratio: tuple[int, int, tuple[int, ...]]) -> float | None:
    above, times, below = ratio
    whole = sum(total[one] for one in below)
    return times * total[above] / whole if whole else None


def _figure(
    total: Sequence[float], ratio: tuple[int, int, tuple[int, ...]], drawn: list[float]
) -> Figure:
    value = _ratio(total, ratio)
    if value is None:
        return Figure(0.0, 0.0, 0.0, 0.0)
    drawn.sort()
    last = len(drawn) - 1
    return Figure(
        value=value,
        low=drawn[round(_TAIL * last)] if drawn else value,
        high=drawn[round((1 - _TAIL) * last)] if drawn else value,
        whole=sum(total[one] for one in ratio[2]),
    )
