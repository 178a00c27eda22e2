"""Days that a text fixes together with its day of publication: "on Tuesday", "25 to 27 July"."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
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
#: "Friday, Feb. 10" is told by its date.
_LONE_WEEKDAY = _pattern(
    rf"(?<!good )({_WEEKDAY})(?! (?:, )?(?:(?:{_MONTH})(?: \.)? \d|\d\S* (?:{_MONTH})(?!\S)))"
)
_RELATIVE = _pattern(r"(today|tonight|yesterday|tomorrow|last night)")
_LENGTH = _pattern(r"(two|three|four|five|six|seven)-day")
_LENGTHS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_SHIFT = {"today": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1}
_PART_OF_TODAY = _pattern(r"this (?:morning|afternoon|evening)")
#: "On the second day of his state visit": it began the day before.
_LATER_DAY = _pattern(
    r"(second|third|fourth|fifth) day of (?:[a-z][a-z-]* ){0,4}?"
    r"(?:visits?|trips?|tours?|talks|summits?|meetings?|stay|negotiations)"
)
_ORDINALS = {"second": 1, "third": 2, "fourth": 3, "fifth": 4}
#: So many words from such a day a date may be the day itself.
_BESIDE = 8
#: A date without a year lies at most this far from publication.
_NEAR = timedelta(days=183)


class Days(NamedTuple):
    """First and last day; ``end`` is None where only a first day is told."""

    start: date
    end: date | None


class Stated(NamedTuple):
    """Days that words ``start`` up to ``end`` of a line state.

    ``kind`` is how: ``date``, ``full date`` (with its year), ``span`` of dates, ``weekday``,
    ``week`` (a span of weekdays), ``near`` (today and its like) or ``later day`` (of a visit).
    ``back`` are the days as seen from publication backwards, ``ahead`` as seen forwards; they
    differ for weekdays.
    """

    start: int
    end: int
    kind: str
    back: Days
    ahead: Days


def stated(words: Sequence[str], published: date) -> list[Stated]:
    """All days that a line of words states, in order; dates win over the weekdays in them."""
    begins = list(accumulate((len(word) + 1 for word in words), initial=0))[:-1]
    found: list[Stated] = []
    taken: list[tuple[int, int]] = []
    text = " ".join(words)
    for begin, end, kind, back, ahead in _all_in(text, published):
        if any(begin < other_end and other < end for other, other_end in taken):
            continue
        taken.append((begin, end))
        first, last = bisect_right(begins, begin) - 1, bisect_right(begins, end - 1)
        found.append(Stated(first, last, kind, back, ahead))
    if later := _LATER_DAY.search(text):
        first, last = (bisect_right(begins, char) - 1 for char in later.span())
        _count_back(found, first, last, timedelta(days=_ORDINALS[later[1]]), published)
    return sorted(found, key=lambda one: one.start)


def _count_back(
    found: list[Stated], first: int, last: int, days: timedelta, published: date
) -> None:
    """Put the first day of a visit in the place of the later day that a line names."""
    beside = [
        one
        for one in found
        if one.kind not in {"span", "week"}
        and one.start - last < _BESIDE
        and first - one.end < _BESIDE
    ]
    day = published
    if beside:
        named = min(beside, key=lambda one: abs(one.start - first))
        found.remove(named)
        day = named.back.start
    began = Days(day - days, None)
    found.append(Stated(first, last, "later day", began, began))


#: Places in the text, the kind of statement, and the days seen backwards and forwards.
_Place = tuple[int, int, str, Days, Days]


def _all_in(text: str, published: date) -> Iterator[_Place]:
    """Every match of every pattern, those that say most first."""
    spans = (
        (_DAY_MONTH_TWICE, (1, 2, 3, 4, 5)),
        (_MONTH_DAY_TWICE, (2, 1, 4, 3, 5)),
        (_DAYS_MONTH, (1, 3, 2, 3, 4)),
        (_MONTH_DAYS, (2, 1, 3, 1, 4)),
    )
    for pattern, (day, month, last_day, last_month, year) in spans:
        for m in pattern.finditer(text):
            span = _span(published, (m[day], m[month]), (m[last_day], m[last_month]), m[year])
            if span is not None:
                yield (*m.span(), "span", span, span)
    for pattern, (day, month, year) in ((_DAY_MONTH, (1, 2, 3)), (_MONTH_DAY, (2, 1, 3))):
        for m in pattern.finditer(text):
            one = _one(_date(published, m[day], m[month], m[year]))
            if one is not None:
                yield (*m.span(), "full date" if m[year] else "date", one, one)
    for m in _WEEKDAYS_SPAN.finditer(text):
        back, ahead = (_weekdays(m[1], m[2], published, ahead=way) for way in (False, True))
        yield (*m.span(), "week", back, ahead)
    for m in _RELATIVE.finditer(text):
        day_told = Days(published + timedelta(days=_SHIFT[m[1]]), None)
        yield (*m.span(), "near", day_told, day_told)
    for m in _PART_OF_TODAY.finditer(text):
        yield (*m.span(), "near", Days(published, None), Days(published, None))
    for m in _LONE_WEEKDAY.finditer(text):
        last, following = (_weekday(m[1], published, ahead=way) for way in (False, True))
        yield (*m.span(), "weekday", Days(last, None), Days(following, None))


def length_in(text: str) -> timedelta | None:
    """From the first to the last day of a visit whose length a text gives ("three-day visit")."""
    found = _LENGTH.search(text)
    return timedelta(days=_LENGTHS[found[1]] - 1) if found else None


def days_in(text: str, published: date, *, ahead: bool) -> Days | None:
    """The days that a piece of a line gives; ``ahead`` tells where a weekday lies."""
    text = text.replace("^", "")
    found = _calendar(text, published) or _week(text, published, ahead=ahead)
    if found is not None and found.end is None:
        length = length_in(text)
        if length is not None:
            return Days(found.start, found.start + length)
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
        return _weekdays(m[1], m[2], published, ahead=ahead)
    if m := _RELATIVE.search(text):
        return Days(published + timedelta(days=_SHIFT[m[1]]), None)
    if m := _ONE_WEEKDAY.search(text):
        return Days(_weekday(m[1], published, ahead=ahead), None)
    return None


def _weekdays(first: str, last: str, published: date, *, ahead: bool) -> Days:
    start = _weekday(first, published, ahead=ahead)
    return Days(start, start + timedelta(days=(_WEEKDAYS.index(last) - start.weekday()) % 7))


def _weekday(name: str, published: date, *, ahead: bool) -> date:
    number = _WEEKDAYS.index(name)
    if ahead:
        return published + timedelta(days=(number - published.weekday()) % 7)
    return published - timedelta(days=(published.weekday() - number) % 7)
