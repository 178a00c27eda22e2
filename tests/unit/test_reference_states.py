import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import distance_nm
from wheelsdown.reference.operators import state_of_operator
from wheelsdown.reference.states import folded, load_ambiguous_names, load_states

STATES = load_states()
#: Where government aircraft land elsewhere than at the capital: the government sits there.
SEAT_ELSEWHERE = {"CIV": "Abidjan", "TZA": "Dar es Salaam"}
NO_AERODROME = {"AND", "LIE", "MCO", "PSE", "SMR", "VAT"}
ORGANISATIONS = {"EU", "UN", "NATO", "IAEA", "AU", "ASEAN", "IMF", "WB", "OTH"}


def test_all_states_are_there_with_codes_of_their_own() -> None:
    kinds = Counter(state.kind for state in STATES.values())
    # 193 members and 2 observers of the United Nations, with XKX, TWN, COK and NIU.
    assert kinds == {"state": 199, "territory": 2, "organisation": 9}
    assert {s.code for s in STATES.values() if s.kind == "organisation"} == ORGANISATIONS
    alpha2 = [
        code
        for state in STATES.values()
        for code in (state.alpha2, *state.territories)
        if code is not None
    ]
    assert len(alpha2) == len(set(alpha2))
    assert all(re.fullmatch("[A-Z]{2}", code) for code in alpha2)


@pytest.mark.parametrize("state", STATES.values(), ids=lambda state: state.code)
def test_a_states_row_is_whole(state) -> None:  # type: ignore[no-untyped-def] # a parameter
    terms = (state.name, *state.names, *state.demonyms, *state.cities, *state.seats)
    assert len(terms) == len(set(terms))
    assert all(term == term.strip() and term.isascii() and term for term in terms)
    if state.kind == "organisation":
        assert state.alpha2 is None
        assert state.capital is None
        assert state.capital_aerodrome is None
        return
    assert re.fullmatch("[A-Z]{3}", state.code)
    assert state.demonyms
    assert state.capital or state.code in {"HKG", "MAC", "VAT"}
    assert (state.capital_aerodrome is None) == (state.code in NO_AERODROME)


def test_a_name_belongs_to_one_state_unless_it_is_listed_as_ambiguous() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for state in STATES.values():
        capital = (state.capital,) if state.capital else ()
        for term in (state.name, *state.names, *state.demonyms, *state.cities, *state.seats):
            owners[term.casefold()].add(state.code)
        for term in capital:
            owners[term.casefold()].add(state.code)
    ambiguous = {name.casefold() for name in load_ambiguous_names()}
    shared = {term for term, codes in owners.items() if len(codes) > 1}
    assert shared <= ambiguous
    for codes in load_ambiguous_names().values():
        assert set(codes) <= set(STATES)


def test_capital_aerodromes_exist_in_their_state_and_near_others_of_the_capital() -> None:
    aerodromes = load_aerodromes()
    by_city = defaultdict(list)
    for aerodrome in aerodromes:
        by_city[aerodrome.state, folded(aerodrome.city).casefold()].append(aerodrome)
    checked = 0
    for state in STATES.values():
        if state.capital_aerodrome is None:
            continue
        found = aerodromes.capital_of(state.code)
        assert found is not None, state.code
        assert found.state == state.code
        city = SEAT_ELSEWHERE.get(state.code, state.capital or state.name)
        # The nearest of them: "Washington" and "Male" are also other places of the same state.
        same_city = by_city[state.code, city.casefold()]
        if same_city:
            checked += 1
            assert (
                1.852
                * min(
                    distance_nm(found.latitude, found.longitude, other.latitude, other.longitude)
                    for other in same_city
                )
                < 120
            )
    assert checked > 165


@pytest.mark.parametrize(
    ("operator", "state"),
    [
        ("Russian Air Force", "RUS"),
        ("RUSSIAN AIR FORCE", "RUS"),
        ("US Army", "USA"),
        ("Focus Aviation, call us", None),
        ("Royal Air Force", None),
        ("Royal Air Force of Oman", "OMN"),
        ("Republic of China Air Force", "TWN"),
        ("Republic of Korea Navy", "KOR"),
        ("Gov of Democratic Republic of Congo", "COD"),
        ("Guinea Ecuatorial Airlines", None),
        ("Equatorial Guinea", "GNQ"),
        ("Georgia State Patrol", None),
        ("Georgian Air Force", "GEO"),
        ("New Mexico State Police", None),
        ("Police Service of Northern Ireland", "GBR"),
        ("Force aérienne de Türkiye", "TUR"),
        ("Indian Ocean Patrol", None),
        ("Franco-German Brigade", "DEU"),
        ("French and German air transport", None),
        ("Greek Cypriot National Guard", "CYP"),
        ("Bosnian Serb police", "BIH"),
        ("East Palestine Fire Department", None),
        ("Taiwan Strait Patrol", None),
        ("", None),
    ],
)
def test_the_state_that_an_operators_name_tells(operator: str, state: str | None) -> None:
    assert state_of_operator(operator) == state


def test_every_data_file_is_described() -> None:
    data = Path(__file__).parents[2] / "wheelsdown" / "reference" / "data"
    described = re.findall(r"^\*\*(\w+\.csv)\*\*", (data / "README.md").read_text(), re.MULTILINE)
    assert sorted(described) == sorted(file.name for file in data.glob("*.csv"))
