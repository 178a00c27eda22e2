"""The scenario's web server: what a real newsroom and a real receiver would answer."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from cli.demo.scenario_file import load_scenario
from cli.demo.server import ScenarioServer
from wheelsdown.clock import VirtualClock

SCENARIO = load_scenario("quiet-week")


async def test_a_feed_answers_conditional_requests() -> None:
    clock = VirtualClock(SCENARIO.feeds[0].entries[1].published)
    async with ScenarioServer(SCENARIO, clock) as server, aiohttp.ClientSession() as session:
        url = server.feed_url(0)
        async with session.get(url) as answer:
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
            assert answer.status == 200
            assert answer.content_type == "application/rss+xml"
            body = await answer.text()
        assert SCENARIO.feeds[0].entries[1].title in body
        assert SCENARIO.feeds[0].entries[2].title not in body
        for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
            async with session.get(url, headers=known) as answer:
                assert answer.status == 304
        old = {"If-None-Match": '"other"', "If-Modified-Since": modified}
        async with session.get(url, headers=old) as answer:
            assert answer.status == 200


async def test_an_entry_appears_when_it_is_published() -> None:
    new = SCENARIO.feeds[0].entries[2]
    clock = VirtualClock(new.published - timedelta(seconds=1))
    async with ScenarioServer(SCENARIO, clock) as server, aiohttp.ClientSession() as session:
        async with session.get(server.feed_url(0)) as answer:
            etag = answer.headers["ETag"]
            assert new.title not in await answer.text()
        waiting = asyncio.create_task(clock.sleep_until(new.published))
        await clock.until_asleep(1)
        clock.jump()
        await waiting
        async with session.get(server.feed_url(0), headers={"If-None-Match": etag}) as answer:
            assert answer.status == 200
            assert new.title in await answer.text()


@pytest.mark.parametrize("path", ["/feeds/99.xml", "/feeds/x.xml", "/feeds/-1.xml", "/other"])
async def test_there_is_nothing_else(path: str) -> None:
    clock = VirtualClock(SCENARIO.start)
    async with ScenarioServer(SCENARIO, clock) as server, aiohttp.ClientSession() as session:
        url = server.flights_url.replace("/aircraft.json", path)
        async with session.get(url) as answer:
            assert answer.status == 404
