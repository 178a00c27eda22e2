"""Real feeds, feedparser's corpus and an archive: nothing raised, every item accounted for."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producers.news.entries import progress_for, read_entries
from producers.news.parse import parse_feed
from producers.news.parsed import FeedError, ParsedFeed
from wheelsdown.records.topics import NEWS_ENTRIES

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
NOW = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


def parsed(path: Path) -> ParsedFeed:
    feed = parse_feed(
        path.read_bytes(),
        feed="test",
        url="https://news.example.org/feed.xml",
        headers={},
        observed_at=NOW,
    )
    for entry in feed.entries:
        assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(entry)) == entry
    return feed


@pytest.mark.parametrize(
    ("name", "entries", "undated"),
    [
        ("bbc_world_2019-02-24", 33, 0),
        ("cnn_world", 29, 3),
        ("encoding_rss", 40, 0),
        ("google_alerts_atom", 20, 0),
        ("guardian", 95, 0),
        ("guid_dupes", 1, 0),
        ("nytimes", 61, 0),
        ("reuters_world_2018-01-30", 10, 0),
        ("tpm_atom", 20, 0),
    ],
)
def test_feeds_that_are_whole(name: str, entries: int, undated: int) -> None:
    feed = parsed(DATA / "news" / "feeds" / f"{name}.xml")

    assert (feed.degraded, feed.truncated, feed.dropped) == (None, False, {})
    assert len({entry.entry_id for entry in feed.entries}) == len(feed.entries) == entries
    assert sum(entry.published_at is None for entry in feed.entries) == undated
    assert all(entry.link and entry.title for entry in feed.entries)
    assert not any("<" in entry.title for entry in feed.entries)


@pytest.mark.parametrize(
    ("name", "entries", "truncated"), [("elpais_es", 81, False), ("invalid_date", 2, True)]
)
def test_feeds_that_are_broken_give_what_they_hold(
    name: str, entries: int, truncated: bool
) -> None:
    feed = parsed(DATA / "news" / "feeds" / f"{name}.xml")

    assert (len(feed.entries), feed.truncated, feed.dropped) == (entries, truncated, {})
    assert str(feed.degraded).startswith("not well-formed")


def test_every_feed_file_is_in_the_lists_above() -> None:
    assert len(list((DATA / "news" / "feeds").glob("*.xml"))) == 11


def test_feedparsers_own_corpus() -> None:
    outcomes: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    entries = 0
    for path in sorted((DATA / "feedparser_corpus").rglob("*.*")):
        try:
            feed = parsed(path)
        except FeedError as error:
            outcomes[error.reason] += 1
        else:
            outcomes["degraded" if feed.degraded else "whole"] += 1
            dropped.update(feed.dropped)
            entries += len(feed.entries)

    # Most of its entries test one element and have neither a name nor a word.
    assert outcomes == {"whole": 1827, "degraded": 263, "no_feed": 16, "json": 1}
    assert entries == 197
    assert dropped == {
        "no_identity": 917,
        "no_text": 93,
        "link_not_http": 2,
        "cut_short": 1,
        "repeated": 1,
    }


def test_the_archive_of_the_summer() -> None:
    imported = read_entries(DATA / "news" / "world_2023-07-20_2023-08-10.jsonl.gz")

    assert (imported.received, len(imported.entries), dict(imported.dropped)) == (10372, 10372, {})
    assert len({entry.entry_id for entry in imported.entries}) == 10372
    times = [entry.observed_at for entry in imported.entries]
    assert times == sorted(times)
    assert (times[0].date().isoformat(), times[-1].date().isoformat()) == (
        "2023-07-20",
        "2023-08-10",
    )
    assert len(progress_for(imported.entries)) == 528  # 22 days of 24 hours
    for entry in imported.entries[::100]:
        assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(entry)) == entry
