"""Which pause parts two visits of one official, and which plan another one replaces."""

import pytest
from fakes.mentions import july, only, told

from processors.cases.merging import merge
from wheelsdown.records.visits import Mention


@pytest.mark.parametrize("who", ["Steve Witkoff", "Witkoff"])
@pytest.mark.parametrize("pause", [6, 10, 14])
def test_an_official_seen_again_after_a_pause_has_come_back(pause: int, who: str) -> None:
    """Witkoff was in Russia on 11 and 25 April 2025, and his name alone may be his brother's."""
    brother = told(0, who="Zach Witkoff")
    days = [july(n * pause) for n in range(4)]
    trips = [
        told(n * pause, who="Steve Witkoff" if n == 0 else who, feed=feed, title=f"{feed}{n} says")
        for n in range(4)
        for feed in ("one", "other")
    ]
    drafts = [one for one in merge([*trips, brother]) if one.official != "Zach Witkoff"]
    assert [(one.start, one.end) for one in drafts] == [(day, day) for day in days]
    preview = told(pause - 1, "planned", who="Steve Witkoff")
    assert [one.start for one in merge([*trips[:4], preview])] == days[:2]
    looking_back = told(pause - 1, "completed", who="Steve Witkoff")
    assert [len(one.mentions) for one in merge([*trips[:4], looking_back])] == [3, 2]


def test_a_return_that_one_feed_alone_tells_of_is_a_late_report() -> None:
    """Comment on a visit often reads as if it were under way still."""
    visit = [told(0), told(1, feed="b", title="another")]
    assert [one.start for one in merge([*visit, told(9)])] == [july(0)]
    back = [told(9), told(9, feed="b", title="he is back, says another")]
    assert [one.start for one in merge([*visit, *back])] == [july(0), july(9)]
    assert [one.start for one in merge([*visit, told(9, start=9)])] == [july(0), july(9)]


def test_an_official_seen_on_the_days_stated_of_a_long_visit_has_not_left() -> None:
    draft = only(told(0, start=0, end=12), told(9), told(11, feed="b"))
    assert (draft.start, draft.end) == (july(0), july(12))
    assert len(merge([told(0, start=0, end=300), told(25)])) == 2


def test_a_plan_announced_anew_for_weeks_later_has_been_moved() -> None:
    first = told(0, "planned", start=10)
    moved = told(3, "planned", start=31)
    draft = only(first, moved)
    assert (draft.status, draft.start, draft.end) == ("planned", july(31), july(31))
    assert only(first, moved, told(31)).status == "ongoing"
    assert only(told(3, "planned", start=10), told(0, "planned", start=31)).start == july(10)
    assert only(first, told(2, "cancelled", start=10), moved).status == "planned"
    assert only(first, moved, told(5, "planned", start=60)).start == july(60)


@pytest.mark.parametrize(
    "other",
    [
        told(4, "planned", start=10, feed="says so again"),
        told(10, feed="saw him"),
        told(10, who=None, feed="saw somebody"),
        told(20, "completed", start=10, feed="looks back"),
        told(20, "completed", start=10, background=True, feed="looks back in passing"),
    ],
)
def test_a_plan_that_is_repeated_or_comes_true_stands_beside_a_later_one(other: Mention) -> None:
    drafts = merge([told(0, "planned", start=10), told(3, "planned", start=31), other])
    assert [one.start for one in drafts] == [july(10), july(31)]


def test_no_plan_is_moved_by_months_by_another_official_or_when_its_day_is_past() -> None:
    first = told(0, "planned", start=10)
    assert len(merge([first, told(3, "planned", start=71)])) == 2
    assert len(merge([first, told(11, "planned", start=31)])) == 2
    assert len(merge([first, told(3, "planned", start=31, who="Lavrov")])) == 2
