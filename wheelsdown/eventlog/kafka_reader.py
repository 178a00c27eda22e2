"""Reading Kafka without a group: from any offset, and only what is there already."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.kafka_brokers import Brokers
from wheelsdown.eventlog.kafka_consumer import leave, message_of
from wheelsdown.eventlog.kafka_errors import translated
from wheelsdown.eventlog.port import Message, RefusedError, UnavailableError
from wheelsdown.records.topics import Topic

#: How long a read may take, with the time that it waits for those of other threads.
READ_WITHIN_S = 5.0
#: A read looks so often whether the log was closed meanwhile.
LOOK_EVERY_S = 0.2
#: What the brokers send at a time, or one message where that is larger: for reads of one message,
#: and for those of more.
FETCH_BYTES = 131_072
BULK_FETCH_BYTES = 2_097_152


class KafkaReader:
    """Reads for several threads, one after the other, with clients that are made when needed.

    One is for reads of one message and one for those of more; it goes on with what it has fetched
    ahead where a read begins at the end of the one before. They are ended when a read fails, and
    others begun with the next: what the first were still waiting for can't come back later.
    """

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._reading = threading.Lock()
        self._closed = False
        self._consumers: dict[int, Any] = {}

    def read(
        self, name: str, topic: Topic, partition: int, offset: int, limit: int
    ) -> Sequence[Message]:
        """Up to ``limit`` messages (1 or more) of a partition of ``topic``, ``name`` on Kafka.

        From ``offset`` on, or from the first that is kept; empty only where the partition ends.

        Raises:
            UnavailableError: the brokers did not answer within ``READ_WITHIN_S``.
            RefusedError: access is denied, or this is closed.
        """
        place = TopicPartition(name, partition)
        doing = f"reading {name} [{partition}] from {offset}"
        deadline = monotonic_s() + READ_WITHIN_S
        fetch_bytes = FETCH_BYTES if limit == 1 else BULK_FETCH_BYTES
        with self._client(fetch_bytes, doing, deadline) as consumer, translated(doing):
            end = consumer.end_offsets([place], timeout_ms=_left_ms(deadline))[place]
            if offset >= end:
                return []
            consumer.assign([place])
            consumer.seek(place, offset)
            while True:
                wait_ms = min(_left_ms(deadline), int(LOOK_EVERY_S * 1000))
                found = consumer.poll(timeout_ms=wait_ms, max_records=limit)
                if found:
                    return [message_of(topic, record) for record in found[place]]
                # All up to the end may have expired just now, or be marks of transactions.
                position = consumer.position(place, timeout_ms=_left_ms(deadline))
                if position is not None and position >= end:
                    return []
                if self._closed:
                    raise RefusedError(f"{doing}: the event log was closed meanwhile")
                if monotonic_s() >= deadline:
                    raise UnavailableError(
                        f"{doing}: Kafka did not answer within {READ_WITHIN_S:g} s; are the "
                        "brokers up?"
                    )

    def offset_at(self, name: str, partition: int, moment: datetime) -> int:
        """The first offset of the partition that was appended at ``moment`` or later, or the end.

        Raises:
            UnavailableError: the brokers did not answer within ``READ_WITHIN_S``.
            RefusedError: access is denied, or this is closed.
        """
        place = TopicPartition(name, partition)
        doing = f"looking for {moment.isoformat()} in {name} [{partition}]"
        deadline = monotonic_s() + READ_WITHIN_S
        since_ms = max(0, int(moment.timestamp() * 1000))
        with self._client(FETCH_BYTES, doing, deadline) as consumer, translated(doing):
            end: int = consumer.end_offsets([place], timeout_ms=_left_ms(deadline))[place]
            found = consumer.offsets_for_times({place: since_ms}, timeout_ms=_left_ms(deadline))
            return end if found[place] is None else int(found[place].offset)

    def close(self) -> None:
        """Disconnect; a read of another thread is given up soon. Safe to call twice."""
        self._closed = True
        with self._reading:  # for ``READ_WITHIN_S`` at most, and ``LOOK_EVERY_S`` as a rule
            self._end()

    @contextmanager
    def _client(self, fetch_bytes: int, doing: str, deadline: float) -> Iterator[Any]:
        if not self._reading.acquire(timeout=_left_ms(deadline) / 1000):
            raise UnavailableError(f"{doing}: others have been reading for {READ_WITHIN_S:g} s")
        try:
            yield self._working(fetch_bytes)
        except BaseException:
            self._end()
            raise
        finally:
            self._reading.release()

    def _working(self, fetch_bytes: int) -> Any:
        if self._closed:
            raise RefusedError("this event log is closed")
        if fetch_bytes not in self._consumers:
            self._consumers[fetch_bytes] = self._brokers.client(
                KafkaConsumer,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=int(LOOK_EVERY_S * 1000),
                max_partition_fetch_bytes=fetch_bytes,
            )
        return self._consumers[fetch_bytes]

    def _end(self) -> None:
        while self._consumers:
            leave(self._consumers.popitem()[1])


def _left_ms(deadline: float) -> int:
    return max(1, int((deadline - monotonic_s()) * 1000))
