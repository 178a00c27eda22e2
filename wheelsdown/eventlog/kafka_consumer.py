"""A member of a consumer group on Kafka, which notices when the group forgets a partition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.kafka_brokers import Brokers
from wheelsdown.eventlog.kafka_errors import translated
from wheelsdown.eventlog.port import Message, RefusedError
from wheelsdown.records.topics import Topic

#: How long a member may be silent before the group gives its partitions to others. After a crash
#: they are read again when this time is over.
SESSION_S = 10.0
#: How often it says that it is there; it learns then that somebody joins or leaves.
HEARTBEAT_S = 2.0
#: How long a caller may work between two polls; consumers/deliver.py counts on it.
MAX_POLL_INTERVAL_S = 300.0
COMMIT_WITHIN_S = 10.0
CLOSE_WITHIN_S = 3.0
POSITION_WITHIN_S = 1.0
#: After so many seconds of empty polls the consumer looks whether it should have got something; it
#: looks half as often each time that it had to join anew.
LOOK_AFTER_S = 5.0
LOOK_AFTER_AT_MOST_S = 60.0
#: What a poll counts at least, so that a caller that never waits gets there too.
POLL_COUNTS_S = 0.01

log = structlog.get_logger(__name__)


class KafkaLogConsumer:
    """See ``Consumer`` in port.py. ``topics`` has topic and partition count by name on Kafka.

    kafka-python 3.0.12 sometimes joins a group before it knows the topic's partitions, shares out
    none and never notices (2 of 110 starts, on a loaded machine). So they are asked for first; and
    while nothing comes, the consumer asks the brokers whether something should have, and joins anew
    when that is so. What was handed out and not committed is then handed out again.
    """

    def __init__(
        self,
        brokers: Brokers,
        group: str,
        topics: Mapping[str, tuple[Topic, int]],
        check_open: Callable[[], None],
    ) -> None:
        self._brokers = brokers
        self._group = group
        self._topics = topics
        self._check_log_open = check_open
        self._closed = False
        self._seeks = _Seeks()
        self._idle_s = 0.0
        self._look_after_s = LOOK_AFTER_S
        self._waited: set[tuple[str, int, int | None]] = set()
        self._consumer = self._joined()

    def poll(self, *, limit: int, timeout_s: float) -> Sequence[Message]:
        """Up to ``limit`` messages; waits up to ``timeout_s`` seconds for the first.

        While nothing comes, the brokers are asked now and then, which takes a few seconds longer
        when they are down.

        Raises:
            UnavailableError: nothing came for ``LOOK_AFTER_S``, and no broker answers.
            RefusedError: the consumer or the log is closed, or access is denied.
        """
        self._check_open()
        started = monotonic_s()
        with translated(f"reading as {self._group}"):
            self._seeks.apply(self._consumer)
            found = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=limit)
        messages = [
            message_of(self._topics[record.topic][0], record)
            for records in found.values()
            for record in records
        ]
        if messages:
            self._idle_s = 0.0
            self._look_after_s = LOOK_AFTER_S
        else:
            self._idle_s += max(POLL_COUNTS_S, monotonic_s() - started)
            if self._idle_s >= self._look_after_s:
                self._idle_s = 0.0
                self._look()
        return messages

    def commit(self, message: Message) -> None:
        """Durable when it returns.

        Raises:
            UnavailableError: the brokers do not answer, or the group has given the partition to
                another member, which will hand the message out again. Either way this consumer is
                of no more use: close it and make another.
        """
        self._check_open()
        place = self._place(message.topic, message.partition)
        upto = OffsetAndMetadata(message.offset + 1, "", -1)
        with translated(f"committing {place.topic} [{place.partition}] as {self._group}"):
            self._consumer.commit({place: upto}, timeout_ms=int(COMMIT_WITHIN_S * 1000))

    def seek(self, topic: Topic, partition: int, offset: int) -> None:
        """Read on from ``offset``, which is 0 or more.

        Before the group has given out its partitions, it is kept until it has; then it is
        forgotten for partitions that went to another member.
        """
        self._check_open()
        if offset < 0:
            raise RefusedError(f"there is no offset {offset}: offsets count from 0")
        self._seeks.wanted[self._place(topic, partition)] = offset

    def has(self, topic: Topic, partition: int) -> bool:
        """Whether the group has given this member the partition, as of the last poll."""
        return self._place(topic, partition) in self._consumer.assignment()

    def close(self) -> None:
        """Leave the group without committing; safe to call twice, and bounded."""
        if not self._closed:
            self._closed = True
            leave(self._consumer)

    def _joined(self) -> Any:
        consumer: Any = self._brokers.client(
            KafkaConsumer,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(min(HEARTBEAT_S, SESSION_S / 3) * 1000),
            max_poll_interval_ms=int(MAX_POLL_INTERVAL_S * 1000),
        )
        self._seeks.consumer = consumer
        try:
            with translated(f"joining {self._group}"):
                for name in self._topics:
                    consumer.partitions_for_topic(name)  # known before it joins, see above
                consumer.subscribe(list(self._topics), listener=self._seeks)
        except BaseException:
            leave(consumer)
            raise
        return consumer

    def _look(self) -> None:
        """Join anew when something waits that nobody of the group reads.

        It must have waited at two looks, for it may just have come, or the group be gathering.
        """
        waiting = {
            one for name, (_, count) in self._topics.items() for one in self._waiting(name, count)
        }
        neglected, self._waited = waiting & self._waited, waiting
        if not neglected:
            return
        places = sorted(f"{name} [{number}]" for name, number, _ in neglected)
        log.warning("consumer_joins_anew", group=self._group, neglected=places)
        self._look_after_s = min(2 * self._look_after_s, LOOK_AFTER_AT_MOST_S)
        self._waited = set()
        leave(self._consumer)
        self._consumer = self._joined()

    def _waiting(self, name: str, count: int) -> Iterator[tuple[str, int, int | None]]:
        """The partitions with something that this consumer does not get, or that nobody has.

        With the position at which this consumer stands there, if it knows.
        """
        ends = self._brokers.ends(name, count)
        mine = {place.partition for place in self._consumer.assignment() if place.topic == name}
        for number in mine:
            with translated(f"looking at {name} [{number}]"):
                position = self._consumer.position(
                    TopicPartition(name, number), timeout_ms=int(POSITION_WITHIN_S * 1000)
                )
            if position is None or position < ends[number]:
                yield name, number, position
        if len(mine) < count:
            for number in self._brokers.unread(self._group, name, count):
                yield name, number, None

    def _place(self, topic: Topic, partition: int) -> TopicPartition:
        for name, (mine, count) in self._topics.items():
            if mine.name == topic.name and 0 <= partition < count:
                return TopicPartition(name, partition)
        raise RefusedError(
            f"this consumer of group {self._group} does not read {topic.name} [{partition}]"
        )

    def _check_open(self) -> None:
        self._check_log_open()
        if self._closed:
            raise RefusedError(f"this consumer of group {self._group} is closed")


class _Seeks(ConsumerRebalanceListener):
    """The seeks that wait for a poll; applied before anything is read of their partitions."""

    def __init__(self) -> None:
        self.consumer: Any = None
        self.wanted: dict[TopicPartition, int] = {}

    def apply(self, consumer: Any) -> None:
        """Seek in the partitions that the consumer has."""
        for place in consumer.assignment() & self.wanted.keys():
            consumer.seek(place, self.wanted.pop(place))

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing: what was not committed is handed out again, by whoever gets it."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Seek before the first read; seeks of partitions that others have are forgotten."""
        del assigned  # what was added only, with some assignors
        self.apply(self.consumer)
        if self.consumer.assignment():  # else the group has not shared out its partitions yet
            self.wanted.clear()


def message_of(topic: Topic, record: Any) -> Message:
    """A record of kafka-python's as a message of ``topic``.

    A foreign producer may have left key and value out, or a key that is no text.
    """
    return Message(
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers=tuple((name, value or b"") for name, value in record.headers),
    )


def leave(consumer: Any) -> None:
    """End one of kafka-python's consumers, without committing and within a bound."""
    consumer.close(autocommit=False, timeout_ms=int(CLOSE_WITHIN_S * 1000))
