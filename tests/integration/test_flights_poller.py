"""The poller against a server on loopback, on a clock that jumps: its schedule and every fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from fakes.http_feed import HttpFeed, Scripted, gzip_bomb, gzipped
from prometheus_client import REGISTRY

from producers.fetch import Fetcher, client_session
from producers.flights.opensky_auth import OpenSkyLogin
from producers.flights.poller import PUBLISHING, FlightPoller
from producers.flights.source import FlightSource, Format
from wheelsdown.clock import VirtualClock
from wheelsdown.daemon.health import Health
from wheelsdown.eventlog.port import RefusedError, UnavailableError
from wheelsdown.records.aircraft import Scope, Snapshot
from wheelsdown.records.reception import box_at, box_map
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, Topic

START = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)
WORLD = Scope(kind="world")


def sky(at: datetime, *icao24s: str) -> Scripted:
    rows = [{"hex": icao24, "seen": 1} for icao24 in icao24s]
    return Scripted(json.dumps({"now": at.timestamp(), "aircraft": rows}).encode())


class Rig:
    """One poller, its server, its clock, and what it has published."""

    def __init__(self, feed: HttpFeed) -> None:
        self.feed = feed
        self.clock = VirtualClock(START)
        self.published: list[Snapshot] = []
        self.log_faults: list[Exception] = []
        self.health = Health(lambda: self.clock.now().timestamp())
        self.health.started()
        self._task: asyncio.Task[None] | None = None

    async def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        if self.log_faults:
            raise self.log_faults.pop(0)
        assert topic is ADSB_SNAPSHOTS
        for record in records:
            snapshot = topic.decode(topic.encode(record))
            assert isinstance(snapshot, Snapshot)
            self.published.append(snapshot)

    @asynccontextmanager
    async def polling(
        self,
        url: str,
        *,
        format: Format = "readsb",  # noqa: A002 - the field's name
        every_s: float = 60,
        shards: int = 1,
        jitter: float = 0.0,
        login: OpenSkyLogin | None = None,
        scope: Scope = WORLD,
    ) -> AsyncIterator[None]:
        async with client_session(allow_private=True) as session:
            poller = FlightPoller(
                FlightSource("mast", format, url, every_s, scope),
                Fetcher(session, limit_bytes=1_000_000, deadline_s=0.5),
                watches=lambda vector: vector.icao24.startswith("15"),
                shards=shards,
                publish=self.publish,
                clock=self.clock,
                jitter=lambda: jitter,
                login=login,
            )
            poller.report_to(self.health)
            (loop,) = poller.loops()
            self._task = asyncio.create_task(loop)
            try:
                await self.settle()
                yield
            finally:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    async def settle(self) -> None:
        """Until the poller waits for the clock, or has ended."""
        assert self._task is not None
        asleep = asyncio.create_task(self.clock.until_asleep(1))
        await asyncio.wait({asleep, self._task}, timeout=20, return_when="FIRST_COMPLETED")
        asleep.cancel()
        if self._task.done():
            await self._task

    async def jump(self) -> Snapshot:
        self.clock.jump()
        await self.settle()
        return self.published[-1]

    def elapsed_s(self) -> list[float]:
        return [(one.observed_at - START).total_seconds() for one in self.published]


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    async with HttpFeed() as feed:
        yield Rig(feed)


async def test_one_snapshot_a_shard_each_minute(rig: Rig) -> None:
    skies = [
        sky(START - timedelta(seconds=1), "15521f", "155220", "abcdef", "~abcdef"),
        sky(START + timedelta(seconds=58), "abcdef"),
    ]
    async with rig.polling(rig.feed.script("/", *skies), shards=2):
        assert [[one.icao24 for one in s.candidates] for s in rig.published] == [
            ["155220"],
            ["15521f"],
        ]
        for snapshot in rig.published:
            assert (snapshot.received, snapshot.dropped) == (4, {"non_icao_address": 1})
            assert (snapshot.health, snapshot.shards, snapshot.every_s) == ("ok", 2, 60)
            assert snapshot.occurred_at == START - timedelta(seconds=1)

        await rig.jump()

    empty = rig.published[2:]
    assert [(s.observed_at, s.received, s.candidates) for s in empty] == [
        (START + timedelta(minutes=1), 1, ())
    ] * 2
    assert rig.published[0].sequence < empty[0].sequence


@pytest.mark.parametrize(
    ("of", "body"),
    [
        ("readsb", {"now": START.timestamp(), "aircraft": []}),
        ("adsbx", {"now": START.timestamp() * 1000, "ac": []}),
        ("opensky", {"time": START.timestamp(), "states": None}),
        ("adsbx", {"now": START.timestamp() * 1000, "ac": [{"hex": "nonsense"}, 7]}),
        ("adsbx", {"now": START.timestamp() * 1000, "ac": [{"hex": "~15521f", "seen": 1}]}),
    ],
)
async def test_a_world_without_aircraft_is_a_source_without_receivers(
    rig: Rig, of: Format, body: dict[str, object]
) -> None:
    url = rig.feed.script("/", Scripted(json.dumps(body).encode()))
    async with rig.polling(url, format=of):
        (snapshot,) = rig.published

    assert snapshot.health == "silent"
    assert snapshot.reason.startswith("no_aircraft")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Scripted(b"<!doctype html><h1>Welcome to our network"), "html"),
        (Scripted(b'{"now": 1, "error": "busy"}'), "wrong_shape"),
        (Scripted(b"{"), "not_json"),
        (Scripted(), "empty"),
        (Scripted(b" " * 100_000, endless=True), "too_large"),
        (gzip_bomb(100_000_000), "too_large"),
        (Scripted(b"no gzip", headers={"Content-Encoding": "gzip"}), "bad_encoding"),
        (Scripted(status=500), "bad_status"),
        (Scripted(status=429, headers={"Retry-After": "5"}), "bad_status"),
        (Scripted(delay_s=30), "timeout"),
        (Scripted(b'{"now": 1690804800, "air', drop_after=20), "broken"),
        (Scripted(drop_after=0), "broken"),
        (Scripted(status=302, headers={"Location": "ftp://elsewhere/"}), "bad_url"),
    ],
)
async def test_a_fault_makes_a_silent_snapshot_and_the_poller_goes_on(
    rig: Rig, fault: Scripted, reason: str
) -> None:
    url = rig.feed.script("/", fault)
    async with rig.polling(url, shards=2):
        assert [(s.health, s.shard, s.received) for s in rig.published] == [
            ("silent", 0, 0),
            ("silent", 1, 0),
        ]
        assert rig.published[0].reason.startswith(f"{reason}: ")

        rig.feed.script("/", gzipped(sky(START + timedelta(minutes=1), "15521f").body))
        await rig.jump()

    assert [s.health for s in rig.published[2:]] == ["ok", "ok"]
    assert rig.elapsed_s() == [0, 0, 60, 60]


async def test_nobody_listens(rig: Rig) -> None:
    async with HttpFeed() as gone:
        url = gone.url("/")
    async with rig.polling(url):
        assert rig.published[0].reason.startswith("refused: ")


async def test_pauses_grow_and_stay_on_the_schedule_and_silence_is_told_every_five_minutes(
    rig: Rig,
) -> None:
    async with rig.polling(rig.feed.script("/", Scripted(status=500)), jitter=1.0):
        for _ in range(6):
            await rig.jump()

    # 1, 2, 4 minutes; then 5, the longest.
    assert rig.elapsed_s() == [60 * minute for minute in (0, 1, 3, 7, 12, 17, 22)]
    assert {s.health for s in rig.published} == {"silent"}
    assert len(rig.feed.received) == 7


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "900"},
        {"Retry-After": "Mon, 31 Jul 2023 12:15:00 GMT"},
        {"X-Rate-Limit-Retry-After-Seconds": "900"},
    ],
)
async def test_a_server_that_asks_for_peace_gets_it(rig: Rig, headers: dict[str, str]) -> None:
    url = rig.feed.script("/", Scripted(status=429, headers=headers), sky(START, "15521f"))
    async with rig.polling(url):
        for _ in range(2):
            silent = await rig.jump()
            assert (silent.health, silent.reason) == (
                "silent",
                "bad_status: the source answered 429",
            )
        assert len(rig.feed.received) == 1
        await rig.jump()

    assert rig.elapsed_s() == [0, 300, 600, 900]
    assert len(rig.feed.received) == 2


async def test_a_pause_asked_for_is_not_longer_than_a_day(rig: Rig) -> None:
    headers = {"Retry-After": "99999999"}
    url = rig.feed.script("/", Scripted(status=503, headers=headers))
    async with rig.polling(url):
        while len(rig.feed.received) < 2:
            await rig.jump()

    assert rig.elapsed_s()[-1] == 86_400


async def test_missed_polls_are_skipped(rig: Rig) -> None:
    async with rig.polling(rig.feed.script("/", sky(START)), jitter=1.0):
        rig.log_faults = [UnavailableError("down")] * 30
        rig.clock.jump()
        while len(rig.published) < 2:
            await rig.settle()
            rig.clock.jump()
        await rig.settle()

    # Published after 137.5 s of trying, as of its own time; the poll of 180 s was due by then.
    assert rig.elapsed_s() == [0, 60, 240]
    assert len(rig.feed.received) == 3


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ([UnavailableError("down")] * PUBLISHING.tries, UnavailableError),
        ([RefusedError("no such topic")], RefusedError),
    ],
)
async def test_a_log_that_stays_away_ends_the_loop_with_its_error(
    rig: Rig, faults: list[Exception], kind: type[Exception]
) -> None:
    async def poll_on() -> None:
        async with rig.polling(rig.feed.script("/", sky(START)), jitter=0.5):
            for _ in range(PUBLISHING.tries):
                rig.clock.jump()
                await rig.settle()

    rig.log_faults = faults
    with pytest.raises(kind):
        await poll_on()
    assert not rig.published


async def test_a_clock_that_is_wrong_but_runs_is_corrected(rig: Rig) -> None:
    def behind(minutes: float) -> Scripted:
        return sky(START + timedelta(minutes=minutes, hours=-3), "15521f")

    async with rig.polling(rig.feed.script("/", behind(0), behind(1), behind(1), behind(3))):
        for _ in range(3):
            await rig.jump()

    assert [s.health for s in rig.published] == ["silent", "degraded", "silent", "degraded"]
    assert rig.published[0].reason == (
        "old_answer: the source's clock is 10800 s behind and has not been seen to run"
    )
    (vector,) = rig.published[1].candidates
    assert vector.heard_at == START + timedelta(seconds=59)


async def test_a_file_that_is_never_written_again_falls_silent(rig: Rig) -> None:
    async with rig.polling(rig.feed.script("/", sky(START, "15521f")), every_s=120):
        for _ in range(4):
            await rig.jump()

    assert [s.health for s in rig.published] == ["ok", "ok", "ok", "silent", "silent"]
    heard = {one.heard_at for s in rig.published for one in s.candidates}
    assert heard == {START - timedelta(seconds=1)}  # never said to be heard again


class TestOpenSkyLogin:
    """Tokens: fetched, kept, renewed in time and after a refusal, never shown."""

    STATES = Scripted(
        json.dumps(
            {
                "time": 1690804800,
                "states": [["abcdef", "", "", None, 1690804799, *[None] * 11, 0]],
            }
        ).encode()
    )
    REFUSED = Scripted(status=401)

    def login(self, rig: Rig, fetcher: Fetcher, *answers: Scripted) -> OpenSkyLogin:
        return OpenSkyLogin(
            fetcher,
            rig.clock,
            client_id="me",
            client_secret="hunter2",
            url=rig.feed.script("/token", *answers),
        )

    @staticmethod
    def token(name: str, expires_in: float = 1800) -> Scripted:
        body = {"access_token": name, "expires_in": expires_in, "token_type": "Bearer"}
        return Scripted(json.dumps(body).encode())

    async def test_a_token_is_kept_and_renewed(self, rig: Rig) -> None:
        async with client_session(allow_private=True) as session:
            login = self.login(rig, Fetcher(session), self.token("one"), self.token("two"))
            url = rig.feed.script(
                "/states", self.STATES, self.STATES, self.REFUSED, self.STATES, self.REFUSED
            )
            async with rig.polling(url, format="opensky", login=login):
                for _ in range(3):
                    await rig.jump()

        sent = [r.headers.get("Authorization") for r in rig.feed.received if r.target == "/states"]
        assert sent == ["Bearer one"] * 3 + ["Bearer two"] * 3
        assert rig.feed.received[0].body == (
            b"grant_type=client_credentials&client_id=me&client_secret=hunter2"
        )
        assert [s.health for s in rig.published] == ["ok", "ok", "ok", "silent"]
        assert rig.published[-1].reason == "bad_status: the source answered 401"

    async def test_a_token_is_renewed_before_it_ends(self, rig: Rig) -> None:
        async with client_session(allow_private=True) as session:
            login = self.login(rig, Fetcher(session), self.token("one", 180), self.token("two"))
            async with rig.polling(
                rig.feed.script("/states", self.STATES), format="opensky", login=login
            ):
                await rig.jump()
                assert await login.bearer() == "one"
                await rig.jump()
                assert await login.bearer() == "two"

    @pytest.mark.parametrize(
        ("answer", "text"),
        [
            (Scripted(status=401), "check client id and secret"),
            (Scripted(status=500), "answered 500"),
            (Scripted(b"<html>"), "without a usable token"),
            (Scripted(b'{"token": "x"}'), "without a usable token"),
            (Scripted(b'{"access_token": "a\\r\\nX-Evil: 1"}'), "without a usable token"),
            (Scripted(b'{"access_token": ""}'), "without a usable token"),
            (Scripted(b'{"access_token": "a", "expires_in": -1}'), "without a usable token"),
        ],
    )
    async def test_no_token(self, rig: Rig, answer: Scripted, text: str) -> None:
        async with client_session(allow_private=True) as session:
            login = self.login(rig, Fetcher(session), answer)
            async with rig.polling(rig.feed.url("/states"), format="opensky", login=login):
                (silent,) = rig.published

        assert text in silent.reason
        assert "hunter2" not in silent.reason
        assert [r.target for r in rig.feed.received] == ["/token"]


async def test_a_source_is_silent_after_three_intervals_until_it_answers_again(rig: Rig) -> None:
    good = [sky(START + timedelta(minutes=minutes), "15521f") for minutes in (0, 4)]
    before = counted("read"), counted("bad_status")
    url = rig.feed.script("/", good[0], *[Scripted(status=500)] * 3, good[1])
    async with rig.polling(url):
        for _ in range(3):
            await rig.jump()
            assert rig.health.not_ready() == []
        rig.clock._now += timedelta(seconds=1)
        (reason,) = rig.health.not_ready()
        since = START.isoformat()
        assert reason == f"flight source mast has given nothing usable since {since}: bad_status"
        assert sample("feed_silent") == 1
        await rig.jump()
        assert rig.health.not_ready() == []
    assert sample("feed_silent") == 0
    assert (
        sample("feed_last_success_timestamp_seconds") == (START + timedelta(minutes=4)).timestamp()
    )
    assert (counted("read"), counted("bad_status")) == (before[0] + 2, before[1] + 3)


@pytest.mark.parametrize(
    ("every_s", "told"),
    [(10, [0, 60, 120, 180]), (45, [0, 90, 180]), (90, [0, 90, 180])],
)
async def test_where_anybody_is_heard_is_told_first_and_then_once_a_minute_to_every_shard(
    rig: Rig, every_s: float, told: list[int]
) -> None:
    async with rig.polling(over_vladivostok(rig), every_s=every_s, shards=2):
        while rig.elapsed_s()[-1] < 180:
            await rig.jump()
            over_vladivostok(rig)

    assert maps_at(rig) == sorted(2 * told)
    heard = {one.reception.heard for one in rig.published if one.reception is not None}
    assert heard == {box_map([box_at(43.4, 132.15)])}


async def test_where_anybody_is_heard_is_told_by_the_first_answer_after_a_fault_and_a_restart(
    rig: Rig,
) -> None:
    url = rig.feed.script("/", Scripted(status=500))
    async with rig.polling(url, every_s=10):
        over_vladivostok(rig)
        for _ in range(3):
            await rig.jump()
    async with rig.polling(over_vladivostok(rig), every_s=10):
        await rig.jump()

    assert rig.elapsed_s() == [0, 10, 20, 30, 30, 40]
    assert maps_at(rig) == [10, 30]


async def test_a_source_that_is_asked_for_a_list_tells_no_maps(rig: Rig) -> None:
    asked = Scope(kind="list", icao24s=("155220",))
    async with rig.polling(over_vladivostok(rig), scope=asked):
        assert [len(one.candidates) for one in rig.published] == [1]
    assert maps_at(rig) == []


def over_vladivostok(rig: Rig) -> str:
    """Serve an aircraft with a position."""
    row = {"hex": "155220", "seen": 0, "seen_pos": 0, "lat": 43.4, "lon": 132.15}
    answer = {"now": rig.clock.now().timestamp(), "aircraft": [row]}
    return rig.feed.script("/", Scripted(json.dumps(answer).encode()))


def maps_at(rig: Rig) -> list[float]:
    """The seconds at which snapshots with maps were published."""
    pairs = zip(rig.elapsed_s(), rig.published, strict=True)
    return [elapsed for elapsed, one in pairs if one.reception is not None]


async def test_a_log_that_is_away_is_no_loop_that_stands_still(rig: Rig) -> None:
    rig.log_faults = [UnavailableError("away")] * 100
    async with rig.polling(rig.feed.script("/", sky(START)), jitter=1.0):
        while rig.log_faults:
            rig.clock.jump()
            await rig.settle()
            assert rig.health.not_live() == []
        assert rig.clock.now() > START + timedelta(minutes=5)
        rig.clock._now += timedelta(seconds=601)  # every 60 s, silences of 300 s, and 240 s more
        assert rig.health.not_live() == ["flight source mast has not moved for 601 s"]


def sample(name: str, **labels: str) -> float:
    found = {"kind": "flights", "feed": "mast", **labels}
    return REGISTRY.get_sample_value(f"wheelsdown_{name}", found) or 0.0


def counted(outcome: str) -> float:
    return sample("feed_polls_total", outcome=outcome)
