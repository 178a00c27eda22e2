"""What hand-written patterns find in an entry: each visitor and host once, and when and why."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from processors.visits.gazetteer import Gazetteer
from processors.visits.places import OCCUPIED, SEATS
from processors.visits.scene import shapes_of
from processors.visits.shape import Party, Shape
from processors.visits.subject import participants, subject
from processors.visits.text import words
from processors.visits.when.status import When, Wording, when
from processors.visits.wording import Phrase, phrases
from wheelsdown.records.news import Entry

#: Who speaks by these is not there.
_REMOTE = re.compile(
    r"(?<!\S)\^?(?:by (?:phone|telephone|video)|via video|(?:video|phone|telephone|conference) ?-?"
    r"(?:call|link|conference|address|message|speech|appearance)s?|videoconference|virtual|virtually|"
    r"online|zoom|(?:a|the|in|his|her|their) call)(?!\S)"
)
#: Of whom there is a picture, or against whom people march, need not be there.
_PICTURED = words(
    "screen picture image portrait poster effigy protest protesters demonstration demonstrators "
    "rally"
)
#: An entry that calls a picture or report false tells of no visit.
_HOAX = re.compile(
    r"(?<![^\s^])(?:(?:fact[ -]?check|fake|hoax|false|misleading|satire|deepfake|debunked) [:|]|"
    r"(?:deep-?fakes?|hoax)(?!\S)|(?:fake|false|doctored|edited|altered|manipulated|satirical|"
    r"digitally \S+|ai-generated) \^?(?:ai )?"
    r"(?:videos?|clips?|photos?|photographs?|images?|pictures?|footage|posts?|claims?|reports?)"
    r"(?!\S))"
)
_PRONOUNS = words("he she they his her their")
_POSTED = re.compile(
    r"diplomat|envoy|official|representative|commander|negotiator|adviser|advisor", re.IGNORECASE
)
#: So many words before and after a phrase tell when it happens.
_BEFORE = 12
_AFTER = 14
#: Captions are long, and dated at their end.
_TO_THE_END = 50
#: Longer grounds are no help to a reader.
_WHY_CHARS = 160


class Told(NamedTuple):
    """A visit as one entry tells it; ``why`` are the words that decided."""

    visitor: str
    host: str
    party: Party
    when: When
    background: bool
    why: tuple[str, ...]


class _Visitor(NamedTuple):
    """A party, and its element where the sentence itself names it."""

    party: Party
    element: int | None


def visits_in(entry: Entry, gazetteer: Gazetteer) -> tuple[Told, ...]:
    """The visits that an entry tells of, those that it is about first."""
    return visits_by_patterns(shapes_of(entry, gazetteer), entry.occurred_at.date())


def is_hoax(shape: Shape) -> bool:
    """Whether a sentence calls a picture or a report false."""
    return _HOAX.search(shape.text) is not None


def visits_by_patterns(shapes: Iterable[Shape], day: date) -> tuple[Told, ...]:
    """The visits that the sentences of an entry tell of; ``day`` is that of publication."""
    found: dict[tuple[str, str], Told] = {}
    spoken_of: Party | None = None
    for shape in shapes:
        if is_hoax(shape):
            if shape.sentence.number == 0:
                return ()
            continue
        for phrase in phrases(shape):
            for told in _told(shape, phrase, spoken_of, day):
                known = found.setdefault((told.visitor, told.host), told)
                if known.background and not told.background:
                    found[told.visitor, told.host] = told
        spoken_of = spoken_of or _first_named(shape)
    return tuple(sorted(found.values(), key=lambda told: told.background))


def _first_named(shape: Shape) -> Party | None:
    """Whom "he" or "she" of a later sentence means, if that is an official."""
    for number, element in enumerate(shape.elements):
        if element.symbol in {"O", "X"}:
            return shape.party(number) if element.symbol == "O" else None
    return None


def _told(shape: Shape, phrase: Phrase, spoken_of: Party | None, day: date) -> Iterator[Told]:
    said = _wording(shape, phrase)
    if _is_remote(phrase, said):
        return
    found = when(said, day)
    recalled = (
        shape.sentence.number > 0 or found.cue in {"after", "following"} or found.cue.isdigit()
    )
    background = found.status == "completed" and recalled
    for visitor in _visitors(shape, phrase, spoken_of):
        party = visitor.party
        if party.until is not None and party.until < day and found.status != "completed":
            continue
        why = _why(shape, phrase, visitor, found)
        for code in party.codes:
            for host in phrase.hosts:
                if _is_abroad(code, host):
                    yield Told(code, host, party, found, background, why)


def _is_remote(phrase: Phrase, said: Wording) -> bool:
    """Whether the visitor is only heard or seen there."""
    if _REMOTE.search(f"{said.before} {said.phrase} {said.rest}"):
        return True
    pictured = phrase.kind in {"meeting", "dated", "named", "beside"}
    return pictured and not _PICTURED.isdisjoint(said.before.split())


def _is_abroad(visitor: str, host: str) -> bool:
    """Whether the host is neither at home nor the seat of the visitor's organisation."""
    return (
        host != visitor and host not in SEATS.get(visitor, ()) and (visitor, host) not in OCCUPIED
    )


def _visitors(shape: Shape, phrase: Phrase, spoken_of: Party | None) -> Iterator[_Visitor]:
    if phrase.states:
        for code in phrase.states:
            party = Party(codes=(code,), name=None, office=None, until=None)
            yield _Visitor(party, None)
        return
    elements = _named(shape, phrase)
    if elements is not None:
        yield from (_Visitor(shape.party(number), number) for number in elements)
    elif spoken_of is not None and shape.sentence.number > 0:
        before = {element.symbol for element in shape.elements[: phrase.start]}
        if phrase.kind == "noun" or before & _PRONOUNS:
            yield _Visitor(spoken_of, None)


def _named(shape: Shape, phrase: Phrase) -> tuple[int, ...] | None:
    """The visitors whom the sentence names, as elements; None where a pronoun may stand for one."""
    if phrase.kind in {"verb", "noun"}:
        return subject(shape, phrase)
    if phrase.kind in {"meeting", "dated"}:
        return participants(shape, phrase)
    if phrase.kind == "beside":
        return tuple(one for one in phrase.visitors if not _is_posted(shape.party(one)))
    return phrase.visitors


def _is_posted(party: Party) -> bool:
    """Whether somebody whom a text places abroad may live there: "British diplomats in Russia"."""
    return party.name is None and _POSTED.search(party.office or "") is not None


def _wording(shape: Shape, phrase: Phrase) -> Wording:
    def line(start: int, end: int) -> str:
        return " ".join(element.symbol for element in shape.elements[max(0, start) : end])

    return Wording(
        before=line(phrase.start - _BEFORE, phrase.start),
        phrase=line(phrase.start, phrase.end),
        after=line(phrase.end, phrase.end + _AFTER),
        rest=line(phrase.end, phrase.end + _TO_THE_END),
    )


def _why(shape: Shape, phrase: Phrase, visitor: _Visitor, found: When) -> tuple[str, ...]:
    """The words from the visitor to the place, as written, and what told the status."""
    start = phrase.start if visitor.element is None else min(phrase.start, visitor.element)
    said = shape.written(start, phrase.end)
    if len(said) > _WHY_CHARS:
        said = shape.written(phrase.start, phrase.end)[:_WHY_CHARS]
    return (said, f"{found.status}: {found.cue}") if found.cue else (said,)
