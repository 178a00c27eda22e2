"""A sentence as a line of symbols and words, on which wording can be matched by patterns.

``Russian defence minister Sergei Shoigu arrives in North Korea`` is ``D0 defence minister N1
arrives in P2`` at first and, once officials are put together, ``O0 arrives in P1``:

====== ==================================================================
``P``  a place: a state, or a capital, city or seat of government of one
``D``  a demonym ("Russian"), or an authority that acts for a state
``G``  an organisation
``N``  a known person, alone
``O``  an official of a state, with office and name where they are given
``X``  a person who holds no office (any more)
====== ==================================================================

Symbols carry the number of their element. Other words are in lower case; ``^`` marks one that is
capitalised where most are not, so that it may be part of a name.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.gazetteer import Found, Name
from processors.visits.text import Sentence

#: Signs that say nothing about who goes where.
_DROPPED = frozenset("\"'*")
#: Captions say who stands where: "(L)", "(2nd R)", "(left)". Longer brackets are of interest.
_SHORT_BRACKET = 3

_SYMBOLS = {
    "state": "P",
    "capital": "P",
    "city": "P",
    "seat": "P",
    "demonym": "D",
    "organisation": "G",
    "person": "N",
}


class Party(NamedTuple):
    """Somebody who may act for a state, or several people who do ("ministers", "delegation").

    ``codes`` are the states or organisations, none for a person without office or of a state that
    the words do not name; ``name`` and ``office`` are as written; ``until`` is the last day in
    office and ``post`` the office itself where they are on file.
    """

    codes: tuple[str, ...]
    name: str | None
    office: str | None
    until: date | None
    post: str | None = None


class Element(NamedTuple):
    """A symbol or word, tokens ``start`` up to ``end``; ``value`` is what a symbol stands for."""

    symbol: str
    start: int
    end: int
    value: Name | Party | None = None


class Shape:
    """The line of symbols and words of one sentence, and the way back from it."""

    def __init__(self, sentence: Sentence, elements: Iterable[Element]) -> None:
        self.sentence = sentence
        self.elements = tuple(elements)
        self._begins: list[int] = []
        words: list[str] = []
        at = 0
        for number, element in enumerate(self.elements):
            is_word = element.value is None or element.symbol.startswith("_")
            word = element.symbol if is_word else f"{element.symbol}{number}"
            self._begins.append(at)
            words.append(word)
            at += len(word) + 1
        self.text = " ".join(words)

    def index(self, char: int) -> int:
        """The element at a character of the line."""
        return bisect_right(self._begins, char) - 1

    def span(self, match: re.Match[str], group: str | int = 0) -> tuple[int, int]:
        """The elements that a group of a match covers: from, up to."""
        start, end = match.span(group)
        return self.index(start), self.index(max(start, end - 1)) + 1

    def party(self, element: int) -> Party:
        """The official at an element."""
        value = self.elements[element].value
        assert isinstance(value, Party)
        return value

    def written(self, start: int, end: int) -> str:
        """The text of elements ``start`` up to ``end``, as the feed had it."""
        return self.sentence.written(self.elements[start].start, self.elements[end - 1].end)


def numbers(text: str, symbols: str) -> list[int]:
    """The element numbers of the given symbols in a piece of a line, in order."""
    return [int(number) for number in re.findall(rf"\b[{symbols}](\d+)\b", text)]


def shape_of(sentence: Sentence, names: Sequence[Found]) -> Shape:
    """The line of a sentence, with names but not yet with officials."""
    found = {name.start: name for name in names}
    elements: list[Element] = []
    at = 0
    while at < len(sentence.tokens):
        name = found.get(at)
        bracket = _bracket(sentence, at)
        if name is not None:
            elements.append(_named(sentence, name))
            at = name.end
        elif bracket is not None:
            at = bracket
        else:
            _add_word(elements, sentence, at)
            at += 1
    return Shape(sentence, elements)


def _named(sentence: Sentence, found: Found) -> Element:
    symbol = _SYMBOLS.get(found.name.kind)
    if symbol is None:
        value = found.name if found.name.either else None
        return Element("_", found.start, found.end, value)
    if symbol in "PDG" and _in_compound(sentence, found):
        return Element("_", found.start, found.end, found.name)
    return Element(symbol, found.start, found.end, found.name)


def _in_compound(sentence: Sentence, found: Found) -> bool:
    """Whether it is part of "US-China talks" or "Russian-backed": not the state itself."""
    tokens = sentence.tokens
    before = found.start > 1 and tokens[found.start - 1].text == "-" and tokens[found.start].glued
    after = (
        found.end + 1 < len(tokens)
        and tokens[found.end].text == "-"
        and tokens[found.end].glued
        and tokens[found.end + 1].glued
    )
    return before or after


def _bracket(sentence: Sentence, at: int) -> int | None:
    """Where a short bracket that begins at ``at`` ends."""
    if sentence.tokens[at].text != "(":
        return None
    for end in range(at + 1, min(at + 2 + _SHORT_BRACKET, len(sentence.tokens))):
        if sentence.tokens[end].text == ")":
            return end + 1
    return None


def _add_word(elements: list[Element], sentence: Sentence, at: int) -> None:
    token = sentence.tokens[at]
    if token.text in _DROPPED:
        return
    last = elements[-1] if elements and token.glued and _joins(sentence, at) else None
    if last is not None and (last.value is None or last.symbol.startswith("_")):
        elements[-1] = Element(last.symbol + token.key, last.start, at + 1, last.value)
        return
    capital = token.text[0].isupper() and not sentence.titled and at > 0
    elements.append(Element(f"^{token.key}" if capital else token.key, at, at + 1))


def _joins(sentence: Sentence, at: int) -> bool:
    """Whether a token without a space before it goes on with a word: "war-torn", "Hyun-dong"."""
    tokens = sentence.tokens
    if at == 0:
        return False
    if tokens[at].text == "-":
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        return following is not None and following.glued and tokens[at - 1].text.isalnum()
    return tokens[at - 1].text == "-" and tokens[at].text.isalnum()
