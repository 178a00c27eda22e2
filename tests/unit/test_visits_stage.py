"""The visits stage: mentions of an entry, redelivery, and how far the news is read."""

from datetime import datetime, timedelta

import pytest
from fakes.entries import NOON, entry
from fakes.stage_run import StageRun
from msgspec.structs import replace

from processors.visits.stage import VisitsStage
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import Progress, progress
from wheelsdown.records.record import Record
from wheelsdown.records.visits import Mention
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_states
from wheelsdown.stage import Position

MINUTE = timedelta(minutes=1)
STAGE = VisitsStage(load_states(), load_officials(), partitions=3)


#: Its times differ, so that none can stand in for another.
SHOIGU = replace(
    entry("Russian defence minister Sergei Shoigu to visit North Korea from 26 to 27 July"),
    published_at=NOON - MINUTE,
)


def news(minutes: int, *, part: int = 0, parts: int = 1, blind: bool = False) -> Progress:
    at = NOON + minutes * MINUTE
    return progress(
        "news",
        part=part,
        parts=parts,
        up_to=at,
        observed_at=at + MINUTE,
        blind_since=NOON - MINUTE if blind else None,
        blind_reason="feeds fail" if blind else "",
    )


def told(records: list[Record]) -> list[tuple[datetime, str]]:
    assert all(isinstance(one, Progress) for one in records)
    return [(one.up_to, one.blind_reason) for one in records if isinstance(one, Progress)]


def test_an_entry_becomes_a_mention_with_its_evidence() -> None:
    (one,) = StageRun(STAGE).take(SHOIGU)
    assert isinstance(one, Mention)
    assert (one.pair, one.visitor, one.host) == ("PRK-RUS", "RUS", "PRK")
    assert (one.official, one.office) == ("Sergei Shoigu", "defence minister")
    assert (one.status, one.background) == ("planned", False)
    assert (str(one.start), str(one.end)) == ("2023-07-26", "2023-07-27")
    assert (one.occurred_at, one.observed_at) == (SHOIGU.occurred_at, SHOIGU.observed_at)
    assert one.why == (
        "Russian defence minister Sergei Shoigu to visit North Korea",
        "planned: to visit",
    )
    evidence = one.evidence
    assert (evidence.entry_id, evidence.feed, evidence.title) == (
        "entry",
        "world-wire",
        SHOIGU.title,
    )
    assert (evidence.link, evidence.content_hash) == (SHOIGU.link, "hash")
    assert evidence.published_at == SHOIGU.published_at


def test_an_entry_without_a_usable_date_counts_from_when_it_was_seen() -> None:
    (one,) = StageRun(STAGE).take(replace(SHOIGU, published_at=None))
    assert isinstance(one, Mention)
    assert one.evidence.published_at == SHOIGU.occurred_at


def test_both_directions_of_a_pair_are_two_mentions() -> None:
    text = entry("Scholz arrives in Kyiv", "Last week Zelensky visited Berlin.")
    mentions = StageRun(STAGE).take(text)
    assert {(one.visitor, one.host) for one in mentions if isinstance(one, Mention)} == {
        ("DEU", "UKR"),
        ("UKR", "DEU"),
    }
    assert len({one.record_id for one in mentions}) == 2


def test_an_entry_that_is_handed_in_again_gives_nothing() -> None:
    run = StageRun(STAGE)
    assert run.take(SHOIGU)
    assert run.again() == []
    run.take(news(1))
    cells = dict(run.cells)
    assert run.again() == []
    assert run.cells == cells


def test_mentions_have_the_same_ids_wherever_they_are_read() -> None:
    one = STAGE.step({}, SHOIGU, Position(0, 5)).outputs
    other = STAGE.step({}, SHOIGU, Position(2, 77)).outputs
    assert one == other
    changed = STAGE.step({}, replace(SHOIGU, record_id="rewritten"), Position(0, 5)).outputs
    assert changed[0].record.record_id != one[0].record.record_id


@pytest.mark.parametrize(
    "text",
    [
        replace(SHOIGU, language="ru"),
        entry("Russian government Il-96-300 (RA-96022) lands in Havana", language="ru"),
        entry(
            "Macron arrive à Berlin pour un entretien avec Scholz",
            "Le président est dans la ville.",
        ),
        entry(
            "Baerbock reist nach Israel und in den Libanon", "Die Ministerin will mit der Regierung"
        ),
    ],
    ids=["by the feed's word", "of a flight", "French", "German"],
)
def test_other_languages_are_not_read(text: Entry) -> None:
    assert StageRun(STAGE).take(text) == []


def test_the_feed_knows_its_language_best() -> None:
    assert StageRun(STAGE).take(replace(SHOIGU, language="en-GB"))


def test_progress_is_passed_on_once_all_producers_have_told() -> None:
    run = StageRun(STAGE)
    assert run.take(news(10, part=0, parts=2)) == []
    (one,) = run.take(news(7, part=1, parts=2))
    assert isinstance(one, Progress)
    assert (one.reader, one.part, one.parts) == ("visits", 0, 3)
    assert (one.up_to, one.observed_at) == (NOON + 7 * MINUTE, NOON + 8 * MINUTE)
    assert told(run.take(news(9, part=1, parts=2))) == [(NOON + 9 * MINUTE, "")]


def test_progress_is_told_by_each_partition() -> None:
    (output,) = STAGE.step({}, news(1), Position(2, 0)).outputs
    assert isinstance(output.record, Progress)
    assert output.record.part == 2


def test_progress_never_goes_back() -> None:
    run = StageRun(STAGE)
    assert told(run.take(news(10))) == [(NOON + 10 * MINUTE, "")]
    assert run.again() == []
    assert run.take(news(10)) == []
    assert run.take(news(4)) == []
    # More producers than before: all have to tell first, and nothing is taken back.
    assert run.take(news(20, part=0, parts=2)) == []
    assert run.take(news(8, part=1, parts=2)) == []
    assert told(run.take(news(12, part=1, parts=2))) == [(NOON + 12 * MINUTE, "")]


def test_who_is_blind_is_told_until_he_sees_again() -> None:
    run = StageRun(STAGE)
    run.take(news(1, part=0, parts=2))
    (one,) = run.take(news(1, part=1, parts=2, blind=True))
    assert isinstance(one, Progress)
    assert (one.blind_since, one.blind_reason) == (NOON - MINUTE, "feeds fail")
    run.take(news(2, part=0, parts=2))
    assert told(run.take(news(2, part=1, parts=2))) == [(NOON + 2 * MINUTE, "")]


def test_state_stays_small() -> None:
    run = StageRun(STAGE)
    for minute in range(200):
        run.take(replace(SHOIGU, record_id=str(minute)))
        run.take(news(minute, part=minute % 4, parts=4))
    assert set(run.cells) == {"roster"}
    assert len(run.cells["roster"]) < 1_000
