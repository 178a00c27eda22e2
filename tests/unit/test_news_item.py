"""One item in bounds: words without markup, safe links, honest times, ids that last."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.news.item import LINK_CHARS, entry_of, language_tag, web_link
from producers.news.plain_text import MARKUP_CHARS, plain_text
from wheelsdown.records.news import Entry
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import NEWS_ENTRIES

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)


def made(
    title: str = "Talks",
    summary: str = "",
    *,
    identity: str = "a",
    published_at: datetime | None = None,
) -> Entry | None:
    return entry_of(
        feed="world",
        identity=identity,
        title=title,
        summary=summary,
        link=None,
        published_at=published_at,
        language=None,
        observed_at=NOW,
    )


def test_ids_depend_on_feed_identity_and_words_only() -> None:
    entry, later = made(), made(published_at=NOW)
    assert entry is not None
    assert later is not None
    assert entry.entry_id == record_id("world", "a")
    assert (entry.record_id, entry.content_hash) == (later.record_id, later.content_hash)
    edited = made("Talks end")
    assert edited is not None
    assert edited.entry_id == entry.entry_id
    assert edited.record_id != entry.record_id


def test_nothing_occurs_after_it_was_observed() -> None:
    entry = made(published_at=NOW + timedelta(hours=3))
    assert entry is not None
    assert (entry.occurred_at, entry.published_at) == (NOW, NOW + timedelta(hours=3))


def test_without_a_word_there_is_no_entry() -> None:
    assert made("<img src=x>", "&nbsp; \u200b") is None
    assert made("", "Words") is not None


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain  words\n\tand tabs", "Plain words and tabs"),
        ("AT&T &amp; Q&A &lt; &#8364;5", "AT&T & Q&A < €5"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("<b>Bold</b>ly", "Boldly"),
        ("<p>One.</p><p>Two.</p>three<br>four", "One. Two. three four"),
        ("<ul><li>a<li>b</ul>", "a b"),
        ("<script>alert(1)</script>Seen<style>p{}</style><iframe src=x>no</iframe>", "Seen"),
        ("<svg><text>no</text></svg><!-- no -->Seen<![CDATA[no]]>", "Seen"),
        ("<?php echo 1 ?>Seen <?xml", "Seen"),
        ("a\x00b\x08c\x7fd\x85e\u2028f", "abcd e f"),
        ("a&#8;b&#1;c", "abc"),  # references turn into characters that are then removed
        ("evil \u202egnp.exe\u2066", "evil gnp.exe"),
        ("soft\xadhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("نیم‌فاصله 👨‍👩‍👧", "نیم‌فاصله 👨‍👩‍👧"),  # joiners are spelling, not tricks
        ("<a href='x", ""),
        ("", ""),
    ],
)
def test_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup, limit=100) == text


def test_what_is_too_long_is_cut_with_an_ellipsis() -> None:
    assert plain_text("x" * 10, limit=10) == "x" * 10
    assert plain_text("x" * 11, limit=10) == "x" * 9 + "…"
    assert plain_text("12345678 0123", limit=10) == "12345678…"
    assert len(plain_text("<b>" * 10_000 + "x" * MARKUP_CHARS, limit=10)) <= 10


FRAGMENTS = [
    "<", "</", ">", "<!", "<![CDATA[", "]]>", "<?", "&", "&#", "&lt;", "<b ", "<svg>", "\0",
    "<template>", "\ud800", "<a href='", "<!--", "-->", "&#x110000;", "<plaintext>", "<html",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=20).map("".join)
)
def test_any_text_becomes_one_line_that_can_be_written(markup: str) -> None:
    text = plain_text(markup, limit=40)
    assert len(text) <= 40
    assert text == " ".join(text.split())
    entry = made(title=markup, summary="x", identity=markup)
    assert entry is not None
    assert NEWS_ENTRIES.decode(NEWS_ENTRIES.encode(entry)) == entry


@pytest.mark.parametrize(
    "link",
    [
        "https://news.example.org/a?b=c#d",
        "HTTP://x.org",
        "http://[2606:4700::1111]/",
        "http://é.fr/",
    ],
)
def test_web_links_stay(link: str) -> None:
    assert web_link(link) == link


@pytest.mark.parametrize(
    "link",
    ["", "/a", "//x.org/a", "javascript:alert(1)", "data:text/html,x", "ftp://x.org/", "http://",
     "https:///a", "http://[::1", "http://x.org/a b", "http://x.org/\n", "http://x.org/\x00",
     "http://x.org/\u202e", "http://x.org/\ud800", "java\nscript:alert(1)",
     "https://x.org/" + "a" * LINK_CHARS],
)  # fmt: skip
def test_other_links_go(link: str) -> None:
    assert web_link(link) is None


def test_language_tags() -> None:
    assert [language_tag(tag) for tag in ("en", "pt-BR", "zh-Hans-CN", "en_US")] == [
        "en", "pt-BR", "zh-Hans-CN", "en_US",
    ]  # fmt: skip
    assert {language_tag(tag) for tag in (None, "", "english", "e", "en\n", "<en>", "en-")} == {
        None
    }
