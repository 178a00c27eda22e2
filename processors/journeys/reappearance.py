"""Heard again: what the return of an aircraft says about the gap in which it was not heard."""

from collections.abc import Sequence
from datetime import timedelta
from math import exp

from msgspec.structs import replace

from processors.journeys import destinations, movements
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.destinations import Atlas, Destination, Weighted, by_state
from processors.journeys.movements import cruise_speed_kt, flight_time, place_of, utc
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
from wheelsdown.reference.geodesy import bearing_deg, distance_nm

#: Of all that fits both ends of a gap a state must have this share before a stop there is told.
EXPLAIN_SHARE = 0.8
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


def explain_gap(
    cell: AircraftCell, back: Fix, *, atlas: Atlas, aerodromes: Aerodromes, ears: Ears
) -> tuple[Movement, ...]:
    """The movements that a gap in reception hides, in order; none when it kept flying.

    ``cell`` is the aircraft before ``back``, with the arrival that was already spoken of, if any.
    The last movement is a departure when ``back`` is in the air, an arrival when on the ground.
    """
    last, claimed = cell.fix, cell.arrival
    if claimed is not None and claimed.certainty == "inferred":
        stop = _stop_beside(last, back, claimed, aerodromes, atlas.capitals)
    elif claimed is None and back.on_ground:
        stop = ()
    else:
        stop = _stop_in_the_hole(cell, back, atlas=atlas, aerodromes=aerodromes, ears=ears)
    if back.on_ground:
        seen = movements.arrival_seen(last, back, aerodromes)
        if not stop or stop[0].place.aerodrome == seen.place.aerodrome or _lies_ahead(last, back):
            return (seen,)
        # Of the time only that it came from the stop, and was there by then.
        late = replace(seen, at=back.at, error_min=stop[1].error_min, certainty="inferred")
        return (*stop, late)
    here = _climbing_out(last, back, aerodromes, atlas.capitals)
    if here is not None:
        return _landed_where_it_reappeared(last, back, here)
    return stop


def left_from_elsewhere(
    last: Fix, back: Fix, aerodromes: Aerodromes, main: frozenset[str]
) -> tuple[Movement, ...]:
    """What happened when an aircraft that stood at one aerodrome is heard climbing from another."""
    stood = movements.aerodrome_at(last, aerodromes)
    here = _climbing_out(last, back, aerodromes, main)
    if here is None or stood is None or here.icao == stood.icao:
        return ()
    apart = distance_nm(here.latitude, here.longitude, stood.latitude, stood.longitude)
    if apart < movements.NEAR_AERODROME_NM:
        return ()
    climbed = movements.low_time(back, here)
    reason = f"heard {utc(back.at)} climbing out of there"
    came = movements.unheard_flight(
        last, replace(back, at=back.at - climbed - SHORTEST_STAY), here, reason, aerodromes
    )
    return (*came, _left_climbing(back, here))


def may_have_landed(last: Fix, back: Fix) -> bool:
    """Whether there was time to land, stay and take off again between two positions in the air."""
    straight_on = flight_time(distance_between(last, back), cruise_speed_kt(last))
    return back.at - last.at - straight_on >= SHORTEST_STAY


def _stop_beside(
    last: Fix, back: Fix, claimed: Movement, aerodromes: Aerodromes, main: frozenset[str]
) -> tuple[Movement, ...]:
    """The stop at an aerodrome beside which it was lost low, if there was time for one.

    Of several that it was low beside, that is the one which both ends of the gap are nearest to.
    """
    named = claimed.alternatives if claimed.place.aerodrome is None else (claimed.place,)
    found = [where for one in named if (where := aerodromes.get(one.aerodrome or "")) is not None]
    if not found:
        return ()
    where = min(
        found,
        key=lambda one: (
            movements.likelier(one, _nm_between(last, one) + _nm_between(back, one), main),
            one.icao,
        ),
    )
    nm = _nm_between(back, where)
    returned = flight_time(nm, cruise_speed_kt(back))
    if back.at - returned - claimed.at < SHORTEST_STAY:
        return ()
    arrival = claimed
    if claimed.place.aerodrome is None:
        nearest = f"of several aerodromes the nearest to where it was heard again {utc(back.at)}"
        arrival = replace(claimed, place=place_of(where), reasons=(*claimed.reasons, nearest))
    departure = Movement(
        kind="departure",
        place=arrival.place,
        at=back.at - returned,
        error_min=error_of(returned),
        certainty="inferred",
        reasons=(f"heard again {utc(back.at)}, {nm:.0f} nm from there",),
    )
    return (arrival, departure)


def _lies_ahead(last: Fix, back: Fix) -> bool:
    """Whether it may simply have flown on to where it stands: then no stop is needed."""
    if last.track_deg is None:
        return True
    bearing = bearing_deg(last.latitude, last.longitude, back.latitude, back.longitude)
    return destinations.angle_deg(bearing, last.track_deg) <= AHEAD_DEG


def _nm_between(fix: Fix, aerodrome: Aerodrome) -> float:
    return distance_nm(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)


def _stop_in_the_hole(
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
    for one, nm in atlas.around(last.latitude, last.longitude, min(reach, destinations.FAR_NM)):
        to = Destination(one.aerodrome, nm, destinations.off_track_deg(last, one.aerodrome), 0.0)
        score = _as_stop(cell, one, to, back, origin)
        if score > 0:
            judged.append((score * destinations.silence(last, to.aerodrome, nm, nm, ears), to))
    aloft = 0.0 if landed else ALOFT * exp(-gap / ALOFT_FADES)
    total = sum(score for score, _ in judged)
    ahead = destinations.shares(judged)
    told = bool(ahead) and (
        next(iter(by_state(ahead).values())) * total / (total + aloft) >= EXPLAIN_SHARE
        and (cell.arrival is not None or is_claimable_at(last, leading(ahead), ears))
    )
    if told:
        return _stop_at(last, back, ahead)
    return _stop_somewhere(last, back, ahead) if landed else ()


def _stop_somewhere(
    last: Fix, back: Fix, ahead: Sequence[Destination]
) -> tuple[Movement, Movement]:
    """It has been on the ground, for nobody stays up so long; where, is not known."""
    middle, half = last.at + (back.at - last.at) / 2, (back.at - last.at) / 2
    reasons = [
        f"not heard for {_hours(back.at - last.at):.0f} h, from {utc(last.at)} to {utc(back.at)}: "
        "longer than any aircraft flies"
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
    return destinations.angle_deg(towards + 180, back.track_deg)


def _climbing_out(
    last: Fix, back: Fix, aerodromes: Aerodromes, main: frozenset[str]
) -> Aerodrome | None:
    """The aerodrome from which it climbs, if there was time to land there.

    When it was lost low beside it as well, both ends tell which of several it is.
    """
    came = dict(movements.ranked_beside(last, aerodromes, main, -1))
    farthest = max(came.values(), default=0.0)
    fitting = [
        (cost + came.get(one, farthest), one.icao, one)
        for one, cost in movements.ranked_beside(back, aerodromes, main, 1)
        if _time_to_land(last, one, back)
    ]
    return min(fitting)[2] if fitting else None


def _time_to_land(last: Fix, here: Aerodrome, back: Fix) -> bool:
    nm = distance_nm(last.latitude, last.longitude, here.latitude, here.longitude)
    return back.at - last.at >= flight_time(nm, cruise_speed_kt(last)) + SHORTEST_STAY


def _landed_where_it_reappeared(last: Fix, back: Fix, here: Aerodrome) -> tuple[Movement, Movement]:
    nm = _nm_between(last, here)
    flown = movements.time_to(last, here)
    arrival = Movement(
        kind="arrival",
        place=place_of(here),
        at=last.at + flown,
        error_min=error_of(flown),
        certainty="inferred",
        reasons=(
            f"last heard {utc(last.at)}{height_of(last)}, {nm:.0f} nm from there",
            f"heard again {utc(back.at)}, climbing out of there",
        ),
    )
    return arrival, _left_climbing(back, here)


def _left_climbing(back: Fix, here: Aerodrome) -> Movement:
    climbed = movements.time_to(back, here)
    return Movement(
        kind="departure",
        place=place_of(here),
        at=back.at - climbed,
        error_min=error_of(climbed),
        certainty="inferred",
        reasons=(f"heard {utc(back.at)}, climbing out of there",),
    )


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def why_not(back: Fix, found: Sequence[Movement]) -> str:
    """Why a landing that was spoken of did not happen, by where the aircraft is heard again."""
    if found:
        place = found[0].place
        where = place.city or place.name or place.state or "elsewhere"
        return f"it was heard again {utc(back.at)} and had been at {where}"
    return f"it was heard again {utc(back.at)}, still flying and not coming from there"
