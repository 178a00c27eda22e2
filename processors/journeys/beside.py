"""The aerodromes that an aircraft low in the air may come from, or come down to."""

from typing import NamedTuple

from processors.journeys.cells import Fix
from processors.journeys.flight_times import LOW_FT, NEAR_AERODROME_NM, nm_to
from processors.journeys.plausibility import SLOWEST_FLIGHT_KT
from wheelsdown.records.journeys import Certainty, Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import angle_deg, bearing_deg

#: As low as this above an aerodrome an aircraft is in its traffic: the last ten miles of a 3 degree
#: approach. Higher up it may pass by, unless it clearly descends or climbs.
IN_TRAFFIC_FT = 3_000
#: A degree off the track counts like this much distance, but not over the runway itself.
NM_A_DEGREE, STRAIGHT_IN_NM = 0.2, 2.0
#: Circuits are flown within this; farther out nobody who comes in is lower than so much a mile.
CIRCUIT_NM, LOWEST_FT_NM = 8.0, 120.0
#: Jets climb or descend no more than this in a nautical mile (3 degrees are 318 ft).
STEEPEST_FT_NM, USUAL_FT_NM = 600.0, 318.0
#: And descents take no more than so many miles for each 1,000 ft, with a level stretch.
LONGEST_NM_1000_FT = 6.0
#: Others that cost no more than so many times the best fit as well; so many are named.
AS_WELL, MOST_OTHERS = 1.5, 3
#: Clearly: a 3 degree slope at 60 kt; level flight in turbulence and rounding stay below it.
CLEAR_FPM = 300


class Beside(NamedTuple):
    """An aerodrome that an aircraft is low beside, its distance, and others that fit about as well.

    ``certainty`` is ``probable`` when it is level and not on final approach: it may pass by.
    """

    aerodrome: Aerodrome
    nm: float
    others: tuple[Aerodrome, ...]
    certainty: Certainty

    @property
    def place(self) -> Place:
        """The aerodrome; only its state, and its city, where others fit as well."""
        if not self.others:
            return place_of(self.aerodrome)
        all_of_them = (self.aerodrome, *self.others)
        states = {one.state for one in all_of_them}
        cities = {one.city for one in all_of_them}
        return Place(
            state=self.aerodrome.state if len(states) == 1 else None,
            city=self.aerodrome.city if len(cities) == 1 else None,
        )

    @property
    def alternatives(self) -> tuple[Place, ...]:
        """All that fit, when there are several."""
        if not self.others:
            return ()
        return tuple(place_of(one) for one in (self.aerodrome, *self.others))


def beside(fix: Fix, aerodromes: Aerodromes, main: frozenset[str], up: int) -> Beside | None:
    """The aerodrome that an aircraft low in the air comes from (``up`` 1) or comes down to (-1).

    None when it is high or far, or clearly does the other. ``main`` are the indicators of
    aerodromes that governments use; they count as half as far, international ones as three
    quarters, and those without airlines as twice as far, because the table is full of strips and
    heliports that lie under their approaches.
    """
    ranked = ranked_beside(fix, aerodromes, main, up)
    if not ranked:
        return None
    (best, cost), nm = ranked[0], nm_to(fix, ranked[0][0])
    others = [one for one, more in ranked[1:] if one.served and more <= cost * AS_WELL]
    level = fix.vertical_rate_fpm is not None and not is_clear(fix, up)
    passes_by = level and not is_on_final(fix, best)
    sure = not passes_by and not fix.weak
    return Beside(best, nm, tuple(others[:MOST_OTHERS]), "inferred" if sure else "probable")


def ranked_beside(
    fix: Fix, aerodromes: Aerodromes, main: frozenset[str], up: int
) -> list[tuple[Aerodrome, float]]:
    """All such aerodromes with what speaks against them, in nautical miles; the best first."""
    if fix.altitude_ft is None:
        return []
    clear = is_clear(fix, up)
    if clear is False or (clear is None and up > 0 and not _flies(fix)):
        return []
    found = []
    within = reach_nm(fix.altitude_ft) if clear else NEAR_AERODROME_NM
    for one, nm in aerodromes.within(fix.latitude, fix.longitude, within):
        height = fix.altitude_ft - one.elevation_ft
        off = _off_deg(fix, one, up) if nm > STRAIGHT_IN_NM else 0.0
        if height <= LOW_FT and (clear or _may_be(height, nm, off)) and not _is_away(nm, off):
            found.append((one, _cost_nm(height, nm, off, likelier(one, main))))
    return sorted(found, key=lambda one: (one[1], one[0].icao))


def reach_nm(altitude_ft: float) -> float:
    """How far a descent from that height may lead: no less than to the aerodromes near by."""
    return max(NEAR_AERODROME_NM, altitude_ft / 1_000 * LONGEST_NM_1000_FT)


def is_on_final(fix: Fix, aerodrome: Aerodrome) -> bool:
    """Whether it is so low and so near that it is about to land there, or has just taken off."""
    height = fix.altitude_ft
    is_low = height is not None and height - aerodrome.elevation_ft <= IN_TRAFFIC_FT / 2
    return is_low and nm_to(fix, aerodrome) <= CIRCUIT_NM


def is_clear(fix: Fix, up: int) -> bool | None:
    """Whether it clearly climbs (``up`` 1) or descends (-1), or clearly not; None when neither.

    Low and level it may be coming down in steps, or just passing by; nobody climbs out level. A
    rate that the feed does not give tells nothing.
    """
    if fix.vertical_rate_fpm is None:
        return None
    rate = up * fix.vertical_rate_fpm
    if rate >= CLEAR_FPM:
        return True
    return False if up > 0 or rate <= -CLEAR_FPM else None


def _may_be(height_ft: float, nm: float, off_deg: float) -> bool:
    """Whether an aircraft that is not clearly on its way in or out may be: low, and not too low."""
    lowest = LOWEST_FT_NM * (nm - CIRCUIT_NM)
    return lowest <= height_ft <= IN_TRAFFIC_FT and (nm <= CIRCUIT_NM or off_deg <= 90)


def _is_away(nm: float, off_deg: float) -> bool:
    """Whether it flies where nobody flies to come in: away or far across, and outside a circuit."""
    return (nm > 2 * CIRCUIT_NM and off_deg > 100) or (nm > NEAR_AERODROME_NM and off_deg > 45)


def _flies(fix: Fix) -> bool:
    return fix.ground_speed_kt is None or fix.ground_speed_kt >= SLOWEST_FLIGHT_KT


def _off_deg(fix: Fix, aerodrome: Aerodrome, up: int) -> float:
    """How many degrees the track is off the way to an aerodrome, or from it (``up`` 1)."""
    if fix.track_deg is None:
        return 0.0
    towards = bearing_deg(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)
    ahead = towards if up < 0 else towards + 180
    return angle_deg(ahead, fix.track_deg)


def _cost_nm(height_ft: float, nm: float, off_deg: float, factor: float) -> float:
    """The distance, with angle off the track and too steep a slope turned into distance."""
    steep_nm = max(0.0, height_ft) / STEEPEST_FT_NM
    # Low, it may be anywhere in the circuit; higher up the slope tells how far it has to go.
    unusual = abs(nm - height_ft / USUAL_FT_NM) if height_ft > IN_TRAFFIC_FT else 0.0
    return factor * (nm + unusual + max(0.0, steep_nm - nm) + NM_A_DEGREE * off_deg)


def likelier(aerodrome: Aerodrome, main: frozenset[str]) -> float:
    """What distances to an aerodrome count: less for those that large aircraft use."""
    if aerodrome.icao in main:
        return 0.5
    if aerodrome.is_international:
        return 0.75
    return 1.0 if aerodrome.served else 2.0


def place_of(aerodrome: Aerodrome | None) -> Place:
    """The place that an aerodrome is; an unknown place for None."""
    if aerodrome is None:
        return Place()
    return Place(
        state=aerodrome.state, aerodrome=aerodrome.icao, name=aerodrome.name, city=aerodrome.city
    )
