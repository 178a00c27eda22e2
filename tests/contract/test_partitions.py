"""Every client of Kafka that could write our topics puts the same key on the same partition."""

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaProducer

from wheelsdown.eventlog.publish import partition_of


class Cluster:
    """What kafka-python's partitioner asks of it."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@given(key=st.text(st.characters(exclude_categories=["Cs"])), partitions=st.integers(1, 256))
def test_a_key_has_the_same_partition_everywhere(key: str, partitions: int) -> None:
    """Our own rule, kafka-python's and that of the aiokafka that Faust uses."""
    expected = partition_of(key, partitions)
    of_kafka_python = KafkaProducer.DEFAULT_CONFIG["partitioner"]
    coded, cluster = key.encode(), Cluster(partitions)
    assert of_kafka_python.partition("t", key, coded, b"", b"", cluster) == expected
    numbers = list(range(partitions))
    assert DefaultPartitioner()(coded, numbers, numbers) == expected


def test_aiokafka_uses_the_partitioner_that_was_asked() -> None:
    defaults = AIOKafkaProducer.__init__.__kwdefaults__
    assert isinstance(defaults["partitioner"], DefaultPartitioner)


@pytest.mark.parametrize(
    ("key", "murmur2"),
    [("21", -973932308), ("foobar", -790332482), ("abc", 479470107)],
)
def test_the_rule_is_that_of_kafkas_own_client(key: str, murmur2: int) -> None:
    """The hashes that Kafka's Java client is tested with."""
    for partitions in (1, 4, 12, 97):
        assert partition_of(key, partitions) == (murmur2 & 0x7FFFFFFF) % partitions
