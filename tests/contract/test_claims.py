"""Claims on the partitions of a changelog, at a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import errors
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from pipeline.claims import BATCH_BYTES, ClaimedChangelogs, SupersededError

pytestmark = pytest.mark.kafka

NewWorker = Callable[[], ClaimedChangelogs]
Pair = tuple[bytes, bytes | None]


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"t{uuid4().hex[:12]}-changelog"
    admin: Any = KafkaAdminClient(bootstrap_servers=kafka)
    with closing(admin):
        admin.create_topics([NewTopic(name, 2, 1, topic_configs={"cleanup.policy": "compact"})])
    return name


@pytest.fixture
async def new_worker(kafka: str) -> AsyncIterator[NewWorker]:
    async with AsyncExitStack() as stack:

        def make() -> ClaimedChangelogs:
            worker = ClaimedChangelogs({"bootstrap_servers": kafka}, "workers", 20.0)
            stack.push_async_callback(worker.close)
            return worker

        yield make


@pytest.fixture
def written(kafka: str, topic: str) -> Callable[[], list[Pair]]:
    """What partition 1 has."""

    def read() -> list[Pair]:
        place = TopicPartition(topic, 1)
        with closing(KafkaConsumer(bootstrap_servers=kafka, group_id=None)) as consumer:
            consumer.assign([place])
            consumer.seek_to_beginning(place)
            end = consumer.end_offsets([place])[place]
            found: list[Pair] = []
            while consumer.position(place) < end:
                for record in consumer.poll(timeout_ms=1000).get(place, []):
                    found.append((record.key, record.value))
        return found

    return read


async def test_whoever_claims_shuts_out_those_before(
    new_worker: NewWorker, topic: str, written: Callable[[], list[Pair]]
) -> None:
    before, after = new_worker(), new_worker()
    old = await before.claim(topic, 1)
    await before.append(old, [(b"cell", b"old")])
    new = await after.claim(topic, 1)
    with pytest.raises(SupersededError):
        await before.append(old, [(b"cell", b"stale")])
    with pytest.raises(SupersededError):
        await before.renew(old)
    await after.append(new, [(b"cell", b"new"), (b"gone", None)])
    assert new.cell != old.cell
    assert written() == [
        (b"1/@claim", old.cell),
        (b"cell", b"old"),
        (b"1/@claim", new.cell),
        (b"cell", b"new"),
        (b"gone", None),
    ]


async def test_nothing_that_was_on_its_way_comes_in_behind_the_next_claim(
    new_worker: NewWorker, topic: str, written: Callable[[], list[Pair]]
) -> None:
    before, after = new_worker(), new_worker()
    old = await before.claim(topic, 1)
    accepted: list[Pair] = []
    claimed = asyncio.Event()

    async def write_on() -> None:
        while True:
            pair = (b"cell", str(len(accepted)).encode())
            await before.append(old, [pair])
            accepted.append(pair)
            if len(accepted) == 20:
                claimed.set()

    writing = asyncio.create_task(write_on())
    await claimed.wait()
    new = await after.claim(topic, 1)
    with pytest.raises(SupersededError):
        await writing
    *found, last = written()
    assert last == (new.key, new.cell)
    # One may have been accepted without anybody having been told.
    unheard = (b"cell", str(len(accepted)).encode())
    assert found[1:] in (accepted, [*accepted, unheard])


async def test_other_partitions_are_nobodys_business(new_worker: NewWorker, topic: str) -> None:
    one, other = new_worker(), new_worker()
    mine = await one.claim(topic, 0)
    await other.claim(topic, 1)
    await one.append(mine, [(b"cell", b"mine")])


async def test_a_renewed_claim_goes_on(
    new_worker: NewWorker, topic: str, written: Callable[[], list[Pair]]
) -> None:
    worker = new_worker()
    claim = await worker.claim(topic, 1)
    first = claim.cell
    await worker.append(claim, [(b"a", b"1")])
    await worker.renew(claim)
    await worker.append(claim, [(b"b", b"2")])
    assert written() == [
        (claim.key, first),
        (b"a", b"1"),
        (claim.key, claim.cell),
        (b"b", b"2"),
    ]
    assert claim.cell != first


async def test_a_batch_whose_answer_is_lost_is_there_once(
    new_worker: NewWorker,
    topic: str,
    written: Callable[[], list[Pair]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = new_worker()
    claim = await worker.claim(topic, 1)
    client = worker._client
    send = client.send
    sent = 0

    async def send_and_hear_nothing(*args: Any, **kwargs: Any) -> Any:
        nonlocal sent
        sent += 1
        answer = await send(*args, **kwargs)
        if sent == 1:
            raise errors.RequestTimedOutError
        return answer

    monkeypatch.setattr(client, "send", send_and_hear_nothing)
    await worker.append(claim, [(b"a", b"1"), (b"b", b"2")])
    await worker.append(claim, [(b"c", b"3")])
    assert sent > 2
    assert written()[1:] == [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]


async def test_many_large_cells_are_written_in_their_order(
    new_worker: NewWorker, topic: str, written: Callable[[], list[Pair]]
) -> None:
    worker = new_worker()
    claim = await worker.claim(topic, 1)
    cells: list[Pair] = [
        (str(number).encode(), bytes([number]) * (BATCH_BYTES * 2 // 3)) for number in range(5)
    ]
    await worker.append(claim, [*cells, (b"position", b"5")])
    assert written()[1:] == [*cells, (b"position", b"5")]
