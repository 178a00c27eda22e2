"""What every event log promises, shown for each: in memory, in SQLite, on a real Kafka."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from fakes.logs import PARTITIONS, WITHIN_S, LogKind, keys, new, read

from wheelsdown.eventlog.port import EventLog, NewMessage, RefusedError
from wheelsdown.records.topics import ALERTS, NEWS_ENTRIES, VISITS


def test_a_partition_keeps_its_order_and_messages_come_back_as_they_went_in(log: EventLog) -> None:
    headers = (("record-id", b"\x00\xff"), ("again", b""), ("record-id", b"2"))
    odd = NewMessage(NEWS_ENTRIES, 2, "Ünïcode \x00 key", b"\x00\xff{}", headers)
    log.append([odd])
    for start in range(0, 30, 10):
        log.append(new(f"{number}", number % 3) for number in range(start, start + 10))
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        found = read(consumer, 31, limit=7)
    for partition in range(3):
        expected = [f"{number}" for number in range(30) if number % 3 == partition]
        assert keys(found, partition)[partition == 2 :] == expected
        offsets = [one.offset for one in found if one.partition == partition]
        assert offsets == list(range(len(offsets)))
    (back,) = [one for one in found if one.headers == headers]
    assert (back.topic, back.key, back.value) == (NEWS_ENTRIES, odd.key, odd.value)


def test_topics_are_apart_and_a_single_one_has_one_partition(log: EventLog) -> None:
    assert (log.partitions(NEWS_ENTRIES), log.partitions(ALERTS)) == (PARTITIONS, 1)
    log.append([new("news"), new("alert", topic=ALERTS), new("visit", topic=VISITS)])
    with closing(log.consumer("readers", [ALERTS, VISITS])) as consumer:
        assert sorted(keys(read(consumer, 2))) == ["alert", "visit"]
        assert consumer.poll(limit=9, timeout_s=0.1) == []


def test_the_ends_are_where_the_next_messages_go(log: EventLog) -> None:
    assert list(log.ends(NEWS_ENTRIES)) == [0, 0, 0, 0]
    log.append([new("a", 1), new("b", 1), new("c", 3)])
    assert list(log.ends(NEWS_ENTRIES)) == [0, 2, 0, 1]
    assert list(log.ends(ALERTS)) == [0]


def test_what_was_not_committed_comes_again_and_the_rest_does_not(
    kind: LogKind, log: EventLog
) -> None:
    """A crash between handling and commit, and one of the whole process after it."""
    log.append(new(f"{number}") for number in range(6))
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        found = read(consumer, 4)
        consumer.commit(found[1])
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        assert keys(read(consumer, 4)) == ["2", "3", "4", "5"]
    log = kind.reopen(log)
    with log, closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        assert keys(read(consumer, 4)) == ["2", "3", "4", "5"]


def test_groups_know_nothing_of_one_another(log: EventLog) -> None:
    log.append([new("a"), new("b")])
    with (
        closing(log.consumer("one", [NEWS_ENTRIES])) as one,
        closing(log.consumer("two", [NEWS_ENTRIES])) as two,
    ):
        one.commit(read(one, 2)[1])
        assert keys(read(two, 2)) == ["a", "b"]


def test_a_consumer_seeks_back_and_forth_also_before_its_first_poll(log: EventLog) -> None:
    log.append(new(f"{number}") for number in range(8))
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        consumer.seek(NEWS_ENTRIES, 0, 3)
        assert keys(read(consumer, 2)) == ["3", "4"]
        consumer.seek(NEWS_ENTRIES, 0, 1)
        assert keys(read(consumer, 2)) == ["1", "2"]
        consumer.seek(NEWS_ENTRIES, 0, 5)
        consumer.seek(NEWS_ENTRIES, 0, 7)
        assert keys(read(consumer, 1)) == ["7"]
        consumer.seek(NEWS_ENTRIES, 0, 8)
        log.append([new("8")])
        assert keys(read(consumer, 1)) == ["8"]


def test_large_records_survive_and_too_large_ones_are_refused(log: EventLog) -> None:
    largest = bytes(range(250)) * (NEWS_ENTRIES.max_bytes // 250)
    log.append([new("k" * 1000, value=largest)])
    with pytest.raises(RefusedError, match=r"1000001 bytes is too large for news\.entries\.v1"):
        log.append([new("b"), new("c", value=largest + b"x")])
    log.append([new("d")])
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        one, two = read(consumer, 2)
    assert one.value == largest
    assert two.key == "d"


def test_what_no_log_could_take_is_refused_and_nothing_of_it_is_kept(log: EventLog) -> None:
    for partition in (-1, PARTITIONS):
        with pytest.raises(RefusedError, match="has no partition"):
            log.append([new("a"), new("b", partition)])
    with pytest.raises(RefusedError, match="no Unicode text"):
        log.append([new("a"), new("\ud800", value=b"x")])
    log.append([])
    assert sum(log.ends(NEWS_ENTRIES)) == 0


def test_a_consumer_refuses_what_is_not_its_own(log: EventLog) -> None:
    log.append([new("a", topic=VISITS)])
    with (
        closing(log.consumer("one", [VISITS])) as visits,
        closing(log.consumer("two", [NEWS_ENTRIES])) as news,
    ):
        (visit,) = read(visits, 1)
        with pytest.raises(RefusedError, match="does not read"):
            news.commit(visit)
        with pytest.raises(RefusedError, match="does not read"):
            news.seek(NEWS_ENTRIES, PARTITIONS, 0)
        with pytest.raises(RefusedError, match="no offset -1"):
            news.seek(NEWS_ENTRIES, 0, -1)


def test_several_threads_append_at_once_and_nothing_is_lost(log: EventLog) -> None:
    def work(worker: int) -> None:
        for number in range(20):
            log.append([new(f"{worker}-{number}", number % 2)])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(5)]
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        for thread in threads:
            thread.start()
        found = read(consumer, 100)
        for thread in threads:
            thread.join(WITHIN_S)
    for worker in range(5):
        for partition in range(2):
            mine = [key for key in keys(found, partition) if key.startswith(f"{worker}-")]
            assert mine == [f"{worker}-{number}" for number in range(partition, 20, 2)]


def test_a_waiting_poll_returns_when_something_comes_and_in_time_when_nothing_does(
    log: EventLog,
) -> None:
    with closing(log.consumer("readers", [NEWS_ENTRIES])) as consumer:
        assert consumer.poll(limit=5, timeout_s=0.0) == []
        started = time.monotonic()
        assert consumer.poll(limit=5, timeout_s=0.2) == []
        assert 0.15 < time.monotonic() - started < WITHIN_S
        timer = threading.Timer(0.1, log.append, [[new("late")]])
        timer.start()
        found = consumer.poll(limit=5, timeout_s=WITHIN_S)
        timer.join(WITHIN_S)
        assert keys(found) == ["late"]


def test_a_second_consumer_of_a_group_is_refused_or_shares(kind: LogKind, log: EventLog) -> None:
    log.append(new(f"{number}", number % PARTITIONS) for number in range(40))
    first = log.consumer("readers", [NEWS_ENTRIES])
    if kind.name != "kafka":
        with pytest.raises(RefusedError, match="close that one first"):
            log.consumer("readers", [VISITS, NEWS_ENTRIES])
        log.consumer("readers", [VISITS]).close()
        first.close()
        log.consumer("readers", [NEWS_ENTRIES]).close()
        return
    with closing(first), closing(log.consumer("readers", [NEWS_ENTRIES])) as second:
        seen: list[set[int]] = [set(), set()]
        deadline = time.monotonic() + WITHIN_S
        # Whoever is alone at first may have had them all; in the end each partition has one reader.
        while not (all(seen) and not seen[0] & seen[1] and len(seen[0] | seen[1]) == PARTITIONS):
            assert time.monotonic() < deadline, f"not shared: {seen}"
            log.append(new("more", number) for number in range(PARTITIONS))
            for number, consumer in enumerate((first, second)):
                found = consumer.poll(limit=500, timeout_s=0.3)
                seen[number] = {one.partition for one in found}


def test_what_is_closed_refuses_to_be_used(log: EventLog) -> None:
    log.append([new("a"), new("b")])
    consumer = log.consumer("readers", [NEWS_ENTRIES])
    message = read(consumer, 1)[0]
    consumer.close()
    consumer.close()
    for use in (
        lambda: consumer.poll(limit=1, timeout_s=0),
        lambda: consumer.commit(message),
        lambda: consumer.seek(NEWS_ENTRIES, 0, 0),
    ):
        with pytest.raises(RefusedError, match="is closed"):
            use()
    log.read(NEWS_ENTRIES, 0, 0, 1)
    open_one = log.consumer("others", [NEWS_ENTRIES])
    log.close()
    log.close()
    uses: tuple[Callable[[], object], ...] = (
        lambda: log.append([new("c")]),
        lambda: log.ends(NEWS_ENTRIES),
        lambda: log.read(NEWS_ENTRIES, 0, 0, 1),
        lambda: log.consumer("more", [NEWS_ENTRIES]),
        lambda: open_one.poll(limit=1, timeout_s=0),
        lambda: open_one.commit(message),
    )
    for use in uses:
        with pytest.raises(RefusedError, match="is closed"):
            use()
    open_one.close()
