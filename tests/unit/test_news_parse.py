"""From feed files to entries: our own feeds, whole and broken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.news import parse
from producers.news.parse import parse_feed
from producers.news.parsed import FeedError, ParsedFeed
from wheelsdown.records.news import Entry
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import NEWS_ENTRIES

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/world/feed.xml"

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>World</title><language>en-GB</language>
<item><title>Minister &lt;b&gt;arrives&lt;/b&gt; in the capital &amp;amp; stays</title>
<link>/a?x=1&amp;y=2</link><guid isPermaLink="false">a</guid>
<pubDate>Tue, 01 Aug 2023 09:30:00 +0200</pubDate>
<description>&lt;p&gt;Two lines.&lt;/p&gt;
&lt;p&gt;One &lt;script&gt;alert(1)&lt;/script&gt;script.&lt;/p&gt;</description></item>
<item><title>Older</title><link>https://news.example.org/b</link>
<pubDate>Mon, 31 Jul 2023 08:00:00 GMT</pubDate></item>
</channel></rss>"""

ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Welt</title><id>f</id>
<entry><id>urn:1</id><title type="html">Au&amp;szlig;enminister reist ab</title>
<link href="https://news.example.org/1"/><updated>2023-08-01T10:00:00Z</updated>
<content type="html">&lt;p&gt;Nur der Inhalt.&lt;/p&gt;</content></entry>
</feed>"""

RDF = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example.org/"><title>T</title><link>https://news.example.org/</link>
</channel>
<item rdf:about="https://news.example.org/r"><title>From RDF</title>
<link>https://news.example.org/r</link><dc:date>2023-07-31T23:00:00-05:00</dc:date></item>
</rdf:RDF>"""


def parsed(body: bytes, content_type: str = "application/rss+xml", **options: str) -> ParsedFeed:
    return parse_feed(
        body,
        feed="world",
        url=URL,
        headers={"Content-Type": content_type},
        observed_at=NOW,
        language=options.get("language"),
    )


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


def test_rss_becomes_plain_entries_oldest_first() -> None:
    feed = parsed(RSS)
    assert (feed.degraded, feed.truncated, feed.dropped) == (None, False, {})
    older, entry = feed.entries
    assert older.title == "Older"
    assert entry.title == "Minister arrives in the capital & stays"
    assert entry.summary == "Two lines. One script."
    assert entry.link == "https://news.example.org/a?x=1&y=2"
    assert entry.published_at == entry.occurred_at == datetime(2023, 8, 1, 7, 30, tzinfo=UTC)
    assert entry.observed_at == NOW
    assert (entry.feed, entry.language) == ("world", "en-GB")
    assert entry.entry_id == record_id("world", "a")
    assert older.entry_id == record_id("world", "https://news.example.org/b")
    assert entry.record_id == record_id("entry", entry.entry_id, entry.content_hash)


def test_atom_and_rdf() -> None:
    (atom,) = parsed(ATOM, "application/atom+xml").entries
    assert (atom.title, atom.summary) == ("Außenminister reist ab", "Nur der Inhalt.")
    assert (atom.language, atom.published_at) == ("de", datetime(2023, 8, 1, 10, tzinfo=UTC))
    (rdf,) = parsed(RDF, "").entries
    assert (rdf.title, rdf.published_at) == ("From RDF", datetime(2023, 8, 1, 4, tzinfo=UTC))


def test_the_operators_language_goes_before_the_feeds() -> None:
    assert {entry.language for entry in parsed(RSS, language="fr").entries} == {"fr"}


def test_new_words_keep_the_entry_and_change_the_record() -> None:
    before, after = parsed(RSS).entries[-1], parsed(RSS.replace(b"stays", b"leaves")).entries[-1]
    assert before.entry_id == after.entry_id
    assert before.content_hash != after.content_hash
    assert before.record_id != after.record_id


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", "date_before_1990"),
        ("Sat, 01 Aug 2099 00:00:00 GMT", "date_in_future"),
        ("yesterday noon", "date_unreadable"),
        ("", None),
    ],
)
def test_absurd_dates_are_dropped_and_the_entry_kept(date: str, reason: str | None) -> None:
    feed = parsed(rss(f"<item><title>A</title><pubDate>{date}</pubDate></item>"))
    (entry,) = feed.entries
    assert entry.published_at is None
    assert entry.occurred_at == NOW
    assert feed.dropped == ({reason: 1} if reason else {})


def test_a_date_a_little_ahead_is_believed_but_has_not_occurred_later_than_observed() -> None:
    soon = NOW + timedelta(hours=5)
    (entry,) = parsed(
        rss(f"<item><title>A</title><pubDate>{soon:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>")
    ).entries
    assert (entry.published_at, entry.occurred_at) == (soon, NOW)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[::1", "#"])
def test_only_web_links_survive(link: str) -> None:
    feed = parse_feed(
        rss(f"<item><title>A</title><link>{link}</link></item>"),
        feed="world",
        url="",
        headers={},
        observed_at=NOW,
    )
    (entry,) = feed.entries
    assert entry.link is None
    assert feed.dropped == {"link_not_http": 1}


def test_items_without_words_or_identity_are_counted() -> None:
    feed = parsed(
        rss(
            "<item><guid>g</guid><description>&lt;img src='x'&gt;</description></item>"
            "<item><description>Words without a name.</description></item>"
            "<item><title>A</title></item>"
        )
    )
    assert titles(feed) == ["A"]
    assert feed.dropped == {"no_text": 1, "no_identity": 1}


def test_one_guid_on_different_links_is_different_items() -> None:
    def item(title: str, link: str) -> str:
        return (
            f"<item><title>{title}</title><guid>same</guid><link>https://x.org/{link}</link></item>"
        )

    feed = parsed(rss(item("One", "1") + item("Two", "2")))
    assert sorted(titles(feed)) == ["One", "Two"]
    assert len({entry.entry_id for entry in feed.entries}) == 2

    again = parsed(rss(item("First", "1") + item("Second", "1")))
    assert titles(again) == ["First"]
    assert again.dropped == {"repeated": 1}


def test_of_two_versions_in_one_file_the_newer_is_kept() -> None:
    def item(title: str, day: int) -> str:
        return (
            f"<item><title>{title}</title><guid>same</guid>"
            f"<pubDate>2023-07-{day}T00:00:00Z</pubDate></item>"
        )

    assert titles(parsed(rss(item("Old", 20) + item("New", 21)))) == ["New"]


def test_without_guids_one_link_with_different_titles_is_different_items() -> None:
    items = "".join(
        f"<item><title>{title}</title><link>https://x.org/live</link></item>" for title in "AB"
    )
    assert sorted(titles(parsed(rss(items)))) == ["A", "B"]


def test_of_too_many_items_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "MAX_ITEMS", 2)
    items = "".join(
        f"<item><title>{day}</title><pubDate>2023-07-{day}T00:00:00Z</pubDate></item>"
        for day in (10, 12, 11)
    )
    feed = parsed(rss(items))
    assert titles(feed) == ["11", "12"]
    assert feed.dropped == {"beyond_limit": 1}


def test_long_text_is_cut() -> None:
    title, summary = "x" * 600, "word " * 2000
    (entry,) = parsed(
        rss(f"<item><title>{title}</title><description>{summary}</description></item>")
    ).entries
    assert (len(entry.title), entry.title[-1]) == (500, "…")
    assert len(entry.summary) <= 4000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "json"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "html"),
        (b"<html><head><title>Welcome</title></head></html>", "html"),
        (b"Not found", "no_feed"),
        (b"<?xml version='1.0'?><sitemap><loc>x</loc></sitemap>", "no_feed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no_feed"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(FeedError) as caught:
        parsed(body)
    assert caught.value.reason == reason


def test_a_truncated_file_gives_what_it_holds_and_says_so() -> None:
    feed = parsed(RSS[:-60])
    assert titles(feed) == ["Minister arrives in the capital & stays"]
    assert feed.truncated
    assert feed.degraded
    assert feed.dropped == {"cut_short": 1}  # of the other there was half

    between = parsed(RSS[: RSS.index(b"</channel>")])
    assert (len(between.entries), between.truncated, between.dropped) == (2, True, {})


def test_bad_markup_degrades_but_does_not_truncate() -> None:
    feed = parsed(RSS.replace(b"Older", b"Older & <wiser"))
    assert (len(feed.entries), feed.truncated) == (2, False)
    assert str(feed.degraded).startswith("not well-formed")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Older", b"Older &#55357;&#56832; smile"),
        (b"Older", b"Older &#x110000;"),
        (b"Older", b"Older &#99999999999;"),
        (b'encoding="utf-8"', b'encoding="undefined"'),
        (b'encoding="utf-8"', b'encoding="utf\0-8"'),
    ],
)
def test_faults_on_which_the_parser_raises_are_mended(old: bytes, new: bytes) -> None:
    feed = parsed(RSS.replace(old, new))
    assert len(feed.entries) == 2
    assert str(feed.degraded).startswith("had to be mended")
    assert feed.entries[0].title in {"Older", "Older 😀 smile"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ATOM, "text/xml"),
        (ATOM, "text/html"),
        (ATOM, ""),
        (ATOM, "text/xml; charset=iso-8859-1"),
        (ATOM.decode().replace("utf-8", "utf-16").encode("utf-16"), "text/xml; charset=us-ascii"),
        (ATOM.decode().replace("utf-8", "utf-16").encode("utf-16"), "text/xml"),
    ],
)
def test_the_words_survive_wrongly_declared_types(body: bytes, content_type: str) -> None:
    plain = body.replace(b"Au&amp;szlig;enminister", "Außenminister".encode())
    (entry,) = parsed(plain, content_type).entries
    assert entry.title == "Außenminister reist ab"


def test_windows_1252_declared_as_utf8() -> None:
    body = rss("<item><title>Caf\u00e9 \u2013 talks</title></item>").decode().encode("cp1252")
    (entry,) = parsed(b'<?xml version="1.0" encoding="utf-8"?>' + body).entries
    assert entry.title == "Café \u2013 talks"


def test_external_entities_are_not_read() -> None:
    body = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss(
        "<item><title>A &x; B</title></item>"
    )
    assert "root" not in " ".join(titles(parsed(body)))


FRAGMENTS = [
    b"&#55357;", b"&#x110000;", b"\0", b"\x08", b"\xff\xfe", b"<![CDATA[", b"]]>", b"<!DOCTYPE a [",
    b"<!ENTITY a \"\\x\">", b"&a;", b"</item>", b"<item>", b"<guid>", b"<title>", b"<link>",
    b"encoding='utf-7'", b"xml:base='http://['", b"<content type='xhtml'>", b"<?xml ?>", b"<a b=",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([RSS, ATOM, RDF]),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 12),
            st.one_of(st.binary(max_size=6), st.sampled_from(FRAGMENTS)),
        ),
        min_size=1,
        max_size=6,
    ),
    content_type=st.sampled_from(["", "text/xml; charset=undefined", "text/xml; charset=utf-16"]),
)
def test_mutated_feeds_give_entries_that_can_be_written_or_a_feed_error(
    base: bytes, edits: list[tuple[float, int, bytes]], content_type: str
) -> None:
    body = bytearray(base)
    for place, removed, inserted in edits:
        start = int(place * len(body))
        body[start : start + removed] = inserted
    try:
        feed = parsed(bytes(body), content_type)
    except FeedError:
        return
    for entry in feed.entries:
        assert isinstance(entry, Entry)
        assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(entry)) == entry
        assert entry.occurred_at <= entry.observed_at
        assert entry.title or entry.summary
