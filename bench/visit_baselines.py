"""Two simpler readers of visits, to compare with: hand-written rules, and a dictionary of verbs.

The dictionary works as UniversalPetrarch and its kin do (Petrarch2, CAMEO 042 "make a visit" and
043 "host a visit"): a verb or noun of visiting, the state or official named last before it as
source, the one named first after it as target. Words and code are ours.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.gazetteer import Found, Gazetteer, term_on
from processors.visits.patterns import visits_in
from processors.visits.text import is_english, sentences, words
from processors.visits.when.days import Days
from wheelsdown.records.news import Entry


class Said(NamedTuple):
    """A visit as a baseline reads it."""

    visitor: str
    host: str
    official: str | None = None
    status: str = "ongoing"
    kind: str = "visit"
    days: Days | None = None
    background: bool = False


_MAKES = words(
    "visit visits visited visiting tours toured travels traveled travelled flies flew arrives "
    "arrived lands landed heads headed goes went trip tour"
)
_HOSTS = words(
    "hosts hosted hosting receives received receiving welcomes welcomed welcoming greets greeted "
    "invites invited"
)


def rules_only(gazetteer: Gazetteer) -> Callable[[Entry], Sequence[Said]]:
    """The patterns of processors/visits/wording.py alone."""

    def read(entry: Entry) -> Sequence[Said]:
        if not is_english(entry):
            return ()
        return [
            Said(
                one.visitor,
                one.host,
                one.party.name,
                one.when.status,
                "visit",
                one.when.days,
                one.background,
            )
            for one in visits_in(entry, gazetteer)
        ]

    return read


def dictionary_only(gazetteer: Gazetteer) -> Callable[[Entry], Sequence[Said]]:
    """Source, verb, target."""

    def read(entry: Entry) -> Sequence[Said]:
        if not is_english(entry):
            return ()
        day = entry.occurred_at.date()
        pairs: dict[tuple[str, str], Said] = {}
        for sentence in sentences(entry):
            actors = [
                (found.start, found.end, code)
                for found in gazetteer.find(sentence.tokens)
                if (code := _code(found, day)) is not None
            ]
            for at, token in enumerate(sentence.tokens):
                if token.key not in _MAKES | _HOSTS:
                    continue
                source = next((code for _, end, code in reversed(actors) if end <= at), None)
                target = next((code for start, _, code in actors if start > at), None)
                if source is None or target is None or source == target:
                    continue
                if token.key in _HOSTS:
                    source, target = target, source
                pairs.setdefault((source, target), Said(source, target))
        return list(pairs.values())

    return read


def _code(found: Found, day: date) -> str | None:
    """The state that a name stands for; that of a person by the office held on the day."""
    term = term_on(found.name.terms, day)
    return term.state if term is not None else found.name.code
