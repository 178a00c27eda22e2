"""The SQLite log's own promises: a kill loses nothing, and every fault of its file is told."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from fakes.logs import PARTITIONS, keys, new, read

from wheelsdown.eventlog import sqlite_file, sqlite_log
from wheelsdown.eventlog.port import (
    CorruptError,
    EventLogError,
    RefusedError,
    StorageFullError,
    UnavailableError,
)
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.state import SqliteState
from wheelsdown.records.topics import NEWS_ENTRIES

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def run_python(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, with ``path`` as its argument."""
    return subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from fakes.logs import new, read
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.state import SqliteState
from wheelsdown.records.topics import NEWS_ENTRIES

path = Path(sys.argv[1])
log, state = SqliteLog(path, 4), SqliteState(path)
log.append(new(str(number)) for number in range(5))
consumer = log.consumer("readers", [NEWS_ENTRIES])
found = read(consumer, 5)
consumer.commit(found[1])
state.write("stage", 0, {"cell": b"2"}, 2)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing_and_leaves_no_lock(path: Path) -> None:
    assert run_python(KILLED, path).returncode == -signal.SIGKILL
    with SqliteLog(path, 4) as log, SqliteState(path) as state:
        assert list(log.ends(NEWS_ENTRIES)) == [5, 0, 0, 0]
        with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
            assert keys(read(consumer, 3)) == ["2", "3", "4"]
        assert (state.position("stage", 0), state.get("stage", 0, "cell")) == (2, b"2")


FULL = """
import resource, sys
from pathlib import Path
from fakes.logs import new
from wheelsdown.eventlog.port import StorageFullError
from wheelsdown.eventlog.sqlite_log import SqliteLog

log = SqliteLog(Path(sys.argv[1]), 4)
log.append([new("before")])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, most))
try:
    log.append([new("one"), new("large", value=b"x" * 900_000)])
except StorageFullError as error:
    print(error)
log.append([new("small")])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
log.append([new("after")])
log.close()
"""


def test_a_disk_that_takes_no_more_is_told_and_nothing_is_half_written(path: Path) -> None:
    """The system refuses to let the file grow, as it does on a full disk or with a quota."""
    done = run_python(FULL, path)
    assert "no room to write" in done.stdout, done.stderr
    with (
        SqliteLog(path, 4) as log,
        closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer,
    ):
        assert keys(read(consumer, 3)) == ["before", "small", "after"]
        assert sum(log.ends(NEWS_ENTRIES)) == 3


def test_a_full_database_is_told_as_a_full_disk(path: Path) -> None:
    with SqliteLog(path, PARTITIONS) as log, SqliteState(path) as state:
        log._connection.execute("PRAGMA max_page_count = 20")
        state._connection.execute("PRAGMA max_page_count = 20")
        with pytest.raises(StorageFullError, match="free some"):
            log.append([new("large", value=b"x" * 500_000)])
        with pytest.raises(StorageFullError, match="free some"):
            state.write("stage", 0, {"cell": b"x" * 500_000}, 1)
        log.append([new("small")])
        assert state.position("stage", 0) is None


def test_the_partition_count_is_kept_and_checked(path: Path) -> None:
    with SqliteLog(path, 4):
        pass
    with pytest.raises(RefusedError, match=r"4 partitions, not 5: set log\.partitions to 4"):
        SqliteLog(path, 5)
    SqliteLog(path, 4).close()


def test_a_file_of_a_newer_release_is_refused(path: Path) -> None:
    SqliteLog(path, 4).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {sqlite_file.SCHEMA_VERSION + 1}")
    for kind in (lambda: SqliteLog(path, 4), lambda: SqliteState(path)):
        with pytest.raises(RefusedError, match="newer release"):
            kind()


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    for kind in (lambda: SqliteLog(path, 4), lambda: SqliteState(path)):
        with pytest.raises(RefusedError, match="another program's database"):
            kind()
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    for kind in (lambda: SqliteLog(path, 4), lambda: SqliteState(path)):
        with pytest.raises(CorruptError, match=r"events\.sqlite is damaged .* from a backup"):
            kind()


def test_damage_is_found_when_the_file_is_opened(path: Path) -> None:
    with SqliteLog(path, 4) as log, SqliteState(path) as state:
        for number in range(60):
            log.append([new(f"{number}", value=b"x" * 2000)])
            state.write("stage", 0, {f"cell-{number}": b"y" * 2000}, number)
    whole = bytearray(path.read_bytes())
    for start in range(3 * 4096, len(whole), 4096):
        whole[start : start + 100] = b"\xff" * 100
    path.write_bytes(whole)
    for kind in (lambda: SqliteLog(path, 4), lambda: SqliteState(path)):
        with pytest.raises(CorruptError, match="is damaged"):
            kind()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The tables that were checked at each start of a log; all when none is named."""
    found = []

    def check(connection: sqlite3.Connection, path: Path, tables: tuple[str, ...] = ()) -> None:
        found.append(tables)
        sqlite_file.check_whole(connection, path, tables)

    monkeypatch.setattr(sqlite_log, "check_whole", check)
    return found


def test_the_whole_file_is_read_only_where_it_was_not_left_in_order(
    path: Path, checks: list[tuple[str, ...]]
) -> None:
    def start() -> bool:
        """Run a log and its state as a daemon does; tells whether the whole file was read."""
        with SqliteLog(path, 4) as log, SqliteState(path) as state:
            log.append([new("a")])
            state.write("stage", 0, {"cell": b"1"}, 0)
        return checks[-1] == ()

    assert not start()  # a new one
    assert not start()

    assert run_python(KILLED, path).returncode == -signal.SIGKILL
    assert start()
    assert not start()

    with closing(sqlite3.connect(path)) as shell, shell:
        shell.execute("UPDATE committed SET position = 0")
    assert start()

    path.with_name(f"{path.name}.lock").unlink()
    assert start()

    with SqliteState(path) as state:  # outlives the log, whose last word is in the journal then
        with SqliteLog(path, 4) as log:
            log.append([new("b")])
        state.write("stage", 0, {"cell": b"2"}, 1)
    assert start()
    assert not start()


VERSION_1 = """
DROP TABLE message;
CREATE TABLE message (
    stream INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    headers BLOB NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (stream, position)
) STRICT;
INSERT INTO stream VALUES (1, 'news.entries.v1', 0, 1);
INSERT INTO message VALUES (1, 0, 'old', X'90', X'00');
PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_version_is_taken_over_with_what_it_holds(path: Path) -> None:
    SqliteLog(path, 4).close()
    with closing(sqlite3.connect(path)) as other:
        other.executescript(VERSION_1)
    for _ in range(2):
        with SqliteState(path), SqliteLog(path, 4) as log:
            log.append([new("next")])
            with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
                found = read(consumer, 2)
    assert keys(found) == ["old", "next"]


def test_a_second_run_on_the_same_file_is_told_to_wait_for_the_first(path: Path) -> None:
    with (
        SqliteLog(path, 4),
        pytest.raises(UnavailableError, match=r"another run has .* open; stop that one first"),
    ):
        SqliteLog(path, 4)
    SqliteLog(path, 4).close()


def test_a_file_that_a_shell_holds_is_said_to_be_held(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_MS", 50)
    with SqliteLog(path, 4) as log, SqliteState(path) as state:
        with closing(sqlite3.connect(path, isolation_level=None)) as shell:
            shell.execute("BEGIN IMMEDIATE")
            with pytest.raises(UnavailableError, match="held by another process"):
                log.append([new("a")])
            with pytest.raises(UnavailableError, match="held by another process"):
                state.write("stage", 0, {}, 1)
        log.append([new("b")])
        assert sum(log.ends(NEWS_ENTRIES)) == 1


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    for kind in (
        lambda: SqliteLog(tmp_path / "missing" / "e.sqlite", 4),
        lambda: SqliteState(tmp_path / "missing" / "e.sqlite"),
    ):
        with pytest.raises(EventLogError, match="check that its folder is there"):
            kind()


def test_log_and_state_share_a_file_while_several_threads_write(path: Path) -> None:
    with SqliteLog(path, 4) as log, SqliteState(path) as state:

        def fill() -> None:
            for number in range(40):
                log.append([new(f"{number}")])

        threads = [threading.Thread(target=fill) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(40):
            state.write("stage", 0, {"cell": b"%d" % number}, number)
        for thread in threads:
            thread.join(30)
        assert sum(log.ends(NEWS_ENTRIES)) == 80
        assert state.get("stage", 0, "cell") == b"39"
