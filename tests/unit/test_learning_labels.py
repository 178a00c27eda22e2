"""Labelled entries: the forms in which they are kept, and what is wrong with a line."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from learning.labels import Event, LabelsError, entry_of, key_of, read_labels

VISIT = {"visitor": "RUS", "host": "PRK", "official": "Sergei Shoigu", "status": "ongoing"}
VISIT |= {"kind": "visit", "start": "2023-07-25", "end": None}
LABEL = {"key": "k", "pub": "2023-07-25", "title": "T", "tag": "pos", "events": [VISIT]}
TITLE = "Macron &amp; von der Leyen land in Beijing"


def lines(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def plain(text: str) -> str:
    return text.replace("&amp;", "&")


def test_a_label_with_its_text_becomes_an_entry_of_its_noon(tmp_path: Path) -> None:
    row = {**LABEL, "summary": "S", "feed": "f", "weight": 6.5}
    (example,) = read_labels([lines(tmp_path / "l", row)], [], plain).examples
    assert example.events == (
        Event("RUS", "PRK", "Sergei Shoigu", "ongoing", "visit", date(2023, 7, 25), None, False),
    )
    assert (example.weight, example.written) == (6.5, False)
    entry = entry_of(example)
    assert (entry.title, entry.summary, entry.feed) == ("T", "S", "f")
    assert entry.occurred_at == datetime(2023, 7, 25, 12, tzinfo=UTC)


def test_a_label_without_text_finds_it_by_the_title_in_the_news_of_its_day(tmp_path: Path) -> None:
    labels = lines(
        tmp_path / "l",
        {"key": key_of(plain(TITLE)), "pub": "2023-04-06", "tag": "neg", "events": []},
        {"key": "0123456789ab", "pub": "2023-04-06", "tag": "neg", "events": []},
    )
    news = tmp_path / "news.jsonl.gz"
    days = ("2023-04-05", "2023-04-06", "2023-04-07")
    rows = [
        {"source": "f", "title": TITLE, "description": f"&amp; {day}", "date_published": day}
        for day in days
    ]
    news.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    found = read_labels([labels], [news], plain)
    (example,) = found.examples
    assert (example.title, example.summary) == (plain(TITLE), "& 2023-04-06")
    assert (found.without_text, found.repeated) == (1, 0)


def test_what_we_wrote_ourselves_is_known_by_its_title_and_marked(tmp_path: Path) -> None:
    row = {"title": "T", "summary": "", "published": "2024-01-02", "feed": "f"}
    (example,) = read_labels(
        [lines(tmp_path / "l", {**row, "tag": "region", "events": []})], [], plain
    ).examples
    assert (example.key, example.written, example.tag) == (key_of("T"), True, "region")


def test_the_older_form_is_read_and_labels_without_a_day_are_counted(tmp_path: Path) -> None:
    old = {"sender": "CHN", "host": "PRK", "status": "planned", "kind": "delegation"}
    row = {"id": "h1", "title": "", "summary": "S", "source": "f", "tag": "pos", "events": [old]}
    path = lines(tmp_path / "l", {**row, "pub": "2023-07-26"}, {**row, "pub": None, "id": "h2"})
    found = read_labels([path], [], plain)
    assert [(one.key, one.events[0].pair, one.events[0].kind) for one in found.examples] == [
        ("h1", ("CHN", "PRK"), "visit")
    ]
    assert found.without_day == 1


def test_the_first_label_of_an_entry_counts(tmp_path: Path) -> None:
    path = lines(tmp_path / "l", LABEL, {**LABEL, "tag": "neg", "events": []})
    found = read_labels([path], [], plain)
    assert ([one.tag for one in found.examples], found.repeated) == (["pos"], 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tag": "perhaps"}, "Invalid enum value"),
        ({"tag": "neg"}, "tag neg with 1 events"),
        ({"events": [VISIT, VISIT]}, "twice"),
        ({"events": [{**VISIT, "host": "EU"}]}, "ISO 3166-1"),
        ({"events": [{**VISIT, "visitor": "Russia"}]}, "ISO 3166-1"),
        ({"events": [{**VISIT, "kind": "trip"}]}, "use visit or third_place"),
        ({"events": [{**VISIT, "start": "25 July"}]}, "date"),
        ({"key": None, "title": ""}, "neither key nor title"),
    ],
)
def test_a_wrong_label_is_told_with_file_and_line(
    tmp_path: Path, change: Mapping[str, Any], said: str
) -> None:
    path = lines(tmp_path / "labels.jsonl", LABEL, {**LABEL, "key": "other", **change})
    with pytest.raises(LabelsError, match=r"labels\.jsonl, line 2: ") as error:
        read_labels([path], [], plain)
    assert said in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="gone can't be read"):
        read_labels([tmp_path / "gone"], [], plain)
