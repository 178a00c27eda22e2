"""The reader of visits against its bars: on the frozen part, and how far that is from development.

    python bench/visits_check.py --labels FILE... --news FILE...

The frozen part (May and June 2023) is read with the classifier that ships, which never learned from
it. The development part is read by classifiers taught on other stories of it. Many entries of it
were picked because they are hard; the frozen part was drawn at random from the news, by strata. So
the two are compared on those entries of the development part that were drawn in the same way.
Ends with 1 when a bar is missed.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.visits.labelled import (
    TrainingError,
    cross_validate,
    development,
    graded,
    labelled,
    told,
)
from cli.visits.reader import reader
from cli.visits.report import figure_lines, mistake_lines, shown
from learning.figures import Figure
from learning.labels import LabelsError
from learning.validation import Judged, as_read, is_frozen

#: Words, figure and least value, of issue 6.
BARS = (
    ("pair F1, main pairs", "lenient F1", 0.88),
    ("pair F1, main pairs strictly", "strict F1", 0.88),
    ("pair F1, all pairs", "all F1", 0.86),
    ("detection F1", "detection F1", 0.93),
    ("status of right pairs", "status", 0.90),
    ("stated first days", "start", 0.92),
    ("officials named, known to act for their state", "name resolved", 0.90),
)
#: Figures that may differ by so much between development and frozen part.
COMPARED, MOST_DIFFERENCE = ("lenient F1", "all F1"), 0.04


def report(name: str, judged: Sequence[Judged]) -> dict[str, Figure]:
    compared, figures = graded(judged)
    stories = len({one.story for one in judged})
    print(*figure_lines(name, compared, stories, figures), sep="\n")
    print(*mistake_lines(compared, 0), sep="\n", flush=True)
    return figures


def verdict(frozen: Mapping[str, Figure], drawn: Mapping[str, Figure]) -> int:
    """Each bar, met or missed; 1 when one is missed."""
    is_met = True
    for words, name, least in BARS:
        reached = frozen[name].value >= least
        is_met &= reached
        print(f"{'met' if reached else 'MISSED':<7} {words}: {shown(frozen[name])}, bar {least}")
    for name in COMPARED:
        difference = frozen[name].value - drawn[name].value
        reached = abs(difference) <= MOST_DIFFERENCE
        is_met &= reached
        print(
            f"{'met' if reached else 'MISSED':<7} {name}, frozen part less development: "
            f"{difference:+.3f}, bar {MOST_DIFFERENCE}"
        )
    return 0 if is_met else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--labels", type=Path, action="append", required=True)
    parser.add_argument("--news", type=Path, action="append", default=[])
    asked = parser.parse_args()
    labels = labelled(asked.labels, asked.news)
    print(told(labels))
    known = cross_validate(development(labels.examples), print)
    report("development, cross-validated", known)
    drawn = report(
        "development, cross-validated, drawn as the frozen part was",
        [one for one in known if one.example.weight is not None],
    )
    unseen = [one for one in labels.examples if is_frozen(one)]
    frozen = report("frozen, May and June 2023", list(as_read(unseen, reader(None))))
    return verdict(frozen, drawn)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabelsError, TrainingError) as error:
        sys.exit(str(error))
