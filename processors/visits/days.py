"""Days that a text fixes together with its day of publication: "on Tuesday", "25 to 27 July"."""

import re
from datetime import date, timedelta
from typing import NamedTuple

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = "|".join(_WEEKDAYS)
_MONTHS = (*("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),)
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_TO = r"(?:-|\u2013|to|until|till|through|and)"
_YEAR = r"(?: ,? ?(20\d\d|19\d\d))?"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){text}(?!\S)")


#: "25 to 27 July", "July 25-27", "30 July to 2 August", "July 30 - August 2", "25 July", "July 25".
_DAYS_MONTH = _pattern(rf"{_DAY} ?{_TO} ?{_DAY} (?:of )?({_MONTH})(?: \.)?{_YEAR}")
_MONTH_DAYS = _pattern(rf"({_MONTH})(?: \.)? {_DAY} ?{_TO} ?{_DAY}{_YEAR}")
_DAY_MONTH_TWICE = _pattern(rf"{_DAY} ({_MONTH})(?: \.)? {_TO} {_DAY} ({_MONTH})(?: \.)?{_YEAR}")
_MONTH_DAY_TWICE = _pattern(rf"({_MONTH})(?: \.)? {_DAY} {_TO} ({_MONTH})(?: \.)? {_DAY}{_YEAR}")
_DAY_MONTH = _pattern(rf"{_DAY} (?:of )?({_MONTH})(?: \.)?{_YEAR}")
_MONTH_DAY = _pattern(rf"({_MONTH})(?: \.)? {_DAY}{_YEAR}")
_WEEKDAYS_SPAN = _pattern(rf"({_WEEKDAY}) {_TO} ({_WEEKDAY})")
_ONE_WEEKDAY = _pattern(rf"(?<!good )({_WEEKDAY})")
_RELATIVE = _pattern(r"(today|tonight|yesterday|tomorrow)")
_LENGTH = _pattern(r"(two|three|four|five|six|seven)-day")
_LENGTHS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_SHIFT = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
#: A date without a year lies at most this far from publication.
_NEAR = timedelta(days=183)


class Days(NamedTuple):
    """First and last day; ``end`` is None where only a first day is told."""

    start: date
    end: date | None


def days_in(text: str, published: date, *, ahead: bool) -> Days | None:
    """The days that a piece of a line gives; ``ahead`` tells where a weekday lies."""
    text = text.replace("^", "")
    found = _calendar(text, published) or _week(text, published, ahead=ahead)
    if found is not None and found.end is None:
        length = _LENGTH.search(text)
        if length:
            return Days(found.start, found.start + timedelta(days=_LENGTHS[length[1]] - 1))
    return found


def stamped(text: str, published: date) -> Days | None:
    """The full date, with its year, that captions end with; None where there is none."""
    text = text.replace("^", "")
    if (m := _MONTH_DAY.search(text)) and m[3]:
        return _one(_date(published, m[2], m[1], m[3]))
    if (m := _DAY_MONTH.search(text)) and m[3]:
        return _one(_date(published, m[1], m[2], m[3]))
    return None


def _calendar(text: str, published: date) -> Days | None:
    if m := _DAY_MONTH_TWICE.search(text):
        return _span(published, (m[1], m[2]), (m[3], m[4]), m[5])
    if m := _MONTH_DAY_TWICE.search(text):
        return _span(published, (m[2], m[1]), (m[4], m[3]), m[5])
    if m := _DAYS_MONTH.search(text):
        return _span(published, (m[1], m[3]), (m[2], m[3]), m[4])
    if m := _MONTH_DAYS.search(text):
        return _span(published, (m[2], m[1]), (m[3], m[1]), m[4])
    if m := _DAY_MONTH.search(text):
        return _one(_date(published, m[1], m[2], m[3]))
    if m := _MONTH_DAY.search(text):
        return _one(_date(published, m[2], m[1], m[3]))
    return None


def _span(
    published: date, first: tuple[str, str], last: tuple[str, str], year: str | None
) -> Days | None:
    """From ``first`` to ``last``, each a day and a month."""
    start, end = _date(published, *first, year), _date(published, *last, year)
    if start is None or end is None:
        return None
    if end < start and year:  # "30 December to 2 January 2024"
        start = _date(published, *first, str(int(year) - 1))
    elif end < start:
        end = _date(start, *last, None)
    if start is None or end is None or end < start:
        return None
    return Days(start, end)


def _one(day: date | None) -> Days | None:
    return None if day is None else Days(day, None)


def _date(published: date, day: str, month: str, year: str | None) -> date | None:
    """The date; without a year, the one that is nearest to publication."""
    number = _MONTHS.index(month[:3]) + 1
    years = [int(year)] if year else [published.year - 1, published.year, published.year + 1]
    found = []
    for one in years:
        try:
            found.append(date(one, number, int(day)))
        except ValueError:
            continue
    if not found:
        return None
    nearest = min(found, key=lambda one: abs(one - published))
    return nearest if year or abs(nearest - published) <= _NEAR else None


def _week(text: str, published: date, *, ahead: bool) -> Days | None:
    if m := _WEEKDAYS_SPAN.search(text):
        start = _weekday(m[1], published, ahead=ahead)
        end = start + timedelta(days=(_WEEKDAYS.index(m[2]) - start.weekday()) % 7)
        return Days(start, end)
    if m := _RELATIVE.search(text):
        return Days(published + timedelta(days=_SHIFT[m[1]]), None)
    if m := _ONE_WEEKDAY.search(text):
        return Days(_weekday(m[1], published, ahead=ahead), None)
    return None


def _weekday(name: str, published: date, *, ahead: bool) -> date:
    number = _WEEKDAYS.index(name)
    if ahead:
        return published + timedelta(days=(number - published.weekday()) % 7)
    return published - timedelta(days=(published.weekday() - number) % 7)
