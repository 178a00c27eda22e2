"""Mending: what makes feedparser raise is gone, the rest is as it was."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.news.repair import repaired

HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def mended(body: str | bytes) -> str:
    text = repaired(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))
    assert text.startswith(HEAD.encode())
    return text.decode()[len(HEAD) :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<a>Käse &amp; Brot</a>", "<a>Käse &amp; Brot</a>"),
        ("&#55357;&#56832; &#xD83D;&#xDE00;", "😀 😀"),  # one character in two halves
        ("&#55357; alone", " alone"),
        ("&#x110000;&#99999999999;&#xFFFFFFFFFFFFF;", ""),
        ("&#60;b&#62; &#38;", "&#60;b&#62; &#38;"),  # would be markup
        ("&#8364; &#x20AC &#0008364;", "€ € €"),
        ("a&#0;b&#8;c\x00d\x0be\ufffef", "abcdef"),
        ("&#; &#x; &# 5;", "&#; &#x; &# 5;"),
        ('<!DOCTYPE rss [<!ENTITY a "C:\\data">]><rss/>', "<rss/>"),
        ('<!doctype rss SYSTEM "x.dtd"><rss/>', "<rss/>"),
        ("\n<?xml version='1.0' encoding='undefined'?><rss/>", "<rss/>"),
    ],
)
def test_faults_are_mended_and_the_rest_is_left_alone(before: str, after: str) -> None:
    assert mended(before) == after


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_tells_the_encoding(encoding: str) -> None:
    assert mended("<a>Käse</a>".encode(encoding)) == "<a>Käse</a>"


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("koi8-r", "koi8-r"),
        ("koi8-r", "utf-8"),  # valid UTF-8 is UTF-8, whatever it says
        ("no-such-thing", "utf-8"),
        ("hex", "utf-8"),  # a codec, but of no text
    ],
)
def test_a_declaration_is_believed_unless_the_bytes_are_utf_8(declared: str, actual: str) -> None:
    body = f"<?xml version='1.0' encoding='{declared}'?><a>визит</a>".encode(actual)
    assert mended(body) == "<a>визит</a>"


def test_bytes_of_no_encoding_are_read_somehow() -> None:
    assert mended(b"<a>caf\xe9 \x81</a>") == "<a>café \ufffd</a>"
    assert mended(codecs.BOM_UTF16_LE + "<a>b</a>".encode("utf-16-le") + b"x") == "<a>b</a>\ufffd"


FRAGMENTS = [
    b"<?xml encoding='utf-7'?>", b"<?xml encoding='punycode'?>", b"<?xml encoding='idna'?>",
    b"<!DOCTYPE a [", b"]>", b"&#55357;", b"&#x110000;", b"\xff\xfe", b"\xfe\xff",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=4))).map(b"".join))
def test_any_bytes_become_utf_8(body: bytes) -> None:
    repaired(body).decode()
