"""Grading: what counts as right, which mistake is which, and figures with their intervals."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pytest

from learning.figures import figures
from learning.grading import Graded, grade
from learning.labels import Event, Example, Tag, entry_of
from learning.officials import Named, has_name, is_same
from learning.validation import FOLDS, Judged, ReadEntry, cross_validated, is_frozen
from processors.visits.when.days import Days
from wheelsdown.records.news import Entry

DAY = date(2023, 3, 20)


class Told(NamedTuple):
    visitor: str
    host: str
    official: str | None = "Xi"
    status: str = "ongoing"
    kind: str = "visit"
    days: Days | None = None
    background: bool = False


def event(pair: str, *, background: bool = False, start: date | None = None) -> Event:
    visitor, host = pair.split()
    return Event(visitor, host, "Xi Jinping", "ongoing", "visit", start, None, background)


def example(
    *events: Event, tag: Tag | None = None, weight: float | None = None, key: str = "k"
) -> Example:
    tag = tag or ("pos" if events else "neg")
    return Example(key, DAY, "f", f"title of {key}", "", tag, events, weight)


def told(*pairs: str, background: bool = False) -> list[Told]:
    return [Told(*pair.split(), background=background) for pair in pairs]  # type: ignore[misc]


def graded(one: Example, read: Sequence[Told], named: Sequence[Named] = ()) -> Graded:
    return grade(one, read, named)


def kinds(one: Graded) -> list[str]:
    return [mistake.kind for mistake in one.mistakes if not mistake.kind.startswith("official")]


@pytest.mark.parametrize(
    ("events", "read", "expected"),
    [
        ("", "CHN RUS", ["false pair, no visit in the entry"]),
        ("CHN RUS", "", ["main visit missed"]),
        ("CHN RUS", "RUS CHN", ["direction swapped"]),
        ("CHN RUS", "CHN UKR", ["right visitor, wrong host"]),
        ("CHN RUS", "USA RUS", ["right host, wrong visitor"]),
        ("CHN RUS,USA UKR", "CHN RUS", ["second pair missed"]),
        ("CHN RUS", "CHN RUS,USA UKR", ["false pair beside others"]),
        ("CHN RUS", "CHN RUS,CHN RUS", ["pair told twice"]),
        ("CHN RUS,USA UKR", "CHN UKR,USA RUS", ["right visitor, wrong host"] * 2),
        ("CHN RUS", "RUS CHN,CHN UKR", ["direction swapped", "false pair beside others"]),
    ],
)
def test_each_wrong_pair_is_one_mistake_of_one_kind(
    events: str, read: str, expected: list[str]
) -> None:
    labels = [event(pair) for pair in events.split(",") if pair]
    found = told(*(pair for pair in read.split(",") if pair))
    assert kinds(graded(example(*labels), found)) == expected


def test_a_visit_of_no_single_state_is_a_kind_of_its_own() -> None:
    one = graded(example(tag="region"), told("EU CHN"))
    assert kinds(one) == ["false pair, no single state in the label"]


def test_background_pairs_count_in_each_of_the_three_ways() -> None:
    labels = example(event("CHN RUS"), event("USA TWN", background=True))
    both = graded(labels, [*told("CHN RUS"), *told("USA TWN", background=True)]).counts
    wrong = graded(labels, told("CHN RUS", "USA TWN")).counts
    missed = graded(labels, told("CHN RUS", background=True))
    for counts, scope, expected in (
        (both, "all", (2, 2, 2)),
        (both, "strict", (1, 1, 1)),
        (both, "lenient", (1, 1, 1)),
        (wrong, "all", (2, 2, 2)),
        (wrong, "strict", (1, 2, 1)),
        (wrong, "lenient", (1, 1, 1)),
        (missed.counts, "all", (1, 1, 2)),
        (missed.counts, "strict", (0, 0, 1)),
        (missed.counts, "lenient", (1, 1, 1)),
    ):
        found = tuple(counts[f"{scope} {what}"] for what in ("right", "found", "wanted"))
        assert found == expected, scope
    assert kinds(missed) == ["background visit missed", "background"]


def test_dates_status_and_kind_are_compared_on_right_pairs_only() -> None:
    label = example(event("CHN RUS", start=DAY), event("USA UKR"))
    wrong = Told(
        "CHN", "RUS", status="planned", kind="third_place", days=Days(date(2023, 3, 21), None)
    )
    stated = Told("USA", "UKR", days=Days(DAY, DAY))
    one = graded(label, [wrong, stated, Told("FRA", "DEU", status="planned")])
    shares = ("status", "kind", "background", "start", "start unstated", "end", "end unstated")
    right = {share: (one.counts[f"{share} right"], one.counts[f"{share} of"]) for share in shares}
    assert right == {
        "status": (1, 2),
        "kind": (1, 2),
        "background": (2, 2),
        "start": (0, 1),
        "start unstated": (0, 1),
        "end": (0, 0),
        "end unstated": (1, 2),
    }
    assert one.statuses == Counter({("ongoing", "planned"): 1, ("ongoing", "ongoing"): 1})


def test_an_official_is_resolved_when_the_text_s_person_acts_for_the_visitor() -> None:
    label = example(event("CHN RUS"))
    for named, right in (
        ([Named("Chinese President Xi", ("CHN",))], 1),
        ([Named("Xi Jinping", ("RUS",))], 0),
        ([Named("Li Qiang", ("CHN",))], 0),
        ([], 0),
    ):
        counts = graded(label, told("CHN RUS"), named).counts
        assert (counts["name resolved right"], counts["name resolved of"]) == (right, 1)
        assert (counts["official told right"], counts["official told of"]) == (1, 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sergei Shoigu", "Russian Defence Minister Sergei Shoigu", True),
        ("Shoigu", "Sergei Shoigu", True),
        ("Annalena Baerbock", "Olaf Scholz", False),
        ("King Charles III", "King", False),
        ("defence minister", "Russian defence minister", True),
        ("Japanese foreign minister", "prime minister", False),
    ],
)
def test_officials_are_the_same_by_name_else_by_title(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is is_same(other, one) is same


def test_a_title_and_a_state_are_no_name() -> None:
    officials = (
        "Sergei Shoigu",
        "King Charles III",
        "Xi",
        "Chinese Foreign Minister",
        "US officials",
    )
    assert [has_name(one) for one in officials] == [True, True, True, False, False]


def test_figures_are_sums_over_entries_and_intervals_come_of_whole_stories() -> None:
    right = [graded(example(event("CHN RUS"), key=f"r{n}"), told("CHN RUS")) for n in range(60)]
    missed = [graded(example(event("CHN RUS"), key=f"m{n}"), ()) for n in range(20)]
    nothing = [graded(example(key=f"n{n}"), ()) for n in range(100)]
    entries = [*right, *missed, *nothing]
    alone = figures(entries, range(180), random.Random(1))
    recall = alone["all recall"]
    assert (recall.value, recall.whole) == (0.75, 80)
    # The standard error of 60 of 80 is 0.048.
    assert recall.low == pytest.approx(0.75 - 1.96 * 0.048, abs=0.02)
    assert recall.high == pytest.approx(0.75 + 1.96 * 0.048, abs=0.02)
    assert alone["all precision"][:3] == (1.0, 1.0, 1.0)
    assert alone["all F1"].value == pytest.approx(2 * 60 / (60 + 80))
    assert alone["end"].whole == 0
    # All that was missed is one story: drawn or not, the interval is wider.
    together = figures(entries, [*range(60), *[60] * 20, *range(61, 161)], random.Random(1))
    assert together["all recall"].value == 0.75
    assert together["all recall"].low < recall.low - 0.03


def test_in_the_news_an_entry_counts_as_often_as_it_stands_for_others() -> None:
    entries = [
        graded(example(event("CHN RUS"), weight=9.0, key="a"), told("CHN RUS")),
        graded(example(event("CHN RUS"), weight=1.0, key="b"), ()),
        graded(example(event("CHN RUS"), key="c"), ()),
    ]
    found = figures(entries, range(3), random.Random(1))
    assert found["news recall"].value == pytest.approx(0.9)
    assert found["all recall"].value == pytest.approx(1 / 3)


def test_nobody_is_judged_on_a_story_that_he_learned_from_nor_on_what_we_wrote() -> None:
    examples = [
        example()._replace(key=str(n), title=f"story {n // 2}", written=n >= 40) for n in range(50)
    ]
    known: list[int] = []

    def teach(lessons: Sequence[Example]) -> ReadEntry:
        known.append(len(lessons))
        titles = frozenset(one.title for one in lessons)

        def read(entry: Entry) -> list[Told]:
            assert entry.title not in titles
            return told("CHN RUS")

        return read

    judged: list[Judged] = list(cross_validated(examples, teach, random.Random(1)))
    assert sorted(int(one.example.key) for one in judged) == list(range(40))
    # Each is learned from in every fold but its own.
    assert len(known) == FOLDS
    assert sum(known) == 50 * (FOLDS - 1)
    assert all(one.read for one in judged)
    small = list(cross_validated(examples, teach, random.Random(1), most=10))
    assert len(small) == 40
    assert known[FOLDS:] == [10] * FOLDS


@pytest.mark.parametrize(
    ("day", "frozen"), [("2023-04-30", False), ("2023-05-01", True), ("2023-06-30", True)]
)
def test_may_and_june_2023_are_frozen(day: str, frozen: bool) -> None:
    one = example()._replace(published=date.fromisoformat(day))
    assert is_frozen(one) is frozen
    assert entry_of(one).occurred_at.date() == one.published
