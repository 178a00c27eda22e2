"""An incident in plain words, for every consumer: exact about what is known and how well.

All functions are pure and return one line of plain text each. What feeds and headlines contributed
is cleaned (``clean``) but still untrusted: whoever shows it escapes it for his own medium.
"""

import math
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.incidents import Incident, Strength, VisitMatch
from wheelsdown.records.journeys import Movement, Place, Stay
from wheelsdown.records.visits import Evidence, Status, Visit
from wheelsdown.reference.states import load_states

#: Control, format, surrogate, private use: none of them has a place in a line of text. Two format
#: characters stay, because Indian scripts, Persian and emoji are misspelt without them.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co"})
_JOINERS = "\u200c\u200d"

_VISIT_STATUS: dict[Status, str] = {
    "planned": "announced",
    "ongoing": "under way",
    "completed": "took place",
    "cancelled": "cancelled",
    "unconfirmed": "unconfirmed",
}
_STRENGTH_MARK: dict[Strength, str] = {"strong": "●●●", "moderate": "●●○", "weak": "●○○"}


def clean(text: str) -> str:
    """One line without control, bidirectional or other invisible characters; spaces collapsed."""
    return " ".join("".join(filter(_is_wanted, text)).split())


def _is_wanted(character: str) -> bool:
    if character in _JOINERS or character.isspace():
        return True
    return unicodedata.category(character) not in _UNWANTED


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word where one ends near."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ", limit * 2 // 3)
    return f"{head[:space] if space > 0 else head}…"


def state_name(code: str) -> str:
    """The state's usual English name; the code itself for one that nobody listed."""
    state = load_states().get(code)
    return state.name if state is not None else code


def place_name(place: Place) -> str:
    """``Pyongyang (ZKPY)``, or the state, or "an unknown place"."""
    name = clean(place.city or place.name or "")
    if not name and place.state is not None:
        name = state_name(place.state)
    if place.aerodrome is not None:
        code = clean(place.aerodrome)
        return f"{name} ({code})" if name else code
    return name or "an unknown place"


def _town(place: Place) -> str:
    return clean(place.city or place.name or "") or place_name(place)


def direction(incident: Incident) -> str:
    """``Russia → North Korea``: whose aircraft, and where it stayed."""
    return f"{_operator(incident.stay)} → {state_name(incident.stay.host)}"


def _operator(stay: Stay) -> str:
    state = stay.aircraft.operator_state
    return state_name(state) if state is not None else "Unknown state"


def _whose(stay: Stay) -> str:
    code = stay.aircraft.operator_state
    state = load_states().get(code) if code is not None else None
    if state is not None and state.demonyms:
        return f"{state.demonyms[0]} aircraft"
    return f"Aircraft of {state_name(code)}" if code is not None else "Aircraft"


def is_withdrawn(incident: Incident) -> bool:
    """Whether what was said about it is taken back."""
    return incident.status == "withdrawn" or incident.stay.status == "withdrawn"


def headline(incident: Incident) -> str:
    """``Russian aircraft back, probably from North Korea · strong match ●●●``, read in a glance."""
    if is_withdrawn(incident):
        return f"Withdrawn: {direction(incident)}"
    match = f"{incident.strength} match {_STRENGTH_MARK[incident.strength]}"
    return f"{_whereabouts(incident.stay)} · {match}"


def _whereabouts(stay: Stay) -> str:
    host, doubt = state_name(stay.host), _doubt(stay.arrival)
    if stay.status == "returned":
        return f"{_whose(stay)} back{', ' if doubt else ' '}{doubt}from {host}"
    if stay.status == "left":
        return f"{_whose(stay)} {doubt}left {host}"
    return f"{_whose(stay)} {doubt}in {host}"


def aircraft_name(aircraft: Aircraft) -> str:
    """``RA-86559 (Ilyushin Il-62M)``; the address where no registration is known."""
    name = clean(aircraft.registration or "") or f"address {aircraft.icao24}"
    kind = clean(aircraft.type_name or aircraft.type_code or "")
    return f"{name} ({kind})" if kind else name


def operator_name(stay: Stay) -> str:
    """``Russian Air Force, Russia``; what is missing is said to be unknown."""
    operator = clean(stay.aircraft.operator or "") or "unknown operator"
    return f"{operator}, {_operator(stay)}"


def day(at: datetime) -> str:
    """``2 Aug 2023``, in UTC."""
    return _day(at.astimezone(UTC).date())


def _day(on: date) -> str:
    return f"{on.day} {on:%b} {on.year}"


def days(start: date, end: date) -> str:
    """``25 to 27 Jul 2023``, repeating only what differs."""
    if start == end:
        return _day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {_day(end)}"
    if start.year == end.year:
        return f"{start.day} {start:%b} to {_day(end)}"
    return f"{_day(start)} to {_day(end)}"


def moment(at: datetime) -> str:
    """``2 Aug 2023 12:20``, in UTC; whoever shows it says so."""
    return f"{day(at)} {at.astimezone(UTC):%H:%M}"


def movement_time(movement: Movement) -> str:
    """``31 Jul 15:40 ± 75 min``, in UTC; the year is said elsewhere."""
    return f"{movement.at.astimezone(UTC):%d %b %H:%M}{margin(movement.error_min)}"


def margin(error_min: float) -> str:
    """The error, rounded up: a reader may rely on it. Nothing below a minute."""
    if error_min < 1:
        return ""
    if error_min < 90:
        return f" ± {math.ceil(error_min)} min"
    return f" ± {math.ceil(error_min / 6) / 10:.1f} h"


def movement_words(movement: Movement) -> str:
    """``probably arrived in Pyongyang (ZKPY)``: what it did there, with its certainty."""
    if movement.certainty == "unknown":
        return f"{movement.kind} not seen"
    verb = "left" if movement.kind == "departure" else "arrived in"
    suffix = " (inferred)" if movement.certainty == "inferred" else ""
    return f"{_doubt(movement)}{verb} {place_name(movement.place)}{suffix}"


def itinerary(stay: Stay) -> Iterator[tuple[Movement, tuple[str, ...]]]:
    """The movements so far, each with why it is claimed and where else it may have been.

    Nothing is added to a movement that was seen; a reason is given once.
    """
    given: set[str] = set()
    for movement in _movements(stay):
        notes: list[str] = []
        if movement.certainty != "observed":
            reasons = [clean(reason) for reason in movement.reasons if reason not in given]
            given.update(movement.reasons)
            notes = [f"{'and' if i else 'because'} {reason}" for i, reason in enumerate(reasons)]
            places = ", ".join(place_name(place) for place in movement.alternatives)
            notes += [f"could also be {places}"] if places else []
        yield movement, tuple(notes)


def _movements(stay: Stay) -> list[Movement]:
    movements = (stay.origin, stay.arrival, stay.departure, stay.returned)
    return [movement for movement in movements if movement is not None]


def flight_days(stay: Stay) -> str:
    """``31 Jul to 2 Aug 2023``: from the first movement to the last that is known."""
    moments = [movement.at.astimezone(UTC).date() for movement in _movements(stay)]
    return days(min(moments), max(moments))


def stay_length(stay: Stay) -> str:
    """``probably about 36 h (± 2 h) in Pyongyang``, or how long it has lasted is not known yet."""
    town = _town(stay.arrival.place)
    if stay.departure is None:
        return f"{_doubt(stay.arrival)}in {town} since {movement_time(stay.arrival)}"
    length = stay.departure.at - stay.arrival.at
    error_min = stay.arrival.error_min + stay.departure.error_min
    doubt = _doubt(stay.arrival) or _doubt(stay.departure)
    return f"{doubt}{about(length, error_min)} in {town}"


def _doubt(movement: Movement) -> str:
    return {"observed": "", "inferred": "", "probable": "probably ", "unknown": "possibly "}[
        movement.certainty
    ]


def about(length: timedelta, error_min: float) -> str:
    """``36 h (± 2 h)``; the error in minutes. None is told that rounding hides."""
    hours = length.total_seconds() / 3600
    if hours >= 2 and error_min < 30:
        return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.1f} days"
    if hours < 2:
        text, margin = f"{hours * 60:.0f} min", f"{error_min:.0f} min"
    elif hours < 72:
        text, margin = f"{hours:.0f} h", f"{max(1.0, error_min / 60):.0f} h"
    else:
        text, margin = f"{hours / 24:.1f} days", f"{max(0.1, error_min / 1440):.1f} days"
    return f"{text} (± {margin})" if error_min >= 1 else text


def relation(match: VisitMatch) -> str:
    """``flight 4 days after the visit``."""
    if match.days == 0:
        return "flight during the visit"
    count = abs(match.days)
    return (
        f"flight {count} day{'s' if count > 1 else ''} "
        f"{'after' if match.days > 0 else 'before'} the visit"
    )


def visitor_name(visit: Visit) -> str:
    """``Sergei Shoigu, Defence Minister``, or that no name was given."""
    official, office = clean(visit.official or ""), clean(visit.office or "")
    if official and office:
        return f"{official}, {office}"
    return official or office or "an official who is not named"


def visit_words(visit: Visit, as_of: date) -> str:
    """``Russia → North Korea, 25 to 27 Jul 2023, took place``; guessed dates are called that.

    ``as_of`` is the day for which it is said: what news had under way may be over since.
    """
    dates = days(visit.start, visit.end)
    if not visit.dates_stated:
        dates = f"about {dates} (by publication times)"
    between = f"{state_name(visit.visitor)} → {state_name(visit.host)}"
    return f"{between}, {dates}, {_visit_status(visit, as_of)}"


def _visit_status(visit: Visit, as_of: date) -> str:
    if visit.end < as_of and visit.status == "planned":
        return "had been announced"
    if visit.end < as_of and visit.status == "ongoing":
        return "took place" if visit.dates_stated else "under way when last reported"
    return _VISIT_STATUS[visit.status]


def coverage(visit: Visit) -> str:
    """``12 entries in 5 feeds``."""
    feeds = len(visit.feeds)
    return (
        f"{visit.mentions} {'entry' if visit.mentions == 1 else 'entries'} "
        f"in {feeds} {'feed' if feeds == 1 else 'feeds'}"
    )


def best_evidence(visit: Visit, limit: int) -> tuple[Evidence, ...]:
    """Up to ``limit`` entries with different titles, one from each feed before a second of any."""
    unique = {clean(one.title).casefold(): one for one in reversed(visit.evidence)}
    chosen = [one for one in visit.evidence if unique.get(clean(one.title).casefold()) is one]
    rank: dict[str, int] = {}
    order: list[tuple[int, int, Evidence]] = []
    for index, one in enumerate(chosen):
        rank[one.feed] = rank.get(one.feed, -1) + 1
        order.append((rank[one.feed], index, one))
    return tuple(one for _, _, one in sorted(order, key=lambda item: item[:2])[:limit])
