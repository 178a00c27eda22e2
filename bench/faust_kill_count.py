"""What Faust workers have counted and published, read from Kafka by itself (see faust_kills.py)."""

from collections import Counter
from contextlib import closing

import msgspec
from faust_kill_worker import COUNT, PARTITIONS, Counted
from kafka import KafkaConsumer, TopicPartition

from wheelsdown.records.topics import CASES_EVENTS


class Count:
    """What the tables have counted, by their changelog; reads on at each look."""

    def __init__(self, bootstrap: str, changelog: str) -> None:
        self._bootstrap = bootstrap
        self._places = [TopicPartition(changelog, number) for number in range(PARTITIONS)]
        self._found = [Counted() for _ in range(PARTITIONS)]
        self._consumer: KafkaConsumer | None = None

    def now(self) -> list[Counted]:
        """What each partition's table has."""
        consumer = self._consumer or self._opened()
        latest: dict[int, bytes] = {}
        if consumer is not None:
            ends = consumer.end_offsets(self._places)
            while any(consumer.position(place) < ends[place] for place in self._places):
                for records in consumer.poll(timeout_ms=1000).values():
                    for record in records:
                        partition, _, name = record.key.decode().partition("/")
                        if name == COUNT and record.value:
                            latest[int(partition)] = record.value
        for number, value in latest.items():
            self._found[number] = msgspec.json.decode(value, type=Counted)
        return list(self._found)

    def total(self) -> int:
        """How many records the tables have."""
        return sum(one.applied() for one in self.now())

    def _opened(self) -> KafkaConsumer | None:
        """A consumer, once the first worker has made the topic."""
        consumer = KafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        if self._places[0].topic not in consumer.topics():
            consumer.close()
            return None
        consumer.assign(self._places)
        consumer.seek_to_beginning(*self._places)
        self._consumer = consumer
        return consumer


def published(bootstrap: str, topic: str) -> Counter[int]:
    """How often something was published of each number."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    found: Counter[int] = Counter()
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)) as consumer:
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=1000).values():
                found.update(int(CASES_EVENTS.decode(one.value).record_id) for one in records)
    return found
