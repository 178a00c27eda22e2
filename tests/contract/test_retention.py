"""What the logs within one process keep, and for how long; offsets go on whatever is deleted."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.logs import PARTITIONS, keys, new, read

from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.local import LocalLog
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.records.topics import NEWS_ENTRIES, VISITS


class SetClock(SystemClock):
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self._now = datetime(2023, 8, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def pass_by(self, time: timedelta) -> None:
        self._now += time


def test_what_has_had_its_time_goes_when_more_comes_and_offsets_go_on(tmp_path: Path) -> None:
    clock = SetClock()
    path = tmp_path / "events.sqlite"
    with SqliteLog(path, PARTITIONS, clock=clock) as log:
        log.append(new(f"old {number}") for number in range(10))
        clock.pass_by(NEWS_ENTRIES.kept - timedelta(seconds=1))
        log.append([new("young")])
        assert kept(log) == [f"old {number}" for number in range(10)] + ["young"]

        clock.pass_by(timedelta(seconds=2))
        log.append([new("next")])
        assert kept(log) == [f"old {number}" for number in range(2, 10)] + ["young", "next"]
        log.append(new(f"more {number}") for number in range(9))
        assert kept(log)[:2] == ["young", "next"]
        assert list(log.ends(NEWS_ENTRIES)) == [21, 0, 0, 0]

        clock.pass_by(2 * NEWS_ENTRIES.kept)
        for number in range(11):
            log.append([new(f"last {number}")])
        assert kept(log) == [f"last {number}" for number in range(11)]
    with SqliteLog(path, PARTITIONS, clock=clock) as log:
        log.append([new("after a restart")])
        assert list(log.ends(NEWS_ENTRIES)) == [33, 0, 0, 0]
        with closing(log.consumer("late", [NEWS_ENTRIES])) as consumer:
            consumer.seek(NEWS_ENTRIES, 0, 3)
            assert [read(consumer, 1)[0].offset, read(consumer, 1)[0].offset] == [21, 22]
        assert [one.offset for one in log.read(NEWS_ENTRIES, 0, 3, 2)] == [21, 22]


def test_an_open_consumer_holds_what_it_has_not_committed_and_a_vanished_group_nothing(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    with SqliteLog(tmp_path / "events.sqlite", PARTITIONS, clock=clock) as log:
        log.append(new(f"{number}") for number in range(6))
        log.consumer("vanished", [NEWS_ENTRIES]).close()
        with closing(log.consumer("slow", [NEWS_ENTRIES])) as slow:
            slow.commit(read(slow, 4)[3])
            clock.pass_by(2 * NEWS_ENTRIES.kept)
            log.append(new(f"new {number}") for number in range(9))
            assert kept(log)[:3] == ["4", "5", "new 0"]
            assert keys(read(slow, 3)) == ["4", "5", "new 0"]
        log.append([new("new 9")])
        assert kept(log)[:1] == ["new 0"]


def test_the_file_stops_growing_where_messages_come_and_go(tmp_path: Path) -> None:
    clock = SetClock()
    path = tmp_path / "events.sqlite"
    sizes = []
    for _ in range(6):
        with SqliteLog(path, PARTITIONS, clock=clock) as log:
            for number in range(40):
                log.append([new(f"{number}", value=b"x" * 5000)])
        sizes.append(path.stat().st_size)
        clock.pass_by(2 * NEWS_ENTRIES.kept)
    assert max(sizes) <= 1.2 * sizes[0]


def test_a_memory_log_that_forgets_keeps_what_its_readers_have_yet_to_commit() -> None:
    with MemoryLog(PARTITIONS, forgets=True) as log:
        fast, slow = (log.consumer(group, [NEWS_ENTRIES]) for group in ("fast", "slow"))
        log.append(new(f"{number}") for number in range(100))
        log.append([new("unread", topic=VISITS)])
        fast.commit(read(fast, 100)[-1])
        first = read(slow, 80)
        assert keys(first) == [f"{number}" for number in range(80)]
        slow.commit(first[-1])
        assert kept(log) == [f"{number}" for number in range(80, 100)]
        assert keys(read(slow, 20)) == [f"{number}" for number in range(80, 100)]
        assert list(log.ends(NEWS_ENTRIES)) == [100, 0, 0, 0]
        assert keys(log.read(NEWS_ENTRIES, 0, 50, 2)) == ["80", "81"]
        assert (list(log.ends(VISITS)), log.read(VISITS, 0, 0, 9)) == ([1, 0, 0, 0], [])


def kept(log: LocalLog) -> list[str]:
    return keys(log.read(NEWS_ENTRIES, 0, 0, 1_000))
