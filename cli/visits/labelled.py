"""Labelled entries as the commands take them, and readers taught on parts of them."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from cli.visits.reader import SEED, officials, reader_with, taught_model
from learning.dice import Dice
from learning.figures import Figure, figures
from learning.grading import Graded, grade
from learning.labels import Example, Labels, entry_of, read_labels
from learning.validation import Judged, ReadEntry, cross_validated, to_learn_from
from producers.news.plain_text import plain_text

#: With fewer of a kind some fold has none. Ours.
LEAST = 15
#: No summary is longer before it is cut to what was labelled.
_TEXT_CHARS = 4_000

#: Told what has been done.
Tell = Callable[[str], None]


class TrainingError(Exception):
    """Nothing can be taught or graded; the message says what to do."""


def labelled(files: Sequence[Path], news: Sequence[Path]) -> Labels:
    """The labelled entries of some files. Raises LabelsError, TrainingError."""
    labels = read_labels(files, news, lambda text: plain_text(text, limit=_TEXT_CHARS))
    if not labels.examples:
        raise TrainingError(
            f"no entry to learn from: {labels.without_text} labels have no text; name the files of "
            "news that they are of with --news"
        )
    return labels


def told(labels: Labels) -> str:
    """What was read, in words."""
    left_out = (
        (labels.without_text, "without text (name their news with --news)"),
        (labels.without_day, "without a day of publication"),
        (labels.repeated, "labelled by a line before"),
    )
    written = sum(one.written for one in labels.examples)
    return (
        f"labelled entries: {len(labels.examples)}, {written} of them written for the training"
        + "".join(f"; left out: {count} {why}" for count, why in left_out if count)
    )


def development(examples: Sequence[Example]) -> list[Example]:
    """The examples that may be learned from."""
    return to_learn_from(examples)


def needs_enough(examples: Sequence[Example]) -> None:
    """Raises TrainingError where something that is learned has too few real examples."""
    real = [one for one in examples if not one.written]
    events = [event for one in real for event in one.events]
    for what, count in (
        ("entries without a visit", sum(not one.events for one in real)),
        ("visits with a first day", sum(event.start is not None for event in events)),
        ("background visits", sum(event.background for event in events)),
        ("visits to a third place", sum(event.kind == "third_place" for event in events)),
    ):
        if count < LEAST:
            raise TrainingError(
                f"too little to learn from: {count} {what}, at least {LEAST} needed; what was "
                "written for the training does not count"
            )


def needs_scikit_learn() -> None:
    """Raises TrainingError where the library that fits the classifier is missing."""
    if find_spec("sklearn") is None:
        raise TrainingError(
            "training needs scikit-learn, of the dev group in pyproject.toml: make venv installs it"
        )


def cross_validate(
    examples: Sequence[Example], tell: Tell, *, most: int | None = None
) -> list[Judged]:
    """Each example read by a reader that was taught on other stories. Raises TrainingError."""
    needs_scikit_learn()
    needs_enough(examples)

    def taught(lessons: Sequence[Example]) -> ReadEntry:
        tell(f"taught on {len(lessons)} entries")
        return reader_with(taught_model(lessons))

    return list(cross_validated(examples, taught, Dice(SEED), most=most))


def graded(judged: Sequence[Judged]) -> tuple[list[Graded], dict[str, Figure]]:
    """What was read beside the labels, and the figures of that."""
    names = officials()
    compared = [grade(one.example, one.read, names(entry_of(one.example))) for one in judged]
    return compared, figures(compared, [one.story for one in judged], Dice(SEED))
