"""Places on a line: where a visit leads, and of which state that is the ground."""

import re

from processors.visits.gazetteer import Name
from processors.visits.shape import Party, Shape
from processors.visits.text import words

#: What may stand before a place and belongs to it.
_BEFORE = (
    r"(?:the|its|his|her|neighbou?ring|nearby|southern|northern|eastern|western|central|south|north|"
    r"mainland|capital|city|port|resort|of|both|ally|close|fellow|communist|isolated|"
    r"\w+-(?:torn|hit|held|ravaged|stricken|ruled|ally))"
)
#: What makes another thing of it: "the P3 border".
_NOT = (
    r"(?! (?:'s )?(?:border|borders|embassy|embassies|consulate|court|hotel|house|home|ambassador|"
    r"envoy|troops|forces|army|soldiers|ships?|tensions?|war|conflict|crisis|relations|ties|aid|"
    r"sanctions|issue|policy|plan|peace|deal|supporters|fans|community|team|people|refugees|"
    r"officials?|and O\d)\b)"
)
_HEADQUARTERS = r"G\d+ (?:'s )?\^?(?:headquarters|hq|general \^?assembly|security \^?council|seat)"
_SETTLEMENT = r"(?:city|town|resort|capital|port|village|region|province|island)"
#: One place: "the southern city of Goa , P3", "P3 's capital", "the D3 capital".
_PLACE = (
    rf"(?:(?:the )?(?:\S+ ){{0,3}}{_SETTLEMENT} of )?"
    rf"(?:{_BEFORE} ){{0,4}}(?:\^\S+ (?:\^\S+ ){{0,3}}, )?"
    rf"(?:P\d+{_NOT}|D\d+ (?:{_SETTLEMENT}|parliament|war zone|nuclear|power)|{_HEADQUARTERS})"
)
#: One place, as the named group ``h``.
PLACE = rf"(?P<h>{_PLACE})"
_MORE = (
    r"(?:on \^?\w+day )?"
    r"(?:, and|, then|and then|and finally|followed by|,|and|&|then|before|or|as well as)"
)
#: "visits P1 and P2 says that": the last of a list is no subject of what follows.
_END = (
    r"(?= (?:[,.;:\u2013\u2014()|-]|in|on|for|to|from|at|by|with|as|amid|after|before|during|while|"
    r"when|where|ahead|this|next|last|early|late|later|today|and|but|over|since|if|despite|"
    r"\^?\w+day|trips?|visits?|tours?)(?!\S)|$)"
)
#: One or several, as the named group ``h``.
PLACES = rf"(?P<h>{_PLACE}(?: {_MORE} (?:to |in )?{_PLACE}(?:(?= {_MORE} )|{_END})){{0,7}})"

_SYMBOL = re.compile(r"\b[PDGO](\d+)")
#: Where international organisations receive; nobody visits there what is his own.
SEATS = {
    "UN": ("USA", "CHE"),
    "NATO": ("BEL",),
    "EU": ("BEL",),
    "IMF": ("USA",),
    "WB": ("USA",),
    "IAEA": ("AUT",),
    "AU": ("ETH",),
    "ASEAN": ("IDN",),
}
#: Where the occupier's own people are no guests (labelling guide): visitor, host.
OCCUPIED = frozenset({("RUS", "UKR")})
#: "The war in P3": what is spoken of, not where.
_TOPIC = words(
    "war wars invasion conflict fighting crisis situation violence surge coup peace ceasefire "
    "unrest protests protest election elections arms weapons tanks troops forces aid stability "
    "security interests involvement developments events democracy rights earthquake "
    "earthquakes quake killed attack attacks strike strikes bases base operations presence "
    "arrested detained jailed imprisoned held born missiles nuclear anger border olympics "
    "government people ambassador envoy counterparts military investment investments influence "
    "offensive killing killings"
)


#: What is named after a place and may lie anywhere ...
_NAMED_AFTER = words(
    "club clubs team teams squad restaurant restaurants cafe pub shop store bakery pavilion stand "
    "booth exhibition exhibit"
)
#: ... and what mostly lies in it, unless another place is told.
_VENUES = _NAMED_AFTER | words(
    "museum museums gallery galleries theatre theater cinema festival school garden gardens park "
    "zoo market fair show centre center"
)
#: These stand in no name.
_NO_NAME = words(
    "a an the and or but to of in on at for from with by as after before over amid during while "
    "when where who his her its their this next last today is was has will P O D G N X _"
)
#: Words from a place to what is named after it: "the P3 youth football club".
_NAME_WORDS = 3


def only_names(shape: Shape, end: int) -> bool:
    """Whether the place before element ``end`` only names something: "visits a P3 restaurant"."""
    following = [element.symbol for element in shape.elements[end : end + _NAME_WORDS + 2]]
    for number, word in enumerate(following[:_NAME_WORDS]):
        if not word.removeprefix("^").isalpha() or word in _NO_NAME:
            return False
        if word.removeprefix("^") in _VENUES:
            elsewhere = following[number + 1 :][:2]
            if len(elsewhere) == 2 and elsewhere[0] in {"in", "at", "near"}:
                return elsewhere[1] == "P"
            place = shape.elements[end - 1].value
            is_state = isinstance(place, Name) and place.kind == "state"
            return is_state and word.removeprefix("^") in _NAMED_AFTER
    return False


def is_topic(shape: Shape, match: re.Match[str]) -> bool:
    """Whether the place of a match says where something happens that is spoken of."""
    at = shape.span(match, "h")[0]
    before = [element.symbol.removeprefix("^") for element in shape.elements[max(0, at - 2) : at]]
    return before[-1:] in (["in"], ["to"], ["at"], ["with"]) and before[0] in _TOPIC


def is_city(shape: Shape, match: re.Match[str]) -> bool:
    """Whether the place ``c`` of a match is a town or a seat, not a whole state."""
    value = shape.elements[shape.span(match, "c")[0]].value
    return isinstance(value, Name) and value.kind != "state"


def only_other(shape: Shape, match: re.Match[str]) -> tuple[str, ...]:
    """The one state that a sentence names besides the visitor's, before the visit; else none."""
    visitor = shape.span(match, "v")[0]
    own = set(shape.party(visitor).codes)
    others: list[str] = []
    for number, element in enumerate(shape.elements):
        codes: tuple[str | None, ...] = ()
        if isinstance(element.value, Party):
            codes = element.value.codes
        elif isinstance(element.value, Name):
            codes = (element.value.code,)
        for code in codes:
            if code not in own and number < visitor:
                if code is None or code in SEATS:
                    return ()
                others.append(code)
    return tuple(set(others)) if len(set(others)) == 1 else ()


def hosts_of(shape: Shape, match: re.Match[str], group: str = "h") -> tuple[str, ...]:
    """The codes of the states on whose ground the places of a match lie."""
    codes: list[str] = []
    for number in _SYMBOL.findall(match[group] or ""):
        value = shape.elements[int(number)].value
        if isinstance(value, Party):
            codes += [
                code for code in value.codes[:1] if len(value.codes) == 1 and code not in SEATS
            ]
        elif isinstance(value, Name) and value.code is not None:
            codes.append(SEATS[value.code][0] if value.code in SEATS else value.code)
    return tuple(dict.fromkeys(codes))
