"""The trained reader: visits that patterns miss, what it must not find, and that it is readable."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.entries import GAZETTEER, entry
from hypothesis import given
from hypothesis import strategies as st

from processors.visits.classifier import links_of, probability, scores_of, weigh
from processors.visits.reader import VisitRead, VisitReader
from processors.visits.scene import scene_of, shapes_of
from processors.visits.venues import Venues
from wheelsdown.reference.newsrooms import home_of
from wheelsdown.reference.venues import load_venues
from wheelsdown.reference.visit_model import (
    Linear,
    Tree,
    Trees,
    decode_visit_model,
    encode_visit_model,
    load_visit_model,
)

MODEL = load_visit_model()
VENUES = Venues(load_venues())
READER = VisitReader(GAZETTEER, VENUES, MODEL, home_of)


def read(
    title: str, summary: str = "", *, on: str = "2024-09-10", feed: str = "https://example.org/rss"
) -> tuple[VisitRead, ...]:
    at = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    found = READER.read(entry(title, summary, at=at, feed=feed))
    assert found is not None
    return found


def pairs(*args: str, on: str = "2024-09-10", feed: str = "https://example.org/rss") -> set[str]:
    return {f"{one.visitor} -> {one.host}" for one in read(*args, on=on, feed=feed)}


@pytest.mark.parametrize(
    ("title", "summary", "found"),
    [
        ("Kenyan president arrives in Kigali for two-day visit", "", {"KEN -> RWA"}),
        (
            "Trade tops the agenda",
            "Vietnam's foreign minister will travel to Canberra and Wellington next week.",
            {"VNM -> AUS", "VNM -> NZL"},
        ),
        (
            "A rare guest in Minsk",
            "Hungary's foreign minister and his Slovak counterpart flew to Belarus on Monday.",
            {"HUN -> BLR", "SVK -> BLR"},
        ),
        ("Chilean president welcomes Spain's king to Santiago", "", {"ESP -> CHL"}),
        ("Peru's president speaks with Japanese prime minister by phone", "", set()),
        ("Ghana's president visits flood victims in Tamale", "", set()),
        ("French ambassador in Tokyo praises Japanese cooking", "", set()),
        ("Thai farmers protest over the price of rice", "", set()),
    ],
)
def test_who_visits_whom(title: str, summary: str, found: set[str]) -> None:
    assert pairs(title, summary) == found


def test_a_bare_title_is_of_the_state_of_the_newsroom() -> None:
    at_home = pairs("Prime minister leaves for Jakarta", feed="https://www.straitstimes.com/rss")
    assert at_home == {"SGP -> IDN"}
    assert pairs("Prime minister leaves for Jakarta") == set()


def test_a_gathering_is_where_it_is_held_that_week() -> None:
    (one,) = read(
        "Germany's Scholz meets leaders at the G20", "He arrived on Monday.", on="2024-11-18"
    )
    assert (one.visitor, one.host) == ("DEU", "BRA")


def test_a_mention_says_who_when_and_why() -> None:
    (one,) = read("Polish defence minister Wladyslaw Kosiniak-Kamysz will visit Seoul on Thursday")
    assert one.official == "Wladyslaw Kosiniak-Kamysz"
    assert (one.rank, one.status, one.kind, one.background) == (
        "defence",
        "planned",
        "visit",
        False,
    )
    assert one.days is not None
    assert one.days.start == date(2024, 9, 12)
    assert MODEL.threshold <= one.certainty <= 1
    assert "will visit Seoul" in one.why[0]


def test_a_delegation_is_called_by_who_leads_it() -> None:
    (told,) = read("A Chinese delegation led by Zhao Leji arrives in Pyongyang", "")
    assert told.official == "Zhao Leji"
    (told,) = read("Chinese delegation arrives in Pyongyang as Xi Jinping speaks", "")
    assert (told.official, told.office) == (None, "delegation")


@pytest.mark.parametrize(
    "title",
    [
        "China's Huawei chief visits Riyadh",
        "Iran's football chief visits Doha",
        "German Siemens boss in Cairo for talks on rail deal",
    ],
)
def test_the_chief_of_a_firm_or_team_is_no_official(title: str) -> None:
    assert pairs(title, "") == set()


def test_another_language_and_a_hoax_are_not_read() -> None:
    french = "Le président français est en visite à Berlin et dans la ville de Bonn"
    assert READER.read(entry(french)) is None
    assert read("Fact check: video of Macron arriving in Kyiv is fake") == ()


def test_the_file_is_readable_and_reads_back() -> None:
    data = encode_visit_model(MODEL)
    assert decode_visit_model(data) == MODEL
    assert max(map(len, data.splitlines())) < 1_000
    assert len(data) < 8_000_000


def test_the_example_in_the_document_comes_out() -> None:
    text = (Path(__file__).parents[2] / "docs" / "visits.md").read_text()
    given, shown = (
        msgspec.json.decode(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)
    )
    (one,) = read(given["title"], on=given["published"], feed=given["feed"])
    for field in ("visitor", "host", "rank", "status", "kind", "background", "certainty"):
        assert getattr(one, field) == shown[field]
    assert (one.official or one.office) == shown["official"]
    assert list(one.why) == shown["why"]
    assert one.days is None


@pytest.mark.parametrize(
    "title",
    [
        "Kenyan president arrives in Kigali for two-day visit",
        "Sunak and his Australian counterpart Anthony Albanese will travel to Washington",
        "Taliban and US hold talks in Qatar; Macron in Rabat, Xi to host Putin in Beijing",
    ],
)
def test_links_are_weighed_in_reading_by_the_features_they_were_taught_with(title: str) -> None:
    at = datetime(2023, 3, 1, 12, tzinfo=UTC)
    shapes = shapes_of(entry(title, "He arrived in Oslo.", at=at), GAZETTEER)
    scene = scene_of(shapes, VENUES, None, at.date())
    found = scores_of(scene, MODEL, scene.couples).links
    assert found
    for links in found.values():
        taught = {
            (visitor, host, word): weigh(MODEL.link, features)
            for visitor, host in {(link.visitor, link.host) for link in links}
            for word, features in links_of(scene, visitor, host)
        }
        assert {(one.visitor, one.host, one.word): one.score for one in links} == pytest.approx(
            taught
        )


def test_every_visitor_of_many_is_weighed_and_of_couples_named_again_few() -> None:
    states = "Chad Togo Mali Niger Benin Ghana Kenya Sudan Egypt Libya Gabon Malawi"
    named = ", ".join(f"the president of {state}" for state in states.split())
    at = datetime(2023, 3, 1, 12, tzinfo=UTC)
    told = entry("Leaders in Kigali", f"In Kigali, Rwanda, {named} visited Rwanda.", at=at)
    scene = scene_of(shapes_of(told, GAZETTEER), VENUES, None, at.date())
    found = scores_of(scene, MODEL, scene.couples).links
    assert sum(host == "RWA" for _, host in found) == len(states.split())
    assert max(map(len, scene.couples.values())) > 3
    for links in found.values():
        assert len({(one.visitor, one.host) for one in links}) <= 3


NAMES = st.sampled_from(["a", "b", "c"])


@given(st.dictionaries(NAMES, st.floats(-5, 5)), st.sets(NAMES))
def test_weights_add_up(weights: dict[str, float], features: set[str]) -> None:
    linear = Linear(intercept=1.0, weights=weights)
    expected = 1.0 + sum(weights.get(name, 0.0) for name in features)
    assert weigh(linear, sorted(features)) == pytest.approx(expected)


def test_trees_are_walked_left_where_a_column_is_at_most_the_split() -> None:
    tree = Tree(
        (0, -1, 1, -1, -1), (0.5, 0, 2, 0, 0), (1, 0, 3, 0, 0), (2, 0, 4, 0, 0), (0, 1, 0, 2, 3)
    )
    trees = Trees(columns=("x", "y"), intercept=-2.0, trees=(tree,))
    assert probability(trees, (0.5, 9)) == pytest.approx(1 / (1 + 2.718281828**1.0))
    assert probability(trees, (0.6, 2)) == pytest.approx(0.5)
    assert probability(trees, (0.6, 2.1)) == pytest.approx(1 / (1 + 2.718281828**-1.0))


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_visit_model(b'{"entry": 1}')
