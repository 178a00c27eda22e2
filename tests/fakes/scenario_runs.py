"""A scenario's records through the graph on any log, and what came of them in canonical form."""

import asyncio
import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.compose import reference
from cli.demo.produce import fleet_of, produce
from cli.demo.scenario_file import load_scenario
from cli.outputs import Outputs, canonical
from pipeline import graph
from pipeline.graph import Reference
from pipeline.inline_host import InlineHost
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.state import MemoryState, SqliteState, StateStore
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic
from wheelsdown.stage import Stage

ROUTE = "default"
Produced = tuple[tuple[Topic, Record], ...]


@functools.cache
def produced_of(name: str, shards: int) -> Produced:
    """All that the producers publish of a shipped scenario, in order."""
    return tuple(asyncio.run(produce(load_scenario(name), shards=shards)))


@functools.cache
def reference_of(name: str) -> Reference:
    """What the rules know, with the aircraft of the scenario."""
    return reference(fleet_of(load_scenario(name)))


def stages_of(name: str, log: EventLog) -> list[Stage]:
    """The graph for a log."""
    return graph.build(reference_of(name), partitions=log.partitions, route=ROUTE)


def by_moment(produced: Produced) -> Iterator[Iterable[tuple[Topic, Record]]]:
    """What was published at one moment, together."""
    for _, together in itertools.groupby(produced, key=lambda item: item[1].observed_at):
        yield together


def run_inline(name: str, produced: Produced, log: EventLog, state: StateStore) -> str:
    """Publish moment after moment, each with the rules behind it, as an embedded run does."""
    host = InlineHost(log, state, stages_of(name, log), VirtualClock(load_scenario(name).start))
    outputs = Outputs(log)
    for together in by_moment(produced):
        for topic, record in together:
            publish(log, topic, [record])
        host.drain()
        outputs.collect()
    assert host.dead_letters == 0
    host.close()
    outputs.close()
    return canonical(outputs)


@functools.cache
def found_in_memory(name: str, partitions: int) -> str:
    """The undisturbed run that others are compared with."""
    with MemoryLog(partitions) as log:
        return run_inline(name, produced_of(name, partitions), log, MemoryState())


def found_embedded(name: str, partitions: int, folder: Path) -> str:
    """Over one SQLite file, as ``wheelsdown run`` does."""
    file = folder / "events.sqlite"
    with SqliteLog(file, partitions) as log, SqliteState(file) as state:
        return run_inline(name, produced_of(name, partitions), log, state)
