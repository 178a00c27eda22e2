"""Who may be the visitor and who the host: the mentions of an entry that stand for a state.

The patterns of ``parties.py`` put officials together where their state is named beside them. News
often leaves it out: "the prime minister left for Tokyo" in the prime minister's own country, "he
arrived on Monday". Here such titles and pronouns get the states that they may mean, and everything
that stands for a state becomes a mention; the classifier chooses among them.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.gazetteer import Name
from processors.visits.shape import Element, Party, Shape
from processors.visits.text import words
from processors.visits.venues import Gathering, Venues

#: Offices that a title alone may name.
_TITLES = words(
    "president premier pm minister ministers chancellor king queen prince princess emir sultan "
    "pope pontiff secretary speaker lawmakers lawmaker legislators senators senator congressman "
    "congresswoman governor delegation delegations envoy envoys diplomat diplomats general leader "
    "leaders taoiseach parliamentarians mps adviser officials official chief veep vp royals royal "
    "couple monarch premier-designate undersecretary counterpart counterparts fm rep sen"
)
_TITLE_WORDS = _TITLES | words(
    "prime foreign defence defense vice deputy first lady crown finance trade climate national "
    "security state treasury commerce energy house senate special top senior assistant interior "
    "home health environment economy army chief of"
)
#: These titles say of which state.
_AMERICAN = words("secretary senator sen rep congressman congresswoman veep gop republicans")
_OF_STATE = {"pope": "VAT", "pontiff": "VAT", "taoiseach": "IRL"}
#: Offices of which a state has one, and what those do who set out for abroad.
_OWN = words("president premier pm minister chancellor king queen secretary taoiseach emir sultan")
_SETS_OUT = words(
    "leaves left departs departed arrives arrived lands flies flew heads travels jets visits "
    "visiting returns wraps begins starts concludes ends to will in embarks set due"
)
#: Where their state's officials have these titles, ``parties.py`` has put them together.
_BOSSES = words("chief boss ceo founder coach captain striker")
#: "An official visit" is no official.
_OCCASIONS = words(
    "visit visits trip tour talks business working residence invitation data statement figures "
    "results reception ceremony welcome media opening"
)
#: Titles that are surnames too, and what stands before a title that is none.
_SURNAMES = words("king queen prince pope")
_HONORIFICS = words("majesty highness royal")
_PRONOUNS = words("he she his her they their him")
#: "NATO ministers" act for their own states, not for the organisation.
_CLUBS = (("NATO",), ("AU",), ("ASEAN",), ("UN",), ("OTH",))
_MEMBERS = ("ministers", "leaders", "chiefs", "members", "heads of state", "presidents", "envoys")
#: A text has seldom more; the first ones tell what it is about.
MOST_MENTIONS = 22


class Mention(NamedTuple):
    """Something at element ``at`` of sentence ``sentence`` that may stand for ``code``.

    ``kind`` is the symbol of ``shape.py``, or ``T`` for a title without its state, ``H`` for a
    pronoun; ``via`` tells how the state is known: named, or only likely because it was named
    before (``near``), is at home where the feed is (``home``) or goes with the title (``title``).
    ``role`` is the kind of office or of place.
    """

    sentence: int
    at: int
    kind: str
    code: str
    role: str
    via: str
    party: Party | None


def role_of(party: Party) -> str:
    """The kind of office, coarsely; ``other`` where no word tells it."""
    office = f"{party.office or ''} {party.post or ''}".lower().replace("-", " ")
    said = " ".join(office.split())
    for role, marks in _ROLES:
        if marks.search(said):
            return role
    return "other"


def _role(name: str, marks: str) -> tuple[str, re.Pattern[str]]:
    """A role and the beginnings of words that tell it."""
    return name, re.compile(rf"\b(?:{marks})")


#: The first that fits counts: a special envoy of the president is an envoy.
_ROLES = (
    _role("ambassador", "ambassador"),
    _role("spokes", "spokes"),
    _role("deleg", "delegat"),
    _role("envoy", "envoy|negotiator|advis[eo]r|representative|coordinator"),
    _role("chief", r"(?:secretary|director|attorney|governor) general|general secretary"),
    _role("deputy", r"deputy|vice (?:minister|foreign)|under ?secretary|assistant"),
    _role("vice", r"vice\b|vp\b|veep"),
    _role(
        "legis",
        r"speaker|lawmaker|senat|congress|mps?\b|parliament|legislat|house (?:of|speaker)",
    ),
    _role("foreign", r"foreign|secretary of state|(?:top |chief )?diplomat|fm\b"),
    _role("defence", "defen[cs]e"),
    _role(
        "head",
        r"prime|pms?\b|premier|president|king\b|kings\b|queen|pope|pontiff|emir|emperor|monarch|"
        r"sultan|chancellor|heads? of (?:state|government)|supreme|taoiseach|leader|ruler|"
        r"chief executive",
    ),
    _role("royal", "prince|princess|first lady|royal"),
    _role("military", "general|commander|army|navy|air force|military|chiefs? of staff|joint"),
    _role("minister", "minister|secretar"),
    _role("chief", "chief|director|head|chair|commissioner"),
    _role("officials", "official"),
)


def with_home(shape: Shape, home: str) -> Shape:
    """A title whose first words are a bare office that goes somewhere, as one of ``home``.

    "PM leaves for Tokyo" is what a paper writes of the prime minister of its own state.
    """
    elements = shape.elements
    end = _title_end(elements, 0) if elements else 0
    if end == 0 or end >= len(elements):
        return shape
    said = [element.symbol.removeprefix("^") for element in elements[:end]]
    is_own = said[-1] in _OWN and said[-1] not in _OF_STATE
    if not is_own or elements[end].symbol not in _SETS_OUT:
        return shape
    party = Party((home,), None, shape.written(0, end), None)
    official = Element("O", elements[0].start, elements[end - 1].end, party)
    return Shape(shape.sentence, (official, *elements[end:]))


def mentions_of(
    shapes: Sequence[Shape], venues: Venues, home: str | None, day: date
) -> list[Mention]:
    """All mentions in order, ``home`` being the state of the feed's newsroom."""
    found: list[Mention] = []
    for shape in shapes:
        gatherings = list(venues.find(shape.sentence.tokens, day))
        at = 0
        elements = shape.elements
        while at < len(elements):
            element = elements[at]
            if gatherings and element.end > gatherings[0].start:
                found += _of_gathering(shape.sentence.number, at, gatherings.pop(0), element)
            if element.value is not None:
                if not _is_of_a_firm(elements, at):
                    found += _of_symbol(shape.sentence.number, at, element)
                at += 1
                continue
            word = element.symbol.removeprefix("^")
            if word in _TITLE_WORDS and not _is_surname(elements, at):
                end = _title_end(elements, at)
                if end > at:
                    found += _of_title(shape, at, end, found, home)
                    at = end
                    continue
            elif word in _PRONOUNS:
                found += _of_pronoun(shape.sentence.number, at, found)
            at += 1
    return found[:MOST_MENTIONS]


def _of_symbol(sentence: int, at: int, element: Element) -> Iterable[Mention]:
    value = element.value
    if isinstance(value, Party):
        role = role_of(value)
        kind = element.symbol
        if _is_everybody(value):
            return
        for code in value.codes:
            yield Mention(sentence, at, kind, code, role, "named", value)
    elif isinstance(value, Name) and value.code is not None:
        kind = "C" if element.symbol.startswith("_") else element.symbol
        yield Mention(sentence, at, kind, value.code, value.kind, "named", None)
    elif isinstance(value, Name):
        for code in value.either:
            yield Mention(sentence, at, "E", code, "either", "either", None)


def _is_everybody(party: Party) -> bool:
    """Whether it is the members of an organisation, each of a state of its own."""
    office = (party.office or "").lower()
    return (
        party.name is None
        and party.codes in _CLUBS
        and any(member in office for member in _MEMBERS)
    )


def _of_gathering(
    sentence: int, at: int, gathering: Gathering, element: Element
) -> Iterable[Mention]:
    value = element.value
    if not (isinstance(value, Name) and value.code == gathering.host):
        yield Mention(sentence, at, "W", gathering.host, "venue", "venue", None)


def _is_of_a_firm(elements: Sequence[Element], at: int) -> bool:
    """Whether a state only tells where a firm or team is: "China's Huawei chief"."""
    following = elements[at + 1 : at + 5]
    if elements[at].symbol == "P" and following and following[0].symbol == "'s":
        following = following[1:]
    elif elements[at].symbol != "D":
        return False
    for number, element in enumerate(following):
        if element.value is not None:
            return False
        if element.symbol in _BOSSES:
            return number > 0
    return False


def _is_surname(elements: Sequence[Element], at: int) -> bool:
    """Whether a title is a surname, with a first name before it: "Travis King"."""
    said = elements[at].symbol
    before = elements[at - 1] if at else None
    return (
        said.removeprefix("^") in _SURNAMES
        and said.startswith("^")
        and before is not None
        and before.value is None
        and before.symbol.startswith("^")
        and before.symbol.removeprefix("^") not in _TITLE_WORDS | _HONORIFICS
    )


def _title_end(elements: Sequence[Element], at: int) -> int:
    """The element after the title that begins at ``at``; ``at`` when it is none."""
    end = last = at
    while end < len(elements) and elements[end].value is None:
        word = elements[end].symbol.removeprefix("^")
        if word not in _TITLE_WORDS:
            break
        end += 1
        following = elements[end].symbol if end < len(elements) else ""
        if word in _TITLES and not (word == "official" and following in _OCCASIONS):
            last = end
    return last


def _of_title(
    shape: Shape, at: int, end: int, before: Sequence[Mention], home: str | None
) -> Iterable[Mention]:
    said = [element.symbol.removeprefix("^") for element in shape.elements[at:end]]
    office = shape.written(at, end)
    party = Party((), None, office, None)
    role = role_of(party)
    number = shape.sentence.number
    kind = "T"
    if said[-1] in _OF_STATE:
        yield Mention(number, at, kind, _OF_STATE[said[-1]], role, "title", party)
        return
    given: set[str] = set()
    if not _AMERICAN.isdisjoint(said):
        given.add("USA")
        yield Mention(number, at, kind, "USA", role, "title", party)
    if home is not None and home not in given:
        given.add(home)
        yield Mention(number, at, kind, home, role, "home", party)
    for mention in reversed(before):
        if mention.kind in "OPDC" and mention.via == "named" and mention.code not in given:
            yield Mention(number, at, kind, mention.code, role, "near", party)
            break


def _of_pronoun(sentence: int, at: int, before: Sequence[Mention]) -> Iterable[Mention]:
    """Whom a pronoun means: the official that was named last, and the first of all."""
    people = [one for one in before if one.kind in "OT" and one.via != "near"]
    given: set[str] = set()
    for one in (*people[-1:], *people[:1]):
        if one.code not in given:
            given.add(one.code)
            yield Mention(sentence, at, "H", one.code, one.role, "near", one.party)
