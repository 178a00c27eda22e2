"""Where the lines of a journey run on a map: what was heard, and what is drawn through gaps.

All from the journey's record. Positions are latitude and longitude in degrees.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from wheelsdown.records.journeys import Journey, Movement, Place, Stop, TrackPoint
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import between, distance_nm

#: A great circle is drawn through points this far apart.
STEP_NM = 60.0
#: What lies closer together than this is one place on a map.
SAME_NM = 1.0

Position = tuple[float, float]


class Stretch(NamedTuple):
    """A piece of the track; ``heard`` is False where it is drawn through a gap of reception."""

    positions: tuple[Position, ...]
    heard: bool
    returning: bool


class Spot(NamedTuple):
    """Where something happened; not ``exact`` where no more than the gap that it lies in is known.

    It then stands in the middle of the gap, which is no claim.
    """

    position: Position
    exact: bool


class _Node(NamedTuple):
    """A point that the line runs through, and whether it was heard on the way there."""

    at: datetime
    position: Position
    heard: bool


def stretches(journey: Journey) -> tuple[Stretch, ...]:
    """The track; a gap in which places are claimed is drawn by way of them."""
    turned = _turned_for_home(journey)
    return tuple(
        Stretch(arc(one.position, other.position), other.heard, other.at > turned)
        for one, other in itertools.pairwise(_nodes(journey))
        if distance_nm(*one.position, *other.position) > SAME_NM
    )


def spot_of(journey: Journey, place: Place, at: datetime) -> Spot | None:
    """Where a place is on the map that the aircraft was at, at that time; None without a clue."""
    position = aerodrome_position(place)
    if position is not None:
        return Spot(position, exact=True)
    track = journey.track
    if not track:
        return None
    gap = gap_at(track, at)
    if gap is not None:
        return Spot(between(*position_of(gap[0]), *position_of(gap[1]), 0.5), exact=False)
    nearest = min(track, key=lambda one: abs(one.at - at))
    return Spot(position_of(nearest), exact=track[0].at <= at <= track[-1].at)


def gap_at(track: Sequence[TrackPoint], at: datetime) -> tuple[TrackPoint, TrackPoint] | None:
    """The ends of the gap of reception that a time lies in."""
    for one, other in itertools.pairwise(track):
        if other.gap_before and one.at <= at <= other.at:
            return one, other
    return None


def stays_of(journey: Journey) -> list[Stop]:
    """Its stops without the technical ones."""
    return [stop for stop in journey.stays if stop.kind == "stay"]


def contact_lost(journey: Journey) -> Movement | None:
    """How contact was lost on a leg that is not over; None when it is over or was heard again."""
    if not journey.legs or journey.legs[-1].arrival is not None:
        return None
    contacts = [
        event
        for event in journey.legs[-1].events
        if event.kind in ("contact_lost", "contact_regained")
    ]
    return contacts[-1] if contacts and contacts[-1].kind == "contact_lost" else None


def arc(one: Position, other: Position) -> tuple[Position, ...]:
    """The great circle between two positions, as points that are close enough to draw."""
    steps = int(distance_nm(*one, *other) / STEP_NM) + 1
    return tuple(between(*one, *other, step / steps) for step in range(steps + 1))


def position_of(point: TrackPoint) -> Position:
    """A point of the track without its time."""
    return point.latitude, point.longitude


def aerodrome_position(place: Place) -> Position | None:
    """Where its aerodrome is; None when none is known."""
    aerodrome = load_aerodromes().get(place.aerodrome or "")
    return (aerodrome.latitude, aerodrome.longitude) if aerodrome is not None else None


def _nodes(journey: Journey) -> Iterator[_Node]:
    """The track, with the places of movements before it, after it and in its gaps."""
    track = journey.track
    claimed = sorted(_claimed(journey), key=lambda one: one.at)
    if not track:
        yield from claimed
        return
    yield from (one for one in claimed if one.at < track[0].at)
    yield _Node(track[0].at, position_of(track[0]), heard=False)
    for one, other in itertools.pairwise(track):
        inside = [place for place in claimed if one.at <= place.at <= other.at]
        if other.gap_before:
            yield from inside
        yield _Node(other.at, position_of(other), heard=not other.gap_before)
    yield from (one for one in claimed if one.at > track[-1].at)


def _claimed(journey: Journey) -> Iterator[_Node]:
    for leg in journey.legs:
        for movement in (leg.departure, leg.arrival):
            if movement is None or movement.certainty == "unknown":
                continue
            spot = spot_of(journey, movement.place, movement.at)
            if spot is not None:
                yield _Node(movement.at, spot.position, heard=False)


def _turned_for_home(journey: Journey) -> datetime:
    """When it left its last stay: what follows is the way back."""
    stays = stays_of(journey)
    if not stays or journey.status not in ("returning", "completed"):
        return datetime.max.replace(tzinfo=UTC)
    return stays[-1].left or journey.legs[-1].departure.at
