"""How far the news is read: never further than the slowest feed that is not given up."""

from datetime import UTC, datetime, timedelta

import pytest

from producers.news.schedule import FeedState
from producers.news.standing import NAMED, PATIENCE, FeedStanding, Standing, standing

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
URL = "https://news.example.org/feed.xml"


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def feed(
    name: str,
    *,
    last_read: datetime | None = None,
    failing_since: datetime | None = None,
    gone: bool = False,
) -> FeedStanding:
    state = FeedState(
        configured_url=URL,
        url=URL,
        due=NOW,
        last_read=last_read,
        failing_since=failing_since,
        failures=failing_since is not None,
        failure="404" if failing_since else "",
        gone=gone,
    )
    return FeedStanding(name, QUARTER, state)


def test_the_slowest_feed_counts() -> None:
    feeds = [feed("a", last_read=ago(14)), feed("b", last_read=ago(2))]
    assert standing(feeds, NOW) == Standing(ago(14), None, "")


def test_nothing_is_said_before_every_feed_is_read_once() -> None:
    assert standing([feed("a", last_read=ago(1)), feed("b")], NOW) is None


def test_a_feed_that_has_failed_a_little_holds_the_others_up() -> None:
    feeds = [feed("a", last_read=ago(1)), feed("b", last_read=ago(50), failing_since=ago(40))]
    assert standing(feeds, NOW) == Standing(ago(50), None, "")


def test_one_that_has_failed_for_long_is_named_instead() -> None:
    late = ago(15 * PATIENCE + 1)
    feeds = [feed("a", last_read=ago(1)), feed("b", last_read=ago(60), failing_since=late)]
    assert standing(feeds, NOW) == Standing(ago(1), ago(60), "b (404)")


def test_one_that_was_never_read_is_blind_since_it_was_first_asked() -> None:
    feeds = [feed("a", last_read=ago(1)), feed("b", failing_since=ago(100))]
    assert standing(feeds, NOW) == Standing(ago(1), ago(100), "b (404)")


@pytest.mark.parametrize("failing_since", [ago(0), ago(1000)])
def test_one_that_is_gone_holds_nobody_up(failing_since: datetime) -> None:
    feeds = [
        feed("a", last_read=ago(1)),
        feed("b", last_read=ago(1001), failing_since=failing_since, gone=True),
    ]
    assert standing(feeds, NOW) == Standing(ago(1), ago(1001), "b (404)")


def test_with_all_feeds_blind_time_goes_on_and_all_are_named() -> None:
    feeds = [feed(str(number), failing_since=ago(100 + number)) for number in range(NAMED + 2)]
    known = standing(feeds, NOW)
    assert known is not None
    assert (known.up_to, known.blind_since) == (NOW, ago(100 + NAMED + 1))
    assert known.blind_reason.startswith("0 (404), 1 (404), ")
    assert known.blind_reason.endswith("9 (404), 2 more")


def test_nothing_is_said_of_the_future() -> None:
    assert standing([feed("a", last_read=ago(-60))], NOW) == Standing(NOW, None, "")
