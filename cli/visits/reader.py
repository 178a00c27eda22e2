"""The reader of visits, put together from names, calendars and a classifier."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from learning.dice import Dice
from learning.labels import Example, entry_of
from learning.officials import Named, officials_in
from processors.visits.gazetteer import Gazetteer
from processors.visits.reader import Grounds, VisitRead, VisitReader, grounds_of
from processors.visits.venues import Venues
from wheelsdown.records.news import Entry
from wheelsdown.reference.newsrooms import home_of
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_ambiguous_names, load_states
from wheelsdown.reference.venues import load_venues
from wheelsdown.reference.visit_model import VisitModel, decode_visit_model, load_visit_model

#: Any will do; the same one gives the same folds, classifier and intervals.
SEED = 1

#: ``VisitReader.read``: None for an entry in a language that it can't read.
ReadVisits = Callable[[Entry], Sequence[VisitRead] | None]


class ModelError(Exception):
    """A file holds no classifier; the message says what to do."""


def gazetteer() -> Gazetteer:
    """All names that ship with this package."""
    return Gazetteer(load_states(), load_officials(), load_ambiguous_names())


def reader(model: Path | None) -> ReadVisits:
    """A reader with the classifier in a file, or the one that ships. Raises ModelError."""
    return reader_with(load_visit_model() if model is None else _model(model))


def reader_with(model: VisitModel) -> ReadVisits:
    """A reader with a classifier."""
    return _reader(model).read


def taught_model(examples: Sequence[Example]) -> VisitModel:
    """A classifier taught from examples; the same ones give the same. Needs scikit-learn."""
    # numpy, which no other command needs, takes a fifth of a second
    from learning.training import train  # noqa: PLC0415

    names, venues = gazetteer(), Venues(load_venues())

    def taken_apart(example: Example) -> Grounds:
        return grounds_of(entry_of(example), names, venues, home_of(example.feed))

    return train(examples, taken_apart, Dice(SEED))


def officials() -> Callable[[Entry], Iterable[Named]]:
    """What tells the officials whom an entry names."""
    names = gazetteer()
    return lambda entry: officials_in(entry, names)


def _reader(model: VisitModel) -> VisitReader:
    try:
        return VisitReader(gazetteer(), Venues(load_venues()), model, home_of)
    except ValueError as error:
        raise ModelError(str(error)) from error


def _model(path: Path) -> VisitModel:
    try:
        return decode_visit_model(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{path} can't be read: {error.strerror}; name a file that train wrote"
        ) from error
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path} holds no classifier: {error}; teach one with train") from error
