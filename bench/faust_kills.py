"""Records lost and doubled when Faust workers are killed: the project's host beside plain Faust.

``python bench/faust_kills.py KILLS [WORKERS]`` starts a broker, sends 300 records a second, kills
(SIGKILL) one of WORKERS at random moments and starts it again at once, KILLS times for each of the
two hosts, lets the rest be read, and compares what the tables count with what was sent.
"""

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.kafka_broker import running_broker
from fakes.processes import launched
from faust_kill_worker import COUNT, PARTITIONS, SESSION_S, Counted

from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import NEWS_ENTRIES

PER_S = 300
#: A kill falls at a random moment of this span after the last start.
LIVES_S = (SESSION_S + 1.0, SESSION_S + 6.0)
DRAINED_WITHIN_S = 120.0


class Trial(NamedTuple):
    """What one host did. ``off`` are partitions whose sum differs although the count does not."""

    host: str
    sent: int
    kills: int
    never: int
    twice: int
    off: int


class Sender(threading.Thread):
    """Sends numbered records, the same number of them to each partition, until it is stopped."""

    def __init__(self, log: KafkaLog) -> None:
        super().__init__(daemon=True)
        self.sent = [[0, 0] for _ in range(PARTITIONS)]
        self._log = log
        self._stopped = threading.Event()

    def run(self) -> None:
        """Send a batch ten times a second."""
        number = 0
        while not self._stopped.wait(0.1):
            batch = []
            for _ in range(PER_S // 10):
                partition = number % PARTITIONS
                batch.append(_message(number, partition))
                self.sent[partition][0] += 1
                self.sent[partition][1] += number
                number += 1
            self._log.append(batch)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        self.join()


def _message(number: int, partition: int) -> NewMessage:
    at = datetime.now(UTC)
    entry = Entry(
        record_id=str(number),
        occurred_at=at,
        observed_at=at,
        entry_id=str(number),
        feed="bench",
        title=str(number),
        summary="",
        link=None,
        published_at=None,
        content_hash="",
    )
    return NewMessage(NEWS_ENTRIES, partition, str(number), NEWS_ENTRIES.encode(entry))


class Worker:
    """A worker process that is killed and started again."""

    def __init__(self, host: str, bootstrap: str, folder: Path, group: str) -> None:
        folder.mkdir()
        self._log = folder / "worker.log"
        script = str(Path(__file__).with_name("faust_kill_worker.py"))
        self._command = [*launched(), sys.executable, script, host, bootstrap, str(folder), group]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        path = str(Path(__file__).resolve().parents[1])
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": path}
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def trial(host: str, bootstrap: str, folder: Path, kills: int, workers: int) -> Trial:
    """Kill and count."""
    dice = random.Random(20231)  # the same moments for both hosts
    group = f"kills-{host}-{workers}"
    log = KafkaLog(KafkaConnection(bootstrap=(bootstrap,)), PARTITIONS, prefix=f"{group}.")
    log.create_topics(1)
    sender = Sender(log)
    running = [
        Worker(host, bootstrap, folder / f"{group}-{number}", group) for number in range(workers)
    ]
    for one in running:
        one.start()
    sender.start()
    for _ in range(kills):
        time.sleep(dice.uniform(*LIVES_S))
        victim = dice.choice(running)
        victim.kill()
        victim.start()
    sender.stop()
    counted = _settled(bootstrap, f"{group}-counting-cells-changelog", sender.sent)
    for one in running:
        one.kill()
    log.close()
    pairs = list(zip(sender.sent, counted, strict=True))
    return Trial(
        host,
        sum(count for count, _ in sender.sent),
        kills,
        sum(max(0, sent[0] - found[0]) for sent, found in pairs),
        sum(max(0, found[0] - sent[0]) for sent, found in pairs),
        sum(sent[0] == found[0] and sent[1] != found[1] for sent, found in pairs),
    )


def _settled(bootstrap: str, changelog: str, sent: list[list[int]]) -> list[list[int]]:
    """What the table counts when all has been read, or when nothing moves any more."""
    deadline = time.monotonic() + DRAINED_WITHIN_S
    found: list[list[int]] = []
    while time.monotonic() < deadline:
        time.sleep(5.0)
        before, found = found, _counted(bootstrap, changelog)
        if found == before and (found == sent or time.monotonic() > deadline - 60.0):
            break
    return found


def _counted(bootstrap: str, changelog: str) -> list[list[int]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(changelog, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found = [[0, 0] for _ in range(PARTITIONS)]
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                partition, _, name = record.key.decode().partition("/")
                if name == COUNT and record.value:
                    cell = msgspec.json.decode(record.value, type=Counted)
                    found[int(partition)] = [cell.count, cell.total]
    consumer.close()
    return found


def main(kills: int, workers: int) -> None:
    """Both hosts, one after the other."""
    with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder) / "broker") as broker:
        for host in ("ours", "plain"):
            one = trial(host, broker.bootstrap, Path(folder), kills, workers)
            print(
                f"{one.host}: {one.sent} records, {one.kills} kills, {workers} worker(s): "
                f"never applied {one.never}, applied twice {one.twice}, "
                f"partitions off {one.off}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
