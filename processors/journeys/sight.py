"""What sources could see: absence counts only where and while somebody was listening."""

from processors.journeys.cells import SourceSight
from wheelsdown.records.aircraft import Scope, Snapshot
from wheelsdown.records.record import Instant


def note(sources: dict[str, SourceSight], snapshot: Snapshot) -> dict[str, SourceSight]:
    """The sources' sight after a snapshot; an older one of the same source changes nothing."""
    known = sources.get(snapshot.source)
    if known is not None and snapshot.observed_at <= known.last_at:
        return sources
    seeing_since = known.seeing_since if known is not None else None
    if snapshot.health == "silent":
        seeing_since = None
    elif seeing_since is None:
        seeing_since = snapshot.observed_at
    sight = SourceSight(
        last_at=snapshot.observed_at,
        health=snapshot.health,
        scope=snapshot.scope,
        seeing_since=seeing_since,
    )
    return {**sources, snapshot.source: sight}


def seeing_since(
    sources: dict[str, SourceSight], icao24: str, latitude: float, longitude: float
) -> Instant | None:
    """Since when some working source would have shown the aircraft at that place; None if none."""
    return min(
        (
            sight.seeing_since
            for sight in sources.values()
            if sight.seeing_since is not None and covers(sight.scope, icao24, latitude, longitude)
        ),
        default=None,
    )


def covers(scope: Scope, icao24: str, latitude: float, longitude: float) -> bool:
    """Whether a poll of this scope would have held the aircraft at that place."""
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
