"""Departures and arrivals, read off pairs of positions; in feet, knots, nautical miles and UTC.

Every movement says how sure it is and why. Being seen on the ground is ``observed``; having been
heard low beside an aerodrome is ``inferred``; what a gap in reception suggests is ``probable``
(radio_holes.py).
"""

from datetime import timedelta

from msgspec.structs import replace

from processors.journeys.beside import CLEAR_FPM, beside, place_of
from processors.journeys.cells import Fix
from processors.journeys.flight_times import (
    CRUISE_KT,
    NEAR_AERODROME_NM,
    flight_time,
    low_time,
    nm_to,
    time_to,
)
from processors.journeys.plausibility import ON_AERODROME_NM
from processors.journeys.sight import lost_after
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import distance_nm

#: No time that was not seen is known better.
LEAST_ERROR = timedelta(minutes=3)
#: Feeds set the ground bit late and take it back early: at 50 to 90 kt, 15 to 35 s from lift-off or
#: touchdown (ADS-B Exchange traces).
GROUND_BIT = timedelta(seconds=42)
#: Two positions this close in time bound a movement well enough to call it observed.
CLOSE = timedelta(minutes=10)
#: A go-around with its circuit takes no longer.
GO_AROUND = timedelta(minutes=15)
#: Who climbs out has not flown for longer than this before: circuits, a touch-and-go.
CIRCUITS = timedelta(minutes=30)
#: Why a movement is less sure.
UNFOLLOWED = "not heard on the way there"
WEAK = "by a position that others worked out (multilateration or TIS-B), which may be miles off"


def aerodrome_at(fix: Fix, aerodromes: Aerodromes) -> Aerodrome | None:
    """The aerodrome that an aircraft on the ground stands on."""
    found = aerodromes.nearest(fix.latitude, fix.longitude, ON_AERODROME_NM)
    return found[0] if found else None


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
    climbs_out = (
        air.vertical_rate_fpm is not None
        and air.vertical_rate_fpm >= CLEAR_FPM
        and nm_to(air, aerodrome) <= NEAR_AERODROME_NM
    )
    # Else this may be another flight: it left at some time since it was seen there.
    error = max((air.at - left) / 2, left - ground.at)
    if climbs_out:
        error = min(error, CIRCUITS)
    return Movement(
        kind="departure",
        place=place_of(aerodrome),
        at=left,
        error_min=_minutes(max(CLOSE, error)),
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
        certainty=found.certainty,
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
    # Addresses are used twice at times: when contact was lost, another one may stand there.
    followed = gap <= lost_after(ground.every_s)
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
        certainty=found.certainty,
        reasons=(*reasons, WEAK) if air.weak else reasons,
        alternatives=found.alternatives,
    )


def confirmed(claimed: Movement, ground: Fix) -> Movement:
    """A landing that was inferred, now that the aircraft is seen standing there.

    When it landed is known no better by that: it may have gone around unheard once more.
    """
    seen = f"seen on the ground there at {utc(ground.at)}"
    error_min = max(claimed.error_min, _minutes(GO_AROUND))
    reasons = (*claimed.reasons, seen)
    return replace(claimed, certainty="observed", error_min=error_min, reasons=reasons)


def is_unfollowed(arrival: Movement) -> bool:
    """Whether it was seen where it landed, but nobody heard it come."""
    return any(UNFOLLOWED in reason for reason in arrival.reasons)


def doubted(movement: Movement, because: str) -> Movement:
    """The same, less sure when there is a reason to doubt what was seen; else unchanged."""
    if not because or movement.certainty != "observed":
        return movement
    return replace(movement, certainty="inferred", reasons=(*movement.reasons, because))


def _how(air: Fix, aerodrome: Aerodrome) -> str:
    """Height and climb or descent as the feed gave them, for reasons."""
    words = ""
    if air.altitude_ft is not None:
        words = f", {max(0.0, air.altitude_ft - aerodrome.elevation_ft):,.0f} ft above it"
    rate = air.vertical_rate_fpm
    if rate is not None and abs(rate) >= CLEAR_FPM:
        words += f", {'climbing' if rate > 0 else 'descending'} {abs(rate):,.0f} ft a minute"
    return words
