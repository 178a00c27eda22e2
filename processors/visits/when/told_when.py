"""When a visit is, that a classifier has found: status, days, background and kind of a pair.

Rules read cues and dates; four small linear models, trained on labelled entries, weigh them with
the words around the pair: which stated day is the first day of the visit, which status the words
tell, whether the entry only recalls the visit, and whether it is a meeting in a third place. Where
a day is told clearly, the status follows from it and the day of publication, as the labelling guide
has it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, cast

from processors.visits.candidates import Mention
from processors.visits.gazetteer import Name
from processors.visits.shape import Party, Shape
from processors.visits.text import words
from processors.visits.when.day_features import Dated, Said, dated, day_features
from processors.visits.when.days import Days, length_in
from processors.visits.when.status import When, Wording, by_date, by_words, when
from processors.visits.when.status_features import status_features
from processors.visits.when.tense import Pair, pair_in
from wheelsdown.records.visits import Status
from wheelsdown.reference.visit_model import Weights, WhenModel

Kind = Literal["visit", "third_place"]

#: A day is stated from this probability on: in cross-validation on January to April 2023, 0.92 of
#: the first days that labels give are found, and 0.86 of those stated are right.
_STATED = 0.34
#: From here on the day decides the status.
_CLEAR = 0.5
_BEFORE = 12
_AFTER = 14
_TO_THE_END = 50
#: A whole sentence is read for its cues up to here.
_SENTENCE = 45
#: A meeting in a third place is rare, and told from this probability on.
_THIRD = 0.4
#: Those who meet in a place may be guests there, all of them.
_MEETING = words("talks meet meets met meeting summit negotiations")
#: Features of plain words between, left and right of a pair; the strongest is a ground to show.
_WORDS = ("m:", "l:", "r:")


class PairWhen(NamedTuple):
    """When the visit of a pair is; ``cue`` are the words that told the status, if any did."""

    status: Status
    days: Days | None
    background: bool
    kind: Kind
    cue: str


class Telling(NamedTuple):
    """What an entry states of days and status, whoever is asked about.

    ``shapes`` are its sentences, officials put together; ``sentences`` gives the status that the
    words of each tell that states a day, by number.
    """

    shapes: Sequence[Shape]
    published: date
    days: Sequence[Dated]
    sentences: Mapping[int, Status]


class Choice(NamedTuple):
    """The stated day that is the first day of a visit, and how likely it is."""

    dated: Dated
    probability: float


class Account(NamedTuple):
    """A pair with what rules read: ``rule`` is their verdict at the pair."""

    pair: Pair
    rule: When
    said: Said


def telling_of(shapes: Sequence[Shape], published: date) -> Telling:
    """What sentences state, ``published`` being the day of publication."""
    days = dated(shapes, published)
    telling = {one.sentence for one in days}
    sentences = {
        shape.sentence.number: by_words(Wording("", _line(shape, 0, _SENTENCE), "", ""))[0]
        for shape in shapes
        if shape.sentence.number in telling
    }
    return Telling(shapes, published, days, sentences)


def told_when(telling: Telling, visitor: Mention, host: Mention, model: WhenModel) -> PairWhen:
    """When the visit of an accepted pair is, by the trained weights."""
    account = account_of(telling, visitor, host)
    choice = choose(account, telling, model.day)
    features = pair_features(account, choice, telling)
    said = cast(Status, model.status.best(features))
    status = status_of(said, choice, telling)
    days = visit_days(telling.shapes, choice.dated) if choice is not None else None
    if account.rule.cue.isdigit():  # "her 2022 visit", told in 2026
        status, days = account.rule.status, None
    about = [*features, *background_features(account, telling.shapes, status)]
    chosen = choice if status != said else None
    return PairWhen(
        status=status,
        days=days,
        background=model.background.probability(about) >= 0.5,
        kind="visit" if model.kind.probability(about) > 1 - _THIRD else "third_place",
        cue=_cue(account, telling.shapes, chosen, (status, features), model),
    )


def status_of(said: Status, choice: Choice | None, telling: Telling) -> Status:
    """The status: that of the words, unless a day is told clearly."""
    if choice is None or choice.probability < _CLEAR:
        return said
    return by_date(visit_days(telling.shapes, choice.dated), telling.published, said)


def account_of(telling: Telling, visitor: Mention, host: Mention) -> Account:
    """A pair as the models see it, with the verdicts of the rules."""
    said = _wording(telling.shapes, visitor, host)
    return Account(
        pair_in(telling.shapes, visitor, host),
        when(said, telling.published),
        Said(by_words(said)[0], telling.sentences),
    )


def choose(account: Account, telling: Telling, model: Weights) -> Choice | None:
    """The day that is most likely the first of the visit, if any is likely enough."""
    best = None
    for one in telling.days:
        probability = model.probability(features_of_day(account, one, telling))
        if probability >= _STATED and (best is None or probability > best.probability):
            best = Choice(one, probability)
    return best


def features_of_day(account: Account, one: Dated, telling: Telling) -> list[str]:
    """The features of a stated day for a pair."""
    return day_features(account.pair, one, telling.days, telling.published, account.said)


def pair_features(account: Account, choice: Choice | None, telling: Telling) -> list[str]:
    """The features for the status: words, the verdicts of the rules, and the chosen day."""
    rule, pair = account.said.pair, account.pair
    found = status_features(pair)
    found += [
        f"RULE={account.rule.status}",
        f"RULEC={account.rule.cue}",
        f"RULES={account.rule.status}{min(pair.host.sentence, 2)}",
        f"RULEW={rule}",
    ]
    if choice is None:
        return [*found, "DAY=none"]
    days = visit_days(telling.shapes, choice.dated)
    first = _relation(days.start, telling.published)
    found += [
        f"DAY={first}",
        f"DAYK={first}{choice.dated.told.kind}",
        f"DAYR={first}{rule}",
        f"DAYP={first}{choice.probability >= 0.6}",
    ]
    if days.end is not None:
        found.append(f"DAYE={_relation(days.end, telling.published)}")
    return found


def background_features(account: Account, shapes: Sequence[Shape], status: Status) -> list[str]:
    """What background and kind are read from, besides the features of the status."""
    visitor, host, lines = account.pair
    title = shapes[0]
    codes = _codes(title, "OPDGTC_")
    own, others = visitor.code in codes, host.code in codes
    sentence = _sentence(shapes, host.sentence)
    caption = any(element.symbol == "(" for element in sentence.elements[-14:])
    where = min(host.sentence, 2)
    hosting = host.code in _codes(sentence, "O")
    third = min(len(_codes(sentence, "OPD") - {visitor.code, host.code}), 2)
    meets = not _MEETING.isdisjoint(lines[host.sentence].words)
    return [
        f"BT={own}{others}",
        f"BTS={own}{others}{where}{status}",
        f"BS={status}",
        f"BSS={status}{where}",
        f"BC={caption}",
        f"BCT={caption}{own}{others}",
        f"KT={third}{hosting}",
        f"KM={third}{hosting}{meets}",
        f"KTK={third}{hosting}{visitor.kind}{host.kind}",
    ]


def visit_days(shapes: Sequence[Shape], one: Dated) -> Days:
    """First and last day; the last one also from a length that the sentence gives."""
    if one.days.end is not None or one.told.kind == "later day":
        return one.days
    length = length_in(_line(_sentence(shapes, one.sentence), 0, None))
    return one.days if length is None else Days(one.days.start, one.days.start + length)


def _relation(day: date, published: date) -> str:
    off = (day - published).days
    return "over" if off < -1 else "ahead" if off > 0 else str(off)


def _codes(shape: Shape, symbols: str) -> set[str]:
    """The states that symbols of a sentence stand for."""
    found: set[str] = set()
    for element in shape.elements:
        if element.symbol in symbols and isinstance(element.value, Party):
            found.update(element.value.codes)
        elif element.symbol in symbols and isinstance(element.value, Name) and element.value.code:
            found.add(element.value.code)
    return found


def _sentence(shapes: Sequence[Shape], number: int) -> Shape:
    return next(shape for shape in shapes if shape.sentence.number == number)


def _line(shape: Shape, start: int, end: int | None) -> str:
    return " ".join(element.symbol for element in shape.elements[max(0, start) : end])


def _wording(shapes: Sequence[Shape], visitor: Mention, host: Mention) -> Wording:
    """The words of a pair for the rules: the phrase is all from one to the other."""
    shape = _sentence(shapes, host.sentence)
    same = visitor.sentence == host.sentence
    a, b = sorted((visitor.at if same else host.at, host.at))
    return Wording(
        before=_line(shape, a - _BEFORE, a),
        phrase=_line(shape, a, b + 1),
        after=_line(shape, b + 1, b + 1 + _AFTER),
        rest=_line(shape, b + 1, b + 1 + _TO_THE_END),
    )


def _cue(
    account: Account,
    shapes: Sequence[Shape],
    choice: Choice | None,
    told: tuple[Status, Sequence[str]],
    model: WhenModel,
) -> str:
    """What told the status: the day, else the cue of a rule, else the words of most weight."""
    if choice is not None:
        day = choice.dated.told
        return _sentence(shapes, choice.dated.sentence).written(day.start, day.end)
    status, features = told
    if account.rule.status == status and account.rule.cue:
        return account.rule.cue
    number = model.status.classes.index(status)
    weighed = [
        (weights[number], feature)
        for feature in features
        if feature.startswith(_WORDS)
        and (weights := model.status.weights.get(feature))
        and feature.islower()  # a letter stands for a name
    ]
    weight, feature = max(weighed, default=(0.0, ""))
    return feature.partition(":")[2] if weight > 0 else ""
