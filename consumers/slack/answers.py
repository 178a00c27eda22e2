"""What a failed call to Slack means, sorted by what may be done next.

Refused for good, refused for now, or *ambiguous*: the message may be there. A 200 that is not
Slack's JSON, a 5xx, a timeout and a dropped connection are ambiguous, and so are the two errors of
which Slack says that "some aspect of the operation" may have succeeded.
"""

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

from consumers.slack.retry import retry_after_s
from wheelsdown.clock import Clock

Answer = TypeVar("Answer")


class Meaning(Enum):
    """What a failure says about the message."""

    RETRY = auto()  #: not accepted; the same call may work later
    AMBIGUOUS = auto()  #: may have been accepted
    GONE = auto()  #: the message to update is not there or can't be edited any more
    CONTENT = auto()  #: Slack does not take this content
    REFUSED = auto()  #: no call of the app works until a person acts; its alerts are not at fault
    PERMANENT = auto()  #: no such call will work until a person changes something


@dataclass(frozen=True)
class Failure:
    """A failed call. ``after_s`` is how long Slack wants to be left alone, where it said so.

    ``is_limit`` tells that the call met a limit on how often its method may be called.
    """

    meaning: Meaning
    reason: str
    after_s: float | None = None
    is_limit: bool = False


#: Slack's error codes look like this; what slack-sdk puts there for an answer that is not JSON does
#: not.
_CODE = re.compile(r"[a-z0-9_]+")
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_CONTENT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"}
)
_AMBIGUOUS = frozenset({"fatal_error", "internal_error"})
#: The token, not the message: they work again when it is renewed.
_REFUSED = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
_RETRY = frozenset(
    {"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"}
)

#: What a person should do about the errors that stop everything.
_ADVICE = {
    "account_inactive": "the bot's user is deactivated; reinstall the app and set its new token",
    "channel_not_found": "the channel does not exist or the app can't see it; check its id",
    "invalid_auth": "Slack does not know the token; set the app's Bot User OAuth Token",
    "is_archived": "the channel is archived; unarchive it or configure another",
    "missing_scope": "the app lacks a scope: chat:write, and channels:history or groups:history",
    "not_authed": "no token was sent; set the app's Bot User OAuth Token",
    "not_in_channel": "invite the app to the channel",
    "token_expired": "the token has expired; set a new one",
    "token_revoked": "the token was revoked; reinstall the app and set its new token",
}


def call(request: Callable[[], Answer], clock: Clock) -> Answer | Failure:
    """What a call of slack-sdk answers, or why it failed."""
    try:
        return request()
    except Exception as error:  # noqa: BLE001 - slack-sdk lets urllib's, json's and its own errors
        # out, and AttributeError for JSON that is no object; each of them has a meaning
        return classify(error, clock.now())


def classify(error: Exception, now: datetime) -> Failure:
    """The meaning of whatever a call of slack-sdk raised."""
    if isinstance(error, SlackApiError):
        return _answered(error, now)
    if isinstance(error, URLError) and isinstance(
        error.reason, ConnectionRefusedError | socket.gaierror
    ):
        return Failure(Meaning.RETRY, f"can't reach Slack: {error.reason}")
    return Failure(Meaning.AMBIGUOUS, f"no answer: {type(error).__name__}: {error}")


def _answered(error: SlackApiError, now: datetime) -> Failure:
    response = error.response
    status, data = response.status_code, response.data
    code = data.get("error") if isinstance(data, dict) else None
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in ("ratelimited", "rate_limited"):
        after_s = retry_after_s(_header(response.headers, "Retry-After"), now)
        return Failure(Meaning.RETRY, "Slack limits the rate", after_s, is_limit=True)
    is_code = isinstance(code, str) and _CODE.fullmatch(code) is not None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not is_code or code in _AMBIGUOUS:
        return Failure(Meaning.AMBIGUOUS, f"HTTP {status}, {str(code)[:120]}")
    if code in _GONE:
        return Failure(Meaning.GONE, code)
    if code in _CONTENT:
        return Failure(Meaning.CONTENT, f"{code}{_details(data)}")
    if code in _RETRY:
        return Failure(Meaning.RETRY, code)
    advice = _ADVICE.get(str(code), "Slack refuses the call")
    meaning = Meaning.REFUSED if code in _REFUSED else Meaning.PERMANENT
    return Failure(meaning, f"{code}: {advice}")


def _header(headers: Mapping[str, str], name: str) -> str | None:
    for key, value in headers.items():
        if key.lower() == name.lower():
            return str(value)
    return None


def _details(data: Mapping[str, Any]) -> str:
    """What Slack says about the place of the fault: ``[ERROR] ... [json-pointer:/blocks/0]``."""
    match data:
        case {"response_metadata": {"messages": [str(first), *_]}}:
            return f" ({first[:200]})"
        case _:
            return ""
