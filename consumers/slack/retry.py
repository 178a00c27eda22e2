"""When to try again: Slack's own wish, or a growing wait; and when to give up."""

from datetime import datetime, timedelta
from itertools import islice

from wheelsdown.daemon.backoff import Backoff, Jitter, retry_after

#: For a revision that Slack does not take: an outage of a few hours is waited out.
DELIVERY_BACKOFF = Backoff(first_s=1.0, longest_s=300.0, tries=200, within_s=6 * 3600.0)

#: Taken when a 429 says nothing usable. Slack's own answers to chat.postMessage are mostly 1.
DEFAULT_RETRY_AFTER_S = 5.0
#: Slack has been seen to ask for minutes; a longer wish is taken for rubbish and cut to this.
MAX_RETRY_AFTER_S = 3600.0


def wait_s(
    backoff: Backoff, jitter: Jitter, *, tries: int, since: datetime, now: datetime
) -> float | None:
    """Seconds before the try that follows so many (1 or more); None when there is to be none."""
    if now - since >= timedelta(seconds=backoff.within_s):
        return None
    return next(islice(backoff.waits(jitter), tries - 1, None), None)


def retry_after_s(header: str | None, now: datetime) -> float:
    """Seconds to wait by a Retry-After header, clamped.

    slack-sdk's own reading raises ValueError on decimals and on an empty value.
    """
    wish = retry_after(header, now)
    if wish is None:
        return DEFAULT_RETRY_AFTER_S
    return min(wish.total_seconds(), MAX_RETRY_AFTER_S)
