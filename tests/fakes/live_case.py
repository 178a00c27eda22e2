"""Flights and visits that happen while a test looks on: answers for a live run on loopback.

RA-86559, the aircraft of the founding case, flies from Moscow to Pyongyang and is heard all the
way; everything is made up. Each answer of the receiver is one look; the ages in it spread the
flight over the last hours, so that a few polls a second apart show all of it.

``sky`` and ``news`` are that alone. ``ACTS`` are for runs that are compared: two aircraft, two
pairs of states, a return, later news, and headlines that mean nothing here. Their times are fixed
to a base, so runs that happen minutes apart find the same, to the second.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from fakes.http_feed import Scripted

ICAO24 = "15521f"
REGISTRATION = "RA-86559"
#: Latitude, longitude, feet or on the ground, and for how many seconds it has not been heard since.
_LOOKS = (
    (55.8783, 38.0617, None, 36_000),
    (55.8783, 38.0617, None, 35_900),
    (56.2, 40.0, 20_000, 35_300),
    (58.0, 60.0, 33_000, 31_000),
    (56.0, 90.0, 33_000, 24_500),
    (50.0, 115.0, 33_000, 18_000),
    (43.5, 128.5, 33_000, 12_000),
    (39.6, 126.0, 4_000, 9_600),
    (39.2241, 125.67, None, 9_000),
    (39.2241, 125.67, None, 8_900),
    (39.2241, 125.67, None, 8_700),
)
_ABOARD = {"hex": ICAO24, "r": REGISTRATION, "t": "IL62", "flight": "RFF7082 ", "type": "adsb_icao"}

#: A second aircraft, of no fleet: its address is Iran's, and the receiver flags it as military. It
#: flies from Tehran to Delhi. With two partitions it has another one than the first, as a shard and
#: as a pair of states.
OTHER_ICAO24 = "730402"
OTHER_REGISTRATION = "EP-AAB"
_OTHER = {
    **{"hex": OTHER_ICAO24, "r": OTHER_REGISTRATION, "t": "A343", "flight": "IRAN01  "},
    **{"type": "adsb_icao", "dbFlags": 1},
}


class Spot(NamedTuple):
    """Where an aircraft was, ``before_s`` seconds before the base; ``feet`` is None on the ground.

    Feeds' ages end at a day: with a base that lies in the past there is less room.
    """

    latitude: float
    longitude: float
    feet: int | None
    before_s: int


class Headline(NamedTuple):
    """An entry of a feed, published ``before_s`` seconds before the base."""

    title: str
    before_s: int


class Act(NamedTuple):
    """What happens between two waits. Nothing of the next act is shown before this one is read.

    ``looks`` are shown one after the other, each until it is on the log: where each aircraft is, by
    address. ``feeds`` hold their headlines all the while. Then the act lasts until the log has so
    many ``mentions`` and ``revisions`` of incidents, counted from the first act.
    """

    looks: tuple[Mapping[str, Spot], ...]
    feeds: Mapping[str, tuple[Headline, ...]]
    mentions: int
    revisions: int


_AT_HOME = {
    ICAO24: Spot(55.8783, 38.0617, None, 80_000),
    OTHER_ICAO24: Spot(35.6892, 51.3134, None, 80_000),
}
_BOTH_FLY_OUT = (
    {ICAO24: Spot(56.2, 40.0, 20_000, 79_400), OTHER_ICAO24: Spot(35.3, 52.3, 14_000, 79_400)},
    {ICAO24: Spot(50.0, 115.0, 33_000, 62_000), OTHER_ICAO24: Spot(31.5, 65.0, 35_000, 75_000)},
    {ICAO24: Spot(39.6, 126.0, 4_000, 53_600), OTHER_ICAO24: Spot(28.9, 76.5, 9_000, 70_000)},
    {
        ICAO24: Spot(39.2241, 125.67, None, 53_000),
        OTHER_ICAO24: Spot(28.5665, 77.1031, None, 69_500),
    },
    {
        ICAO24: Spot(39.2241, 125.67, None, 52_700),
        OTHER_ICAO24: Spot(28.5665, 77.1031, None, 69_200),
    },
)
_ONE_FLIES_HOME = tuple(
    {ICAO24: spot, OTHER_ICAO24: Spot(28.5665, 77.1031, None, spot.before_s)}
    for spot in (
        Spot(39.6, 125.0, 15_000, 39_500),
        Spot(56.0, 90.0, 33_000, 25_000),
        Spot(56.2, 40.0, 10_000, 12_000),
        Spot(55.8783, 38.0617, None, 11_500),
        Spot(55.8783, 38.0617, None, 11_200),
    )
)
_FIRST_NEWS = {
    "wire": (
        Headline("Russian defence minister Sergei Shoigu arrives in North Korea", 190_000),
        Headline("Volcano on Iceland erupts for the third time", 189_000),
    ),
    "courier": (
        Headline("Iranian foreign minister arrives in India", 188_000),
        Headline("Russian defence minister Shoigu arrives in Pyongyang", 187_000),
    ),
}
#: More than a day later, so that the visit lasts a day more whenever the base is; and before the
#: day of the base, so that it is over in every run.
_LATER_NEWS = {
    **_FIRST_NEWS,
    "wire": (
        *_FIRST_NEWS["wire"],
        Headline("Russian defence minister Sergei Shoigu ends visit to North Korea", 96_000),
    ),
}
#: Both pairs are in the news before anybody lands, so that every run tells them in the same order.
ACTS = (
    Act((_AT_HOME,), _FIRST_NEWS, mentions=3, revisions=0),
    Act(_BOTH_FLY_OUT, _FIRST_NEWS, mentions=3, revisions=2),
    Act((), _LATER_NEWS, mentions=4, revisions=3),
    Act(_ONE_FLIES_HOME, _LATER_NEWS, mentions=4, revisions=5),
)
#: Both incidents with as few looks as it takes, and no revision of them.
SHORT_ACTS = (ACTS[0], ACTS[1]._replace(looks=(_BOTH_FLY_OUT[1], *_BOTH_FLY_OUT[3:])))


def sky(now: datetime) -> tuple[Scripted, ...]:
    """``aircraft.json`` as a receiver serves it at one look after the other."""
    return tuple(aircraft_json(now, [_row(_ABOARD, Spot(*look), age_s=look[3])]) for look in _LOOKS)


def sky_at(now: datetime, base: datetime, look: Mapping[str, Spot]) -> Scripted:
    """``aircraft.json`` of a receiver whose clock is right, for a look of an act.

    ``now`` and ``base`` are whole seconds: then every position keeps its time, however often it is
    shown. Of aircraft that are not those of the acts it knows the address, and that they are
    military.
    """
    known = {ICAO24: _ABOARD, OTHER_ICAO24: _OTHER}
    late_s = round((now - base).total_seconds())
    rows = [
        _row(
            known.get(icao24, {"hex": icao24, "type": "adsb_icao", "dbFlags": 1}),
            spot,
            age_s=late_s + spot.before_s,
        )
        for icao24, spot in look.items()
    ]
    return aircraft_json(now, rows)


def aircraft_json(now: datetime, rows: Iterable[Mapping[str, object]]) -> Scripted:
    """The answer of a readsb receiver with these rows."""
    document = {"now": now.timestamp(), "messages": 1, "aircraft": list(rows)}
    return Scripted(json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def _row(aboard: Mapping[str, object], spot: Spot, *, age_s: int) -> Mapping[str, object]:
    return {
        **aboard,
        "lat": spot.latitude,
        "lon": spot.longitude,
        "seen": age_s,
        "seen_pos": age_s,
        "alt_baro": "ground" if spot.feet is None else spot.feet,
        "gs": 0 if spot.feet is None else 460,
    }


def news(now: datetime) -> Scripted:
    """A feed that tells of a visit and of other things."""
    titles = (
        "Russian defence minister Sergei Shoigu arrives in North Korea",
        "Volcano on Iceland erupts for the third time",
    )
    return feed_of(now, [Headline(title, 0) for title in titles])


def feed_of(base: datetime, headlines: Iterable[Headline]) -> Scripted:
    """An RSS file with these headlines; each keeps its place, by which it is known."""
    items = "".join(
        f"<item><title>{one.title}</title><guid>{number}</guid>"
        f"<link>https://news.example.org/{number}</link>"
        f"<pubDate>{format_datetime(base - timedelta(seconds=one.before_s))}</pubDate></item>"
        for number, one in enumerate(headlines)
    )
    body = f'<rss version="2.0"><channel><title>Test wire</title>{items}</channel></rss>'
    return Scripted(body.encode(), headers={"Content-Type": "application/rss+xml"})
