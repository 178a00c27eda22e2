"""Figures of the reader in words and tables, as plain lines."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from consumers.wording import clean
from learning.figures import Figure
from learning.grading import MISTAKES, Graded
from wheelsdown.records.visits import Status

_SCOPES = {
    "all": "all pairs",
    "strict": "main pairs, strictly",
    "lenient": "main pairs",
    "detection": "entries with a visit",
    "news": "pairs in the news",
}
_SHARES = {
    "status": "status, of right pairs",
    "start": "stated first day, where the label has one",
    "start unstated": "no first day stated, where it has none",
    "end": "stated last day, where the label has one",
    "end unstated": "no last day stated, where it has none",
    "background": "news or background, of right pairs",
    "kind": "visit or third place, of right pairs",
    "official told": "official named by the label, of right pairs",
    "name resolved": "officials named, known to act for their state",
    "official resolved": "the same with those given by title alone",
}
_STATUSES: tuple[str, ...] = get_args(Status)
_TEXT_CHARS = 160


def figure_lines(
    name: str, graded: Sequence[Graded], stories: int, figures: Mapping[str, Figure]
) -> Iterator[str]:
    """What was graded, and each figure with its 95 % interval."""
    visits = sum(bool(one.example.events) for one in graded)
    pairs = sum(len(one.example.events) for one in graded)
    yield (
        f"{name}: {len(graded)} entries of {stories} stories, {visits} with visits, {pairs} pairs"
    )
    yield f"  {'':<22}{'precision':<23}{'recall':<23}F1"
    for scope, words in _SCOPES.items():
        parts = [figures[f"{scope} {one}"] for one in ("precision", "recall", "F1")]
        if any(part.whole for part in parts):
            yield f"  {words:<22}{'  '.join(shown(part) for part in parts)}"
    for share, words in _SHARES.items():
        yield f"  {words:<46}{shown(figures[share])} of {figures[share].whole:.0f}"
    yield from _confusion(graded)


def shown(figure: Figure) -> str:
    """A figure with its interval; a dash where there was no case."""
    if not figure.whole:
        return f"{'-':<21}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def mistake_lines(graded: Sequence[Graded], most: int) -> Iterator[str]:
    """How many mistakes of each kind there are, and up to ``most`` of each."""
    mistakes = [mistake for one in graded for mistake in one.mistakes]
    counts = Counter(mistake.kind for mistake in mistakes)
    yield "mistakes by kind"
    for kind in MISTAKES:
        yield f"  {counts[kind]:>6}  {kind}"
        # Keys are hashes: their order is as good as any drawn by chance.
        of_kind = sorted((one for one in mistakes if one.kind == kind), key=lambda m: m.example.key)
        for one in of_kind[:most]:
            text = clean(f"{one.example.title} | {one.example.summary}")[:_TEXT_CHARS]
            yield f"          {one.example.key} {one.example.published} {clean(one.detail)}"
            yield f"            {text}"


def _confusion(graded: Sequence[Graded]) -> Iterator[str]:
    total: Counter[tuple[str, str]] = Counter()
    for one in graded:
        total.update(one.statuses)
    yield "  status in the label, and as read:"
    yield f"    {'':<12}" + "".join(f"{status:>12}" for status in _STATUSES)
    for label in _STATUSES:
        row = "".join(f"{total[label, read]:>12}" for read in _STATUSES)
        yield f"    {label:<12}{row}"
