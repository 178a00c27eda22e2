"""A Faust worker that counts what it applies.

``faust_kill_worker.py ours|plain BOOTSTRAP FOLDER GROUP [SESSION_S]``: ``ours`` is the project's
host with a stage that counts; ``plain`` is Faust alone with a table, as its documentation shows it.
Both note in the table which numbers they have applied and which came again, and publish a record
for each.
"""

import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any

import faust
import msgspec

from pipeline.faust_host import FaustHost, FaustOptions
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.records.news import Entry
from wheelsdown.records.record import Record
from wheelsdown.records.topics import CASES_EVENTS, NEWS_ENTRIES, Topic
from wheelsdown.records.visits import Evidence, Mention
from wheelsdown.stage import Cells, Output, Position, Step

PARTITIONS = 4
#: Short, so that a kill costs seconds; plain Faust has the same.
SESSION_S = 4.0
COUNT = "count"


class Counted(msgspec.Struct):
    """The numbers that were applied to a partition.

    ``runs`` are first and last of each unbroken run, in order; ``again`` counts the numbers that
    came when they were in it already. So what is left out can't be made up for by what is doubled.
    """

    runs: list[tuple[int, int]] = []
    again: int = 0

    def take(self, number: int) -> "Counted":
        """With this number, the partition's so-manyth."""
        at = bisect_right(self.runs, (number, number))
        if any(first <= number <= last for first, last in self.runs[max(0, at - 1) : at + 1]):
            return Counted(self.runs, self.again + 1)
        first = last = number
        before, after = self.runs[:at], self.runs[at:]
        if before and before[-1][1] == number - 1:
            first = before.pop()[0]
        if after and after[0][0] == number + 1:
            last = after.pop(0)[1]
        return Counted([*before, (first, last), *after], self.again)

    def applied(self) -> int:
        """How many numbers were applied, each counted once."""
        return sum(last - first + 1 for first, last in self.runs)


def mention_of(entry: Entry) -> Mention:
    """What is published of an entry; its id is the entry's number."""
    return Mention(
        record_id=entry.record_id,
        occurred_at=entry.occurred_at,
        observed_at=entry.observed_at,
        pair="PRK-RUS",
        visitor="RUS",
        host="PRK",
        official=None,
        office=None,
        status="ongoing",
        start=None,
        end=None,
        background=False,
        why=(),
        evidence=Evidence(
            entry_id=entry.entry_id,
            feed=entry.feed,
            title=entry.title,
            link=None,
            published_at=entry.occurred_at,
            content_hash="",
        ),
    )


class CountingStage:
    """Counts entries, whose title is their number, and publishes something of each.

    It does not look whether it is given one twice: that is what it shows.
    """

    name = "counting"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = (CASES_EVENTS,)
    cell_type: Any = Counted

    def step(self, cells: Cells, record: Record, position: Position) -> Step:  # noqa: ARG002
        """Count one record."""
        assert isinstance(record, Entry)
        after = (cells.get(COUNT) or Counted()).take(int(record.title) // PARTITIONS)
        return Step({COUNT: after}, (Output(CASES_EVENTS, mention_of(record)),))


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
    sink = app.topic(
        f"{group}.{CASES_EVENTS.name}", key_type=bytes, value_type=bytes, partitions=PARTITIONS
    )
    decoder = msgspec.json.Decoder(Counted)
    encoder = msgspec.json.Encoder()

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            record = NEWS_ENTRIES.decode(event.message.value)
            assert isinstance(record, Entry)
            key = f"{event.message.partition}/{COUNT}".encode()
            known = table.get(key)
            cell = decoder.decode(known) if known else Counted()
            mention = mention_of(record)
            await sink.send(key=mention.pair.encode(), value=CASES_EVENTS.encode(mention))
            table[key] = encoder.encode(cell.take(int(record.title) // PARTITIONS))

    app.agent(source, name="counting")(agent)
    faust.Worker(app, loglevel="WARNING", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    configure_logging(style="console", clock=SystemClock(), stream=sys.stderr, level="warning")
    kind, address, data, name, *session = sys.argv[1:]
    session_s = float(session[0]) if session else SESSION_S
    {"ours": ours, "plain": plain}[kind](address, Path(data), name, session_s)
