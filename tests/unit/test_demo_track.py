"""What a scenario's server shows: aircraft while they are heard, entries once published."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.demo.scenario_file import load_scenario, scenario_names
from cli.demo.server import NEWEST, aircraft_json, newest_entries, rss
from cli.demo.track import sighting
from producers.flights.readsb import parse
from producers.news.parse import parse_feed
from wheelsdown.reference.geodesy import distance_nm

PYONGYANG = load_scenario("pyongyang-2023")
PLANE = next(one for one in PYONGYANG.aircraft if one.icao24 == "15521f")
OUT, BACK = PLANE.flights
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_it_taxies_climbs_cruises_and_is_lost() -> None:
    assert sighting(PLANE, OUT.start - timedelta(minutes=16)) is None
    taxiing = sighting(PLANE, OUT.start - 5 * MINUTE)
    assert taxiing is not None
    assert taxiing.on_ground
    climbing = sighting(PLANE, OUT.start + 4 * MINUTE)
    assert climbing is not None
    assert climbing.altitude_ft is not None
    assert 3_000 < climbing.altitude_ft < 10_000
    assert climbing.vertical_rate_fpm > 1_000
    last = max(one.at for one in OUT.waypoints if one.contact == "last heard")
    cruising = sighting(PLANE, last - SECOND)
    assert cruising is not None
    assert cruising.vertical_rate_fpm == 0
    assert 430 < cruising.ground_speed_kt < 500
    assert sighting(PLANE, last) is None


def test_it_is_not_heard_where_it_stays() -> None:
    last = max(one.at for one in OUT.waypoints if one.contact == "last heard")
    again = min(one.at for one in BACK.waypoints if one.contact == "heard again")
    assert timedelta(hours=36) < again - last < timedelta(hours=39)
    at = last
    while at < again:
        assert sighting(PLANE, at) is None
        at += 5 * MINUTE
    assert sighting(PLANE, again) is not None


def test_a_daily_flight_is_there_every_day_and_not_longer() -> None:
    airliner = next(one for one in PYONGYANG.aircraft if one.flights[0].days > 1)
    flight = airliner.flights[0]
    noon = flight.start + (flight.end - flight.start) / 2
    seen = [sighting(airliner, noon + day * timedelta(days=1)) for day in range(flight.days)]
    assert all(one == seen[0] for one in seen)
    assert seen[0] is not None
    assert sighting(airliner, noon + flight.days * timedelta(days=1)) is None
    assert sighting(airliner, noon - timedelta(days=1)) is None


@pytest.mark.parametrize("name", scenario_names())
def test_no_aircraft_jumps(name: str) -> None:
    scenario = load_scenario(name)
    for aircraft in scenario.aircraft:
        start = aircraft.flights[0].start
        before = None
        for step in range(3 * 24 * 12):
            seen = sighting(aircraft, start + step * 5 * MINUTE)
            if before is not None and seen is not None:
                flown = distance_nm(
                    before.latitude, before.longitude, seen.latitude, seen.longitude
                )
                assert flown < 55  # 620 kt for five minutes, and a little
            before = seen


@pytest.mark.parametrize("name", scenario_names())
def test_the_flight_parser_takes_every_row(name: str) -> None:
    scenario = load_scenario(name)
    at = scenario.start
    shown = 0
    while at < scenario.end:
        picture = parse(json.dumps(aircraft_json(scenario, at)).encode(), at)
        assert picture.health == "ok"
        assert picture.dropped == {}
        shown += picture.received
        at += timedelta(hours=1, minutes=5)
    assert shown > 10


@pytest.mark.parametrize("name", scenario_names())
def test_the_news_parser_takes_every_entry(name: str) -> None:
    scenario = load_scenario(name)
    for feed in scenario.feeds:
        entries = newest_entries(feed, scenario.end)
        parsed = parse_feed(
            rss(feed, entries), feed=feed.name, url="", headers={}, observed_at=scenario.end
        )
        assert [one.title for one in parsed.entries] == [one.title for one in feed.entries]
        assert [one.link for one in parsed.entries] == [one.link for one in feed.entries]
        assert [one.published_at for one in parsed.entries] == [
            one.published for one in feed.entries
        ]
        assert parsed.degraded is None
        assert not parsed.dropped


def test_a_feed_shows_what_is_published_newest_first() -> None:
    feed = PYONGYANG.feeds[0]
    at = feed.entries[3].published
    assert newest_entries(feed, at) == list(reversed(feed.entries[:4]))
    assert newest_entries(feed, at - SECOND) == list(reversed(feed.entries[:3]))
    assert newest_entries(feed, datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert len(feed.entries) <= NEWEST
