"""What every state store promises, shown for memory and SQLite."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from wheelsdown.eventlog.port import RefusedError
from wheelsdown.eventlog.state import MemoryState, SqliteState, StateStore

Reopen = Callable[[], StateStore]


@pytest.fixture(params=["memory", "sqlite"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """The store, each time as a process that has just started would open it."""
    memory = MemoryState()
    with ExitStack() as stack:

        def opened() -> StateStore:
            if request.param == "memory":
                return memory
            stack.close()
            return stack.enter_context(SqliteState(tmp_path / "state.sqlite"))

        yield opened


def test_a_new_store_is_empty(reopen: Reopen) -> None:
    store = reopen()
    assert store.get("cases", 0, "PRK-RUS") is None
    assert store.position("cases", 0) is None


def test_cells_and_position_are_kept_and_replaced(reopen: Reopen) -> None:
    store = reopen()
    store.write("cases", 0, {"PRK-RUS": b"1", "@due": b"\x00\xff", "": b""}, 0)
    store.write("cases", 0, {"PRK-RUS": b"2"}, 7)
    for opened in (lambda: store, reopen):
        same = opened()
        assert same.get("cases", 0, "PRK-RUS") == b"2"
        assert same.get("cases", 0, "@due") == b"\x00\xff"
        assert same.get("cases", 0, "") == b""
        assert same.position("cases", 0) == 7


def test_none_deletes_a_cell_also_one_that_is_not_there(reopen: Reopen) -> None:
    store = reopen()
    store.write("cases", 0, {"a": b"1", "b": b"1"}, 1)
    store.write("cases", 0, {"a": None, "never": None}, 2)
    store = reopen()
    assert [store.get("cases", 0, name) for name in ("a", "b", "never")] == [None, b"1", None]
    assert store.position("cases", 0) == 2


def test_a_position_moves_without_cells(reopen: Reopen) -> None:
    reopen().write("cases", 0, {}, 3)
    assert reopen().position("cases", 0) == 3


def test_stages_and_partitions_are_apart(reopen: Reopen) -> None:
    store = reopen()
    store.write("cases", 0, {"a": b"0"}, 10)
    store.write("cases", 1, {"a": b"1"}, 11)
    store.write("visits", 0, {"a": b"2"}, 12)
    store.write("cases", 1, {"a": None}, 13)
    store = reopen()
    books = [("cases", 0), ("cases", 1), ("visits", 0), ("visits", 1)]
    assert [store.get(*book, "a") for book in books] == [b"0", None, b"2", None]
    assert [store.position(*book) for book in books] == [10, 13, 12, None]


def test_a_large_cell_survives(reopen: Reopen) -> None:
    reopen().write("cases", 0, {"a": b"x" * 1_000_000}, 1)
    assert reopen().get("cases", 0, "a") == b"x" * 1_000_000


def test_several_threads_use_it_at_once(reopen: Reopen) -> None:
    store = reopen()

    def work(partition: int) -> None:
        for number in range(30):
            store.write("cases", partition, {"a": b"%d" % number}, number)
            assert store.get("cases", partition, "a") == b"%d" % number

    threads = [threading.Thread(target=work, args=(partition,)) for partition in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [store.position("cases", partition) for partition in range(4)] == [29] * 4


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    with SqliteState(tmp_path / "state.sqlite") as store:
        store.write("cases", 0, {"a": b"1", "b": b"1"}, 1)
        wrong: dict[str, bytes | None] = {"a": None, "b": b"2", "c": "no bytes"}  # type: ignore[dict-item]
        with pytest.raises(Exception, match="cannot store TEXT"):
            store.write("cases", 0, wrong, 2)
        assert [store.get("cases", 0, name) for name in "abc"] == [b"1", b"1", None]
        assert store.position("cases", 0) == 1
        store.write("cases", 0, {"b": b"3"}, 2)


def test_a_closed_store_refuses_to_be_used(tmp_path: Path) -> None:
    store = SqliteState(tmp_path / "state.sqlite")
    store.close()
    store.close()
    for use in (
        lambda: store.get("cases", 0, "a"),
        lambda: store.position("cases", 0),
        lambda: store.write("cases", 0, {}, 1),
    ):
        with pytest.raises(RefusedError, match="is closed"):
            use()
