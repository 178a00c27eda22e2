"""What the sentences of an entry say of one aircraft, put together to its flights."""

import functools
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from processors.visits.flights.aircraft_names import Aircraft, Element
from processors.visits.flights.moves import Movement
from wheelsdown.records.flight_reports import ReportCertainty, ReportedPlace
from wheelsdown.records.record import pair_of
from wheelsdown.reference.aircraft_marks import state_of_registration
from wheelsdown.reference.states import load_states

#: Longer grounds, or more of them, are no help to a reader.
_WHY_CHARS = 160
_MOST_WHY = 4


class Told(NamedTuple):
    """A flight as one entry tells it; ``state`` is the operator's."""

    aircraft: Aircraft
    origin: ReportedPlace | None
    destination: ReportedPlace | None
    departed: date | None
    arrived: date | None
    returned: date | None
    hours: float | None
    cited: tuple[str, ...]
    certainty: ReportCertainty
    why: tuple[str, ...]

    @property
    def pair(self) -> str | None:
        """The operator's state, else the origin's, with the one abroad; None for a flight at home.

        A flight from abroad to the operator's own state belongs to that other state too.
        """
        ends = [place.state for place in (self.destination, self.origin) if place is not None]
        home = self.aircraft.state or (self.origin.state if self.origin else None)
        abroad = next((state for state in ends if state != home), None)
        return pair_of(home, abroad) if home and abroad else None


@dataclass
class Flight:
    """One flight as it is put together from movements."""

    origin: ReportedPlace | None = None
    destination: ReportedPlace | None = None
    departed: date | None = None
    arrived: date | None = None
    returned: date | None = None
    hours: float | None = None
    hedged: bool = False
    why: list[str] = field(default_factory=list)


@dataclass
class Thread:
    """An aircraft of the entry, and its flights in the order in which they are told."""

    aircraft: Aircraft
    flights: list[Flight] = field(default_factory=list)


def thread_of(threads: list[Thread], mentioned: Aircraft) -> Thread | None:
    """The aircraft that a mention means, the latest first; a new one where none agrees.

    "The plane" is the one told of last, "a plane" none that has been told of.
    """
    for thread in reversed(threads):
        both_named = mentioned.is_named and thread.aircraft.is_named
        if (mentioned.refers or both_named) and _agree(thread.aircraft, mentioned):
            thread.aircraft = _joined(thread.aircraft, mentioned)
            threads.remove(thread)
            threads.append(thread)
            return thread
    if not mentioned.is_named and mentioned.refers:
        return None
    threads.append(Thread(mentioned))
    return threads[-1]


def _agree(one: Aircraft, other: Aircraft) -> bool:
    """Whether two mentions may be of one aircraft: nothing that both tell differs."""
    if one.registration and other.registration:
        return one.registration == other.registration
    if one.state and other.state and one.state != other.state:
        return False
    if one.type and other.type:
        return not set(one.type.codes).isdisjoint(other.type.codes)
    return True


def _joined(one: Aircraft, other: Aircraft) -> Aircraft:
    """What both tell; of two types the more exact."""
    finer = other.type is not None and (
        one.type is None or len(other.type.name) > len(one.type.name)
    )
    exact = other if finer else one
    return Aircraft(
        operator=_longer(one.operator, other.operator),
        state=one.state or other.state,
        type_written=exact.type_written,
        type=exact.type,
        registration=one.registration or other.registration,
        callsign=one.callsign or other.callsign,
    )


def _longer(one: str | None, other: str | None) -> str | None:
    return max((text for text in (one, other) if text), key=len, default=None)


def flights_spoken_of(threads: list[Thread], elements: tuple[Element, ...]) -> list[Flight]:
    """The flights that a sentence without a movement is about."""
    spoken_of = any(element.aircraft is not None for element in elements)
    begins = {element.symbol for element in elements[:8]}
    return threads[-1].flights if threads and (spoken_of or "it" in begins) else []


def add(thread: Thread, movement: Movement) -> Flight:
    """The flight that a movement belongs to: it begins one, or tells more of the last one."""
    last = thread.flights[-1] if thread.flights else None
    origin, destination = movement.origin, movement.destination
    day = movement.days.start if movement.days else None
    back = last is not None and _same(last.origin, destination) and last.destination is not None
    if last is not None and (movement.kind == "return" or back):
        last.returned = last.returned or day
        last.origin = last.origin or (destination if movement.kind == "return" else None)
        last.why.append(shortened(movement.why))
        return last
    if last is None or _differ(last.destination, destination) or _differ(last.origin, origin):
        last = Flight(origin=None if last is None else last.destination)
        thread.flights.append(last)
    last.origin = origin or last.origin
    last.destination = _finer(last.destination, destination)
    last.hedged = last.hedged or movement.hedged
    if origin or destination:
        last.why.append(shortened(movement.why))
    if movement.kind in {"arrive", "reach", "return"}:
        last.arrived = last.arrived or day
    elif movement.kind in {"go", "leave", "send"}:
        last.departed = last.departed or day
    return last


def _same(one: ReportedPlace | None, other: ReportedPlace | None) -> bool:
    return one is not None and other is not None and one.state == other.state


def _differ(one: ReportedPlace | None, other: ReportedPlace | None) -> bool:
    return one is not None and other is not None and one.state != other.state


def _finer(known: ReportedPlace | None, new: ReportedPlace | None) -> ReportedPlace | None:
    """Of two names of places in one state the one that is not only the state's."""
    if known is None or new is None:
        return known or new
    return new if known.name in _state_names() else known


@functools.cache
def _state_names() -> frozenset[str]:
    return frozenset(n for state in load_states().values() for n in (state.name, *state.names))


def told_of(thread: Thread, flight: Flight, cited: tuple[str, ...]) -> Told:
    """A flight as it is known at the end of the entry; with reserve where its words disagree."""
    odd = _contradiction(thread.aircraft)
    return Told(
        aircraft=thread.aircraft,
        origin=flight.origin,
        destination=flight.destination,
        departed=flight.departed,
        arrived=flight.arrived,
        returned=flight.returned,
        hours=flight.hours,
        cited=cited,
        certainty="hedged" if flight.hedged or odd else "stated",
        why=tuple(dict.fromkeys((*odd, *flight.why)))[:_MOST_WHY],
    )


def _contradiction(aircraft: Aircraft) -> tuple[str, ...]:
    """What to say of an operator's words that name another state than the registration does."""
    written = aircraft.registration
    registered = state_of_registration(written) if written else None
    if aircraft.operator is None or registered in {None, aircraft.state}:
        return ()
    return (
        f"{written} is registered in {registered}, the operator is said to be {aircraft.state}",
    )


def shortened(text: str) -> str:
    """Grounds as long as a reader needs them."""
    return text if len(text) <= _WHY_CHARS else f"{text[: _WHY_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"
