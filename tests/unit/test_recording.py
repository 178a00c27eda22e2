"""Recordings: what is written is read in the order in which it was learned, or counted as lost."""

import errno
import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.recording import MANIFEST, RecordingError, RecordingReader, RecordingWriter
from producers.news.item import entry_of
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import NEWS_ENTRIES

AT = datetime(2023, 7, 31, 23, tzinfo=UTC)
DAY = "2023-07-31"


def entry(title: str, hours: float = 0) -> Entry:
    made = entry_of(
        feed="world",
        identity=title,
        title=title,
        summary="",
        link=None,
        published_at=None,
        language=None,
        observed_at=AT + timedelta(hours=hours),
    )
    assert made is not None
    return made


def written(folder: Path, *entries: Entry) -> Path:
    with RecordingWriter(folder) as writer:
        for one in entries:
            writer.add(NEWS_ENTRIES, one)
    return folder


def titles(folder: Path) -> list[str]:
    reader = RecordingReader(folder)
    return [
        record.title
        for day in reader.days()
        for _, record in reader.records(day)
        if isinstance(record, Entry)
    ]


def test_records_come_back_by_day_and_in_order_whenever_they_were_added(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", entry("third", 2), entry("second", 0.5))
    written(folder, entry("first"))
    assert RecordingReader(folder).days() == [DAY, "2023-08-01"]
    assert titles(folder) == ["first", "second", "third"]
    assert RecordingReader(folder).manifest["records"] == {NEWS_ENTRIES.name: 3}


def test_a_file_that_was_imported_twice_counts_once(tmp_path: Path) -> None:
    folder = written(written(tmp_path / "r", entry("one")), entry("one"), entry("two"))
    reader = RecordingReader(folder)
    assert len(list(reader.records(DAY))) == 2
    assert reader.dropped == {"repeated": 1}


def test_damage_costs_what_is_damaged_and_is_counted(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", *(entry(f"title {number}") for number in range(500)))
    file = folder / NEWS_ENTRIES.name / f"{DAY}.jsonl.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    reader = RecordingReader(folder)
    assert 0 < len(list(reader.records(DAY))) < 500
    assert reader.dropped["damaged_file"] == 1

    lines = gzip.decompress(whole).splitlines()
    lines[3] = b'{"kind": "entry"'
    lines[4] = b"\xff" * 10
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    reader = RecordingReader(folder)
    assert len(list(reader.records(DAY))) == 498
    assert reader.dropped == {"bad_record": 2}

    file.write_bytes(b"no gzip at all")
    reader = RecordingReader(folder)
    assert list(reader.records(DAY)) == []
    assert reader.dropped == {"damaged_file": 1}


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (None, "make one with 'wheelsdown record import'"),
        ("{", "can't read"),
        ("[]", "not of format 1"),
        (json.dumps({"format": 2, "records": {}, "imports": []}), "not of format 1"),
        (json.dumps({"format": 1, "records": []}), "is damaged"),
    ],
)
def test_what_is_no_recording_is_refused_with_advice(
    tmp_path: Path, manifest: str | None, says: str
) -> None:
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(RecordingError, match=says):
        RecordingReader(tmp_path)
    if manifest is not None:
        with pytest.raises(RecordingError, match=says):
            RecordingWriter(tmp_path)


def test_a_disk_that_fills_up_is_told_and_hides_nothing_that_is_added_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "r", entry("before"))
    manifest = (folder / MANIFEST).read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(RecordingError, match=r"No space left on device.*make room"):
            written(folder, entry("lost"), entry("lost too", 30))
    assert (folder / MANIFEST).read_bytes() == manifest
    assert titles(written(folder, entry("after", 0.5))) == ["before", "after"]
    assert RecordingReader(folder).manifest["records"] == {NEWS_ENTRIES.name: 2}


FULL = """
import resource, sys
from pathlib import Path
from cli.recording import RecordingError
from unit.test_recording import entry, written

folder = written(Path(sys.argv[1]), entry("before"))
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most))
try:
    written(folder, *(entry(f"{number} {number ** 99}") for number in range(1000)))
except RecordingError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
written(folder, entry("after"))
"""


def test_a_file_that_may_not_grow_is_cut_back_to_what_is_whole(tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "r")],
        env={**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "make room" in done.stdout
    assert titles(tmp_path / "r") == ["after", "before"]


def test_a_recording_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="Not a directory; name another folder"):
        written(tmp_path / "file" / "r", entry("one"))
