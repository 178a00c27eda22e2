"""The ledger forgets nothing, and says clearly when it can't be used."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from consumers.ledger import (
    Ledger,
    LedgerCorruptError,
    LedgerError,
    LedgerFullError,
    LedgerLockedError,
)
from wheelsdown.records.deliveries import Delivery

NOW = datetime(2023, 8, 2, 10, 40, 0, 123456, tzinfo=UTC)
BARE = Delivery(
    record_id="w1",
    occurred_at=NOW,
    observed_at=NOW,
    alert_id="a2",
    incident_id="i1",
    writer="here",
    pair="PRK-RUS",
    step=1,
    channel="C1",
    revision=1,
    offset=0,
    state="pending",
    first_tried_at=NOW,
)
ROW = replace(
    BARE,
    record_id="w7",
    observed_at=NOW + timedelta(seconds=1),
    alert_id="a1",
    step=7,
    revision=2,
    offset=12,
    state="sending",
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
    with Ledger(path) as ledger:
        ledger.put([ROW, BARE], reached=9)
    with Ledger(path) as ledger:
        assert ledger.get("a1") == ROW
        assert ledger.get("a2") == BARE
        assert ledger.get("a3") is None
        assert ledger.reached() == 9


@pytest.mark.parametrize(
    ("step", "state"), [(6, "sending"), (7, "sending"), (8, "sent")], ids=["older", "same", "newer"]
)
def test_only_a_later_word_replaces_the_one_before(path: Path, step: int, state: str) -> None:
    """Words are read again after a crash, and a process that was stopped speaks late."""
    with Ledger(path) as ledger:
        ledger.put([ROW])
        ledger.put([replace(ROW, step=step, state="sent", error="")])
        row = ledger.get("a1")
        assert row is not None
        assert row.state == state
        others = {"pending": 0, "sending": 0, "sent": 0, "ambiguous": 0, "parked": 0}
        assert ledger.counts() == others | {state: 1}


def test_unfinished_is_what_is_neither_sent_nor_parked(path: Path) -> None:
    states = ("pending", "sending", "sent", "ambiguous", "parked")
    with Ledger(path) as ledger:
        ledger.put([replace(ROW, alert_id=state, state=state) for state in states])
        found = {row.alert_id for row in ledger.unfinished()}
        assert found == {"pending", "sending", "ambiguous"}


def test_rows_are_kept_all_or_none(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger._connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(LedgerFullError):
            ledger.put([BARE, replace(ROW, error="x" * 100_000)], reached=2)
        assert (ledger.get("a2"), ledger.reached()) == (None, 0)
        ledger.put([BARE], reached=1)
        assert ledger.get("a2") == BARE


def test_several_threads_write_and_read_at_once(path: Path) -> None:
    failures: list[Exception] = []

    def work(name: str) -> None:
        try:
            for step in range(1, 21):
                ledger.put([replace(BARE, alert_id=name, step=step)], reached=step)
                row = ledger.get(name)
                assert row is not None
                assert row.step == step
        except Exception as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    with Ledger(path) as ledger:
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert sorted(row.alert_id for row in ledger.unfinished()) == list("abcd")


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(LedgerCorruptError, match=r"anew from deliveries\.v1"):
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
        ledger.put(replace(ROW, alert_id=f"alert-{number}", error="x") for number in range(500))
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
            ledger.put([ROW])
        holder.execute("ROLLBACK")
        holder.close()
        ledger.put([ROW])
        assert ledger.get("a1") == ROW


def test_a_full_disk_is_said_and_loses_nothing_written_before(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.put([ROW])
        # SQLite's own limit stands in for the disk's: the error is the same.
        ledger._connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(LedgerFullError, match=r"no room"):
            ledger.put([replace(ROW, alert_id="a2", error="x" * 100_000)])
        assert ledger.get("a1") == ROW


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"can't use .*missing"):
        Ledger(tmp_path / "missing" / "ledger.db")
