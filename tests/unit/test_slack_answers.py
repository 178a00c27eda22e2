"""What each answer of Slack, or its silence, means; and how long to wait after it."""

import http.client
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from consumers.slack.answers import Failure, Meaning, call, classify
from consumers.slack.retry import (
    DEFAULT_RETRY_AFTER_S,
    DELIVERY_BACKOFF,
    MAX_RETRY_AFTER_S,
    retry_after_s,
    wait_s,
)
from wheelsdown.clock import VirtualClock
from wheelsdown.daemon.backoff import Backoff

NOW = datetime(2023, 8, 2, 10, 40, tzinfo=UTC)


def answered(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.example/api/chat.postMessage",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("failed", response)  # type: ignore[no-untyped-call] # slack_sdk


def refused(code: str, **more: Any) -> SlackApiError:
    return answered({"ok": False, "error": code, **more})


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refused("invalid_auth"), Meaning.REFUSED),
        (refused("channel_not_found"), Meaning.PERMANENT),
        (refused("an_error_of_next_year"), Meaning.PERMANENT),
        (refused("message_not_found"), Meaning.GONE),
        (refused("edit_window_closed"), Meaning.GONE),
        (refused("invalid_blocks"), Meaning.CONTENT),
        (refused("msg_blocks_too_long"), Meaning.CONTENT),
        (refused("team_added_to_org"), Meaning.RETRY),
        (refused("ratelimited"), Meaning.RETRY),
        (answered({"ok": False, "error": "ratelimited"}, 429), Meaning.RETRY),
        (answered("<html>", 429), Meaning.RETRY),
        (URLError(ConnectionRefusedError(111, "refused")), Meaning.RETRY),
        (URLError(socket.gaierror(-2, "unknown name")), Meaning.RETRY),
        # From here on the message may be there.
        (refused("internal_error"), Meaning.AMBIGUOUS),
        (refused("Received a response in a non-JSON format: <html>"), Meaning.AMBIGUOUS),
        (answered({"ok": False, "error": "invalid_auth"}, 503), Meaning.AMBIGUOUS),
        (answered({}, 502), Meaning.AMBIGUOUS),
        (answered([]), Meaning.AMBIGUOUS),
        (answered({"ok": False}), Meaning.AMBIGUOUS),
        (URLError(ConnectionResetError(104, "reset")), Meaning.AMBIGUOUS),
        (TimeoutError("timed out"), Meaning.AMBIGUOUS),
        (http.client.RemoteDisconnected("gone"), Meaning.AMBIGUOUS),
        (http.client.IncompleteRead(b"{"), Meaning.AMBIGUOUS),
        (AttributeError("'int' object has no attribute 'get'"), Meaning.AMBIGUOUS),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), Meaning.AMBIGUOUS),
    ],
    ids=lambda value: value.name if isinstance(value, Meaning) else repr(value)[:60],
)
def test_meaning_of_failures(error: Exception, meaning: Meaning) -> None:
    assert classify(error, NOW).meaning is meaning


def test_a_refusal_tells_what_to_do_and_where() -> None:
    assert "invite the app" in classify(refused("not_in_channel"), NOW).reason
    place = "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    error = refused("invalid_blocks", response_metadata={"messages": [place]})
    assert place in classify(error, NOW).reason


def test_call_gives_the_answer_or_the_failure() -> None:
    def fails() -> str:
        raise TimeoutError

    clock = VirtualClock(NOW)
    assert call(lambda: "answer", clock) == "answer"
    assert isinstance(call(fails, clock), Failure)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1.5", 1.5),
        ("-5", 0.0),
        ("99999999", MAX_RETRY_AFTER_S),
        ("1e999", DEFAULT_RETRY_AFTER_S),
        ("soon", DEFAULT_RETRY_AFTER_S),
        (None, DEFAULT_RETRY_AFTER_S),
    ],
)
def test_slacks_wish_is_clamped_and_rubbish_is_none(header: str | None, seconds: float) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_a_rate_limit_carries_slacks_wish_whatever_the_case_of_the_header() -> None:
    error = answered({"ok": False, "error": "ratelimited"}, 429, {"retry-after": "7"})
    assert classify(error, NOW).after_s == 7.0


@pytest.mark.parametrize(
    ("tries", "since", "expected"),
    [
        (1, NOW, 1.0),
        (2, NOW, 2.0),
        (3, NOW, 4.0),
        (50, NOW, 300.0),
        (DELIVERY_BACKOFF.tries, NOW, None),
        (1, NOW - timedelta(hours=6), None),
    ],
)
def test_waits_grow_and_end(tries: int, since: datetime, expected: float | None) -> None:
    always: Callable[[], float] = lambda: 1.0  # noqa: E731 - a jitter
    assert wait_s(DELIVERY_BACKOFF, always, tries=tries, since=since, now=NOW) == expected


def test_one_try_means_no_other() -> None:
    once = Backoff(tries=1)
    assert wait_s(once, lambda: 0.5, tries=1, since=NOW, now=NOW) is None
