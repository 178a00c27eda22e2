"""Serves a scenario over HTTP on loopback, as it stands at the clock's time.

``/aircraft.json`` is what a readsb receiver that hears the whole world would answer,
``/feeds/<number>.xml`` what a newsroom serves: the newest entries published by then, with ETag and
Last-Modified, and 304 for who has them already.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self
from xml.sax.saxutils import escape

from aiohttp import web

from cli.demo.scenario import Scenario, ScenarioAircraft, ScenarioEntry, ScenarioFeed
from cli.demo.track import sighting
from wheelsdown.clock import Clock

#: Real feeds hold their latest 10 to 100 entries; what is older has gone from them.
NEWEST = 20
#: The oldest contact in an answer: receivers have heard each aircraft at another second.
OLDEST_CONTACT_S = 7


class ScenarioServer:
    """The server. ``async with ScenarioServer(scenario, clock) as server: server.flights_url``."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self._scenario = scenario
        self._clock = clock
        self._base = ""
        app = web.Application()
        app.router.add_get("/aircraft.json", self._aircraft)
        app.router.add_get("/feeds/{number}.xml", self._feed)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)

    @property
    def flights_url(self) -> str:
        """Where the aircraft are."""
        return f"{self._base}/aircraft.json"

    def feed_url(self, number: int) -> str:
        """Where the scenario's feed of that number is."""
        return f"{self._base}/feeds/{number}.xml"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        self._base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _aircraft(self, _request: web.Request) -> web.Response:
        return web.json_response(aircraft_json(self._scenario, self._clock.now()))

    async def _feed(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        feeds = self._scenario.feeds
        if not number.isdecimal() or int(number) >= len(feeds):
            raise web.HTTPNotFound
        feed = feeds[int(number)]
        newest = newest_entries(feed, self._clock.now())
        body = rss(feed, newest)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag}
        if newest:
            headers["Last-Modified"] = _http_date(newest[0].published)
        if _has_it(request, etag, newest):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers, content_type="application/rss+xml")


def aircraft_json(scenario: Scenario, now: datetime) -> dict[str, Any]:
    """The ``aircraft.json`` of a readsb receiver at ``now``."""
    rows = [row for one in scenario.aircraft if (row := _row(one, now)) is not None]
    return {"now": now.timestamp(), "messages": len(rows), "aircraft": rows}


def _row(aircraft: ScenarioAircraft, now: datetime) -> dict[str, Any] | None:
    age_s = int(aircraft.icao24, 16) % OLDEST_CONTACT_S
    seen = sighting(aircraft, now - timedelta(seconds=age_s))
    if seen is None:
        return None
    row: dict[str, Any] = {
        "hex": aircraft.icao24,
        "type": "adsb_icao",
        "flight": f"{aircraft.callsign:<8}",
        "r": aircraft.registration,
        "t": aircraft.type_code,
        "dbFlags": int(aircraft.military),
        "alt_baro": "ground" if seen.altitude_ft is None else round(seen.altitude_ft / 25) * 25,
        "gs": round(seen.ground_speed_kt, 1),
        "track": round(seen.track_deg, 2),
        "baro_rate": round(seen.vertical_rate_fpm / 64) * 64,
        "lat": round(seen.latitude, 6),
        "lon": round(seen.longitude, 6),
        "seen": float(age_s),
        "seen_pos": float(age_s),
    }
    return {key: value for key, value in row.items() if value not in ("", " " * 8)}


def newest_entries(feed: ScenarioFeed, now: datetime) -> list[ScenarioEntry]:
    """What the feed holds at ``now``, newest first."""
    published = [one for one in feed.entries if one.published <= now]
    return published[: -NEWEST - 1 : -1]


def rss(feed: ScenarioFeed, entries: list[ScenarioEntry]) -> bytes:
    """The feed as RSS 2.0 with these entries."""
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{escape(one.link)}</link>"
        f"<description>{escape(one.summary)}</description>"
        f'<guid isPermaLink="true">{escape(one.link)}</guid>'
        f"<pubDate>{_http_date(one.published)}</pubDate></item>\n"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(feed.name)}</title><link>https://example.org/</link>"
        "<description>Synthetic entries of a wheelsdown scenario</description>"
        f"<language>{escape(feed.language)}</language>\n{items}</channel></rss>\n"
    ).encode()


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _has_it(request: web.Request, etag: str, newest: list[ScenarioEntry]) -> bool:
    """Whether the reader has this version; where it sends an ETag, only that counts (RFC 9110)."""
    if request.if_none_match is not None:
        return any(f'"{known.value}"' == etag for known in request.if_none_match)
    since = request.if_modified_since
    return since is not None and bool(newest) and newest[0].published <= since
