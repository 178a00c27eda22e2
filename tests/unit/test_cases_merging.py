"""Which mentions are one visit, and what counts as a copy."""

import random
from datetime import date, timedelta

import pytest
from fakes.cases_run import new_run
from fakes.mentions import SHOIGU, july, only, told
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.cases.merging import makes_a_visit, merge
from wheelsdown.records.visits import Mention, Visit


def test_reports_of_one_visit_are_one_visit() -> None:
    (draft,) = merge(SHOIGU)
    assert (draft.visitor, draft.host, draft.official) == ("RUS", "PRK", "Sergei Shoigu")
    assert draft.status == "completed"
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    assert not draft.dates_stated
    assert draft.feeds == ("asia-desk", "defence-review", "world-wire")


def test_other_people_other_weeks_and_other_states_are_other_visits() -> None:
    drafts = merge(
        [
            *SHOIGU,
            told(1, who="Sergei Lavrov"),
            told(40, who="Sergei Shoigu"),
            told(1.25, who="Li Hongzhong", visitor="CHN"),
        ]
    )
    assert [(one.visitor, one.official) for one in drafts] == [
        ("RUS", "Sergei Shoigu"),
        ("RUS", "Sergei Lavrov"),
        ("CHN", "Li Hongzhong"),
        ("RUS", "Sergei Shoigu"),
    ]


def test_an_entry_that_looks_back_is_no_visit_of_its_own() -> None:
    late = told(10, "completed", feed="late-desk")
    (draft,) = merge([*SHOIGU, late])
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    assert "late-desk" in draft.feeds
    (alone,) = merge([late])
    assert (alone.start, alone.dates_stated) == (date(2023, 8, 4), False)
    after_a_new_one = [*SHOIGU, told(40), told(50, "completed")]
    assert [draft.start for draft in merge(after_a_new_one)] == [
        date(2023, 7, 25),
        date(2023, 9, 3),
    ]


def test_a_late_report_without_a_day_is_of_the_visit_before_it() -> None:
    # Completed: "ongoing" says that he is there on the day of publication, so that he came back.
    late = told(11, "completed", feed="late-desk")
    (draft,) = merge([*SHOIGU, late])
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    dated = told(11, feed="late-desk", start=date(2023, 8, 5))
    assert len(merge([*SHOIGU, dated])) == 2
    assert len(merge([*SHOIGU, told(25)])) == 2
    assert len(merge([told(0, who=None), told(11, who=None)])) == 2


def test_offices_tell_unnamed_officials_of_one_state_apart() -> None:
    defence = told(0, who=None, rank="defence")
    foreign = told(1, who=None, rank="foreign")
    assert len(merge([defence, foreign])) == 2
    assert len(merge([defence, told(1, who=None, rank="minister"), told(2, who=None)])) == 1
    shoigu = told(0, rank="defence")
    assert len(merge([shoigu, defence])) == 1
    assert [one.official for one in merge([shoigu, foreign])] == ["Shoigu", None]
    nobody_knows_his_office = told(0)
    assert len(merge([nobody_knows_his_office, foreign])) == 1


def test_half_a_name_is_of_the_visit_nearest_in_time() -> None:
    first, second = told(0, who="Kim Jong Un"), told(20, who="Kim Yo Jong")
    for day, counts in ((1, [2, 1]), (19, [1, 2])):
        drafts = merge([first, second, told(day, who="Kim")])
        assert [len(one.mentions) for one in drafts] == counts


def test_of_two_visits_equally_near_half_a_name_is_of_the_one_of_its_kind_of_office() -> None:
    joe, jill = told(0, who="Joe Biden", rank="head"), told(0, who="Jill Biden")
    biden = told(0, who="Biden", rank="head")
    after = told(6, "completed", who="Biden", rank="head")
    recalled = told(6, "completed", who="Biden", rank="head", background=True)
    for one in (biden, after, recalled):
        counts = {draft.official: len(draft.mentions) for draft in merge([joe, jill, one])}
        assert counts == {"Joe Biden": 2, "Jill Biden": 1}


def test_copies_of_one_text_are_one_source() -> None:
    copies = [told(n, feed=f"feed-{n}", title="the same words") for n in range(5)]
    (draft,) = merge(copies)
    assert len(draft.mentions) == 1
    assert draft.feeds == ("feed-0",)


TITLE = "Russian defence minister Shoigu arrives in Pyongyang for talks"


@pytest.mark.parametrize(
    ("title", "feed", "day", "feeds"),
    [
        (TITLE.upper(), "b", 1, 1),
        (TITLE + " - World Wire News", "b", 1, 1),
        (TITLE.replace("arrives", "lands"), "b", 1, 1),
        (TITLE.replace("Russian defence minister", "Minister"), "b", 1, 2),
        ("Shoigu in Pyongyang for talks about weapons", "b", 1, 2),
        (TITLE, "b", 4, 2),
    ],
)
def test_a_changed_copy_is_no_second_source(title: str, feed: str, day: int, feeds: int) -> None:
    first = told(0, title=TITLE, summary="first words", feed="a")
    draft = only(first, told(day, title=title, summary="other words", feed=feed))
    assert len(draft.feeds) == feeds
    assert len(draft.mentions) == feeds
    assert len(draft.copies) == 2 - feeds


def test_short_titles_are_copies_only_word_for_word() -> None:
    first = told(0, title="Shoigu visits Pyongyang again", feed="a")
    changed = told(0, title="Shoigu visits Pyongyang", feed="b")
    assert len(only(first, changed).feeds) == 2
    assert len(only(first, replace(changed, evidence=first.evidence)).feeds) == 1


def test_what_the_summary_of_a_copy_adds_counts_but_is_shown_last() -> None:
    first = told(0, title=TITLE, summary="", feed="a")
    dated = told(1, start=-1, end=2, title=TITLE, summary="From 24 to 27 July.", feed="b")
    other = told(2, feed="c")
    draft = only(first, dated, other)
    assert (draft.start, draft.end, draft.dates_stated) == (july(-1), july(2), True)
    assert draft.feeds == ("a", "c")
    assert [one.feed for one in draft.evidence] == ["a", "c", "b"]


def test_a_visit_keeps_its_id_when_the_text_it_was_copied_from_comes_late() -> None:
    original = told(0, title=TITLE, summary="one", feed="a")
    copy = told(1, title=TITLE, summary="two", feed="b")
    said = [one for one in new_run().take_all([copy, original]) if isinstance(one, Visit)]
    assert [one.revision for one in said] == [1, 2]
    assert len({one.visit_id for one in said}) == 1
    assert said[-1].feeds == ("a",)


def test_what_is_announced_without_a_day_is_the_next_visit_told_of() -> None:
    early = told(0, "planned")
    assert (only(early, told(21, start=21)).start) == july(21)
    assert only(early, told(20, "cancelled", start=23)).status == "cancelled"
    assert len(merge([early, told(40)])) == 2
    assert len(merge([told(0), told(20, "planned"), told(24)])) == 2


OLD = told(14, "completed", background=True)


def test_a_visit_recalled_without_a_day_makes_none() -> None:
    assert merge([OLD, replace(OLD, record_id="b", evidence=told(14, feed="b").evidence)]) == ()
    draft = only(told(2), OLD)
    assert len(draft.mentions) == 2
    assert (draft.status, draft.start) == ("ongoing", july(2))
    assert len(only(told(2), told(14, "completed", who=None, background=True)).mentions) == 2
    other = told(14, "completed", who="Lavrov", background=True)
    assert [len(one.mentions) for one in merge([told(2), other])] == [1]


def test_a_visit_recalled_with_a_recent_day_is_one_if_nothing_else_is_there() -> None:
    """The article of 2023 that started all this knows the minister's visit only as the past."""
    recalled = told(14, "completed", background=True, start=2)
    draft = only(recalled)
    assert (draft.status, draft.start, draft.dates_stated) == ("completed", july(2), True)
    assert len(only(recalled, told(0), told(1, feed="b")).mentions) == 3
    assert merge([told(40, "completed", background=True, start=2)]) == ()
    new, old = told(13, start=13), told(2, start=2)
    assert [len(one.mentions) for one in merge([old, new, recalled])] == [2, 1]


def test_a_visit_spoken_of_in_passing_is_the_announced_one_or_that_under_way() -> None:
    coming = told(5, "planned", background=True)
    assert merge([coming]) == ()
    assert len(only(coming, told(0, "planned", start=20)).mentions) == 2
    now = told(5, "ongoing", background=True)
    assert only(now).start == july(5)
    assert len(only(now, told(0)).mentions) == 2
    assert len(only(told(3, "planned", background=True, start=9)).mentions) == 1


TELLING = st.builds(
    told,
    st.integers(0, 40),
    st.sampled_from(["planned", "ongoing", "completed", "cancelled", "unconfirmed"]),
    who=st.sampled_from([None, "Kim", "Kim Jong Un", "Kim Yo Jong", "Sergei Shoigu"]),
    rank=st.sampled_from(["", "head", "defence"]),
    start=st.sampled_from([None, None, 2, 9, 20, 45, date(2019, 4, 25)]),
    background=st.booleans(),
    title=st.sampled_from([None, None, TITLE, TITLE.replace("talks", "a day of talks")]),
    summary=st.sampled_from(["", "more"]),
    feed=st.sampled_from(["a", "b", "c"]),
)
FILE = st.lists(TELLING, max_size=14, unique_by=lambda one: one.record_id)


@settings(max_examples=150, deadline=None)
@given(FILE, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(file: list[Mention], shuffler: random.Random) -> None:
    shuffled = list(file)
    shuffler.shuffle(shuffled)
    assert merge(shuffled) == merge(file)


@settings(max_examples=150, deadline=None)
@given(FILE.filter(bool), st.integers(0, 13), st.integers(0, 60))
def test_a_copy_that_comes_later_changes_nothing_but_the_copies(
    file: list[Mention], place: int, days: int
) -> None:
    one = file[place % len(file)]
    at = one.occurred_at + timedelta(days=days, seconds=1)
    copy = replace(
        one, record_id="copy", occurred_at=at, evidence=replace(one.evidence, feed="copier")
    )
    before, after = merge(file), merge([*file, copy])
    assert [draft._replace(copies=()) for draft in after] == [
        draft._replace(copies=()) for draft in before
    ]


@settings(max_examples=150, deadline=None)
@given(FILE, TELLING)
def test_a_visit_said_in_passing_adds_none_where_one_fits(
    file: list[Mention], passing: Mention
) -> None:
    evidence = replace(passing.evidence, title="Another text", content_hash="another")
    passing = replace(passing, record_id="passing", background=True, evidence=evidence)
    before = merge(file)
    after = merge([*file, passing])
    fits = not makes_a_visit(passing) or any(
        passing.start is not None
        and draft.start <= passing.start <= draft.end
        and passing.official is not None
        and passing.official == draft.official
        and passing.rank == ""
        for draft in before
    )
    if fits:
        assert len(after) <= len(before)
    assert all(any(makes_a_visit(one) for one in draft.mentions) for draft in after)
