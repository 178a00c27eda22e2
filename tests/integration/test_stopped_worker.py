"""A Faust worker that stands still while another takes its share over, and that then goes on.

Before that it is given a record that no one can read.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.kafka_broker import KafkaBroker
from fakes.logs import PARTITIONS, kafka_log
from fakes.processes import launched
from kafka import KafkaConsumer, TopicPartition

from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.port import EventLog, NewMessage
from wheelsdown.records.dead_letters import DeadLetter
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import DEAD_LETTERS, NEWS_ENTRIES

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(4 * 90)]

ROOT = Path(__file__).resolve().parents[2]
GROUP = "stopped"
SESSION_S = 4.0
WITHIN_S = 90.0
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
    """What the workers' changelog says: how many numbers were applied, and how many came again."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer: Any = consumer
        self._counts: dict[int, tuple[int, int]] = {}
        self._places = [
            TopicPartition(f"{GROUP}-counting-cells-changelog", n) for n in range(PARTITIONS)
        ]

    def now(self) -> tuple[int, int]:
        if not self._consumer.assignment():
            if self._places[0].topic not in self._consumer.topics():
                return 0, 0  # the first worker makes it
            self._consumer.assign(self._places)
            self._consumer.seek_to_beginning(*self._places)
        for records in self._consumer.poll(timeout_ms=100).values():
            for record in records:
                partition, _, name = record.key.decode().partition("/")
                if name == "count":
                    cell = msgspec.json.decode(record.value)
                    applied = sum(last - first + 1 for first, last in cell["runs"])
                    self._counts[int(partition)] = (applied, cell["again"])
        return sum(n for n, _ in self._counts.values()), sum(a for _, a in self._counts.values())

    def until(self, count: int, workers: Sequence[subprocess.Popen[bytes]], folder: Path) -> None:
        deadline = time.monotonic() + WITHIN_S
        while (found := self.now())[0] < count:
            said = "\n".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
            assert not any(one.poll() is not None for one in workers), said
            assert time.monotonic() < deadline, f"{found} instead of {count}:\n{said}"
            time.sleep(0.1)


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
        send(log, range(200))
        log.append([NewMessage(NEWS_ENTRIES, 0, "broken", b"{")])
        send(log, range(200, 400))
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
        assert counted.now() == (2400, 0)
        letters = dead_letters(log)
    assert [(letter.partition, letter.offset, letter.value) for letter in letters] == [
        (0, 200 // PARTITIONS, b"{")
    ]


def dead_letters(log: EventLog) -> list[DeadLetter]:
    found = []
    for partition, end in enumerate(log.ends(DEAD_LETTERS)):
        for message in log.read(DEAD_LETTERS, partition, 0, limit=max(1, end)):
            letter = DEAD_LETTERS.decode(message.value)
            assert isinstance(letter, DeadLetter)
            found.append(letter)
    return found
