"""Killed while an aircraft is not heard: its landing is concluded as if nobody had died.

What the journeys stage says in an undisturbed run tells when the aircraft was heard last and when
its landing is concluded; whoever waits for that is killed in between. On Kafka ``make test`` kills
once, ``make parity`` at all places: each new worker takes ten seconds.
"""

import functools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from fakes.faust_worker import FaustWorker
from fakes.processes import launched
from fakes.scenario_runs import produced_of, run_inline, stages_of
from fakes.stage_run import StageRun

from cli.outputs import COLLECTED, Outputs, canonical
from wheelsdown.crash_points import VARIABLE
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog, Message, NewMessage, Reader
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.eventlog.state import MemoryState, SqliteState
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import Stay
from wheelsdown.records.record import Record
from wheelsdown.records.topics import (
    ADSB_SNAPSHOTS,
    CASES_EVENTS,
    DISPATCH_EVENTS,
    FLIGHTS_JOURNEYS,
    NEWS_ENTRIES,
    Topic,
)

ALL = os.environ.get("WHEELSDOWN_SCENARIOS") == "all"
FAKES = Path(__file__).parents[1] / "fakes"
SCENARIO = str(FAKES / "radio_hole.toml")
AIRCRAFT = "15521f"
#: As many as the embedded run has.
PARTITIONS = 2
INPUTS = (ADSB_SNAPSHOTS, NEWS_ENTRIES, CASES_EVENTS, DISPATCH_EVENTS)
WITHIN_S = 60.0
#: Faust itself fails now and then when it has just been started; a supervisor starts it again.
RESTARTS = 2
KILLED = -9


class Hole(NamedTuple):
    """Places among the records that are produced, each of a snapshot of the aircraft's shard."""

    last_heard: int
    middle: int
    before_due: int
    due: int


@functools.cache
def hole() -> Hole:
    """When contact is lost, and when the stage says that the aircraft has probably landed."""
    with MemoryLog(PARTITIONS) as log:
        (stage,) = (one for one in stages_of(SCENARIO, log) if one.input is ADSB_SNAPSHOTS)
    run = StageRun(stage)
    looks: list[int] = []
    last_heard = 0
    for place, (_, record) in enumerate(produced_of(SCENARIO, PARTITIONS)):
        if not isinstance(record, Snapshot) or record.shard != int(AIRCRAFT, 16) % PARTITIONS:
            continue
        if any(one.icao24 == AIRCRAFT for one in record.candidates):
            last_heard = len(looks)
        looks.append(place)
        stays = [one for one in run.take(record) if isinstance(one, Stay)]
        if stays:
            assert [one.arrival.certainty for one in stays] == ["probable"]
            due = len(looks) - 1
            middle = (last_heard + due) // 2
            assert last_heard + 5 < middle < due - 5
            return Hole(looks[last_heard], looks[middle], looks[due - 1], looks[due])
    raise AssertionError("no landing was concluded")


class Said(NamedTuple):
    """What is said of the aircraft, record after record, and what was found in the end.

    ``repeated`` are the ids of records that came twice.
    """

    stays: tuple[Record, ...]
    flights: tuple[Record, ...]
    found: str
    repeated: frozenset[str]


def said(log: Reader) -> Said:
    """All that stands on the log; a record that came twice must be the same each time."""
    stays, again = _distinct(log, CASES_EVENTS, Stay)
    flights, more = _distinct(log, FLIGHTS_JOURNEYS, Record)
    with MemoryLog(PARTITIONS) as copy:
        outputs = Outputs(copy)
        for one in (one for topic in COLLECTED for one in _messages(log, topic)):
            copy.append([NewMessage(one.topic, one.partition, one.key, one.value)])
        outputs.collect()
    return Said(stays, flights, canonical(outputs), again | more)


def _distinct(
    log: Reader, topic: Topic, kind: type[Record]
) -> tuple[tuple[Record, ...], frozenset[str]]:
    """There is one aircraft, so all of them are in one partition, in order."""
    found: dict[str, Record] = {}
    repeated = set()
    for record in (topic.decode(message.value) for message in _messages(log, topic)):
        if not isinstance(record, kind):
            continue
        if record.record_id in found:
            assert found[record.record_id] == record
            repeated.add(record.record_id)
        found.setdefault(record.record_id, record)
    return tuple(found.values()), frozenset(repeated)


def _messages(log: Reader, topic: Topic) -> Iterator[Message]:
    for partition in range(log.partitions(topic)):
        offset = 0
        while messages := log.read(topic, partition, offset, 1_000):
            yield from messages
            offset = messages[-1].offset + 1


@functools.cache
def undisturbed() -> Said:
    with MemoryLog(PARTITIONS) as log:
        run_inline(SCENARIO, produced_of(SCENARIO, PARTITIONS), log, MemoryState())
        return said(log)


def test_undisturbed_the_landing_is_concluded_once_and_the_aircraft_comes_home() -> None:
    stays = [one for one in undisturbed().stays if isinstance(one, Stay)]
    assert [one.status for one in stays] == ["arrived", "left", "returned"]
    assert {(one.host, one.arrival.certainty) for one in stays} == {("PRK", "probable")}
    assert len({(one.stay_id, one.journey_id) for one in stays}) == 1
    revisions = [one.revision for one in stays]
    assert revisions == sorted(set(revisions))
    assert undisturbed().repeated == frozenset()


def test_embedded_four_deaths_in_a_radio_hole_change_nothing_that_is_said(tmp_path: Path) -> None:
    """When the last contact has been applied, in the middle, right before the landing is due, and
    when the landing is published but not remembered."""
    at = hole()
    looks = 0
    for place in (at.last_heard, at.middle, at.before_due):
        more = looks_from(looks, place)
        assert embedded(tmp_path, dies_at=f"journeys.written:{more}") == KILLED
        looks += more
        assert applied(tmp_path) == looks
        with SqliteReader(tmp_path / "events.sqlite") as log:
            assert said(log).stays == ()
    more = looks_from(looks, at.due)
    assert embedded(tmp_path, dies_at=f"journeys.published:{more}") == KILLED
    assert applied(tmp_path) == looks + more - 1
    with SqliteReader(tmp_path / "events.sqlite") as log:
        assert said(log).stays == undisturbed().stays[:1]

    assert embedded(tmp_path) == 0
    with SqliteReader(tmp_path / "events.sqlite") as log:
        told = said(log)
    assert told[:3] == undisturbed()[:3]
    # The step that died half-way was taken again; it said the same, under the same ids.
    assert told.stays[0].record_id in told.repeated
    assert not told.repeated & {one.record_id for one in told.stays[1:]}


def looks_from(looks: int, place: int) -> int:
    """How many snapshots there are up to this place, after the first ``looks``."""
    produced = produced_of(SCENARIO, PARTITIONS)[: place + 1]
    return sum(topic is ADSB_SNAPSHOTS for topic, _ in produced) - looks


def embedded(folder: Path, *, dies_at: str = "") -> int:
    """Run until it is through or dies; its exit code."""
    command = [*launched(), sys.executable, str(FAKES / "embedded_run.py"), SCENARIO, str(folder)]
    environment = os.environ | ({VARIABLE: dies_at} if dies_at else {})
    return subprocess.run(
        command, stdout=subprocess.DEVNULL, env=environment, timeout=WITHIN_S, check=False
    ).returncode


def applied(folder: Path) -> int:
    """How many snapshots the journeys stage remembers."""
    with SqliteState(folder / "events.sqlite") as state:
        positions = [state.position("journeys", number) for number in range(PARTITIONS)]
    return sum(position + 1 for position in positions if position is not None)


@pytest.mark.kafka
@pytest.mark.timeout(240 if ALL else 120)
def test_kafka_deaths_in_a_radio_hole_change_nothing_that_is_said(
    kafka: str, tmp_path: Path
) -> None:
    """In the middle; with ``make parity`` also when the last contact has been applied, right before
    the landing is due, and when the landing is published but not remembered."""
    at = hole()
    produced = produced_of(SCENARIO, PARTITIONS)
    places = (at.last_heard + 1, at.middle + 1, at.due) if ALL else (at.middle + 1,)
    prefix = f"{uuid4().hex}."
    with (
        FaustWorker(
            tmp_path, kafka, prefix=prefix, partitions=PARTITIONS, scenario=SCENARIO
        ) as worker,
        worker.open_log() as log,
    ):
        log.create_topics(1)
        fed = 0
        for place in places:
            worker.start()
            feed(log, produced[fed:place])
            worker.wait_until_all_is_read(log, INPUTS, WITHIN_S, restarts=RESTARTS)
            worker.kill()
            worker.mourn()
            fed = place
            assert said(log).stays == ()
        if ALL:
            feed(log, produced[at.due : at.due + 1])
            die_at("journeys.published", worker)
            worker.mourn()
            fed = at.due + 1
            assert said(log).stays == undisturbed().stays[:1]

        worker.start()
        feed(log, produced[fed:])
        worker.wait_until_all_is_read(log, INPUTS, WITHIN_S, restarts=RESTARTS)
        told = said(log)
        assert worker.stop() == 0
    assert told[:3] == undisturbed()[:3]
    assert told.stays[0].record_id in told.repeated or not ALL


def feed(log: EventLog, produced: Sequence[tuple[Topic, Record]]) -> None:
    log.append(
        message
        for topic, record in produced
        for message in messages_for(topic, record, log.partitions(topic))
    )


def die_at(point: str, worker: FaustWorker) -> None:
    """Start it until it has died there."""
    deadline = time.monotonic() + WITHIN_S
    for _ in range(1 + RESTARTS):
        worker.start(dies_at=point)
        while worker.ended() is None:
            assert time.monotonic() < deadline, worker.log_end()
            time.sleep(0.05)
        if worker.ended() == KILLED:
            return
    raise AssertionError(f"it ended with {worker.ended()}:\n{worker.log_end()}")
