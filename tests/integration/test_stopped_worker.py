"""A Faust worker that stands still while another takes its share over, and that then goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.kafka_broker import KafkaBroker
from fakes.logs import PARTITIONS, kafka_log
from fakes.processes import launched
from kafka import KafkaConsumer, TopicPartition

from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.port import EventLog, NewMessage
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import NEWS_ENTRIES

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).resolve().parents[2]
GROUP = "stopped"
SESSION_S = 4.0
WITHIN_S = 60.0
AT = datetime(2026, 11, 25, tzinfo=UTC)

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start(own_kafka: KafkaBroker, tmp_path: Path) -> Iterator[Start]:
    """Starts the worker of bench/faust_kills.py, which counts records, under a name."""
    with ExitStack() as stack:

        def started(name: str) -> subprocess.Popen[bytes]:
            folder = tmp_path / name
            folder.mkdir()
            script = str(ROOT / "bench" / "faust_kill_worker.py")
            there = (own_kafka.bootstrap, str(folder), GROUP, str(SESSION_S))
            log = stack.enter_context((tmp_path / f"{name}.log").open("ab"))
            worker = subprocess.Popen(
                [*launched(), sys.executable, script, "ours", *there],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            stack.callback(worker.wait)
            stack.callback(worker.kill)
            return worker

        yield started


class Counted:
    """What the workers' changelog says: the number of records, and the sum of their numbers."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._counts: dict[int, tuple[int, int]] = {}
        places = [TopicPartition(f"{GROUP}-counting-cells-changelog", n) for n in range(PARTITIONS)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)

    def now(self) -> tuple[int, int]:
        for records in self._consumer.poll(timeout_ms=100).values():
            for record in records:
                partition, _, name = record.key.decode().partition("/")
                if name == "count":
                    cell = msgspec.json.decode(record.value)
                    self._counts[int(partition)] = (cell["count"], cell["total"])
        return sum(n for n, _ in self._counts.values()), sum(t for _, t in self._counts.values())

    def until(self, count: int, workers: Sequence[subprocess.Popen[bytes]], folder: Path) -> None:
        deadline = time.monotonic() + WITHIN_S
        while (found := self.now())[0] < count:
            said = "\n".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
            assert not any(one.poll() is not None for one in workers), said
            assert time.monotonic() < deadline, f"{found} instead of {count}:\n{said}"


def send(log: EventLog, numbers: range) -> None:
    messages = []
    for number in numbers:
        text = str(number)
        entry = Entry(
            record_id=text,
            occurred_at=AT,
            observed_at=AT,
            entry_id=text,
            feed="test",
            title=text,
            summary="",
            link=None,
            published_at=None,
            content_hash="",
        )
        value = NEWS_ENTRIES.encode(entry)
        messages.append(NewMessage(NEWS_ENTRIES, number % PARTITIONS, text, value))
    log.append(messages)


def test_it_leaves_when_it_wakes_and_every_record_is_counted_once(
    own_kafka: KafkaBroker, start: Start, tmp_path: Path
) -> None:
    consumer = KafkaConsumer(bootstrap_servers=own_kafka.bootstrap, group_id=None)
    with kafka_log(own_kafka.bootstrap, f"{GROUP}.") as log, closing(consumer):
        log.create_topics(replication=1)
        first = start("first")
        send(log, range(400))
        counted = Counted(consumer)
        counted.until(400, [first], tmp_path)
        send(log, range(400, 2000))  # it is in the midst of these
        first.send_signal(signal.SIGSTOP)
        second = start("second")
        counted.until(2000, [second], tmp_path)
        first.send_signal(signal.SIGCONT)
        assert first.wait(WITHIN_S) == ExitCode.STUCK
        assert "woke_up_late" in (tmp_path / "first.log").read_text()
        send(log, range(2000, 2400))
        counted.until(2400, [second], tmp_path)
        assert counted.now() == (2400, sum(range(2400)))
