"""When a feed is asked again, and where: each kind of answer, and Retry-After in both forms."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from producers.fetch import Answer
from producers.news.answers import reading_of, refusal_of, shown
from producers.news.schedule import (
    MOVES,
    Failure,
    FailureKind,
    FeedState,
    Reading,
    after_failure,
    after_reading,
    kind_of_status,
    resumed,
)

NOW = datetime(2023, 8, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/feed.xml"
NEW_URL = "https://example.com/feed.xml"
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

NEW = FeedState(configured_url=URL, url=URL, due=NOW)


def answer(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=b"", url=URL)


def read(state: FeedState, *, jitter: float = 0.0, moved_to: str | None = None) -> FeedState:
    reading = Reading(etag='"1"', last_modified="then", body_hash="h", moved_to=moved_to)
    return after_reading(state, reading, at=NOW, every=QUARTER, jitter=jitter)


def failed(
    state: FeedState,
    kind: FailureKind = "failing",
    *,
    retry_after: timedelta | None = None,
    every: timedelta = QUARTER,
    jitter: float = 1.0,
) -> FeedState:
    failure = Failure(kind=kind, reason="500", message="no", retry_after=retry_after)
    return after_failure(state, failure, at=NOW, every=every, jitter=jitter)


class TestResumed:
    def test_a_feed_that_is_new_or_has_a_new_address_is_due_at_once(self) -> None:
        assert resumed(None, URL, at=NOW, every=QUARTER) == NEW
        known = read(NEW)
        assert resumed(known, NEW_URL, at=NOW, every=QUARTER) == FeedState(
            configured_url=NEW_URL, url=NEW_URL, due=NOW
        )

    def test_a_restart_is_no_reason_to_ask_again(self) -> None:
        known = read(NEW)
        assert resumed(known, URL, at=NOW + timedelta(minutes=1), every=QUARTER) == known

    def test_a_shorter_interval_counts_at_once(self) -> None:
        state = resumed(read(NEW), URL, at=NOW, every=timedelta(minutes=5))
        assert state.due == NOW + timedelta(minutes=5)

    def test_a_feed_that_was_told_to_wait_goes_on_waiting(self) -> None:
        waiting = failed(NEW, retry_after=timedelta(hours=20))
        assert resumed(waiting, URL, at=NOW, every=QUARTER) == waiting

    @pytest.mark.parametrize(("failures", "wait"), [(0, QUARTER), (1, DAY)])
    def test_a_clock_that_was_once_ahead_silences_no_feed(
        self, failures: int, wait: timedelta
    ) -> None:
        state = msgspec.structs.replace(NEW, due=NOW + 3650 * DAY, failures=failures)
        assert resumed(state, URL, at=NOW, every=QUARTER).due == NOW + wait


class TestAfterReading:
    def test_everything_is_remembered_and_failures_are_forgotten(self) -> None:
        state = read(failed(NEW))
        assert state == FeedState(
            configured_url=URL,
            url=URL,
            due=NOW + QUARTER,
            etag='"1"',
            last_modified="then",
            body_hash="h",
            last_read=NOW,
        )

    def test_polls_are_spread_by_a_tenth_of_the_interval(self) -> None:
        assert read(NEW, jitter=0.5).due - NOW == QUARTER * 1.05

    def test_a_permanent_redirect_is_believed_after_three_in_a_row(self) -> None:
        state = NEW
        for _ in range(MOVES - 1):
            state = read(state, moved_to=NEW_URL)
            assert state.url == URL
        state = read(state, moved_to=NEW_URL)
        assert (state.url, state.moves, state.moved_to) == (NEW_URL, 0, None)
        assert state.configured_url == URL

    @pytest.mark.parametrize("between", [None, "https://elsewhere.example/"])
    def test_another_answer_in_between_starts_the_count_anew(self, between: str | None) -> None:
        state = NEW
        for target in (NEW_URL, NEW_URL, between, NEW_URL, NEW_URL):
            state = read(state, moved_to=target)
        assert (state.url, state.moves) == (URL, 2)


class TestAfterFailure:
    def test_pauses_double_to_an_hour_with_full_jitter(self) -> None:
        state, waits = NEW, []
        for _ in range(4):
            state = failed(state, every=timedelta(minutes=10))
            waits.append(state.due - NOW)
        assert waits == [timedelta(minutes=minutes) for minutes in (20, 40, 60, 60)]
        assert failed(state, jitter=0.5).due - NOW == HOUR / 2

    def test_a_failing_feed_is_never_asked_sooner_than_a_working_one(self) -> None:
        assert failed(NEW, jitter=0.0).due - NOW == QUARTER
        assert failed(NEW, every=2 * HOUR, jitter=1.0).due - NOW == 2 * HOUR

    def test_what_is_denied_is_asked_once_a_day_in_the_end(self) -> None:
        state, waits = NEW, []
        for _ in range(8):
            state = failed(state, "denied", jitter=0.0)
            waits.append(state.due - NOW)
        assert waits[:3] == [2 * QUARTER, 4 * QUARTER, 8 * QUARTER]
        assert waits[-2:] == [DAY, DAY]

    @pytest.mark.parametrize(
        ("asked", "wait"),
        [
            (timedelta(0), timedelta(minutes=1)),
            (timedelta(minutes=30), timedelta(minutes=30)),
            (timedelta(days=365), DAY),
        ],
    )
    def test_retry_after_is_obeyed_within_bounds(self, asked: timedelta, wait: timedelta) -> None:
        state = failed(NEW, retry_after=asked, every=timedelta(seconds=30), jitter=0.0)
        assert state.due - NOW == wait

    def test_what_was_known_is_kept_and_the_first_failure_dated(self) -> None:
        known = read(NEW)
        once = failed(known)
        assert (once.etag, once.last_modified, once.body_hash) == ('"1"', "then", "h")
        assert (once.failures, once.failing_since, once.failure) == (1, NOW, "500")
        later = after_failure(
            once,
            Failure(kind="failing", reason="timeout", message=""),
            at=NOW + HOUR,
            every=QUARTER,
            jitter=0,
        )
        assert (later.failures, later.failing_since, later.failure) == (2, NOW, "timeout")

    def test_a_thousand_failures_overflow_nothing(self) -> None:
        state = msgspec.structs.replace(NEW, failures=1000)
        assert failed(state, "denied", every=DAY).due - NOW == DAY

    def test_gone_is_for_good(self) -> None:
        assert failed(NEW, "gone").gone

    @pytest.mark.parametrize("kind", ["denied", "gone"])
    def test_an_address_that_redirects_led_to_and_is_denied_is_given_up(
        self, kind: FailureKind
    ) -> None:
        moved = msgspec.structs.replace(read(NEW), url=NEW_URL)
        state = failed(moved, kind)
        assert (state.url, state.gone) == (URL, False)
        assert (state.etag, state.last_modified) == (None, None)  # they were another address's

    def test_one_that_only_fails_is_given_up_after_three_times(self) -> None:
        state = msgspec.structs.replace(read(NEW), url=NEW_URL)
        urls = []
        for _ in range(MOVES):
            state = failed(state)
            urls.append(state.url)
        assert urls == [NEW_URL, NEW_URL, URL]


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((410,), "gone"),
        ((400, 401, 403, 404, 407, 451), "denied"),
        ((204, 206, 300, 304, 408, 425, 429, 500, 502, 503, 520), "failing"),
    ],
)
def test_kinds_of_statuses(statuses: tuple[int, ...], kind: FailureKind) -> None:
    assert {kind_of_status(status) for status in statuses} == {kind}


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "120", timedelta(minutes=2)),
        (503, "Tue, 01 Aug 2023 13:00:00 GMT", HOUR),
        (429, "Tue, 01 Aug 2023 11:00:00 GMT", timedelta(0)),
        (429, "soon", None),
        (500, "120", None),
        (403, "120", None),
    ],
)
def test_who_is_busy_may_say_when_to_come_again(
    status: int, header: str, wait: timedelta | None
) -> None:
    failure = refusal_of(answer(status, Retry_After=header), NOW)
    assert (failure.reason, failure.retry_after) == (str(status), wait)


def test_validators_are_opaque_but_must_be_text() -> None:
    kept = reading_of(answer(200, ETag='W/"a,b"', Last_Modified="yesterday"), "h")
    assert (kept.etag, kept.last_modified, kept.body_hash) == ('W/"a,b"', "yesterday", "h")
    # aiohttp hands undecodable bytes over as surrogates, which no store could write.
    bad = reading_of(answer(200, ETag='"caf\udce9"', Last_Modified=""), "h")
    assert (bad.etag, bad.last_modified) == (None, None)


def test_a_new_address_is_shown_without_secrets() -> None:
    url = "https://me:hunter2@example.com:8443/a%2Fb?key=hunter2#x"
    assert shown(url) == "https://example.com:8443/a%2Fb"
