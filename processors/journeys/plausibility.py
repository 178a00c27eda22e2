"""Which positions a rule may rely on.

A position that lies too far from the last one to have been flown is held back as a suspect; a
second one that agrees with the suspect replaces the last one, anything else drops the suspect.
"""

from datetime import timedelta

from processors.journeys.cells import Fix
from wheelsdown.records.aircraft import StateVector
from wheelsdown.records.record import Instant
from wheelsdown.reference.geodesy import distance_nm

#: Mach 1.2 at the tropopause is 690 kt; with a 150 kt jet stream behind it nothing watched here
#: is faster over the ground.
MAX_SPEED_KT = 840
#: Positions may be this much off without saying anything about speed (rounding, MLAT).
POSITION_NOISE_NM = 5.0
#: Faster than any aircraft taxies or rolls out of sight: a ground bit at this speed is wrong.
MAX_GROUND_SPEED_KT = 180
#: Clocks of feeds run ahead by seconds; more than this is no time of a real position.
FUTURE_TOLERANCE = timedelta(seconds=60)
#: One accepted position in this time is enough for every rule and keeps the state small.
SAMPLE = timedelta(seconds=30)


def fix_of(vector: StateVector, observed_at: Instant) -> Fix | None:
    """The position of a state vector, None when it has none that could be true.

    The ground bit is not believed at flying speed.
    """
    if vector.latitude is None or vector.longitude is None or vector.positioned_at is None:
        return None
    if vector.positioned_at > observed_at + FUTURE_TOLERANCE:
        return None
    if vector.latitude == 0 and vector.longitude == 0:
        return None  # what a broken encoder sends; nobody flies to 0/0
    speed = vector.ground_speed_kt
    if speed is not None and not 0 <= speed <= MAX_SPEED_KT:
        return None
    on_ground = bool(vector.on_ground) and (speed is None or speed <= MAX_GROUND_SPEED_KT)
    return Fix(
        at=vector.positioned_at,
        latitude=vector.latitude,
        longitude=vector.longitude,
        on_ground=on_ground,
        altitude_ft=vector.altitude_ft,
        ground_speed_kt=speed,
        track_deg=vector.track_deg,
        vertical_rate_fpm=vector.vertical_rate_fpm,
    )


def is_due(last: Fix, new: Fix) -> bool:
    """Whether ``new`` adds anything: later, and either a sample or a change of the ground bit."""
    return new.at > last.at and (new.on_ground != last.on_ground or new.at - last.at >= SAMPLE)


def is_reachable(last: Fix, new: Fix) -> bool:
    """Whether the aircraft can have flown from ``last`` to ``new`` in the time between them."""
    flown = distance_between(last, new)
    hours = (new.at - last.at).total_seconds() / 3600
    return flown <= POSITION_NOISE_NM + MAX_SPEED_KT * hours


def distance_between(one: Fix, other: Fix) -> float:
    """Great-circle distance in nautical miles."""
    return distance_nm(one.latitude, one.longitude, other.latitude, other.longitude)
