"""``backup``: what is copied while a run goes on is whole, and a run goes on from it."""

import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.logs import new
from fakes.processes import wheelsdown
from fakes.scenario_runs import by_moment, produced_of, stages_of
from typer.testing import CliRunner, Result

from cli.demo.scenario_file import load_scenario
from cli.main import app
from cli.outputs import Outputs, canonical
from pipeline.inline_host import InlineHost
from producers.news.memory import NewsMemory
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.eventlog.state import MemoryState, SqliteState, StateStore
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, NEWS_ENTRIES, Topic

SCENARIO = "seoul-observed"
PARTITIONS = 1
WITHIN_S = 60.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def configured(folder: Path, log: str = "") -> Path:
    config = folder / "wheelsdown.toml"
    config.write_text(f'[log]\n{log}\n[data]\nfolder = "data"\n')
    return config


def back_up(folder: Path, into: Path, log: str = "") -> Result:
    """The backup of a run whose settings and data folder are in ``folder``."""
    config = configured(folder, log)
    return CliRunner().invoke(app, ["backup", "--config", str(config), "--into", str(into)])


def seldom() -> list[list[tuple[Topic, Record]]]:
    """The second half of the scenario, every third moment of it: enough to find the visit."""
    start = load_scenario(SCENARIO).start + timedelta(days=1.5)
    moments = [list(together) for together in by_moment(produced_of(SCENARIO, PARTITIONS))]
    return [one for one in moments if one[0][1].observed_at >= start][::3]


def go_on(log: EventLog, state: StateStore, at_rest: Callable[[int], None]) -> str:
    """Publish what the log does not have yet, with the rules behind it; gives what was found."""
    host = InlineHost(log, state, stages_of(SCENARIO, log), SystemClock())
    published: Counter[tuple[str, int]] = Counter()
    for number, together in enumerate(seldom()):
        for topic, record in together:
            for message in messages_for(topic, record, log.partitions(topic)):
                if published[topic.name, message.partition] >= log.ends(topic)[message.partition]:
                    log.append([message])
                published[topic.name, message.partition] += 1
        host.drain()
        at_rest(number)
    outputs = Outputs(log)
    outputs.collect()
    return canonical(outputs)


def embedded(folder: Path, at_rest: Callable[[int], None] = lambda _: None) -> str:
    file = folder / "events.sqlite"
    with SqliteLog(file, PARTITIONS) as log, SqliteState(file) as state:
        return go_on(log, state, at_rest)


def test_a_run_goes_on_from_a_backup_made_in_its_midst_and_finds_the_same(
    tmp_path: Path, data: Path
) -> None:
    """The backup is a process of its own; the run publishes on while it is made."""
    copy, last = tmp_path / "copy", len(seldom()) - 1
    backups: list[subprocess.Popen[bytes]] = []

    def in_its_midst(number: int) -> None:
        if number == last // 4:
            arguments = ("backup", "--config", str(configured(tmp_path)), "--into", str(copy))
            backups.append(wheelsdown(*arguments, log=tmp_path / "backup.log"))
        if number == last - 10:
            (backup,) = backups
            assert backup.wait(WITHIN_S) == ExitCode.OK, (tmp_path / "backup.log").read_text()

    with MemoryLog(PARTITIONS) as log:
        undisturbed = go_on(log, MemoryState(), lambda _: None)
    assert '"JPN-KOR"' in undisturbed
    assert embedded(data, in_its_midst) == undisturbed

    assert [file.name for file in copy.iterdir()] == ["events.sqlite"]
    copied, whole = snapshots_in(copy), snapshots_in(data)
    assert whole // 4 <= copied < whole
    assert embedded(copy) == undisturbed
    assert snapshots_in(copy) == whole


def snapshots_in(folder: Path) -> int:
    with SqliteReader(folder / "events.sqlite") as log:
        return sum(log.ends(ADSB_SNAPSHOTS))


def write_ledger(folder: Path) -> sqlite3.Connection:
    """A file as the ledger is, as far as a backup looks."""
    ledger = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    ledger.execute("PRAGMA journal_mode = WAL")
    ledger.execute(f"PRAGMA application_id = {0x77646C67}")
    ledger.execute("CREATE TABLE sent (number INTEGER)")
    return ledger


def test_each_file_of_a_run_is_copied_as_it_was_at_one_moment(tmp_path: Path, data: Path) -> None:
    """Also what stands in a journal only; feeds.sqlite is left out while a run locks it."""
    with (
        SqliteLog(data / "events.sqlite", PARTITIONS) as log,
        closing(write_ledger(data)) as ledger,
    ):
        log.append([new("a")])
        ledger.execute("INSERT INTO sent VALUES (7)")
        with NewsMemory(data / "feeds.sqlite"):
            done = back_up(tmp_path, tmp_path / "one")
        assert done.exit_code == ExitCode.OK
        assert "left out" in done.output
        assert "feeds.sqlite, which the run holds" in done.output
        assert back_up(tmp_path, tmp_path / "two").exit_code == ExitCode.OK
        log.append([new("b")])
        ledger.execute("INSERT INTO sent VALUES (8)")
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == ["events.sqlite", "ledger.sqlite"]
    assert {file.name for file in (tmp_path / "two").iterdir()} == {*names, "feeds.sqlite"}
    with SqliteLog(tmp_path / "one" / "events.sqlite", PARTITIONS) as log:
        assert list(log.ends(NEWS_ENTRIES)) == [1]
    with closing(sqlite3.connect(tmp_path / "one" / "ledger.sqlite")) as copy:
        assert copy.execute("SELECT number FROM sent").fetchall() == [(7,)]
    NewsMemory(tmp_path / "two" / "feeds.sqlite").close()


def test_on_kafka_the_files_of_the_data_folder_are_copied(tmp_path: Path, data: Path) -> None:
    SqliteLog(data / "events.sqlite", PARTITIONS).close()  # of an embedded run, before
    write_ledger(data).close()
    kafka = 'kind = "kafka"\n[kafka]\nbootstrap = ["127.0.0.1:1"]'
    assert back_up(tmp_path, tmp_path / "copy", kafka).exit_code == ExitCode.OK
    assert [file.name for file in (tmp_path / "copy").iterdir()] == ["ledger.sqlite"]


def test_what_can_not_be_copied_whole_leaves_nothing_behind(tmp_path: Path, data: Path) -> None:
    def refused(into: Path, code: ExitCode) -> str:
        before = sorted(tmp_path.rglob("*"))
        done = back_up(tmp_path, into)
        assert done.exit_code == code
        assert sorted(tmp_path.rglob("*")) == before
        return done.output

    back_up(tmp_path, tmp_path / "copy")
    assert "nothing to back up" in refused(tmp_path / "copy", ExitCode.USAGE)
    with SqliteLog(data / "events.sqlite", PARTITIONS) as log:
        log.append(new(f"{number}", value=b"x" * 2_000) for number in range(60))
    (tmp_path / "file").touch()
    assert "name another folder" in refused(tmp_path / "file" / "copy", ExitCode.USAGE)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "events.sqlite").write_text("an older backup")
    assert "name a new folder" in refused(tmp_path / "used", ExitCode.USAGE)

    (data / "ledger.sqlite").write_bytes((data / "events.sqlite").read_bytes())
    with closing(sqlite3.connect(data / "ledger.sqlite")) as other:
        other.execute("PRAGMA application_id = 7")
    assert "is no file of a run" in refused(tmp_path / "copy", ExitCode.FAILED)
    (data / "ledger.sqlite").unlink()
    whole = bytearray((data / "events.sqlite").read_bytes())
    for start in range(3 * 4096, len(whole), 4096):
        whole[start : start + 100] = b"\xff" * 100
    (data / "events.sqlite").write_bytes(whole)
    assert "data/events.sqlite is damaged" in refused(tmp_path / "copy", ExitCode.FAILED)
