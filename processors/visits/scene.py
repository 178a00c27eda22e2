"""An entry taken apart: its sentences, what stands for a state in them, and who may visit whom."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.candidates import Mention, mentions_of
from processors.visits.dateline import without_datelines
from processors.visits.gazetteer import Gazetteer
from processors.visits.lines import Line, lines_of
from processors.visits.parties import with_parties
from processors.visits.places import OCCUPIED, SEATS
from processors.visits.shape import Shape, shape_of
from processors.visits.text import sentences
from processors.visits.venues import Venues
from wheelsdown.records.news import Entry

#: What an entry says about a visit, it says early.
_MOST_SENTENCES = 8
#: Kinds of mention that may be a host, and those that a sentence before or after may speak of.
_HOSTS = frozenset("PCDOGTEW")
_PEOPLE = frozenset("OTHGX")
_PLACES = frozenset("PCW")

#: Visitor and host.
Pair = tuple[str, str]
#: Places of a visitor and of a host in the mentions of a scene, by the pair of states.
Couples = Mapping[Pair, Sequence[tuple[int, int]]]


class Scene(NamedTuple):
    """An entry taken apart; ``day`` is that of its publication."""

    day: date
    shapes: Sequence[Shape]
    mentions: Sequence[Mention]
    lines: Sequence[Line]
    couples: Couples


def shapes_of(entry: Entry, gazetteer: Gazetteer) -> tuple[Shape, ...]:
    """The first sentences of an entry, with officials put together."""
    day = entry.occurred_at.date()
    shapes = [
        shape_of(sentence, gazetteer.find(sentence.tokens))
        for sentence in sentences(entry)[:_MOST_SENTENCES]
    ]
    return tuple(with_parties(shape, day) for shape in without_datelines(shapes))


def scene_of(shapes: Sequence[Shape], venues: Venues, home: str | None, day: date) -> Scene:
    """The scene; ``home`` is the state of the feed's newsroom, ``day`` that of publication."""
    mentions = mentions_of(shapes, venues, home, day)
    grounds = [
        (h, host, ground_of(host.code)) for h, host in enumerate(mentions) if host.kind in _HOSTS
    ]
    couples: dict[Pair, list[tuple[int, int]]] = defaultdict(list)
    for v, visitor in enumerate(mentions):
        for h, host, ground in grounds:
            if ground == visitor.code or not _may_be_linked(visitor, host):
                continue
            pair = visitor.code, ground
            if pair not in OCCUPIED:
                couples[pair].append((v, h))
    return Scene(day, shapes, mentions, lines_of(shapes, mentions), couples)


def ground_of(code: str) -> str:
    """The state where a visitor to a state or organisation is received."""
    return SEATS[code][0] if code in SEATS else code


def _may_be_linked(visitor: Mention, host: Mention) -> bool:
    if visitor.sentence == host.sentence:
        return visitor.at != host.at and not (host.kind == "O" and host.code in SEATS)
    apart = abs(visitor.sentence - host.sentence)
    if visitor.kind in _PEOPLE:
        return apart == 1 or visitor.sentence == 0 or host.sentence == 0
    # "Taliban and US hold talks", and then: "in Qatar's capital".
    return visitor.sentence == 0 and apart == 1 and host.kind in _PLACES
