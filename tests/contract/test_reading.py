"""Reading any part of a partition without a group, from every kind of log."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.logs import PARTITIONS, WITHIN_S, kafka_log, keys, new, read
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog, EventLogError, Message, NewMessage, RefusedError
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.records.topics import NEWS_ENTRIES, VISITS


def test_any_part_of_a_partition_is_read_without_a_group(log: EventLog) -> None:
    headers = (("record-id", b"\x00"),)
    log.append(new(f"{number}", number % 2) for number in range(12))
    log.append([NewMessage(NEWS_ENTRIES, 1, "Ünïcode", b"\xff", headers)])
    assert keys(log.read(NEWS_ENTRIES, 0, 0, 100)) == ["0", "2", "4", "6", "8", "10"]
    assert keys(log.read(NEWS_ENTRIES, 0, 3, 2)) == ["6", "8"]
    assert keys(log.read(NEWS_ENTRIES, 0, 1, 1)) == ["2"]
    (last,) = log.read(NEWS_ENTRIES, 1, 6, 100)
    assert (last.topic, last.partition, last.offset) == (NEWS_ENTRIES, 1, 6)
    assert (last.key, last.value, last.headers) == ("Ünïcode", b"\xff", headers)
    for offset in (6, 7, 1_000):
        assert list(log.read(NEWS_ENTRIES, 0, offset, 100)) == []
    assert list(log.read(VISITS, 3, 0, 100)) == []
    log.append([new("next"), new("beyond", 3, topic=VISITS)])
    assert keys(log.read(NEWS_ENTRIES, 0, 6, 100)) == ["next"]
    assert keys(log.read(VISITS, 3, 0, 100)) == ["beyond"]
    for partition, offset in ((PARTITIONS, 0), (-1, 0), (0, -1)):
        with pytest.raises(RefusedError, match=r"has no partition|no offset -1"):
            log.read(NEWS_ENTRIES, partition, offset, 1)


def test_what_is_large_is_read_piece_by_piece_and_nothing_is_left_out(log: EventLog) -> None:
    sizes = (10, 900_000, 3, 900_000, 900_000, 10, 10)
    log.append(new(f"{number}", value=b"x" * size) for number, size in enumerate(sizes))
    found: list[Message] = []
    while more := log.read(NEWS_ENTRIES, 0, len(found), 100):
        found += more
    assert [len(one.value) for one in found] == list(sizes)


def test_reading_without_a_group_takes_nothing_from_the_groups(log: EventLog) -> None:
    log.append(new(f"{number}") for number in range(4))
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        consumer.commit(read(consumer, 2)[0])
        assert keys(log.read(NEWS_ENTRIES, 0, 0, 9)) == ["0", "1", "2", "3"]
        assert keys(read(consumer, 2)) == ["2", "3"]
    log.read(NEWS_ENTRIES, 0, 0, 9)
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        assert keys(read(consumer, 3)) == ["1", "2", "3"]


def test_what_was_appended_since_a_moment_begins_at_an_offset(log: EventLog) -> None:
    """A log in memory does not know when something was appended: all may have been since."""
    log.append(new(f"{number}") for number in range(3))
    now = datetime.now(UTC)
    end = 0 if isinstance(log, MemoryLog) else 3
    for moment, offset in (
        (datetime(1, 1, 1, tzinfo=UTC), 0),
        (now - timedelta(hours=1), 0),
        (now + timedelta(hours=1), end),
    ):
        assert log.offset_at(NEWS_ENTRIES, 0, moment) == offset
        assert log.offset_at(NEWS_ENTRIES, 1, moment) == 0
    for partition in (PARTITIONS, -1):
        with pytest.raises(RefusedError, match="has no partition"):
            log.offset_at(NEWS_ENTRIES, partition, now)


class _EachLater(SystemClock):
    """Half a minute later each time that it is asked."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += timedelta(seconds=30)
        return self._now


@pytest.mark.parametrize("expired", [0, 7])
def test_a_sqlite_log_knows_the_first_since_each_moment(expired: int, tmp_path: Path) -> None:
    """Also the reader beside a run, and where the first have gone."""
    start, path = datetime(2023, 7, 31, tzinfo=UTC), tmp_path / "events.sqlite"
    with SqliteLog(path, PARTITIONS, clock=_EachLater(start)) as log:
        for number in range(20):
            log.append([new(f"{number}", value=b"x" * 20_000)])
    if expired:
        later = start + NEWS_ENTRIES.kept + timedelta(seconds=30 * (expired - 1) + 1)
        with SqliteLog(path, PARTITIONS, clock=_EachLater(later)) as log:
            log.append(new(f"last {number}") for number in range(10))
            assert log.read(NEWS_ENTRIES, 0, 0, 1)[0].offset == expired
    with SqliteLog(path, PARTITIONS) as log, SqliteReader(path) as reader:
        end = log.ends(NEWS_ENTRIES)[0]
        for second in range(0, 30 * 22, 10):
            moment = start + timedelta(seconds=second, milliseconds=second % 1_000)
            times = enumerate(range(30, 30 * 21, 30))  # of the first twenty
            first = next((at for at, made in times if at >= expired and made >= second), 20)
            for one in (log, reader):
                found = one.offset_at(NEWS_ENTRIES, 0, moment)
                there = [message.offset for message in one.read(NEWS_ENTRIES, 0, found, 1)]
                assert there == ([first] if first < end else [])


def test_several_threads_read_at_once_each_its_own_places(log: EventLog) -> None:
    log.append(new(f"{number}", number % 2) for number in range(100))
    wrong: list[object] = []

    def work(worker: int) -> None:
        for step in range(40):
            partition, offset = worker % 2, (7 * step + 11 * worker) % 50
            try:
                found = keys(log.read(NEWS_ENTRIES, partition, offset, 2))
            except EventLogError as error:
                wrong.append(error)
            else:
                expected = [f"{2 * at + partition}" for at in range(offset, min(50, offset + 2))]
                if found != expected:
                    wrong.append((partition, offset, found))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture
def on_kafka(kafka: str, prefix: str) -> Iterator[KafkaLog]:
    with kafka_log(kafka, prefix) as log:
        log.create_topics(replication=1)
        yield log


@pytest.mark.kafka
def test_a_read_of_what_has_expired_begins_with_the_first_that_is_kept(
    kafka: str, prefix: str, on_kafka: KafkaLog
) -> None:
    on_kafka.append(new(f"{number}") for number in range(10))
    on_kafka.append([new("gone", topic=VISITS)])
    admin: Any = KafkaAdminClient(bootstrap_servers=kafka)
    with closing(admin):
        name = prefix + NEWS_ENTRIES.name
        admin.delete_records(
            {TopicPartition(name, 0): 6, TopicPartition(prefix + VISITS.name, 0): 1}
        )
    assert [one.offset for one in on_kafka.read(NEWS_ENTRIES, 0, 2, 2)] == [6, 7]
    assert keys(on_kafka.read(NEWS_ENTRIES, 0, 8, 9)) == ["8", "9"]
    assert list(on_kafka.read(VISITS, 0, 0, 9)) == []


@pytest.mark.kafka
def test_a_read_passes_over_what_a_transaction_took_back(
    kafka: str, prefix: str, on_kafka: KafkaLog
) -> None:
    """Its marks have offsets too: a partition may end with some of them and no message."""
    on_kafka.append([new("before")])
    producer: Any = KafkaProducer(bootstrap_servers=kafka, transactional_id=f"{prefix}other")
    with closing(producer):
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(prefix + NEWS_ENTRIES.name, b"taken back", partition=0).get(WITHIN_S)
        producer.abort_transaction()
    deadline = time.monotonic() + WITHIN_S
    while on_kafka.ends(NEWS_ENTRIES)[0] < 3:  # the mark comes a moment later
        assert time.monotonic() < deadline
    assert keys(on_kafka.read(NEWS_ENTRIES, 0, 0, 9)) == ["before"]
    assert list(on_kafka.read(NEWS_ENTRIES, 0, 1, 9)) == []
    on_kafka.append([new("after")])
    assert keys(on_kafka.read(NEWS_ENTRIES, 0, 1, 9)) == ["after"]


@pytest.mark.kafka
def test_kafka_knows_the_first_since_each_moment_whatever_came_before(
    kafka: str, prefix: str, on_kafka: KafkaLog
) -> None:
    """The clock of a producer was set back in between."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    minutes = (0, 1, 2, 10, 3, 4, 11)
    producer: Any = KafkaProducer(bootstrap_servers=kafka)
    with closing(producer):
        for minute in minutes:
            at_ms = int((start + timedelta(minutes=minute)).timestamp() * 1000)
            name = prefix + NEWS_ENTRIES.name
            producer.send(name, b"x", partition=0, timestamp_ms=at_ms).get(WITHIN_S)
    for minute in range(13):
        first = next((at for at, made in enumerate(minutes) if made >= minute), len(minutes))
        moment = start + timedelta(minutes=minute)
        assert on_kafka.offset_at(NEWS_ENTRIES, 0, moment) == first
