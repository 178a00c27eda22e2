"""What the news producer remembers: across restarts, in bounds; refused when damaged."""

import multiprocessing
import os
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producers.news import memory
from producers.news.item import entry_of
from producers.news.memory import CHANGES, NewsMemory, NewsMemoryError
from producers.news.schedule import FeedState
from wheelsdown.records.news import Entry

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/feed.xml"
STATE = FeedState(
    configured_url=URL, url=URL, due=NOW, etag='"1"', last_read=NOW, failing_since=None
)


def entry(identity: str, title: str = "Talks begin") -> Entry:
    made = entry_of(
        feed="world",
        identity=identity,
        title=title,
        summary="",
        link=None,
        published_at=None,
        language=None,
        observed_at=NOW,
    )
    assert made is not None
    return made


def learn(store: NewsMemory, *entries: Entry, due: datetime = NOW) -> tuple[Entry, ...]:
    """One poll: sift, publish (by name only), commit."""
    fresh = store.sift("world", entries).fresh
    state = FeedState(configured_url=URL, url=URL, due=due)
    store.commit("world", state, entries=entries, fresh=fresh)
    return fresh


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feeds.sqlite"


def test_a_state_survives_the_process_unchanged(path: Path) -> None:
    with NewsMemory(path) as store:
        assert store.recall("world") is None
        store.commit("world", STATE)
    with NewsMemory(path) as store:
        assert store.recall("world") == STATE
        assert store.recall("other") is None


def test_without_a_file_it_lives_as_long_as_the_process() -> None:
    with NewsMemory(None) as store:
        store.commit("world", STATE)
        assert store.recall("world") == STATE


def test_an_entry_is_fresh_once_and_again_with_new_words(path: Path) -> None:
    first, other = entry("a"), entry("b")
    with NewsMemory(path) as store:
        assert learn(store, first, other) == (first, other)
        assert learn(store, first, other) == ()
    with NewsMemory(path) as store:
        edited = entry("a", "Talks end")
        assert edited.entry_id == first.entry_id
        assert learn(store, edited, other) == (edited,)
        assert learn(store, first, other) == ()  # its old words are not new


def test_feeds_have_entries_of_their_own() -> None:
    with NewsMemory(None) as store:
        learn(store, entry("a"))
        assert store.sift("other", [entry("a")]).fresh == (entry("a"),)


def test_what_is_not_committed_is_fresh_again() -> None:
    with NewsMemory(None) as store:
        for _ in range(2):
            assert store.sift("world", [entry("a")]).fresh == (entry("a"),)


def test_an_entry_that_churns_is_published_so_often_and_then_only_counted() -> None:
    with NewsMemory(None) as store:
        published = [learn(store, entry("a", f"{n} people watch")) for n in range(CHANGES + 10)]
        assert sum(map(len, published)) == 1 + CHANGES
        sifted = store.sift("world", [entry("a", "Once more"), entry("b")])
        assert (sifted.fresh, sifted.churning) == ((entry("b"),), 1)


def test_an_entry_that_stays_while_its_file_changes_does_not_churn() -> None:
    with NewsMemory(None) as store:
        for number in range(CHANGES + 10):
            learn(store, entry("a"), entry(str(number)))
        edited = entry("a", "Talks end")
        assert learn(store, edited) == (edited,)


def test_those_last_seen_longest_ago_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "REMEMBERED_ENTRIES", 3)
    with NewsMemory(None) as store:
        learn(store, entry("a"), entry("b"))
        learn(store, entry("a"), entry("c"), due=NOW + timedelta(hours=1))
        learn(store, entry("d"), due=NOW + timedelta(hours=2))
        fresh = store.sift("world", [entry(name) for name in "abcd"]).fresh
        assert fresh == (entry("b"),)


def test_a_commit_is_all_or_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with NewsMemory(path) as store:
        learn(store, entry("a"))
        monkeypatch.setattr(memory, "_FORGET", "nonsense ? ?")
        with pytest.raises(NewsMemoryError):
            learn(store, entry("b"), due=NOW + timedelta(hours=1))
    with NewsMemory(path) as store:
        state = store.recall("world")
        assert state is not None
        assert state.due == NOW
        assert store.sift("world", [entry("a"), entry("b")]).fresh == (entry("b"),)


def _commit_and_die(path: Path) -> None:
    store = NewsMemory(path)
    learn(store, entry("a"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_forgets_nothing_that_it_committed(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_commit_and_die, args=(path,))
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    with NewsMemory(path) as store:
        assert store.sift("world", [entry("a")]).fresh == ()


def test_a_second_producer_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with NewsMemory(path) as store:
        store.commit("world", STATE)
        connect = sqlite3.connect
        monkeypatch.setattr(
            sqlite3, "connect", lambda *args, **options: connect(args[0], timeout=0.05)
        )
        with pytest.raises(NewsMemoryError, match=r"locked.*second news producer"):
            NewsMemory(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(NewsMemoryError, match=r"feeds\.sqlite.*move it away"):
        NewsMemory(path)


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NewsMemoryError, match="another program's"):
        NewsMemory(path)
    assert path.read_bytes() == before


def test_a_newer_releases_file_is_refused(path: Path) -> None:
    NewsMemory(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(NewsMemoryError, match=r"another release \(schema 2; this one reads 1\)"):
        NewsMemory(path)


def test_a_damaged_file_is_refused_at_the_start(path: Path) -> None:
    with NewsMemory(path) as store:
        learn(store, *(entry(str(number)) for number in range(2000)))
    whole = bytearray(path.read_bytes())
    whole[16_384 : len(whole) - 4096] = b"\xff" * (len(whole) - 4096 - 16_384)
    path.write_bytes(whole)
    with pytest.raises(NewsMemoryError, match="move it away"):
        NewsMemory(path)


def test_a_state_that_can_not_be_read_is_said(path: Path) -> None:
    NewsMemory(path).close()
    meddler = sqlite3.connect(path)
    meddler.execute("INSERT INTO feeds VALUES ('world', x'c1')")
    meddler.commit()
    meddler.close()
    with NewsMemory(path) as store, pytest.raises(NewsMemoryError, match="move it away"):
        store.recall("world")


def test_a_full_disk_is_said_and_what_was_committed_stays(path: Path) -> None:
    with NewsMemory(path) as store:
        learn(store, entry("a"))
        # SQLite's own limit stands in for the disk's: the error is the same.
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(NewsMemoryError, match="the disk full"):
            learn(store, *(entry(str(number)) for number in range(2000)))
        assert store.sift("world", [entry("a")]).fresh == ()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NewsMemoryError, match="missing"):
        NewsMemory(tmp_path / "missing" / "feeds.sqlite")
