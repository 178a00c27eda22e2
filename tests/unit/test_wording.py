"""Plain words, exact about what is known."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from fakes.examples import (
    SHOIGU_ENTRIES,
    evidence,
    pyongyang_incident,
    pyongyang_stay,
    shoigu_visit,
)

from consumers import wording
from wheelsdown.records.incidents import VisitMatch
from wheelsdown.records.journeys import Certainty, Place, StayStatus
from wheelsdown.records.visits import Status


@pytest.mark.parametrize(
    ("status", "certainty", "said"),
    [
        ("arrived", "observed", "Russian aircraft in North Korea"),
        ("arrived", "probable", "Russian aircraft probably in North Korea"),
        ("arrived", "unknown", "Russian aircraft possibly in North Korea"),
        ("left", "inferred", "Russian aircraft left North Korea"),
        ("left", "probable", "Russian aircraft probably left North Korea"),
        ("returned", "observed", "Russian aircraft back from North Korea"),
        ("returned", "probable", "Russian aircraft back, probably from North Korea"),
    ],
)
def test_headlines_carry_the_doubt(status: StayStatus, certainty: Certainty, said: str) -> None:
    incident = pyongyang_incident(status)
    arrival = msgspec.structs.replace(incident.stay.arrival, certainty=certainty)
    stay = msgspec.structs.replace(incident.stay, arrival=arrival)
    incident = msgspec.structs.replace(incident, stay=stay)
    assert wording.headline(incident) == f"{said} · strong match ●●●"


@pytest.mark.parametrize(
    ("length", "error_min", "said"),
    [
        (timedelta(minutes=50), 5, "probably 50 min (± 10 min) in Pyongyang"),
        (timedelta(hours=36), 60, "probably 36 h (± 2 h) in Pyongyang"),
        (timedelta(days=4), 0, "probably 4.0 days in Pyongyang"),
        (timedelta(days=4), 720, "probably 4.0 days (± 1.0 days) in Pyongyang"),
    ],
)
def test_stays_have_a_length_and_a_margin(length: timedelta, error_min: float, said: str) -> None:
    stay = pyongyang_stay("returned")
    assert stay.departure is not None
    arrival = msgspec.structs.replace(stay.arrival, error_min=error_min)
    departure = msgspec.structs.replace(stay.departure, at=arrival.at + length, error_min=error_min)
    stay = msgspec.structs.replace(stay, arrival=arrival, departure=departure)
    assert wording.stay_length(stay) == said


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2023, 7, 25), date(2023, 7, 25), "25 Jul 2023"),
        (date(2023, 7, 25), date(2023, 7, 27), "25 to 27 Jul 2023"),
        (date(2023, 7, 31), date(2023, 8, 2), "31 Jul to 2 Aug 2023"),
        (date(2022, 12, 30), date(2023, 1, 2), "30 Dec 2022 to 2 Jan 2023"),
    ],
)
def test_days(start: date, end: date, said: str) -> None:
    assert wording.days(start, end) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "flight during the visit"),
        (1, "flight 1 day after the visit"),
        (-2, "flight 2 days before the visit"),
    ],
)
def test_relation(days: int, said: str) -> None:
    assert wording.relation(VisitMatch(visit=shoigu_visit(), days=days)) == said


def test_evidence_is_spread_over_feeds_and_copies_count_once() -> None:
    later = datetime(2023, 7, 30, tzinfo=UTC)
    copy = evidence(9, SHOIGU_ENTRIES[0].title.upper(), "copy-desk", later)
    best = wording.best_evidence(shoigu_visit((*SHOIGU_ENTRIES, copy)), 3)
    assert [one.feed for one in best] == ["world-wire", "asia-desk", "defence-review"]
    assert len(wording.best_evidence(shoigu_visit((*SHOIGU_ENTRIES, copy)), 9)) == 4


def test_what_is_missing_is_said() -> None:
    stay = pyongyang_stay("arrived")
    bare = msgspec.structs.replace(
        stay.aircraft, registration=None, type_name=None, type_code=None, operator=" \x00"
    )
    assert wording.aircraft_name(bare) == "address 15521f"
    assert wording.operator_name(msgspec.structs.replace(stay, aircraft=bare)) == (
        "unknown operator, Russia"
    )
    assert wording.place_name(Place()) == "an unknown place"
    assert wording.place_name(Place(state="PRK")) == "North Korea"
    assert wording.state_name("QQQ") == "QQQ"
    nobody = msgspec.structs.replace(shoigu_visit(), official=None, office=None)
    assert wording.visitor_name(nobody) == "an official who is not named"


@pytest.mark.parametrize(
    ("status", "dates_stated", "last_day", "after_it"),
    [
        ("planned", True, "announced", "had been announced"),
        ("ongoing", True, "under way", "took place"),
        ("ongoing", False, "under way", "under way when last reported"),
        ("completed", True, "took place", "took place"),
        ("cancelled", True, "cancelled", "cancelled"),
    ],
)
def test_a_visit_is_told_as_of_a_day(
    status: Status, dates_stated: bool, last_day: str, after_it: str
) -> None:
    visit = msgspec.structs.replace(shoigu_visit(), status=status, dates_stated=dates_stated)
    assert wording.visit_words(visit, visit.end).endswith(f", {last_day}")
    assert wording.visit_words(visit, visit.end + timedelta(days=1)).endswith(f", {after_it}")


def test_clean_leaves_one_harmless_line() -> None:
    assert wording.clean(" a\n\tb\u2028c \x1b[31m\u202e\u200b\x00 \ud800") == "a b c [31m"
    joined = "👩\u200d✈ می\u200cخو"
    assert wording.clean(joined) == joined
