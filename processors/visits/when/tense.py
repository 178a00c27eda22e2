"""Words of a sentence as tags that tell when something happens: tense, auxiliaries and cues.

The words of many texts become few tags: ``will``, ``is set to`` and ``plans`` are ``FUT``,
``visited`` is ``VISIT.d``, ``to travel`` is ``TO``, other past forms are ``.d``. The visitor and
the host of a pair are ``V`` and ``H``, and what else stands for their states ``v`` and ``h``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from processors.visits.candidates import Mention
from processors.visits.gazetteer import Name
from processors.visits.shape import Element, Party, Shape
from processors.visits.text import words

#: What is said of a visit, by what it tells; phrases are split at bars.
_CUE_PHRASES = {
    "FUT": "will|shall|to be|set to|set for|due to|due|expected|scheduled|slated|plans|plan|"
    "planned|planning|upcoming|forthcoming|prepares|preparing|prepare|prepared|going to|readies|"
    "gears up|gear up|eyes|aims to|looks to|looking to|confirms|announces|is to|are to|about to|"
    "poised|awaits|awaiting|would|braces|bracing|seeks to|scheduled to|expected to|prepares to",
    "COND": "may|might|could|possible|possibly|potential|rumoured|rumored|considers|considering|"
    "considered|mulls|mulling|weighs|weighing|wants to|want to|hopes to|hoping to|whether|if|"
    "unlikely|likely|should|must|ought|open to|ready to|willing to|urges|urged|calls on|offers|"
    "offered|proposes|proposed|hints|hinted|would like",
    "NEG": "not|never|refuses|refused|declines|declined|denies|denied|rejects|rejected|skips|"
    "skip|skipping|skipped|won|no plans|rules out|rule out|ruled out|snub|snubs|snubbed|miss|"
    "misses|stay away|boycott|boycotts",
    "CANC": "cancel|cancels|cancelled|canceled|cancelling|canceling|cancellation|postpone|"
    "postpones|postponed|postponing|postponement|called off|calls off|call off|calling off|"
    "scrapped|scraps|scrap|scrapping|delayed|delays|delay|put off|puts off|putting off|axed|shelve|"
    "shelved|shelves|aborted|scuttled|deferred|defers|defer|deferring|suspended|suspends|nixed|"
    "terminated|pulls out|pulled out|pulling out|backs out|backed out|no longer",
    "INV": "invite|invites|invited|inviting|invitation|invitations|invite to",
    "AFTER": "after|following|since|in the wake of|concluded|fresh from|back from|returned from|"
    "returns from|returning from|return from|came back|comes back|got back|gets back|back home|"
    "got home|home from|comes home|came home|wound up|at the end of",
    "AHEAD": "ahead of|before|eve of|prior to|in advance of|in the run-up to",
    "RECENT": "recent|recently|last week|last month|last year|earlier this week|"
    "earlier this month|earlier this year|ago|previous|previously|earlier|past|last|"
    "months after|weeks after|days after",
    "SOON": "next week|next month|next year|tomorrow|later this week|later this month|"
    "later this year|later|coming days|coming weeks|coming|next|soon|this weekend",
    "NOW": "today|this week|now|currently|under way|underway|ongoing",
    "DURING": "during|amid|while|as",
    "HAD": "had|was|were|have|has|has been|have been|had been",
    "STAGE": "first visit|first trip|begins|began|begin|starts|started|start|kicks off|"
    "kicked off|second day|first day|last day|final day|wraps up|wrapped up|wrapping up|ends|"
    "ended|end|concludes|concluding",
    "SAID": "said|says|told|tells|speaking|announced|according to",
}
CUES = frozenset(_CUE_PHRASES)
_CUE_OF = {
    tuple(phrase.split()): cue
    for cue, phrases in _CUE_PHRASES.items()
    for phrase in phrases.split("|")
}
#: The longest cue that begins with a word.
_LONGEST = {
    first: max(len(phrase) for phrase in _CUE_OF if phrase[0] == first)
    for first in {phrase[0] for phrase in _CUE_OF}
}

#: Words that make a visit; the form of those that are verbs is part of the tag.
_VERBS = {
    "VISIT": "visit visits visited visiting revisit tour tours toured touring",
    "GO": "travel travels traveled travelled traveling travelling fly flies flew flown flying head "
    "heads headed heading go goes went going gone jets jetted bound embark embarks embarked sets "
    "set come comes came coming",
    "ARRIVE": "arrive arrives arrived arriving arrival land lands landed landing touches touched "
    "reach reaches reached reaching",
    "LEAVE": "leave leaves leaving left depart departs departed departing departure",
    "RETURN": "return returns returned returning back home",
    "MEET": "meet meets met meeting meetings",
    "HOLD": "hold holds held holding discuss discussed discusses discussing",
    "HOST": "host hosts hosted hosting welcome welcomes welcomed welcoming receive receives "
    "received receiving greet greets greeted greeting",
    "SEND": "send sends sent sending dispatch dispatches dispatched",
    "ATTEND": "attend attends attended attending join joins joined joining",
    "SPEAK": "speak speaks spoke speaks speech address addresses addressed addressing",
}
_NOUNS = {
    "TRIP": "trip trips journey stopover pilgrimage swing voyage",
    "TALK": "talks talk summit negotiations conference forum dinner",
    "DELEG": "delegation delegations envoy envoys mission",
    "RITE": "funeral coronation ceremony inauguration parade",
}
TRIGGERS = frozenset({*_VERBS, *_NOUNS})
_IRREGULAR = words(
    "went flew met left held sent spoke came told made took became began saw gave led got brought"
)
_BE = words("is are be been being")
#: Small words that stay as they are; any other is ``w``.
_KEPT = _BE | words(
    "a an the his her their its in on at to for from of by with and or but who that which when "
    "where he she they it i up down over out into more new state official surprise historic secret "
    "working second third one two three day week month year"
)
#: "To" these is no future: "Xi to the press", "Xi to parliament".
_NO_VERBS = _KEPT | words("media parliament congress")
_MONTHS = words(
    "january february march april june july august september october november december jan feb mar "
    "apr jun jul aug sep sept oct nov dec"
)
_WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday")
_A_YEAR = re.compile(r"(?:19|20)\d\d")


def _form(verb: str) -> str:
    if verb.endswith("ing"):
        return "g"
    if verb in _IRREGULAR or verb.endswith("ed"):
        return "d"
    return "s" if verb.endswith("s") else "b"


_TAG_OF = {
    **{word: f"{tag}.{_form(word)}" for tag, text in _VERBS.items() for word in text.split()},
    **{word: tag for tag, text in _NOUNS.items() for word in text.split()},
}
_INFINITIVES = frozenset(
    word for word, tag in _TAG_OF.items() if tag.endswith(".b") and word not in {"home", "back"}
)


class Line(NamedTuple):
    """A sentence as plain words, and as tags with the word at which each begins."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    begins: tuple[int, ...]

    def tag_at(self, word: int) -> int:
        """The number of the tag that covers a word."""
        at = min(word, len(self.begins) - 1)
        while self.begins[at] > word:
            at -= 1
        return at


class Pair(NamedTuple):
    """A visitor and a host, and the sentences of their entry, by number, as seen from them."""

    visitor: Mention
    host: Mention
    lines: Mapping[int, Line]


def pair_in(shapes: Sequence[Shape], visitor: Mention, host: Mention) -> Pair:
    """The sentences of an entry, seen from a visitor and a host."""
    seen = {shape.sentence.number: _line(shape, visitor, host) for shape in shapes}
    return Pair(visitor, host, seen)


def trigger(tag: str) -> bool:
    """Whether a tag is a word that makes a visit."""
    return tag.partition(".")[0] in TRIGGERS


def _line(shape: Shape, visitor: Mention, host: Mention) -> Line:
    number = shape.sentence.number
    said = []
    for at, element in enumerate(shape.elements):
        if (number, at) == (visitor.sentence, visitor.at):
            said.append("V")
        elif (number, at) == (host.sentence, host.at):
            said.append("H")
        elif element.value is not None:
            said.append(_symbol(element, visitor.code, host.code))
        else:
            said.append(_plain(element.symbol.removeprefix("^")))
    found = tuple(_tags(said))
    return Line(tuple(said), tuple(tag for tag, _ in found), tuple(at for _, at in found))


def _symbol(element: Element, visitor: str, host: str) -> str:
    value = element.value
    codes = value.codes if isinstance(value, Party) else ()
    if isinstance(value, Name) and value.code is not None:
        codes = (value.code,)
    if visitor in codes and element.symbol in {"O", "P"}:
        return "v"
    return "h" if host in codes and element.symbol in {"O", "P", "D"} else element.symbol


def _plain(word: str) -> str:
    if word in _MONTHS:
        return "MONTH"
    if word in _WEEKDAYS:
        return "DAY"
    if _A_YEAR.fullmatch(word):
        return "YEAR"
    return "#" if word[:1].isdigit() else word


def _tags(said: Sequence[str]) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(said):
        for length in range(min(_LONGEST.get(said[at], 0), len(said) - at), 0, -1):
            cue = _CUE_OF.get(tuple(said[at : at + length]))
            if cue is not None:
                yield cue, at
                at += length
                break
        else:
            before = said[at - 1] if at else ""
            following = said[at + 1] if at + 1 < len(said) else ""
            yield "FUT" if _is_to(before, said[at], following) else _tag(said[at], following), at
            at += 1


def _is_to(before: str, word: str, following: str) -> bool:
    """Whether a headline says what somebody is going to do: "Xi to test limits"."""
    if word != "to" or before not in {"V", "v", "O", "T"}:
        return False
    # "Xi to reporters in Rome" is no future: verbs seldom end with one s
    is_plural = following.endswith("s") and not following.endswith("ss")
    return following.islower() and not is_plural and following not in _NO_VERBS


def _tag(word: str, following: str) -> str:
    if word == "to" and following in _INFINITIVES:
        return "TO"
    known = _TAG_OF.get(word)
    if known is not None:
        return known
    if word in _KEPT or not word.isalpha() or word.isupper() or word in {"v", "h"}:
        return word
    if word in _IRREGULAR or (word.endswith("ed") and len(word) > 4):
        return ".d"
    return ".g" if word.endswith("ing") and len(word) > 5 else "w"
