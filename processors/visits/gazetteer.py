"""Names in a sentence: states and what stands for them, organisations, known officials."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from processors.visits.text import Token, tokens
from wheelsdown.reference.officials import Official, Officials
from wheelsdown.reference.states import State

Kind = Literal["state", "demonym", "capital", "city", "seat", "organisation", "person", "none"]

#: De-facto authorities that act for a state or territory abroad (labelling guide).
_AUTHORITIES = {"Taliban": "AFG", "Hamas": "PSE", "Houthi": "YEM", "Houthis": "YEM"}

#: Names of other things that begin with the name of a place.
_OTHER_THINGS = (
    "Washington Post",
    "Washington State",
    "New York Times",
    "New York Post",
    "New York Stock Exchange",
    "South China Morning Post",
    "Jerusalem Post",
    "London Stock Exchange",
    "Paris Saint-Germain",
    "Manchester United",
    "Manchester City",
    "Air France",
    "Air China",
    "British Airways",
    "Bank of England",
    "Bank of Japan",
    "Orient Express",
    "Shanghai Cooperation",
)

#: Any name that is longer is no name.
_LONGEST = 8

#: Names of fewer letters, in capitals, are often abbreviations of something else: NIS is an
#: intelligence service and no city, a sports team is an XI. Capitals and states may stand at the
#: head of a report ("KYIV, Ukraine") and are names all the same.
_SHORT = 5
_SHORT_KINDS = frozenset({"city", "person"})


class Name(NamedTuple):
    """What a name stands for.

    ``code`` is the state or organisation, None where the name alone does not tell; then ``either``
    may list the states that it may mean. ``unsure`` marks a place that shares its name with a
    person, a thing or a part of another state. ``terms`` are the offices of a person, in no order.
    """

    kind: Kind
    code: str | None
    unsure: bool = False
    terms: tuple[Official, ...] = ()
    either: tuple[str, ...] = ()


class Found(NamedTuple):
    """A name at tokens ``start`` up to ``end``."""

    start: int
    end: int
    name: Name


class _Row(NamedTuple):
    first: str
    rest: tuple[str, ...]
    name: Name


class Gazetteer:
    """All names, looked up by their first word; the longest name at a place counts.

    Case matters for the first word, and wholly for abbreviations: "US" is a state, "us" is not.
    Hyphens and single initials inside a name do not ("Yoon Suk-yeol", "Antony J. Blinken").
    """

    def __init__(
        self,
        states: Mapping[str, State],
        officials: Officials,
        ambiguous_names: Mapping[str, tuple[str, ...]],
    ) -> None:
        names: dict[str, Name] = {}
        for state in states.values():
            names.update(_names_of(state))
        for authority, code in _AUTHORITIES.items():
            names[authority] = Name("demonym", code)
        for text, codes in ambiguous_names.items():
            names[text] = _ambiguous(names.get(text), codes)
        for thing in _OTHER_THINGS:
            names[thing] = Name("none", None)
        names.update(_people(officials))
        rows: dict[str, list[_Row]] = defaultdict(list)
        for text, name in names.items():
            words = _words(tokens(text))
            rows[words[0].key].append(_Row(words[0].text, tuple(w.key for w in words[1:]), name))
        self._rows = {
            key: tuple(sorted(found, key=lambda row: -len(row.rest))) for key, found in rows.items()
        }

    def find(self, sentence: Sequence[Token]) -> tuple[Found, ...]:
        """Names in order, none overlapping another."""
        found = []
        at = 0
        shouted = all(token.text.isupper() for token in sentence if token.text.isalpha())
        while at < len(sentence):
            rows = self._rows.get(sentence[at].key)
            match = self._match(rows, sentence, at, shouted=shouted) if rows else None
            if match is None:
                at += 1
            else:
                found.append(match)
                at = match.end
        return tuple(found)

    @staticmethod
    def _match(
        rows: Iterable[_Row], sentence: Sequence[Token], at: int, *, shouted: bool
    ) -> Found | None:
        token = sentence[at]
        for row in rows:
            if not _same_case(row.first, token.text):
                continue
            if not shouted and _is_abbreviation(row, token.text):
                continue
            end = _follow(sentence, at + 1, row.rest, initials=row.name.kind == "person")
            if end is not None:
                return Found(at, end, row.name)
        return None


def term_on(terms: Iterable[Official], day: date) -> Official | None:
    """The office that a person holds on ``day``, else the latest one held before; None before any.

    None also where two states' officials share the name at the time.
    """
    holding = [term for term in terms if term.holds(day)]
    if len({term.state for term in holding}) > 1:
        return None
    past = [term for term in terms if term.since is None or term.since <= day]
    return max(holding or past, key=lambda term: term.since or date.min, default=None)


def _follow(
    sentence: Sequence[Token], at: int, rest: Sequence[str], *, initials: bool
) -> int | None:
    """The token after ``rest``, when it follows at ``at``."""
    for word in rest:
        while at < len(sentence) and sentence[at].text == "-" and sentence[at].glued:
            at += 1
        if initials and _is_initial(sentence, at, word):
            at += 2
        if at >= len(sentence) or sentence[at].key != word:
            return None
        at += 1
    return at


def _is_initial(sentence: Sequence[Token], at: int, word: str) -> bool:
    return (
        at + 2 < len(sentence)
        and len(sentence[at].text) == 1
        and sentence[at].text.isupper()
        and sentence[at].key != word
        and sentence[at + 1].text == "."
    )


def _same_case(name: str, text: str) -> bool:
    """A name's capitals are needed, all of them in an abbreviation; further ones do no harm."""
    if name.isupper():
        return text.replace(".", "").isupper()
    return name.islower() or text[0].isupper()


def _is_abbreviation(row: _Row, text: str) -> bool:
    """Whether the capitals of ``text`` speak against the name, in a sentence that has others."""
    return (
        row.name.kind in _SHORT_KINDS
        and not row.rest
        and len(row.first) < _SHORT
        and text.isupper()
        and not row.first.isupper()
    )


def _words(found: Iterable[Token]) -> list[Token]:
    words = [token for token in found if token.text != "-"]
    if not words or len(words) > _LONGEST:
        raise ValueError(f"no usable name: {' '.join(token.text for token in words)!r}")
    return words


def _names_of(state: State) -> dict[str, Name]:
    if state.kind == "organisation":
        return dict.fromkeys((state.name, *state.names), Name("organisation", state.code))
    names = dict.fromkeys((state.name, *state.names), Name("state", state.code))
    names.update(dict.fromkeys(state.demonyms, Name("demonym", state.code)))
    names.update(dict.fromkeys((*state.cities, *state.towns), Name("city", state.code)))
    names.update(dict.fromkeys(state.seats, Name("seat", state.code)))
    if state.capital is not None:
        # Singapore and Djibouti are states too; as a capital they would lose their name.
        names.setdefault(state.capital, Name("capital", state.code))
        if names[state.capital].kind == "city":
            names[state.capital] = Name("capital", state.code)
    return names


def _ambiguous(known: Name | None, codes: tuple[str, ...]) -> Name:
    if len(codes) != 1:
        return Name("none", None, either=codes)
    kind: Kind = known.kind if known is not None else "city"
    return Name(kind, codes[0], unsure=True)


def _people(officials: Officials) -> dict[str, Name]:
    terms: dict[str, list[Official]] = defaultdict(list)
    for official in officials:
        for text in dict.fromkeys((official.name, *official.variants, *official.alone)):
            terms[text].append(official)
    return {text: Name("person", None, terms=tuple(found)) for text, found in terms.items()}
