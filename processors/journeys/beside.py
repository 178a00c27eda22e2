"""The aerodromes that an aircraft low in the air may come from, or come down to."""

from typing import NamedTuple

from processors.journeys.cells import Fix
from processors.journeys.flight_times import LOW_FT, NEAR_AERODROME_NM, nm_to
from wheelsdown.records.journeys import Place
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.reference.geodesy import bearing_deg

#: As low as this above an aerodrome an aircraft is in its traffic: the last ten miles of a 3 degree
#: approach. Higher up it may pass by, unless it clearly descends or climbs.
IN_TRAFFIC_FT = 3_000
#: A degree off the track counts like this much distance, but not over the runway itself.
NM_A_DEGREE, STRAIGHT_IN_NM = 0.2, 2.0
#: Jets climb or descend no more than this in a nautical mile (3 degrees are 318 ft).
STEEPEST_FT_NM = 600.0
#: Others that cost no more than so many times the best fit as well; so many are named.
AS_WELL, MOST_OTHERS = 1.5, 3
#: Clearly: a 3 degree slope at 60 kt; level flight in turbulence and rounding stay below it.
CLEAR_FPM = 300


class Beside(NamedTuple):
    """An aerodrome that an aircraft is low beside, its distance, and others that fit about as well.

    ``cost_nm`` is what aerodromes are compared by: distance, and what speaks against them as such.
    """

    aerodrome: Aerodrome
    nm: float
    cost_nm: float
    others: tuple[Aerodrome, ...]

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
    return Beside(best, nm, cost, tuple(others[:MOST_OTHERS]))


def ranked_beside(
    fix: Fix, aerodromes: Aerodromes, main: frozenset[str], up: int
) -> list[tuple[Aerodrome, float]]:
    """All such aerodromes with what speaks against them, in nautical miles; the best first."""
    if fix.altitude_ft is None:
        return []
    found = []
    for one, nm in aerodromes.within(fix.latitude, fix.longitude, NEAR_AERODROME_NM):
        height = fix.altitude_ft - one.elevation_ft
        if height <= LOW_FT and _is_bound(fix, height, up):
            found.append((one, _cost_nm(fix, one, nm, up, main)))
    return sorted(found, key=lambda one: (one[1], one[0].icao))


def _cost_nm(fix: Fix, aerodrome: Aerodrome, nm: float, up: int, main: frozenset[str]) -> float:
    """The distance, with angle off the track and too steep a slope turned into distance."""
    assert fix.altitude_ft is not None
    cost = nm
    if fix.track_deg is not None and nm > STRAIGHT_IN_NM:
        towards = bearing_deg(fix.latitude, fix.longitude, aerodrome.latitude, aerodrome.longitude)
        ahead = towards if up < 0 else towards + 180
        cost += NM_A_DEGREE * abs((ahead - fix.track_deg + 180) % 360 - 180)
    steep_nm = max(0.0, fix.altitude_ft - aerodrome.elevation_ft) / STEEPEST_FT_NM
    cost += max(0.0, steep_nm - nm)
    return likelier(aerodrome, cost, main)


def likelier(aerodrome: Aerodrome, cost_nm: float, main: frozenset[str]) -> float:
    """What speaks against an aerodrome, less for those that large aircraft use."""
    if aerodrome.icao in main:
        return cost_nm / 2
    if aerodrome.is_international:
        return 0.75 * cost_nm
    return cost_nm if aerodrome.served else 2 * cost_nm


def _is_bound(air: Fix, height_ft: float, up: int) -> bool:
    """Whether it climbs out (``up`` 1), clearly, or comes down (-1), clearly or low and not up.

    Low and level it may be coming down in steps, or just passing by. A rate that the feed does not
    give counts for neither.
    """
    rate = None if air.vertical_rate_fpm is None else up * air.vertical_rate_fpm
    if rate is not None and (rate >= CLEAR_FPM or up > 0):
        return rate >= CLEAR_FPM
    return height_ft <= IN_TRAFFIC_FT and (rate is None or rate > -CLEAR_FPM)


def place_of(aerodrome: Aerodrome | None) -> Place:
    """The place that an aerodrome is; an unknown place for None."""
    if aerodrome is None:
        return Place()
    return Place(
        state=aerodrome.state, aerodrome=aerodrome.icao, name=aerodrome.name, city=aerodrome.city
    )
