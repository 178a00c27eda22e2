"""The wording of a flight: what an aircraft did, from where to where, on which day.

A movement is a verb or noun ("landed", "stopover") with what follows it up to the next one; whose
it is, the nearest aircraft before it tells, or one after it ("aboard an Il-62").
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from processors.visits.flights.aircraft_names import Aircraft, Element, Line
from processors.visits.text import words
from processors.visits.when.days import Days, days_in
from wheelsdown.records.flight_reports import ReportedPlace

Kind = Literal["arrive", "seen", "stay", "go", "leave", "return", "reach", "send", "flight"]

_STOPS = "stop stops stopped stopping stopover stopovers layover layovers refuelled refueled"
_WORDS: dict[Kind, str] = {
    "arrive": "landed lands land landing arrived arrives arrive arriving arrival touched touch "
    f"touches touching diverted {_STOPS}",
    "seen": "spotted seen parked photographed sighted observed filmed detected",
    "stay": "remained remains stayed stays spent spends sat stood waited grounded remaining "
    "staying spending standing",
    "go": "flew flies fly flying flown headed heading heads travelled traveled traveling "
    "travelling bound dispatched took taking set crossed went journeyed route",
    "leave": "left leaves leaving departed departs departing departure",
    "return": "returned returns returning",
    "reach": "reached reaches reaching entered entering visited",
    "send": "sent sends",
    "flight": "flight trip journey",
}
_KINDS = {word: kind for kind, listed in _WORDS.items() for word in listed.split()}
#: Of some words only these continuations are movements.
_GOES_ON = dict.fromkeys(("touched", "touches", "touch", "touching"), "down") | dict.fromkeys(
    ("took", "set", "taking"), "off"
)
_FROM = frozenset({"from", "out"})
_TO = words("to for towards toward into")
_AT = words("in at on near outside inside")
_BREAKS = words(
    "; : ? ! while because although though but whereas when as before after until since said "
    "says saying despite if amid unless \N{EM DASH} \N{EN DASH}"
)
_NAMED_AS = words("identified known such registered designated listed described marked")
#: An aircraft that flies past a place does not go there.
_PAST = words("over near around along past through")
#: What stands between a verb and its place, in words.
_FAR = 6
_SOIL = words(
    "capital city town port airport airbase base territory soil side coast island resort airfield "
    "region province"
)
_NOT = words(
    "not never no nor cannot denied denies deny refused refuses refusing barred banned ban bans "
    "blocked prevented forbade prohibited prohibiting prohibits without missed miss cancelled "
    "canceled didn wasn weren hasn hadn doesn won false allow allowed"
)
_NOT_YET = words(
    "will would could can should must shall plans plan planned planning expected scheduled due "
    "set ready preparing prepares wants want hopes if resume resumes restart launch begin"
)
_HABIT = words(
    "regularly often frequently every daily weekly usually routinely routine sometimes always"
)
_HEDGE = words(
    "reportedly apparently appears appeared appear seems seemed believed may might likely probably "
    "possibly suspected unconfirmed thought rumoured rumored rumours rumors allegedly presumably "
    "suggests suggesting suggested indicates"
)
#: "After stops in P, P", "with a stopover in P": where an aircraft was on its way.
_ON_THE_WAY = words("after following with including making having")
_ABOARD = words("aboard on in by of using with board")
#: People do these aboard an aircraft that is named after the verb.
_CARRIED = frozenset({"arrive", "go", "leave", "return", "reach", "flight"})
_PEOPLE = words("he she they who we i officials diplomats people soldiers troops evacuees crew")
#: "Russia's", "Kyiv-bound", "Malaysia Airlines".
_NO_PLACE = (["'s"], ["-"], ["airlines"], ["airways"], ["air"], ["airline"])
_TRADE = re.compile(
    r"(?<!\S)(?:deliver\S*|orders?|ordered|buy|buys|buying|bought|purchas\S+|sells?|sold|selling|"
    r"lease[sd]?|donat\S+|acquir\S+) (?:\S+ ){0,4}A(?!\S)|"
    r"(?<!\S)A (?:\S+ ){0,2}(?:was|were|been|be) (?:delivered|sold|handed|donated|ordered)(?!\S)"
)


class Movement(NamedTuple):
    """What an aircraft did; where a pronoun stands for it, ``aircraft`` is one that refers."""

    kind: Kind
    aircraft: Aircraft
    origin: ReportedPlace | None
    destination: ReportedPlace | None
    days: Days | None
    hedged: bool
    why: str


def movements(line: Line, published: date) -> Iterator[Movement]:
    """The flights that a sentence tells of as flown."""
    if _TRADE.search(line.text(0, len(line.elements))):
        return
    verbs = list(_verbs(line))
    subject: Aircraft | None = None
    read = 0
    told = False
    reached: ReportedPlace | None = None
    for index, (at, kind) in enumerate(verbs):
        end = _segment_end(line, at, verbs[index + 1][0] if index + 1 < len(verbs) else None)
        begin, found = _subject(line, at, end, kind)
        if found is None and _goes_on(line, at, chained=subject is not None):
            found, begin = subject, at
            if found is None:
                found = Aircraft(refers=True)
        if found is None:
            subject = None
            continue
        if reached is not None and reached.state != found.state and _is_on_the_way(line, at):
            continue
        subject, begun, read = found, read, end
        is_passing = kind == "reach" and "airspace" in line.text(at, end)
        if is_passing or not _is_told(line, at, begin):
            continue
        origin, destination = _route(line, kind, begin, at, end)
        # "left P for P and arrived on Tuesday": the place was told before.
        needs_no_place = {"stay", "return", "arrive"} if told else {"stay", "return"}
        if origin is None and destination is None and kind not in needs_no_place:
            continue
        yield Movement(
            kind=kind,
            aircraft=found,
            origin=origin,
            destination=destination,
            days=days_in(line.text(begun, end), published, ahead=False),
            hedged=not _HEDGE.isdisjoint(e.symbol for e in line.elements),
            why=line.written(min(begin, at), end),
        )
        told, reached = True, destination or reached


def _verbs(line: Line) -> Iterator[tuple[int, Kind]]:
    elements = line.elements
    for at, element in enumerate(elements):
        kind = _KINDS.get(element.symbol)
        following = elements[at + 1].symbol if at + 1 < len(elements) else ""
        needed = _GOES_ON.get(element.symbol)
        if kind == "go" and following in _PAST:
            continue
        if kind is None or (needed is not None and following != needed):
            continue
        before = elements[at - 1].symbol if at else ""
        if (element.symbol == "stop" and before in {"to", "will"}) or (
            element.symbol == "route" and before != "en"
        ):
            continue
        yield at, kind


def _segment_end(line: Line, at: int, following: int | None) -> int:
    """Where what belongs to a verb ends: at the next one or at another clause."""
    limit = following if following is not None else len(line.elements)
    for number in range(at + 1, limit):
        if _is_break(line, number):
            return number
    return limit


def _is_break(line: Line, number: int) -> bool:
    """Whether another clause begins; "known as" and the like begin none."""
    symbol = line.elements[number].symbol
    named = symbol == "as" and number > 0 and line.elements[number - 1].symbol in _NAMED_AS
    return symbol in _BREAKS and not named


def _subject(line: Line, at: int, end: int, kind: Kind) -> tuple[int, Aircraft | None]:
    """The aircraft that moves, and the element where it stands."""
    elements = line.elements
    if kind != "send":
        for number in range(at - 1, max(-1, at - 26), -1):
            element = elements[number]
            if _is_break(line, number) and not _is_participle(line, number + 1):
                break
            if element.aircraft is not None:
                if _other_subject(line, number, at):
                    break
                return number, element.aircraft
    for number in range(at + 1, end):
        found = elements[number].aircraft
        before = {e.symbol for e in elements[max(at, number - 4) : number]}
        if found is not None and (kind == "send" or (kind in _CARRIED and before & _ABOARD)):
            return number, found
    return at, None


def _is_participle(line: Line, number: int) -> bool:
    """Whether a clause has no subject of its own: "before landing"."""
    return line.elements[number].symbol.endswith("ing")


def _other_subject(line: Line, aircraft: int, at: int) -> bool:
    """Whether somebody else stands right before the verb: "the jet, and Biden flew"."""
    if at - aircraft <= 1:
        return False
    last = line.elements[at - 1]
    between = {element.symbol for element in line.elements[aircraft:at]}
    carries = between & {"carrying", "with", "transporting", "bringing", "taking", "by"}
    return not carries and (last.symbol == "O" or last.symbol in _PEOPLE)


def _goes_on(line: Line, at: int, *, chained: bool) -> bool:
    """Whether a verb without an aircraft goes on with the one before: "and landed", "it flew"."""
    before = [element.symbol for element in line.elements[max(0, at - 4) : at]]
    if before and before[-1] in _PEOPLE:
        return False
    if "it" in before[-2:]:
        return True
    return chained and bool(
        {"and", "before", "then", ",", "after", "later", "following"} & set(before)
    )


def _is_on_the_way(line: Line, at: int) -> bool:
    """Whether a verb or noun tells of a stop before the end of the flight told of already."""
    before = {element.symbol for element in line.elements[max(0, at - 4) : at]}
    return line.elements[at].symbol in _STOPS.split() and not _ON_THE_WAY.isdisjoint(before)


def _is_told(line: Line, at: int, begin: int) -> bool:
    """Whether the words tell of a flight that took place, and of one."""
    start = max(0, at - 7, begin + 1 if begin < at else 0)
    before = [element.symbol for element in line.elements[start:at]]
    ahead = {element.symbol for element in line.elements[max(0, begin - 4) : begin]}
    around = {element.symbol for element in line.elements[max(0, at - 7) : at + 4]}
    to_come = "to" in before[-1:] or (before[-2:-1] == ["to"] and before[-1] != "have")
    is_plan = to_come or not _NOT_YET.isdisjoint(before[-4:])
    return not (is_plan or _NOT & (ahead | set(before)) or _HABIT & around)


def _route(
    line: Line, kind: Kind, begin: int, at: int, end: int
) -> tuple[ReportedPlace | None, ReportedPlace | None]:
    """From where and to where, by the words before the places."""
    origin = destination = None
    for role, place in _places(line, kind, begin, at, end):
        if role == "from":
            origin = origin or place  # a state after a town only says where it is
        else:
            destination = destination or place
    return origin, destination


def _places(
    line: Line, kind: Kind, begin: int, at: int, end: int
) -> Iterator[tuple[Literal["from", "to"], ReportedPlace]]:
    role: Literal["from", "to"] | None = None
    if kind in {"leave", "reach"}:  # "left P", "reached P"
        role = "from" if kind == "leave" else "to"
    away = 0
    start = begin + 1 if begin < at and kind != "flight" else at + 1
    for number in range(start, end):
        symbol = line.elements[number].symbol
        if number == at:
            away = 0
        elif symbol in _FROM or (symbol == "between" and kind != "stay"):
            role, away = "from", 0
        elif (
            symbol == "and" and line.elements[max(0, number - 2)].symbol == "between"
        ) or symbol in _TO:
            role, away = "to", 0
        elif symbol in {"via", "over"}:
            role = None
        elif symbol in _AT:
            if kind in {"arrive", "seen", "stay", "return"} and number > at:
                role = "to"
            elif away > _FAR:
                role = None
            away = 0
        elif place := _place(line, number):
            # Before the verb only "from" tells of the route: "carrying aid for P landed in P".
            if role is not None and away <= _FAR and (number > at or role == "from"):
                yield role, place
                away = 0
        else:
            away += 1


def _place(line: Line, number: int) -> ReportedPlace | None:
    element: Element = line.elements[number]
    if element.code is None or element.symbol not in {"P", "S"}:
        return None
    following = [one.symbol for one in line.elements[number + 1 : number + 6]]
    if element.symbol == "P" and following[:1] not in _NO_PLACE:
        return ReportedPlace(state=element.code, name=line.written(number, number + 1))
    # "the Russian capital", "Havana's main airport": as far as the word for the place.
    near = following if following[:1] == ["'s"] else following[:2]
    soil = next((at for at, word in enumerate(near) if word in _SOIL), None)
    if soil is None or "P" in near[:soil]:
        return None
    return ReportedPlace(state=element.code, name=line.written(number, number + soil + 2))
