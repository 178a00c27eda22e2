"""The ledger forgets nothing, and says clearly when it can't be used."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.ledger import (
    Delivery,
    Ledger,
    LedgerCorruptError,
    LedgerError,
    LedgerFullError,
    LedgerLockedError,
)

NOW = datetime(2023, 8, 2, 10, 40, 0, 123456, tzinfo=UTC)
ROW = Delivery(
    alert_id="a1",
    channel="C0ALERTS01",
    revision=2,
    state="sending",
    first_tried_at=NOW,
    updated_at=NOW + timedelta(seconds=1),
    ts="1690972800.000001",
    sent_revision=1,
    posts=1,
    unsettled_since=NOW,
    unsettled_until=NOW + timedelta(seconds=30),
    attempts=3,
    error="no answer",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_a_row_survives_the_process_unchanged(path: Path) -> None:
    bare = Delivery(
        alert_id="a2",
        channel="C1",
        revision=1,
        state="pending",
        first_tried_at=NOW,
        updated_at=NOW,
    )
    with Ledger(path) as ledger:
        ledger.put(ROW)
        ledger.put(bare)
    with Ledger(path) as ledger:
        assert ledger.get("a1") == ROW
        assert ledger.get("a2") == bare
        assert ledger.get("a3") is None


def test_a_later_row_replaces_the_earlier_one(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.put(ROW)
        ledger.put(replace(ROW, state="sent", error=""))
        assert ledger.counts() == {
            "pending": 0,
            "sending": 0,
            "sent": 1,
            "ambiguous": 0,
            "parked": 0,
        }


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(LedgerCorruptError, match=r"restore it from a backup"):
        Ledger(path)


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerCorruptError, match=r"no delivery ledger"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_damaged_ledger_is_refused(path: Path) -> None:
    with Ledger(path) as ledger:
        for number in range(500):
            ledger.put(replace(ROW, alert_id=f"alert-{number}", error="x" * 100))
    whole = bytearray(path.read_bytes())
    whole[8192 : len(whole) - 4096] = b"\xff" * (len(whole) - 4096 - 8192)
    path.write_bytes(whole)
    with pytest.raises(LedgerCorruptError):
        Ledger(path)


def test_a_locked_ledger_is_said_to_be_held(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.ledger._BUSY_MS", 50)
    with Ledger(path) as ledger:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerLockedError, match=r"only one Slack consumer"):
            ledger.put(ROW)
        holder.execute("ROLLBACK")
        holder.close()
        ledger.put(ROW)
        assert ledger.get("a1") == ROW


def test_a_full_disk_is_said_and_loses_nothing_written_before(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.put(ROW)
        # SQLite's own limit stands in for the disk's: the error is the same.
        ledger._connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(LedgerFullError, match=r"no room"):
            ledger.put(replace(ROW, alert_id="a2", error="x" * 100_000))
        assert ledger.get("a1") == ROW


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"can't use .*missing"):
        Ledger(tmp_path / "missing" / "ledger.db")
