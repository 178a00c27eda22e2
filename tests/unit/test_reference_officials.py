"""Every row of officials.csv: offices and days that can be, names that are one person's."""

import itertools
from collections import defaultdict
from datetime import date

import pytest

from wheelsdown.reference.officials import Official, load_officials
from wheelsdown.reference.states import load_ambiguous_names, load_states

OFFICIALS = load_officials()
STATES = load_states()
#: Before any news that the project is for; what is open at this day is open.
EARLIEST = date(1920, 1, 1)
TODAY = date(2026, 12, 31)


def label(official: Official) -> str:
    return f"{official.state} {official.office} {official.name}"


def names(official: Official) -> tuple[str, ...]:
    return (official.name, *official.variants, *official.alone)


@pytest.mark.parametrize("official", OFFICIALS, ids=label)
def test_a_row_is_whole(official: Official) -> None:
    assert official.state in STATES
    assert official.office
    assert official.source.startswith("Wikipedia: ") or official.source.startswith("https://")
    since, until = official.since or EARLIEST, official.until or TODAY
    assert EARLIEST <= since <= until <= TODAY
    for name in names(official):
        assert name.isascii(), "readers fold the text that they search"
        assert name == " ".join(name.split())
        assert 0 < len(name.split()) <= 8
    assert len(set(names(official))) == len(names(official))
    # A first name alone would be anybody's.
    assert " " in official.name


def overlapping(one: Official, other: Official) -> bool:
    return (one.since or EARLIEST) <= (other.until or TODAY) and (other.since or EARLIEST) <= (
        one.until or TODAY
    )


def test_no_name_means_officials_of_two_states_at_one_time() -> None:
    owners: defaultdict[str, list[Official]] = defaultdict(list)
    for official in OFFICIALS:
        for name in names(official):
            owners[name].append(official)
    clashes = [
        (name, one.state, other.state)
        for name, found in owners.items()
        for one, other in itertools.combinations(found, 2)
        if one.state != other.state and overlapping(one, other)
    ]
    assert clashes == []


def test_one_person_holds_an_office_once_at_a_time() -> None:
    terms: defaultdict[tuple[str, str, str], list[Official]] = defaultdict(list)
    for official in OFFICIALS:
        terms[official.state, official.office, official.name].append(official)
    for found in terms.values():
        for one, other in itertools.combinations(found, 2):
            assert not overlapping(one, other), label(one)


def test_states_have_one_head_of_government_at_a_time() -> None:
    terms: defaultdict[str, list[Official]] = defaultdict(list)
    for official in OFFICIALS:
        if official.office == "prime minister":
            terms[official.state].append(official)
    for found in terms.values():
        for one, other in itertools.combinations(found, 2):
            # A successor may take office on the day on which his predecessor leaves it.
            latest = max(one.since or EARLIEST, other.since or EARLIEST)
            earliest = min(one.until or TODAY, other.until or TODAY)
            assert latest >= earliest, f"{label(one)} and {label(other)}"


def test_names_are_no_names_of_places() -> None:
    places = {
        place
        for state in STATES.values()
        for place in (state.name, *state.names, *state.demonyms, state.capital, *state.cities)
    } | set(load_ambiguous_names())
    assert [label(one) for one in OFFICIALS if places & set(names(one))] == []


def test_who_holds_an_office_on_a_day() -> None:
    shoigu = next(one for one in OFFICIALS if one.name == "Sergei Shoigu")
    assert shoigu.holds(date(2023, 7, 25))
    assert shoigu.until is not None
    assert shoigu.holds(shoigu.until)
    assert not shoigu.holds(date(2025, 1, 1))
