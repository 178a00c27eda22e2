"""Contact lost: where the aircraft may be bound for, and when its silence means a landing.

Contact lost is not a landing. What is told at once is a ranked list of destinations
(destinations.py). An aircraft is taken to have *probably* landed ahead only after so much time that
one which flew over, or turned back, would have been heard again; what it does when it is heard
again confirms or withdraws that (reappearance.py).
"""

from collections.abc import Sequence
from datetime import timedelta
from math import radians, sin

from processors.journeys import destinations
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.destinations import CLEAR_FPM, Destination, by_state
from processors.journeys.flight_times import cruise_speed_kt, flight_time
from processors.journeys.movements import utc
from processors.journeys.reception import Ears
from processors.journeys.sight import lost_after
from processors.journeys.wording import (
    error_of,
    height_of,
    leading,
    minutes_of,
    name_of,
    near,
    places_of,
    shares_of,
)
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.records.record import Instant
from wheelsdown.reference.geodesy import bearing_deg, between, destination

#: A landing is spoken of this far away and no farther: three quarters of an hour in cruise and a
#: descent. A flight lost farther out could still be bound for anywhere, where nothing is known of
#: reception; where it is known, silence says more.
REACH_NM, REACH_KNOWN_NM = 350.0, 900.0
#: Of all that lies ahead the aerodromes of a state that it would have reached must have this share
#: before a landing there is spoken of.
CLAIM_SHARE = 0.75
#: How far, and in which steps, reception is looked for beyond a destination: the widest oceans.
LONGEST_HOLE_NM, STEP_NM = 4_000.0, 60.0
#: In cruise an aircraft is heard so far beyond a last position if others are.
AHEAD_NM = (50.0, 100.0)
#: Between two looks an aircraft may fly on unheard. While it does so for u nautical miles the
#: direction to a place d away changes by up to asin(u/d); by more than this the last track does
#: not tell any more where it was bound. At 450 kt that is 33 nm away with a look every 90 s,
#: 110 nm at 300 s, and beyond reach at 900 s.
TRACK_KNOWN_DEG = 20.0


def contact_lost(last: Fix, ahead: Sequence[Destination], *, blind: str = "") -> Movement:
    """That an aircraft is not heard any more, and where it may be bound for.

    ``blind`` says why silence means nothing, when it does not.
    """
    places = places_of(ahead)
    reasons = [f"last heard {utc(last.at)}{height_of(last)}{near(ahead)}"]
    if blind:
        reasons.append(blind)
    if ahead:
        reasons.append(f"by track, distance and height it may be bound for {shares_of(ahead)}")
    else:
        reasons.append("its track is not known, so nothing can be said of where it was bound")
    sure = not blind and bool(ahead) and next(iter(by_state(ahead).values())) >= CLAIM_SHARE
    return Movement(
        kind="contact_lost",
        place=places[0] if places else Place(),
        at=last.at,
        error_min=minutes_of(lost_after(last.every_s)),
        certainty="probable" if sure else "unknown",
        reasons=tuple(reasons),
        alternatives=tuple(places[1:]),
    )


def probable_from(last: Fix, heard_at: Instant, to: Destination, ears: Ears) -> Instant:
    """When silence since ``heard_at``, the last contact, begins to mean a landing at ``to``.

    By then an aircraft that turned back there is where it was lost, and one that flew on is where
    others are heard; both with a quarter of an hour to spare. Where nothing is known of reception
    it is taken to reach as far on the other side (docs/operating.md).
    """
    speed = cruise_speed_kt(last)
    there_and_on = 2 * flight_time(to.nm, speed)
    if ears.are_open:
        there_and_on = max(there_and_on, timedelta(hours=unheard_beyond_nm(last, to, ears) / speed))
    return heard_at + there_and_on + lost_after(last.every_s)


def unheard_beyond_nm(last: Fix, to: Destination, ears: Ears) -> float:
    """How far an aircraft has to fly, by way of ``to`` and straight on, to where others are heard.

    No farther than LONGEST_HOLE_NM is looked.
    """
    there = to.aerodrome
    bearing = bearing_deg(last.latitude, last.longitude, there.latitude, there.longitude)
    nm = to.nm
    while nm < LONGEST_HOLE_NM:
        nm += STEP_NM
        if ears.hear_at(*destination(last.latitude, last.longitude, bearing, nm)):
            return nm
    return LONGEST_HOLE_NM


def is_claimable(
    cell: AircraftCell, ahead: Sequence[Destination], ears: Ears, now: Instant
) -> bool:
    """Whether so much speaks for the first of ``ahead`` that a landing may be spoken of."""
    if not ahead:
        return False
    first = leading(ahead)
    reached = sum(
        to.share
        for to in ahead
        if to.aerodrome.state == first.aerodrome.state
        and now >= probable_from(cell.fix, cell.heard_at, to, ears)
    )
    reach = REACH_KNOWN_NM if ears.are_open else REACH_NM
    return (
        reached >= CLAIM_SHARE
        and first.nm <= reach
        and is_claimable_at(cell.fix, first, ears)
        and now >= probable_from(cell.fix, cell.heard_at, first, ears)
    )


def is_claimable_at(last: Fix, to: Destination, ears: Ears) -> bool:
    """Whether a landing there can stay unheard, and looks are so frequent that the track tells."""
    unheard_nm = cruise_speed_kt(last) * (last.every_s or 0.0) / 3600
    is_track_known = unheard_nm <= to.nm * sin(radians(TRACK_KNOWN_DEG))
    return (
        is_track_known
        and not destinations.would_be_heard(to.aerodrome, ears)
        and not fell_silent(last, to, ears)
    )


def fell_silent(last: Fix, to: Destination, ears: Ears) -> bool:
    """Whether it is not heard for a reason of its own: in cruise, where others are heard ahead.

    Transponders are switched off or fail; where it went then, silence does not tell.
    """
    is_high = last.altitude_ft is not None and last.altitude_ft >= destinations.HIGH_FT
    if not ears.are_open or not is_high or (last.vertical_rate_fpm or 0.0) <= -CLEAR_FPM:
        return False
    there = to.aerodrome
    on = [
        between(last.latitude, last.longitude, there.latitude, there.longitude, nm / to.nm)
        for nm in AHEAD_NM
        if nm < to.nm
    ]
    return bool(on) and all(ears.hear_at(*at) for at in on)


def probable_arrival(last: Fix, ahead: Sequence[Destination], now: Instant) -> Movement:
    """The arrival at the first of ``ahead``, which is not empty."""
    to = leading(ahead)
    places = places_of(ahead)
    flown = flight_time(to.nm, cruise_speed_kt(last))
    return Movement(
        kind="arrival",
        place=places[0],
        at=last.at + flown,
        error_min=error_of(flown),
        certainty="probable",
        reasons=(
            f"last heard {utc(last.at)}{height_of(last)}, {to.nm:.0f} nm from "
            f"{name_of(to.aerodrome)} and heading for it ({to.off_deg:.0f}° off)",
            f"not heard since by a source that works, until {utc(now)}; turning back would have "
            "brought it into reception again by then, and so would flying on where anybody listens",
            f"by track, distance, height and silence it was bound for {shares_of(ahead)}",
        ),
        alternatives=tuple(places[1:]),
    )
