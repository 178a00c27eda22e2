"""Where and when an agency wrote: "ISLAMABAD, May 6 (APP): The minister arrived here on Monday".

The day is that of writing, not of a visit; the place is what "here" means.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from processors.visits.gazetteer import Name
from processors.visits.shape import Element, Shape
from processors.visits.text import words

_MONTH = r"\^?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?: \.)?"
_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = rf"(?P<day>(?:{_MONTH} {_NUMBER}|{_NUMBER} {_MONTH})(?:(?: ,)? \d{{4}})?)"
_DASH = r"(?:-|\N{EN DASH}|\N{EM DASH})"
#: Forms of a dateline; the brackets of agencies are gone by now.
_FORMS = (
    # "SEOUL, Sept. 24 (Yonhap) --", "Washington [US], June 3:", "Male/New Delhi, Sep 10 (UNI)"
    re.compile(
        r"(?:P\d+|[^\W\d_]\S* ,)(?: (?:[,/\[\]]|P\d+|\^\S+)){0,5}? "
        rf"{_DAY}(?!\S)"
    ),
    # "29 Sept, Kathmandu:"
    re.compile(rf"{_DAY} , (?:\S+ ){{1,3}}(?::|{_DASH})"),
    # "ISLAMABAD:", "KYIV, Ukraine (AP) -", "Suva, Fiji."
    re.compile(rf"P\d+(?: [,/] P\d+)? (?::|{_DASH}|\.$)"),
)
_PLACE = re.compile(r"P(\d+)")
#: "Left here for Beijing": these need no "in".
_DIRECT = words("in to from at near around over into left leave leaves leaving departed departs")
#: "Here is what we know."
_NO_PLACE = words("'s is are was were")


class _Dateline(NamedTuple):
    """The first and last element of its day, where it has one, and its place, where it is known."""

    day: tuple[int, int] | None
    place: Name | None


def without_datelines(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """The sentences of an entry without the day of writing, and with the place for "here"."""
    begin = next((shape for shape in shapes if shape.sentence.number == 1), None)
    found = _dateline(begin) if begin is not None else None
    if begin is None or found is None:
        return tuple(shapes)
    read = []
    for shape in shapes:
        elements = shape.elements
        if shape is begin and found.day is not None:
            elements = (*elements[: found.day[0]], *elements[found.day[1] :])
        if found.place is not None:
            elements = _with_place(elements, found.place)
        read.append(shape if elements is shape.elements else Shape(shape.sentence, elements))
    return tuple(read)


def _dateline(shape: Shape) -> _Dateline | None:
    for form in _FORMS:
        match = form.match(shape.text)
        if match is None:
            continue
        day = shape.span(match, "day") if match.groupdict().get("day") else None
        place = _PLACE.search(match.group())
        value = shape.elements[int(place[1])].value if place else None
        return _Dateline(day, value if isinstance(value, Name) else None)
    return None


def _with_place(elements: tuple[Element, ...], place: Name) -> tuple[Element, ...]:
    if not any(element.symbol == "here" for element in elements):
        return elements
    found: list[Element] = []
    for at, element in enumerate(elements):
        following = elements[at + 1].symbol if at + 1 < len(elements) else ""
        if element.symbol != "here" or at == 0 or following in _NO_PLACE:
            found.append(element)
            continue
        if found[-1].symbol not in _DIRECT:
            found.append(Element("in", element.start, element.end))
        found.append(Element("P", element.start, element.end, place))
    return tuple(found)
