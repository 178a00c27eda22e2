"""Which positions a rule may rely on.

A position that lies too far from the last one to have been flown, or that puts an aircraft from
the air on the ground or back on thin evidence, is held back as a suspect. Another one that agrees
with it confirms it, at once or, after a jump, only after minutes; anything else drops it.
"""

from datetime import timedelta

from msgspec.structs import replace

from processors.journeys.cells import Fix
from wheelsdown.records.aircraft import Snapshot, StateVector
from wheelsdown.reference.aerodromes import Aerodromes
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
#: Slower than any transport aircraft lifts off (a King Air rotates at about 95 kt, an Il-62M at
#: 150 kt), faster than any taxies.
SLOWEST_FLIGHT_KT = 90
#: Barometric altitude is off by up to 1,100 ft where the pressure is 40 hPa off the standard
#: (27 ft a hPa, the lows of winter storms); below this height above an aerodrome it says nothing.
ALTITUDE_ERROR_FT = 1_500
#: Faster than an aircraft is pushed or towed: at this speed or less it stands.
STANDING_KT = 5
#: An aircraft on the ground is at an aerodrome when its reference point is this near: the largest
#: aerodromes are 4-5 nm across and surface positions can be a mile off.
ON_AERODROME_NM = 6.0
#: A jump is believed when positions have agreed with it for so long: one that is decoded wrongly
#: lasts for a message or two, one that is spoofed often snaps back within minutes.
JUMP_AGREES = timedelta(minutes=5)
#: One accepted position in this time is enough for every rule and keeps the state small.
SAMPLE = timedelta(seconds=30)


def fix_of(vector: StateVector, learned: Snapshot, aerodromes: Aerodromes) -> Fix | None:
    """The position of a state vector, None when it has none that could be true.

    The ground bit is not believed at flying speed, nor high above the aerodrome below unless the
    aircraft stands there (transponders on the ground send altitudes of their last flight).
    """
    if vector.latitude is None or vector.longitude is None or vector.positioned_at is None:
        return None
    if vector.positioned_at > learned.observed_at + FUTURE_TOLERANCE:
        return None
    if vector.latitude == 0 and vector.longitude == 0:
        return None  # what a broken encoder sends; nobody flies to 0/0
    speed = vector.ground_speed_kt
    if speed is not None and not 0 <= speed <= MAX_SPEED_KT:
        return None
    on_ground = bool(vector.on_ground) and (speed is None or speed <= MAX_GROUND_SPEED_KT)
    fix = Fix(
        at=vector.positioned_at,
        latitude=vector.latitude,
        longitude=vector.longitude,
        on_ground=on_ground,
        every_s=learned.every_s,
        altitude_ft=vector.altitude_ft,
        ground_speed_kt=speed,
        track_deg=vector.track_deg,
        vertical_rate_fpm=vector.vertical_rate_fpm,
    )
    if on_ground and not (speed is not None and speed <= STANDING_KT):
        height = height_ft(fix, aerodromes)
        if height is not None and height > ALTITUDE_ERROR_FT:
            return replace(fix, on_ground=False)
    return fix


def height_ft(fix: Fix, aerodromes: Aerodromes) -> float | None:
    """The height above the aerodrome below, or the sea where there is none; None if not known."""
    if fix.altitude_ft is None:
        return None
    below = aerodromes.nearest(fix.latitude, fix.longitude, ON_AERODROME_NM)
    return fix.altitude_ft - (below[0].elevation_ft if below else 0.0)


def is_landed(last: Fix, ground: Fix | None, aerodromes: Aerodromes) -> bool:
    """Whether the one position ``ground``, after which nothing was heard, is that of a landing.

    It must say more than its ground bit, which is wrong in some messages in flight: a speed or the
    right height.
    """
    if ground is None or not ground.on_ground or not is_reachable(last, ground):
        return False
    height = height_ft(ground, aerodromes)
    return ground.ground_speed_kt is not None or (height is not None and height < ALTITUDE_ERROR_FT)


def never_left(ground: Fix, new: Fix, aerodromes: Aerodromes) -> bool:
    """Whether ``new``, airborne by its own word, is one of an aircraft that is still on the ground.

    Parked aircraft send such positions, and feeds flag the ground late: it is no faster than an
    aircraft on the ground, where it was, and not above it.
    """
    if distance_between(ground, new) > ON_AERODROME_NM:
        return False
    height = height_ft(new, aerodromes)
    slow = new.ground_speed_kt is not None and new.ground_speed_kt < SLOWEST_FLIGHT_KT
    low = height is not None and height <= ALTITUDE_ERROR_FT
    stands = new.ground_speed_kt is not None and new.ground_speed_kt <= STANDING_KT
    return stands or (low and (slow or new.ground_speed_kt is None))


def needs_another(last: Fix, new: Fix, *, grounded: bool) -> bool:
    """Whether ``new`` has to be confirmed by another position before anything follows from it.

    A jump has; so has being on the ground where it was not, and being in the air without having
    gone anywhere at a speed of flight.
    """
    if not is_reachable(last, new):
        return True
    if new.on_ground:
        return not grounded or is_moved(last, new)
    if not grounded or distance_between(last, new) > ON_AERODROME_NM:
        return False
    return new.ground_speed_kt is None or new.ground_speed_kt < SLOWEST_FLIGHT_KT


def agrees(suspect: Fix, new: Fix) -> bool:
    """Whether ``new`` says the same of where the aircraft is as ``suspect``."""
    if suspect.on_ground != new.on_ground or not is_reachable(suspect, new):
        return False
    return not (new.on_ground and is_moved(suspect, new))


def is_confirmed(last: Fix, suspect: Fix, new: Fix) -> bool:
    """Whether ``new``, which agrees with ``suspect``, does so late enough to confirm it."""
    return new.at - suspect.at >= (SAMPLE if is_reachable(last, suspect) else JUMP_AGREES)


def is_moved(one: Fix, other: Fix) -> bool:
    """Whether two positions on the ground can't be on one aerodrome."""
    return distance_between(one, other) > 2 * ON_AERODROME_NM


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
