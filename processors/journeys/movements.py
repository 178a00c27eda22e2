"""Departures and arrivals, read off pairs of positions; in feet, knots, nautical miles and UTC.

Every movement says how sure it is and why. Being seen on the ground is ``observed``; having been
heard low beside an aerodrome is ``inferred``; what a gap in reception suggests is ``probable``
(radio_holes.py).
"""

from datetime import timedelta

from processors.journeys.cells import Fix
from processors.journeys.plausibility import distance_between
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import distance_nm

#: An aircraft on the ground is at an aerodrome when its reference point is this near: the largest
#: aerodromes are 4-5 nm across and surface positions can be a mile off.
ON_AERODROME_NM = 6.0
#: How far from an aerodrome, and how high above it, an aircraft is on its way in or out: the
#: usual ends of reception, within the last (or first) ten minutes of a flight.
NEAR_AERODROME_NM = 30.0
LOW_FT = 10_000
#: Two positions this close in time bound a movement well enough to call it observed.
CLOSE = timedelta(minutes=10)
#: Ground speed of a jet in cruise where the feed gave none (Il-62M, B757, A330: 440-480 kt).
CRUISE_KT = 450.0
#: Below this a reported ground speed is that of a climb, an approach or a turboprop's hold, and
#: says nothing about the rest of the flight.
SLOWEST_CRUISE_KT = 200.0
#: Climbing out or coming down takes this much longer than cruising the same distance.
TERMINAL_TIME = timedelta(minutes=5)


def cruise_speed_kt(fix: Fix) -> float:
    """The speed to reckon with beyond ``fix``."""
    speed = fix.ground_speed_kt
    return speed if speed is not None and speed >= SLOWEST_CRUISE_KT else CRUISE_KT


def flight_time(nm: float, speed_kt: float) -> timedelta:
    """The time that ``nm`` take at ``speed_kt``, with one climb or descent."""
    return timedelta(hours=nm / speed_kt) + TERMINAL_TIME


def place_of(aerodrome: Aerodrome | None) -> Place:
    """The place that an aerodrome is; an unknown place for None."""
    if aerodrome is None:
        return Place()
    return Place(
        state=aerodrome.state, aerodrome=aerodrome.icao, name=aerodrome.name, city=aerodrome.city
    )


def aerodrome_at(fix: Fix, aerodromes: Aerodromes) -> Aerodrome | None:
    """The aerodrome that an aircraft on the ground stands on."""
    found = aerodromes.nearest(fix.latitude, fix.longitude, ON_AERODROME_NM)
    return found[0] if found else None


def aerodrome_by(fix: Fix, aerodromes: Aerodromes, main: frozenset[str]) -> Aerodrome | None:
    """The aerodrome that an aircraft in the air is low beside; None when it is high or far.

    ``main`` are the indicators of aerodromes that governments use; they count as half as far,
    because the table is full of strips and heliports that lie under their approaches.
    """
    if fix.altitude_ft is None:
        return None
    near = aerodromes.within(fix.latitude, fix.longitude, NEAR_AERODROME_NM)
    ranked = sorted(near, key=lambda found: found[1] / (2 if found[0].icao in main else 1))
    if not ranked or fix.altitude_ft - ranked[0][0].elevation_ft > LOW_FT:
        return None
    return ranked[0][0]


def _nm_to(fix: Fix, aerodrome: Aerodrome | None) -> float:
    if aerodrome is None:
        return 0.0
    return distance_nm(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)


def utc(moment: Instant) -> str:
    """A time as reasons give it: ``31 Jul 14:05 UTC``."""
    return f"{moment:%d %b %H:%M} UTC".lstrip("0")


def departure_seen(ground: Fix, air: Fix, aerodromes: Aerodromes) -> Movement:
    """The departure between a position on the ground and the next one, in the air."""
    aerodrome = aerodrome_at(ground, aerodromes)
    gap = air.at - ground.at
    if gap <= CLOSE:
        return Movement(
            kind="departure",
            place=place_of(aerodrome),
            at=ground.at + gap / 2,
            error_min=_minutes(gap / 2),
            certainty="observed",
            reasons=("seen on the ground and then in the air",),
        )
    left = max(ground.at, air.at - flight_time(_nm_to(air, aerodrome), cruise_speed_kt(air)))
    return Movement(
        kind="departure",
        place=place_of(aerodrome),
        at=left,
        error_min=_minutes(max(CLOSE, (air.at - left) / 2)),
        certainty="inferred",
        reasons=(
            f"seen on the ground there at {utc(ground.at)}, next heard in the air at {utc(air.at)}",
        ),
    )


def departure_before(air: Fix, aerodromes: Aerodromes, main: frozenset[str]) -> Movement:
    """The departure of an aircraft that is first heard in the air."""
    aerodrome = aerodrome_by(air, aerodromes, main)
    climbing = air.vertical_rate_fpm is not None and air.vertical_rate_fpm > 0
    if aerodrome is None or not climbing:
        return Movement(
            kind="departure",
            place=Place(),
            at=air.at,
            error_min=0.0,
            certainty="unknown",
            reasons=(f"first heard in the air, at {utc(air.at)}",),
        )
    flown = flight_time(_nm_to(air, aerodrome), cruise_speed_kt(air))
    return Movement(
        kind="departure",
        place=place_of(aerodrome),
        at=air.at - flown,
        error_min=_minutes(CLOSE),
        certainty="inferred",
        reasons=(f"first heard climbing {_nm_to(air, aerodrome):.0f} nm from there",),
    )


def arrival_seen(air: Fix, ground: Fix, aerodromes: Aerodromes) -> Movement:
    """The arrival between a position in the air and the next one, on the ground."""
    aerodrome = aerodrome_at(ground, aerodromes)
    gap = ground.at - air.at
    if gap <= CLOSE:
        landed, error = air.at + gap / 2, gap / 2
    else:
        landed = min(ground.at, air.at + flight_time(_nm_to(air, aerodrome), cruise_speed_kt(air)))
        error = max(CLOSE, (ground.at - landed) / 2)
    return Movement(
        kind="arrival",
        place=place_of(aerodrome),
        at=landed,
        error_min=_minutes(error),
        certainty="observed",
        reasons=(f"seen on the ground there at {utc(ground.at)}",),
    )


def arrival_after(air: Fix, aerodromes: Aerodromes, main: frozenset[str]) -> Movement | None:
    """The arrival of an aircraft that was last heard low beside an aerodrome; None otherwise."""
    aerodrome = aerodrome_by(air, aerodromes, main)
    climbing = air.vertical_rate_fpm is not None and air.vertical_rate_fpm > 0
    if aerodrome is None or climbing:
        return None
    nm = _nm_to(air, aerodrome)
    return Movement(
        kind="arrival",
        place=place_of(aerodrome),
        at=air.at + flight_time(nm, cruise_speed_kt(air)),
        error_min=_minutes(CLOSE),
        certainty="inferred",
        reasons=(f"last heard {nm:.0f} nm from there at {air.altitude_ft:,.0f} ft, coming down",),
    )


def is_moved(one: Fix, other: Fix) -> bool:
    """Whether two positions on the ground can't be on one aerodrome."""
    return distance_between(one, other) > 2 * ON_AERODROME_NM
