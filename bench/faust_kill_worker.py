"""A Faust worker that counts what it applies.

``faust_kill_worker.py ours|plain BOOTSTRAP FOLDER GROUP [SESSION_S]``: ``ours`` is the project's
host with a stage that counts; ``plain`` is Faust alone with a table, as its documentation shows it.
Both count the records of a partition and add up their numbers, so that
one that is left out or applied twice shows in the table.
"""

import sys
from pathlib import Path
from typing import Any

import faust
import msgspec

from pipeline.faust_host import FaustHost, FaustOptions
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.records.news import Entry
from wheelsdown.records.record import Record
from wheelsdown.records.topics import NEWS_ENTRIES, Topic
from wheelsdown.stage import Cells, Position, Step

PARTITIONS = 4
#: Short, so that a kill costs seconds; plain Faust has the same.
SESSION_S = 6.0
COUNT = "count"


class Counted(msgspec.Struct, frozen=True):
    """How many records were applied, and the sum of their numbers."""

    applied: int
    count: int
    total: int


class CountingStage:
    """Counts entries; the number of an entry is its title."""

    name = "counting"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = ()
    cell_type: Any = Counted

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Count one record, once."""
        assert isinstance(record, Entry)
        cell = cells.get(COUNT) or Counted(applied=-1, count=0, total=0)
        if cell.applied >= position.offset:
            return Step(cells={})
        after = Counted(position.offset, cell.count + 1, cell.total + int(record.title))
        return Step(cells={COUNT: after})


def ours(bootstrap: str, folder: Path, group: str, session_s: float) -> None:
    """The project's host."""
    options = FaustOptions(
        connection=KafkaConnection(bootstrap=(bootstrap,)),
        group=group,
        topic_prefix=f"{group}.",
        replication=1,
        data_folder=folder,
        session_timeout_s=session_s,
    )
    FaustHost([CountingStage()], options, lambda _: PARTITIONS, SystemClock()).run()


def plain(bootstrap: str, folder: Path, group: str, session_s: float) -> None:
    """Faust alone, at least once, with the settings that the project's host has."""
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        autodiscover=False,
        datadir=folder,
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=session_s,
        broker_heartbeat_interval=session_s / 6,
        broker_request_timeout=session_s * 2,
        broker_rebalance_timeout=session_s * 2,
        broker_commit_interval=1.0,
        producer_acks=-1,
    )
    table = app.Table("counting-cells", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    source = app.topic(
        f"{group}.{NEWS_ENTRIES.name}", key_type=bytes, value_type=bytes, partitions=PARTITIONS
    )
    decoder = msgspec.json.Decoder(Counted)
    encoder = msgspec.json.Encoder()

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            record = NEWS_ENTRIES.decode(event.message.value)
            assert isinstance(record, Entry)
            key = f"{event.message.partition}/{COUNT}".encode()
            known = table.get(key)
            cell = decoder.decode(known) if known else Counted(-1, 0, 0)
            after = Counted(event.message.offset, cell.count + 1, cell.total + int(record.title))
            table[key] = encoder.encode(after)

    app.agent(source, name="counting")(agent)
    faust.Worker(app, loglevel="WARNING", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    kind, address, data, name, *session = sys.argv[1:]
    session_s = float(session[0]) if session else SESSION_S
    {"ours": ours, "plain": plain}[kind](address, Path(data), name, session_s)
