"""Stops that a gap in reception hides: where an aircraft was, by both ends of the gap."""

from collections.abc import Sequence
from datetime import timedelta
from math import exp

from msgspec.structs import replace

from processors.journeys import destinations
from processors.journeys.atlas import FAR_NM, Atlas, Weighted
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.destinations import Destination, by_state
from processors.journeys.flight_times import cruise_speed_kt, flight_time
from processors.journeys.movements import utc
from processors.journeys.plausibility import distance_between
from processors.journeys.radio_holes import is_claimable_at
from processors.journeys.reception import Ears
from processors.journeys.wording import (
    error_of,
    height_of,
    leading,
    minutes_of,
    name_of,
    places_of,
    shares_of,
)
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import angle_deg, bearing_deg, distance_nm

#: Of all that fits both ends of a gap a state must have this share before a stop there is told.
EXPLAIN_SHARE = 0.7
#: No aircraft stays up longer without refuelling in the air: the longest flights of airliners
#: take 19 hours (Singapore - New York), the A350-900ULR that flies them is built for 20.
ENDURANCE = timedelta(hours=20)
#: Nobody unloads a delegation in less; shorter gaps are turn-backs, holdings and detours.
SHORTEST_STAY = timedelta(minutes=20)
#: At this share of cruise speed over the straight line there was no time to land on the way.
FLOWN_THROUGH = 0.6
#: Beyond this angle off the track a place does not lie ahead, or behind.
AHEAD_DEG = 40.0
#: How much speaks for having flown about without landing (patrols do, for hours), as a score
#: beside those of places, and how fast that fades.
ALOFT, ALOFT_FADES = 0.02, timedelta(hours=6)
#: A place that was claimed stays the best guess against others that fit about as well.
CLAIMED = 3.0
#: And it is left by another way so often.
TURNED = 0.3
#: How far an aircraft flies on unheard from a stop (a mean).
HIDDEN_NM = 800.0


def stop_in_the_hole(
    cell: AircraftCell, back: Fix, *, atlas: Atlas, aerodromes: Aerodromes, ears: Ears
) -> tuple[Movement, ...]:
    """Arrival and departure at a place ahead of where it was lost, if it has come back from there.

    Coming back means: it is heard again on its way from there, and the gap is too long for the
    flight there and back and too long for having flown straight on. A place that was claimed
    stays the best guess against others; across its way back, the aircraft may have turned before
    anybody listened. Beyond endurance the gap says only that it has been on the ground somewhere.
    """
    last = cell.fix
    gap = back.at - last.at
    landed = gap > ENDURANCE
    straight_on = FLOWN_THROUGH * cruise_speed_kt(last) * _hours(gap)
    if last.track_deg is None or (not landed and distance_between(last, back) >= straight_on):
        return ()
    origin = destinations.origin_of(cell, aerodromes)
    judged = []
    # Half of the way that the gap allows for, out and back, less the shortest stay.
    reach = cruise_speed_kt(last) * _hours(gap) / 2 + distance_between(last, back) / 2
    for one, nm in atlas.around(last.latitude, last.longitude, min(reach, FAR_NM)):
        to = Destination(one.aerodrome, nm, destinations.off_track_deg(last, one.aerodrome), 0.0)
        score = _as_stop(cell, one, to, back, origin)
        if score > 0:
            judged.append((score * destinations.silence(last, to.aerodrome, nm, nm, ears), to))
    aloft = 0.0 if landed else ALOFT * exp(-gap / ALOFT_FADES)
    total = sum(score for score, _ in judged)
    if total <= 0 and not landed:
        return ()
    on_ground = 1.0 if landed else total / (total + aloft)
    ahead = destinations.shares(judged)
    is_clear = bool(ahead) and (
        next(iter(by_state(ahead).values())) * on_ground >= EXPLAIN_SHARE
        and (cell.arrival is not None or is_claimable_at(last, leading(ahead), ears))
    )
    if is_clear:
        return _stop_at(last, back, ahead)
    return _stop_somewhere(last, back, ahead) if on_ground >= EXPLAIN_SHARE else ()


def _stop_somewhere(
    last: Fix, back: Fix, ahead: Sequence[Destination]
) -> tuple[Movement, Movement]:
    """It has been on the ground, by the length of the gap and its way back; where, is not known."""
    gap = back.at - last.at
    middle, half = last.at + gap / 2, gap / 2
    reasons = [
        f"not heard for {_hours(gap):.1f} h, from {utc(last.at)} to {utc(back.at)}: "
        + ("longer than any aircraft flies" if gap > ENDURANCE else "too long for its way")
    ]
    if ahead:
        reasons.append(f"by both ends of the gap it may have been in {shares_of(ahead)}")
    alternatives = tuple(places_of(ahead))
    arrival = Movement(
        kind="arrival",
        place=Place(),
        at=middle,
        error_min=minutes_of(half),
        certainty="unknown",
        reasons=tuple(reasons),
        alternatives=alternatives,
    )
    return arrival, replace(arrival, kind="departure")


def _as_stop(
    cell: AircraftCell,
    one: Weighted,
    to: Destination,
    back: Fix,
    origin: tuple[float, float] | None,
) -> float:
    """How well a place agrees with both ends of the gap; 0 when there was no time to land there."""
    last, there = cell.fix, to.aerodrome
    nm_back = distance_nm(there.latitude, there.longitude, back.latitude, back.longitude)
    flying = flight_time(to.nm, cruise_speed_kt(last)) + flight_time(nm_back, cruise_speed_kt(back))
    if back.at - last.at - flying < SHORTEST_STAY:
        return 0.0
    score = destinations.fit(cell, one, to.nm, to.off_deg, origin)
    off = _off_from(there, back)
    coming = destinations.along(off, nm_back, cruise_speed_kt(back), back.every_s)
    claimed = cell.arrival
    if claimed is not None and claimed.place.state == there.state:
        score *= CLAIMED
        if off < 180 - AHEAD_DEG:
            # It may have turned before anybody listened; only flying towards it speaks against it.
            coming = max(coming, TURNED)
    return score * coming * exp(-nm_back / HIDDEN_NM)


def _stop_at(last: Fix, back: Fix, ahead: Sequence[Destination]) -> tuple[Movement, Movement]:
    to = leading(ahead)
    there = to.aerodrome
    nm_back = distance_nm(there.latitude, there.longitude, back.latitude, back.longitude)
    off = _off_from(there, back)
    out = flight_time(to.nm, cruise_speed_kt(last))
    returned = flight_time(nm_back, cruise_speed_kt(back))
    gap = back.at - last.at
    places = places_of(ahead)
    reasons = (
        f"last heard {utc(last.at)}{height_of(last)}, {to.nm:.0f} nm from {name_of(there)} and "
        f"heading for it ({to.off_deg:.0f}° off)",
        f"heard again {utc(back.at)}, {nm_back:.0f} nm from there{_from(off)}",
        f"not heard for {_hours(gap):.1f} h between; the flight there and back takes "
        f"{_hours(out + returned):.1f} h",
        f"by both ends of the gap it was in {shares_of(ahead)}",
    )
    error = error_of(returned)
    if off > AHEAD_DEG:  # it came by another way, which may have taken up to the rest of the gap
        error = max(error, round((gap - out - returned) / timedelta(minutes=2), 1))
    arrival = Movement(
        kind="arrival",
        place=places[0],
        at=last.at + out,
        error_min=error_of(out),
        certainty="probable",
        reasons=reasons,
        alternatives=tuple(places[1:]),
    )
    departure = Movement(
        kind="departure",
        place=places[0],
        at=back.at - returned,
        error_min=error,
        certainty="probable",
        reasons=reasons[1:],
    )
    return (arrival, departure)


def _from(off_deg: float) -> str:
    if off_deg <= AHEAD_DEG:
        return f" and coming from it ({off_deg:.0f}° off)"
    return f", not coming straight from it ({off_deg:.0f}° off)"


def _off_from(aerodrome: Aerodrome, back: Fix) -> float:
    """How many degrees ``back``'s track is off the direction away from ``aerodrome``."""
    if back.track_deg is None or back.on_ground:
        return 0.0
    towards = bearing_deg(back.latitude, back.longitude, aerodrome.latitude, aerodrome.longitude)
    return angle_deg(towards + 180, back.track_deg)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600
