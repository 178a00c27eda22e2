"""An entry taken apart: its sentences, what stands for a state in them, and who may visit whom."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.candidates import Mention, mentions_of
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


class Scene(NamedTuple):
    """``couples`` are a visitor's and a host's places in ``mentions``, by the pair of states."""

    day: date
    shapes: Sequence[Shape]
    mentions: Sequence[Mention]
    lines: Sequence[Line]
    couples: Mapping[Pair, Sequence[tuple[int, int]]]


def shapes_of(entry: Entry, gazetteer: Gazetteer) -> tuple[Shape, ...]:
    """The sentences of an entry, with officials put together."""
    day = entry.occurred_at.date()
    return tuple(
        with_parties(shape_of(sentence, gazetteer.find(sentence.tokens)), day)
        for sentence in sentences(entry)
    )


def scene_of(shapes: Sequence[Shape], venues: Venues, home: str | None, day: date) -> Scene:
    """The scene; ``home`` is the state of the feed's newsroom, ``day`` that of publication."""
    shapes = shapes[:_MOST_SENTENCES]
    mentions = mentions_of(shapes, venues, home, day)
    couples: dict[Pair, list[tuple[int, int]]] = defaultdict(list)
    for v, visitor in enumerate(mentions):
        for h, host in enumerate(mentions):
            if host.kind not in _HOSTS or not _may_be_linked(visitor, host):
                continue
            pair = visitor.code, ground_of(host.code)
            if pair[0] != pair[1] and pair not in OCCUPIED:
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
