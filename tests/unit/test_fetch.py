"""Fetching: limits, guard, validators and one reason for every way an answer can fail."""

import resource
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from fakes.http_feed import HttpFeed, Scripted, gzip_bomb, gzipped

from producers.fetch import (
    Fetcher,
    FetchError,
    client_session,
    is_public,
)

NOW = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def feed() -> AsyncIterator[HttpFeed]:
    async with HttpFeed() as feed:
        yield feed


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with client_session(allow_private=True) as session:
        yield Fetcher(session, limit_bytes=1_000_000, deadline_s=5)


async def reason_of(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    return caught.value.reason


async def test_an_answer_with_its_validators_and_headers(feed: HttpFeed, fetcher: Fetcher) -> None:
    url = feed.script("/feed", Scripted(b"hello", headers={"ETag": 'W/"a,b"'}))

    answer = await fetcher.get(url, etag='W/"a,b"', last_modified="yesterday", headers={"X-A": "b"})

    assert (answer.status, answer.body, answer.url) == (200, b"hello", url)
    assert answer.headers["etag"] == 'W/"a,b"'
    sent = feed.received[0].headers
    assert sent["If-None-Match"] == 'W/"a,b"'  # opaque: not parsed, not requoted
    assert sent["If-Modified-Since"] == "yesterday"
    assert sent["X-A"] == "b"
    assert sent["User-Agent"].startswith("wheelsdown/")


async def test_other_statuses_are_answers_without_a_body(feed: HttpFeed, fetcher: Fetcher) -> None:
    gone = await fetcher.get(feed.script("/gone", Scripted(b"x" * 9_000_000, status=410)))
    unchanged = await fetcher.get(feed.script("/same", Scripted(status=304)))

    assert (gone.status, gone.body) == (410, b"")
    assert (unchanged.status, unchanged.body) == (304, b"")


async def test_compressed_bodies_are_unpacked(feed: HttpFeed, fetcher: Fetcher) -> None:
    assert (await fetcher.get(feed.script("/z", gzipped(b"hello")))).body == b"hello"


async def test_cookies_are_never_sent_back(feed: HttpFeed, fetcher: Fetcher) -> None:
    url = feed.script("/c", Scripted(headers={"Set-Cookie": "track=me"}))
    await fetcher.get(url)
    await fetcher.get(url)

    assert "Cookie" not in feed.received[1].headers


@pytest.mark.parametrize("path", ["/a%2Fb?q=%7Eme&r=a+b%41", "/a%3Bb;c=1?sig=Zm9v%3D%3d"])
async def test_percent_encoding_is_left_alone(feed: HttpFeed, fetcher: Fetcher, path: str) -> None:
    moved = feed.script("/moved", Scripted(status=302, headers={"Location": path}))
    await fetcher.get(feed.url(path))
    await fetcher.get(moved)

    assert [received.target for received in feed.received] == [path, "/moved", path]


async def test_what_is_not_quoted_gets_quoted(feed: HttpFeed, fetcher: Fetcher) -> None:
    await fetcher.get(feed.url("/új hír\r\nX-Evil: 1"))

    assert feed.received[0].target == "/%C3%BAj%20h%C3%ADrX-Evil:%201"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Scripted(b"x" * 1_000_001), "too_large"),
        (Scripted(b"x" * 70_000, endless=True), "too_large"),
        (gzip_bomb(200_000_000), "too_large"),
        (Scripted(b"no gzip", headers={"Content-Encoding": "gzip"}), "bad_encoding"),
        (Scripted(b"no brotli", headers={"Content-Encoding": "br"}), "bad_encoding"),
        (Scripted(b"half", drop_after=2), "broken"),
        (Scripted(drop_after=0), "broken"),
        (Scripted(status=302, headers={"Location": "/it"}), "too_many_redirects"),
        (Scripted(status=302, headers={"Location": "file:///etc/passwd"}), "bad_url"),
        (Scripted(status=302, headers={"Location": "http://[::1"}), "bad_url"),
        (Scripted(status=302, headers={"Location": "http:///x"}), "bad_url"),
    ],
)
async def test_hostile_answers(
    feed: HttpFeed, fetcher: Fetcher, answer: Scripted, reason: str
) -> None:
    assert await reason_of(fetcher, feed.script("/it", answer)) == reason


async def test_the_deadline_covers_slow_starts_and_slow_bodies(feed: HttpFeed) -> None:
    async with client_session(allow_private=True) as session:
        hasty = Fetcher(session, deadline_s=0.2)
        slow = feed.script("/slow", Scripted(delay_s=30))
        drip = feed.script("/drip", Scripted(b"x" * 1000, drip_s=0.05))

        assert await reason_of(hasty, slow) == "timeout"
        assert await reason_of(hasty, drip) == "timeout"


async def test_a_bomb_does_not_fill_the_memory(feed: HttpFeed, fetcher: Fetcher) -> None:
    url = feed.script("/bomb", gzip_bomb(300_000_000))
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert await reason_of(fetcher, url) == "too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000_000 // unit


@pytest.mark.parametrize(
    "url",
    ["", "feed", "/feed", "ftp://example.org/x", "file:///etc/passwd", "http://", "http://[::1",
     "http://a:99999999/", "http://127.1/", "http://2130706433/"],
)  # fmt: skip
async def test_addresses_that_are_none(fetcher: Fetcher, url: str) -> None:
    assert await reason_of(fetcher, url) == "bad_url"


async def test_nobody_listens(fetcher: Fetcher) -> None:
    async with HttpFeed() as feed:
        url = feed.url("/")

    assert await reason_of(fetcher, url) == "refused"


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(b"x" * 1_000_001),
        Scripted(b"half", drop_after=2),
        Scripted(drop_after=0),
        Scripted(b"no gzip", headers={"Content-Encoding": "gzip"}),
        Scripted(b"no brotli", headers={"Content-Encoding": "br"}),
        Scripted(status=302, headers={"Location": "/path?key=hunter2"}),
        Scripted(status=302, headers={"Location": "gopher://a/?key=hunter2"}),
        Scripted(status=302, headers={"Location": "http:///?key=hunter2"}),
    ],
)
async def test_secrets_in_an_address_stay_out_of_messages(
    feed: HttpFeed, fetcher: Fetcher, answer: Scripted
) -> None:
    feed.script("/path", answer)
    url = feed.url("/path?key=hunter2").replace("http://", "http://me:hunter2@")
    for wrong in (url, url.replace(":", "", 1), url.replace("1:", "1:9999", 1)):
        with pytest.raises(FetchError, match="/path") as caught:
            await fetcher.get(wrong)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1",
     "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[fe80::1]",
     "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "[ff02::1]", "[::7f00:1]", "[fec0::1]"],
)  # fmt: skip
async def test_private_networks_are_out_of_reach(host: str) -> None:
    async with client_session(allow_private=False) as session:
        assert await reason_of(Fetcher(session), f"http://{host}:9/") == "forbidden_address"


@pytest.mark.parametrize(
    ("statuses", "is_permanent"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False)],
)
async def test_permanent_redirects_are_told(
    feed: HttpFeed, fetcher: Fetcher, statuses: tuple[int, ...], is_permanent: bool
) -> None:
    url = feed.script("/end", Scripted(b"here"))
    assert (await fetcher.get(url)).moved_to is None
    for number, status in enumerate(statuses):
        url = feed.script(f"/{number}", Scripted(status=status, headers={"Location": url}))

    answer = await fetcher.get(url)

    assert answer.url == feed.url("/end")
    assert answer.moved_to == (answer.url if is_permanent else None)


async def test_a_redirect_into_a_private_network_is_refused_too(feed: HttpFeed) -> None:
    url = feed.script("/", Scripted(status=302, headers={"Location": feed.url("/inside")}))
    async with client_session(allow_private=False) as session:
        assert await reason_of(Fetcher(session), url) == "forbidden_address"
    assert not feed.received


def test_public_addresses() -> None:
    assert all(map(is_public, ["192.0.32.8", "2606:4700::1111", "::ffff:192.0.32.8"]))


async def test_a_form_does_not_follow_redirects(feed: HttpFeed, fetcher: Fetcher) -> None:
    url = feed.script("/token", Scripted(status=307, headers={"Location": feed.url("/thief")}))

    assert (await fetcher.post_form(url, {"secret": "a&b"})).status == 307
    assert [(r.method, r.target, r.body) for r in feed.received] == [
        ("POST", "/token", b"secret=a%26b")
    ]
