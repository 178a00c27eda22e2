"""Which reports of flights in the news agree with a stay: aircraft, places and days.

They are evidence for a stay that a visit explains; by themselves they raise no incident.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from processors.cases.cells import CaseCell
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.journeys import Stay
from wheelsdown.records.record import Instant

#: Of several reports so many are shown, the first ones: more say nothing new.
SHOWN = 3
#: Reports give days of some place's own time.
NEAR = timedelta(days=1)
#: A flight to the host lasts so long at most, with a stop on its way. Ours.
ON_THE_WAY = timedelta(days=2)
#: A report without a day is published at most so long after the aircraft left. The founding case:
#: six days.
LATE_REPORT = timedelta(days=7)
#: How long a stay is looked at whose end was not seen; see ``matching.ENDLESS_STAY``.
_ENDLESS = timedelta(days=30)


def agreeing(stay: Stay, reports: Iterable[FlightReport]) -> tuple[FlightReport, ...]:
    """The reports of a stay's flight, oldest first, each text once."""
    if stay.status == "withdrawn":
        return ()
    found: dict[str, FlightReport] = {}
    for report in sorted(reports, key=lambda one: (one.occurred_at, one.record_id)):
        is_of_it = report.pair == stay.pair and _is_aircraft(report, stay.aircraft)
        if is_of_it and _days_agree(report, stay):
            found.setdefault(report.evidence.title.casefold(), report)
    return tuple(found.values())[:SHOWN]


def held(cell: CaseCell) -> frozenset[str]:
    """The record ids of the reports that incidents of a file show, which stay with them."""
    return frozenset(
        report.record_id
        for stay_id in cell.incidents
        if (stay := cell.stays.get(stay_id)) is not None
        for report in agreeing(stay, cell.flight_reports)
    )


def _is_aircraft(report: FlightReport, aircraft: Aircraft) -> bool:
    """By registration where both tell one, else by type and operator's state."""
    if report.registration and aircraft.registration:
        return _letters(report.registration) == _letters(aircraft.registration)
    return (
        aircraft.type_code in report.type_codes
        and report.operator_state is not None
        and report.operator_state == aircraft.operator_state
    )


def _letters(registration: str) -> str:
    return "".join(letter for letter in registration.upper() if letter.isalnum())


def _days_agree(report: FlightReport, stay: Stay) -> bool:
    """Whether the places and days told are those of the stay; a day that is not known fits."""
    arrived = stay.arrival.at
    left = stay.departure.at if stay.departure else None
    home = stay.returned.at if stay.returned else left
    if report.destination is not None and report.destination.state == stay.host:
        fits = (
            _between(report.departed, arrived, before=ON_THE_WAY, after=NEAR)
            and _between(report.arrived, arrived, before=NEAR, after=NEAR)
            and _between(report.returned, home, before=NEAR, after=ON_THE_WAY)
        )
    elif report.origin is not None and report.origin.state == stay.host and left is not None:
        fits = _between(report.departed, left, before=NEAR, after=NEAR) and _between(
            report.arrived, left, before=NEAR, after=ON_THE_WAY
        )
    else:
        return False
    if report.departed or report.arrived or report.returned:
        return fits
    last = left or arrived + _ENDLESS
    published = report.occurred_at.date()
    return arrived.date() <= published <= (last + LATE_REPORT).date()


def _between(
    day: date | None, moment: Instant | None, *, before: timedelta, after: timedelta
) -> bool:
    if day is None or moment is None:
        return True
    return -before <= day - moment.date() <= after
