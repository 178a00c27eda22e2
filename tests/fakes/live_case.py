"""A flight and a visit that happen while a test looks on: answers for a live run on loopback.

RA-86559, the aircraft of the founding case, flies from Moscow to Pyongyang and is heard all the
way; everything is made up. Each answer of the receiver is one look; the ages in it spread the
flight over the last hours, so that a few polls a second apart show all of it.
"""

import json
from datetime import datetime
from email.utils import format_datetime

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


def sky(now: datetime) -> tuple[Scripted, ...]:
    """``aircraft.json`` as a receiver serves it at one look after the other."""
    return tuple(_answer(now, look) for look in _LOOKS)


def _answer(now: datetime, look: tuple[float, float, int | None, int]) -> Scripted:
    latitude, longitude, feet, age = look
    aircraft = _ABOARD | {
        "lat": latitude,
        "lon": longitude,
        "seen": age,
        "seen_pos": age,
        "alt_baro": "ground" if feet is None else feet,
        "gs": 0 if feet is None else 460,
    }
    document = {"now": now.timestamp(), "messages": 1, "aircraft": [aircraft]}
    return Scripted(json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def news(now: datetime) -> Scripted:
    """A feed that tells of a visit and of other things."""
    titles = (
        "Russian defence minister Sergei Shoigu arrives in North Korea",
        "Volcano on Iceland erupts for the third time",
    )
    items = "".join(_item(title, number, now) for number, title in enumerate(titles))
    body = f'<rss version="2.0"><channel><title>Test wire</title>{items}</channel></rss>'
    return Scripted(body.encode(), headers={"Content-Type": "application/rss+xml"})


def _item(title: str, number: int, now: datetime) -> str:
    return (
        f"<item><title>{title}</title><guid>{number}</guid>"
        f"<link>https://news.example.org/{number}</link>"
        f"<pubDate>{format_datetime(now)}</pubDate></item>"
    )
