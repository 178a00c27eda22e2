"""Which visits agree with a stay, and how strongly."""

from datetime import date

import pytest
from fakes.examples import pyongyang_stay, shoigu_visit
from msgspec.structs import replace

from processors.cases import explanation, matching
from wheelsdown.reference.states import load_states

VISIT = shoigu_visit()


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ((2023, 7, 25), (2023, 7, 27), 4),
        ((2023, 7, 31), (2023, 7, 31), 0),
        ((2023, 7, 30), (2023, 8, 5), 0),
        ((2023, 8, 2), (2023, 8, 3), 0),
        ((2023, 8, 4), (2023, 8, 5), -2),
    ],
)
def test_days_between(start: tuple[int, int, int], end: tuple[int, int, int], days: int) -> None:
    """The stay: 31 July, 13:55 UTC, to 2 August, 01:55 UTC."""
    visit = replace(VISIT, start=date(*start), end=date(*end))
    assert matching.days_between(pyongyang_stay("left"), visit, date(2023, 8, 30)) == days


@pytest.mark.parametrize(("start", "matched"), [(21, True), (20, False), (4, True), (5, False)])
def test_the_window_of_a_match(start: int, matched: bool) -> None:
    day = date(2023, 7 if start > 10 else 8, start)
    visit = replace(VISIT, start=day, end=day)
    found = matching.matches(pyongyang_stay("left"), [visit], date(2023, 8, 30))
    assert bool(found) is matched


def test_a_flight_against_the_direction_of_the_visit_is_weaker_and_says_so() -> None:
    """Kim is in Russia; the Russian aircraft is in Pyongyang."""
    stay = pyongyang_stay("left")
    there = replace(VISIT, start=date(2023, 7, 31), end=date(2023, 8, 1), feeds=("a", "b"))
    other_way = replace(there, visitor="PRK", host="RUS", visit_id="0")
    strengths = {}
    for visit in (there, other_way):
        found = matching.matches(stay, [visit], date(2023, 8, 30))
        strengths[visit.host] = matching.strength(stay, found)
    assert strengths == {"PRK": "strong", "RUS": "weak"}
    found = matching.matches(stay, [other_way, there], date(2023, 8, 30))
    assert [match.visit.host for match in found] == ["PRK", "RUS"]
    states = load_states()
    said = " ".join(explanation.why(stay, found[1:], "weak", states))
    assert "but the visit leads the other way" in said
    assert "to the state that the visitor comes from" in said
    assert any("fetch or bring home" in one for one in explanation.unknown(stay, found, states))


@pytest.mark.parametrize(
    ("feeds", "day", "certainty", "strength"),
    [
        (("a", "b"), date(2023, 7, 31), 0.69, "moderate"),
        (("a", "b"), date(2023, 7, 31), 0.7, "strong"),
        (("a",), date(2023, 7, 27), 0.69, "weak"),
        (("a",), date(2023, 7, 27), 0.7, "moderate"),
    ],
)
def test_a_doubtful_visit_is_worth_a_point_less(
    feeds: tuple[str, ...], day: date, certainty: float, strength: str
) -> None:
    visit = replace(VISIT, start=day, end=day, feeds=feeds, certainty=certainty)
    stay = pyongyang_stay("left")
    found = matching.matches(stay, [visit], date(2023, 8, 30))
    assert matching.strength(stay, found) == strength
