"""When a sentence's flight was and how long: hours on the ground, and flights of years ago."""

import re
from datetime import date, timedelta

from processors.visits.flights.aircraft_names import Line

#: A flight that lies so far back is the background of the news or an archive picture's. Ours.
OLD = timedelta(days=60)
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_LENGTH = re.compile(
    rf"(?<!\S)(\d+(?: \. \d+)?|{'|'.join(_NUMBERS)}) (and a half )?(?:- )?"
    r"(hours?|days?|minutes?)(?!\S)"
)
_HOURS = {"hour": 1.0, "day": 24.0, "minute": 1 / 60}
_ON_GROUND = re.compile(
    r"(?<!\S)(?:remain\w*|stay\w*|spen[dt]\w*|parked|grounded|ground|stop|stopover|layover|sat|stood|"
    r"waited|there)(?!\S)"
)
_YEAR = r"(?P<year>19\d\d|20\d\d)"
#: Years that are no time of the flight: "built in 1998", "the first since 2021".
_OF_ELSE = re.compile(
    r"\b(?:since|until|built|made|manufactured|produced|delivered|bought|acquired|purchased|sold|"
    r"commissioned|founded|established|retired|sanctioned|registered|model|vintage)"
    r"(?: (?:by|to|in|of|late|early|the|[A-Z][\w-]*)){0,4} "
    r"(?:(?:19|20)\d\ds?|(?:\w+ ){1,3}ago|last (?:year|decade|century))\b"
)
#: A year as texts put it: in a date, after a preposition or in brackets; "2,000 tents" and
#: "at 1930" are none.
_TOLD_YEAR = re.compile(
    r"(?:\b(?:in|during|from|back|early|late|mid|(?:spring|summer|autumn|fall|winter)(?: of)?|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?: \d{1,2}(?:st|nd|rd|th)?,?)?|"
    rf"the)[ -]|[(\[,] ?){_YEAR}(?![\d,]*\d)(?! ?(?:kg|kilo\w*|tons?|tonnes?|km|miles?|hours?|"
    r"gmt|utc|local|people|passengers|troops|soldiers|tents|boxes|doses|feet|met(?:er|re)s?)\b)",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"\b(?:(?:years|decades|a year|a decade|a century)|(?:two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|[2-9]|\d\d|several|many|some) months) (?:ago|earlier)\b|"
    r"\b(?:in|of|during) the (?:early |late |mid-?)?(?:19|20)\d0['\u2019]?s\b|"
    r"\blast (?:decade|century)\b",
    re.IGNORECASE,
)


def hours_on_ground(line: Line) -> float | None:
    """How long a sentence says that an aircraft stood somewhere, in hours."""
    text = line.text(0, len(line.elements))
    found = _LENGTH.search(text)
    if found is None:
        return None
    near = text[max(0, found.start() - 80) : found.end() + 60]
    if not _ON_GROUND.search(near):
        return None
    number = found[1].replace(" ", "")
    count = float(_NUMBERS.get(number) or number) + (0.5 if found[2] else 0)
    return round(count * _HOURS[found[3].rstrip("s")], 2)


def is_long_ago(text: str, published: date) -> bool:
    """Whether a sentence tells of years, or of many months, before its publication."""
    text = _OF_ELSE.sub(" ", text)
    if _AGO.search(text):
        return True
    years = [int(match["year"]) for match in _TOLD_YEAR.finditer(text)]
    return any(published - date(year, 12, 31) > OLD for year in years)
