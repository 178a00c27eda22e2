"""Status and dates of visits, read at the phrase and judged by the day of publication."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.visits.candidates import Mention
from processors.visits.days import Days, days_in, stamped, stated
from processors.visits.gazetteer import Gazetteer
from processors.visits.parties import with_parties
from processors.visits.patterns import Told, visits_in
from processors.visits.shape import Party, Shape, shape_of
from processors.visits.tense import pair_in
from processors.visits.text import sentences
from processors.visits.told_when import PairWhen, told_when
from wheelsdown.records.news import Entry
from wheelsdown.records.visits import Status
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_ambiguous_names, load_states
from wheelsdown.reference.visit_model import Weights, WhenModel

GAZETTEER = Gazetteer(load_states(), load_officials(), load_ambiguous_names())
#: Of which dates are made, and what only looks like one.
SCRAPS = "25 27 0 31 29 2023 2024 july feb . may monday friday today to and - , three-day next of"
#: A Tuesday.
TUESDAY = date(2023, 7, 25)


def entry_of(title: str, summary: str, published: date) -> Entry:
    at = datetime(published.year, published.month, published.day, 9, tzinfo=UTC)
    return Entry(
        record_id="r",
        occurred_at=at,
        observed_at=at,
        entry_id="e",
        feed="f",
        title=title,
        summary=summary,
        link=None,
        published_at=at,
        content_hash="h",
    )


def only(title: str, published: date = TUESDAY) -> Told:
    (one,) = visits_in(entry_of(title, "", published), GAZETTEER)
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


def shapes_of(title: str, summary: str) -> list[Shape]:
    return [
        with_parties(shape_of(sentence, GAZETTEER.find(sentence.tokens)), TUESDAY)
        for sentence in sentences(entry_of(title, summary, TUESDAY))
    ]


def mention(shapes: list[Shape], sentence: int, symbol: str, code: str) -> Mention:
    """The first element of a sentence that stands for a state."""
    for at, element in enumerate(shapes[sentence].elements):
        value = element.value
        codes = value.codes if isinstance(value, Party) else (getattr(value, "code", None),)
        if element.symbol == symbol and code in codes:
            return Mention(sentence, at, symbol, code, "head", "named", None)
    raise AssertionError(f"no {symbol} of {code} in {shapes[sentence].text}")


#: A day is the visit's when it is no statement's; the words tell what the rules say.
MODEL = WhenModel(
    day=Weights(
        classes=("no", "yes"),
        weights={"bias": (0.0, 1.0), "l1=SAID": (3.0, 0.0), "W=far": (9.0, 0.0)},
    ),
    status=Weights(
        classes=("ongoing", "planned", "cancelled"),
        weights={
            "bias": (0.1, 0.0, 0.0),
            "RULEW=planned": (0.0, 1.0, 0.0),
            "RULEW=cancelled": (0.0, 0.0, 1.0),
            "r:beams": (0.5, 0.0, 0.0),
        },
    ),
    background=Weights(
        classes=("no", "yes"), weights={"bias": (0.5, 0.0), "BT=FalseFalse": (0.0, 1.0)}
    ),
    kind=Weights(
        classes=("third_place", "visit"),
        weights={"bias": (0.0, 1.0), "KM=1FalseTrue": (2.0, 0.0)},
    ),
)


def told(title: str, summary: str = "", *, sentence: int = 0) -> PairWhen:
    """When Macron's visit to Japan is."""
    shapes = shapes_of(title, summary)
    visitor, host = mention(shapes, sentence, "O", "FRA"), mention(shapes, sentence, "P", "JPN")
    return told_when(shapes, visitor, host, TUESDAY, MODEL)


@pytest.mark.parametrize(
    ("title", "status", "start", "end"),
    [
        ("Macron arrives in Japan", "ongoing", None, None),
        ("Macron to visit Japan", "planned", None, None),
        # a day that is told decides
        ("Macron to visit Japan on 20 July", "completed", 20, None),
        ("Macron visits Japan on 27 July", "planned", 27, None),
        ("Macron to visit Japan from 24 to 26 July", "ongoing", 24, 26),
        ("Macron to visit Japan on a three-day trip from 27 July", "planned", 27, 29),
        ("Macron in Japan on the second day of his visit", "ongoing", 24, None),
        # but not what is called off, nor on the day of a statement
        ("Macron cancels visit to Japan on 27 July", "cancelled", 27, None),
        ("Macron to visit Japan, a spokesman said Monday", "planned", None, None),
    ],
)
def test_a_told_day_decides_the_status_of_a_pair(
    title: str, status: Status, start: int | None, end: int | None
) -> None:
    found = told(title)
    days = found.days
    assert found.status == status
    assert (days.start.day if days else None, days.end.day if days and days.end else None) == (
        start,
        end,
    )


def test_the_words_that_told_the_status_are_shown() -> None:
    assert told("Macron visits Japan on 27 July").cue == "27 July"
    assert told("Macron to visit Japan").cue == "to visit"
    assert told("Macron, Japan: one beams").cue == "beams"


def test_a_visit_whose_states_the_title_does_not_name_is_recalled() -> None:
    elsewhere = told("Grain prices rise", "Macron visited Japan last week.", sentence=1)
    assert elsewhere.background
    assert not told("Macron visited Japan").background


def test_guests_who_meet_in_a_third_state_are_in_a_third_place() -> None:
    assert told("Macron meets Iranian foreign minister in Japan").kind == "third_place"
    assert told("Macron meets Japanese foreign minister in Japan").kind == "visit"
    assert told("Macron arrives in Japan").kind == "visit"


def test_a_line_of_tags_is_seen_from_its_pair() -> None:
    shapes = shapes_of("Macron is set to travel to Japan, which the French leader last visited", "")
    visitor, host = mention(shapes, 0, "O", "FRA"), mention(shapes, 0, "P", "JPN")
    (line,) = pair_in(shapes, visitor, host).lines.values()
    assert " ".join(line.tags) == "V is FUT GO.b to H , which the v RECENT VISIT.d"
    assert [line.tag_at(word) for word in (0, 2, 3, visitor.at, host.at)] == [0, 2, 2, 0, 5]
