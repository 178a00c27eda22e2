"""Reports of flights in an entry: which aircraft flew from where to where, and when.

What sentences say of one aircraft is put together: "An Il-76 of the Algerian air force left ...",
"The plane returned on Monday". Sentences that tell of accidents, fights or sales tell of no flight.
"""

import re
from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from processors.visits.flights.aircraft_names import line_of
from processors.visits.flights.moves import Movement, movements
from processors.visits.flights.threads import (
    Flight,
    Thread,
    Told,
    add,
    flights_spoken_of,
    shortened,
    thread_of,
    told_of,
)
from processors.visits.flights.times import OLD, hours_on_ground, is_long_ago
from processors.visits.gazetteer import Gazetteer
from processors.visits.text import SUMMARY_CHARS, Sentence, sentences
from processors.visits.when.days import days_in
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.news import Entry
from wheelsdown.records.record import record_id
from wheelsdown.records.visits import evidence_of

#: Unlike visits, flights are told in the middle of long articles.
READ_CHARS = 6_000
#: Without any of these no aircraft is named: parts of words, looked for first for speed ...
_HINTS = (
    "plane", "aircraft", "jet", "flight", "airliner", "air force", "boeing", "airbus", "ilyushin",
    "antonov", "tupolev", "gulfstream", "bombardier", "embraer", "cessna", "pilatus", "falcon",
    "challenger", "hercules", "globemaster", "voyager", "airlifter", "tail number", "il-", "an-1",
    "an-2", "tu-", "c-1", "c-4", "c-3", "kc-", "cn-", "cp-", "cc-1", "a400m", "a3", "y-20",
)  # fmt: skip
#: ... and what the words have to be.
_NAMES_AIRCRAFT = re.compile(
    r"\b(?:(?:air|aero)?planes?|aircraft|jets?|jetliners?|airliners?|airlifters?|flights?|"
    r"air force (?:one|two)|boeing|airbus|ilyushin|antonov|tupolev|gulfstream|bombardier|embraer|"
    r"learjet|superjet|pilatus|cessna|falcon|challenger|hercules|globemaster|voyager|tail number|"
    r"(?:[a-z]{1,3}-\d{2,3}|(?:il|an|tu|c|y)\d{2,3})[a-z]{0,2}|a400m?|a3[1-8]0|a3(?:19|21))\b",
    re.IGNORECASE,
)
#: A text in which one of these is told of an aircraft tells of an accident or a fight.
_MISHAP = re.compile(
    r"\b(?:(?:plane|jet|air) (?:crash|disaster)|crash(?:e[sd]|ing|-land\w*)?|hijack\w*|"
    r"shot down|shoots? down|downed|"
    r"mayday|missing|engines? failed|(?:lost|losing|loses) (?:an? |one )?engine|"
    r"wreckage|black box(?:es)?|emergency landings?|turbulence|bomb (?:threat|hoax)|skidd?\w*|"
    r"collid\w+|collision|mid-?air|intercept\w*|scrambl\w+|technical (?:\w+ )?(?:fault|problem|"
    r"issue|snag|glitch|trouble|failure|difficult\w+)|engine (?:failure|trouble|fire|problem)|"
    r"mechanical (?:\w+ )?(?:fault|problem|issue|failure|trouble)|"
    r"air ?strikes?|warplanes?|fighter (?:jets?|planes?|aircraft)|bombers?|bombed|unruly|"
    r"stowaway)\b",
    re.IGNORECASE,
)
#: A sentence with one of these tells of a fight; in a title it may be what the flight is about.
_FIGHT = re.compile(
    r"\b(?:destroy(?:s|ed|ing)?|struck|hits?|hitting|raid\w*|bombard\w*|target(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
#: Entries with such a title, and sentences with the first of them, are of fiction or of history;
#: a "series of flights", a "game-changer" and the "novel coronavirus" are not.
_STORY = r"\b(?:(?:film|movie|thriller|documentary)s?|novel(?! (?:corona|virus)\w*)s?)\b"
_TELLS_A_STORY = re.compile(_STORY, re.IGNORECASE)
_IS_A_STORY = re.compile(
    rf"{_STORY}|\breviews?(?= ?[:|\N{{EN DASH}}\N{{EM DASH}}]| - |$)|^reviews?\b|"
    r"\b(?:book|tv|television|theatre|play) reviews?\b|\bseries\b(?! of\b)|"
    r"\b(?:video ?|board )?game\b(?![- ](?:chang|plan))",
    re.IGNORECASE,
)
_IT = re.compile(r"\bit\b", re.IGNORECASE)
#: More flights than any entry tells of.
MOST_REPORTS = 6
_MOST_CITED = 5
_CITED = re.compile(
    r"\b(Flight ?[Rr]adar ?24|FlightAware|ADS-?B ?[Ee]xchange|RadarBox|Plane ?[Ff]inder|"
    r"ItaMilRadar|OpenSky(?: Network)?|Gerjon|NK News|NK Pro|Reuters|AFP|"
    r"Agence France-Presse|Associated Press|Bloomberg|"
    r"Yonhap|TASS|RIA Novosti|Interfax|Xinhua|Kyodo|NHK|CNN|BBC|Haaretz|KCNA|SANA|IRNA|"
    r"Anadolu|Al Jazeera|Radio Free Europe|RFE/RL|Financial Times|Wall Street Journal|"
    r"New York Times|Washington Post|Guardian)\b"
)
_SOURCE = re.compile(
    r"\b(?:[Aa]ccording to|citing|cited by)(?: data from| the| flight[- ]track\w+| website| site| "
    r"service| data| tracker| portal)* ((?:[A-Z][\w.-]+)(?: [A-Z][\w.-]+){0,3})"
)


_CREDIT = re.compile(r"\([^()]*(?:via|[Pp]hoto|Images|/)[^()]*\)")


def flights_in(entry: Entry, gazetteer: Gazetteer) -> tuple[Told, ...]:
    """The flights abroad that an entry tells of, each once."""
    if not _may_tell(entry):
        return ()
    published = entry.occurred_at.date()
    threads: list[Thread] = []
    cited: list[str] = []
    in_the_past = False
    for sentence in _sentences(entry):
        text = sentence.written(0, len(sentence.tokens)) if sentence.tokens else ""
        speaks_of_one = _NAMES_AIRCRAFT.search(text) or (threads and _IT.search(text))
        if not speaks_of_one or any(
            told.search(text) for told in (_MISHAP, _FIGHT, _TELLS_A_STORY)
        ):
            continue
        if is_long_ago(text, published):
            in_the_past = True
            continue
        line = line_of(sentence, gazetteer, published)
        # What follows on the past without a day of its own goes on with it.
        if (
            in_the_past
            and days_in(line.text(0, len(line.elements)), published, ahead=False) is None
        ):
            continue
        in_the_past = False
        for mentioned in (element.aircraft for element in line.elements):
            if mentioned is not None and mentioned.is_named:
                thread_of(threads, mentioned)
        moved: list[tuple[Movement, Flight]] = []
        for movement in movements(line, published):
            thread = thread_of(threads, movement.aircraft)
            if thread is not None:
                moved.append((movement, add(thread, movement)))
        stood = [
            flight for movement, flight in moved if movement.kind in {"seen", "stay", "arrive"}
        ]
        flights = (
            stood or [flight for _, flight in moved] or flights_spoken_of(threads, line.elements)
        )
        if flights:
            cited += _cited(text)
        hours = hours_on_ground(line)
        if hours is not None and flights:
            flights[-1].hours = flights[-1].hours or hours
            flights[-1].why.append(shortened(text))
    sources = tuple(dict.fromkeys(cited))[:_MOST_CITED]
    told = (told_of(thread, flight, sources) for thread in threads for flight in thread.flights)
    return tuple(one for one in told if _is_usable(one, published))[:MOST_REPORTS]


def _is_usable(told: Told, published: date) -> bool:
    """Whether the aircraft is told from others, went abroad, and not long ago."""
    aircraft = told.aircraft
    days = [day for day in (told.departed, told.arrived, told.returned) if day is not None]
    is_told = aircraft.state or aircraft.registration or aircraft.callsign
    return bool(is_told and told.pair) and all(published - day <= OLD for day in days)


def flight_report(entry: Entry, told: Told) -> FlightReport:
    """The record of a flight that an entry tells of."""
    assert told.pair is not None
    aircraft = told.aircraft
    ends = tuple(place.name if place else "" for place in (told.origin, told.destination))
    return FlightReport(
        record_id=record_id(
            "flight_report", entry.record_id, aircraft.registration, aircraft.type_written, *ends
        ),
        occurred_at=entry.occurred_at,
        observed_at=entry.observed_at,
        pair=told.pair,
        operator_state=aircraft.state,
        operator=aircraft.operator,
        aircraft_type=aircraft.type_written,
        type_name=aircraft.type.name if aircraft.type else None,
        type_codes=aircraft.type.codes if aircraft.type else (),
        registration=aircraft.registration,
        callsign=aircraft.callsign,
        origin=told.origin,
        destination=told.destination,
        departed=told.departed,
        arrived=told.arrived,
        returned=told.returned,
        hours_on_ground=told.hours,
        cited=told.cited,
        certainty=told.certainty,
        why=told.why,
        evidence=evidence_of(entry),
    )


def _may_tell(entry: Entry) -> bool:
    text = f"{entry.title}\n{entry.summary[:READ_CHARS]}".lower()
    return (
        any(hint in text for hint in _HINTS)
        and _NAMES_AIRCRAFT.search(text) is not None
        and _MISHAP.search(entry.title) is None
        and _IS_A_STORY.search(entry.title) is None
    )


def _sentences(entry: Entry) -> Iterator[Sentence]:
    """Title and summary, read in pieces, since ``text.py`` reads only the beginning of each."""
    summary = entry.summary[:READ_CHARS]
    first, rest = _piece(summary)
    yield from sentences(replace(entry, summary=first))
    while rest:
        first, rest = _piece(rest)
        yield from sentences(replace(entry, summary=first))[1:]


def _piece(text: str) -> tuple[str, str]:
    """As many whole sentences as are read at once, and what follows them."""
    if len(text) <= SUMMARY_CHARS:
        return text, ""
    cut = max(text.rfind(mark, 0, SUMMARY_CHARS) for mark in (". ", "\n", "? ", "! "))
    cut = SUMMARY_CHARS if cut <= 0 else cut + 1
    return text[:cut], text[cut:]


def _cited(text: str) -> list[str]:
    """Whom a sentence names as source, in order; the author of a picture is none."""
    text = _CREDIT.sub("", text)
    found = [(match.start(1), match[1]) for match in _CITED.finditer(text)]
    taken = [range(*match.span(1)) for match in _CITED.finditer(text)]
    for match in _SOURCE.finditer(text):
        if not any(match.start(1) in span for span in taken):
            found.append((match.start(1), match[1].rstrip(".")))
    return [name for _, name in sorted(found)]
