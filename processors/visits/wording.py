"""The wording that makes a visit: who goes where, found on the line of symbols of a sentence.

A phrase is found by what names its place ("arrives in P3", "visit to P3", "talks in P3", "P3 hosts
O5"); whose visit it is, ``subject.py`` looks for where the words do not say. All patterns are
bounded in length, so that no text makes them slow.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from processors.visits.places import (
    PLACE,
    PLACES,
    hosts_of,
    is_city,
    is_topic,
    only_names,
    only_other,
)
from processors.visits.shape import Shape, numbers
from processors.visits.text import words

#: How the visitor is told: as the subject of a verb or of a noun ("visit"), as one of those who
#: meet or are pictured, by the words themselves ("O1 is received by O2"), beside the place ("O1 in
#: P2"), without a place ("as O1 visits"), or only as a state.
Kind = Literal["verb", "noun", "meeting", "dated", "named", "beside", "alone", "states"]

#: These begin another clause, with a subject of its own.
_TURN = (
    r"(?:as|while|when|after|before|because|since|but|that|who|which|whose|where|whether|if|amid|"
    r"over|against)"
)
#: A word or sign that is no symbol, ends no sentence and turns to nothing else.
_WORD = rf"(?!{_TURN}\s)(?![A-Z;:.?!\u2013\u2014|])\S+"
_OFFICIALS = r"O\d+(?: (?:,|and|&|, and|along with|together with) O\d+){0,5}"


def _gap(most: int, *, without: str = "") -> str:
    """Up to ``most`` words, the fewest first, none of those ``without``."""
    other = rf"(?!(?:{without})\s)" if without else ""
    return rf"(?:{other}{_WORD} ){{0,{most}}}?"


#: As far as the place of a meeting, past those who take part.
_MEETING_GAP = rf"(?:(?:{_WORD}|[OD]\d+) ){{0,12}}?(?:on P\d+ )?"

_VISIT = r"(?:re-?visit(?:s|ed|ing)?|visit(?:s|ed|ing)?|tour(?:s|ed|ing))"
_ARRIVE = (
    r"(?:arriv(?:e|es|ed|ing)|land(?:s|ed|ing)?|touch(?:es|ed)? down|stop(?:s|ped)?(?: over)?|"
    r"welcomed|received|hosted|greeted)"
)
_GO = (
    r"(?:(?:fly|flies|flew|flown|flying)|travel(?:s|l?ed|l?ing)?|head(?:s|ed|ing)?|go|goes|went|"
    r"gone|going|jet(?:s|ted|ting)?|depart(?:s|ed|ing)?|leav(?:e|es|ing)|left|"
    r"set(?:s|ting)? (?:off|out)|embark(?:s|ed)?|come|comes|came|coming|rush(?:es|ed)?|bound|"
    r"return(?:s|ed|ing)?|back|en route|on (?:his|her|their|the) way)"
)
_BE = r"(?:is|are|was|were|be|been|being)"
_STAY = rf"(?:{_BE}|due|now|currently|arrival|again|still|said|says|told reporters|speaking)"
_TRIP = (
    r"(?:visits?|trips?|tours?|journeys?|stopovers?|stop|swing|pilgrimage|voyage|travels?|arrival|"
    r"delegation|flight|(?:peace|trade|working)[ -]mission)"
)
_RECEIVE = r"(?:receiv(?:e|es|ed|ing)|host(?:s|ed|ing)?|welcom(?:e|es|ed|ing)|greet(?:s|ed|ing)?)"
_RECEIVING = r"(?:receiving|hosting|welcoming|greeting)"
_SENDING = "send sends sent sending dispatch dispatches dispatched"
_SEND = f"(?:{_SENDING.replace(' ', '|')})"
_SENT = r"(?:O\d+|delegation|envoys?|officials|minister|team of)"
_GATHERING = (
    r"(?:talks|speech|summit|meeting|meet|conference|forum|address|dinner|parade|funeral|"
    r"coronation|welcome)"
)
_ATTENDING = "attend attends attended attending"
_ATTEND = f"(?:{_ATTENDING.replace(' ', '|')})"
_RITE = r"(?:coronation|inauguration|swearing-in|funeral|wedding)"
_MEET = (
    r"(?:meet|meets|met|meeting|meetings|talks?|summits?|conference|forum|negotiations|dinner|lunch|"
    r"breakfast|ceremony|funeral|coronation|inauguration|parade|celebrations?|event|session|"
    r"conversations?|discussions?|gathering|retreat|hands|speaks?|spoke|speaking|speech|remarks|"
    r"address|addresses|addressed|attends?|attended|attending|joins?|joined|signs?|signed|signing|"
    r"poses?|posed|posing|walks?|walked|walking|stands?|stood|standing|delivers?|delivered|"
    r"participates?|looks?|listens?|waves?|gestures?|congress|assembly|welcome|reception)"
)
_AT = r"(?:in|at|on|for|to|before|after|ahead of|during|attends?|joins?|gets?|hold|holds|held)"
_MONTH = r"\^?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = (
    r"(?:\^?(?:mon|tues|wednes|thurs|fri|satur|sun)day , )?"
    rf"(?:{_MONTH}(?: \.)? \d+|\d+ {_MONTH})"
)
_BY = "by"
#: "O1 is welcomed", "O1 and his host O2": O1 receives nobody.
_NO_GUEST = rf"{_BE}|and|his|her|their"
_NO_ADJECTIVE = r"during|in|at|on|for|a|the|with|of|and|to|from|,|'s"
#: What follows a visit when its place is not told: the one state that the sentence is about.
_PLACELESS = r"(?= (?:[,.;]|as|amid|to (?:press|strengthen|discuss|sign|seek))|$)"


class Phrase(NamedTuple):
    """Words that say that somebody is, goes or went somewhere.

    ``start`` and ``end`` are elements of the line, ``hosts`` codes of states. ``visitors`` are the
    elements of officials, or ``states`` the codes of states, that the words name as visitors; both
    empty where the subject has to be found.
    """

    kind: Kind
    start: int
    end: int
    hosts: tuple[str, ...]
    visitors: tuple[int, ...]
    states: tuple[str, ...]


#: Without any of these symbols no rule finds a place.
_NAMED = frozenset("PDGO")


class _Rule(NamedTuple):
    """``needs`` are words of which a sentence must have one; none are needed when it is empty."""

    kind: Kind
    pattern: re.Pattern[str]
    needs: frozenset[str]


def _rule(kind: Kind, text: str, needs: str = "") -> _Rule:
    return _Rule(kind, re.compile(rf"(?<!\S)(?:{text})(?!\S)"), words(needs))


#: The first that tells of a visitor and a host counts. Named groups: ``v`` visitors, ``s`` states
#: as visitors, ``h`` places, ``c`` a town that must not be a whole state, ``o`` who receives.
_RULES = (
    # "visit by O1 to P2", "visit to P2 by O1", "a P2 visit by O1"
    _rule(
        "named",
        rf"{_TRIP} {_gap(3)}(?:by|of|from) {_gap(1)}(?P<v>{_OFFICIALS}) "
        rf"{_gap(2)}(?:to|in) {PLACES}",
    ),
    _rule(
        "named",
        rf"{_TRIP} {_gap(2)}(?:to|in) {PLACES} {_gap(3)}(?:by|of|from) "
        rf"{_gap(1)}(?P<v>{_OFFICIALS})",
    ),
    _rule(
        "named",
        rf"{PLACE} {_gap(2)}(?:visit|trip|tour) (?:by|of|from) {_gap(1)}(?P<v>{_OFFICIALS})",
        needs="visit trip tour",
    ),
    # "[O1's] visit to P2", "[O1's] P2 trip"
    _rule("noun", rf"{_TRIP} {_gap(5)}(?:to|in|through|of|around|at) {PLACES}(?! by\s)"),
    _rule(
        "noun",
        rf"{PLACES} (?:(?!(?:of|and|,|'s|on|for)\s)\w\S+ )?(?:visit|trip|tour|stopover|swing)"
        r"(?! (?:to|of|by)\s)",
        needs="visit trip tour stopover swing",
    ),
    # "[O1] visits P2", "arrives late on Monday in P2", "heads to P2", "is in P2 for talks"
    _rule("verb", rf"{_VISIT} (?:O\d+ in )?{PLACES}"),
    _rule("verb", rf"{_ARRIVE} {_gap(6)}(?:in|to|into|for|at|on) {PLACES}"),
    _rule("verb", rf"{_GO} {_gap(4)}(?:(?:from (?:the )?P\d+ )?to|into|for) {PLACES}"),
    _rule("verb", rf"{_GO} to {_gap(2)}{_GATHERING}s? {_gap(4)}in {PLACES}"),
    _rule("verb", rf"(?:visit|visits|visited|{_BE} visiting) (?P<o>O\d+)(?! (?:in|at|'s)\s)"),
    _rule("verb", rf"{_STAY} {_gap(2)}(?:in|at) {PLACES}"),
    # "[O1] returns from P2", "[O1] left P2"
    _rule(
        "verb", rf"(?:return(?:s|ed|ing)?|(?:{_BE}|just|fresh) back|home) {_gap(3)}from {PLACES}"
    ),
    _rule(
        "verb",
        rf"(?:left|leaves|departs|departed) {PLACES}",
        needs="left leaves departs departed",
    ),
    # "O2 receives O1 at P2", "P2 to host O1", "O1 was received by O2", "O2 and visiting O1"
    _rule(
        "named",
        rf"(?P<o>O\d+|P\d+) {_gap(3, without=_NO_GUEST)}(?:{_BE} {_RECEIVING}|{_RECEIVE}) "
        rf"{_gap(4, without=_BY)}(?P<v>{_OFFICIALS})(?! 's)(?: {_gap(6)}(?:in|to|at) {PLACES})?",
    ),
    _rule(
        "named",
        rf"(?P<v>{_OFFICIALS}) {_gap(3)}(?:received|hosted|feted|welcomed|greeted|met) {_gap(3)}by "
        rf"{_gap(2)}(?P<o>O\d+)(?: {_gap(4)}(?:in|to|at) {PLACES})?",
    ),
    _rule(
        "named",
        rf"(?P<o>O\d+) {_gap(6, without=_BE)}visiting (?P<v>{_OFFICIALS})(?! 's)",
        needs="visiting",
    ),
    _rule("named", rf"visiting (?P<v>O\d+) {_gap(4)}(?P<o>O\d+)(?! 's)", needs="visiting"),
    _rule(
        "named",
        rf"invit(?:es|ed|ing|ation|e) {_gap(2)}(?P<v>{_OFFICIALS}) {_gap(3)}(?:to|for) "
        rf"(?:\w+ )?{PLACES}",
        needs="invites invited inviting invitation invite",
    ),
    # "O2 sends O1 to P2"
    _rule("named", rf"{_SEND} {_gap(3)}(?P<v>O\d+) {_gap(2)}to {PLACES}", needs=_SENDING),
    # "P1 to send a delegation to P2"
    _rule(
        "states",
        rf"(?P<s>P\d+) {_gap(3)}{_SEND} {_gap(3)}{_SENT} {_gap(5)}to {PLACES}",
        needs=_SENDING,
    ),
    # "[O1] meets O2 in P3", "[O1] addresses the D2 parliament", "[O1] for talks in P2", "P2 summit"
    _rule("meeting", rf"{_MEET} {_MEETING_GAP}(?:in|at) {PLACES}"),
    _rule(
        "meeting",
        r"address(?:es|ed|ing)? (?:the )?(?P<h>D\d+|P\d+)(?: 's)? "
        r"\^?(?:parliament|congress|lawmakers|mps|house)",
        needs="address addresses addressed addressing",
    ),
    _rule(
        "meeting",
        rf"{_AT} (?:(?:a|the|their|his|her) )?(?:[a-z0-9]\S+ )?(?P<c>P\d+) "
        rf"{_gap(2, without=_NO_ADJECTIVE)}{_GATHERING}",
    ),
    # A caption: "[O1 and O2 ...] in Bali , P3 , on Nov. 16"
    _rule(
        "dated",
        rf"(?:in|at|near|outside|through) (?:[a-z]\S* ){{0,3}}?(?:, )?{PLACES} "
        rf"(?:, \S+ \. )?(?:, )?(?:on )?{_DATE}",
    ),
    # "[O1] attends O2's coronation"
    _rule(
        "verb",
        rf"{_ATTEND} {_gap(2)}(?P<o>O\d+) (?:'s )?{_gap(1)}{_RITE}",
        needs=_ATTENDING,
    ),
    _rule("verb", rf"{_ATTEND} {_gap(3)}{_RITE} of {_gap(1)}(?P<o>O\d+)", needs=_ATTENDING),
    # "P1 and P2 hold talks in P3"
    _rule(
        "states",
        rf"(?P<s>P\d+(?: (?:,|and) P\d+){{1,4}}) {_gap(6)}(?:{_GATHERING}|meet|met) "
        rf"{_gap(4)}(?:in|at) {PLACES}",
    ),
    # "O1 in P2", "In P2 , O1 ..."
    _rule("beside", rf"(?P<v>{_OFFICIALS}) (?:, )?(?:in|at) {PLACES}"),
    _rule(
        "beside",
        rf"(?:(?<=[:,;\u2013] )|(?<![\s\S]))\^?(?:in|at) {PLACES} , (?:the )?(?:\S+ )?"
        rf"(?P<v>{_OFFICIALS})(?! 's)",
    ),
    # "[P2 ...] before a visit by O1", "[P2 ...] as O1 visits"
    _rule(
        "alone", r"(?:visit|visits|trip|tour|talks) (?:by|of|from) (?:\S+ )?(?P<v>O\d+)(?! in\s)"
    ),
    _rule(
        "alone",
        rf"(?P<v>O\d+) (?:'s )?(?:(?:to|will|{_WORD} (?:to|visit)) )?"
        rf"(?:visits?|visiting|trip|arrives|arrival){_PLACELESS}",
    ),
)


def phrases(shape: Shape) -> Iterator[Phrase]:
    """All phrases of a sentence that tell of somebody at a place, whoever it is."""
    said = {element.symbol for element in shape.elements}
    if _NAMED.isdisjoint(said):
        return
    for kind, pattern, needs in _RULES:
        if needs and needs.isdisjoint(said):
            continue
        for match in pattern.finditer(shape.text):
            hosts = _hosts(shape, kind, match)
            if not hosts:
                continue
            start, end = shape.span(match)
            groups = match.groupdict()
            yield Phrase(
                kind=kind,
                start=start,
                end=end,
                hosts=hosts,
                visitors=tuple(numbers(groups.get("v") or "", "O")),
                states=hosts_of(shape, match, "s") if groups.get("s") else (),
            )


def _hosts(shape: Shape, kind: Kind, match: re.Match[str]) -> tuple[str, ...]:
    groups = match.groupdict()
    if kind == "alone":
        return only_other(shape, match)
    if groups.get("h"):
        is_host = not is_topic(shape, match) and not only_names(shape, shape.span(match, "h")[1])
        return hosts_of(shape, match, "h") if is_host else ()
    if groups.get("c"):
        return hosts_of(shape, match, "c") if is_city(shape, match) else ()
    return hosts_of(shape, match, "o")
