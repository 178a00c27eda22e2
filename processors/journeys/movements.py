"""Departures and arrivals, read off pairs of positions; in feet, knots, nautical miles and UTC.

Every movement says how sure it is and why. Being seen on the ground is ``observed``; having been
heard low beside an aerodrome is ``inferred``; what a gap in reception suggests is ``probable``
(radio_holes.py).
"""

from datetime import timedelta

from msgspec.structs import replace

from processors.journeys.cells import Fix
from processors.journeys.plausibility import ON_AERODROME_NM
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import distance_nm

#: How far from an aerodrome, and how high above it, an aircraft is on its way in or out: the
#: usual ends of reception, within the last (or first) ten minutes of a flight.
NEAR_AERODROME_NM = 30.0
LOW_FT = 10_000
#: As low as this above an aerodrome an aircraft is in its traffic: the last ten miles of a 3 degree
#: approach. Higher up it may pass by, unless it clearly descends or climbs.
IN_TRAFFIC_FT = 3_000
#: Clearly: a 3 degree slope at 60 kt; level flight in turbulence and rounding stay below it.
CLEAR_FPM = 300
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
    aerodrome = climbing_from(air, aerodromes, main)
    if aerodrome is None:
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
        reasons=(f"first heard {_nm_to(air, aerodrome):.0f} nm from there{_how(air, aerodrome)}",),
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
    """The arrival of an aircraft that was last heard coming down to an aerodrome, else None."""
    aerodrome = aerodrome_by(air, aerodromes, main)
    if aerodrome is None or not _is_bound(air, aerodrome, -1):
        return None
    nm = _nm_to(air, aerodrome)
    return Movement(
        kind="arrival",
        place=place_of(aerodrome),
        at=air.at + flight_time(nm, cruise_speed_kt(air)),
        error_min=_minutes(CLOSE),
        certainty="inferred",
        reasons=(f"last heard {nm:.0f} nm from there{_how(air, aerodrome)}",),
    )


def doubted(movement: Movement, because: str) -> Movement:
    """The same, less sure when there is a reason to doubt what was seen; else unchanged."""
    if not because or movement.certainty != "observed":
        return movement
    return replace(movement, certainty="inferred", reasons=(*movement.reasons, because))


def climbing_from(air: Fix, aerodromes: Aerodromes, main: frozenset[str]) -> Aerodrome | None:
    """The aerodrome that an aircraft which is first heard in the air comes from, if it shows."""
    aerodrome = aerodrome_by(air, aerodromes, main)
    return aerodrome if aerodrome is not None and _is_bound(air, aerodrome, 1) else None


def _is_bound(air: Fix, aerodrome: Aerodrome, up: int) -> bool:
    """Whether it climbs out (``up`` 1) or comes down (-1): clearly, or low and not the other way.

    A rate that the feed does not give counts for neither.
    """
    rate = None if air.vertical_rate_fpm is None else up * air.vertical_rate_fpm
    if rate is not None and rate >= CLEAR_FPM:
        return True
    low = air.altitude_ft is not None and air.altitude_ft - aerodrome.elevation_ft <= IN_TRAFFIC_FT
    return low and (rate is None or rate > -CLEAR_FPM)


def _how(air: Fix, aerodrome: Aerodrome) -> str:
    """Height and climb or descent as the feed gave them, for reasons."""
    words = ""
    if air.altitude_ft is not None:
        words = f", {max(0.0, air.altitude_ft - aerodrome.elevation_ft):,.0f} ft above it"
    rate = air.vertical_rate_fpm
    if rate is not None and abs(rate) >= CLEAR_FPM:
        words += f", {'climbing' if rate > 0 else 'descending'} {abs(rate):,.0f} ft a minute"
    return words
