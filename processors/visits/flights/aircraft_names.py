"""Aircraft in a sentence: operator, type, registration and call sign, put on a line of symbols.

The line has ``A`` for an aircraft, ``P`` for a place, ``S`` for a demonym or organisation,
``O`` for a known official; all other words stand in it in lower case.
"""

import bisect
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Literal, NamedTuple

from processors.visits.flights.aircraft_wording import AIRCRAFT
from processors.visits.gazetteer import Gazetteer, term_on
from processors.visits.text import Sentence, Token, tokens
from wheelsdown.reference.aircraft_marks import marks_in
from wheelsdown.reference.flight_names import (
    AircraftType,
    load_air_operators,
    load_airfields,
    types_in,
)

#: T type, G registration, K call sign, L operator, S demonym or organisation, E state, P any other
#: place, O official.
_Symbol = Literal["T", "G", "K", "L", "S", "E", "P", "O"]


class Aircraft(NamedTuple):
    """What one mention of an aircraft says of it.

    ``state`` is the operator's, by its words or else by the registration. ``refers`` tells that the
    words point back ("the plane"); ``plural`` that there are several.
    """

    operator: str | None = None
    state: str | None = None
    type_written: str | None = None
    type: AircraftType | None = None
    registration: str | None = None
    callsign: str | None = None
    refers: bool = False

    @property
    def is_named(self) -> bool:
        """Whether anything tells this aircraft from any other."""
        return bool(self.state or self.type or self.registration or self.callsign)


class Operator(NamedTuple):
    """Who flies an aircraft, as written, and for which state."""

    words: str
    state: str


class Element(NamedTuple):
    """A symbol or word of the line, at tokens ``start`` up to ``end`` of the sentence."""

    symbol: str
    start: int
    end: int
    code: str | None = None
    aircraft: Aircraft | None = None
    operator: Operator | None = None


class Line(NamedTuple):
    """A sentence as a line of symbols."""

    sentence: Sentence
    elements: tuple[Element, ...]

    def text(self, start: int, end: int) -> str:
        """The line from element ``start`` up to ``end``, as rules read it."""
        return " ".join(element.symbol for element in self.elements[max(0, start) : end])

    def written(self, start: int, end: int) -> str:
        """The same, as the feed had it."""
        return self.sentence.written(self.elements[start].start, self.elements[end - 1].end)


class _Unit(NamedTuple):
    symbol: str
    start: int
    end: int
    kind: _Symbol | None = None
    code: str | None = None
    type: AircraftType | None = None


#: One character for one, so that places in the text stay the same.
_HYPHENS = str.maketrans({"\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{EN DASH}": "-"})
#: Names that are an aircraft by themselves.
_ALONE = frozenset({"Air Force One", "Air Force Two", "Wing of Zion", "Konrad Adenauer"})
_POINTING = frozenset({"the", "this", "that", "its", "same"})


def line_of(sentence: Sentence, gazetteer: Gazetteer, day: date) -> Line:
    """A sentence with its aircraft and places; ``day`` is that of publication."""
    units = _units(sentence, gazetteer, day)
    text = " ".join(unit.symbol for unit in units)
    starts = list(accumulate((len(unit.symbol) + 1 for unit in units), initial=0))
    elements: list[Element] = []
    at = 0
    for match in AIRCRAFT.finditer(text):
        first = bisect.bisect_left(starts, match.start())
        end = bisect.bisect_left(starts, match.end())
        operator = _operator(sentence, units, match, starts)
        found = _aircraft(sentence, units[first:end], operator)
        if match.group("alone") and (operator is None or operator.words not in _ALONE):
            continue
        elements += (_element(unit) for unit in units[at:first])
        start, stop = units[first].start, units[end - 1].end
        if match.group("by"):
            elements.append(Element("B", start, stop, operator=operator))
        else:
            is_pointed_at = first > 0 and units[first - 1].symbol in _POINTING
            found = found._replace(refers=is_pointed_at)
            elements.append(Element("A", start, stop, aircraft=found))
        at = end
    elements += (_element(unit) for unit in units[at:])
    return Line(sentence, tuple(_with_marks(sentence, elements)))


def _operator(
    sentence: Sentence, units: Sequence[_Unit], match: re.Match[str], starts: Sequence[int]
) -> Operator | None:
    """The operator that a match names, when its words tell a state."""
    for group in ("op", "of", "flight", "sent", "by", "alone"):
        if match.group(group):
            begin = bisect.bisect_left(starts, match.start(group))
            stop = bisect.bisect_left(starts, match.end(group))
            written = sentence.written(units[begin].start, units[stop - 1].end)
            code = next((unit.code for unit in units[begin:stop] if unit.code), None)
            if code is not None:
                return Operator(
                    written.removesuffix("'s").removesuffix("\N{RIGHT SINGLE QUOTATION MARK}s"),
                    code,
                )
    return None


def _aircraft(sentence: Sentence, units: Sequence[_Unit], operator: Operator | None) -> Aircraft:
    kind = next((unit for unit in units if unit.kind == "T"), None)
    return Aircraft(
        operator=operator.words if operator else None,
        state=operator.state if operator else None,
        type_written=sentence.written(kind.start, kind.end) if kind else None,
        type=kind.type if kind else None,
    )


def _with_marks(sentence: Sentence, elements: Iterable[Element]) -> Iterator[Element]:
    """Registrations and call signs go to the aircraft named last, else they are one themselves."""
    found = list(elements)
    latest: int | None = None
    for number, element in enumerate(found):
        if element.symbol == "A":
            latest = number
        if element.operator is not None and latest is not None:
            known = found[latest].aircraft
            assert known is not None
            if known.operator is None:
                named = known._replace(
                    operator=element.operator.words, state=element.operator.state
                )
                found[latest] = found[latest]._replace(aircraft=named)
        if element.symbol not in {"G", "K"}:
            continue
        written = sentence.written(element.start, element.end)
        if latest is None:
            found[number] = Element("A", element.start, element.end, aircraft=Aircraft())
            latest = number
        known = found[latest].aircraft
        assert known is not None
        if element.symbol == "G" and known.registration is None:
            known = known._replace(registration=written)
        elif element.symbol == "K" and known.callsign is None:
            known = known._replace(callsign=written)
        found[latest] = found[latest]._replace(
            aircraft=known._replace(state=known.state or element.code)
        )
    return iter(found)


def _element(unit: _Unit) -> Element:
    symbol = "P" if unit.kind == "E" else unit.kind or unit.symbol
    return Element(symbol, unit.start, unit.end, unit.code)


def _units(sentence: Sentence, gazetteer: Gazetteer, day: date) -> list[_Unit]:
    """Words and names in order; of names that overlap, the more telling kind counts."""
    claimed: dict[int, _Unit] = {}
    taken: set[int] = set()

    def claim(unit: _Unit) -> None:
        span = range(unit.start, unit.end)
        if span and taken.isdisjoint(span):
            taken.update(span)
            claimed[unit.start] = unit

    for unit in (*_marks(sentence), *_types(sentence), *_listed(sentence.tokens)):
        claim(unit)
    for found in gazetteer.find(sentence.tokens):
        name = found.name
        if name.kind == "person":
            term = term_on(name.terms, day)
            claim(_Unit("", found.start, found.end, "O", term.state if term else None))
        elif name.code is not None and name.kind != "seat":
            is_state = name.kind in {"demonym", "organisation"}
            kind: _Symbol = "E" if name.kind == "state" else "S" if is_state else "P"
            claim(_Unit("", found.start, found.end, kind, name.code))
    units: list[_Unit] = []
    at = 0
    while at < len(sentence.tokens):
        named = claimed.get(at)
        if named is None:
            units.append(_Unit(sentence.tokens[at].key, at, at + 1))
            at += 1
        else:
            units.append(named._replace(symbol=f"{named.kind}{len(units)}"))
            at = named.end
    return units


def _marks(sentence: Sentence) -> Iterator[_Unit]:
    for mark in marks_in(*_source(sentence)):
        kind: _Symbol = "G" if mark.kind == "registration" else "K"
        yield _unit(sentence, mark.span, kind, mark.state)


def _types(sentence: Sentence) -> Iterator[_Unit]:
    for span, found in types_in(*_source(sentence)):
        yield _unit(sentence, span, "T", None)._replace(type=found)


def _source(sentence: Sentence) -> tuple[str, int, int]:
    found = sentence.tokens
    if not found:
        return "", 0, 0
    return sentence.source.translate(_HYPHENS), found[0].start, found[-1].end


def _unit(sentence: Sentence, span: tuple[int, int], kind: _Symbol, code: str | None) -> _Unit:
    """A unit of the tokens that a piece of the source covers."""
    inside = [n for n, t in enumerate(sentence.tokens) if t.start < span[1] and t.end > span[0]]
    return _Unit("", inside[0], inside[-1] + 1, kind, code)


def _listed(found: Sequence[Token]) -> Iterator[_Unit]:
    """Operators and airfields of the lists, the longest name at a place."""
    names = _known_names()
    for at, token in enumerate(found):
        for first, rest, kind, code in names.get(token.key, ()):
            end = at + 1 + len(rest)
            if token.text == first and tuple(t.key for t in found[at + 1 : end]) == rest:
                yield _Unit("", at, end, kind, code)
                break


@functools.cache
def _known_names() -> Mapping[str, Sequence[tuple[str, tuple[str, ...], _Symbol, str]]]:
    names: dict[str, list[tuple[str, tuple[str, ...], _Symbol, str]]] = defaultdict(list)
    kinds: tuple[tuple[_Symbol, Mapping[str, str]], ...] = (
        ("L", load_air_operators()),
        ("P", load_airfields()),
    )
    for kind, listed in kinds:
        for name, code in listed.items():
            words = tokens(name)
            names[words[0].key].append((words[0].text, tuple(w.key for w in words[1:]), kind, code))
    return {key: tuple(sorted(rows, key=lambda row: -len(row[1]))) for key, rows in names.items()}
