"""Gaps in reception: where an aircraft may have landed, and what its return says about the gap.

Contact lost is not a landing. An aircraft that is lost in cruise is taken to have *probably* landed
ahead only after so much time that one which flew over, or turned back, would have been heard again;
and what it does when it is heard again confirms or withdraws that.
"""

from collections.abc import Sequence
from datetime import timedelta
from math import radians, sin
from typing import NamedTuple

from processors.journeys import movements
from processors.journeys.cells import Fix
from processors.journeys.movements import cruise_speed_kt, flight_time, place_of, utc
from processors.journeys.plausibility import distance_between
from processors.journeys.sight import lost_after
from wheelsdown.records.journeys import Movement
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import bearing_deg, distance_nm

#: A destination ahead is looked for this far away: three quarters of an hour in cruise and a
#: descent. A flight lost farther out could still be bound for anywhere.
REACH_NM = 350.0
#: Airways bend; beyond this angle off the last track a place does not lie ahead.
AHEAD_DEG = 40.0
#: An angle off the track counts like this much distance when destinations are ranked.
NM_A_DEGREE = 10.0
#: Between two looks an aircraft may fly on unheard. While it does so for u nautical miles the
#: direction to a place d away changes by up to asin(u/d); at half of AHEAD_DEG the last track does
#: not tell any more where it was bound. At 450 kt that is 33 nm away with a look every 90 s,
#: 110 nm at 300 s, and beyond reach at 900 s.
TRACK_KNOWN_DEG = AHEAD_DEG / 2
#: No aircraft stays up longer without refuelling in the air: the longest flights of airliners
#: take 19 hours (Singapore - New York), the A350-900ULR that flies them is built for 20.
ENDURANCE = timedelta(hours=20)
#: Nobody unloads a delegation in less; shorter gaps are turn-backs, holdings and detours.
SHORTEST_STAY = timedelta(minutes=20)
#: At this share of cruise speed over the straight line there was no time to land on the way.
FLOWN_THROUGH = 0.6
#: How many destinations are named beside the first.
ALTERNATIVES = 3


class Destination(NamedTuple):
    """A place ahead: how far it is, and how many degrees off the track."""

    aerodrome: Aerodrome
    nm: float
    off_deg: float

    @property
    def cost_nm(self) -> float:
        """What destinations are ranked by: distance, and angle turned into distance."""
        return self.nm + self.off_deg * NM_A_DEGREE


def destinations_ahead(last: Fix, main: Sequence[Aerodrome]) -> tuple[Destination, ...]:
    """Where an aircraft lost at ``last`` may have been going, most likely first.

    Empty when its track is not known or nothing lies ahead within reach.
    """
    if last.track_deg is None:
        return ()
    ahead = []
    for one in main:
        if abs(one.latitude - last.latitude) > REACH_NM / 60:
            continue
        nm = distance_nm(last.latitude, last.longitude, one.latitude, one.longitude)
        bearing = bearing_deg(last.latitude, last.longitude, one.latitude, one.longitude)
        off = _angle(bearing, last.track_deg)
        if nm <= REACH_NM and off <= AHEAD_DEG:
            ahead.append(Destination(one, nm, off))
    return tuple(sorted(ahead, key=lambda to: (to.cost_nm, to.aerodrome.icao)))


def is_track_known(last: Fix, to: Destination) -> bool:
    """Whether the source looks often enough to tell that the aircraft was bound for ``to``."""
    unheard_nm = cruise_speed_kt(last) * (last.every_s or 0.0) / 3600
    return unheard_nm <= to.nm * sin(radians(TRACK_KNOWN_DEG))


def probable_from(last: Fix, heard_at: Instant, to: Destination) -> Instant:
    """When silence since ``heard_at``, the last contact, begins to mean a landing at ``to``.

    By then an aircraft that flew over it is as far on the other side, and one that turned back
    there is where it was lost; both with a quarter of an hour to spare. Whether anybody listens on
    the other side is not known (docs/operating.md).
    """
    return heard_at + 2 * flight_time(to.nm, cruise_speed_kt(last)) + lost_after(last.every_s)


def probable_arrival(last: Fix, ahead: Sequence[Destination], now: Instant) -> Movement:
    """The arrival at the first of ``ahead``, which is not empty."""
    to = ahead[0]
    flown = flight_time(to.nm, cruise_speed_kt(last))
    return Movement(
        kind="arrival",
        place=place_of(to.aerodrome),
        at=last.at + flown,
        error_min=_error_min(flown),
        certainty="probable",
        reasons=(
            f"last heard {utc(last.at)}{_height(last)}, {to.nm:.0f} nm from {_name(to.aerodrome)} "
            f"and heading for it ({to.off_deg:.0f}° off)",
            f"not heard since by a source that works, until {utc(now)}; turning back would have "
            "brought it into reception again by then, and so would flying on where anybody listens",
        ),
        alternatives=tuple(place_of(other.aerodrome) for other in ahead[1 : 1 + ALTERNATIVES]),
    )


def explain_gap(
    last: Fix,
    back: Fix,
    *,
    main: Sequence[Aerodrome],
    aerodromes: Aerodromes,
    claimed: Movement | None,
) -> tuple[Movement, ...]:
    """The movements that a gap in reception hides, in order; none when it kept flying.

    ``claimed`` is the arrival that was already spoken of without having been seen. The last
    movement is a departure when ``back`` is in the air, an arrival when it is on the ground.
    """
    if claimed is not None and claimed.certainty == "inferred":
        stop = _stop_beside(back, claimed, aerodromes)
    else:
        stop = _stop_in_the_hole(last, back, main=main, claimed=claimed)
    if back.on_ground:
        seen = movements.arrival_seen(last, back, aerodromes)
        is_other = bool(stop) and stop[0].place.aerodrome != seen.place.aerodrome
        return (*stop, seen) if is_other else (seen,)
    here = movements.climbing_from(back, aerodromes, frozenset(one.icao for one in main))
    if here is not None and _time_to_land(last, here, back):
        return _landed_where_it_reappeared(last, back, here)
    return stop


def _stop_beside(back: Fix, claimed: Movement, aerodromes: Aerodromes) -> tuple[Movement, ...]:
    """The stop at an aerodrome beside which it was lost low, if there was time for one."""
    where = aerodromes.get(claimed.place.aerodrome or "")
    if where is None:
        return ()
    nm = distance_nm(where.latitude, where.longitude, back.latitude, back.longitude)
    returned = flight_time(nm, cruise_speed_kt(back))
    if back.at - returned - claimed.at < SHORTEST_STAY:
        return ()
    departure = Movement(
        kind="departure",
        place=claimed.place,
        at=back.at - returned,
        error_min=_error_min(returned),
        certainty="inferred",
        reasons=(f"heard again {utc(back.at)}, {nm:.0f} nm from there",),
    )
    return (claimed, departure)


def _stop_in_the_hole(
    last: Fix, back: Fix, *, main: Sequence[Aerodrome], claimed: Movement | None
) -> tuple[Movement, ...]:
    """Arrival and departure at a place ahead of where it was lost, if it has come back from there.

    Coming back means: it is heard again on its way from there, and the gap is too long for the
    flight there and back and too long for having flown straight on. A place that was ``claimed``
    stays the best guess unless it is heard again flying towards it: across, it may have turned
    before anybody listened. Beyond endurance even that says only that it has been elsewhere too.
    """
    gap = back.at - last.at
    landed = gap > ENDURANCE
    straight_on = FLOWN_THROUGH * cruise_speed_kt(last) * _hours(gap)
    if not landed and distance_between(last, back) >= straight_on:
        return ()
    best: tuple[float, Destination, float, float] | None = None
    ahead = destinations_ahead(last, main)
    if claimed is None and (back.on_ground or not ahead or not is_track_known(last, ahead[0])):
        return ()
    for to in ahead:
        nm_back = distance_nm(
            to.aerodrome.latitude, to.aerodrome.longitude, back.latitude, back.longitude
        )
        flying = flight_time(to.nm, cruise_speed_kt(last)) + flight_time(
            nm_back, cruise_speed_kt(back)
        )
        off = _off_from(to.aerodrome, back)
        widest = AHEAD_DEG
        if claimed is not None and claimed.place.aerodrome == to.aerodrome.icao:
            widest = 180.0 if landed else 180.0 - AHEAD_DEG
        if gap - flying < SHORTEST_STAY or off > widest:
            continue
        cost = to.cost_nm + nm_back + off * NM_A_DEGREE
        if best is None or cost < best[0]:
            best = (cost, to, nm_back, off)
    if best is None:
        return ()
    _, to, nm_back, off = best
    there = flight_time(to.nm, cruise_speed_kt(last))
    returned = flight_time(nm_back, cruise_speed_kt(back))
    reasons = (
        f"last heard {utc(last.at)}{_height(last)}, {to.nm:.0f} nm from {_name(to.aerodrome)} and "
        f"heading for it ({to.off_deg:.0f}° off)",
        f"heard again {utc(back.at)}, {nm_back:.0f} nm from there{_from(off)}",
        f"not heard for {_hours(gap):.1f} h between; the flight there and back takes "
        f"{_hours(there + returned):.1f} h",
    )
    others = tuple(place_of(other.aerodrome) for other in ahead if other is not to)
    arrival = Movement(
        kind="arrival",
        place=place_of(to.aerodrome),
        at=last.at + there,
        error_min=_error_min(there),
        certainty="probable",
        reasons=reasons,
        alternatives=others[:ALTERNATIVES],
    )
    error = _error_min(returned)
    if off > AHEAD_DEG:  # it came by another way, which may have taken up to the rest of the gap
        error = max(error, round((gap - there - returned) / timedelta(minutes=2), 1))
    departure = Movement(
        kind="departure",
        place=place_of(to.aerodrome),
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
    return _angle(towards + 180, back.track_deg)


def _time_to_land(last: Fix, here: Aerodrome, back: Fix) -> bool:
    nm = distance_nm(last.latitude, last.longitude, here.latitude, here.longitude)
    return back.at - last.at >= flight_time(nm, cruise_speed_kt(last)) + SHORTEST_STAY


def _landed_where_it_reappeared(last: Fix, back: Fix, here: Aerodrome) -> tuple[Movement, Movement]:
    nm = distance_nm(last.latitude, last.longitude, here.latitude, here.longitude)
    flown = flight_time(nm, cruise_speed_kt(last))
    climbed = flight_time(
        distance_nm(back.latitude, back.longitude, here.latitude, here.longitude),
        cruise_speed_kt(back),
    )
    reasons = (
        f"last heard {utc(last.at)}{_height(last)}, {nm:.0f} nm from there",
        f"heard again {utc(back.at)}, climbing out of there",
    )
    return (
        Movement(
            kind="arrival",
            place=place_of(here),
            at=last.at + flown,
            error_min=_error_min(flown),
            certainty="inferred",
            reasons=reasons,
        ),
        Movement(
            kind="departure",
            place=place_of(here),
            at=back.at - climbed,
            error_min=_error_min(climbed),
            certainty="inferred",
            reasons=reasons[1:],
        ),
    )


def _angle(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _error_min(flown: timedelta) -> float:
    """Winds, routes and approaches: ten minutes and a fifth of the time that was not seen."""
    return round(10 + flown.total_seconds() / 60 / 5, 1)


def _height(fix: Fix) -> str:
    return "" if fix.altitude_ft is None else f" at {fix.altitude_ft:,.0f} ft"


def _name(aerodrome: Aerodrome) -> str:
    return f"{aerodrome.city or aerodrome.name} ({aerodrome.icao})"
