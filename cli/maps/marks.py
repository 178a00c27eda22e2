"""What is marked on a map of a journey, with the words beside it, and what is seen close up."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cli.maps.drawing import (
    Position,
    aerodrome_position,
    contact_lost,
    gap_at,
    position_of,
    spot_of,
    stays_of,
)
from cli.maps.projection import centre_of
from consumers.wording import about, margin, place_name, shorten, state_name
from wheelsdown.records.journeys import Journey, Movement, Place, Stop, TrackPoint
from wheelsdown.reference.geodesy import destination, distance_nm

#: What is seen close up has at least this much around it.
AROUND_NM = 150.0
#: Of a ranked list of destinations so many are marked.
MOST_CANDIDATES = 6
#: A name is cut after so many characters.
MOST_CHARACTERS = 48

Kind = Literal["home", "stay", "technical_stop", "lost", "regained", "candidate"]


class Mark(NamedTuple):
    """A sign on the map. ``sign`` is what stands in it: the number of a stay, a rank, ``?``.

    A stay is ``sure`` when it was seen, or all but seen; it is not when it was concluded.
    """

    kind: Kind
    position: Position
    lines: tuple[str, ...]
    sign: str = ""
    sure: bool = True


class CloseUp(NamedTuple):
    """A second map: ``shown`` has room on it."""

    shown: tuple[Position, ...]
    marks: tuple[Mark, ...]


def marks(journey: Journey) -> list[Mark]:
    """Those of the whole journey: its stops, its home, and where it was heard last or first.

    Where it may have gone is marked without words, which are on the close-up.
    """
    candidates = (one._replace(lines=()) for one in candidates_of(journey))
    return [*candidates, *_of_the_journey(journey)]


def _of_the_journey(journey: Journey) -> list[Mark]:
    found = [*_stops(journey), *_ends(journey), *_contacts(journey)]
    together: dict[Position, Mark] = {}
    for mark in found:
        known = together.get(mark.position)
        together[mark.position] = mark if known is None else _joined(known, mark)
    return list(together.values())


def close_up(journey: Journey) -> CloseUp | None:
    """What deserves a look from nearby: where contact was lost, or the gap of the only stay."""
    candidates = candidates_of(journey)
    if candidates and journey.track:
        places = [position_of(journey.track[-1]), *(one.position for one in candidates)]
        return CloseUp(_around(places), (*candidates, *_of_the_journey(journey)))
    stays = stays_of(journey)
    if len(stays) != 1:
        return None
    stay = stays[0]
    spot = spot_of(journey, stay.place, stay.arrived)
    lost, regained = _gap_of(journey.track, stay)
    if spot is None or (lost is None and regained is None):
        return None
    contacts = []
    if lost is not None:
        contacts.append(Mark("lost", position_of(lost), ("last heard", *_contact(lost))))
    if regained is not None:
        said = ("heard again", *_contact(regained))
        contacts.append(Mark("regained", position_of(regained), said))
    there = _mark_of(stay, spot.position, _in_full(journey, stay), "" if spot.exact else "?")
    others = [one for one in _of_the_journey(journey) if one.position != spot.position]
    shown = _around([spot.position, *(one.position for one in contacts)])
    return CloseUp(shown, (*others, *contacts, there))


def candidates_of(journey: Journey) -> list[Mark]:
    """Where an aircraft may have gone that was lost, as far as it is on a map, best first."""
    return [
        Mark("candidate", position, (f"{rank} {_name(place)}",))
        for rank, place in ranked(journey)[:MOST_CANDIDATES]
        if (position := aerodrome_position(place)) is not None
    ]


def ranked(journey: Journey) -> list[tuple[int, Place]]:
    """The destinations that are thought of since contact was lost, with their ranks."""
    lost = contact_lost(journey)
    if lost is None or lost.place == Place():
        return []
    return list(enumerate((lost.place, *lost.alternatives), start=1))


def _stops(journey: Journey) -> Iterator[Mark]:
    several = len(stays_of(journey)) > 1
    number = 0
    for stop in journey.stays:
        number += stop.kind == "stay"
        spot = spot_of(journey, stop.place, stop.arrived)
        if spot is None:
            continue
        sign = str(number) if several and stop.kind == "stay" else ""
        lines = _in_brief(journey, stop)
        yield _mark_of(stop, spot.position, lines, sign if spot.exact else f"{sign}?")


def _mark_of(stop: Stop, position: Position, lines: tuple[str, ...], sign: str) -> Mark:
    sure = stop.certainty in ("observed", "inferred") and "?" not in sign
    return Mark(stop.kind, position, lines, sign, sure)


def _ends(journey: Journey) -> Iterator[Mark]:
    """Where the journey began and, when it is over, ended."""
    if not journey.legs:
        return
    first, last = journey.legs[0].departure, journey.legs[-1].arrival
    if first.certainty != "unknown":
        yield from _end(journey, first, "left")
    over = journey.status == "completed"
    if over and last is not None and last.certainty != "unknown":
        yield from _end(journey, last, "back")


def _end(journey: Journey, movement: Movement, verb: str) -> Iterator[Mark]:
    spot = spot_of(journey, movement.place, movement.at)
    if spot is None:
        return
    name = _name(movement.place)
    home = journey.aircraft.operator_state
    name = f"{name}, home" if home is not None and movement.place.state == home else name
    doubt = "" if movement.certainty in ("observed", "inferred") else "probably "
    yield Mark(
        "home",
        spot.position,
        (name, f"{doubt}{verb} {_moment(movement.at)}"),
        "" if spot.exact else "?",
        spot.exact,
    )


def _contacts(journey: Journey) -> Iterator[Mark]:
    """Where it was heard first, if nothing is known from before, and last, if it has not landed."""
    track = journey.track
    if not track or not journey.legs:
        return
    landed = journey.legs[0].arrival
    came_from_nowhere = journey.legs[0].departure.certainty == "unknown"
    if came_from_nowhere and (landed is None or track[0].at < landed.at):
        words = "heard once" if len(track) == 1 else "first heard"
        yield Mark("regained", position_of(track[0]), (words, *_contact(track[0])))
        if len(track) == 1:
            return
    if journey.legs[-1].arrival is None:
        yield Mark("lost", position_of(track[-1]), ("last heard", *_contact(track[-1])))


def _joined(one: Mark, other: Mark) -> Mark:
    """Two marks of one place, the more important first: its name once, then all that happened."""
    said = [line for line in other.lines if line not in one.lines]
    said = said[1:] if said and said[0] == other.lines[0] and one.kind != "lost" else said
    signs = [sign for sign in (one.sign, other.sign) if sign]
    return Mark(
        one.kind,
        one.position,
        (*one.lines, *said),
        ",".join(dict.fromkeys(signs)),
        one.sure and other.sure,
    )


def _in_brief(journey: Journey, stop: Stop) -> tuple[str, ...]:
    """The stop in a few short lines."""
    name = _name(stop.place)
    if stop.kind == "technical_stop":
        length = _length(stop)
        said = ", ".join(filter(None, (_moment(stop.arrived), length, _certainty(stop))))
        return f"{name}, technical stop", said
    if stop.left is None:
        last = stop == journey.stays[-1] and journey.status == "staying"
        when = f"since {_moment(stop.arrived)}" if last else f"{_moment(stop.arrived)} to ?"
        return name, f"{when}, {stop.certainty}"
    same_day = stop.arrived.date() == stop.left.date()
    left = f"{stop.left:%H:%M}" if same_day else _moment(stop.left)
    when = f"{_moment(stop.arrived)} to {left}"
    return name, when, ", ".join(filter(None, (_length(stop), stop.certainty)))


def _in_full(journey: Journey, stay: Stop) -> tuple[str, ...]:
    """The stay with both movements and their errors."""
    said = []
    for one in _movements_of(journey, stay):
        doubt = "probably " if one.certainty in ("probable", "unknown") else ""
        verb = "left" if one.kind == "departure" else "arrived"
        said.append(f"{doubt}{verb} {_moment(one.at)}{margin(one.error_min)}")
    return _name(stay.place), *said, *filter(None, (_length(stay),))


def _movements_of(journey: Journey, stay: Stop) -> Iterator[Movement]:
    for leg in journey.legs:
        if leg.arrival is not None and leg.arrival.at == stay.arrived:
            yield leg.arrival
        if leg.departure.at == stay.left:
            yield leg.departure


def _name(place: Place) -> str:
    if place.aerodrome is None and place.state is not None:
        return f"somewhere in {state_name(place.state)}"
    return shorten(place_name(place), MOST_CHARACTERS)


def _length(stop: Stop) -> str:
    if stop.length_h is None:
        return ""
    return about(timedelta(hours=stop.length_h), (stop.error_h or 0.0) * 60)


def _certainty(stop: Stop) -> str:
    return "" if stop.certainty == "observed" else stop.certainty


def _gap_of(track: Sequence[TrackPoint], stay: Stop) -> tuple[TrackPoint | None, TrackPoint | None]:
    """Where it was heard last before the stay and first after it, if it was lost there."""
    arrived = gap_at(track, stay.arrived)
    left = gap_at(track, stay.left) if stay.left is not None else None
    lost = arrived[0] if arrived is not None else None
    if lost is None and track and track[-1].at < stay.arrived:
        lost = track[-1]
    return lost, left[1] if left is not None else None


def _around(positions: Sequence[Position]) -> tuple[Position, ...]:
    """Points on a circle that holds all of them, with room for words."""
    centre = centre_of(positions)
    farthest = max(distance_nm(*centre, *one) for one in positions)
    return tuple(
        destination(*centre, bearing, max(AROUND_NM, 1.3 * farthest))
        for bearing in (0.0, 90.0, 180.0, 270.0)
    )


def _contact(point: TrackPoint) -> tuple[str, ...]:
    height = (f"{point.altitude_ft:,.0f} ft",) if point.altitude_ft is not None else ()
    return (_moment(point.at), *height)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC).day} {at.astimezone(UTC):%b %H:%M}"
