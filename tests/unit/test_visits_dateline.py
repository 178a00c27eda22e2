"""Datelines: the day of writing is no day of a visit, and "here" is where it was written."""

import pytest
from fakes.entries import GAZETTEER, entry

from processors.visits.scene import shapes_of

SAID = "A minister of Norway arrived here on Monday"


def line(summary: str) -> str:
    """The first sentence of a summary as symbols and words, without marks of capitals."""
    return shapes_of(entry("A visit", summary), GAZETTEER)[1].text.replace("^", "")


@pytest.mark.parametrize(
    "dateline",
    [
        "ISLAMABAD:",
        "KYIV, Ukraine (AP) -",
        "SEOUL, Sept. 24 (Agency) --",
        "BEIJING, Dec. 30 -",
        "UZBEKISTAN, December 19 -",
        "Male/New Delhi, Sep 10 (Agency)",
        "29 Sept, Kathmandu:",
        "ISLAMABAD July 12 (Agency):",
        "Washington [US], June 3:",
        "KUALA LUMPUR, Feb 26 \N{EM DASH}",
        "RAWALPINDI, 3 March 2022:",
        "BRASILIA, BRAZIL - NOVEMBER 01:",
    ],
)
def test_the_day_of_writing_goes(dateline: str) -> None:
    said = line(f"{dateline} {SAID}")
    assert not any(word[0].isdigit() for word in said.split())
    assert "on monday" in said


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (f"ISLAMABAD: {SAID}", "arrived in P"),
        ("KYIV, Ukraine (AP) - The minister left here for Oslo", "left P"),
        ("Doha, 3 March: He had come from here to Oslo", "from P"),
    ],
)
def test_here_is_where_it_was_written(summary: str, said: str) -> None:
    assert said in line(summary)
    assert " here" not in line(summary)


@pytest.mark.parametrize(
    "summary",
    [
        SAID,
        "On July 3, Norway opened an embassy here",
        "July 3 is a holiday here in Norway",
        "Norway, which opened here in 2020, closed on May 3",
        "NOWHERETOWN: The minister spoke here",
    ],
)
def test_without_a_dateline_nothing_changes(summary: str) -> None:
    assert "here" in line(summary)
    days = [word for word in summary.replace(",", " ").split() if word.isdigit()]
    assert [word for word in line(summary).split() if word.isdigit()] == days


@pytest.mark.parametrize(
    "said",
    [
        "The minister spoke. Read more here.",
        "The minister said it is here to stay",
        "The minister is not welcome here",
        "Here is what the minister said",
    ],
)
def test_here_need_not_be_a_place(said: str) -> None:
    summary = f"OSLO: {said}"
    shapes = shapes_of(entry("Read here on Monday", summary), GAZETTEER)
    assert "here on monday" in shapes[0].text.replace("^", "")
    assert "here" in " ".join(shape.text for shape in shapes[1:])


@pytest.mark.parametrize(
    "summary",
    [
        "Today, 3 July, a minister came to Oslo",
        "Thursday, Oct. 17, a minister comes to Oslo",
        "Friday, Oct. 11: a minister comes",
        "Norway, Oct. 11 visit of a minister",
        "Norway, Oct. 11 visit",
        "A May 3 - 5 visit",
        "Oslo, July 8 to July 9 - a minister will visit",
    ],
)
def test_the_day_of_a_visit_stays(summary: str) -> None:
    assert any(word[0].isdigit() for word in line(summary).split())
