"""Writing to changelogs of which a worker owns its share, so that no worker of before can.

A changelog is compacted: of a cell the record that was written last is believed. A worker that was
stopped while its partitions went to another, and that then wakes, must therefore not get a single
record into it. Kafka can see to that without transactions. A producer with a transactional id is
given a producer id and an epoch, each time a higher one, and a partition refuses records of an
epoch lower than the highest that it has seen. So a worker that takes a partition over

1. asks for the next epoch of that partition's transactional id,
2. writes a record with it, its *claim*, which shuts out all that had the partition before, and
3. reads the changelog up to its claim: nothing can be written behind its back any more.

What is written for one record of the input goes out as one batch, which a partition takes whole or
not at all (or in more than one, where it is large; the position comes last). See docs/adr/0009.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from aiokafka import errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.types import CompactString, Int16, Int32, Int64, Schema, TaggedFields
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from wheelsdown.clock import monotonic_s

#: The cell that holds the claim.
CLAIM = "@claim"
#: How long one request may take, and how long to wait before it is tried again.
REQUEST_TIMEOUT_MS = 30_000
TRY_AGAIN_S = 0.2
#: A first try may fail because the broker has yet to make its own topics.
TELL_AFTER_S = 3.0
#: How soon a broker that is there has answered.
ANSWER_WITHIN_S = 10.0
#: A batch is closed when it has reached this size; a broker takes a million bytes by default.
BATCH_BYTES = 400_000
#: Nothing is ever open so long, but a broker wants to know.
TRANSACTION_TIMEOUT_MS = 60_000

#: aiokafka has no annotations.
_new_client: Any = AIOKafkaClient

ChangelogRecord = tuple[bytes, bytes | None]

log = structlog.get_logger(__name__)


class SupersededError(Exception):
    """Another worker has claimed the partition."""


@dataclass
class Claim:
    """A worker's right to write one partition of a changelog.

    ``key`` and ``cell`` are the record that proves it: whoever reads the changelog and finds them
    has read all that was written before. ``is_held`` ends when the partition goes.
    """

    topic: str
    partition: int
    producer_id: int = -1
    epoch: int = -1
    sequence: int = 0
    is_held: bool = True
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def key(self) -> bytes:
        """The key of the record that proves it."""
        return f"{self.partition}/{CLAIM}".encode()

    @property
    def cell(self) -> bytes:
        """The value of the record that proves it."""
        return msgspec.json.encode({"producer_id": self.producer_id, "epoch": self.epoch})


class ClaimedChangelogs:
    """Claims partitions and writes to them; of one event loop.

    Args:
        connect: the arguments with which aiokafka's client is made.
        group: the consumer group; the transactional ids begin with it.
        give_up_after_s: how long a request may be tried again while the broker does not answer.

    Every call raises TimeoutError when the broker has not accepted within ``give_up_after_s``,
    SupersededError when another worker has the partition, and KafkaError when the broker refuses.
    """

    def __init__(self, connect: Mapping[str, Any], group: str, give_up_after_s: float) -> None:
        self._connect = connect
        self._group = group
        self._give_up_after_s = give_up_after_s
        self._client: Any = None
        self._starting = asyncio.Lock()

    async def claim(self, topic: str, partition: int) -> Claim:
        """Shut out whoever had the partition before; the claim's record is accepted."""
        claim = Claim(topic, partition)
        await self._raise_epoch(claim)
        return claim

    async def renew(self, claim: Claim) -> None:
        """Claim again what is claimed: brokers forget epochs of which they hear nothing.

        Not possible for a worker that has been shut out.
        """
        async with claim.lock:
            if claim.is_held:
                await self._raise_epoch(claim)

    async def append(self, claim: Claim, records: Sequence[ChangelogRecord]) -> None:
        """Write the records (key and value; None deletes); they are accepted when this returns."""
        async with claim.lock:
            if not claim.is_held:
                raise SupersededError
            for batch in _batches(records):
                await self._write(claim, batch)

    async def topics(self) -> frozenset[str] | None:
        """The topics that the broker knows now; None when it does not answer."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                cluster = await (await self._ready()).fetch_all_metadata()
        except (TimeoutError, errors.KafkaError):
            return None
        return frozenset(cluster.topics())

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _raise_epoch(self, claim: Claim) -> None:
        name = f"{self._group}-{claim.topic}-{claim.partition}"

        async def ask() -> Any:
            client = await self._ready()
            node = await client.coordinator_lookup(CoordinationType.TRANSACTION, name)
            request = _InitProducerId(name, claim.producer_id, claim.epoch)
            answer = await client.send(node, request, group=ConnectionGroup.COORDINATION)
            _check(answer.error_code)
            return answer

        answer = await self._until_accepted(ask, claim)
        claim.producer_id, claim.epoch, claim.sequence = (
            answer.producer_id,
            answer.producer_epoch,
            0,
        )
        await self._write(claim, [(claim.key, claim.cell)])

    async def _write(self, claim: Claim, records: Sequence[ChangelogRecord]) -> None:
        """Write one batch; the broker knows one that it was sent twice by its sequence."""
        data = _encoded(claim, records)
        place = TopicPartition(claim.topic, claim.partition)

        async def send() -> None:
            client = await self._ready()
            await client.add_topic(claim.topic)  # reads where it is, the first time
            leader = client.cluster.leader_for_partition(place)
            if leader is None or leader < 0:
                raise errors.LeaderNotAvailableError
            request = ProduceRequest(
                transactional_id=None,  # the records belong to no transaction
                required_acks=-1,
                timeout=REQUEST_TIMEOUT_MS,
                topics=[(claim.topic, [(claim.partition, data)])],
            )
            answer = await client.send(leader, request)
            _check(answer.topics[0][1][0][1])

        await self._until_accepted(send, claim)
        claim.sequence = (claim.sequence + len(records)) % (1 << 31)

    async def _until_accepted(self, attempt: Callable[[], Awaitable[Any]], claim: Claim) -> Any:
        where = log.bind(topic=claim.topic, partition=claim.partition)
        began_s, told = monotonic_s(), False
        async with asyncio.timeout(self._give_up_after_s):
            while True:
                try:
                    return await attempt()
                except errors.InvalidProducerEpoch as error:
                    raise SupersededError from error
                except errors.KafkaError as error:
                    if not error.retriable and not isinstance(error, errors.ConcurrentTransactions):
                        raise
                    if not told and monotonic_s() - began_s > TELL_AFTER_S:
                        where.warning("changelog_not_accepted_yet", error=repr(error))
                        told = True
                await asyncio.sleep(TRY_AGAIN_S)
                if self._client is not None:
                    await self._client.force_metadata_update()

    async def _ready(self) -> Any:
        async with self._starting:
            if self._client is None:
                client: Any = _new_client(**self._connect, request_timeout_ms=REQUEST_TIMEOUT_MS)
                await client.bootstrap()
                self._client = client
            return self._client


def _check(code: int) -> None:
    """Raises KafkaError, unless the broker has accepted, now or when it was asked before."""
    kind = errors.for_code(code)
    if kind not in {errors.NoError, errors.DuplicateSequenceNumber}:
        raise kind()


def _batches(records: Sequence[ChangelogRecord]) -> Iterator[Sequence[ChangelogRecord]]:
    batch: list[ChangelogRecord] = []
    size = 0
    for key, value in records:
        length = len(key) + len(value or b"")
        if batch and size + length > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((key, value))
        size += length
    yield batch


def _encoded(claim: Claim, records: Sequence[ChangelogRecord]) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=claim.producer_id,
        producer_epoch=claim.epoch,
        base_sequence=claim.sequence,
        batch_size=1 << 30,  # never full: they were divided before
    )
    for number, (key, value) in enumerate(records):
        builder.append(number, timestamp=None, key=key, value=value, headers=[])
    return bytes(builder.build())


class _InitProducerIdResponse(Response):
    API_KEY = 22
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class _InitProducerIdStruct(RequestStruct):
    """Version 3, which aiokafka 0.14 lacks: it takes the id and epoch that the asker has.

    With them the broker raises the epoch only for the one who has the partition now; with -1 and -1
    for anybody.
    """

    API_KEY = 22
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _InitProducerIdResponse
    SCHEMA = Schema(
        ("transactional_id", CompactString("utf-8")),
        ("transaction_timeout_ms", Int32),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class _InitProducerId(Request[_InitProducerIdStruct]):
    API_KEY = 22

    def __init__(self, transactional_id: str, producer_id: int, epoch: int) -> None:
        self._fields: tuple[Any, ...] = (
            transactional_id,
            TRANSACTION_TIMEOUT_MS,
            producer_id,
            epoch,
            {},
        )

    def build(self, request_struct_class: type[_InitProducerIdStruct]) -> _InitProducerIdStruct:
        return request_struct_class(*self._fields)
