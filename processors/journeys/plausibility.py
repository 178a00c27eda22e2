"""Which positions a rule may rely on; the others are counted by reason.

A position that puts an aircraft from the air on the ground, or back, on thin evidence is held back
as a suspect. Another one that agrees with it confirms it; anything else drops it. One that lies too
far from the last to have been flown is not the aircraft's: it is spoofed, decoded wrongly, or of
another aircraft on the same address. Those that agree with it are not either, until nothing else
has been heard for a day, or unless the track that they contradict has only just begun.
"""

from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from processors.journeys.cells import AircraftCell, Fix
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
#: The lowest aerodrome (Bar Yehuda at the Dead Sea) is 1,266 ft below the sea and barometric
#: altitudes are off by 1,100 ft (ALTITUDE_ERROR_FT); a U-2 flies above 70,000 ft.
LOWEST_FT, HIGHEST_FT = -2_500.0, 80_000.0
#: Fighters climb 50,000 ft a minute for a moment, transport aircraft 6,000; descents in an
#: emergency reach 8,000. Rounding and pressure settings add some.
MAX_CLIMB_FPM, HEIGHT_NOISE_FT = 10_000.0, 3_000.0
#: A position that is older is of another day's flight. (readsb keeps those by satellite for 40
#: minutes, and the last position of an aircraft that goes on sending without one for hours.)
STALE_AFTER = timedelta(days=1)
#: Sources whose positions are worked out by others, and miles off at times.
WEAK_SOURCES = frozenset({"mlat", "tisb", "other"})
#: Clocks of feeds run ahead by seconds; more than this is no time of a real position.
FUTURE_TOLERANCE = timedelta(seconds=60)
#: Slower than any transport aircraft lifts off (a King Air rotates at about 95 kt, an Il-62M at
#: 150 kt), faster than any taxies.
SLOWEST_FLIGHT_KT = 90
#: Barometric altitude is off by up to 1,100 ft where the pressure is 40 hPa off the standard
#: (27 ft a hPa, the lows of winter storms); below this height above an aerodrome it says nothing.
ALTITUDE_ERROR_FT = 1_500
#: Slower than any transport aircraft flies, also against a strong wind.
TAXI_KT = 60
#: Faster than an aircraft is pushed or towed: at this speed or less it stands.
STANDING_KT = 5
#: An aircraft on the ground is at an aerodrome when its reference point is this near: the largest
#: aerodromes are 4-5 nm across and surface positions can be a mile off.
ON_AERODROME_NM = 6.0
#: A track that has only just begun gives way when positions elsewhere have agreed for so long: one
#: that is decoded wrongly lasts for a message or two.
JUMP_AGREES = timedelta(minutes=5)
#: Touch-and-goes roll at flying speed for less than this; who has landed is slower by then.
LONGEST_ROLL = timedelta(seconds=90)
ROLLING_KT = 70
#: A track that is older than another one by so much is the aircraft's.
ESTABLISHED = timedelta(minutes=30)
#: Positions elsewhere agree when they are no more than the first time apart; they are not taken for
#: the aircraft's within the second.
RIVAL_HEARD, RIVAL_FOR = timedelta(hours=2), timedelta(days=1)
#: One accepted position in this time is enough for every rule and keeps the state small.
SAMPLE = timedelta(seconds=30)


#: Why a position, or a part of one, is not believed.
Rejection = Literal[
    "future",  # its time has not come yet
    "stale",  # it is of another day's flight
    "repeated",  # the last position again with a new time, in flight
    "zero_zero",  # 0/0, what a broken encoder sends
    "impossible_speed",
    "impossible_height",
    "impossible_climb",  # the height alone is left out
    "ground_at_speed",  # the ground bit alone is not believed
    "ground_in_the_air",  # the same: high above the aerodrome below
    "weak_ground",  # on the ground by a source that is miles off at times
    "jump",  # too far from where it was to have been flown
    "two_aircraft",  # one that agrees with a jump: spoofed on, or another aircraft's
    "unconfirmed",  # on the ground, or off it, by one position; none agreed with it
]


def fix_of(
    vector: StateVector, learned: Snapshot, aerodromes: Aerodromes
) -> tuple[Fix | None, Rejection | None]:
    """The position of a state vector, None when it has none that could be true; and what is wrong.

    The ground bit is not believed at flying speed, nor high above the aerodrome below unless the
    aircraft stands there (transponders on the ground send altitudes of their last flight).
    """
    if vector.latitude is None or vector.longitude is None or vector.positioned_at is None:
        return None, None
    wrong = _impossible(vector, learned)
    if wrong is not None:
        return None, wrong
    speed = vector.ground_speed_kt
    weak = vector.position_source in WEAK_SOURCES
    on_ground = bool(vector.on_ground)
    if on_ground and weak:
        return None, "weak_ground"
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
        weak=weak,
    )
    if not on_ground and _stands(fix, aerodromes):
        return (None, "weak_ground") if weak else (replace(fix, on_ground=True), None)
    if on_ground and speed is not None and speed > MAX_GROUND_SPEED_KT:
        return replace(fix, on_ground=False), "ground_at_speed"
    if on_ground and not (speed is not None and speed <= STANDING_KT):
        height = height_ft(fix, aerodromes)
        if height is not None and height > ALTITUDE_ERROR_FT:
            return replace(fix, on_ground=False), "ground_in_the_air"
    return fix, None


def _stands(fix: Fix, aerodromes: Aerodromes) -> bool:
    """Whether an aircraft that calls itself airborne stands on an aerodrome."""
    speed = fix.ground_speed_kt
    if speed is None or speed >= TAXI_KT:
        return False
    if aerodromes.nearest(fix.latitude, fix.longitude, ON_AERODROME_NM) is None:
        return False
    height = height_ft(fix, aerodromes)
    return speed <= STANDING_KT or height is None or height <= ALTITUDE_ERROR_FT


def _impossible(vector: StateVector, learned: Snapshot) -> Rejection | None:
    assert vector.positioned_at is not None
    if vector.positioned_at > learned.observed_at + FUTURE_TOLERANCE:
        return "future"
    if learned.observed_at - vector.positioned_at > STALE_AFTER + _between_looks(learned):
        return "stale"
    if vector.latitude == 0 and vector.longitude == 0:
        return "zero_zero"
    speed = vector.ground_speed_kt
    if speed is not None and not 0 <= speed <= MAX_SPEED_KT:
        return "impossible_speed"
    height = vector.altitude_ft
    if height is not None and not vector.on_ground and not LOWEST_FT <= height <= HIGHEST_FT:
        return "impossible_height"
    return None


def _between_looks(learned: Snapshot) -> timedelta:
    return timedelta(seconds=learned.every_s or 0.0)


def with_possible_height(last: Fix, fix: Fix) -> tuple[Fix, Rejection | None]:
    """The position, without its height when no aircraft could have changed it so fast."""
    if fix.altitude_ft is None or last.altitude_ft is None or fix.on_ground or last.on_ground:
        return fix, None
    minutes = (fix.at - last.at).total_seconds() / 60
    if abs(fix.altitude_ft - last.altitude_ft) <= HEIGHT_NOISE_FT + MAX_CLIMB_FPM * minutes:
        return fix, None
    return replace(fix, altitude_ft=None), "impossible_climb"


def is_repeated(last: Fix, fix: Fix) -> bool:
    """Whether a position in flight is the last one again: what a receiver does that has none."""
    moves = fix.ground_speed_kt is None or fix.ground_speed_kt >= SLOWEST_FLIGHT_KT
    is_same = (fix.latitude, fix.longitude) == (last.latitude, last.longitude)
    return is_same and moves and not fix.on_ground and not last.on_ground


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
    return stands or (slow and (low or height is None)) or (low and new.ground_speed_kt is None)


def needs_another(last: Fix, new: Fix, *, grounded: bool) -> bool:
    """Whether ``new`` has to be confirmed by another position before anything follows from it.

    Being on the ground where it was not has, and being in the air without having gone anywhere.
    """
    if new.on_ground:
        return not grounded or is_moved(last, new)
    return grounded and distance_between(last, new) <= ON_AERODROME_NM


def agrees(suspect: Fix, new: Fix) -> bool:
    """Whether ``new`` says the same of where the aircraft is as ``suspect``."""
    if suspect.on_ground != new.on_ground or not is_reachable(suspect, new):
        return False
    return not (new.on_ground and is_moved(suspect, new))


def is_confirmed(last: Fix, suspect: Fix, new: Fix) -> bool:
    """Whether ``new``, which agrees with ``suspect``, does so late enough to confirm it."""
    agreed = new.at - suspect.at
    rolls = new.ground_speed_kt is not None and new.ground_speed_kt > ROLLING_KT
    if new.on_ground and not last.on_ground and rolls:
        return agreed >= LONGEST_ROLL
    return agreed >= SAMPLE


def is_elsewhere(cell: AircraftCell, fix: Fix) -> bool:
    """Whether the position is not the aircraft's: it can't have flown there, or others agree."""
    last, rival, since = cell.fix, cell.rival, cell.rival_since
    if not is_reachable(last, fix):
        return True
    if rival is None or since is None or rival.at - since < JUMP_AGREES:
        return False  # one wrong position is nobody's track
    silent = fix.at - last.at
    if silent <= JUMP_AGREES or silent > RIVAL_FOR or not _goes_on(rival, fix):
        return False
    return distance_between(rival, fix) < distance_between(last, fix) / 4


def with_rival(cell: AircraftCell, fix: Fix) -> AircraftCell:
    """The aircraft with a position that is not its own, and since when such ones agree."""
    rival = cell.rival
    goes_on = rival is not None and cell.rival_since is not None and _goes_on(rival, fix)
    return replace(cell, rival=fix, rival_since=cell.rival_since if goes_on else fix.at)


def is_refuted(cell: AircraftCell) -> bool:
    """Whether a track that had only just begun was wrong: another one has gone on for longer.

    So is one that had only just been heard again, if that other one did not begin before.
    """
    if cell.rival is None or cell.rival_since is None or cell.rival_since < cell.since:
        return False
    has_just_begun = cell.fix.at - cell.since <= 2 * SAMPLE
    return has_just_begun and cell.rival.at - cell.rival_since >= JUMP_AGREES


def is_contested(cell: AircraftCell) -> bool:
    """Whether two aircraft have been heard on the address from about the beginning.

    Which of them was followed is chance then. One that had been followed for longer is ours.
    """
    if cell.rival is None or cell.rival_since is None:
        return False
    agreed = cell.rival.at - cell.rival_since
    return agreed >= JUMP_AGREES and cell.rival_since - cell.since < ESTABLISHED


def rejection(cell: AircraftCell, fix: Fix) -> Rejection:
    """Why a position elsewhere is not believed."""
    again = cell.rival is not None and _goes_on(cell.rival, fix)
    return "two_aircraft" if again else "jump"


def _goes_on(rival: Fix, fix: Fix) -> bool:
    late = fix.at - rival.at
    return timedelta(0) <= late <= RIVAL_HEARD and is_reachable(rival, fix)


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
