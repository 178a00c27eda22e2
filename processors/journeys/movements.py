"""Departures and arrivals, read off pairs of positions; in feet, knots, nautical miles and UTC.

Every movement says how sure it is and why. Being seen on the ground is ``observed``; having been
heard low beside an aerodrome is ``inferred``; what a gap in reception suggests is ``probable``
(radio_holes.py).
"""

from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from processors.journeys.cells import Fix
from processors.journeys.plausibility import ON_AERODROME_NM
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import bearing_deg, distance_nm

#: How far from an aerodrome, and how high above it, an aircraft is on its way in or out: the
#: usual ends of reception, within the last (or first) ten minutes of a flight.
NEAR_AERODROME_NM = 30.0
LOW_FT = 10_000
#: As low as this above an aerodrome an aircraft is in its traffic: the last ten miles of a 3 degree
#: approach. Higher up it may pass by, unless it clearly descends or climbs.
IN_TRAFFIC_FT = 3_000
#: A degree off the track counts like this much distance, but not over the runway itself.
NM_A_DEGREE, STRAIGHT_IN_NM = 0.2, 2.0
#: Jets climb or descend no more than this in a nautical mile (3 degrees are 318 ft).
STEEPEST_FT_NM = 600.0
#: Others that cost no more than so many times the best fit as well; so many are named.
AS_WELL, MOST_OTHERS = 1.5, 3
#: The slowest approach of what governments fly (a turboprop's).
SLOWEST_APPROACH_KT = 110.0
#: No time that was not seen is known better.
LEAST_ERROR = timedelta(minutes=3)
#: Feeds set the ground bit late and take it back early: at 50 to 90 kt, 15 to 35 s from lift-off or
#: touchdown (ADS-B Exchange traces).
GROUND_BIT = timedelta(seconds=42)
#: Clearly: a 3 degree slope at 60 kt; level flight in turbulence and rounding stay below it.
CLEAR_FPM = 300
#: Two positions this close in time bound a movement well enough to call it observed.
CLOSE = timedelta(minutes=10)
#: Who was heard within this time, or this near, is the aircraft that stands there now. Addresses
#: are used twice at times, and another one may stand there.
FOLLOWED, FOLLOWED_NM = timedelta(minutes=45), 100.0
#: Ground speed of a jet in cruise where the feed gave none (Il-62M, B757, A330: 440-480 kt).
CRUISE_KT = 450.0
#: Below this a reported ground speed is that of a climb, an approach or a turboprop's hold, and
#: says nothing about the rest of the flight.
SLOWEST_CRUISE_KT = 200.0
#: Why a movement is less sure.
UNFOLLOWED = "not heard on the way there"
WEAK = "by a position that others worked out (multilateration or TIS-B), which may be miles off"
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


class Beside(NamedTuple):
    """An aerodrome that an aircraft is low beside, its distance, and others that fit about as well.

    ``cost_nm`` is what aerodromes are compared by: distance, and what speaks against them as such.
    """

    aerodrome: Aerodrome
    nm: float
    cost_nm: float
    others: tuple[Aerodrome, ...]

    @property
    def place(self) -> Place:
        """The aerodrome; only its state, and its city, where others fit as well."""
        if not self.others:
            return place_of(self.aerodrome)
        all_of_them = (self.aerodrome, *self.others)
        states = {one.state for one in all_of_them}
        cities = {one.city for one in all_of_them}
        return Place(
            state=self.aerodrome.state if len(states) == 1 else None,
            city=self.aerodrome.city if len(cities) == 1 else None,
        )

    @property
    def alternatives(self) -> tuple[Place, ...]:
        """All that fit, when there are several."""
        if not self.others:
            return ()
        return tuple(place_of(one) for one in (self.aerodrome, *self.others))


def beside(fix: Fix, aerodromes: Aerodromes, main: frozenset[str], up: int) -> Beside | None:
    """The aerodrome that an aircraft low in the air comes from (``up`` 1) or comes down to (-1).

    None when it is high or far, or clearly does the other. ``main`` are the indicators of
    aerodromes that governments use; they count as half as far, international ones as three
    quarters, and those without airlines as twice as far, because the table is full of strips and
    heliports that lie under their approaches.
    """
    ranked = ranked_beside(fix, aerodromes, main, up)
    if not ranked:
        return None
    (best, cost), nm = ranked[0], _nm_to(fix, ranked[0][0])
    others = [one for one, more in ranked[1:] if one.served and more <= cost * AS_WELL]
    return Beside(best, nm, cost, tuple(others[:MOST_OTHERS]))


def ranked_beside(
    fix: Fix, aerodromes: Aerodromes, main: frozenset[str], up: int
) -> list[tuple[Aerodrome, float]]:
    """All such aerodromes with what speaks against them, in nautical miles; the best first."""
    if fix.altitude_ft is None:
        return []
    found = []
    for one, nm in aerodromes.within(fix.latitude, fix.longitude, NEAR_AERODROME_NM):
        height = fix.altitude_ft - one.elevation_ft
        if height <= LOW_FT and _is_bound(fix, height, up):
            found.append((one, _cost_nm(fix, one, nm, up, main)))
    return sorted(found, key=lambda one: (one[1], one[0].icao))


def _cost_nm(fix: Fix, aerodrome: Aerodrome, nm: float, up: int, main: frozenset[str]) -> float:
    """The distance, with angle off the track and too steep a slope turned into distance."""
    assert fix.altitude_ft is not None
    cost = nm
    if fix.track_deg is not None and nm > STRAIGHT_IN_NM:
        towards = bearing_deg(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)
        ahead = towards if up < 0 else towards + 180
        cost += NM_A_DEGREE * abs((ahead - fix.track_deg + 180) % 360 - 180)
    steep_nm = max(0.0, fix.altitude_ft - aerodrome.elevation_ft) / STEEPEST_FT_NM
    cost += max(0.0, steep_nm - nm)
    return likelier(aerodrome, cost, main)


def likelier(aerodrome: Aerodrome, cost_nm: float, main: frozenset[str]) -> float:
    """What speaks against an aerodrome, less for those that large aircraft use."""
    if aerodrome.icao in main:
        return cost_nm / 2
    if aerodrome.is_international:
        return 0.75 * cost_nm
    return cost_nm if aerodrome.served else 2 * cost_nm


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
            error_min=_minutes(gap / 2 + GROUND_BIT),
            certainty="observed",
            reasons=("seen on the ground and then in the air",),
        )
    left = max(ground.at, air.at - time_to(air, aerodrome))
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
    found = beside(air, aerodromes, main, 1)
    if found is None:
        return Movement(
            kind="departure",
            place=Place(),
            at=air.at,
            error_min=0.0,
            certainty="unknown",
            reasons=(f"first heard in the air, at {utc(air.at)}",),
        )
    flown = low_time(air, found.aerodrome)
    reasons = (f"first heard {found.nm:.0f} nm from there{_how(air, found.aerodrome)}",)
    return Movement(
        kind="departure",
        place=found.place,
        at=air.at - flown,
        error_min=_minutes(flown + LEAST_ERROR),
        certainty="probable" if air.weak else "inferred",
        reasons=(*reasons, WEAK) if air.weak else reasons,
        alternatives=found.alternatives,
    )


def arrival_seen(air: Fix, ground: Fix, aerodromes: Aerodromes) -> Movement:
    """The arrival between a position in the air and the next one, on the ground."""
    aerodrome = aerodrome_at(ground, aerodromes)
    gap = ground.at - air.at
    if gap <= CLOSE:
        landed, error = air.at + gap / 2, gap / 2 + GROUND_BIT
    else:
        landed = min(ground.at, air.at + time_to(air, aerodrome))
        error = max(CLOSE, ground.at - landed)
    reasons = [f"seen on the ground there at {utc(ground.at)}"]
    followed = (
        gap <= FOLLOWED
        or distance_nm(air.latitude, air.longitude, ground.latitude, ground.longitude)
        <= FOLLOWED_NM
    )
    if not followed:
        reasons.append(f"{UNFOLLOWED} since {utc(air.at)}")
    return Movement(
        kind="arrival",
        place=place_of(aerodrome),
        at=landed,
        error_min=_minutes(error),
        certainty="observed" if followed else "inferred",
        reasons=tuple(reasons),
    )


def flown_unseen(last: Fix, back: Fix, aerodromes: Aerodromes) -> tuple[Movement, Movement]:
    """The flight between two positions on the ground of different aerodromes, not heard at all."""
    there = aerodrome_at(back, aerodromes)
    return unheard_flight(
        last, back, there, f"seen on the ground there at {utc(back.at)}", aerodromes
    )


def unheard_flight(
    last: Fix, back: Fix, there: Aerodrome | None, reason: str, aerodromes: Aerodromes
) -> tuple[Movement, Movement]:
    """The flight from a position on the ground to where the aircraft was by the time of ``back``.

    Both ends are known, ``there`` by ``reason``; of the times only that the flight fits between.
    """
    flown = flight_time(_nm_between(last, back), CRUISE_KT)
    spare = max(timedelta(0), back.at - last.at - flown)
    departure = Movement(
        kind="departure",
        place=place_of(aerodrome_at(last, aerodromes)),
        at=last.at + spare / 2,
        error_min=_minutes(max(CLOSE, spare / 2)),
        certainty="inferred",
        reasons=(f"seen on the ground there at {utc(last.at)}, and elsewhere at {utc(back.at)}",),
    )
    arrival = Movement(
        kind="arrival",
        place=place_of(there),
        at=back.at - spare / 2,
        error_min=_minutes(max(CLOSE, spare / 2)),
        certainty="inferred",
        reasons=(f"{reason}, {UNFOLLOWED} since {utc(last.at)}",),
    )
    return departure, arrival


def _nm_between(one: Fix, other: Fix) -> float:
    return distance_nm(one.latitude, one.longitude, other.latitude, other.longitude)


def arrival_after(air: Fix, aerodromes: Aerodromes, main: frozenset[str]) -> Movement | None:
    """The arrival of an aircraft that was last heard coming down to an aerodrome, else None."""
    found = beside(air, aerodromes, main, -1)
    if found is None:
        return None
    flown = low_time(air, found.aerodrome)
    reasons = (f"last heard {found.nm:.0f} nm from there{_how(air, found.aerodrome)}",)
    return Movement(
        kind="arrival",
        place=found.place,
        at=air.at + flown,
        error_min=_minutes(flown + LEAST_ERROR),
        certainty="probable" if air.weak else "inferred",
        reasons=(*reasons, WEAK) if air.weak else reasons,
        alternatives=found.alternatives,
    )


def time_to(air: Fix, aerodrome: Aerodrome | None) -> timedelta:
    """The time between that position in the air and the aerodrome, either way."""
    nm = _nm_to(air, aerodrome)
    is_low = aerodrome is not None and (
        air.altitude_ft is not None and air.altitude_ft - aerodrome.elevation_ft <= LOW_FT
    )
    if aerodrome is not None and is_low and nm <= NEAR_AERODROME_NM:
        return low_time(air, aerodrome)
    return flight_time(nm, cruise_speed_kt(air))


def low_time(air: Fix, aerodrome: Aerodrome) -> timedelta:
    """The time between that position, low beside an aerodrome, and the runway.

    Aircraft slow down, and change their height no faster than so.
    """
    speed = max(SLOWEST_APPROACH_KT, 0.75 * (air.ground_speed_kt or SLOWEST_CRUISE_KT))
    height = max(0.0, (air.altitude_ft or 0.0) - aerodrome.elevation_ft)
    return max(timedelta(hours=_nm_to(air, aerodrome) / speed), timedelta(minutes=height / 1_800))


def is_unfollowed(arrival: Movement) -> bool:
    """Whether it was seen where it landed, but nobody heard it come."""
    return any(UNFOLLOWED in reason for reason in arrival.reasons)


def doubted(movement: Movement, because: str) -> Movement:
    """The same, less sure when there is a reason to doubt what was seen; else unchanged."""
    if not because or movement.certainty != "observed":
        return movement
    return replace(movement, certainty="inferred", reasons=(*movement.reasons, because))


def _is_bound(air: Fix, height_ft: float, up: int) -> bool:
    """Whether it climbs out (``up`` 1), clearly, or comes down (-1), clearly or low and not up.

    Low and level it may be coming down in steps, or just passing by. A rate that the feed does not
    give counts for neither.
    """
    rate = None if air.vertical_rate_fpm is None else up * air.vertical_rate_fpm
    if rate is not None and (rate >= CLEAR_FPM or up > 0):
        return rate >= CLEAR_FPM
    return height_ft <= IN_TRAFFIC_FT and (rate is None or rate > -CLEAR_FPM)


def _how(air: Fix, aerodrome: Aerodrome) -> str:
    """Height and climb or descent as the feed gave them, for reasons."""
    words = ""
    if air.altitude_ft is not None:
        words = f", {max(0.0, air.altitude_ft - aerodrome.elevation_ft):,.0f} ft above it"
    rate = air.vertical_rate_fpm
    if rate is not None and abs(rate) >= CLEAR_FPM:
        words += f", {'climbing' if rate > 0 else 'descending'} {abs(rate):,.0f} ft a minute"
    return words
