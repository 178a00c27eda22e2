"""Every row of venues.csv: days that can be, a host that is a state, names that are one place's."""

import itertools
from collections import defaultdict
from datetime import date, timedelta

import pytest

from wheelsdown.reference.states import load_ambiguous_names, load_states
from wheelsdown.reference.venues import Venue, load_venues

VENUES = load_venues()
STATES = load_states()
#: A conference on the climate takes two weeks; nothing in the file takes longer.
LONGEST = timedelta(days=16)
#: Bodies, groups of persons and seasons: a headline that has them need not be about the gathering.
NO_GATHERINGS = {
    *("nato", "asean", "african union", "arab league", "european council", "eu leaders"),
    *("general assembly", "climate summit", "victory day", "world cup", "olympics"),
}


def label(venue: Venue) -> str:
    return f"{venue.start} {venue.names[0]}"


@pytest.mark.parametrize("venue", VENUES, ids=label)
def test_a_row_is_whole(venue: Venue) -> None:
    assert venue.names
    assert len(set(venue.names)) == len(venue.names)
    for name in venue.names:
        assert name.isascii()
        assert name == " ".join(name.lower().split())
    assert not NO_GATHERINGS & set(venue.names)
    assert date(2022, 1, 1) <= venue.start <= venue.end <= date(2026, 12, 31)
    assert venue.end - venue.start <= LONGEST
    assert STATES[venue.host].kind != "organisation"
    assert venue.city.isascii()
    assert venue.source.startswith(("Wikipedia: ", "https://"))


def test_rows_are_in_the_order_of_days() -> None:
    assert list(VENUES) == sorted(VENUES, key=lambda venue: (venue.start, venue.end))


def test_a_city_is_not_one_of_another_state() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for state in STATES.values():
        for place in (state.name, *state.names, state.capital, *state.cities, *state.seats):
            if place:
                owners[place].add(state.code)
    for name, codes in load_ambiguous_names().items():
        owners[name].update(codes)
    known = [venue for venue in VENUES if venue.city in owners]
    assert [label(venue) for venue in known if venue.host not in owners[venue.city]] == []
    assert len(known) > 0.9 * len(VENUES)


def test_no_name_means_two_hosts_on_one_day() -> None:
    found: defaultdict[str, list[Venue]] = defaultdict(list)
    for venue in VENUES:
        for name in venue.names:
            found[name].append(venue)
    clashes = [
        (name, label(one), label(other))
        for name, venues in found.items()
        for one, other in itertools.combinations(venues, 2)
        if one.host != other.host and one.start <= other.end and other.start <= one.end
    ]
    assert clashes == []


def test_a_gathering_of_every_year_has_the_place_of_its_year() -> None:
    hosts = {venue.start.year: venue.host for venue in VENUES if "nato summit" in venue.names}
    assert hosts[2023] == "LTU"
    assert hosts[2024] == "USA"
