"""What happens on the way: contact regained, turned back, diverted; and how that is noticed."""

from msgspec.structs import replace

from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.destinations import angle_deg
from processors.journeys.movements import place_of, utc
from processors.journeys.plausibility import distance_between
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import bearing_deg, distance_nm

#: Holdings and vectors around the aerodrome of departure stay within this; a flight that has come
#: so much nearer again, and flies towards it, has turned back.
TURNED_BACK_NM = 100.0
TOWARDS_DEG = 45.0
#: On final approach: the last eight miles of a 3 degree slope.
APPROACH_NM, APPROACH_FT = 8.0, 2_500.0
#: No aerodrome is so high that an approach to it begins above this.
HIGHEST_APPROACH_FT = 18_000.0
#: Aerodromes of one city lie closer together than this: passing one is no approach to it.
ELSEWHERE_NM = 40.0
#: A leg keeps the first of its events and the latest ones; over oceans contact is lost many times.
MOST_EVENTS = 12


def flown_on(
    cell: AircraftCell, fix: Fix, aerodromes: Aerodromes
) -> tuple[AircraftCell, Movement | None]:
    """The aircraft, in the air at ``fix``, with what is noticed along the way; and a turn back."""
    cell = replace(cell, approached=_approached(cell, fix, aerodromes))
    left = _left_from(cell, aerodromes)
    if left is None:
        return cell, None
    away = distance_nm(fix.latitude, fix.longitude, left.latitude, left.longitude)
    if away > cell.farthest_nm:
        return replace(cell, farthest_nm=away), None
    if cell.farthest_nm - away < TURNED_BACK_NM or _has(cell, "turned_back"):
        return cell, None
    back = bearing_deg(fix.latitude, fix.longitude, left.latitude, left.longitude)
    if fix.track_deg is None or angle_deg(back, fix.track_deg) > TOWARDS_DEG:
        return cell, None
    return cell, Movement(
        kind="turned_back",
        place=place_of(left),
        at=fix.at,
        error_min=round(60 * (cell.farthest_nm - away) / (fix.ground_speed_kt or 300.0), 1),
        certainty="observed",
        reasons=(
            f"it was {cell.farthest_nm:.0f} nm from where it left and flies back: "
            f"{away:.0f} nm at {utc(fix.at)}",
        ),
    )


def diverted(cell: AircraftCell, arrival: Movement, aerodromes: Aerodromes) -> Movement | None:
    """That the flight came low to one aerodrome and landed at another one, elsewhere."""
    first = aerodromes.get(cell.approached or "")
    landed = aerodromes.get(arrival.place.aerodrome or "")
    if first is None or landed is None:
        return None
    apart = distance_nm(first.latitude, first.longitude, landed.latitude, landed.longitude)
    if apart < ELSEWHERE_NM:
        return None
    return Movement(
        kind="diverted",
        place=arrival.place,
        at=arrival.at,
        error_min=arrival.error_min,
        certainty=arrival.certainty,
        reasons=(f"it had come low to {first.name} ({first.icao}), {apart:.0f} nm away",),
        alternatives=(place_of(first),),
    )


def contact_regained(last: Fix, fix: Fix) -> Movement:
    """That an aircraft is heard again, in the air."""
    hours = (fix.at - last.at).total_seconds() / 3600
    return Movement(
        kind="contact_regained",
        place=Place(),
        at=fix.at,
        error_min=0.0,
        certainty="observed",
        reasons=(
            f"heard again {utc(fix.at)}, {distance_between(last, fix):.0f} nm from where it was "
            f"last heard {hours:.1f} h before",
        ),
    )


def kept(events: tuple[Movement, ...]) -> tuple[Movement, ...]:
    """The events that a leg keeps: the first, and the latest."""
    if len(events) <= MOST_EVENTS:
        return events
    return (events[0], *events[-(MOST_EVENTS - 1) :])


def _approached(cell: AircraftCell, fix: Fix, aerodromes: Aerodromes) -> str | None:
    """The aerodrome that it has come low to, not that of its departure."""
    if fix.altitude_ft is None or fix.altitude_ft > HIGHEST_APPROACH_FT:
        return cell.approached
    if (fix.vertical_rate_fpm or 0.0) > 0:
        return cell.approached  # climbing out of somewhere is no approach
    for one, _ in aerodromes.within(fix.latitude, fix.longitude, APPROACH_NM):
        if one.served and fix.altitude_ft - one.elevation_ft <= APPROACH_FT:
            left = cell.departure.place.aerodrome if cell.departure is not None else None
            return cell.approached if one.icao == left else one.icao
    return cell.approached


def _left_from(cell: AircraftCell, aerodromes: Aerodromes) -> Aerodrome | None:
    departure = cell.departure
    return aerodromes.get(departure.place.aerodrome or "") if departure is not None else None


def _has(cell: AircraftCell, kind: str) -> bool:
    return cell.flight is not None and any(one.kind == kind for one in cell.flight.events)
