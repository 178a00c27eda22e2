"""Status and days of visits by rules: the patterns' words, and the days that a text states."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from fakes.entries import GAZETTEER, NOON, entry
from hypothesis import given
from hypothesis import strategies as st

from processors.visits.patterns import Told, visits_in
from processors.visits.when.days import Days, days_in, stamped, stated
from wheelsdown.records.visits import Status

TUESDAY = NOON.date()
#: Of which dates are made, and what only looks like one.
SCRAPS = "25 27 0 31 29 2023 2024 july feb . may monday friday today to and - , three-day next of"


def only(title: str) -> Told:
    (one,) = visits_in(entry(title), GAZETTEER)
    return one


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Shoigu to visit North Korea", "planned"),
        ("Shoigu will travel to Pyongyang", "planned"),
        ("Shoigu is expected in Pyongyang", "planned"),
        ("Shoigu set to arrive in Pyongyang", "planned"),
        ("Fighting goes on ahead of Blinken's trip to Sudan", "planned"),
        ("Blinken's upcoming visit to Beijing is a test", "planned"),
        ("Blinken visits Tokyo next month", "planned"),
        ("North Korea to host Shoigu", "planned"),
        ("Shoigu arrives in Pyongyang", "ongoing"),
        ("Shoigu heads to Pyongyang", "ongoing"),
        ("Shoigu visited Pyongyang", "ongoing"),
        ("Shoigu is in Pyongyang for talks", "ongoing"),
        ("Shoigu ends visit to North Korea", "ongoing"),
        ("On a visit to Tonga, Blinken says that he will come again", "ongoing"),
        ("After Macron's visit to Beijing, orders rise", "completed"),
        ("Orders rise days after Macron visits Beijing", "completed"),
        ("Macron returns from Beijing", "completed"),
        ("Macron was in Beijing last month", "completed"),
        ("Macron was in Beijing for two days last March", "completed"),
        ("Blinken in Tokyo next Monday", "planned"),
        ("Macron's visit to Beijing in 2018 is forgotten", "completed"),
        ("Baerbock cancels trip to Fiji", "cancelled"),
        ("Baerbock's trip to Fiji is called off", "cancelled"),
        ("Lula postpones visit to China", "cancelled"),
        ("Baerbock is putting off a trip to Fiji", "cancelled"),
        ("Lula drops plans to visit China", "cancelled"),
        ("Blinken, who dropped plans for a tax, visits Tokyo", "ongoing"),
        ("Zelensky to reporters on visit to Berlin", "ongoing"),
        ("Xi to test a friendship on visit to Moscow", "planned"),
        ("Shoigu's visit to Pyongyang will last two days", "planned"),
        ("It is planned for when Shoigu travels to Pyongyang", "planned"),
        ("Visit of King Charles to France postponed", "cancelled"),
        ("Xi may visit Riyadh", "unconfirmed"),
        ("Zelensky invites Modi to Kyiv", "unconfirmed"),
        ("Kremlin denies that Putin plans visit to Ankara", "unconfirmed"),
        ("Ruto will not visit Somalia", "unconfirmed"),
        ("Yoon considers trip to Kyiv", "unconfirmed"),
        ("A possible visit by Kim Jong Un to Moscow", "unconfirmed"),
        ("Prabowo declines to travel to Canberra", "unconfirmed"),
        ("Biden should visit Kyiv", "unconfirmed"),
        ("Should Biden visit Kyiv?", "unconfirmed"),
        ("Why Macron must go to Beijing now", "unconfirmed"),
        ("Sunak ought to make a trip to Seoul", "unconfirmed"),
        ("Russia must stop the war, Biden says in Kyiv", "ongoing"),
        ("Biden to visit Kyiv, must decide on tanks", "planned"),
    ],
)
def test_status_by_words(title: str, status: Status) -> None:
    assert only(title).when.status == status


@pytest.mark.parametrize(
    "title",
    [
        "Blinken visited China in 2018, and it failed",
        "Blinken's 2018 visit to China failed",
        "In 2018, Blinken visited China",
        "Blinken travelled to Beijing in March 2018",
    ],
)
def test_a_visit_of_an_earlier_year_is_recalled_and_bounded_by_it(title: str) -> None:
    told = only(title)
    assert (told.when.status, told.background) == ("completed", True)
    assert told.when.days == Days(date(2018, 1, 1), date(2018, 12, 31))


def test_a_year_that_is_not_that_of_the_visit_dates_nothing() -> None:
    for title in (
        "Blinken visited China in 2023",
        "Blinken visits China, which closed in 2020",
        "In 2022 prices rose: Blinken visits China",
    ):
        assert only(title).when.days is None


@pytest.mark.parametrize(
    ("title", "status", "start", "end"),
    [
        # the day of publication decides, not the tense
        ("Shoigu to visit North Korea from 25 to 27 July", "ongoing", 25, 27),
        ("Shoigu to visit North Korea on 26 July", "planned", 26, None),
        ("Shoigu visited North Korea from 18 to 20 July", "completed", 18, 20),
        ("Shoigu visited North Korea on Monday", "ongoing", 24, None),
        ("Shoigu visited North Korea on Sunday", "completed", 23, None),
        # weekdays lie before publication, those of plans after it
        ("Shoigu arrives in North Korea on Tuesday", "ongoing", 25, None),
        ("Shoigu to arrive in North Korea on Thursday", "planned", 27, None),
        ("Shoigu to visit North Korea from Wednesday to Friday", "planned", 26, 28),
        ("Shoigu to arrive in Pyongyang tomorrow", "planned", 26, None),
        ("Shoigu arrived in Pyongyang yesterday", "ongoing", 24, None),
        ("Shoigu arrives in Pyongyang today", "ongoing", 25, None),
        # a stated length gives the end
        ("Shoigu to visit North Korea for a three-day stay from 28 July", "planned", 28, 30),
        # what is called off stays so, whatever its date
        ("Shoigu cancels visit to North Korea on 27 July", "cancelled", 27, None),
        ("Shoigu may visit North Korea on 27 July", "unconfirmed", 27, None),
        # the last day is no first day
        ("Shoigu left Pyongyang on Monday", "ongoing", None, None),
        ("Shoigu in Pyongyang on the second day of a visit on Tuesday", "ongoing", 25, None),
        ("May Day parade: Shoigu visits Pyongyang", "ongoing", None, None),
    ],
)
def test_dates_and_status(title: str, status: Status, start: int | None, end: int | None) -> None:
    found = only(title).when
    assert found.status == status
    days = found.days
    assert (days.start.day if days else None, days.end.day if days and days.end else None) == (
        start,
        end,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25 july", Days(date(2023, 7, 25), None)),
        ("^july 25", Days(date(2023, 7, 25), None)),
        ("july 25 , 2022", Days(date(2022, 7, 25), None)),
        ("the 25th of july", Days(date(2023, 7, 25), None)),
        ("25 to 27 july", Days(date(2023, 7, 25), date(2023, 7, 27))),
        ("7 and 8 may", Days(date(2023, 5, 7), date(2023, 5, 8))),
        ("july 25-27", Days(date(2023, 7, 25), date(2023, 7, 27))),
        ("july 25 - 27", Days(date(2023, 7, 25), date(2023, 7, 27))),
        ("july 30 to august 2", Days(date(2023, 7, 30), date(2023, 8, 2))),
        ("30 july - 2 august", Days(date(2023, 7, 30), date(2023, 8, 2))),
        ("28 february to 2 march", Days(date(2023, 2, 28), date(2023, 3, 2))),
        ("on feb . 3", Days(date(2023, 2, 3), None)),
        ("friday to sunday", Days(date(2023, 7, 21), date(2023, 7, 23))),
        # no such days, no such spans
        ("31 june", None),
        ("30 february", None),
        ("27 to 25 july", None),
        ("july", None),
        ("may visit", None),
        ("2023", None),
        ("the good friday agreement", None),
        ("next week", None),
        ("99 july", None),
    ],
)
def test_days_in_a_text(text: str, expected: Days | None) -> None:
    assert days_in(text, TUESDAY, ahead=False) == expected


def test_days_over_the_turn_of_the_year() -> None:
    new_year = date(2024, 1, 2)
    assert days_in("30 december", new_year, ahead=False) == Days(date(2023, 12, 30), None)
    assert days_in("30 december to 3 january", new_year, ahead=False) == Days(
        date(2023, 12, 30), date(2024, 1, 3)
    )
    assert days_in("30 december to 3 january 2024", new_year, ahead=False) == Days(
        date(2023, 12, 30), date(2024, 1, 3)
    )
    old_year = date(2023, 12, 29)
    assert days_in("3 january", old_year, ahead=True) == Days(date(2024, 1, 3), None)
    assert days_in("monday", old_year, ahead=True) == Days(date(2024, 1, 1), None)
    assert days_in("29 february", date(2024, 2, 20), ahead=True) == Days(date(2024, 2, 29), None)
    assert days_in("29 february", date(2023, 2, 20), ahead=True) is None


def test_a_caption_is_stamped_with_a_year() -> None:
    assert stamped("before a dinner on ^nov . 15 , 2022 .", TUESDAY) == Days(
        date(2022, 11, 15), None
    )
    assert stamped("on 15 november 2022", TUESDAY) == Days(date(2022, 11, 15), None)
    assert stamped("on 15 november", TUESDAY) is None


@given(
    st.lists(
        st.sampled_from(SCRAPS.split()),
        max_size=8,
    ),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.booleans(),
)
def test_days_are_in_order_and_near(words: list[str], published: date, ahead: bool) -> None:
    text = " ".join(words)
    found = days_in(text, published, ahead=ahead)
    if found is None:
        return
    assert found.end is None or found.start <= found.end
    if "2023" not in text and "2024" not in text:
        assert abs(found.start - published) <= timedelta(days=366)


@pytest.mark.parametrize(
    ("text", "kind", "back", "ahead"),
    [
        ("in bali on nov . 16 , 2022 (", "full date", Days(date(2022, 11, 16), None), None),
        ("friday , feb . 10 , 2023", "full date", Days(date(2023, 2, 10), None), None),
        ("on 26 july", "date", Days(date(2023, 7, 26), None), None),
        ("from 25 to 27 july", "span", Days(date(2023, 7, 25), date(2023, 7, 27)), None),
        ("on friday", "weekday", Days(date(2023, 7, 21), None), Days(date(2023, 7, 28), None)),
        ("on tuesday", "weekday", Days(TUESDAY, None), None),
        (
            "friday to sunday",
            "week",
            Days(date(2023, 7, 21), date(2023, 7, 23)),
            Days(date(2023, 7, 28), date(2023, 7, 30)),
        ),
        ("this morning", "near", Days(TUESDAY, None), None),
        # a later day tells when the visit began
        ("on the second day of his state visit", "later day", Days(date(2023, 7, 24), None), None),
        ("on monday , the third day of talks", "later day", Days(date(2023, 7, 22), None), None),
    ],
)
def test_what_days_a_line_states(text: str, kind: str, back: Days, ahead: Days | None) -> None:
    (one,) = stated(text.split(), TUESDAY)
    assert (one.kind, one.back, one.ahead) == (kind, back, ahead or back)


def test_each_stated_day_is_found_at_its_words() -> None:
    text = "said on monday that he will be in kyiv from 27 to 29 july after a call on friday"
    line = text.split()
    assert [line[one.start : one.end] for one in stated(line, TUESDAY)] == [
        ["monday"],
        ["27", "to", "29", "july"],
        ["friday"],
    ]


@given(st.lists(st.sampled_from(SCRAPS.split()), max_size=10), st.dates(date(1990, 1, 1)))
def test_stated_days_do_not_overlap(words: list[str], published: date) -> None:
    published = min(published, date(2100, 1, 1))
    found = stated(words, published)
    for one in found:
        assert 0 <= one.start < one.end <= len(words)
        assert one.back.start <= one.ahead.start
    for one, following in pairwise(found):
        assert one.end <= following.start
