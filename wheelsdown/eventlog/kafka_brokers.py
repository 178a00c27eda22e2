"""The brokers as a whole: whether they answer, which topics they have, who reads them.

Every question has a deadline. kafka-python's own clients wait in many places for brokers that are
not there, and say little about it.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from kafka import TopicPartition, errors
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.net.compat import KafkaNetClient

from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.kafka_errors import login_refused, translated, typed
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import EventLogError, RefusedError, UnavailableError

#: How long the brokers may take until they have accepted a connection, and to answer a question.
CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 5.0
#: Pause between two attempts to ask; kafka-python says at once that it is not connected just now.
ASK_AGAIN_AFTER_S = 0.1

_Client = TypeVar("_Client")
_Answer = TypeVar("_Answer")


class Brokers:
    """The brokers of a connection. Safe to use from several threads."""

    def __init__(self, connection: KafkaConnection) -> None:
        """Connect to them.

        Raises:
            UnavailableError: none answers.
            RefusedError: they refuse the login, or a certificate can't be read.
        """
        self._names = ", ".join(connection.bootstrap)
        self._bootstrap = connection.bootstrap
        self._arguments = connection.for_kafka_python()
        self._check_reachable()
        self._check_login()
        self._admin: Any = self.client(
            KafkaAdminClient, request_timeout_ms=int(ANSWER_WITHIN_S * 1000)
        )

    def client(self, make: Callable[..., _Client], **arguments: Any) -> _Client:
        """One of kafka-python's clients, connected; raises as the class does."""
        self._check_reachable()
        begun: list[Any] = []

        def remembered(**configs: Any) -> Any:
            begun.append(KafkaNetClient(**configs))  # type: ignore[no-untyped-call]
            return begun[-1]

        try:
            with translated(f"connecting to {self._names}"):
                client = make(
                    **self._arguments,
                    **arguments,
                    bootstrap_timeout_ms=int(CONNECT_WITHIN_S * 1000),
                    kafka_client=remembered,
                )
            begun.clear()
        except UnavailableError as error:
            raise self._no_answer() from error
        finally:
            for one in begun:  # a constructor that fails leaves its thread and sockets behind
                one.close()
        return client

    def topics(self, names: Sequence[str]) -> dict[str, int]:
        """The partition counts of those of the topics that there are. Raises EventLogError."""
        found = self._ask("looking at the topics", lambda: self._admin.describe_topics(names))
        return {
            topic["name"]: len(topic["partitions"])
            for topic in found
            if _fine(topic["error_code"], f"looking at {topic['name']}")
        }

    def create(self, topics: Mapping[str, Mapping[str, Any]]) -> None:
        """Create topics (kafka-python's descriptions by name) and wait until they can be used.

        One that somebody else has just created is left as it is. Raises EventLogError.
        """
        answer = self._ask(
            "creating the topics", lambda: self._admin.create_topics(topics, raise_errors=False)
        )
        for topic in answer["topics"]:
            error = errors.for_code(topic["error_code"])  # type: ignore[no-untyped-call]
            if error is errors.InvalidReplicationFactorError:
                raise RefusedError(
                    f"creating {topic['name']}: {topic['error_message']}; set kafka.replication to "
                    "the number of brokers at most"
                )
            if error not in (errors.NoError, errors.TopicAlreadyExistsError):
                raise typed(error(topic["error_message"]), f"creating {topic['name']}")
        with translated("waiting for the new topics"):
            self._admin.wait_for_topics(list(topics), timeout_ms=int(ANSWER_WITHIN_S * 1000))

    def ends(self, name: str, partitions: int) -> list[int]:
        """For each partition the offset that the next message will get. Raises EventLogError."""
        places = [TopicPartition(name, number) for number in range(partitions)]
        wanted = dict.fromkeys(places, OffsetSpec.LATEST)
        found = self._ask(
            f"looking at the ends of {name}", lambda: self._admin.list_partition_offsets(wanted)
        )
        return [found[place].offset for place in places]

    def unread(self, group: str, name: str, partitions: int) -> list[int]:
        """The partitions that no member of the group has, once it has shared them out.

        Empty while it is still sharing. Raises EventLogError.
        """
        found = self._ask(
            f"looking at group {group}", lambda: self._admin.describe_groups([group])
        )[group]
        if found["group_state"] != "Stable":
            return []
        given = {
            number
            for member in found["members"]
            for topic in (member["member_assignment"] or {}).get("assigned_partitions", ())
            if topic["topic"] == name
            for number in topic["partitions"]
        }
        return sorted(set(range(partitions)) - given)

    def close(self) -> None:
        """Disconnect; safe to call twice."""
        self._admin.close()

    def _ask(self, doing: str, question: Callable[[], _Answer]) -> _Answer:
        """The answer; asks again until the deadline while nobody is connected."""
        deadline = monotonic_s() + ANSWER_WITHIN_S
        while True:
            try:
                with translated(doing):
                    return question()
            except UnavailableError as error:
                if monotonic_s() > deadline:
                    raise UnavailableError(
                        f"{error} (brokers {self._names}, asked for {ANSWER_WITHIN_S:g} s)"
                    ) from error
            time.sleep(ASK_AGAIN_AFTER_S)

    def _check_reachable(self) -> None:
        """Fail clearly, and before anything of kafka-python is begun, when nobody listens."""
        deadline = monotonic_s() + CONNECT_WITHIN_S
        reason = ""
        for broker in self._bootstrap:
            host, _, port = broker.rpartition(":")
            left_s = max(0.1, deadline - monotonic_s())
            try:
                socket.create_connection((host.strip("[]"), int(port)), left_s).close()
            except OSError as error:
                reason = str(error)
            else:
                return
        raise UnavailableError(
            f"no Kafka broker answers at {self._names} ({reason}); start it, or correct "
            "kafka.bootstrap"
        )

    def _check_login(self) -> None:
        """Connect once to a broker and say why it fails.

        kafka-python's clients tell only their log why, and try again until their time is over. The
        answer to a wrong password they lose: it comes together with the end of the connection. So
        a connection that ends after the first answer, during the login, is taken for refused.
        """
        doing = f"connecting to {self._names}"
        begun: Any = KafkaNetClient(**self._arguments)  # type: ignore[no-untyped-call]
        deadline = monotonic_s() + CONNECT_WITHIN_S
        failure: EventLogError = self._no_answer()
        try:
            for broker in begun.cluster.bootstrap_brokers():
                connection = begun._manager.get_connection(broker.node_id)  # noqa: SLF001
                left_s = max(0.1, deadline - monotonic_s())
                begun.poll(timeout_ms=left_s * 1000, future=connection.init_future)
                if connection.init_future.succeeded():
                    return
                error = connection.init_future.exception
                if error is not None and isinstance(error.__context__, ssl.SSLError):
                    failure = RefusedError(
                        f"{doing}: no TLS ({error.__context__}); check kafka.ca_file, "
                        "kafka.cert_file and kafka.security_protocol"
                    )
                elif error is not None and connection.broker_version_data is not None:
                    failure = login_refused(doing, error)
        finally:
            begun.close()
        raise failure

    def _no_answer(self) -> UnavailableError:
        return UnavailableError(
            f"{self._names} takes connections but does not answer as Kafka (waited up to "
            f"{CONNECT_WITHIN_S:g} s); check kafka.security_protocol, and whether the broker is "
            "still starting"
        )


def _fine(code: int, doing: str) -> bool:
    """Whether there is such a topic. Raises EventLogError when it can't be said."""
    error = errors.for_code(code)  # type: ignore[no-untyped-call]
    if error in (errors.UnknownTopicOrPartitionError, errors.NoError):
        return error is errors.NoError
    raise typed(error(), doing)
