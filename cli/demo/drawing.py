"""What a map of a journey shows, worked out from its records: lines, labels, what is in view."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from cli.demo.projection import centre_of
from consumers.wording import place_name
from wheelsdown.records.journeys import Journey, Movement, Stay, TrackPoint
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import between, destination, distance_nm

#: A great circle is drawn through points this far apart.
STEP_NM = 60.0
#: The map of the stay shows at least this much around it.
AROUND_NM = 150.0

Position = tuple[float, float]


class Stretch(NamedTuple):
    """A piece of the track; ``heard`` is False where it is drawn through a gap of reception."""

    positions: tuple[Position, ...]
    heard: bool
    returning: bool


class Label(NamedTuple):
    """Lines of text at a place, or where contact was lost or regained."""

    kind: Literal["place", "lost", "regained"]
    position: Position
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """The track, the place of the stay, and the ends of the gap in which it is claimed, if any."""

    stretches: tuple[Stretch, ...]
    place: Position
    lost: TrackPoint | None
    regained: TrackPoint | None

    def everywhere(self) -> list[Position]:
        """What the whole journey takes."""
        found = [position for one in self.stretches for position in one.positions]
        return [*found, self.place]

    def around_the_stay(self) -> list[Position]:
        """Points on a circle that holds the stay and both ends of the gap, with room for labels."""
        contacts = [_at(one) for one in (self.lost, self.regained) if one is not None]
        centre = centre_of([self.place, centre_of(contacts)]) if contacts else self.place
        farthest = max(distance_nm(*centre, *one) for one in (self.place, *contacts))
        return [
            destination(*centre, bearing, max(AROUND_NM, 1.3 * farthest))
            for bearing in (0.0, 90.0, 180.0, 270.0)
        ]


def drawing_of(journey: Journey, stay: Stay) -> Drawing:
    """The drawing of a journey and one of its stays.

    A gap in which a landing is claimed is drawn by way of the place that is claimed.
    """
    track = journey.track
    left = stay.departure.at if stay.departure else datetime.max.replace(tzinfo=UTC)
    place = _aerodrome(stay.arrival) or _nearest(track, stay.arrival.at)
    stretches: list[Stretch] = []
    lost = regained = None
    for one, other in itertools.pairwise(track):
        here, there = _at(one), _at(other)
        arrives = one.at < stay.arrival.at <= other.at
        leaves = one.at <= left < other.at
        if other.gap_before and (arrives or leaves):
            lost = one if arrives else lost
            regained = other if leaves else regained
            stretches += (
                Stretch(arc(here, place), heard=False, returning=not arrives),
                Stretch(arc(place, there), heard=False, returning=leaves),
            )
        else:
            heard = not other.gap_before
            stretches.append(Stretch(arc(here, there), heard=heard, returning=other.at > left))
    if stay.departure is None and not lost and track and track[-1].at < stay.arrival.at:
        lost = track[-1]
        stretches.append(Stretch(arc(_at(lost), place), heard=False, returning=False))
    return Drawing(tuple(stretches), place, lost, regained)


def arc(one: Position, other: Position) -> tuple[Position, ...]:
    """The great circle between two positions, as points that are close enough to draw."""
    steps = int(distance_nm(*one, *other) / STEP_NM) + 1
    return tuple(between(*one, *other, step / steps) for step in range(steps + 1))


def journey_labels(stay: Stay) -> list[Label]:
    """One label an aerodrome, with everything that happened there."""
    said: dict[Position, list[str]] = {}
    for movement in _movements(stay):
        position = _aerodrome(movement)
        if position is not None:
            lines = said.setdefault(position, [place_name(movement.place)])
            lines.append(_happened(movement))
    return [Label("place", position, tuple(lines)) for position, lines in said.items()]


def stay_labels(drawing: Drawing, stay: Stay) -> Iterator[Label]:
    """The place of the stay, and where contact was lost and regained."""
    happened = [_happened(one) for one in (stay.arrival, stay.departure) if one is not None]
    yield Label("place", drawing.place, (place_name(stay.arrival.place), *happened))
    if drawing.lost is not None:
        yield Label("lost", _at(drawing.lost), ("last heard", *_contact(drawing.lost)))
    if drawing.regained is not None:
        yield Label("regained", _at(drawing.regained), ("heard again", *_contact(drawing.regained)))


def _movements(stay: Stay) -> list[Movement]:
    found = (stay.origin, stay.arrival, stay.departure, stay.returned)
    return [one for one in found if one is not None]


def _contact(point: TrackPoint) -> list[str]:
    height = [f"{point.altitude_ft:,.0f} ft"] if point.altitude_ft is not None else []
    return [_moment(point.at), *height]


def _happened(movement: Movement) -> str:
    verb = "left" if movement.kind == "departure" else "arrived"
    how = {"probable": "probably ", "unknown": "perhaps "}.get(movement.certainty, "")
    return f"{how}{verb} {_moment(movement.at)}"


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %H:%M}"


def _at(point: TrackPoint) -> Position:
    return point.latitude, point.longitude


def _aerodrome(movement: Movement) -> Position | None:
    aerodrome = load_aerodromes().get(movement.place.aerodrome or "")
    return (aerodrome.latitude, aerodrome.longitude) if aerodrome is not None else None


def _nearest(track: Sequence[TrackPoint], at: datetime) -> Position:
    """Where it was heard closest to a time: all that is known of a place without a name."""
    return _at(min(track, key=lambda one: abs(one.at - at)))
