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
#: A place and a day: "SEOUL, Sept. 24", "Washington [US], June 3", "BRASILIA, BRAZIL - 01 NOV".
_PLACE_AND_DAY = re.compile(
    rf"(?:P\d+|[^\W\d_]\S*)(?: (?:[,/\[\]-]|P\d+|\^\S+)){{0,5}}? {_DAY}(?!\S)"
)
#: "29 Sept, Kathmandu:"
_DAY_AND_PLACE = re.compile(rf"{_DAY} , (?:\S+ ){{1,3}}(?::|{_DASH})")
#: "ISLAMABAD:", "KYIV, Ukraine (AP) -", "Suva, Fiji."
_PLACE_ALONE = re.compile(rf"P\d+(?: [,/] P\d+)? (?::|{_DASH}|\.$)")
_PLACE = re.compile(r"P(\d+)")
#: What follows the day of a dateline; the bracket is an agency's.
_AFTER_DAY = frozenset(":-(\N{EN DASH}\N{EM DASH}")
_TOWNS = frozenset({"capital", "city"})

#: "Left here for Beijing": these need no "in".
_DIRECT = words("in to from at near around over into left leave leaves leaving departed departs")
#: Somebody is or was here: after these words, or before a day ("met the emir here today").
_CAME = words(
    "arrive arrives arrived arriving arrival reach reaches reached came comes coming land lands "
    "landed flew from left leave leaves leaving depart departs departed visit visits visiting"
)
_DAYS = words(
    "today yesterday tomorrow tonight monday tuesday wednesday thursday friday saturday sunday"
)


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
        if found.place is not None and shape.sentence.number > 0:
            elements = _with_place(elements, found.place)
        read.append(shape if elements is shape.elements else Shape(shape.sentence, elements))
    return tuple(read)


def _dateline(shape: Shape) -> _Dateline | None:
    match = _PLACE_AND_DAY.match(shape.text)
    if match is not None and _is_place(shape, _TOWNS | {"state"}):
        day = shape.span(match, "day")
        if _ends_dateline(shape, day[1]):
            return _Dateline(day, _place(shape, match))
    if match := _DAY_AND_PLACE.match(shape.text):
        return _Dateline(shape.span(match, "day"), _place(shape, match))
    match = _PLACE_ALONE.match(shape.text)
    if match is not None and _is_place(shape, _TOWNS):
        return _Dateline(None, _place(shape, match))
    return None


def _is_place(shape: Shape, kinds: frozenset[str]) -> bool:
    """Whether a sentence begins with a place of some kinds, or IN CAPITALS."""
    first = shape.elements[0]
    word = shape.sentence.tokens[first.start].text
    if len(word) > 1 and word.isupper():
        return True
    return isinstance(first.value, Name) and first.value.kind in kinds


def _ends_dateline(shape: Shape, after: int) -> bool:
    """Whether a dateline ends before an element: with a sign, a bracket or the sentence."""
    tokens = shape.sentence.tokens
    rest = tokens[shape.elements[after - 1].end :]
    return not rest or rest[0].text in _AFTER_DAY or [token.text for token in rest] == ["."]


def _place(shape: Shape, match: re.Match[str]) -> Name | None:
    place = _PLACE.search(match.group())
    value = shape.elements[int(place[1])].value if place else None
    return value if isinstance(value, Name) else None


def _with_place(elements: tuple[Element, ...], place: Name) -> tuple[Element, ...]:
    found: list[Element] = []
    for at, element in enumerate(elements):
        if element.symbol != "here" or not _is_there(elements, at):
            found.append(element)
            continue
        if found[-1].symbol not in _DIRECT:
            found.append(Element("in", element.start, element.end))
        found.append(Element("P", element.start, element.end, place))
    return elements if found == list(elements) else tuple(found)


def _is_there(elements: tuple[Element, ...], at: int) -> bool:
    """Whether "here" tells where somebody is: "arrived here", "met him here on Sunday"."""
    if at > 0 and elements[at - 1].symbol in _CAME:
        return True
    following = [element.symbol.removeprefix("^") for element in elements[at + 1 : at + 3]]
    if following[:1] == ["on"]:
        following = following[1:]
    return at > 0 and following[:1] != [] and following[0] in _DAYS
