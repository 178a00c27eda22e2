"""An incident in words: what happened, why it was raised, and what the evidence does not tell.

Nothing is claimed beyond the records: "probably" where the landing was not seen, and never that a
visit and a flight belong together.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from processors.cases import matching
from processors.cases.cells import ToldIncident
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.incidents import Strength, VisitMatch
from wheelsdown.records.journeys import Movement, Place, Stay
from wheelsdown.records.visits import Visit
from wheelsdown.reference.states import State

States = Mapping[str, State]

#: Of the title of an entry so much is said, and no longer link: the record has both in full.
TITLE = 160
LINK = 200


def title(stay: Stay, visits: Sequence[VisitMatch], states: States) -> str:
    """One line: who, where, how long, and beside which visit."""
    where = _place(stay.arrival.place, states)
    probably = "" if _is_seen(stay.arrival) else "probably "
    who = _who(stay.aircraft, states)
    if stay.status == "withdrawn":
        return f"Taken back: {who} was not in {where}"
    if stay.departure is None:
        what = f"{probably}landed in {where}"
    else:
        what = f"{probably}stayed {_hours(stay)} in {where}"
        if stay.returned is not None:
            what += f" and is back in {_state(stay.returned.place.state, states)}"
    return f"{who} {what}, {_beside(stay, visits[0], states)}" if visits else f"{who} {what}"


def why(
    stay: Stay, visits: Sequence[VisitMatch], strength: Strength, states: States
) -> tuple[str, ...]:
    """Why there is an incident at all, and why it is as strong as it is, in sentences.

    How each movement is known stands in the movements of the stay.
    """
    where = _state(stay.host, states)
    who = _operator(stay.aircraft, states)
    how = {
        "observed": "seen on the ground there",
        "inferred": "last heard low beside the aerodrome",
        "probable": "concluded from a gap in reception, not seen",
    }
    said = [
        f"{who} aircraft in {where}: {how.get(stay.arrival.certainty, 'not seen')}.",
        *(_ground(stay, match, states) for match in visits),
    ]
    if stay.status == "withdrawn":
        said.append(f"It is taken back: {stay.withdrawn_because}.")
    elif not visits:
        said.append(
            "No visit agrees with it any more, by what is known now of the visits and the stay."
        )
    else:
        said.append(f"{strength.capitalize()}: {', '.join(matching.observations(stay, visits))}.")
    return tuple(said)


def reported(reports: Sequence[FlightReport]) -> tuple[str, ...]:
    """What entries report of the flight itself, each with its feed, day, title and link."""
    return tuple(_report(report) for report in reports)


def unknown(stay: Stay, visits: Sequence[VisitMatch], states: States) -> tuple[str, ...]:
    """What the evidence does not tell, most important first."""
    where = _place(stay.arrival.place, states)
    said = ["Who or what was on board, and the purpose of the flight."]
    if stay.arrival.certainty == "probable" and stay.status != "withdrawn":
        other = [_place(place, states) for place in stay.arrival.alternatives]
        instead = f" It may have been {_or(other)} instead." if other else ""
        said.append(f"Whether it landed in {where}: no receiver heard it there.{instead}")
    if stay.origin.certainty == "unknown":
        said.append("Where it came from: its departure was not seen.")
    if stay.departure is None and stay.status != "withdrawn":
        said.append(f"How long it stays in {where}.")
    elif stay.returned is None and stay.status == "left":
        said.append("Where it went from there: it has not been seen at home yet.")
    if stay.stop == "technical_stop":
        said.append(
            f"Whether it stopped in {where} for more than fuel: it went on to another state."
        )
    if not stay.aircraft.operator:
        said.append("Who operates it: only its address tells the state.")
    if any(not matching.leads_there(stay, match.visit) for match in visits):
        said.append("Whether it was to fetch or bring home whoever visits in the other direction.")
    if any(not match.visit.dates_stated for match in visits):
        said.append("The exact days of visits whose reports give none: publication times stand in.")
    said.append("Whether the flight and the visit have anything to do with each other.")
    return tuple(said)


def changed(
    before: ToldIncident | None,
    after: Stay,
    *,
    visits_changed: bool,
    reports_changed: bool,
    closed: bool,
) -> str:
    """What is new in this revision, in a few words."""
    if before is None:
        return "first report"
    said = []
    if after.status != before.stay_status:
        said.append(_STATUS[after.status])
    elif after.revision != before.stay_revision:
        said.append("the arrival is known better")
    if visits_changed:
        said.append("more is known of the visits")
    if reports_changed:
        said.append("the news reports the flight")
    if closed:
        said.append("closed: no later visit would match")
    return "; ".join(said) or "details"


_STATUS = {
    "arrived": "arrived",
    "left": "left again",
    "returned": "back home",
    "withdrawn": "the landing is taken back",
}


def _who(aircraft: Aircraft, states: States) -> str:
    kind = aircraft.type_name or aircraft.type_code or ""
    name = aircraft.registration or aircraft.icao24
    return " ".join(filter(None, (_operator(aircraft, states), kind, name)))


def _operator(aircraft: Aircraft, states: States) -> str:
    return aircraft.operator or f"{_state(aircraft.operator_state, states)} (by its address)"


def _ground(stay: Stay, match: VisitMatch, states: States) -> str:
    visit = match.visit
    stated = "" if visit.dates_stated else " by publication time"
    doubt = " No report says clearly that this is a visit." if matching.is_doubtful(visit) else ""
    return (
        f"{_official(visit, states)} {_VISITED[visit.status]} {_state(visit.host, states)}, "
        f"{_days(visit.start, visit.end)}{stated}: {_relation(stay, match)}.{doubt}"
    )


def _relation(stay: Stay, match: VisitMatch) -> str:
    count = abs(match.days)
    if count:
        after = "after" if match.days > 0 else "before"
        when = f"the flight came {count} day{'s' if count != 1 else ''} {after} it"
    elif matching.was_there_before(stay, match.visit):
        when = "the aircraft was there already"
    else:
        when = "the flight came in those days"
    if matching.leads_there(stay, match.visit):
        return when
    return f"{when}, but to the state that the visitor comes from"


def _report(report: FlightReport) -> str:
    said = report.evidence
    day = _day(said.published_at.date())
    citing = f", citing {' and '.join(report.cited[:2])}" if report.cited else ""
    hedged = ", with reserve" if report.certainty == "hedged" else ""
    title = said.title if len(said.title) <= TITLE else f"{said.title[: TITLE - 3]}..."
    link = f" {said.link}" if said.link and len(said.link) <= LINK else ""
    return f'{said.feed} of {day} reports{hedged}{citing}: "{title}" ({_flown(report)}).{link}'


def _flown(report: FlightReport) -> str:
    kind = " ".join(filter(None, (report.operator, report.type_name, report.registration)))
    ends = (("from", report.origin), ("to", report.destination))
    days = (("left", report.departed), ("arrived", report.arrived), ("back", report.returned))
    hours = report.hours_on_ground
    return ", ".join(
        filter(
            None,
            (
                kind or report.callsign or "an aircraft",
                " ".join(f"{word} {place.name}" for word, place in ends if place is not None),
                *(f"{word} {_day(day)}" for word, day in days if day is not None),
                f"{hours:g} h on the ground" if hours is not None else "",
            ),
        )
    )


_VISITED = {
    "planned": "is to visit",
    "ongoing": "visited",
    "completed": "visited",
    "cancelled": "called off a visit to",
    "unconfirmed": "may have visited",
}


def _beside(stay: Stay, match: VisitMatch, states: States) -> str:
    visit = match.visit
    whose = _official(visit, states)
    host = _state(visit.host, states)
    if match.days == 0 and matching.was_there_before(stay, visit):
        return f"and was there during the visit of {whose} to {host}"
    if match.days == 0:
        return f"in the days of the visit of {whose} to {host}"
    count = abs(match.days)
    days = f"{count} day{'s' if count != 1 else ''}"
    return f"{days} {'after' if match.days > 0 else 'before'} the visit of {whose} to {host}"


def _official(visit: Visit, states: States) -> str:
    state = _state(visit.visitor, states)
    if visit.official and visit.office:
        return f"{visit.official} ({visit.office}, {state})"
    if visit.official:
        return f"{visit.official} ({state})"
    return f"{visit.office or 'a delegation'} of {state}"


def _place(place: Place, states: States) -> str:
    name = place.city or place.name
    state = _state(place.state, states) if place.state else ""
    if name and place.aerodrome:
        return f"{name} ({place.aerodrome}{', ' + state if state else ''})"
    return name or state or "an unknown place"


def _state(code: str | None, states: States) -> str:
    if code is None:
        return "an unknown state"
    state = states.get(code)
    return state.name if state else code


def _day(day: date) -> str:
    return _days(day, day)


def _days(start: date, end: date) -> str:
    if start == end:
        return f"{start.day} {start:%b %Y}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}-{end.day} {end:%b %Y}"
    return f"{start.day} {start:%b %Y} - {end.day} {end:%b %Y}"


def _hours(stay: Stay) -> str:
    assert stay.departure is not None
    span: timedelta = stay.departure.at - stay.arrival.at
    hours = span.total_seconds() / 3600
    about = "" if _is_seen(stay.arrival) and _is_seen(stay.departure) else "about "
    return f"{about}{hours:.0f} h" if hours < 72 else f"{about}{hours / 24:.0f} days"


def _is_seen(movement: Movement) -> bool:
    return movement.certainty in {"observed", "inferred"}


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
