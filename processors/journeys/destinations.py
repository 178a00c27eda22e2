"""Where an aircraft may be bound for that is not heard any more: aerodromes, ranked with shares.

Each aerodrome gets a weight by what governments fly to, and is then judged by how well it agrees
with the last track, with the way flown so far, with height and descent, with what this aircraft
does otherwise, and with the silence since. The shares are relative: they add up to one over all
that lies ahead. The figures here are judgements of the field's geometry. Some (WANDER_DEG,
VECTORED_NM, HOMEWARD, LEFT_NM, UNHEARD_LANDING) were chosen after a look at simulated flights, of
other seeds than those of docs/evidence.md; ``make journeys-figures`` shows how often the first is
right.
"""

from collections.abc import Iterable
from datetime import timedelta
from math import atan2, degrees, exp
from typing import NamedTuple

from processors.journeys.atlas import Atlas, Weighted
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.flight_times import cruise_speed_kt
from processors.journeys.reception import Ears
from wheelsdown.records.record import Instant, StateCode
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import angle_deg, bearing_deg, between, distance_nm
from wheelsdown.reference.states import load_well_heard

#: A flight that began at home goes to another place at home as often as to so many states of its
#: size; one that began abroad mostly goes home.
AT_HOME, HOMEWARD = 6.0, 30.0
#: A place where it has been counts so much for each time, up to as much as a small state.
PER_VISIT, MOST_FOR_VISITS = 0.25, 1.0
#: Airways and winds turn a track off the direction of its destination; near it, vectors and
#: approaches do by some 20 nm.
WANDER_DEG = 5.0
VECTORED_NM = 20.0
#: Share of flights whose track tells nothing: detours around closed airspace and weather.
ASTRAY = 0.02
#: The way over here may be so much longer than the direct one (its standard deviation).
DETOUR = 0.1
#: The usual descent: 3 nm for each 1,000 ft (a 3 degree slope is 318 ft/nm).
NM_A_1000_FT = 3.0
#: How likely an aircraft that comes down is bound for a place far beyond its descent, and one that
#: does not yet for a place below it.
MISFIT_FAR, MISFIT_NEAR = 0.02, 0.15
#: Clearly climbing or descending, and clearly high.
CLEAR_FPM, HIGH_FT = 500, 20_000
#: How far flights go on unheard where nothing is known of reception (a mean: large oceans are ten
#: times as wide, most holes are a fifth).
UNHEARD_NM = 400.0
#: How much of a flight is left where it is lost at the edge of a region without reception (a mean).
LEFT_NM = 1_200.0
#: How far where it is known that others are heard, and that nobody is.
HEARD_BOX_NM, SILENT_BOX_NM = 60.0, 3_000.0
#: A landing where others are heard near the ground stays unheard so seldom; and so seldom where
#: only the state is known for being well heard (wheelsdown/reference/states.py).
UNHEARD_LANDING, UNHEARD_IN_STATE = 0.2, 0.25
#: Reception is looked up so often along a way; the last of it is flown too low to count.
STEP_NM = 80.0
LOW_NM = 100.0


class Destination(NamedTuple):
    """A place ahead: how far, how many degrees off the track, and its share of the likelihood."""

    aerodrome: Aerodrome
    nm: float
    off_deg: float
    share: float


def ranked(
    cell: AircraftCell,
    atlas: Atlas,
    aerodromes: Aerodromes,
    ears: Ears,
    now: Instant,
    *,
    left_nm: float = LEFT_NM,
) -> tuple[Destination, ...]:
    """Destinations of an aircraft that has not been heard until ``now``, most likely first.

    ``left_nm`` is how much of its flight may have been left when it was lost. Empty when its track
    is not known.
    """
    last = cell.fix
    if last.track_deg is None:
        return ()
    speed = cruise_speed_kt(last)
    flown_nm = speed * max(0.0, (now - last.at) / timedelta(hours=1))
    origin = origin_of(cell, aerodromes)
    found = []
    for one, nm, off in atlas.ahead(last.latitude, last.longitude, last.track_deg):
        score = fit(cell, one, nm, off, origin)
        found.append((score, Destination(one.aerodrome, nm, off, 0.0)))
    # Silence is the dear part: it can only lower a score, so what is far behind stays there.
    best = max((score for score, _ in found), default=0.0)
    judged = [
        (score * silence(last, to.aerodrome, to.nm, flown_nm, ears, left_nm=left_nm), to)
        for score, to in found
        if score > best / 200
    ]
    return shares(judged)


def fit(
    cell: AircraftCell,
    one: Weighted,
    nm: float,
    off_deg: float,
    origin: tuple[float, float] | None,
) -> float:
    """How well a destination agrees with everything but the silence."""
    last = cell.fix
    there = one.aerodrome
    score = weight_for(cell, one) * along(off_deg, nm, cruise_speed_kt(last), last.every_s)
    if origin is not None:
        direct = distance_nm(*origin, there.latitude, there.longitude)
        here = distance_nm(*origin, last.latitude, last.longitude)
        if direct > VECTORED_NM:
            score *= exp(-(((here + nm) / direct - 1) / DETOUR)) + ASTRAY
    return score * phase(last, nm, there.elevation_ft)


def weight_for(cell: AircraftCell, one: Weighted) -> float:
    """The weight of an aerodrome for this aircraft: its state, its home, where it has been."""
    there = one.aerodrome
    weight = one.weight
    if cell.is_home(there.state):
        left = cell.flight.departure.place.state if cell.flight is not None else None
        weight *= AT_HOME if left is None or cell.is_home(left) else HOMEWARD
    visits = sum(habit.visits for habit in cell.habits if habit.aerodrome == there.icao)
    return weight + min(MOST_FOR_VISITS, PER_VISIT * visits)


def along(off_deg: float, nm: float, speed_kt: float, every_s: float | None) -> float:
    """How likely a track is so many degrees off the direction of a place that far away.

    Between two looks it flew on unheard, and may have turned meanwhile.
    """
    unheard_nm = speed_kt * (every_s or 0.0) / 3600
    vectored = degrees(atan2(VECTORED_NM + unheard_nm / 2, max(nm, 1.0)))
    spread_squared = WANDER_DEG**2 + vectored**2
    return exp(-off_deg * off_deg / (2 * spread_squared)) + ASTRAY / (1 + off_deg / 30)


def phase(last: Fix, nm: float, elevation_ft: float) -> float:
    """How well height and vertical rate agree with a place that far away."""
    if last.altitude_ft is None:
        return 1.0
    height = last.altitude_ft - elevation_ft
    descent_nm = height / 1000 * NM_A_1000_FT
    rate = last.vertical_rate_fpm or 0.0
    comes_down = rate <= -CLEAR_FPM or (height < HIGH_FT and rate < CLEAR_FPM)
    if comes_down and nm > 2 * descent_nm + 60:
        return MISFIT_FAR
    if not comes_down and height >= HIGH_FT and nm < 0.6 * descent_nm:
        return MISFIT_NEAR
    return 1.0


def silence(
    last: Fix,
    there: Aerodrome,
    nm: float,
    flown_nm: float,
    ears: Ears,
    *,
    left_nm: float = LEFT_NM,
) -> float:
    """How likely an aircraft bound for that place is not heard for ``flown_nm`` of its way."""
    unheard = min(nm, flown_nm)
    landing = 1.0
    if would_be_heard(there, ears):
        landing = UNHEARD_LANDING if ears.are_open else UNHEARD_IN_STATE
    # Lost just here, it is the likelier to be bound for a place near by.
    if ears.are_open:
        return landing * unheard_way(last, there, nm, unheard, ears) * exp(-nm / left_nm)
    return landing * exp(-max(unheard, nm / 2) / UNHEARD_NM)


def would_be_heard(there: Aerodrome, ears: Ears) -> bool:
    """Whether a landing there would have been heard, as far as is known."""
    if ears.are_open:
        return ears.hear_low_at(there.latitude, there.longitude)
    return there.state in load_well_heard()


def unheard_way(last: Fix, there: Aerodrome, nm: float, unheard_nm: float, ears: Ears) -> float:
    """How likely the first ``unheard_nm`` of a way of ``nm`` stay unheard, by what is known."""
    chance = 1.0
    gone = STEP_NM
    while gone < min(unheard_nm, nm - LOW_NM):
        at = between(last.latitude, last.longitude, there.latitude, there.longitude, gone / nm)
        chance *= exp(-STEP_NM / (HEARD_BOX_NM if ears.hear_at(*at) else SILENT_BOX_NM))
        gone += STEP_NM
    return chance


def shares(judged: Iterable[tuple[float, Destination]]) -> tuple[Destination, ...]:
    """The destinations with their shares of all scores, the largest first."""
    scored = sorted(judged, key=lambda one: (-one[0], one[1].aerodrome.icao))
    total = sum(score for score, _ in scored)
    if total <= 0:
        return ()
    return tuple(to._replace(share=score / total) for score, to in scored)


def by_state(ahead: Iterable[Destination]) -> dict[StateCode, float]:
    """The share of each state, the largest first."""
    summed: dict[StateCode, float] = {}
    for to in ahead:
        summed[to.aerodrome.state] = summed.get(to.aerodrome.state, 0.0) + to.share
    return dict(sorted(summed.items(), key=lambda one: (-one[1], one[0])))


def origin_of(cell: AircraftCell, aerodromes: Aerodromes) -> tuple[float, float] | None:
    """Where the present or last flight began, in degrees; None when that is not known."""
    icao = cell.flight.departure.place.aerodrome if cell.flight is not None else None
    aerodrome = aerodromes.get(icao) if icao is not None else None
    return (aerodrome.latitude, aerodrome.longitude) if aerodrome is not None else None


def off_track_deg(fix: Fix, there: Aerodrome) -> float:
    """How many degrees the track is off the direction of a place; 0 when there is no track."""
    if fix.track_deg is None:
        return 0.0
    bearing = bearing_deg(fix.latitude, fix.longitude, there.latitude, there.longitude)
    return angle_deg(bearing, fix.track_deg)
