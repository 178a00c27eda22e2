"""Where an aircraft has been before: it goes to the same places, and may be stationed at one."""

from collections import Counter
from datetime import timedelta

from msgspec.structs import replace

from processors.journeys.cells import AircraftCell, Habit, Trip
from wheelsdown.records.journeys import Movement
from wheelsdown.records.record import StateCode

#: Places that are remembered of an aircraft; the one that was left longest ago goes.
MOST_PLACES = 12
#: No official visit lasts so long; deployments and overhauls do.
STATIONED_AFTER = timedelta(days=21)
#: Who comes to one state so many times within one journey, and over so long, lives there.
STATIONED_RETURNS = 4
STATIONED_SINCE = timedelta(days=14)


def visited(habits: tuple[Habit, ...], movement: Movement) -> tuple[Habit, ...]:
    """The habits after a movement; one that is only probable counts when its stay has ended."""
    icao = movement.place.aerodrome
    doubtful = movement.kind == "arrival" and movement.certainty == "probable"
    if icao is None or movement.certainty == "unknown" or doubtful:
        return habits
    visits = sum(one.visits for one in habits if one.aerodrome == icao)
    others = tuple(one for one in habits if one.aerodrome != icao)
    if movement.kind == "arrival" or not visits or movement.certainty == "probable":
        visits += 1
    return (*others, Habit(aerodrome=icao, visits=visits))[-MOST_PLACES:]


def is_stationed_after(trip: Trip, departure: Movement) -> bool:
    """Whether it stayed so long where it leaves now that this was no visit."""
    last = trip.legs[-1].arrival if trip.legs else None
    return last is not None and departure.at - last.at >= STATIONED_AFTER


def is_stationed_by_returns(trip: Trip) -> bool:
    """Whether the journey has come so often, and over so long, to the state of its last arrival."""
    last = trip.legs[-1].arrival
    state = last.place.state if last is not None else None
    came = [leg.arrival.at for leg in trip.legs if leg.arrival and leg.arrival.place.state == state]
    return (
        state is not None
        and len(came) >= STATIONED_RETURNS
        and came[-1] - came[0] >= STATIONED_SINCE
        and base_of(trip) == state
    )


def base_of(trip: Trip) -> StateCode | None:
    """The state where a journey shows the aircraft to be stationed.

    That of the last stop if it was so long, else the one it came to most often, if often enough.
    """
    came = Counter(
        leg.arrival.place.state for leg in trip.legs if leg.arrival and leg.arrival.place.state
    )
    if not came:
        return None
    last = trip.legs[-1].arrival
    last_stay = trip.stays[-1] if trip.stays else None
    left = last_stay.departure if last_stay is not None else None
    if last is not None and left is not None and left.at - last.at >= STATIONED_AFTER:
        return last.place.state
    state, times = came.most_common(1)[0]
    return state if times >= STATIONED_RETURNS else None


def settled(cell: AircraftCell, departure: Movement) -> AircraftCell:
    """The aircraft as it leaves a place; without its base, once it has stayed away for long enough.

    From then on a flight there is a visit again.
    """
    if cell.base is None:
        return cell
    if departure.place.state == cell.base or cell.based_at is None:
        return replace(cell, based_at=departure.at)
    if departure.at - cell.based_at < STATIONED_AFTER:
        return cell
    return replace(cell, base=None, based_at=None)
