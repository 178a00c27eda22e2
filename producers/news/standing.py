"""How far the news is read, over all feeds: what a progress record may say. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.news.schedule import FeedState

#: A feed that has failed for longer than so many of its intervals holds nobody up any more; from
#: then on the reader is called blind to it.
PATIENCE = 3
#: So many blind feeds are named; the rest is counted.
NAMED = 10


@dataclass(frozen=True)
class FeedStanding:
    """A feed with its interval and what is known about polling it."""

    name: str
    every: timedelta
    state: FeedState

    def is_blind(self, now: datetime) -> bool:
        """Whether it is given up for the time being."""
        since = self.state.failing_since
        return self.state.gone or (since is not None and now - since > PATIENCE * self.every)


@dataclass(frozen=True)
class Standing:
    """All that was published up to ``up_to`` is read, except by feeds named in ``blind_reason``."""

    up_to: datetime
    blind_since: datetime | None
    blind_reason: str


def standing(feeds: Iterable[FeedStanding], now: datetime) -> Standing | None:
    """How far all feeds are read; None while one of them has yet to be read for the first time.

    With no feed to wait for, reading has come as far as it can: to ``now``.
    """
    reads: list[datetime] = []
    blind: list[FeedStanding] = []
    for feed in feeds:
        if feed.is_blind(now):
            blind.append(feed)
        elif feed.state.last_read is None:
            return None
        else:
            reads.append(feed.state.last_read)
    return Standing(
        up_to=min([now, *reads]),  # a clock that was once ahead has left reads in the future
        blind_since=min((_last_sight(feed.state) for feed in blind), default=None),
        blind_reason=_reason(blind),
    )


def _last_sight(state: FeedState) -> datetime:
    sight = state.last_read or state.failing_since
    assert sight is not None  # a blind feed has failed
    return sight


def _reason(blind: list[FeedStanding]) -> str:
    named = [f"{feed.name} ({feed.state.failure})" for feed in blind[:NAMED]]
    more = [f"{len(blind) - NAMED} more"] if len(blind) > NAMED else []
    return ", ".join(named + more)
