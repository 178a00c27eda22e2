"""Flights that entries report: read from sentences of all kinds, never from other news of aircraft.

Sentences and flights stand in ``tests/expected/flight_reports.jsonl``; they are ours.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.entries import GAZETTEER, entry
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.visits.flights.reports import READ_CHARS, flight_report, flights_in
from processors.visits.stage import VisitsStage
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import CASES_EVENTS
from wheelsdown.reference.aircraft_marks import state_of_registration
from wheelsdown.reference.data_files import rows
from wheelsdown.reference.flight_names import load_aircraft_types
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_states
from wheelsdown.stage import Position

THURSDAY = datetime(2023, 6, 15, 12, tzinfo=UTC)
SENTENCES = Path(__file__).parents[1] / "expected" / "flight_reports.jsonl"
EXPECTED = [
    msgspec.json.decode(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()
]
NEWS = Path(__file__).parents[3] / "shared" / "data" / "news"


def reports(title: str, summary: str = "", *, at: datetime = THURSDAY) -> list[FlightReport]:
    return reports_of(entry(title, summary, at=at))


def reports_of(one: Entry) -> list[FlightReport]:
    return [flight_report(one, told) for told in flights_in(one, GAZETTEER)]


def fields(report: FlightReport) -> dict[str, object]:
    return {
        "operator": report.operator_state,
        "type": report.type_name,
        "registration": report.registration,
        "callsign": report.callsign,
        "origin": report.origin.state if report.origin else None,
        "destination": report.destination.state if report.destination else None,
        "hours": report.hours_on_ground,
        "certainty": report.certainty,
        "cited": report.cited[0] if report.cited else None,
    }


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["title"])
def test_flights_are_read_with_all_that_is_told_and_none_from_other_news(row: Any) -> None:
    found = [fields(report) for report in reports(row["title"], row["summary"])]
    assert len(found) == len(row["flights"])
    for told, want in zip(found, row["flights"], strict=True):
        assert {name: told[name] for name in want} == want


def test_the_expected_flights_are_of_many_states() -> None:
    assert len({flight.get("operator") for row in EXPECTED for flight in row["flights"]}) > 25
    assert sum(not row["flights"] for row in EXPECTED) > 25


def test_days_hours_sources_and_words_stand_in_the_record() -> None:
    (report,) = reports(
        "Puzzle in Bamako",
        "Flightradar24 shows that the Algerian Air Force Ilyushin IL-76TD left Algiers on June "
        "9 and landed in Bamako. The aircraft stayed there for about 30 hours, according to "
        "Jeune Afrique, and the plane returned to Algiers on Sunday.",
    )
    assert report.operator == "Algerian Air Force"
    assert (report.aircraft_type, report.type_codes) == ("Ilyushin IL-76TD", ("IL76",))
    assert (report.departed, report.returned) == (date(2023, 6, 9), date(2023, 6, 11))
    assert report.hours_on_ground == 30
    assert report.cited == ("Flightradar24", "Jeune Afrique")
    assert report.origin is not None
    assert report.destination is not None
    assert (report.origin.name, report.destination.name) == ("Algiers", "Bamako")
    assert report.pair == "DZA-MLI"
    assert report.why[0].startswith("Algerian Air Force Ilyushin IL-76TD left Algiers")


def test_two_aircraft_of_one_entry_are_two_reports() -> None:
    found = reports(
        "Relief for Port-Vila",
        "An Australian C-17 landed in Port Vila on Tuesday. A French Air Force CN-235 flew "
        "from Noumea to Port Vila on Wednesday.",
    )
    assert {(one.operator_state, one.type_name) for one in found} == {
        ("AUS", "C-17"),
        ("FRA", "CN-235"),
    }


def test_a_flight_in_the_middle_of_a_long_article_is_read_and_one_far_down_is_not() -> None:
    filling = "Ministers met and spoke of trade and of the weather for a long time. " * 200
    flight = "A Russian Air Force Il-62M landed in Havana on Monday. "
    half = filling[: READ_CHARS // 2]
    assert len(reports("Report", f"{half}. {flight}{filling}")) == 1
    assert reports("Report", f"{filling[:READ_CHARS]}. {flight}") == []


def test_a_flight_of_long_ago_is_no_report() -> None:
    assert not reports("A US C-17 lands in Perth, Australia, April 17, 2014")
    assert not reports("Archive", "An Iranian Boeing 747 landed in Moscow on 3 March 2023.")


def test_the_end_of_last_year_is_not_long_ago_in_january() -> None:
    said = "A Russian government Il-96 landed in Havana in December 2022."
    assert reports("Havana", said, at=datetime(2023, 1, 5, 12, tzinfo=UTC))
    assert not reports("Havana", said)


def test_a_registration_of_another_state_than_the_operator_s_is_told_first() -> None:
    (odd,) = reports("Who?", "An Iranian aircraft, RA-78765, landed in Caracas on Sunday.")
    assert (odd.operator_state, odd.operator, odd.certainty) == ("IRN", "Iranian", "hedged")
    assert odd.why[0] == "RA-78765 is registered in RUS, the operator is said to be IRN"
    (even,) = reports("Who?", "An Iranian aircraft, EP-IGD, landed in Caracas on Sunday.")
    assert even.certainty == "stated"


def test_the_stage_publishes_reports_that_its_topic_carries() -> None:
    stage = VisitsStage(load_states(), load_officials(), partitions=1)
    one = entry("Russian government Il-96-300 (RA-96022) lands in Havana", at=THURSDAY)
    (output,) = stage.step({}, one, Position(0, 0)).outputs
    assert isinstance(output.record, FlightReport)
    assert CASES_EVENTS.decode(CASES_EVENTS.encode(output.record)) == output.record
    assert CASES_EVENTS.key(output.record) == "CUB-RUS"
    (again,) = stage.step({}, one, Position(0, 1)).outputs
    assert again.record.record_id == output.record.record_id
    (other,) = reports_of(replace(one, record_id="another"))
    assert other.record_id != output.record.record_id


#: What flights are told with, to be put together in any order.
WORDS = (
    "A Russian Air Force Il-62M", "the plane", "an aircraft", "two US jets", "RA-86559", "it", "(",
    "call sign IRAN07", "Meraj Airlines", "operated by", "landed", "flew", "returned", "took off",
    "left", "was spotted", "remained", "36 hours", "on the ground", "from", "to", "in", "between",
    "and", "Moscow", "Pyongyang", "North Korea", "the Syrian capital", "Kim Jong Un 's",
    "on Aug. 2", "July 31", "Tuesday", "before", "after", "aboard", "flight", "not", "will", ".",
    ",", ")", "'s", "-", "\N{EN DASH}", "according to NK News",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_whatever_is_said_the_reports_are_valid_and_few(said: list[str]) -> None:
    found = reports(" ".join(said[:20]), " ".join(said[20:]))
    assert len(found) <= 6
    for report in found:
        assert CASES_EVENTS.decode(CASES_EVENTS.encode(report)) == report
        assert report.pair.count("-") == 1
        assert report.origin or report.destination


def test_every_row_of_the_lists_of_names_is_usable() -> None:
    states = load_states()
    for name in ("air_operators.csv", "airfields.csv", "registration_prefixes.csv"):
        listed = list(rows(name))
        assert {row["state"] for row in listed} <= set(states)
        keys = [row.get("name") or row["prefix"] for row in listed]
        assert len(set(keys)) == len(keys)
        assert all(key.isascii() for key in keys)
    known = {
        (place, state.code)
        for state in states.values()
        for place in (state.capital, *state.cities, *state.towns)
    }
    assert [row for row in rows("airfields.csv") if (row["name"], row["state"]) in known] == []
    spelled: dict[str, str] = {}
    for one in load_aircraft_types():
        assert one.codes
        assert all(2 <= len(code) <= 4 and code.isalnum() for code in one.codes)
        for spelling in (one.name, *one.spellings):
            assert spelled.setdefault(spelling.casefold(), one.name) == one.name


@pytest.mark.parametrize(
    ("registration", "state"),
    [("RA-86559", "RUS"), ("EP-IGD", "IRN"), ("N80001", "USA"), ("YV3531", "VEN"), ("?", None)],
)
def test_a_registration_tells_the_state(registration: str, state: str | None) -> None:
    assert state_of_registration(registration) == state


@pytest.mark.shared
@pytest.mark.skipif(not NEWS.exists(), reason="no ../shared/data")
def test_reports_in_real_texts_are_found_and_none_where_there_is_none() -> None:
    wrong, found, wanted = [], 0, 0
    for line in (NEWS / "flight_reports_labelled.jsonl").read_text(encoding="utf-8").splitlines():
        row = msgspec.json.decode(line)
        at = datetime.fromisoformat(row["pub"]).replace(hour=12, tzinfo=UTC)
        told = [fields(report) for report in reports(row["text"], at=at)]
        if row["flight"] is None:
            wrong += told
            continue
        flight = row["flight"]
        if "op" not in flight:  # who flew stands in no word of the text
            continue
        wanted += 1
        names = {"op": "operator", "orig": "origin", "dest": "destination"}
        want = {names[key]: value for key, value in flight.items() if key in names}
        found += any({name: one[name] for name in want} == want for one in told)
    assert not wrong
    assert found >= 0.9 * wanted


@pytest.mark.shared
@pytest.mark.skipif(not NEWS.exists(), reason="no ../shared/data")
def test_the_article_that_started_the_project_is_read_whole() -> None:
    text = (NEWS / "seed_article.txt").read_text(encoding="utf-8")
    title, _, body = text.partition("\n")
    gold = msgspec.json.decode((NEWS / "seed_article_gold.json").read_bytes())
    (flight,) = gold["flights"]
    at = datetime(2023, 8, 8, 12, tzinfo=UTC)
    (report,) = reports(title, " ".join(body.split()), at=at)
    assert report.operator_state == flight["operator"]
    assert report.operator == flight["operator_text"]
    assert report.aircraft_type == flight["type"]
    assert report.pair == "PRK-RUS"
    assert report.origin is not None
    assert report.destination is not None
    assert (report.origin.name, report.destination.name) == ("Moscow", "Pyongyang")
    there, back = flight["legs"]
    assert str(report.departed) == there["departed"]
    assert str(report.returned) == back["on"]
    assert report.hours_on_ground == flight["ground_hours"]
    assert set(flight["attribution"]) <= set(report.cited)
