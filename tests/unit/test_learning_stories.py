"""Stories: what belongs together, and that no story is on both sides of a split."""

import random
from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from learning.labels import Event, Example
from learning.stories import (
    COPY_DAYS,
    TITLE_SHARE,
    TITLE_WORDS,
    folds,
    stories,
    whole_stories,
)

FIRST = date(2023, 3, 1)
WORDS = ["xi", "putin", "visits", "moscow", "talks", "war", "trade", "summit", "in", "to", "deal"]


def example(
    title: str, *pairs: tuple[str, str], day: int = 0, summary: str = "", background: bool = False
) -> Example:
    return Example(
        key=f"{title} {day}",
        published=FIRST + timedelta(days=day),
        feed="f",
        title=title,
        summary=summary,
        tag="pos" if pairs else "neg",
        events=tuple(
            Event(visitor, host, None, "ongoing", "visit", None, None, background)
            for visitor, host in pairs
        ),
    )


titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
examples = st.lists(
    st.builds(
        example,
        titles,
        st.sampled_from([("CHN", "RUS"), ("RUS", "CHN"), ("USA", "TWN")]),
        day=st.integers(0, 40),
    )
    | st.builds(example, titles, day=st.integers(0, 40), summary=titles),
    max_size=25,
)


@settings(deadline=None, max_examples=50)
@given(examples, st.randoms(use_true_random=False))
def test_entries_with_the_same_text_are_one_story_in_whatever_order_they_come(
    some: list[Example], rng: random.Random
) -> None:
    groups = stories(some)
    for one, group in zip(some, groups, strict=True):
        for other, its in zip(some, groups, strict=True):
            if (one.title, one.summary) == (other.title, other.summary):
                assert group == its
    order = list(range(len(some)))
    rng.shuffle(order)
    shuffled = stories([some[place] for place in order])
    same = {(groups[order[a]] == groups[order[b]]) == (shuffled[a] == shuffled[b])
            for a in range(len(some)) for b in range(a)}  # fmt: skip
    assert same <= {True}


@settings(deadline=None)
@given(examples)
def test_titles_that_share_most_of_their_words_within_a_week_are_one_story(
    some: list[Example],
) -> None:
    groups = stories(some)
    for place, one in enumerate(some):
        for other, group in zip(some[:place], groups, strict=False):
            both = set(one.title.split()) & set(other.title.split())
            either = set(one.title.split()) | set(other.title.split())
            near = abs((one.published - other.published).days) <= COPY_DAYS
            long = min(len(set(each.title.split())) for each in (one, other)) >= TITLE_WORDS
            if near and long and len(both) >= TITLE_SHARE * len(either):
                assert groups[place] == group


def test_copies_and_entries_about_one_visit_are_one_story_and_others_are_not() -> None:
    lead = "The Chinese president will hold talks with his Russian counterpart in the Kremlin."
    groups = stories(
        [
            example("Xi arrives in Moscow for talks", ("CHN", "RUS")),
            example("Putin welcomes his guest", ("CHN", "RUS"), day=3),
            example("Putin flies to Beijing", ("RUS", "CHN"), day=5),
            example("Xi goes home", summary=lead, day=6),
            example("Whatever happens in the east", summary=f"{lead} More soon.", day=6),
            example("Xi on his way again", ("CHN", "RUS"), day=20),
            example("Two months after he came", ("CHN", "RUS"), day=2, background=True),
            example("Floods in Pakistan kill dozens after days of rain", day=1),
            example("Floods in Pakistan kill dozens, more rain", day=2),
            example("Floods in Pakistan kill dozens after days of rain again", day=30),
        ]
    )
    assert groups == (0, 0, 0, 3, 3, 5, 6, 7, 7, 9)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=120), st.integers(0, 9))
def test_folds_keep_stories_whole_and_are_of_like_size(groups: list[int], seed: int) -> None:
    fold_of = folds(groups, 5, random.Random(seed))
    assert fold_of == folds(groups, 5, random.Random(seed))
    assert len(set(zip(groups, fold_of, strict=True))) == len(set(groups))
    sizes = [Counter(fold_of)[fold] for fold in range(5)]
    assert max(sizes) - min(sizes) <= max(Counter(groups).values(), default=0)


def test_a_part_of_the_stories_is_of_whole_stories_drawn_by_chance() -> None:
    groups = [place // 3 for place in range(90)]
    drawn = whole_stories(range(60), groups, 20, random.Random(1))
    assert len(drawn) == 21
    assert set(Counter(groups[place] for place in drawn).values()) == {3}
    assert max(drawn) < 60
    assert drawn != whole_stories(range(60), groups, 20, random.Random(2))
