"""How destinations are named and put into words, in the reasons that movements give."""

from collections.abc import Sequence
from datetime import timedelta

from processors.journeys.beside import place_of
from processors.journeys.cells import Fix
from processors.journeys.destinations import Destination, by_state
from wheelsdown.records.journeys import Place
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.states import load_states

#: How many other destinations are named, and from which share on.
ALTERNATIVES, LEAST_SHARE = 3, 0.02
#: A state is named by its likeliest aerodrome when that has this share of the state's.
AERODROME_SHARE = 0.5


def places_of(ahead: Sequence[Destination]) -> list[Place]:
    """One place a state, the likeliest first: its likeliest aerodrome if that stands out."""
    found: list[Place] = []
    for state, share in list(by_state(ahead).items())[: 1 + ALTERNATIVES]:
        if found and share < LEAST_SHARE:
            break
        best = next(to for to in ahead if to.aerodrome.state == state)
        alone = best.share >= AERODROME_SHARE * share
        found.append(place_of(best.aerodrome) if alone else Place(state=state))
    return found


def leading(ahead: Sequence[Destination]) -> Destination:
    """The likeliest aerodrome of the likeliest state; ``ahead`` is not empty."""
    state = next(iter(by_state(ahead)))
    return next(to for to in ahead if to.aerodrome.state == state)


def shares_of(ahead: Sequence[Destination]) -> str:
    """The states with their shares: ``North Korea (91 %), South Korea (6 %)``.

    They are relative judgements, so that none is called more than 95 %.
    """
    states = load_states()
    said = [
        f"{states[state].name if state in states else state} ({_percent(share)})"
        for state, share in list(by_state(ahead).items())[: 1 + ALTERNATIVES]
        if share >= LEAST_SHARE
    ]
    return ", ".join(said)


def _percent(share: float) -> str:
    return "over 95 %" if share > 0.95 else f"{100 * share:.0f} %"


def near(ahead: Sequence[Destination]) -> str:
    """How far the likeliest place is, and how far off the track; nothing when there is none."""
    if not ahead:
        return ""
    to = leading(ahead)
    return f", {to.nm:.0f} nm from {name_of(to.aerodrome)}, {to.off_deg:.0f}° off its track"


def minutes_of(span: timedelta) -> float:
    """A span in minutes, as movements give their errors."""
    return round(span.total_seconds() / 60, 1)


def error_of(flown: timedelta) -> float:
    """Winds, routes and approaches: ten minutes and a fifth of the time that was not seen."""
    return round(10 + flown.total_seconds() / 60 / 5, 1)


def height_of(fix: Fix) -> str:
    """`` at 33,000 ft``, or nothing where the feed gave no height."""
    return "" if fix.altitude_ft is None else f" at {fix.altitude_ft:,.0f} ft"


def name_of(aerodrome: Aerodrome) -> str:
    """``Pyongyang (ZKPY)``."""
    return f"{aerodrome.city or aerodrome.name} ({aerodrome.icao})"
