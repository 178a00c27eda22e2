"""Reading a SQLite log beside the run that holds it: nothing waits, nothing is changed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from fakes.logs import PARTITIONS, WITHIN_S, keys, new

from wheelsdown.eventlog import sqlite_file, sqlite_log
from wheelsdown.eventlog.port import CorruptError, RefusedError
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.eventlog.state import SqliteState
from wheelsdown.records.topics import ALERTS, NEWS_ENTRIES, VISITS

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events of #1?.sqlite"


def test_it_reads_what_a_run_has_appended_and_what_it_appends_meanwhile(path: Path) -> None:
    with SqliteLog(path, PARTITIONS) as log:
        log.append(new(f"{number}", number % 2) for number in range(6))
        with SqliteReader(path) as reader:
            assert (reader.partitions(NEWS_ENTRIES), reader.partitions(ALERTS)) == (PARTITIONS, 1)
            assert list(reader.ends(NEWS_ENTRIES)) == [3, 3, 0, 0]
            assert reader.read(NEWS_ENTRIES, 1, 0, 9) == log.read(NEWS_ENTRIES, 1, 0, 9)
            assert keys(reader.read(NEWS_ENTRIES, 1, 1, 1)) == ["3"]
            log.append([new("later", 1)])
            assert keys(reader.read(NEWS_ENTRIES, 1, 3, 9)) == ["later"]
            assert (list(reader.ends(VISITS)), reader.read(VISITS, 0, 0, 1)) == ([0] * 4, [])
            for partition, offset in ((PARTITIONS, 0), (0, -1)):
                with pytest.raises(RefusedError, match=r"has no partition|no offset -1"):
                    reader.read(NEWS_ENTRIES, partition, offset, 1)


def test_the_writer_does_not_wait_for_readers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_MS", 0)  # whoever would have to wait, fails
    done = threading.Event()

    def read() -> int:
        with SqliteReader(path) as reader:
            while not done.is_set():
                (end, *_) = reader.ends(NEWS_ENTRIES)
                assert len(reader.read(NEWS_ENTRIES, 0, 0, 1_000)) >= end
            return len(reader.read(NEWS_ENTRIES, 0, 0, 1_000))

    with SqliteLog(path, PARTITIONS) as log, ThreadPoolExecutor(2) as threads:
        reads = [threads.submit(read) for _ in range(2)]
        for number in range(200):
            log.append([new(f"{number}", value=b"x" * 1_000)])
        done.set()
        assert [one.result(WITHIN_S) for one in reads] == [200, 200]


def test_a_log_that_was_closed_in_order_is_left_in_order(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[tuple[str, ...]] = []
    monkeypatch.setattr(sqlite_log, "check_whole", lambda _, __, tables: checked.append(tables))

    def start(while_it_runs: Callable[[], None] = lambda: None) -> bool:
        """Run a log and its state; tells whether the whole file had to be read."""
        with SqliteLog(path, PARTITIONS) as log, SqliteState(path):
            log.append([new("a")])
            while_it_runs()
        return checked[-1] == ()

    def look() -> None:
        with SqliteReader(path) as reader:
            assert keys(reader.read(NEWS_ENTRIES, 0, 0, 1)) == ["a"]

    assert not start(look)
    before = {
        file: (file.stat().st_size, file.stat().st_mtime_ns) for file in path.parent.iterdir()
    }
    look()
    after = {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in path.parent.iterdir()}
    assert after == before
    assert not start()

    with SqliteReader(path):  # while the run starts and after it ends: then all is read, to be safe
        assert start()
    assert start()
    assert not start()


KILLED = """
import os, signal, sys
from pathlib import Path
from fakes.logs import new
from wheelsdown.eventlog.sqlite_log import SqliteLog

log = SqliteLog(Path(sys.argv[1]), 4)
log.append(new(str(number)) for number in range(5))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_read_and_the_next_run_has_all_of_it(path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with SqliteReader(path) as reader:
        assert keys(reader.read(NEWS_ENTRIES, 0, 3, 9)) == ["3", "4"]
    with SqliteLog(path, PARTITIONS) as log:
        assert list(log.ends(NEWS_ENTRIES)) == [5, 0, 0, 0]


def test_nothing_can_be_written_by_it(path: Path) -> None:
    with SqliteLog(path, PARTITIONS):
        pass
    with (
        closing(sqlite_file.open_to_read(path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM message")


def test_what_is_no_log_of_this_release_is_refused_and_left_alone(path: Path) -> None:
    with pytest.raises(RefusedError, match="there is no file"):
        SqliteReader(path)
    assert not path.exists()
    with SqliteState(path), pytest.raises(RefusedError, match="holds no event log yet"):
        SqliteReader(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 1")
    with pytest.raises(RefusedError, match=r"older release .* start the run once"):
        SqliteReader(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id = 7")
    with pytest.raises(RefusedError, match="another program's database"):
        SqliteReader(path)
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(CorruptError, match="is damaged"):
        SqliteReader(path)


def test_a_closed_reader_refuses_to_be_used(path: Path) -> None:
    with SqliteLog(path, PARTITIONS):
        reader = SqliteReader(path)
        reader.close()
        reader.close()
        for use in (lambda: reader.read(NEWS_ENTRIES, 0, 0, 1), lambda: reader.ends(NEWS_ENTRIES)):
            with pytest.raises(RefusedError, match="is closed"):
                use()
