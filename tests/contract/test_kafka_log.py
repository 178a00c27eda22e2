"""The Kafka log's own promises, on a real broker: topics, groups that lose members, outages."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.kafka_broker import KafkaBroker
from fakes.logs import PARTITIONS, WITHIN_S, kafka_log, keys, new, read
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.coordinator.assignors.range import RangePartitionAssignor

from wheelsdown.eventlog import kafka_appender, kafka_brokers, kafka_consumer, kafka_reader
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.port import RefusedError, UnavailableError
from wheelsdown.records.topics import ALERTS, CATALOGUE, NEWS_ENTRIES, VISITS

pytestmark = pytest.mark.kafka
TESTS = Path(__file__).resolve().parents[1]

#: kafka-python drops the sockets of attempts to connect that fail, without closing them.
drops_sockets = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture
def log(kafka: str, prefix: str) -> Iterator[KafkaLog]:
    with kafka_log(kafka, prefix) as log:
        log.create_topics(replication=1)
        yield log


def fails_within(
    seconds: float, error: type[Exception], match: str, use: Callable[[], Any]
) -> None:
    started = time.monotonic()
    with pytest.raises(error, match=match):
        use()
    assert time.monotonic() - started < seconds


def test_no_broker_is_told_at_once_with_its_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        fails_within(
            WITHIN_S,
            UnavailableError,
            f"no Kafka broker answers at {address} .*correct kafka.bootstrap",
            lambda: kafka_log(address, ""),
        )


@drops_sockets
@pytest.mark.usefixtures("kafka_drops_sockets")
def test_something_else_behind_the_address_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_brokers, "CONNECT_WITHIN_S", 0.5)
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        fails_within(
            WITHIN_S,
            UnavailableError,
            "does not answer as Kafka",
            lambda: kafka_log(address, ""),
        )
    assert threading.active_count() == before


def test_missing_topics_are_refused_with_the_command_that_makes_them(
    kafka: str, prefix: str
) -> None:
    with kafka_log(kafka, prefix) as log:
        for use in (
            lambda: log.append([new("a")]),
            lambda: log.partitions(NEWS_ENTRIES),
            lambda: log.ends(NEWS_ENTRIES),
            lambda: log.read(NEWS_ENTRIES, 0, 0, 1),
            lambda: log.consumer("readers", [NEWS_ENTRIES]),
        ):
            fails_within(WITHIN_S, RefusedError, "run 'wheelsdown topics create'", use)


def test_topics_are_made_once_with_their_retention_and_size(
    kafka: str, prefix: str, log: KafkaLog
) -> None:
    log.append([new("kept")])
    log.create_topics(replication=1)
    assert sum(log.ends(NEWS_ENTRIES)) == 1
    admin: Any = KafkaAdminClient(bootstrap_servers=kafka)
    with closing(admin):
        names = {prefix + topic.name: topic for topic in CATALOGUE}
        for found in admin.describe_topics(list(names)):
            topic = names[found["name"]]
            assert len(found["partitions"]) == (1 if topic.single else PARTITIONS)
        for name, topic in names.items():
            resource = ConfigResource(ConfigResourceType.TOPIC, name)
            kept = admin.describe_configs([resource])["topic"][name]
            assert int(kept["retention.ms"]["value"]) == topic.kept.total_seconds() * 1000
            assert int(kept["max.message.bytes"]["value"]) > topic.max_bytes


def test_another_partition_count_is_refused_with_advice(
    kafka: str, prefix: str, log: KafkaLog
) -> None:
    assert log.partitions(ALERTS) == 1
    with kafka_log(kafka, prefix, partitions=PARTITIONS + 1) as other:
        for use in (
            lambda: other.create_topics(replication=1),
            lambda: other.append([new("a")]),
            lambda: other.consumer("readers", [VISITS]),
        ):
            fails_within(WITHIN_S, RefusedError, r"4 partitions, not 5: set log\.partitions", use)


def test_more_copies_than_brokers_are_refused(kafka: str, prefix: str) -> None:
    with kafka_log(kafka, prefix) as log:
        fails_within(
            WITHIN_S,
            RefusedError,
            r"set kafka\.replication to the number of brokers",
            lambda: log.create_topics(replication=999),
        )


class ForgetfulAssignor(RangePartitionAssignor):
    """Gives nobody anything the first time, as kafka-python does without metadata."""

    times = 0

    @classmethod
    def assign(cls, cluster: Any, members: Any) -> Any:
        cls.times += 1
        if cls.times > 1:
            return super().assign(cluster, members)
        given = super().assign(cluster, members)
        for assignment in given.values():
            assignment.assigned_partitions.clear()
        return given


def test_a_consumer_that_was_given_nothing_joins_anew(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "LOOK_AFTER_S", 0.5)
    monkeypatch.setitem(
        kafka_consumer.KafkaConsumer.DEFAULT_CONFIG,
        "partition_assignment_strategy",
        (ForgetfulAssignor,),
    )
    ForgetfulAssignor.times = 0
    log.append([new("a"), new("b", 1)])
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        consumer.seek(NEWS_ENTRIES, 1, 0)
        assert sorted(keys(read(consumer, 2))) == ["a", "b"]
    assert ForgetfulAssignor.times > 1


def test_an_idle_consumer_stays_in_its_group(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "LOOK_AFTER_S", 0.1)
    monkeypatch.setattr(kafka_consumer, "HEARTBEAT_S", 0.2)
    with closing(log.consumer("readers", [ALERTS])) as consumer:
        inner = consumer._consumer
        for _ in range(10):
            assert consumer.poll(limit=1, timeout_s=0.05) == []
        with closing(log.consumer("readers", [ALERTS])) as spare:
            for _ in range(10):
                assert not [*consumer.poll(limit=1, timeout_s=0.05)]
                assert not [*spare.poll(limit=1, timeout_s=0.05)]
        assert consumer._consumer is inner


def test_a_commit_is_refused_when_the_group_has_moved_on(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that works too long between two polls; the next one gets its message again."""
    monkeypatch.setattr(kafka_consumer, "MAX_POLL_INTERVAL_S", 1.0)
    log.append([new("a", topic=ALERTS)])
    with closing(log.consumer("readers", [ALERTS])) as slow:
        (message,) = read(slow, 1)
        with closing(log.consumer("readers", [ALERTS])) as other:
            assert keys(read(other, 1)) == ["a"]
            with pytest.raises(UnavailableError, match="another member"):
                slow.commit(message)
            other.commit(message)


KILLED = """
import os, signal, sys
from fakes.logs import kafka_log, new, read
from wheelsdown.eventlog import kafka_consumer
from wheelsdown.records.topics import NEWS_ENTRIES

kafka_consumer.SESSION_S = 1.0
log = kafka_log(sys.argv[1], sys.argv[2])
log.append(new(str(number)) for number in range(5))
consumer = log.consumer("readers", [NEWS_ENTRIES])
consumer.commit(read(consumer, 5)[1])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif("WHEELSDOWN_KAFKA" in os.environ, reason="needs a broker with short sessions")
def test_a_killed_process_loses_nothing(kafka: str, prefix: str, log: KafkaLog) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, kafka, prefix],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        assert keys(read(consumer, 3)) == ["2", "3", "4"]


@drops_sockets
@pytest.mark.usefixtures("kafka_drops_sockets")
def test_an_outage_is_told_in_time_and_everything_goes_on_after_it(
    own_kafka: KafkaBroker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_appender, "APPEND_WITHIN_S", 2.0)
    monkeypatch.setattr(kafka_appender, "CLOSE_WITHIN_S", 0.5)
    monkeypatch.setattr(kafka_brokers, "ANSWER_WITHIN_S", 1.0)
    monkeypatch.setattr(kafka_reader, "READ_WITHIN_S", 1.0)
    monkeypatch.setattr(kafka_consumer, "LOOK_AFTER_S", 0.3)
    monkeypatch.setattr(kafka_consumer, "SESSION_S", 1.0)
    monkeypatch.setattr(kafka_consumer, "COMMIT_WITHIN_S", 0.5)
    monkeypatch.setattr(kafka_consumer, "CLOSE_WITHIN_S", 0.5)
    with kafka_log(own_kafka.bootstrap, prefix) as log:
        log.create_topics(replication=1)
        log.append(new(f"{number}") for number in range(3))
        consumer = log.consumer("readers", [NEWS_ENTRIES])
        message = read(consumer, 3)[0]
        consumer.commit(message)
        assert keys(log.read(NEWS_ENTRIES, 0, 0, 1)) == ["0"]
        told = "are the brokers up"
        with appending(log):
            time.sleep(0.5)
            own_kafka.kill()
        fails_within(WITHIN_S, UnavailableError, told, lambda: log.ends(NEWS_ENTRIES))
        for why in (told, "no Kafka broker answers"):  # the second time it has to connect anew
            fails_within(WITHIN_S, UnavailableError, why, lambda: log.read(NEWS_ENTRIES, 0, 0, 1))
        fails_within(WITHIN_S, UnavailableError, told, lambda: consumer.commit(message))
        fails_within(WITHIN_S, UnavailableError, told, lambda: read(consumer, 1))
        fails_within(
            WITHIN_S,
            UnavailableError,
            "no Kafka broker answers",
            lambda: log.consumer("readers", [NEWS_ENTRIES]),
        )
        started = time.monotonic()
        consumer.close()
        assert time.monotonic() - started < WITHIN_S
        own_kafka.start()
        log.append([new("after")])
        assert keys(log.read(NEWS_ENTRIES, 0, 3, 9)) == ["after"]
        with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
            assert keys(read(consumer, 3)) == ["1", "2", "after"]
        log.append(new("again", number, topic=VISITS) for number in range(PARTITIONS))
        with appending(log):
            own_kafka.kill()
            log.close()


@contextmanager
def appending(log: KafkaLog) -> Iterator[None]:
    """Threads that append, each to a partition of its own, until that fails: it must in the end.

    kafka-python's producer may be stuck when it has given up records of several partitions.
    """
    errors: list[Exception] = []

    def append(partition: int) -> None:
        while len(errors) < PARTITIONS:
            try:
                log.append([new("in between", partition, topic=VISITS)])
            except (UnavailableError, RefusedError) as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=append, args=(number,)) for number in range(PARTITIONS)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(WITHIN_S)
    assert len(errors) == PARTITIONS
