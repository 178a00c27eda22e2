"""A worker whose connection to the broker stalls under load, and that is then killed.

What it has sent may or may not have been accepted, and nobody has told it: the state must still
count each record once, and something must be published of each. The worker is the one of
bench/faust_kills.py, behind a proxy. ``make test`` stalls the acknowledgements once; ``make
stalls`` goes on with the requests, with both, and so on.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.kafka_broker import KafkaBroker
from fakes.logs import PARTITIONS, kafka_log
from fakes.processes import launched
from fakes.tcp_proxy import DIRECTIONS, Direction, TcpProxy
from kafka import KafkaConsumer, TopicPartition

from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import CASES_EVENTS, NEWS_ENTRIES

ROOT = Path(__file__).resolve().parents[2]
GROUP = "stalled"
ROUNDS = int(os.environ.get("WHEELSDOWN_STALLS", "1"))
#: Which way nothing comes through, one round after the other.
STALLED: tuple[tuple[Direction, ...], ...] = (("to_client",), ("to_server",), DIRECTIONS)
#: A worker's share of the load; the last one has as many, and what the others left.
RECORDS = 600
#: How long the connection hangs before the worker is killed: it has then sent all that it may.
STALLED_S = 1.0
WITHIN_S = 60.0
AT = datetime(2026, 11, 25, tzinfo=UTC)


class CountingWorker:
    """The worker, and what its changelog says that it has counted."""

    def __init__(self, broker: KafkaBroker, proxy: TcpProxy, folder: Path) -> None:
        script = str(ROOT / "bench" / "faust_kill_worker.py")
        address = f"127.0.0.1:{proxy.port}"
        self._command = [sys.executable, script, "ours", address, str(folder), GROUP]
        self._log = folder / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._counted: dict[int, Any] = {}
        make: Any = KafkaConsumer
        self._changelog = make(bootstrap_servers=broker.bootstrap, group_id=None)
        places = [TopicPartition(f"{GROUP}-counting-cells-changelog", n) for n in range(PARTITIONS)]
        self._changelog.assign(places)
        self._changelog.seek_to_beginning(*places)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launched(), *self._command],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.kill()
        self._changelog.close()

    def wait_until_counted(self, count: int) -> dict[int, Any]:
        """For each partition its cell, once so many are counted in all."""
        deadline = time.monotonic() + WITHIN_S
        while sum(map(applied, self._counted.values())) < count:
            self._read()
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()[-4000:]
            assert time.monotonic() < deadline, self._log.read_text()[-4000:]
        return self._counted

    def _read(self) -> None:
        for records in self._changelog.poll(timeout_ms=100).values():
            for record in records:
                if record.key.endswith(b"/count"):
                    self._counted[record.partition] = msgspec.json.decode(record.value)


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    with TcpProxy() as proxy:
        yield proxy


@pytest.mark.kafka
@pytest.mark.timeout(60 + 60 * ROUNDS)
def test_a_worker_killed_while_its_connection_stalls_costs_no_record(
    own_broker: KafkaBroker, proxy: TcpProxy, tmp_path: Path
) -> None:
    records = RECORDS * (ROUNDS + 1)
    proxy.target = own_broker.listen_behind(proxy.port)
    own_broker.start()
    with kafka_log(own_broker.bootstrap, f"{GROUP}.") as log:
        log.create_topics(1)
        log.append(entry(number) for number in range(records))
    with closing(CountingWorker(own_broker, proxy, tmp_path)) as worker:
        worker.start()
        for number in range(ROUNDS):
            worker.wait_until_counted(RECORDS * number + RECORDS // 4)
            proxy.stall(*STALLED[number % len(STALLED)])
            time.sleep(STALLED_S)
            worker.kill()
            proxy.open()
            worker.start()
        counted = worker.wait_until_counted(records)
    every_one_once = {"runs": [[0, records // PARTITIONS - 1]], "again": 0}
    assert counted == dict.fromkeys(range(PARTITIONS), every_one_once)
    assert published(own_broker.bootstrap) == set(range(records))


def published(bootstrap: str) -> set[int]:
    """The numbers of which something was published."""
    with kafka_log(bootstrap, f"{GROUP}.") as log:
        found: set[int] = set()
        for partition, end in enumerate(log.ends(CASES_EVENTS)):
            offset = 0
            while offset < end:
                messages = log.read(CASES_EVENTS, partition, offset, limit=5000)
                offset = messages[-1].offset + 1
                found.update(int(CASES_EVENTS.decode(one.value).record_id) for one in messages)
    return found


def applied(cell: Any) -> int:
    """How many numbers the cell has."""
    return sum(last - first + 1 for first, last in cell["runs"])


def entry(number: int) -> NewMessage:
    value = Entry(
        record_id=str(number),
        occurred_at=AT,
        observed_at=AT,
        entry_id=str(number),
        feed="test",
        title=str(number),
        summary="",
        link=None,
        published_at=None,
        content_hash="",
    )
    return NewMessage(NEWS_ENTRIES, number % PARTITIONS, str(number), NEWS_ENTRIES.encode(value))
