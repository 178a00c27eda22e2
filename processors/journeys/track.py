"""The simplified track of a journey: for maps, bounded, with its gaps marked."""

from datetime import timedelta

from processors.journeys.cells import Fix
from processors.journeys.sight import lost_after
from wheelsdown.records.journeys import TrackPoint

#: A point in this time is enough to draw a flight across a continent.
POINT_EVERY = timedelta(minutes=20)
#: With more points than this every second one goes.
MOST_POINTS = 120


def extend(track: tuple[TrackPoint, ...], last: Fix | None, new: Fix) -> tuple[TrackPoint, ...]:
    """The track with ``new``, if it adds anything.

    Around a gap both ends are kept; so are take-off and landing.
    """
    gap = (
        last is not None
        and new.at - last.at > lost_after(new.every_s)
        and not (last.on_ground and new.on_ground)
    )
    turn = last is None or last.on_ground != new.on_ground
    too_soon = bool(track) and (new.on_ground or new.at - track[-1].at < POINT_EVERY)
    if too_soon and not gap and not turn:
        return track
    points = track
    if gap and last is not None and track and track[-1].at < last.at:
        points = (*points, _point(last, gap_before=False))
    points = (*points, _point(new, gap_before=gap))
    return points if len(points) <= MOST_POINTS else _thinned(points)


def up_to(track: tuple[TrackPoint, ...], last: Fix) -> tuple[TrackPoint, ...]:
    """The track with the last position before contact was lost; sampling may have left it out."""
    if track and track[-1].at >= last.at:
        return track
    points = (*track, _point(last, gap_before=False))
    return points if len(points) <= MOST_POINTS else _thinned(points)


def _point(fix: Fix, *, gap_before: bool) -> TrackPoint:
    return TrackPoint(
        at=fix.at,
        latitude=fix.latitude,
        longitude=fix.longitude,
        altitude_ft=fix.altitude_ft,
        gap_before=gap_before,
    )


def _thinned(points: tuple[TrackPoint, ...]) -> tuple[TrackPoint, ...]:
    """Every second point, but both ends of each gap and of the track.

    With so many gaps that this is not enough, every second one whatever it is.
    """
    kept = []
    for number, point in enumerate(points):
        at_end = number in (0, len(points) - 1)
        at_gap = point.gap_before or (number + 1 < len(points) and points[number + 1].gap_before)
        if at_end or at_gap or number % 2 == 0:
            kept.append(point)
    if len(kept) > MOST_POINTS:
        return (*points[:-1:2], points[-1])
    return tuple(kept)
