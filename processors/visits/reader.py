"""From an entry to the visits that it tells of, by the trained classifier."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from processors.visits.candidates import Mention, role_of, with_home
from processors.visits.classifier import Link, Scores, probability, scores_of
from processors.visits.evidence import COLUMNS, evidence
from processors.visits.gazetteer import Gazetteer
from processors.visits.patterns import Told, is_hoax, visits_by_patterns
from processors.visits.scene import Pair, Scene, scene_of, shapes_of
from processors.visits.shape import Party
from processors.visits.text import is_english, words
from processors.visits.venues import Venues
from processors.visits.when.days import Days
from processors.visits.when.told_when import PairWhen, Telling, telling_of, told_when
from wheelsdown.records.news import Entry
from wheelsdown.records.visits import Status, VisitKind
from wheelsdown.reference.visit_model import VisitModel

#: "A delegation led by the minister": words before its leader.
_LEADS = words("led headed")
#: Longer grounds are no help to a reader.
_WHY_CHARS = 160


class Grounds(NamedTuple):
    """An entry taken apart, and what the patterns of ``wording.py`` find in it."""

    scene: Scene
    by_patterns: Mapping[Pair, Told]


class VisitRead(NamedTuple):
    """A visit as one entry tells it.

    ``official`` is the name as written and ``office`` the title, where the entry has them; ``rank``
    is the kind of office (``candidates.role_of``). ``days`` only where the text with its day of
    publication fixes them. ``background`` marks a visit that the entry recalls but is not about.
    ``certainty`` is the classifier's probability that there is such a visit; ``why`` are the words
    that decided.
    """

    visitor: str
    host: str
    official: str | None
    office: str | None
    rank: str
    status: Status
    kind: VisitKind
    days: Days | None
    background: bool
    certainty: float
    why: tuple[str, ...]


def grounds_of(entry: Entry, gazetteer: Gazetteer, venues: Venues, home: str | None) -> Grounds:
    """What the classifier weighs; ``home`` is the state of the feed's newsroom."""
    day = entry.occurred_at.date()
    shapes = shapes_of(entry, gazetteer)
    if home is not None and shapes:
        shapes = (with_home(shapes[0], home), *shapes[1:])
    scene = scene_of(shapes, venues, home, day)
    told = visits_by_patterns(shapes, day) if scene.couples else ()
    return Grounds(scene, {(one.visitor, one.host): one for one in told})


class VisitReader:
    """Reads entries, each by itself. ``home_of`` gives the state of a feed's newsroom.

    Raises ValueError when the model was made for other columns than ``evidence.py`` has.
    """

    def __init__(
        self,
        gazetteer: Gazetteer,
        venues: Venues,
        model: VisitModel,
        home_of: Callable[[str], str | None],
    ) -> None:
        if model.trees.columns != COLUMNS:
            raise ValueError(
                "this classifier weighs other columns than this release has; teach one with "
                "`wheelsdown visits train`"
            )
        self._gazetteer = gazetteer
        self._venues = venues
        self._model = model
        self._home_of = home_of

    def read(self, entry: Entry) -> tuple[VisitRead, ...] | None:
        """The visits that an entry tells of, those that it is about first.

        None where the entry is in another language than English, so that nothing can be read of
        it, flights neither. No visits where its title says that a picture or report is false.
        """
        if not is_english(entry):
            return None
        grounds = grounds_of(entry, self._gazetteer, self._venues, self._home_of(entry.feed))
        scene = grounds.scene
        if not scene.couples or is_hoax(scene.shapes[0]):
            return ()
        scores = scores_of(scene, self._model, grounds.by_patterns)
        certain = {
            pair: certainty
            for pair, values in evidence(scene, scores, grounds.by_patterns).items()
            if (certainty := probability(self._model.trees, tuple(values.values())))
            >= self._model.threshold
        }
        if not certain:
            return ()
        telling = telling_of(scene.shapes, scene.day)
        found = [self._told(scene, scores, telling, *one) for one in certain.items()]
        return tuple(sorted(found, key=lambda one: (one.background, -one.certainty)))

    def _told(
        self, scene: Scene, scores: Scores, telling: Telling, pair: Pair, certainty: float
    ) -> VisitRead:
        link = scores.links[pair][0]
        visitor, host = scene.mentions[link.visitor], scene.mentions[link.host]
        when = told_when(telling, visitor, host, self._model.when)
        party = _official(scene, scores, visitor)
        return VisitRead(
            visitor=pair[0],
            host=pair[1],
            official=_name(party),
            office=_title(party),
            rank=role_of(party) if party else "other",
            status=when.status,
            kind=when.kind,
            days=when.days,
            background=when.background,
            certainty=round(certainty, 3),
            why=_why(scene, link, visitor, host, when),
        )


def _official(scene: Scene, scores: Scores, visitor: Mention) -> Party | None:
    """Who travels: whom the link names, else the likeliest visitor of that state with a name."""
    if visitor.party is not None and visitor.party.name is not None:
        return visitor.party
    named = [
        (score, -place)
        for place, score in enumerate(scores.visitors)
        if _names(scene, scene.mentions[place], visitor)
    ]
    if named:
        return scene.mentions[-max(named)[1]].party
    return visitor.party


def _name(party: Party | None) -> str | None:
    """The name as written; nobody is called by a word without a capital."""
    return party.name if party and party.name and not party.name.islower() else None


def _title(party: Party | None) -> str | None:
    """The title as written; "the pope" is one, though it means one person."""
    if party is None:
        return None
    return party.office or (party.name if _name(party) is None else None)


def _names(scene: Scene, mention: Mention, visitor: Mention) -> bool:
    """Whether a mention may be the same official with a name, or who leads the delegation."""
    if mention.code != visitor.code or mention.party is None or mention.party.name is None:
        return False
    if visitor.role == "deleg":
        before = scene.lines[mention.sentence].words[max(0, mention.at - 4) : mention.at]
        return not _LEADS.isdisjoint(before)
    return visitor.party is None or mention.role == visitor.role


def _why(
    scene: Scene, link: Link, visitor: Mention, host: Mention, when: PairWhen
) -> tuple[str, ...]:
    """The words from visitor to host as written, the visit word, and what told the status."""
    shape = scene.shapes[host.sentence]
    places = [host.at] if visitor.sentence != host.sentence else [visitor.at, host.at]
    if link.word is not None:
        places.append(link.word)
    said = shape.written(min(places), max(places) + 1)
    grounds = [said if len(said) <= _WHY_CHARS else f"{said[:_WHY_CHARS]}…"]
    if visitor.sentence != host.sentence:
        other = scene.shapes[visitor.sentence]
        grounds.insert(0, other.written(visitor.at, visitor.at + 1))
    if when.cue:
        grounds.append(f"{when.status}: {when.cue}")
    return tuple(grounds)
