"""Appending to Kafka: idempotent, acknowledged by all brokers that must have it, within a deadline.

kafka-python 3.0.12's idempotent producer, once it has given up records of several partitions at
the same time, sometimes sends nothing any more, although the brokers are back. So a producer that
has failed is ended, and another one begun with the next append.
"""

import threading
from collections.abc import Sequence
from typing import Any

import structlog
from kafka import KafkaProducer, errors

from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.kafka_brokers import Brokers
from wheelsdown.eventlog.kafka_errors import typed
from wheelsdown.eventlog.port import NewMessage, RefusedError, UnavailableError
from wheelsdown.records.topics import CATALOGUE

#: How long the brokers may take to accept what is appended: longer than a restart of one.
APPEND_WITHIN_S = 30.0
#: An answer to one request; it is asked again until the time above is over.
REQUEST_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
#: What a record may have besides its value: key, headers, framing.
OVERHEAD_BYTES = 48_588

log = structlog.get_logger(__name__)


class KafkaAppender:
    """Appends for several threads."""

    def __init__(self, brokers: Brokers) -> None:
        """Connect. Raises EventLogError as ``Brokers.client`` does."""
        self._brokers = brokers
        self._changing = threading.Lock()
        self._closed = False
        self._producer: Any = self._begun()

    def append(self, messages: Sequence[tuple[str, NewMessage]]) -> None:
        """Append messages, each with its topic's name on Kafka; in order within a partition.

        Raises:
            UnavailableError: the brokers did not accept all within ``APPEND_WITHIN_S``. What they
                have not accepted by then is not sent later.
            RefusedError: one is too large, access is denied, or this is closed.
            StorageFullError: a broker can't write.
        """
        producer = self._working()
        try:
            sent = [
                producer.send(
                    name,
                    message.value,
                    message.key.encode(),
                    list(message.headers),
                    message.partition,
                )
                for name, message in messages
            ]
            # A little longer than kafka-python, so that its own reason is what is told.
            deadline = monotonic_s() + APPEND_WITHIN_S + 1.0
            for future in sent:
                future.get(max(0.0, deadline - monotonic_s()))
        except errors.IllegalStateError as error:
            if self._closed:
                raise RefusedError("appending: the event log was closed meanwhile") from error
            raise UnavailableError(
                "appending: given up together with what another thread appended; try again"
            ) from error
        except errors.KafkaError as error:
            told = typed(error, "appending")
            if not isinstance(told, RefusedError):
                self._end(producer)
            raise told from error

    def close(self) -> None:
        """Disconnect; what is being appended is given up after ``CLOSE_WITHIN_S``."""
        with self._changing:
            self._closed = True
            producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=CLOSE_WITHIN_S)
            except errors.KafkaTimeoutError:
                _force_closed(producer)

    def _working(self) -> Any:
        """The producer; a new one when the last one has failed."""
        with self._changing:
            if self._closed:
                raise RefusedError("this event log is closed")
            if self._producer is None:
                self._producer = self._begun()
            return self._producer

    def _begun(self) -> Any:
        return self._brokers.client(
            KafkaProducer,
            acks="all",
            enable_idempotence=True,
            allow_auto_create_topics=False,
            max_request_size=max(topic.max_bytes for topic in CATALOGUE) + OVERHEAD_BYTES,
            max_block_ms=int(REQUEST_WITHIN_S * 1000),
            request_timeout_ms=int(min(REQUEST_WITHIN_S, APPEND_WITHIN_S / 2) * 1000),
            delivery_timeout_ms=int(APPEND_WITHIN_S * 1000),
        )

    def _end(self, producer: Any) -> None:
        """End a producer that has failed, unless another thread has done so already."""
        with self._changing:
            if self._producer is not producer:
                return
            self._producer = None
        _force_closed(producer)


def _force_closed(producer: Any) -> None:
    """End a producer although it has records left; there is no public way to make it give up."""
    producer._sender.force_close()  # noqa: SLF001
    producer._sender.join(CLOSE_WITHIN_S)  # noqa: SLF001
    try:
        producer.close(timeout=CLOSE_WITHIN_S)
    except errors.KafkaTimeoutError:
        log.warning("producer_left_behind")
