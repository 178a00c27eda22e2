"""Grading the reader of visits against labels, on entries that it did not learn from."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from cli.visits.labelled import Tell, cross_validate, development, graded, labelled, told
from cli.visits.reader import reader
from cli.visits.report import figure_lines, mistake_lines, shown
from learning.labels import Example
from learning.validation import Judged, as_read, is_frozen

Part = Literal["development", "frozen", "all"]

#: Steps of the learning curve, in entries; the last one is all there are.
CURVE = (500, 1_000, 2_000, 4_000, 8_000)


def evaluate(
    files: Sequence[Path],
    news: Sequence[Path],
    *,
    model: Path | None,
    part: Part,
    errors: int | None,
    tell: Tell,
) -> Iterator[str]:
    """The report on the parts asked for. Raises LabelsError, TrainingError, ModelError."""
    labels = labelled(files, news)
    yield told(labels)
    frozen = [one for one in labels.examples if is_frozen(one)]
    for name, examples in (("development", development(labels.examples)), ("frozen", frozen)):
        if part not in {name, "all"}:
            continue
        if not any(not one.written for one in examples):
            yield f"{name}: no entries"
            continue
        how, judged = _judged(name, examples, model, tell)
        compared, figures = graded(judged)
        yield from figure_lines(
            f"{name}, {how}", compared, len({one.story for one in judged}), figures
        )
        if errors is not None:
            yield from mistake_lines(compared, errors)


def _judged(
    name: str, examples: Sequence[Example], model: Path | None, tell: Tell
) -> tuple[str, list[Judged]]:
    """Who reads the entries, and what: nobody is asked about what he was taught, if need not be."""
    if model is not None:
        how = f"read with {model}"
        if name == "development":
            how += ", which may have been taught on these very entries"
        return how, list(as_read(examples, reader(model)))
    if name == "frozen":
        return "read with the classifier that ships", list(as_read(examples, reader(None)))
    return "cross-validated", cross_validate(examples, tell)


def curve(files: Sequence[Path], news: Sequence[Path], tell: Tell) -> Iterator[str]:
    """How good a reader is that is taught on so many entries, by folds on the development part."""
    labels = labelled(files, news)
    yield told(labels)
    examples = development(labels.examples)
    yield f"{'taught on':>9}  {'F1 of all pairs':<21}  {'F1 of main pairs':<21}  detection F1"
    most = len(examples) * 4 // 5
    for size in (*(one for one in CURVE if one < most), None):
        _, figures = graded(cross_validate(examples, tell, most=size))
        found = (figures[f"{scope} F1"] for scope in ("all", "lenient", "detection"))
        yield f"{size or most:>9}  {'  '.join(shown(figure) for figure in found)}"
