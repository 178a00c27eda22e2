"""Heard again: what the return of an aircraft says about the gap in which it was not heard."""

from collections.abc import Sequence

from msgspec.structs import replace

from processors.journeys import movements
from processors.journeys.atlas import Atlas
from processors.journeys.beside import likelier, place_of, ranked_beside, reach_nm
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.flight_times import (
    LOW_FT,
    NEAR_AERODROME_NM,
    cruise_speed_kt,
    flight_time,
    low_time,
    nm_to,
    time_to,
)
from processors.journeys.hidden_stops import AHEAD_DEG, SHORTEST_STAY, stop_in_the_hole
from processors.journeys.movements import utc
from processors.journeys.plausibility import distance_between
from processors.journeys.reception import Ears
from processors.journeys.wording import error_of, height_of
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import angle_deg, bearing_deg, distance_nm


def explain_gap(
    cell: AircraftCell, back: Fix, *, atlas: Atlas, aerodromes: Aerodromes, ears: Ears
) -> tuple[Movement, ...]:
    """The movements that a gap in reception hides, in order; none when it kept flying.

    ``cell`` is the aircraft before ``back``, with the arrival that was already spoken of, if any.
    The last movement is a departure when ``back`` is in the air, an arrival when on the ground.
    """
    last, claimed = cell.fix, cell.arrival
    if claimed is not None and _is_low_beside(last, claimed, aerodromes):
        stop = _stop_beside(last, back, claimed, aerodromes, atlas.capitals)
    elif claimed is None and back.on_ground:
        stop = ()
    else:
        stop = stop_in_the_hole(cell, back, atlas=atlas, aerodromes=aerodromes, ears=ears)
    if back.on_ground:
        seen = movements.arrival_seen(last, back, aerodromes)
        was_inferred = claimed is not None and claimed.certainty == "inferred"
        if claimed is not None and was_inferred and claimed.place == seen.place != Place():
            return (movements.confirmed(claimed, back),)
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
    if apart < NEAR_AERODROME_NM:
        return ()
    climbed = low_time(back, here)
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
    found = _named_by(claimed, aerodromes)
    where = min(
        found,
        key=lambda one: (
            likelier(one, main) * (nm_to(last, one) + nm_to(back, one)),
            one.icao,
        ),
    )
    nm = nm_to(back, where)
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


def _named_by(claimed: Movement, aerodromes: Aerodromes) -> list[Aerodrome]:
    """The aerodrome where it is taken to have landed, or the several ones that it may be."""
    named = claimed.alternatives if claimed.place.aerodrome is None else (claimed.place,)
    return [where for one in named if (where := aerodromes.get(one.aerodrome or "")) is not None]


def _is_low_beside(last: Fix, claimed: Movement, aerodromes: Aerodromes) -> bool:
    """Whether the landing was taken from a position low beside an aerodrome, not from silence."""
    height = last.altitude_ft
    return height is not None and any(
        height - one.elevation_ft <= LOW_FT and nm_to(last, one) <= reach_nm(height)
        for one in _named_by(claimed, aerodromes)
    )


def _lies_ahead(last: Fix, back: Fix) -> bool:
    """Whether it may simply have flown on to where it stands: then no stop is needed."""
    if last.track_deg is None:
        return True
    bearing = bearing_deg(last.latitude, last.longitude, back.latitude, back.longitude)
    return angle_deg(bearing, last.track_deg) <= AHEAD_DEG


def _climbing_out(
    last: Fix, back: Fix, aerodromes: Aerodromes, main: frozenset[str]
) -> Aerodrome | None:
    """The aerodrome from which it climbs, if there was time to land there.

    When it was lost low beside it as well, both ends tell which of several it is.
    """
    came = dict(ranked_beside(last, aerodromes, main, -1))
    farthest = max(came.values(), default=0.0)
    fitting = [
        (cost + came.get(one, farthest), one.icao, one)
        for one, cost in ranked_beside(back, aerodromes, main, 1)
        if _time_to_land(last, one, back)
    ]
    return min(fitting)[2] if fitting else None


def _time_to_land(last: Fix, here: Aerodrome, back: Fix) -> bool:
    nm = distance_nm(last.latitude, last.longitude, here.latitude, here.longitude)
    return back.at - last.at >= flight_time(nm, cruise_speed_kt(last)) + SHORTEST_STAY


def _landed_where_it_reappeared(last: Fix, back: Fix, here: Aerodrome) -> tuple[Movement, Movement]:
    nm = nm_to(last, here)
    flown = time_to(last, here)
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
    climbed = time_to(back, here)
    return Movement(
        kind="departure",
        place=place_of(here),
        at=back.at - climbed,
        error_min=error_of(climbed),
        certainty="inferred",
        reasons=(f"heard {utc(back.at)}, climbing out of there",),
    )


def why_not(back: Fix, found: Sequence[Movement]) -> str:
    """Why a landing that was spoken of did not happen, by where the aircraft is heard again."""
    if found:
        place = found[0].place
        where = place.city or place.name or place.state or "elsewhere"
        return f"it was heard again {utc(back.at)} and had been at {where}"
    return f"it was heard again {utc(back.at)}, still flying and not coming from there"
