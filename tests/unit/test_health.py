"""Health as a supervisor and Prometheus see it: over HTTP, from a server that nobody can tie up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from wheelsdown.daemon import health as pages
from wheelsdown.daemon.health import MOST_CONNECTIONS, Health, HealthPortError, serving
from wheelsdown.daemon.metrics import FEED_POLLS, FEED_SILENT, watch_silence


class Elapsed:
    """A clock that a test moves."""

    s = 100.0

    def __call__(self) -> float:
        return self.s


class Served:
    """A health with its clock, served on loopback."""

    def __init__(self) -> None:
        self.elapsed = Elapsed()
        self.health = Health(self.elapsed)
        self.port = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def json(self, path: str) -> tuple[int, object]:
        async with aiohttp.ClientSession() as session, session.get(self.url(path)) as answer:
            return answer.status, await answer.json()

    async def metrics(self) -> dict[tuple[str, str], float]:
        """Samples by their names and feeds."""
        async with aiohttp.ClientSession() as session, session.get(self.url("/metrics")) as answer:
            families = text_string_to_metric_families(await answer.text())
            return {
                (one.name, one.labels.get("feed", "")): one.value
                for family in families
                for one in family.samples
            }


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    found = Served()
    async with serving(found.health, "127.0.0.1", 0) as found.port:
        yield found


async def test_a_daemon_is_ready_when_it_has_started_and_nothing_speaks_against_it(
    served: Served,
) -> None:
    reasons: list[str] = []
    served.health.check("feed", lambda: reasons[0] if reasons else None)
    assert await served.json("/readyz") == (503, {"ready": False, "reasons": ["starting"]})
    assert await served.json("/livez") == (200, {"live": True, "reasons": []})

    served.health.started()
    assert await served.json("/readyz") == (200, {"ready": True, "reasons": []})

    reasons.append('feed "roof" is silent\n')
    assert await served.json("/readyz") == (503, {"ready": False, "reasons": reasons})
    assert await served.json("/livez") == (200, {"live": True, "reasons": []})


async def test_a_loop_that_stands_still_is_not_live_until_it_moves_again(served: Served) -> None:
    served.health.started()
    beat = served.health.heartbeat("rules", 60.0)
    served.health.heartbeat("slow reader", 600.0)
    served.elapsed.s += 60.0
    assert (await served.json("/livez"))[0] == 200
    served.elapsed.s += 1.0
    reasons = ["rules has not moved for 61 s"]
    assert await served.json("/livez") == (503, {"live": False, "reasons": reasons})
    assert await served.json("/readyz") == (503, {"ready": False, "reasons": reasons})
    beat()
    assert (await served.json("/livez"))[0] == 200


async def test_a_check_that_fails_is_a_reason_and_hides_no_other(served: Served) -> None:
    def broken() -> str | None:
        raise RuntimeError("a token perhaps")

    served.health.started()
    served.health.check("slack", broken)
    served.health.check("feed", lambda: "silent")
    reasons = ["the check of slack failed: RuntimeError", "silent"]
    assert await served.json("/readyz") == (503, {"ready": False, "reasons": reasons})


async def test_metrics_tell_of_feeds_whatever_their_names_and_of_the_process(
    served: Served,
) -> None:
    odd = 'roof "west"\\\n{a="b"} 1'
    silent: list[str] = []
    FEED_POLLS.labels("flights", odd, "read").inc(3)
    watch_silence("flights", odd, lambda: silent[0] if silent else None)
    found = await served.metrics()
    assert found["wheelsdown_feed_polls_total", odd] == 3
    assert found["wheelsdown_feed_silent", odd] == 0
    assert found["process_resident_memory_bytes", ""] > 1e6
    silent.append("nothing came")
    assert (await served.metrics())["wheelsdown_feed_silent", odd] == 1
    FEED_SILENT.remove("flights", odd)
    FEED_POLLS.remove("flights", odd, "read")


async def test_only_get_without_a_body_is_answered(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        asked = [
            ("GET", "/livez", None),
            ("HEAD", "/livez", None),
            ("POST", "/livez", b"x" * 100_000),
            ("GET", "/livez", b"x" * 100_000),
            ("GET", "/", None),
            ("GET", "/livez/../../etc/passwd", None),
        ]
        statuses = []
        for method, path, body in asked:
            async with session.request(method, served.url(path), data=body) as answer:
                statuses.append(answer.status)
                assert answer.headers["Connection"] == "close"
    assert statuses == [200, 405, 405, 400, 404, 404]


async def test_nobody_ties_it_up_with_connections(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LONGEST_CONNECTION_S", 0.3)
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        readers = []
        for _ in range(MOST_CONNECTIONS + 8):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            stack.callback(writer.close)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")  # and nothing more
            readers.append(reader)
        for reader in readers:
            assert await _all(reader) == b""
        assert (await served.json("/livez"))[0] == 200


async def _all(reader: asyncio.StreamReader) -> bytes:
    """What came until the other side closed or cut the connection."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_taken_port_is_told_with_the_option_that_changes_it(served: Served) -> None:
    with pytest.raises(HealthPortError, match=rf":{served.port}: .*in use.*--health-port"):
        async with serving(Health(), "127.0.0.1", served.port):
            pass


async def test_nothing_listens_afterwards() -> None:
    async with serving(Health(), "127.0.0.1", 0) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
