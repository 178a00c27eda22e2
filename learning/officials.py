"""Whether an official whom a label names is known for who he is.

Labels give officials as written: by name, else by title. The same person is meant when all words of
one naming stand in the other, titles left aside.
"""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from processors.visits.gazetteer import Gazetteer
from processors.visits.parties import with_parties
from processors.visits.shape import Party, shape_of
from processors.visits.text import sentences, words
from wheelsdown.records.news import Entry
from wheelsdown.reference.states import folded, load_states

#: Words that are no part of a name.
_OFFICES = words(
    "a affairs affair aide aides ally adviser advisor ambassador army assistant cardinal "
    "chairman chairwoman chancellor chief chiefs commission commissioner committee congress "
    "council counterpart counterparts crown defence defense delegation delegations deputy "
    "diplomat diplomats director economy emir energy envoy envoys finance first foreign general "
    "governor group head heads his her house interior its king lady lawmaker lawmakers leader "
    "leaders legislators member members military minister ministers mission monarch mps national "
    "negotiator negotiators new of official officials parliament party pm pope premier president "
    "prime prince princess queen representative representatives republican republicans royal "
    "secretary security senate senator senators senior special spokesman state sultan team the "
    "their then-president top trade treasury vice watchdog for and mr mrs ms sen rep jr sr iii ii"
)
_WORD = re.compile(r"[^\W_]+")


class Named(NamedTuple):
    """An official whom an entry names, and the states or organisations he acts for."""

    written: str
    codes: tuple[str, ...]


def officials_in(entry: Entry, gazetteer: Gazetteer) -> Iterator[Named]:
    """The officials that names and wording of a text tell, whether they travel or not."""
    day = entry.occurred_at.date()
    for sentence in sentences(entry):
        shape = with_parties(shape_of(sentence, gazetteer.find(sentence.tokens)), day)
        for number, element in enumerate(shape.elements):
            if isinstance(element.value, Party) and element.value.codes:
                party = element.value
                yield Named(f"{party.name or ''} {shape.written(number, number + 1)}", party.codes)


def has_name(official: str) -> bool:
    """Whether an official as written goes by a name, and not by the title alone."""
    return bool(_name_words(official))


def is_same(official: str, told: str) -> bool:
    """Whether both namings mean one person, or one title where there is no name."""
    one, other = _name_words(official), _name_words(told)
    if one or other:
        return bool(one and other) and (one <= other or other <= one)
    one, other = frozenset(_folded(official)), frozenset(_folded(told))
    return one <= other or other <= one


def _name_words(official: str) -> frozenset[str]:
    """The capitalised words that are neither office nor state."""
    written = _WORD.findall(official)
    return frozenset(
        word
        for text, word in zip(written, _folded(official), strict=True)
        if text[0].isupper() and len(word) > 1 and word not in _OFFICES and word not in _places()
    )


def _folded(official: str) -> list[str]:
    return [folded(word).lower() for word in _WORD.findall(official)]


@functools.cache
def _places() -> frozenset[str]:
    """The words of the states' names, as in "Chinese" or "the New Zealand minister"."""
    texts = (
        text
        for state in load_states().values()
        for text in (state.name, *state.names, *state.demonyms, *state.seats, state.capital or "")
    )
    return frozenset(word for text in texts for word in _folded(text))
