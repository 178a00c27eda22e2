"""The event log on Kafka: what is appended has been accepted by all brokers that must have it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from wheelsdown.eventlog.kafka_appender import OVERHEAD_BYTES, KafkaAppender
from wheelsdown.eventlog.kafka_brokers import Brokers
from wheelsdown.eventlog.kafka_consumer import KafkaLogConsumer
from wheelsdown.eventlog.kafka_errors import no_topic
from wheelsdown.eventlog.kafka_reader import KafkaReader
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.local import check_acceptable, check_partition, check_readable
from wheelsdown.eventlog.port import Message, NewMessage, RefusedError
from wheelsdown.records.topics import CATALOGUE, Topic


class KafkaLog:
    """The log on the brokers of ``connection``.

    ``partitions`` is that of topics that have more than one; the topics must have been made with
    it. ``prefix`` begins the names of all topics and groups.
    """

    def __init__(self, connection: KafkaConnection, partitions: int, prefix: str = "") -> None:
        """Connect; takes a few seconds at most.

        Raises:
            UnavailableError: no broker answers.
            RefusedError: they refuse the login, or a certificate can't be read.
        """
        self._partitions = partitions
        self._prefix = prefix
        self._checked: set[str] = set()
        self._closed = False
        self._brokers = Brokers(connection)
        try:
            self._appender = KafkaAppender(self._brokers)
        except BaseException:
            self._brokers.close()
            raise
        self._reader = KafkaReader(self._brokers)

    def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has; the brokers are asked once.

        Raises:
            RefusedError: the topic is missing, or was made with another partition count.
            UnavailableError: no broker answers.
        """
        self.check_open()
        wanted = 1 if topic.single else self._partitions
        name = self.name(topic)
        if name not in self._checked:
            found = self._brokers.topics([name])
            if name not in found:
                raise no_topic(f"using {name}")
            _check_count(name, found[name], wanted, single=topic.single)
            self._checked.add(name)
        return wanted

    def append(self, messages: Iterable[NewMessage]) -> None:
        """Append in order; on an error none, some or all are appended.

        Raises:
            RefusedError: a message is too large, its topic missing, or access denied.
            UnavailableError: the brokers did not accept them in time (``APPEND_WITHIN_S``).
            StorageFullError: a broker can't write.
        """
        self.check_open()
        accepted = list(messages)
        for message in accepted:
            check_acceptable(message, self.partitions(message.topic))
        self._appender.append([(self.name(message.topic), message) for message in accepted])

    def consumer(self, group: str, topics: Sequence[Topic]) -> KafkaLogConsumer:
        """A consumer of the topics; the members of a group share the partitions.

        Raises:
            RefusedError: a topic is missing, or has another partition count.
            UnavailableError: no broker answers.
        """
        counts = {self.name(topic): (topic, self.partitions(topic)) for topic in topics}
        return KafkaLogConsumer(self._brokers, self._prefix + group, counts, self.check_open)

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> Sequence[Message]:
        """Up to ``limit`` messages from ``offset`` on, or from the first that is kept.

        Raises:
            RefusedError: there is no such topic, partition or offset, or access is denied.
            UnavailableError: no broker answers.
        """
        check_readable(topic, partition, offset, self.partitions(topic))
        return self._reader.read(self.name(topic), topic, partition, offset, limit)

    def ends(self, topic: Topic) -> Sequence[int]:
        """For each partition the offset that the next message will get."""
        return self._brokers.ends(self.name(topic), self.partitions(topic))

    def offset_at(self, topic: Topic, partition: int, moment: datetime) -> int:
        """The first offset that was appended at ``moment`` or later; the end where none was.

        Raises:
            RefusedError: there is no such topic or partition, or access is denied.
            UnavailableError: no broker answers.
        """
        check_partition(topic, partition, self.partitions(topic))
        return self._reader.offset_at(self.name(topic), partition, moment)

    def create_topics(self, replication: int) -> None:
        """Create the topics of the catalogue that are missing, and check the others' partitions.

        ``replication`` is how many brokers keep each new topic.

        Raises:
            RefusedError: a topic has another partition count, or there are too few brokers.
            UnavailableError: no broker answers.
        """
        self.check_open()
        there = self._brokers.topics([self.name(topic) for topic in CATALOGUE])
        for topic in CATALOGUE:
            if self.name(topic) in there:
                self.partitions(topic)
        new = [topic for topic in CATALOGUE if self.name(topic) not in there]
        if new:
            self._brokers.create(
                {self.name(topic): self._description(topic, replication) for topic in new}
            )
        for topic in new:
            self.partitions(topic)

    def close(self) -> None:
        """Disconnect; what is being appended is given up soon. Safe to call twice."""
        self._closed = True
        self._reader.close()
        self._appender.close()
        self._brokers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def name(self, topic: Topic) -> str:
        """The topic's name on the brokers."""
        return self._prefix + topic.name

    def check_open(self) -> None:
        """Raises RefusedError when the log is closed."""
        if self._closed:
            raise RefusedError("this event log is closed")

    def _description(self, topic: Topic, replication: int) -> dict[str, Any]:
        return {
            "num_partitions": 1 if topic.single else self._partitions,
            "replication_factor": replication,
            "configs": {
                "cleanup.policy": "delete",
                "retention.ms": str(int(topic.kept.total_seconds() * 1000)),
                "max.message.bytes": str(topic.max_bytes + OVERHEAD_BYTES),
            },
        }


def _check_count(name: str, found: int, wanted: int, *, single: bool) -> None:
    if found == wanted:
        return
    advice = "delete it, with what is in it" if single else f"set log.partitions to {found}"
    raise RefusedError(
        f"{name} has {found} partitions, not {wanted}: {advice}, or choose another "
        "log.topic_prefix to start anew"
    )
