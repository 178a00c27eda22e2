"""How long flights take that nobody hears; in knots, nautical miles and feet."""

from datetime import timedelta

from processors.journeys.cells import Fix
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.geodesy import distance_nm

#: Ground speed of a jet in cruise where the feed gave none (Il-62M, B757, A330: 440-480 kt).
CRUISE_KT = 450.0
#: Below this a reported ground speed is that of a climb, an approach or a turboprop's hold, and
#: says nothing about the rest of the flight.
SLOWEST_CRUISE_KT = 200.0
#: Climbing out or coming down takes this much longer than cruising the same distance.
TERMINAL_TIME = timedelta(minutes=5)
#: The slowest approach of what governments fly (a turboprop's).
SLOWEST_APPROACH_KT = 110.0
#: How far from an aerodrome, and how high above it, an aircraft is on its way in or out: the
#: usual ends of reception, within the last (or first) ten minutes of a flight.
NEAR_AERODROME_NM = 30.0
LOW_FT = 10_000


def cruise_speed_kt(fix: Fix) -> float:
    """The speed to reckon with beyond ``fix``."""
    speed = fix.ground_speed_kt
    return speed if speed is not None and speed >= SLOWEST_CRUISE_KT else CRUISE_KT


def flight_time(nm: float, speed_kt: float) -> timedelta:
    """The time that ``nm`` take at ``speed_kt``, with one climb or descent."""
    return timedelta(hours=nm / speed_kt) + TERMINAL_TIME


def time_to(air: Fix, aerodrome: Aerodrome | None) -> timedelta:
    """The time between that position in the air and the aerodrome, either way."""
    nm = nm_to(air, aerodrome)
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
    return max(timedelta(hours=nm_to(air, aerodrome) / speed), timedelta(minutes=height / 1_800))


def nm_to(fix: Fix, aerodrome: Aerodrome | None) -> float:
    """The distance between a position and an aerodrome; 0 when that is not known."""
    if aerodrome is None:
        return 0.0
    return distance_nm(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)
