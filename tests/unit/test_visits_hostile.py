"""Untrusted text: whatever a feed says, reading it ends, soon, and with something that holds."""

import pytest
from fakes.entries import NOON, entry
from hypothesis import given
from hypothesis import strategies as st

from processors.visits.stage import VisitsStage
from wheelsdown.records.topics import CASES_EVENTS
from wheelsdown.records.visits import Mention
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_states
from wheelsdown.stage import Position

STAGE = VisitsStage(load_states(), load_officials(), partitions=1)
#: What visits are told with, to be put together in any order.
WORDS = (
    "Russian defence minister",
    "Sergei Shoigu",
    "Macron",
    "Biden",
    "Xi",
    "Pope",
    "former",
    "US",
    "and",
    ",",
    "and the",
    "North Korea",
    "Pyongyang",
    "France",
    "Paris",
    "Jordan",
    "Congo",
    "Taliban",
    "UN",
    "NATO headquarters",
    "visits",
    "to visit",
    "arrives in",
    "visit to",
    "trip",
    "talks in",
    "meets",
    "hosts",
    "welcomed by",
    "visiting",
    "invites",
    "cancels",
    "may",
    "after",
    "ahead of",
    "his",
    "its president",
    "he",
    "in",
    "at",
    "to",
    "of",
    "from",
    "by",
    "'s",
    "on Tuesday",
    "25 to 27 July",
    "July 25, 2023",
    "tomorrow",
    "next week",
    "delegation",
    "ministers",
    "the",
    "as",
    ".",
    ":",
    "(left)",
    "\N{EN DASH}",
    "Goa",
)


def mentions(title: str, summary: str = "") -> list[Mention]:
    outputs = STAGE.step({}, entry(title, summary), Position(0, 0)).outputs
    found = [one.record for one in outputs if isinstance(one.record, Mention)]
    assert len(found) == len(outputs)
    return found


def check(title: str, summary: str) -> None:
    found = mentions(title, summary)
    assert found == mentions(title, summary)
    assert len({(one.visitor, one.host) for one in found}) == len(found)
    for one in found:
        CASES_EVENTS.encode(one)
        assert one.visitor != one.host
        assert set(one.pair.split("-")) == {one.visitor, one.host}
        said = one.why[0].removesuffix("\N{HORIZONTAL ELLIPSIS}")
        assert said in title or said in summary
        for words in (one.official, one.office):
            assert words is None or words in title or words in summary
        assert one.start is None or one.end is None or one.start <= one.end
        assert (one.status == "planned") <= (one.start is None or one.start > NOON.date())


@given(st.text(max_size=700), st.text(max_size=1_200))
def test_any_text(title: str, summary: str) -> None:
    check(title, summary)


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.lists(st.sampled_from(WORDS), max_size=80))
def test_any_order_of_the_words_that_visits_are_told_with(
    title: list[str], summary: list[str]
) -> None:
    check(" ".join(title), " ".join(summary))


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "visit to ",
            "visits France and the ",
            "France, ",
            "France and ",
            "Macron, ",
            "Macron and ",
        ),
        *("Macron in Paris ", "Macron meets Biden in ", "Macron visiting ", "delegation from "),
        *("communist party ", "foreign affairs security council ", "air force ", "al Al ", "A. "),
        *("Al ", "Bin A. ", "Russia's ", "former ", "US and Chinese ", "the capital city of "),
        *("in Goa, ", "in Goa Goa, ", "in the town of ", "Goa Goa Goa, ", "in ", "of from ", "'s "),
        *("(", "((a) ", "- ", "a-", "^", "_", "O1 ", "P2 and ", "N3 ", "1 ", "25 to ", "July "),
        *("invites ", "received by ", "send a ", "France sends Macron to ", "Monday to ", ". "),
        *("x", "\u0130", "\u202e", "\ufdfa", "\U0001f600 ", "\x00", "\ud7ff", "e\u0301"),
    ],
)
@pytest.mark.timeout(20)
def test_repetition_does_not_make_patterns_slow(unit: str) -> None:
    mentions(unit * 2_000, unit * 2_000)
    mentions("Macron " + unit * 2_000, "Biden " + unit * 2_000 + " Paris")


def test_symbols_in_a_text_are_only_words() -> None:
    assert mentions("O0 arrives in P1", "O0 visits P2 with N3, ^ D4 and G5") == []
