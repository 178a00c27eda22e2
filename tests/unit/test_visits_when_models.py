"""Status, days and kind of a visit as the small trained models tell them of a visitor and host."""

from collections.abc import Sequence

import pytest
from fakes.entries import GAZETTEER, NOON, entry

from processors.visits.candidates import Mention
from processors.visits.scene import shapes_of
from processors.visits.shape import Party, Shape
from processors.visits.when.tense import pair_in
from processors.visits.when.told_when import PairWhen, telling_of, told_when
from wheelsdown.records.visits import Status
from wheelsdown.reference.visit_model import Weights, WhenModel


def mention(shapes: Sequence[Shape], sentence: int, symbol: str, code: str) -> Mention:
    """The first element of a sentence that stands for a state."""
    for at, element in enumerate(shapes[sentence].elements):
        value = element.value
        codes = value.codes if isinstance(value, Party) else (getattr(value, "code", None),)
        if element.symbol == symbol and code in codes:
            return Mention(sentence, at, symbol, code, "head", "named", None)
    raise AssertionError(f"no {symbol} of {code} in {shapes[sentence].text}")


#: A day is the visit's when it is no statement's; the words tell what the rules say.
MODEL = WhenModel(
    day=Weights(
        classes=("no", "yes"),
        weights={"bias": (0.0, 1.0), "l1=SAID": (3.0, 0.0), "W=far": (9.0, 0.0)},
    ),
    status=Weights(
        classes=("ongoing", "planned", "cancelled"),
        weights={
            "bias": (0.1, 0.0, 0.0),
            "RULEW=planned": (0.0, 1.0, 0.0),
            "RULEW=cancelled": (0.0, 0.0, 1.0),
            "r:beams": (0.5, 0.0, 0.0),
        },
    ),
    background=Weights(
        classes=("no", "yes"), weights={"bias": (0.5, 0.0), "BT=FalseFalse": (0.0, 1.0)}
    ),
    kind=Weights(
        classes=("third_place", "visit"),
        weights={"bias": (0.0, 1.0), "KM=1FalseTrue": (2.0, 0.0)},
    ),
)


def told(title: str, summary: str = "", *, sentence: int = 0) -> PairWhen:
    """When Macron's visit to Japan is."""
    shapes = shapes_of(entry(title, summary), GAZETTEER)
    visitor, host = mention(shapes, sentence, "O", "FRA"), mention(shapes, sentence, "P", "JPN")
    return told_when(telling_of(shapes, NOON.date()), visitor, host, MODEL)


@pytest.mark.parametrize(
    ("title", "status", "start", "end"),
    [
        ("Macron arrives in Japan", "ongoing", None, None),
        ("Macron to visit Japan", "planned", None, None),
        # a day that is told decides
        ("Macron to visit Japan on 20 July", "completed", 20, None),
        ("Macron visits Japan on 27 July", "planned", 27, None),
        ("Macron to visit Japan from 24 to 26 July", "ongoing", 24, 26),
        ("Macron to visit Japan on a three-day trip from 27 July", "planned", 27, 29),
        ("Macron in Japan on the second day of his visit", "ongoing", 24, None),
        # but not what is called off, nor on the day of a statement
        ("Macron cancels visit to Japan on 27 July", "cancelled", 27, None),
        ("Macron to visit Japan, a spokesman said Monday", "planned", None, None),
    ],
)
def test_a_told_day_decides_the_status_of_a_pair(
    title: str, status: Status, start: int | None, end: int | None
) -> None:
    found = told(title)
    days = found.days
    assert found.status == status
    assert (days.start.day if days else None, days.end.day if days and days.end else None) == (
        start,
        end,
    )


def test_the_words_that_told_the_status_are_shown() -> None:
    assert told("Macron visits Japan on 27 July").cue == "27 July"
    assert told("Macron to visit Japan").cue == "to visit"
    assert told("Macron, Japan: one beams").cue == "beams"


def test_a_visit_whose_states_the_title_does_not_name_is_recalled() -> None:
    elsewhere = told("Grain prices rise", "Macron visited Japan last week.", sentence=1)
    assert elsewhere.background
    assert not told("Macron visited Japan").background


def test_guests_who_meet_in_a_third_state_are_in_a_third_place() -> None:
    assert told("Macron meets Iranian foreign minister in Japan").kind == "third_place"
    assert told("Macron meets Japanese foreign minister in Japan").kind == "visit"
    assert told("Macron arrives in Japan").kind == "visit"


def test_a_line_of_tags_is_seen_from_its_pair() -> None:
    title = "Macron is set to travel to Japan, which the French leader last visited"
    shapes = shapes_of(entry(title), GAZETTEER)
    visitor, host = mention(shapes, 0, "O", "FRA"), mention(shapes, 0, "P", "JPN")
    (line,) = pair_in(shapes, visitor, host).lines.values()
    assert " ".join(line.tags) == "V is FUT GO.b to H , which the v RECENT VISIT.d"
    assert [line.tag_at(word) for word in (0, 2, 3, visitor.at, host.at)] == [0, 2, 2, 0, 5]
