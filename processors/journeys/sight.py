"""What sources could see: absence counts only where and while somebody was listening."""

from datetime import timedelta

from processors.journeys.cells import SourceSight
from wheelsdown.records.aircraft import Scope, Snapshot
from wheelsdown.records.record import Instant

#: Not heard for so long by a source that works: contact is lost. Receivers drop aircraft for
#: minutes in ordinary coverage; readsb itself forgets a position after 60 s.
LOST_AFTER = timedelta(minutes=15)
#: So many looks in a row say something about an aircraft or a source; one or two fail by chance.
LOOKS = 3
#: Producers tell of a source that fails at least this often (producers/flights/poller.py); when
#: it was not in order for longer, nobody listened.
LONGEST_UNTOLD = timedelta(minutes=5)
#: A source of which nothing was told for so long, and for so many looks, has been switched off or
#: renamed: it is forgotten, or it would hold up progress and seem to listen for ever.
GONE_AFTER = timedelta(hours=1)
GONE_LOOKS = 5


def lost_after(every_s: float | None) -> timedelta:
    """How long a source must not have shown an aircraft; ``every_s`` is how often it looks."""
    return max(LOST_AFTER, LOOKS * timedelta(seconds=every_s or 0.0))


def note(sources: dict[str, SourceSight], snapshot: Snapshot) -> dict[str, SourceSight]:
    """The sources' sight after a snapshot; an older one of the same source changes nothing.

    Only a source in order sees absence: degraded ones show some aircraft and not others. A look or
    two that fail are no break.
    """
    known = sources.get(snapshot.source)
    if known is not None and snapshot.observed_at <= known.last_at:
        return sources
    seeing_since = seen_at = None
    if known is not None and known.scope == snapshot.scope:
        seeing_since, seen_at = known.seeing_since, known.seen_at
    if snapshot.health == "ok":
        longest = _longest_untold(snapshot.every_s)
        if seeing_since is None or seen_at is None or snapshot.observed_at - seen_at > longest:
            seeing_since = snapshot.observed_at
        seen_at = snapshot.observed_at
    sight = SourceSight(
        last_at=snapshot.observed_at,
        health=snapshot.health,
        scope=snapshot.scope,
        seeing_since=seeing_since,
        seen_at=seen_at,
        every_s=snapshot.every_s,
    )
    noted = {**sources, snapshot.source: sight}
    newest = max(one.last_at for one in noted.values())
    return {name: one for name, one in noted.items() if newest - one.last_at <= _gone_after(one)}


def absent_since(
    sources: dict[str, SourceSight],
    icao24: str,
    latitude: float,
    longitude: float,
    heard_at: Instant,
) -> Instant | None:
    """Since when a source that would have shown the aircraft at that place has not shown it.

    None while no source has looked for long enough to tell. A source vouches for the time up to its
    own last look, and not for that of others.
    """
    since = []
    for one in sources.values():
        if one.seeing_since is None or one.seen_at is None:
            continue
        absent = max(one.seeing_since, heard_at)
        is_long = one.seen_at - absent >= lost_after(one.every_s)
        if is_long and covers(one.scope, icao24, latitude, longitude):
            since.append(absent)
    return min(since, default=None)


def covers(scope: Scope, icao24: str, latitude: float, longitude: float) -> bool:
    """Whether a poll of this scope would have held the aircraft at that place, if heard there.

    That a source is asked for the world does not mean that it has receivers everywhere.
    """
    if scope.kind == "list":
        return icao24 in scope.icao24s
    if scope.kind == "world" or scope.box is None:
        return True
    south, west, north, east = scope.box
    inside = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
    return south <= latitude <= north and inside


def read_up_to(sources: dict[str, SourceSight]) -> Instant:
    """The time up to which every source has been read; ``sources`` is not empty."""
    return min(sight.last_at for sight in sources.values())


def blind_since(sources: dict[str, SourceSight]) -> Instant | None:
    """Since when no source at all shows anything; None while one does."""
    if any(sight.health != "silent" for sight in sources.values()):
        return None
    return min(sight.last_at for sight in sources.values())


def _longest_untold(every_s: float | None) -> timedelta:
    if every_s is None:
        return LOST_AFTER
    return max(LONGEST_UNTOLD, LOOKS * timedelta(seconds=every_s))


def _gone_after(sight: SourceSight) -> timedelta:
    return max(GONE_AFTER, GONE_LOOKS * timedelta(seconds=sight.every_s or 0.0))
