"""kafka-python's errors as those of the port."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors

from wheelsdown.eventlog.port import (
    EventLogError,
    RefusedError,
    StorageFullError,
    UnavailableError,
)

_LOGIN = (
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
)
_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)
_NO_TOPIC = (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)
#: A broker whose disk is full takes its log folder offline and says no more than that.
_STORAGE = (errors.KafkaStorageError, errors.LogDirNotFoundError)
#: Another member of the group has the partition, or is about to get it.
MOVED = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError,
    errors.FencedInstanceIdError,
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the port's error for what kafka-python raises; ``doing`` says what was tried."""
    try:
        yield
    except errors.KafkaError as error:
        raise typed(error, doing) from error


def typed(error: Exception, doing: str) -> EventLogError:
    """The port's error for one of kafka-python's."""
    if isinstance(error, _LOGIN):
        return login_refused(doing, error)
    if isinstance(error, errors.AuthorizationError):
        return RefusedError(
            f"{doing}: Kafka does not allow it ({error}); grant the user of kafka.username access "
            "to the topics and groups"
        )
    if isinstance(error, _TOO_LARGE):
        return RefusedError(
            f"{doing}: too large for Kafka ({error}); the topic's max.message.bytes is too small: "
            "make the topics with 'wheelsdown topics create'"
        )
    if isinstance(error, _NO_TOPIC):
        return no_topic(doing)
    if isinstance(error, _STORAGE):
        return StorageFullError(
            f"{doing}: the broker can't write ({error}); its disk is full or failed: make room "
            "there and restart it"
        )
    if isinstance(error, MOVED):
        return UnavailableError(
            f"{doing}: the group has given the partition to another member ({error})"
        )
    if isinstance(error, errors.IllegalStateError):
        return RefusedError(f"{doing}: the log was closed meanwhile ({error})")
    if isinstance(error, errors.RetriableError):
        return UnavailableError(f"{doing}: Kafka does not answer ({error}); are the brokers up?")
    return EventLogError(f"{doing}: Kafka says {error}")


def login_refused(doing: str, error: Exception) -> RefusedError:
    """The error for credentials that the brokers do not accept."""
    return RefusedError(
        f"{doing}: Kafka refuses the login ({error}); check kafka.username, its password and "
        "kafka.sasl_mechanism"
    )


def no_topic(doing: str) -> RefusedError:
    """The error for a topic that the brokers do not have."""
    return RefusedError(f"{doing}: the topic is missing; run 'wheelsdown topics create' once")
