"""Whose visit it is: the subject of a phrase, looked for from the phrase backwards."""

from collections.abc import Sequence
from typing import NamedTuple

from processors.visits.shape import Shape
from processors.visits.text import words
from processors.visits.wording import Phrase

#: Between a subject and its verb or noun these may stand and change nothing.
_LIGHT = words(  # auxiliaries and what is done with a visit
    "is are was were be been being will would can could may might must should shall has have had "
    "to set due expected scheduled slated poised likely about ready plan plans planning planned "
    "begin begins began start starts started kick kicks kicked off make makes made making pay pays "
    "paid paying end ends ended conclude concludes concluded wrap wraps wrapped up cut cuts short "
    "cancel cancels cancelled canceled postpone postpones postponed delay delays delayed scrap "
    "scraps scrapped call calls called says said confirms confirmed announces announced wants "
    "hopes hoped considers considering mulls mulling weighs weighing eyes vows vowed declines "
    "declined refuses refused agrees agreed accepts accepted prepares preparing arrives arrived "
    "arriving heads headed departs departed leaves left flies flew travels travelled traveled "
    "lands landed returns returned embarks embarked goes went "
    # small words and times
    "also and , who just first now then again soon not never still reportedly officially formally "
    "secretly quietly today tonight yesterday tomorrow early late later this week month year next "
    "on a an the his her their its in for during from he she they 's wife husband "
    # what a visit is like
    "official state working historic surprise unannounced rare brief one-day two-day three-day "
    "four-day five-day first-ever landmark high-stakes upcoming recent possible potential secret "
    "whirlwind long-awaited key major new second third final last day"
)
#: Whoever stands between them and goes somewhere is no official.
_OTHERS = words(
    "troops forces soldiers army tourists fans team ship ships refugees migrants people students "
    "athletes missiles missile planes plane aircraft jet weapons aid tanks tank company companies "
    "businesses workers children citizens nationals players warship warships vessel vessels "
    "protesters families doctors rescuers investors exports gas oil grain money ambassador "
    "ambassadors delegates envoy nominee war"
)
#: "Trudeau's family", "a Putin ally".
_NOT_HIMSELF = words(
    "administration family government ally allies aide aides supporters supporter party campaign "
    "lawyer lawyers critics critic son daughter brother"
)
_BREAKS = words("; : ? ! \N{EN DASH} \N{EM DASH} | but whereas as while when")
#: After these an official is no subject.
_OBJECT = words(
    "with to for by against from on of about over at than like between meet meets met meeting "
    "host hosts hosted welcome welcomes welcomed tell tells told urge urges urged ask asks asked "
    "call calls called join joins joined see sees saw thank thanks"
)
_BEFORE_NAMES = frozenset({"the", "president", "visiting"})
_ASIDE = frozenset({",", ":"})
#: "O1 and his counterpart".
_JOINERS = words(", and & his her their")
#: Words from a subject to its phrase: directly, with a clause between, in a long caption.
_NEAR = 10
_FAR = 35
_CAPTION = 50
#: "Speaking in P2 after talks , O8 said": words to the subject that follows.
_FOLLOWING = 8


class _Group(NamedTuple):
    """Officials named together, at elements ``start`` up to ``end``; ``former``: they were some."""

    start: int
    end: int
    members: tuple[int, ...]
    former: bool


def subject(shape: Shape, phrase: Phrase) -> tuple[int, ...] | None:
    """The officials that a verb or noun is said of.

    None when the sentence names nobody, so that a pronoun may; empty when it names somebody who is
    no official, or no subject.
    """
    groups = _groups(shape, phrase.start)
    if not groups:
        return _following(shape, phrase.end)
    nearest = groups[-1]
    between = _words(shape, nearest.end, phrase.start)
    if _is_light(between) and (not _is_object(shape, nearest) or _goes_on(between)):
        return () if nearest.former else nearest.members
    is_verb = phrase.kind == "verb"
    if not is_verb and _is_owned(shape, phrase.start):
        return ()
    if is_verb and not _OTHERS.isdisjoint(between[-4:]):
        return ()
    clause = _clause(shape, phrase.start)
    inside = [group for group in groups if group.start >= clause] or groups[-1:]
    inside = [group for group in inside if phrase.start - group.end <= _FAR]
    subjects = [group for group in inside if not _is_object(shape, group)]
    if is_verb:
        subjects = [group for group in subjects if not _is_owner(shape, group)]
    elif not subjects:
        subjects = inside
    guests = [group for group in subjects if group.former or _is_guest(shape, group, phrase)]
    if not guests and not is_verb:  # "O1 shows O2 a museum on his visit to P1"
        guests = [group for group in inside if _is_guest(shape, group, phrase)]
    if not guests:
        return ()
    # The subject of a verb stands next to it, that of a noun begins the clause.
    chosen = guests[-1] if is_verb else guests[0]
    return () if chosen.former else chosen.members


def participants(shape: Shape, phrase: Phrase) -> tuple[int, ...]:
    """All officials who meet or are pictured, in the clause before a phrase and within it."""
    is_caption = phrase.kind == "dated"
    first = phrase.start - (_CAPTION if is_caption else _FAR)
    if not is_caption:
        first = max(first, _clause(shape, phrase.start))
    found = tuple(
        number
        for number in range(max(0, first), phrase.end)
        if shape.elements[number].symbol == "O" and _is_himself(shape, number)
    )
    if any(element.symbol in {"O", "X"} for element in shape.elements[: phrase.start]):
        return found
    return found + (_following(shape, phrase.end) or ())


def _following(shape: Shape, end: int) -> tuple[int, ...] | None:
    """The subject that follows a fronted phrase."""
    for number in range(end, min(end + _FOLLOWING, len(shape.elements))):
        if shape.elements[number].symbol == "O" and _ASIDE & set(_words(shape, end, number)):
            return (number,)
        if shape.elements[number].symbol == "X":
            return ()
    return None


def _groups(shape: Shape, end: int) -> list[_Group]:
    groups: list[_Group] = []
    for number, element in enumerate(shape.elements[:end]):
        if element.symbol not in {"O", "X"}:
            continue
        if not _is_himself(shape, number):
            continue
        former = element.symbol == "X"
        last = groups[-1] if groups else None
        if last is not None and last.former == former and _are_joined(shape, last.end, number):
            groups[-1] = _Group(last.start, number + 1, (*last.members, number), former)
        else:
            groups.append(_Group(number, number + 1, (number,), former))
    return groups


def _is_himself(shape: Shape, number: int) -> bool:
    return _NOT_HIMSELF.isdisjoint(_words(shape, number + 1, number + 3))


def _are_joined(shape: Shape, start: int, end: int) -> bool:
    between = _words(shape, start, end)
    return 0 < len(between) <= 2 and _JOINERS.issuperset(between)


def _is_light(between: Sequence[str]) -> bool:
    return len(between) <= _NEAR and all(word in _LIGHT or word.endswith("ly") for word in between)


def _goes_on(between: Sequence[str]) -> bool:
    """Whether an object is the subject of what follows: "urges O1 to visit", "O1 , who ..."."""
    return not between or between[0] in {"to", "'s"} or "who" in between[:2]


def _is_object(shape: Shape, group: _Group) -> bool:
    before = _words(shape, max(0, group.start - 2), group.start)
    while before and before[-1] in _BEFORE_NAMES:
        before.pop()
    return bool(before) and before[-1] in _OBJECT


def _is_owner(shape: Shape, group: _Group) -> bool:
    return _words(shape, group.end, group.end + 1) == ["'s"]


def _is_owned(shape: Shape, noun: int) -> bool:
    """Whether somebody whom no file knows owns a noun: "Smith's brief visit"."""
    for number in range(noun - 1, max(0, noun - 4), -1):
        if shape.elements[number].symbol == "'s":
            return shape.elements[number - 1].symbol.startswith("^")
    return False


def _is_guest(shape: Shape, group: _Group, phrase: Phrase) -> bool:
    """Whether any of them comes from another state than the hosts."""
    return any(set(shape.party(one).codes) - set(phrase.hosts) for one in group.members)


def _clause(shape: Shape, end: int) -> int:
    """Where the clause begins that goes on at ``end``."""
    for number in range(end - 1, -1, -1):
        following = shape.elements[number + 1].symbol if number + 1 < end else ""
        # "while speaking to O2": no clause with a subject of its own
        if shape.elements[number].symbol in _BREAKS and not following.endswith("ing"):
            return number + 1
    return 0


def _words(shape: Shape, start: int, end: int) -> list[str]:
    return [element.symbol.removeprefix("^") for element in shape.elements[start:end]]
