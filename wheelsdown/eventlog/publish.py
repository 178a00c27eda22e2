"""From records to messages: encoding, key and partition in one place, for every log and host."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from kafka.partitioner.default import murmur2

from wheelsdown.eventlog.port import EventLog, NewMessage
from wheelsdown.records.record import Record
from wheelsdown.records.topics import Topic

#: How producers publish: when it returns, the records are durable. Raises EventLogError.
Publish = Callable[[Topic, Sequence[Record]], Awaitable[None]]


def partition_of(key: str, partitions: int) -> int:
    """Kafka's default partition of a key: the same that any Kafka client would choose."""
    digest: int = murmur2(key.encode())  # type: ignore[no-untyped-call] # kafka-python is untyped
    return (digest & 0x7FFFFFFF) % partitions


def messages_for(topic: Topic, record: Record, partitions: int) -> list[NewMessage]:
    """One message, or one for each partition where the record is for all of them.

    Raises CodecError when the record does not belong on the topic or is too large.
    """
    value = topic.encode(record)
    key = topic.key(record)
    headers = (("record-id", record.record_id.encode()),)
    targets = range(partitions) if topic.is_broadcast(record) else [partition_of(key, partitions)]
    return [NewMessage(topic, target, key, value, headers) for target in targets]


def publish(log: EventLog, topic: Topic, records: Iterable[Record]) -> None:
    """Append the records to the topic; when it returns, they are durable."""
    count = log.partitions(topic)
    log.append(message for record in records for message in messages_for(topic, record, count))
