"""When a feed is asked again, and where, after each kind of answer. Pure.

The operator's interval is the pace of a feed that works. ``Cache-Control: max-age``, ``Expires``,
``ttl`` and the like do not slow it: they say how long a copy may be shown, are left-overs of
templates more often than promises, and cost a newsroom the time it pays for. A server that wants
fewer requests says so with 429 or 503, which is obeyed; conditional requests keep the load small.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

#: Bounds on what a server may ask for with Retry-After.
LEAST_WAIT = timedelta(minutes=1)
MOST_WAIT = timedelta(hours=24)
#: A feed that fails is asked at least so often, unless its interval is longer.
CEILING = timedelta(hours=1)
#: A feed that is denied or not there is asked once a day in the end: it takes people to mend that.
DENIED_CEILING = timedelta(hours=24)
#: A permanent redirect is believed after so many answers in a row (some are mistakes, or made by
#: a hotel's network).
MOVES = 3
#: Polls of many feeds are spread by up to this part of their interval.
SPREAD = 0.1

FailureKind = Literal[
    "failing",  # no answer, a server's fault or no feed in the answer: likely to pass
    "denied",  # the server answers that this is not to be had: 401, 403, 404, ...
    "gone",  # 410: never to be had again
]


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about polling one feed; survives restarts.

    ``configured_url`` is the operator's address, ``url`` the one in use after permanent redirects.
    ``etag`` and ``last_modified`` are opaque. ``body_hash`` is that of the last body read whole.
    ``last_read`` is when the last successful request was sent: all that the feed held then is
    published. ``failing_since`` is when the first of the ``failures`` in a row was met.
    """

    configured_url: str
    url: str
    due: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str = ""
    last_read: datetime | None = None
    moved_to: str | None = None
    moves: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    failure: str = ""
    gone: bool = False


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A successful answer. Validators and hash are the new ones, or those that still hold.

    ``moved_to`` is where permanent redirects, and no others, led.
    """

    etag: str | None
    last_modified: str | None
    body_hash: str
    moved_to: str | None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An answer without news. ``reason`` is one word or status for logs and progress records."""

    kind: FailureKind
    reason: str
    message: str
    retry_after: timedelta | None = None


def resumed(state: FeedState | None, url: str, *, at: datetime, every: timedelta) -> FeedState:
    """The state to start with at ``at``, from what an earlier run remembered, if anything.

    A feed is due at once if it is new or its operator has changed its address; otherwise when it
    would have been due, or sooner if its interval has become shorter.
    """
    if state is None or state.configured_url != url:
        return FeedState(configured_url=url, url=url, due=at)
    # No later than that: a clock that was once ahead may not silence a feed for good.
    latest = at + (max(every, MOST_WAIT) if state.failures else every)
    return msgspec.structs.replace(state, due=min(state.due, latest))


def kind_of_status(status: int) -> FailureKind:
    """What a status other than 200 and 304 means for the schedule."""
    if status == 410:
        return "gone"
    # 408, 425 and 429 are the 4xx statuses that ask to try again.
    return "denied" if 400 <= status < 500 and status not in (408, 425, 429) else "failing"


def after_reading(
    state: FeedState, reading: Reading, *, at: datetime, every: timedelta, jitter: float
) -> FeedState:
    """The state after a successful request that was sent at ``at``; ``jitter`` is from 0 to 1."""
    moves = 0
    if reading.moved_to is not None:
        moves = state.moves + 1 if reading.moved_to == state.moved_to else 1
    believed = reading.moved_to if moves >= MOVES else None
    return msgspec.structs.replace(
        state,
        url=believed or state.url,
        due=at + every * (1 + SPREAD * jitter),
        etag=reading.etag,
        last_modified=reading.last_modified,
        body_hash=reading.body_hash,
        last_read=at,
        moved_to=None if believed else reading.moved_to,
        moves=0 if believed else moves,
        failures=0,
        failing_since=None,
        failure="",
    )


def after_failure(
    state: FeedState, failure: Failure, *, at: datetime, every: timedelta, jitter: float
) -> FeedState:
    """The state after a request without success; never due sooner than after a success.

    An address that a redirect led to is given up for the operator's own when it is denied, or fails
    as often as it took to believe in it: domains are lost and parked.
    """
    failures = state.failures + 1
    astray = state.url != state.configured_url and (failure.kind != "failing" or failures >= MOVES)
    doubled = every * 2 ** min(failures, 20)
    if failure.retry_after is not None:
        wait = min(max(failure.retry_after, LEAST_WAIT), MOST_WAIT)
    elif failure.kind == "failing":
        wait = min(doubled, CEILING) * jitter
    else:
        wait = min(doubled, DENIED_CEILING)
    return msgspec.structs.replace(
        state,
        url=state.configured_url if astray else state.url,
        # Validators mean nothing at another address.
        etag=None if astray else state.etag,
        last_modified=None if astray else state.last_modified,
        due=at + max(wait, every),
        failures=failures,
        failing_since=state.failing_since or at,
        failure=failure.reason,
        gone=failure.kind == "gone" and not astray,
    )
