"""Teaching when a visit is: its day, status, background and kind, from the words around a pair."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from learning.fitting import fit_weights
from learning.labels import Event
from processors.visits.classifier import scores_of
from processors.visits.when.told_when import (
    Account,
    Choice,
    Telling,
    account_of,
    background_features,
    choose,
    features_of_day,
    pair_features,
    status_of,
    telling_of,
)
from wheelsdown.records.visits import Status
from wheelsdown.reference.visit_model import VisitModel, Weights, WhenModel

if TYPE_CHECKING:
    from learning.training import Lesson

#: Inverse strength of regularisation, chosen by cross-validation on January to April 2023.
_DAY_C, _STATUS_C, _BACKGROUND_C, _KIND_C = 0.2, 0.05, 0.03, 0.1
#: The verdicts of rules and of days are given more room, runs of words less.
_VERDICTS = ("RULE", "DAY")
_NOTHING = Weights(classes=("no", "yes"), weights={})
#: What a model has before it is taught.
UNTAUGHT = WhenModel(day=_NOTHING, status=_NOTHING, background=_NOTHING, kind=_NOTHING)


class _Told(NamedTuple):
    """A labelled visit at its best link."""

    telling: Telling
    part: int
    event: Event
    account: Account
    day_features: Sequence[list[str]]
    weight: float


def fit_when(lessons: Sequence["Lesson"], linears: VisitModel, parts: Sequence[int]) -> WhenModel:
    """The models, from the labelled visits of lessons whose links ``linears`` weighs."""
    told = [
        one
        for lesson, part in zip(lessons, parts, strict=True)
        for one in _told(lesson, linears, part)
    ]
    weights = [one.weight for one in told]
    # Days and status are those that unseen entries would have.
    choices: list[Choice | None] = [None] * len(told)
    for part in sorted(set(parts)):
        model = _fit_day([one for one in told if one.part != part])
        for number, one in enumerate(told):
            if one.part == part:
                choices[number] = choose(one.account, one.telling, model)
    chosen = [
        pair_features(one.account, choice, one.telling)
        for one, choice in zip(told, choices, strict=True)
    ]
    about: list[list[str]] = [[] for _ in told]
    for part in sorted(set(parts)):
        known = [number for number, one in enumerate(told) if one.part != part]
        statuses = _fit_status(told, chosen, known)
        for number, one in enumerate(told):
            if one.part == part:
                said = cast(Status, statuses.best(chosen[number]))
                status = status_of(said, choices[number], one.telling)
                about[number] = chosen[number] + background_features(
                    one.account, one.telling.shapes, status
                )
    return WhenModel(
        day=_fit_day(told),
        status=_fit_status(told, chosen, range(len(told))),
        background=fit_weights(
            about,
            ["yes" if one.event.background else "no" for one in told],
            weights,
            _BACKGROUND_C,
            _room,
        ),
        kind=fit_weights(about, [one.event.kind for one in told], weights, _KIND_C, _room),
    )


def _fit_status(
    told: Sequence[_Told], features: Sequence[list[str]], numbers: Iterable[int]
) -> Weights:
    numbers = list(numbers)
    return fit_weights(
        [features[number] for number in numbers],
        [told[number].event.status for number in numbers],
        [told[number].weight for number in numbers],
        _STATUS_C,
        _room,
    )


def _told(lesson: "Lesson", linears: VisitModel, part: int) -> Iterable[_Told]:
    if not lesson.gold:
        return
    scene = lesson.scene
    links = scores_of(scene, linears, lesson.grounds.by_patterns).links
    telling = telling_of(scene.shapes, scene.day)
    for event in lesson.example.events:
        if event.pair not in links:
            continue
        best = links[event.pair][0]
        visitor, host = scene.mentions[best.visitor], scene.mentions[best.host]
        account = account_of(telling, visitor, host)
        features = [features_of_day(account, one, telling) for one in telling.days]
        yield _Told(telling, part, event, account, features, lesson.weight)


def _fit_day(told: Sequence[_Told]) -> Weights:
    return fit_weights(
        [found for one in told for found in one.day_features],
        [
            "yes" if day.days.start == one.event.start else "no"
            for one in told
            for day in one.telling.days
        ],
        [one.weight for one in told for _ in one.telling.days],
        _DAY_C,
        lambda _: 1.0,
    )


def _room(feature: str) -> float:
    head = feature.split("=", maxsplit=1)[0]
    if feature.startswith(_VERDICTS):
        return 3.0
    return 0.3 if ":" in head else 1.0
