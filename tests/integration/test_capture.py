"""``capture``: what a live log holds becomes a recording that says what the live run said."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fakes.logs import kafka_log
from fakes.scenario_runs import ROUTE, Produced, found_in_memory, produced_of, reference_of
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.capture import OUTAGE_S, Captured, Span, copy_inputs
from cli.compose import reference
from cli.demo.produce import write_fleet
from cli.demo.scenario_file import load_scenario
from cli.main import app
from cli.outputs import canonical
from cli.recording import RecordingReader, RecordingWriter
from cli.replay import replay
from producers.news.item import entry_of
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog, Message, NewMessage, UnavailableError
from wheelsdown.eventlog.publish import messages_for, publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, NEWS_ENTRIES, Topic
from wheelsdown.reference.fleet import load_fleet

AT = datetime(2023, 7, 31, 12, tzinfo=UTC)
SCENARIO = "seoul-observed"
PARTITIONS = 4


def wheelsdown(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def configured(folder: Path, log: str = f"partitions = {PARTITIONS}", fleet: str = "") -> Path:
    file = folder / "wheelsdown.toml"
    file.write_text(f'[log]\n{log}\n[data]\nfolder = "data"\n{fleet}')
    (folder / "data").mkdir(exist_ok=True)
    return file


@contextmanager
def live_log(folder: Path) -> Iterator[SqliteLog]:
    with SqliteLog(folder / "data" / "events.sqlite", PARTITIONS) as log:
        yield log


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


def held(recording: Path) -> list[tuple[Topic, Record]]:
    """All that the recording holds; nothing of it is dropped when it is read."""
    reader = RecordingReader(recording)
    found = [item for day in reader.days() for item in reader.records(day)]
    assert not reader.dropped
    return found


def titles(recording: Path) -> list[str]:
    return [record.title for _, record in held(recording) if isinstance(record, Entry)]


def append_all(log: EventLog, produced: Produced) -> None:
    messages = [
        message
        for topic, record in produced
        for message in messages_for(topic, record, log.partitions(topic))
    ]
    for start in range(0, len(messages), 500):
        log.append(messages[start : start + 500])


def identity(item: tuple[Topic, Record]) -> tuple[str, str]:
    return item[0].name, item[1].record_id


def test_a_replay_of_what_was_captured_from_a_log_in_use_finds_what_the_live_run_found(
    tmp_path: Path,
) -> None:
    """Also with the fleet of the run, whose file is gone when it is replayed."""
    write_fleet(load_scenario(SCENARIO), tmp_path / "fleet.csv")
    config = configured(tmp_path, fleet='[fleet]\nfiles = ["fleet.csv"]\n')
    produced = produced_of(SCENARIO, PARTITIONS)
    with live_log(tmp_path) as log:
        append_all(log, produced)
        done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r")
    assert done.exit_code == ExitCode.OK, done.output
    (tmp_path / "fleet.csv").unlink()
    assert sorted(held(tmp_path / "r"), key=identity) == sorted(produced, key=identity)

    reader = RecordingReader(tmp_path / "r")
    fleet = load_fleet(reader.fleet_files())
    assert reader.fleet_version == fleet.version == reference_of(SCENARIO).register.version
    found = replay(reader, reference(fleet), route=ROUTE, clock=SystemClock())
    assert canonical(found) == found_in_memory(SCENARIO, PARTITIONS)
    assert found.incidents


@pytest.mark.kafka
def test_a_replay_of_what_was_captured_from_kafka_finds_what_the_live_run_found(
    kafka: str, tmp_path: Path
) -> None:
    prefix, partitions = f"t{uuid4().hex[:12]}.", 2
    produced = produced_of(SCENARIO, partitions)
    with kafka_log(kafka, prefix, partitions) as log:
        log.create_topics(replication=1)
        append_all(log, produced)
    config = configured(
        tmp_path,
        f'kind = "kafka"\npartitions = {partitions}\ntopic_prefix = "{prefix}"\n'
        f'[kafka]\nbootstrap = ["{kafka}"]',
    )
    done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r")
    assert done.exit_code == ExitCode.OK, done.output
    assert sorted(held(tmp_path / "r"), key=identity) == sorted(produced, key=identity)
    reader = RecordingReader(tmp_path / "r")
    found = replay(reader, reference_of(SCENARIO), route=ROUTE, clock=SystemClock())
    assert canonical(found) == found_in_memory(SCENARIO, PARTITIONS)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2023-07-31T13:00", None, ["b", "c", "d"]),
        ("2023-07-31T15:00+02:00", None, ["b", "c", "d"]),
        (None, "2023-08-01", ["a", "b"]),
        ("2023-08-01", "2023-08-02", ["c"]),
        ("2023-07-31T13:00Z", "2023-08-01T00:00:01Z", ["b", "c"]),
    ],
)
def test_a_span_is_by_the_time_of_observation_in_utc_and_without_its_end(
    since: str | None, until: str | None, expected: Sequence[str], tmp_path: Path
) -> None:
    config = configured(tmp_path)
    given = [*(("--since", since) if since else ()), *(("--until", until) if until else ())]
    with live_log(tmp_path) as log:
        entries = [entry("d", 36), entry("a"), entry("c", 12), entry("b", 1)]
        publish(log, NEWS_ENTRIES, entries)
        done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r", *given)
    assert done.exit_code == ExitCode.OK, done.output
    assert titles(tmp_path / "r") == expected
    assert f"{4 - len(expected)} outside the span" in done.output


def test_what_can_not_be_read_is_counted_and_costs_nothing_else(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with live_log(tmp_path) as log:
        for number in range(12):
            publish(log, NEWS_ENTRIES, [entry(f"{number}", number / 60)])
            log.append([NewMessage(NEWS_ENTRIES, number % 4, "x", b"\xff no record")])
        log.append([NewMessage(ADSB_SNAPSHOTS, 0, "x", NEWS_ENTRIES.encode(entry("astray")))])
        done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r")
    assert done.exit_code == ExitCode.OK
    assert titles(tmp_path / "r") == [f"{number}" for number in range(12)]
    assert "dropped: 12 news.entries.v1: bad_record" in done.output
    assert "dropped: 1 adsb.snapshots.v1: bad_record" in done.output
    (note,) = RecordingReader(tmp_path / "r").manifest["imports"]
    assert sum(note["dropped"].values()) == 13


def test_what_was_told_to_each_partition_is_recorded_once(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with live_log(tmp_path) as log:
        for minute in range(5):
            at = AT + timedelta(minutes=minute)
            publish(
                log,
                NEWS_ENTRIES,
                [progress("news", part=0, parts=1, up_to=at, observed_at=at)],
            )
        assert list(log.ends(NEWS_ENTRIES)) == [5] * PARTITIONS
        for _ in range(2):  # captured twice it says the same, and what stands there twice is known
            done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r")
            assert done.exit_code == ExitCode.OK
            assert "5 records of news.entries.v1" in done.output
    reader = RecordingReader(tmp_path / "r")
    assert len(list(reader.records("2023-07-31"))) == 5
    assert reader.dropped == {"repeated": 5}


def test_the_fleet_of_the_last_capture_counts_and_another_one_is_told(tmp_path: Path) -> None:
    """Each file keeps its name and its place: where two know an aircraft, the last counts."""
    for folder, operator in (("one", "One"), ("two", "Two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.csv").write_text(f"icao24,operator\n3c4b26,{operator}\n")
    for files in (
        ["one/mine.csv"],
        ["two/mine.csv", "one/mine.csv"],
        ["one/mine.csv", "two/mine.csv"],
    ):
        config = configured(tmp_path, fleet=f"[fleet]\nfiles = {json.dumps(files)}\n")
        with live_log(tmp_path) as log:
            publish(log, NEWS_ENTRIES, [entry("a")])
            done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r")
            assert done.exit_code == ExitCode.OK, done.output
    kept = RecordingReader(tmp_path / "r").fleet_files()
    assert [file.read_text()[-4:-1] for file in kept] == ["One", "Two"]
    assert {file.name for file in kept} == {"mine.csv"}

    replayed = ("replay", tmp_path / "r", "--output", tmp_path / "found")
    assert "the fleet is not the one" not in wheelsdown(*replayed).output
    kept[1].unlink()
    assert "the fleet is not the one" in wheelsdown(*replayed).output


class Growing(MemoryLog):
    """A log to which something is appended whenever somebody reads."""

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        self.append([NewMessage(NEWS_ENTRIES, 0, "k", NEWS_ENTRIES.encode(entry("late")))])
        return super().read(topic, partition, offset, min(limit, 2))


def test_it_ends_where_the_log_ended_when_it_began(tmp_path: Path) -> None:
    with Growing(1) as log, RecordingWriter(tmp_path / "r") as writer:
        publish(log, NEWS_ENTRIES, [entry("a"), entry("b"), entry("c")])
        done = Captured()
        copy_inputs(log, writer, Span(), done)
    assert titles(tmp_path / "r") == ["a", "b", "c"]
    assert done.records == {NEWS_ENTRIES.name: 3}


class Hourly(SystemClock):
    """An hour later each time that it is asked."""

    def __init__(self) -> None:
        self._now = AT

    def now(self) -> datetime:
        self._now += timedelta(hours=1)
        return self._now


class Watched(SqliteLog):
    """Knows what was read of the news."""

    offsets: list[int]

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        found = super().read(topic, partition, offset, min(limit, 7))
        if topic is NEWS_ENTRIES:
            self.offsets += [one.offset for one in found]
        return found


def test_what_was_appended_long_before_the_span_is_not_read(tmp_path: Path) -> None:
    """One is observed by a clock that is ahead of the log's: appended before the span began."""
    told: list[tuple[str, int, int]] = []
    with Watched(tmp_path / "events.sqlite", 1, clock=Hourly()) as log:
        for hour in range(1, 51):  # the hour in which it is appended, too
            publish(log, NEWS_ENTRIES, [entry(f"{hour}", hour + (0.5 if hour == 40 else 0))])
        log.offsets = []
        done, since = Captured(), AT + timedelta(hours=40.2)
        with RecordingWriter(tmp_path / "r") as writer:
            copy_inputs(log, writer, Span(since), done, lambda *step: told.append(step))
    assert titles(tmp_path / "r") == [f"{hour}" for hour in range(40, 51)]
    assert log.offsets == list(range(39, 50))
    assert [step[1:] for step in told] == [(7, 11), (11, 11)]


class Away(MemoryLog):
    """Cannot be read so many times, again and again."""

    def __init__(self, times: int) -> None:
        super().__init__(1)
        self._times = self._left = times

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        if self._left:
            self._left -= 1
            raise UnavailableError("nobody there")
        self._left = self._times
        return super().read(topic, partition, offset, min(limit, 2))


def test_a_log_that_is_away_for_a_while_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    def capture(log: MemoryLog, into: Path, rests: list[float]) -> None:
        publish(log, NEWS_ENTRIES, [entry(name) for name in "abcde"])
        with RecordingWriter(into) as writer:
            copy_inputs(
                log,
                writer,
                Span(),
                Captured(),
                elapsed_s=lambda: sum(rests),
                rest=rests.append,
            )

    rests: list[float] = []
    with Away(20) as log, capture_logs() as logs:
        capture(log, tmp_path / "whole", rests)
    assert sorted(titles(tmp_path / "whole")) == list("abcde")
    assert sum(rests) > OUTAGE_S, "each absence has its own time"
    assert [line["event"] for line in logs] == ["capture_waits"] * 3

    rests = []
    with (
        Away(10_000) as log,
        capture_logs() as logs,
        pytest.raises(UnavailableError, match="nobody there"),
    ):
        capture(log, tmp_path / "part", rests)
    assert (len(logs), OUTAGE_S / 2 < sum(rests) <= OUTAGE_S) == (1, True)


def test_what_can_not_work_is_told_and_leaves_no_recording(tmp_path: Path) -> None:
    config = configured(tmp_path)

    def refused(*arguments: object) -> str:
        done = wheelsdown("capture", "--config", config, "--into", tmp_path / "r", *arguments)
        assert done.exit_code == ExitCode.USAGE
        assert not (tmp_path / "r").exists()
        return done.output

    assert "there is no file" in refused()
    with live_log(tmp_path) as log:
        assert "the log holds nothing that could be read" in refused()
        publish(log, NEWS_ENTRIES, [entry("a"), entry("b", 1)])
        assert "--since must be before" in refused("--since", "2023-08-02", "--until", "2023-08-02")
        assert "'yesterday' is no date or time" in refused("--since", "yesterday")
        told = refused("--since", "2024-01-01")
        assert "the log holds 2023-07-31T12:00:00+00:00 to 2023-07-31T13:00:00+00:00" in told
        (tmp_path / "file").touch()
        done = wheelsdown("capture", "--config", config, "--into", tmp_path / "file" / "r")
        assert (done.exit_code, "name another folder" in done.output) == (ExitCode.USAGE, True)
    configured(tmp_path, 'kind = "memory"')
    assert "keeps nothing" in refused()
