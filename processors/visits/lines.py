"""A sentence as the classifier reads it: words with a letter for each symbol, and its skeleton.

The skeleton is what is left of symbols, visit words and the small words that bind them. Visitors
and hosts that are named in one breath ("Sunak and his Australian counterpart", "Tokyo, Seoul and
Manila") share one place on it, so that each of them is as near to the visit as the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

from processors.visits.candidates import Mention
from processors.visits.shape import Shape
from processors.visits.text import words

_VISIT_WORDS = {
    "VISIT": "visit visits visited visiting tour tours toured touring trip trips journey stopover "
    "pilgrimage swing revisit voyage stop",
    "GO": "travel travels traveled travelled traveling travelling fly flies flew flown flying head "
    "heads headed heading go goes went going gone jets jetted bound embark embarks embarked sets "
    "come comes came coming descend descends rush rushes",
    "ARRIVE": "arrive arrives arrived arriving arrival land lands landed landing touches touched "
    "reach reaches reached reaching",
    "LEAVE": "leave leaves leaving left depart departs departed departing departure",
    "RETURN": "return returns returned returning back home",
    "MEET": "meet meets met meeting meetings talks summit negotiations conference forum dinner "
    "discussions sidelines",
    "TALK": "talk hold holds held holding discuss discussed discusses",
    "HOST": "host hosts hosted hosting welcome welcomes welcomed welcoming receive receives "
    "received receiving greet greets greeted greeting feted fetes",
    "INVITE": "invite invites invited inviting invitation",
    "SEND": "send sends sent sending dispatch dispatches dispatched",
    "DELEG": "delegation delegations envoy envoys mission team",
    "CANCEL": "cancel cancels cancelled canceled cancelling canceling postpone postpones postponed "
    "postponing defer defers deferred deferring shelve shelves shelved delayed scrapped scraps "
    "scrapping skip skips drop drops dropped dropping snub snubs boycott boycotts misses calls",
    "SPEAK": "speak speaks spoke speaking speech address addresses addressed tells told says said "
    "announces announced",
    "ATTEND": "attend attends attended attending join joins joined joining participate "
    "participates",
    "RITE": "funeral coronation ceremony inauguration parade commemoration anniversary",
    "REMOTE": "call phone video virtual virtually letter online telephone message zoom "
    "videoconference",
}
#: Words that tell of visits, and the family of each.
VISIT_WORDS = {word: family for family, said in _VISIT_WORDS.items() for word in said.split()}
#: Words that bind.
_BINDING = words(
    "in to from at of with by for after before during on as ahead amid 's and , & who not "
    "following while his her their its into between where when will would could may might since "
    "until without against over about off : ; ( ) - that but if is was are were be has had"
)
_BONES = _BINDING | VISIT_WORDS.keys()
#: What stands between those who are named in one breath.
_BREATH = words(", and & his her the their its or then alongside")
PEOPLE = frozenset("OT")
PLACES = frozenset("PCEW")
#: Words and signs with which another clause begins.
_CLAUSES = words("as while after before but who that when where if since : ; - (")
#: Words between two names of one breath.
_BREATH_WORDS = 3
#: A skeleton longer than this tells nothing.
_PATH = 7


class Line(NamedTuple):
    """One sentence; the title is number 0.

    ``visit_words`` and ``bones`` are the places of visit words and of the skeleton in ``words``;
    ``breaths`` gives for the place of a mention the first and last place of its breath.
    """

    number: int
    words: tuple[str, ...]
    visit_words: tuple[int, ...]
    bones: tuple[int, ...]
    breaths: dict[int, tuple[int, int]]

    def word(self, at: int) -> str:
        """The word at a place; ``<`` before the first one, ``>`` after the last."""
        if at < 0:
            return "<"
        return self.words[at] if at < len(self.words) else ">"

    def path(self, start: int, end: int, visitor: int = -1, host: int = -1) -> str:
        """The skeleton strictly between two places, with ``V`` and ``H`` for the given ones.

        Of a long one only: ``o`` when it has people, ``p`` places, ``b`` the begin of a clause.
        """
        found: list[str] = []
        for at in self.bones:
            if at <= start:
                continue
            if at >= end:
                break
            if at == visitor:
                found.append("V")
            elif at == host:
                found.append("H")
            else:
                word = self.words[at]
                found.append(VISIT_WORDS.get(word, word))
        if len(found) <= _PATH:
            return " ".join(found)
        marks = (("o", PEOPLE), ("p", PLACES), ("b", _CLAUSES))
        return f"far {''.join(mark for mark, some in marks if not some.isdisjoint(found))}"

    def nearest(self, at: int, letters: frozenset[str], step: int) -> int:
        """The place of the first of some letters before (-1) or after (1) a place; -1 if none."""
        place = at + step
        while 0 <= place < len(self.words):
            if self.words[place] in letters:
                return place
            place += step
        return -1


def lines_of(shapes: Sequence[Shape], mentions: Sequence[Mention]) -> tuple[Line, ...]:
    """The sentences of an entry. A mention's letter is its kind, but for pronouns."""
    kinds = {(one.sentence, one.at): one.kind for one in mentions if one.kind != "H"}
    return tuple(_line(shape, kinds) for shape in shapes)


def is_letter(word: str) -> bool:
    """Whether a word stands for a symbol."""
    return len(word) == 1 and word.isupper()


def is_bone(word: str) -> bool:
    """Whether a word belongs to the skeleton."""
    return word in _BONES or is_letter(word)


def _line(shape: Shape, kinds: dict[tuple[int, int], str]) -> Line:
    number = shape.sentence.number
    said = []
    for at, element in enumerate(shape.elements):
        kind = kinds.get((number, at))
        if kind is not None:
            said.append(kind)
        elif element.value is not None:
            said.append(element.symbol)
        else:
            word = element.symbol.removeprefix("^")
            said.append("#" if word[:1].isdigit() else word)
    return Line(
        number=number,
        words=tuple(said),
        visit_words=tuple(at for at, word in enumerate(said) if word in VISIT_WORDS),
        bones=tuple(at for at, word in enumerate(said) if is_bone(word)),
        breaths=_breaths(said),
    )


def _breaths(said: Sequence[str]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for family in (PEOPLE, PLACES):
        breath: list[int] = []
        for at, word in enumerate(said):
            if word not in family:
                continue
            if breath and not _is_joined(said, breath[-1], at):
                found.update(dict.fromkeys(breath, (breath[0], breath[-1])))
                breath = []
            breath.append(at)
        found.update(dict.fromkeys(breath, (breath[0], breath[-1])) if breath else {})
    return found


def _is_joined(said: Sequence[str], last: int, at: int) -> bool:
    between = said[last + 1 : at]
    return 0 < len(between) <= _BREATH_WORDS and _BREATH.issuperset(between)
