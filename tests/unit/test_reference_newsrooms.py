"""Every row of feeds.csv, and how a feed finds its row."""

import re

import pytest

from wheelsdown.reference.data_files import rows
from wheelsdown.reference.newsrooms import home_of
from wheelsdown.reference.states import load_states

FEEDS = list(rows("feeds.csv"))
STATES = load_states()


@pytest.mark.parametrize("row", FEEDS, ids=lambda row: row["host"])
def test_a_row_is_whole(row: dict[str, str]) -> None:
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", row["host"])
    assert not row["host"].startswith("www.")
    assert row["state"] == "" or STATES[row["state"]].kind != "organisation"
    assert row["source"].startswith(("Wikipedia: ", "https://"))
    assert home_of(f"https://www.{row['host']}/rss.xml") == (row["state"] or None)


def test_a_host_has_one_row_in_order() -> None:
    hosts = [row["host"] for row in FEEDS]
    assert hosts == sorted(set(hosts))


@pytest.mark.parametrize(
    ("feed", "home"),
    [
        ("http://feeds.bbci.co.uk/news/rss.xml", "GBR"),
        ("https://rss.nytimes.com/services/xml/rss/nyt/World.xml", "USA"),
        ("https://feeds.a.dj.com/rss/RSSWorldNews.xml", "USA"),
        ("https://user:word@www.LeMonde.fr:443/en/rss/une.xml", "FRA"),
        ("news.sky.com", "GBR"),
        ("www.dawn.com.", "PAK"),
        # The longest ending counts.
        ("https://uk.news.yahoo.com/rss", "GBR"),
        ("https://news.yahoo.com/rss", None),
        # Written for the world.
        ("http://www.aljazeera.com/xml/rss/all.xml", None),
        ("https://www.reuters.com/rss", None),
        # An ending of letters is none of labels.
        ("https://notbbc.co.uk/rss", None),
        ("https://bbc.co.uk.example.org/rss", None),
        ("https://example.org/?from=bbc.co.uk", None),
        ("co.uk", None),
        ("world", None),
        ("", None),
        ("https://", None),
        ("https://[::1]/rss", None),
    ],
)
def test_the_home_of_a_feed(feed: str, home: str | None) -> None:
    assert home_of(feed) == home
