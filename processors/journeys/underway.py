"""What happens on the way: contact regained, turned back, diverted; and how that is noticed."""

from msgspec.structs import replace

from processors.journeys.beside import place_of
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.movements import utc
from processors.journeys.plausibility import distance_between
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import angle_deg, bearing_deg, distance_nm

#: Holdings and vectors around the aerodrome of departure stay within this; a flight that has come
#: so much nearer again, and flies towards it, has turned back.
TURNED_BACK_NM = 100.0
#: And by this part of its way: bends of airways and diversions near the destination stay below.
TURNED_BACK_SHARE = 0.3
TOWARDS_DEG = 45.0
#: On final approach: the last eight miles of a 3 degree slope.
APPROACH_NM, APPROACH_FT = 8.0, 2_500.0
#: No aerodrome is so high that an approach to it begins above this.
HIGHEST_APPROACH_FT = 18_000.0
#: Who is so high above an aerodrome again has gone around and away; circuits are flown lower.
AWAY_FT = 5_000.0
#: Aerodromes of one city lie closer together than this: passing one is no approach to it.
ELSEWHERE_NM = 40.0
#: A leg keeps the first of its events and the latest ones; over oceans contact is lost many times.
MOST_EVENTS = 12


def flown_on(
    cell: AircraftCell, fix: Fix, aerodromes: Aerodromes
) -> tuple[AircraftCell, Movement | None]:
    """The aircraft, in the air at ``fix``, with what is noticed along the way; and a turn back."""
    cell = _coming_down(cell, fix, aerodromes)
    left = _left_from(cell, aerodromes)
    if left is None:
        return cell, None
    away = distance_nm(fix.latitude, fix.longitude, left.latitude, left.longitude)
    if away > cell.farthest_nm:
        followed = cell.farthest_nm == 0 or cell.farthest_at is not None
        farthest_at = fix.at if followed else None
        return replace(cell, farthest_nm=away, farthest_at=farthest_at), None
    least = max(TURNED_BACK_NM, TURNED_BACK_SHARE * cell.farthest_nm)
    if cell.farthest_nm - away < least or _turned_back(cell):
        return cell, None
    if cell.farthest_at is None:
        return cell, None  # it was not heard where it turned: it may have landed there
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
    """That the flight went around, or had turned back, and landed at another aerodrome."""
    landed = aerodromes.get(arrival.place.aerodrome or "")
    if landed is None:
        return None
    first = aerodromes.get(cell.missed or "")
    if first is not None and _apart_nm(first, landed) >= ELSEWHERE_NM:
        reason = (
            f"it had come down to {first.name} ({first.icao}), {_apart_nm(first, landed):.0f} nm "
            "away, and gone up again"
        )
        return _diversion(arrival, reason, (place_of(first),))
    left = _left_from(cell, aerodromes)
    if _turned_back(cell) and left is not None and _apart_nm(left, landed) >= ELSEWHERE_NM:
        return _diversion(arrival, f"it had turned back towards {left.name} ({left.icao})", ())
    return None


def _diversion(arrival: Movement, reason: str, instead: tuple[Place, ...]) -> Movement:
    return Movement(
        kind="diverted",
        place=arrival.place,
        at=arrival.at,
        error_min=arrival.error_min,
        certainty=arrival.certainty,
        reasons=(reason,),
        alternatives=instead,
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


def _coming_down(cell: AircraftCell, fix: Fix, aerodromes: Aerodromes) -> AircraftCell:
    """The aircraft with the aerodrome that it comes low to, or has left again without landing."""
    height = fix.altitude_ft
    if height is None:
        return cell
    below = aerodromes.get(cell.low_at) if cell.low_at is not None else None
    if below is not None and height - below.elevation_ft > AWAY_FT:
        return replace(cell, low_at=None, missed=below.icao)
    if height > HIGHEST_APPROACH_FT or (fix.vertical_rate_fpm or 0.0) > 0:
        return cell  # climbing out of somewhere is no approach
    left = cell.departure.place.aerodrome if cell.departure is not None else None
    for one, _ in aerodromes.within(fix.latitude, fix.longitude, APPROACH_NM):
        if one.served and height - one.elevation_ft <= APPROACH_FT:
            return cell if one.icao in (left, cell.low_at) else replace(cell, low_at=one.icao)
    return cell


def _apart_nm(one: Aerodrome, other: Aerodrome) -> float:
    return distance_nm(one.latitude, one.longitude, other.latitude, other.longitude)


def _left_from(cell: AircraftCell, aerodromes: Aerodromes) -> Aerodrome | None:
    departure = cell.departure
    return aerodromes.get(departure.place.aerodrome or "") if departure is not None else None


def _turned_back(cell: AircraftCell) -> bool:
    return cell.flight is not None and any(one.kind == "turned_back" for one in cell.flight.events)
