"""Reports of flights in case files: evidence for a stay that a visit explains, and nothing more."""

import random
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from fakes.cases_run import both_read, case_of, incidents, new_run
from fakes.examples import pyongyang_stay
from fakes.mentions import told
from msgspec.structs import replace

from processors.cases import keeping
from processors.cases.flight_reports import SHOWN, agreeing
from wheelsdown.records.flight_reports import FlightReport, ReportedPlace
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import INCIDENTS
from wheelsdown.records.visits import Evidence

DAY = timedelta(days=1)
#: The stay: 31 July to 2 August. The report comes out a week later.
PUBLISHED = datetime(2023, 8, 8, 12, tzinfo=UTC)


def evidence(title: str, at: datetime, link: str | None = "https://news.example/7") -> Evidence:
    return Evidence(
        entry_id=record_id(title),
        feed="asia-desk",
        title=title,
        link=link,
        published_at=at,
        content_hash=record_id(title),
    )


REPORT = FlightReport(
    record_id="report",
    occurred_at=PUBLISHED,
    observed_at=PUBLISHED,
    pair="PRK-RUS",
    operator_state="RUS",
    operator="Russian Air Force",
    aircraft_type="Ilyushin IL-62M",
    type_name="Il-62M",
    type_codes=("IL62",),
    registration=None,
    callsign=None,
    origin=ReportedPlace(state="RUS", name="Moscow"),
    destination=ReportedPlace(state="PRK", name="Pyongyang"),
    departed=date(2023, 7, 31),
    arrived=None,
    returned=date(2023, 8, 2),
    hours_on_ground=36,
    cited=("Flightradar24", "NK News"),
    certainty="stated",
    why=("landed in Pyongyang",),
    evidence=evidence("Jet seen in North Korea", PUBLISHED),
)
MENTION = told(2, who="Sergei Shoigu", title="Shoigu arrives in Pyongyang")
HOME = pyongyang_stay("returned")


def about(number: int, **other: object) -> FlightReport:
    """Another text on the same flight."""
    at = PUBLISHED + number * timedelta(hours=1)
    return replace(
        REPORT,
        record_id=f"report {number}",
        occurred_at=at,
        observed_at=at,
        evidence=evidence(f"Jet {number}", at),
        **other,
    )


def test_a_report_that_agrees_is_told_with_title_day_link_and_what_it_says() -> None:
    run = new_run()
    (first,) = incidents(run.take_all([MENTION, HOME]))
    assert first.flight_reports == ()
    (second,) = incidents(run.take(REPORT))
    assert second.flight_reports == (REPORT,)
    assert second.changed == "the news reports the flight"
    assert second.revision == first.revision + 1
    assert second.why[-1] == (
        'asia-desk of 8 Aug 2023 reports, citing Flightradar24 and NK News: "Jet seen in North '
        'Korea" (Russian Air Force Il-62M, from Moscow to Pyongyang, left 31 Jul 2023, back 2 Aug '
        "2023, 36 h on the ground). https://news.example/7"
    )
    assert second.why[:-1] == first.why
    assert (second.strength, second.visits) == (first.strength, first.visits)
    assert run.take(REPORT) == []


def test_reports_raise_no_incident_without_a_visit() -> None:
    run = new_run()
    assert incidents(run.take_all([HOME, REPORT, about(1)])) == []
    (incident,) = incidents(run.take(MENTION))
    assert incident.flight_reports == (REPORT, about(1))


@pytest.mark.parametrize(
    ("changes", "agrees"),
    [
        ({}, True),
        ({"registration": "RA86559", "type_codes": (), "type_name": None}, True),
        ({"registration": "RA-86570"}, False),
        ({"type_codes": ("IL96",)}, False),
        ({"type_codes": (), "type_name": None}, False),
        ({"operator_state": "PRK"}, False),
        ({"departed": date(2023, 7, 28)}, False),
        ({"departed": None, "returned": date(2023, 8, 9)}, False),
        ({"departed": None, "returned": None, "arrived": date(2023, 8, 1)}, True),
        ({"departed": None, "returned": None, "arrived": date(2023, 8, 4)}, False),
        ({"departed": None, "returned": None}, True),
        ({"departed": None, "returned": None, "occurred_at": PUBLISHED - 9 * DAY}, False),
        ({"departed": None, "returned": None, "occurred_at": PUBLISHED + 9 * DAY}, False),
        ({"origin": REPORT.destination, "destination": REPORT.origin}, False),
        (
            {
                "origin": REPORT.destination,
                "destination": REPORT.origin,
                "departed": date(2023, 8, 2),
                "returned": None,
            },
            True,
        ),
    ],
)
def test_aircraft_places_and_days_have_to_agree(changes: dict[str, object], agrees: bool) -> None:
    report = replace(REPORT, **changes)
    assert agreeing(HOME, [report]) == ((report,) if agrees else ())


def test_nothing_agrees_with_a_stay_that_is_taken_back() -> None:
    assert agreeing(pyongyang_stay("withdrawn"), [REPORT]) == ()


def test_the_first_reports_are_shown_and_each_text_once() -> None:
    copies = [about(number) for number in (5, 3, 1, 4)]
    copies.append(replace(about(1), record_id="a copy", occurred_at=PUBLISHED + DAY))
    assert agreeing(HOME, copies) == (about(1), about(3), about(4))
    assert SHOWN == 3


def test_the_order_in_which_things_come_changes_nothing_of_the_last_revision() -> None:
    said = [MENTION, pyongyang_stay("arrived"), HOME, REPORT, about(1), about(2), about(3)]
    dice = random.Random(7)
    last = set()
    for _ in range(12):
        dice.shuffle(said)
        incident = incidents(new_run().take_all(said))[-1]
        last.add((incident.why, incident.flight_reports, incident.status, incident.strength))
    assert len(last) == 1


def test_a_case_file_keeps_a_bounded_number_of_reports_and_those_shown_longest() -> None:
    run = new_run()
    run.take_all([MENTION, HOME, REPORT])
    other = [about(number, type_codes=("IL96",)) for number in range(1, 2 * keeping.MOST_REPORTS)]
    run.take_all(other)
    kept = case_of(run).flight_reports
    assert len(kept) == keeping.MOST_REPORTS
    assert kept[0] == REPORT
    assert kept[1:] == tuple(other[-keeping.MOST_REPORTS + 1 :])
    long = "https://news.example/" + "a" * 8_000
    run.take_all(replace(about(n), evidence=evidence(f"J{n}", PUBLISHED, long)) for n in range(99))
    size = sum(len(msgspec.json.encode(one)) for one in case_of(run).flight_reports)
    assert size <= keeping.MOST_REPORT_BYTES


def test_reports_leave_with_their_time_and_those_shown_with_the_stay() -> None:
    run = new_run()
    run.take_all([MENTION, HOME, REPORT, about(1, pair="PRK-RUS", type_codes=("IL96",))])
    assert len(case_of(run).flight_reports) == 2
    now = PUBLISHED + 41 * DAY
    run.take_all(both_read(now))
    assert case_of(run).flight_reports == ()


def test_case_files_and_incidents_of_before_are_still_read() -> None:
    run = new_run()
    (incident,) = incidents(run.take_all([MENTION, HOME]))
    written = msgspec.json.decode(INCIDENTS.encode(incident))
    del written["flight_reports"]
    assert INCIDENTS.decode(msgspec.json.encode(written)) == incident
    cell = msgspec.json.decode(run.cells["PRK-RUS"])
    del cell["flight_reports"]
    for one in cell["incidents"].values():
        del one["reported"]
    run.cells["PRK-RUS"] = msgspec.json.encode(cell)
    (next_one,) = incidents(run.take(REPORT))
    assert next_one.revision == incident.revision + 1
