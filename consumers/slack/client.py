"""The client of Slack's Web API, set up so that it never sends anything twice by itself."""

import logging

from slack_sdk import WebClient

from consumers.slack.answers import Failure, Meaning, call
from wheelsdown.clock import Clock

SLACK_URL = "https://slack.com/api/"
#: Of each socket operation. Longer than Slack needs, short enough that the few calls of a delivery
#: end within the time that Kafka allows between polls.
TIMEOUT_S = 30


class SlackUnusableError(Exception):
    """Slack refuses the token; the message says what to do."""


def web_client(token: str, *, base_url: str = SLACK_URL, timeout_s: int = TIMEOUT_S) -> WebClient:
    """A client without slack-sdk's own retries, which repeat posts that Slack may have accepted.

    Its logger is silenced: the sender reports each outcome itself, and slack-sdk would log whole
    messages at DEBUG and every hiccup at ERROR.
    """
    quiet = logging.getLogger(f"{__name__}.wire")
    quiet.setLevel(logging.CRITICAL)
    return WebClient(token, base_url=base_url, timeout=timeout_s, retry_handlers=[], logger=quiet)


def identify(client: WebClient, clock: Clock) -> str | None:
    """Who the token says we are, for the log at the start; None when Slack can't be asked just now.

    Raises:
        SlackUnusableError: Slack knows that the token is no good.
    """
    answer = call(client.auth_test, clock)
    if isinstance(answer, Failure):
        if answer.meaning is Meaning.PERMANENT:
            raise SlackUnusableError(answer.reason)
        return None
    return f"{answer.get('user')} in {answer.get('team')}"
