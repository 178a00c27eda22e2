"""The client of Slack's Web API, set up so that it never sends anything twice by itself."""

import logging
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from consumers.outcome import Lane
from consumers.slack.answers import Failure, Meaning, call
from consumers.slack.limits import Limits
from wheelsdown.clock import Clock
from wheelsdown.daemon import metrics

SLACK_URL = "https://slack.com/api/"
#: Of each socket operation. Longer than Slack needs, short enough that the few calls of a delivery
#: end within the time that Kafka allows between polls.
TIMEOUT_S = 30


class SlackUnusableError(Exception):
    """Slack refuses the token or the channel; the message says what to do."""


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
        if answer.meaning in (Meaning.REFUSED, Meaning.PERMANENT):
            raise SlackUnusableError(answer.reason)
        return None
    return f"{answer.get('user')} in {answer.get('team')}"


def check_channel(client: WebClient, channel: str, clock: Clock) -> None:
    """Look into the channel, so that a wrong one is told at the start and not by the first alert.

    Raises:
        SlackUnusableError: Slack does not let us read it, which looking for posts needs as well.
    """
    answer = call(lambda: client.conversations_history(channel=channel, limit=1), clock)
    if isinstance(answer, Failure) and answer.meaning in (Meaning.REFUSED, Meaning.PERMANENT):
        raise SlackUnusableError(f"slack.channel {channel}: {answer.reason}")


class Calls:
    """Makes the calls: counts them, keeps Slack's limits, and knows whether the last one worked.

    Safe to use from several threads. ``trouble`` says in words why the last call failed.
    """

    def __init__(self, clock: Clock, elapsed_s: Callable[[], float]) -> None:
        """``elapsed_s`` is the time of the limits in seconds."""
        self.trouble: str | None = None
        self.limits = Limits(elapsed_s)
        self._clock = clock

    def make(self, lane: Lane, request: Callable[[], SlackResponse]) -> SlackResponse | Failure:
        """One call. A limit that it meets is obeyed by all that follow."""
        self.limits.spend(lane)
        answer = call(request, self._clock)
        if not isinstance(answer, Failure):
            self.trouble = None
            metrics.SLACK_CALLS.labels(lane.method, "ok").inc()
            return answer
        self.trouble = f"Slack: {answer.reason}"
        metrics.SLACK_CALLS.labels(lane.method, answer.meaning.name.lower()).inc()
        if answer.is_limit:
            self.limits.freeze(lane, answer.after_s or 0.0)
        return answer
