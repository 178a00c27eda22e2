"""Entries from JSON lines: both spellings, every fault counted, and how far they have read."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producers.news import entries
from producers.news.entries import EntriesError, ImportedEntries, progress_for, read_entries
from producers.news.item import entry_of
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import NEWS_ENTRIES

NOON = datetime(2023, 8, 1, 12, tzinfo=UTC)
GOOD = {
    "feed": "world",
    "title": "Talks &amp; <b>more</b>",
    "link": "https://news.example.org/a",
    "published": "2023-08-01T12:00:00Z",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "entries.jsonl"


def read(path: Path, *lines: object) -> ImportedEntries:
    path.write_bytes(
        b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    )
    return read_entries(path)


def test_our_own_spelling(path: Path) -> None:
    row = {**GOOD, "summary": "<p>One.</p><p>Two.</p>", "language": "en"}
    imported = read(path, row)
    assert (imported.received, dict(imported.dropped)) == (1, {})
    (entry,) = imported.entries
    assert (entry.feed, entry.title, entry.summary) == ("world", "Talks & more", "One. Two.")
    assert (entry.link, entry.language) == ("https://news.example.org/a", "en")
    assert entry.published_at == entry.occurred_at == entry.observed_at == NOON
    assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(entry)) == entry


@pytest.mark.parametrize(
    "date",
    [
        "2023-08-01T12:00:00+00:00",
        "2023-08-01 12:00:00+00:00",
        "2023-08-01 14:00:00.000000+02:00",
        " 2023-08-01T12:00Z ",
    ],
)
def test_the_archives_spelling(path: Path, date: str) -> None:
    row = {
        "source": "https://news.example.org/rss",
        "title": "Talks",
        "description": "They talk.",
        "link": "https://news.example.org/a",
        "date_published": date,
        "language": None,
        "capture_day": "2023-08-01",
    }
    (entry,) = read(path, row).entries
    assert (entry.feed, entry.summary) == ("https://news.example.org/rss", "They talk.")
    assert (entry.published_at, entry.language) == (NOON, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not_an_object"),
        (b"[]", "not_an_object"),
        (b"\xff\xfe", "not_an_object"),
        (b"[" * 100_000, "not_an_object"),
        (b'{"feed": "\\ud800", "title": 1}', "not_an_object"),
        ({**GOOD, "title": ["a"]}, "not_an_object"),
        ({**GOOD, "feed": " "}, "no_feed"),
        ({**GOOD, "title": "<i></i>"}, "no_text"),
        ({**GOOD, "published": None}, "no_date"),
        ({**GOOD, "published": "Tue, 01 Aug 2023"}, "date_unreadable"),
        ({**GOOD, "published": "9999-12-31T23:59:59-10:00"}, "date_unreadable"),
        ({**GOOD, "published": "2023-08-01T12:00:00"}, "date_without_zone"),
        ({**GOOD, "published": "1970-01-01T00:00:00Z"}, "date_before_1990"),
        (GOOD, "repeated"),
    ],
)
def test_a_line_that_is_no_entry_is_counted_and_the_rest_goes_on(
    path: Path, line: object, reason: str
) -> None:
    imported = read(path, GOOD, line, b"", {**GOOD, "link": "https://news.example.org/b"})
    assert len(imported.entries) == 2
    assert (imported.received, dict(imported.dropped)) == (3, {reason: 1})


def test_a_link_that_leads_nowhere_safe_is_lost_and_the_entry_kept(path: Path) -> None:
    imported = read(path, {**GOOD, "link": "javascript:alert(1)"})
    assert [entry.link for entry in imported.entries] == [None]
    assert dict(imported.dropped) == {"link_not_http": 1}


def test_a_line_without_end_fills_no_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_LINE_BYTES", 200)
    imported = read(path, {**GOOD, "summary": "x" * 1000}, GOOD, b"x" * 1000)
    assert len(imported.entries) == 1
    assert (imported.received, dict(imported.dropped)) == (3, {"too_long": 2})


def test_the_longest_line_makes_an_entry_that_can_be_written(path: Path) -> None:
    row = {**GOOD, "feed": "", "link": "https://x.org/"}
    row["feed"] = "\u0001" * ((entries.MAX_LINE_BYTES - len(json.dumps(row))) // 6)
    (entry,) = read(path, row).entries
    NEWS_ENTRIES.encode(entry)


def test_entries_come_in_the_order_of_their_time(path: Path) -> None:
    late, early = (
        {**GOOD, "title": f"Day {day}", "published": f"2023-08-0{day}T12:00:00Z"} for day in (2, 1)
    )
    assert [entry.title for entry in read(path, late, early).entries] == ["Day 1", "Day 2"]


def test_of_an_entry_that_stands_there_twice_the_earliest_is_kept(path: Path) -> None:
    dates = [f"2023-08-0{day}T12:00:00Z" for day in (2, 1, 3)]
    imported = read(path, *({**GOOD, "published": date} for date in dates))
    assert [entry.observed_at for entry in imported.entries] == [NOON]
    assert dict(imported.dropped) == {"repeated": 2}


def test_the_same_line_has_the_same_ids_in_every_file(path: Path) -> None:
    assert read(path, GOOD).entries == read(path, {**GOOD, "title": "Other"}, GOOD).entries[1:]


def test_compressed_files(path: Path) -> None:
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    assert len(read_entries(path).entries) == 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "header only"])
def test_a_damaged_file_is_said(path: Path, damage: str) -> None:
    lines = "\n".join(json.dumps({**GOOD, "title": str(number)}) for number in range(1000))
    whole = bytearray(gzip.compress(lines.encode()))
    if damage == "flipped":
        whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole[: {"cut": len(whole) // 2, "header only": 3}.get(damage)])
    with pytest.raises(EntriesError, match=r"entries\.jsonl: can't be read"):
        read_entries(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EntriesError, match="can't be read"):
        read_entries(tmp_path / "missing")
    with pytest.raises(EntriesError, match="can't be read"):
        read_entries(tmp_path)


def test_an_empty_file_is_no_fault(path: Path) -> None:
    assert read(path) == ImportedEntries((), 0, {})


def observed(*moments: datetime) -> list[Entry]:
    made = [
        entry_of(
            feed="world",
            identity=str(moment),
            title="Talks",
            summary="",
            link=None,
            published_at=moment,
            language=None,
            observed_at=moment,
        )
        for moment in moments
    ]
    return [entry for entry in made if entry]


def test_progress_is_told_every_full_hour_and_at_the_last_entry() -> None:
    first, last = NOON + timedelta(minutes=20), NOON + timedelta(hours=2, minutes=40)
    told = progress_for(observed(first, last))
    assert [record.up_to for record in told] == [
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=2),
        last,
    ]
    assert {(record.part, record.parts, record.reader) for record in told} == {(0, 1, "news")}
    assert all(record.observed_at == record.up_to for record in told)


def test_a_silence_of_decades_does_not_make_a_million_records() -> None:
    told = progress_for(observed(NOON, NOON + timedelta(days=20_000)))
    assert len(told) == 24 * 7 + 1
    assert progress_for([]) == ()
