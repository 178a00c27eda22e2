"""The three equalities of docs/architecture.md, for scenarios: hosts, logs and crashes change
nothing that is found.

``make test`` takes two scenarios, ``make parity`` all.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from fakes.faust_worker import FaustWorker
from fakes.kafka_broker import KafkaBroker
from fakes.processes import launched
from fakes.scenario_runs import (
    ROUTE,
    found_embedded,
    found_in_memory,
    produced_of,
    reference_of,
    stages_of,
)

from cli.demo.scenario_file import scenario_names
from cli.outputs import COLLECTED, Outputs, canonical
from cli.recording import RecordingReader, RecordingWriter
from cli.replay import replay
from pipeline.inline_host import InlineHost
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog, NewMessage
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.eventlog.state import MemoryState
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Record
from wheelsdown.records.topics import (
    ADSB_SNAPSHOTS,
    CASES_EVENTS,
    DISPATCH_EVENTS,
    NEWS_ENTRIES,
    Topic,
)
from wheelsdown.records.visits import Mention
from wheelsdown.stage import Stage

ALL = os.environ.get("WHEELSDOWN_SCENARIOS") == "all"
SCENARIOS = scenario_names() if ALL else ["seoul-observed", "two-visits"]
CRASHED = SCENARIOS if ALL else SCENARIOS[:1]
#: Stage inputs, upstream before downstream.
INPUTS = (ADSB_SNAPSHOTS, NEWS_ENTRIES, CASES_EVENTS, DISPATCH_EVENTS)
PARTITIONS = 2
WITHIN_S = 600.0 if ALL else 100.0


@pytest.mark.parametrize("name", SCENARIOS)
def test_partitions_change_nothing(name: str) -> None:
    found = found_in_memory(name, 1)
    assert found_in_memory(name, 4) == found
    assert found_in_memory(name, 12) == found


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_embedded_run_finds_the_same(name: str, tmp_path: Path) -> None:
    assert found_embedded(name, PARTITIONS, tmp_path) == found_in_memory(name, 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_replay_of_the_recording_finds_the_same(name: str, tmp_path: Path) -> None:
    with RecordingWriter(tmp_path) as writer:
        for topic, record in produced_of(name, 1):
            writer.add(topic, record)
    reader = RecordingReader(tmp_path)
    found = replay(reader, reference_of(name), route=ROUTE, clock=SystemClock(), partitions=1)
    assert not reader.dropped
    assert canonical(found) == found_in_memory(name, 1)


@pytest.mark.parametrize("name", CRASHED)
def test_an_embedded_run_that_is_killed_and_started_again_finds_the_same(
    name: str, tmp_path: Path
) -> None:
    script = Path(__file__).parents[1] / "fakes" / "embedded_run.py"
    command = [*launched(), sys.executable, str(script), name]
    kills = 0
    while True:
        with subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            for moments, _ in enumerate(run.stdout):  # a line after each that is worked through
                if kills < 3 and moments > 300:
                    run.kill()
                    kills += 1
                    break
        if run.wait() == 0:
            break
        assert run.returncode == -9
    assert kills == 3
    assert (tmp_path / "found.json").read_text() == found_in_memory(name, 1)


@pytest.mark.kafka
@pytest.mark.timeout(WITHIN_S + 60)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_on_kafka_finds_the_same(name: str, kafka: str, tmp_path: Path) -> None:
    with (
        FaustWorker(
            tmp_path, kafka, prefix=f"{uuid4().hex}.", partitions=PARTITIONS, scenario=name
        ) as worker,
        worker.open_log() as log,
    ):
        log.create_topics(1)
        worker.start()
        append_all(name, log)
        worker.wait_until_all_is_read(log, INPUTS, WITHIN_S)
        assert found_on(log) == found_in_memory(name, 1)
        assert worker.stop() == 0
        for stage in stages_of(name, log):
            check_stage_inline(name, stage, log)


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_drops_sockets")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.timeout(WITHIN_S + 60)
@pytest.mark.parametrize("name", CRASHED)
def test_a_run_on_kafka_with_worker_and_broker_killed_finds_the_same(
    name: str, own_kafka: KafkaBroker, tmp_path: Path
) -> None:
    with (
        FaustWorker(
            tmp_path, own_kafka.bootstrap, prefix="t.", partitions=PARTITIONS, scenario=name
        ) as worker,
        worker.open_log() as log,
    ):
        log.create_topics(1)
        append_all(name, log)
        events = sum(log.ends(ADSB_SNAPSHOTS)) * PARTITIONS
        worker.start()
        wait_for_events(worker, log, events // 4)
        worker.kill()
        worker.start()
        wait_for_events(worker, log, events // 2)
        own_kafka.kill()
        own_kafka.start()
        worker.wait_until_all_is_read(log, INPUTS, WITHIN_S, restarts=3)
        assert found_on(log) == found_in_memory(name, 1)


def append_all(name: str, log: EventLog) -> None:
    messages = [
        message
        for topic, record in produced_of(name, PARTITIONS)
        for message in messages_for(topic, record, log.partitions(topic))
    ]
    for start in range(0, len(messages), 500):
        log.append(messages[start : start + 500])


def wait_for_events(worker: FaustWorker, log: KafkaLog, count: int) -> None:
    """Until the stages have published so many records for the case files."""
    deadline = time.monotonic() + WITHIN_S
    while sum(log.ends(CASES_EVENTS)) < count:
        assert worker.ended() is None, worker.log_end()
        assert time.monotonic() < deadline, worker.log_end()
        time.sleep(0.05)


def found_on(log: KafkaLog) -> str:
    outputs = Outputs(log)
    left = sum(sum(log.ends(topic)) for topic in COLLECTED)
    deadline = time.monotonic() + 30.0
    while left > 0:
        left -= outputs.collect(timeout_s=0.5)
        assert time.monotonic() < deadline
    outputs.close()
    return canonical(outputs)


def check_stage_inline(name: str, stage: Stage, log: KafkaLog) -> None:
    """The stage's input as Kafka has it gives, inline, what Kafka has of its outputs, by key."""
    with MemoryLog(PARTITIONS) as inline:
        inline.append(
            NewMessage(stage.input, message.partition, message.key, message.value, message.headers)
            for message in captured(log, stage.input)
        )
        InlineHost(inline, MemoryState(), [stage], SystemClock()).drain()
        for topic in stage.outputs:
            here, there = (said(stage, topic, one) for one in (inline, log))
            assert here == there, f"{stage.name} says other things on {topic.name}"


def captured(log: EventLog, topic: Topic) -> Iterator[NewMessage]:
    left = sum(log.ends(topic))
    consumer = log.consumer(f"captured-{topic.name}", [topic])
    while left > 0:
        messages = consumer.poll(limit=1_000, timeout_s=10.0)
        assert messages
        left -= len(messages)
        for one in messages:
            yield NewMessage(topic, one.partition, one.key, one.value, one.headers)
    consumer.close()


def said(stage: Stage, topic: Topic, log: EventLog) -> dict[tuple[int, str, str], list[Record]]:
    """What a stage has said to each partition of a topic, by key and subject, in order.

    Subjects of one key may come from several partitions of the input, which have no order.
    """
    found = defaultdict(list)
    for message in captured(log, topic):
        record = topic.decode(message.value)
        if _author(record) in {stage.name, None}:
            found[message.partition, message.key, _subject(record)].append(record)
    return dict(found)


def _subject(record: Record) -> str:
    match record:
        case Stay():
            return record.stay_id
        case Mention() | FlightReport():
            return record.evidence.entry_id
        case _:
            return ""


def _author(record: Record) -> str | None:
    """Whose record it is, of those that several stages write to one topic."""
    match record:
        case Progress():
            return record.reader
        case Stay():
            return "journeys"
        case Mention() | FlightReport():
            return "visits"
        case _:
            return None


def test_two_scenarios_at_least_are_compared() -> None:
    names: Sequence[str] = SCENARIOS
    assert len(names) >= 2
    assert set(names) <= set(scenario_names())
