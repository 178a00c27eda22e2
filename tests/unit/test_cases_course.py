"""What became of a visit: the status and days that reports on it add up to."""

from datetime import date

import pytest
from fakes.mentions import SHOIGU, july, only, told

from processors.cases.merging import merge
from wheelsdown.records.visits import Status


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["planned", "cancelled"], "cancelled"),
        (["unconfirmed", "planned", "ongoing"], "ongoing"),
        (["ongoing", "unconfirmed"], "ongoing"),
        (["unconfirmed"], "unconfirmed"),
    ],
)
def test_the_latest_firm_report_decides_the_status(statuses: list[Status], expected: str) -> None:
    (draft,) = merge(told(day, one) for day, one in enumerate(statuses))
    assert draft.status == expected


def test_stated_dates_win_over_publication() -> None:
    stated = told(4, "completed", start=date(2023, 7, 25), end=date(2023, 7, 26), title="x")
    (draft,) = merge([*SHOIGU, stated])
    assert (draft.start, draft.end, draft.dates_stated) == (
        date(2023, 7, 25),
        date(2023, 7, 26),
        True,
    )


def test_an_entry_that_recalls_a_visit_of_an_earlier_year_dates_no_visit_of_this_one() -> None:
    years_ago = told(
        3,
        "completed",
        background=True,
        start=date(2018, 1, 1),
        end=date(2018, 12, 31),
        title="in 2018",
    )
    (new,) = merge([*SHOIGU, years_ago])
    assert (new.start, new.end) == (date(2023, 7, 25), date(2023, 7, 27))


def test_a_cancellation_is_undone_by_later_plans_not_by_previews_in_the_press() -> None:
    planned = told(0, "planned", start=10)
    off = told(3, "cancelled")
    assert (only(planned, off).status, only(planned, off).start) == ("cancelled", july(10))
    preview = told(4, "planned", feed="preview")
    assert only(planned, off, preview).status == "cancelled"
    again = told(7, "planned", feed="again")
    assert (only(planned, off, again).status, only(planned, off, again).start) == (
        "planned",
        july(7),
    )
    moved = told(4, "planned", start=14, feed="moved")
    assert (only(planned, off, moved).status, only(planned, off, moved).start) == (
        "planned",
        july(14),
    )
    months_later = told(3, "planned", start=80)
    assert [one.status for one in merge([planned, off, months_later])] == ["cancelled", "planned"]
    assert only(planned, off, told(10, "ongoing")).status == "ongoing"


def test_one_report_of_a_cancellation_does_not_undo_a_visit_that_several_saw() -> None:
    seen = [told(0, feed="a"), told(1, feed="b")]
    assert only(*seen, told(2, "cancelled")).status == "ongoing"
    assert only(told(0, feed="a"), told(2, "cancelled")).status == "cancelled"


def test_a_preview_that_comes_late_makes_no_plan_of_a_visit_under_way() -> None:
    assert only(told(0), told(1, "planned")).status == "ongoing"
    assert only(told(0), told(1, "completed"), told(2, "planned")).status == "completed"


def test_what_is_said_in_passing_does_not_decide_the_status() -> None:
    draft = only(
        told(0, "planned", start=20),
        told(1, "cancelled", background=True),
        told(6, "completed", background=True),
    )
    assert draft.status == "planned"
    assert only(told(0), told(4, "completed", background=True, start=0)).status == "completed"


def test_a_new_date_moves_the_visit() -> None:
    first = told(0, "planned", start=10, end=12)
    draft = only(first, told(3, "planned", start=18, end=19))
    assert (draft.status, draft.start, draft.end) == ("planned", july(18), july(19))
    within = only(first, told(3, "planned", start=11))
    assert (within.start, within.end) == (july(10), july(12))
    seen = only(first, told(19, start=18))
    assert (seen.status, seen.start, seen.end) == ("ongoing", july(18), july(18))
    on_the_day = only(first, told(11, start=11))
    assert (on_the_day.start, on_the_day.end) == (july(10), july(12))
    assert len(merge([first, told(10, start=10), told(19, start=18)])) == 2
