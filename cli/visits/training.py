"""Teaching the classifier of visits and writing it down."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.visits.entry_lines import ReadingError
from cli.visits.labelled import (
    Tell,
    cross_validate,
    development,
    graded,
    labelled,
    needs_scikit_learn,
    told,
)
from cli.visits.reader import taught_model
from cli.visits.report import figure_lines
from wheelsdown.reference.visit_model import encode_visit_model


def train(files: Sequence[Path], news: Sequence[Path], output: Path, tell: Tell) -> Iterator[str]:
    """Teach a classifier, write it to ``output``, and say how good one like it is.

    Raises LabelsError, TrainingError and ReadingError, the last before the work.
    """
    needs_scikit_learn()
    part = output.with_name(f"{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        part.open("wb").close()
        part.unlink()
    except OSError as error:
        raise ReadingError(
            f"can't write to {output}: {error.strerror}; name another file"
        ) from error
    labels = labelled(files, news)
    yield told(labels)
    lessons = development(labels.examples)
    left_out = len(labels.examples) - len(lessons)
    yield f"of May and June 2023, which are frozen, and of stories that reach into them: {left_out}"
    judged = cross_validate(lessons, tell)
    compared, figures = graded(judged)
    stories = len({one.story for one in judged})
    yield from figure_lines("cross-validated", compared, stories, figures)
    tell("the last time, on all of them")
    part.write_bytes(encode_visit_model(taught_model(lessons)))
    part.replace(output)
    yield f"taught on {len(lessons)} entries: {output}"
