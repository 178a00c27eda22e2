"""From movements to stays and journeys: home, stops abroad, home.

Each function takes an aircraft's cell and what was learned, and gives the cell as it is then, with
the records that say so. A journey begins to exist with its first arrival abroad, or when an
aircraft that was abroad already leaves for elsewhere; flying at home is none. Where the home is not
known every flight belongs to a journey, and no stay is told to the case files.
"""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from processors.journeys import flights, habits, stays, stops
from processors.journeys.cells import AircraftCell, Trip
from processors.journeys.flights import Result, leg_of
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import Flight, Journey, JourneyStatus, Leg, Movement, Stay
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import CASES_EVENTS, FLIGHTS_JOURNEYS
from wheelsdown.stage import Output

#: A journey of more legs, or a longer one, ends where it is and the next arrival abroad begins
#: another: what is told of a journey has to fit into a record (20 stays and their legs take some
#: 150 kB of 1 MB). Official tours have a handful of stops in a week or two.
MOST_LEGS = 20
LONGEST_JOURNEY = timedelta(days=60)
#: An aircraft that is back where it left so soon has turned around, or was never gone: the stay
#: goes on.
SHORTEST_FLIGHT = timedelta(hours=1)


def depart(cell: AircraftCell, departure: Movement, learned: Snapshot) -> Result:
    """The aircraft has left; if it stayed abroad, that stay has its end."""
    cell = habits.settled(cell, departure)
    cell = replace(cell, habits=habits.visited(cell.habits, departure))
    trip = cell.trip
    if trip is None or trip.home is not None:
        # What it leaves its home for is another journey; abroad it had been before it was heard.
        gone, told = flights.take_off(_at_home(cell), departure, learned)
        if departure.place.state is None or gone.is_home(departure.place.state):
            return gone, told
        began, more = _tell(replace(gone, trip=_new_trip(gone, learned)), "outbound", learned)
        return began, (*told, *more)
    left, changed = _left(trip, departure, learned)
    if habits.is_stationed_after(trip, departure):
        settled, ended = _settle(replace(cell, trip=left), learned, changed=changed)
        gone, told = flights.take_off(settled, departure, learned)
        return gone, (*ended, *told)
    gone, told = flights.take_off(replace(cell, trip=left), departure, learned)
    gone, more = _tell(gone, "returning", learned, changed=changed)
    return gone, (*told, *more)


def arrive(cell: AircraftCell, arrival: Movement, learned: Snapshot) -> Result:
    """The aircraft has landed, or is taken to have."""
    if cell.departure is None:
        cell, _ = flights.take_off(cell, flights.unknown_departure(arrival), learned)
    cell, ended = _end_of_too_long(cell, arrival, learned)
    left = cell.departure
    landed, told = flights.land(cell, arrival, learned)
    landed = replace(landed, habits=habits.visited(landed.habits, arrival))
    told = (*ended, *told)
    if landed.is_home(arrival.place.state):
        there, more = _come_home(landed, leg_of(landed), learned)
    elif _is_back_already(landed, left):
        there, more = _rejoin(landed, learned)
    elif arrival.place.state is None and landed.trip is None:
        # Where, nobody knows: it may be at home.
        there, more = landed, ()
    else:
        there, more = _stop(landed, learned)
    return there, (*told, *more)


def on_the_way(cell: AircraftCell, event: Movement, learned: Snapshot) -> Result:
    """Something happened between departure and arrival."""
    cell, told = flights.on_the_way(cell, event, learned)
    if cell.trip is None or cell.trip.home is not None or cell.arrival is not None:
        return cell, told
    cell, more = _tell(cell, "returning" if cell.trip.legs else "outbound", learned)
    return cell, (*told, *more)


def correct_arrival(cell: AircraftCell, arrival: Movement, learned: Snapshot) -> Result:
    """The last arrival, not seen itself but in the same state, is known better now."""
    claimed = cell.arrival
    cell, told = flights.land(cell, arrival, learned)
    trip = cell.trip
    if trip is not None and trip.home is not None:
        before = replace(trip, legs=trip.legs[:-1], home=None)
        home, more = _come_home(replace(cell, trip=before), leg_of(cell), learned)
        return home, (*told, *more)
    if trip is None or not trip.legs or trip.legs[-1].arrival != claimed:
        return cell, told
    trip = replace(trip, legs=(*trip.legs[:-1], leg_of(cell)))
    changed: tuple[Stay, ...] = ()
    if _is_under_way(trip, claimed):
        changed = (stays.revised(trip.stays[-1], "arrived", learned, arrival=arrival),)
        trip = replace(trip, stays=(*trip.stays[:-1], *changed))
    there, more = _tell(replace(cell, trip=trip), "staying", learned, changed=changed)
    return there, (*told, *more)


def withdraw_arrival(cell: AircraftCell, because: str, learned: Snapshot) -> Result:
    """The last arrival, not seen itself, did not happen: the aircraft is still on that leg."""
    claimed = cell.arrival
    cell, told = flights.land(cell, None, learned)
    trip = cell.trip
    if trip is None:
        return cell, told
    if trip.home is not None:
        on, more = _fly_on(cell, trip, learned)
        return on, (*told, *more)
    changed: tuple[Stay, ...] = ()
    if trip.legs and trip.legs[-1].arrival == claimed:
        trip = replace(trip, legs=trip.legs[:-1])
        if _is_under_way(trip, claimed):
            changed = (
                stays.revised(trip.stays[-1], "withdrawn", learned, withdrawn_because=because),
            )
            trip = replace(trip, stays=trip.stays[:-1])
        if trip.stays and trip.stays[-1].stop == "technical_stop":
            # Where it went on to is open again, and so is what it stopped for.
            again = stays.revised(trip.stays[-1], "left", learned)
            changed = (*changed, replace(again, stop="stay"))
            trip = replace(trip, stays=(*trip.stays[:-1], changed[-1]))
    elif cell.departure is not None:
        # It had been taken to be back where it had only just left.
        trip, changed = _left(trip, cell.departure, learned)
    began_abroad = cell.departure is not None and not cell.is_home(cell.departure.place.state)
    if trip.legs or (began_abroad and cell.departure and cell.departure.place.state):
        status: JourneyStatus = "returning" if trip.legs else "outbound"
        on, more = _tell(replace(cell, trip=trip), status, learned, changed=changed)
        return on, (*told, *more)
    gone, more = _tell(replace(cell, trip=trip), "withdrawn", learned, changed=changed)
    return replace(gone, trip=None), (*told, *more)


def last_revisions(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Of what one snapshot says of each stay, flight and journey, the last: the rest is stale."""
    last: dict[str, Output] = {}
    for output in outputs:
        match output.record:
            case Stay(stay_id=key) | Flight(flight_id=key) | Journey(journey_id=key):
                last.pop(key, None)
                last[key] = output
    return tuple(last.values())


def _stop(landed: AircraftCell, learned: Snapshot) -> Result:
    """A stop abroad, or in an unknown place on a journey."""
    trip = landed.trip or _new_trip(landed, learned)
    trip, changed = stays.with_technical_stop(
        replace(trip, legs=(*trip.legs, leg_of(landed))), learned
    )
    operator = landed.aircraft.operator_state
    stay = stays.begun(landed, trip, operator, learned) if operator is not None else None
    if stay is not None:
        trip, changed = replace(trip, stays=(*trip.stays, stay)), (*changed, stay)
    landed = replace(landed, trip=trip)
    if habits.is_stationed_by_returns(trip):
        return _settle(landed, learned, changed=changed)
    return _tell(landed, "staying", learned, changed=changed)


def _come_home(cell: AircraftCell, leg: Leg, learned: Snapshot) -> Result:
    if cell.trip is None:
        return _at_home(cell), ()
    arrival = leg.arrival
    trip, technical = stays.with_technical_stop(
        replace(cell.trip, legs=(*cell.trip.legs, leg)), learned
    )
    back = tuple(stays.revised(one, "returned", learned, returned=arrival) for one in trip.stays)
    trip = replace(trip, stays=back)
    home, told = _tell(replace(cell, trip=trip), "completed", learned, changed=(*technical, *back))
    if arrival is not None and arrival.certainty != "observed" and home.trip is not None:
        return replace(home, trip=replace(home.trip, home=arrival)), told
    return _at_home(home), told


def _at_home(cell: AircraftCell) -> AircraftCell:
    """The aircraft without a journey; what is drawn of the next one begins where it stands."""
    return replace(cell, trip=None, track=cell.track[-1:])


def _fly_on(cell: AircraftCell, trip: Trip, learned: Snapshot) -> Result:
    """The arrival at home did not happen: the stays are those of a journey under way again."""
    changed = tuple(
        replace(stays.revised(one, "left" if one.departure else "arrived", learned), returned=None)
        for one in trip.stays
    )
    trip = replace(trip, legs=trip.legs[:-1], stays=changed, home=None)
    return _tell(replace(cell, trip=trip), "returning", learned, changed=changed)


def _settle(cell: AircraftCell, learned: Snapshot, *, changed: Iterable[Stay] = ()) -> Result:
    """The journey is over because the aircraft is stationed now where it went."""
    base = habits.base_of(cell.trip) if cell.trip is not None else None
    ended, told = _tell(cell, "rebased", learned, changed=changed, in_flight=False)
    return replace(_at_home(ended), base=base, based_at=learned.observed_at), told


def _end_of_too_long(cell: AircraftCell, arrival: Movement, learned: Snapshot) -> Result:
    """A journey that is too long to go on (see MOST_LEGS) ends before the next stop.

    Where the aircraft kept coming back to, it is stationed.
    """
    trip = cell.trip
    if trip is None or trip.home is not None or not trip.legs:
        return cell, ()
    first = trip.legs[0].arrival
    began = first.at if first is not None else arrival.at
    if len(trip.legs) < MOST_LEGS and arrival.at - began <= LONGEST_JOURNEY:
        return cell, ()
    if habits.base_of(trip) is not None:
        return _settle(cell, learned)
    ended, told = _tell(cell, "continued", learned, in_flight=False)
    return _at_home(ended), told


def _left(trip: Trip, departure: Movement, learned: Snapshot) -> tuple[Trip, tuple[Stay, ...]]:
    """The trip, with the end of its last stay if that has none yet."""
    if not trip.stays or trip.stays[-1].departure is not None:
        return trip, ()
    stay = stays.revised(trip.stays[-1], "left", learned, departure=departure)
    return replace(trip, stays=(*trip.stays[:-1], stay)), (stay,)


def _is_under_way(trip: Trip, arrival: Movement | None) -> bool:
    """Whether that arrival began the stay that the aircraft is making."""
    last = trip.stays[-1] if trip.stays else None
    return last is not None and last.departure is None and last.arrival == arrival


def _is_back_already(landed: AircraftCell, left: Movement | None) -> bool:
    """Whether it has come back to the aerodrome that it has only just left, or turned back to."""
    last = landed.trip.stays[-1] if landed.trip is not None and landed.trip.stays else None
    flight = landed.flight
    if last is None or flight is None or flight.arrival is None or last.departure is None:
        return False
    aerodrome = last.arrival.place.aerodrome
    soon = flight.arrival.at - last.departure.at <= SHORTEST_FLIGHT
    return (
        last.departure == left
        and aerodrome is not None
        and aerodrome == flight.arrival.place.aerodrome
        and (soon or any(one.kind == "turned_back" for one in flight.events))
    )


def _rejoin(landed: AircraftCell, learned: Snapshot) -> Result:
    """The last stay goes on: it has not left after all."""
    assert landed.trip is not None
    last = landed.trip.stays[-1]
    stay = replace(stays.revised(last, "arrived", learned), departure=None)
    trip = replace(landed.trip, stays=(*landed.trip.stays[:-1], stay))
    return _tell(replace(landed, trip=trip), "staying", learned, changed=(stay,))


def _new_trip(cell: AircraftCell, learned: Snapshot) -> Trip:
    return Trip(
        journey_id=record_id("journey", cell.aircraft.icao24, learned.record_id), revision=0
    )


def _tell(
    cell: AircraftCell,
    status: JourneyStatus,
    learned: Snapshot,
    *,
    changed: Iterable[Stay] = (),
    in_flight: bool = True,
) -> Result:
    """Publish a new revision of the journey and the stays that changed.

    The flight that is under way belongs to it, unless ``in_flight`` is False.
    """
    trip = cell.trip
    assert trip is not None
    trip = replace(trip, revision=trip.revision + 1)
    flies = in_flight and cell.departure is not None
    legs = (*trip.legs, leg_of(cell)) if flies else trip.legs
    journey = Journey(
        record_id=record_id("journey", trip.journey_id, trip.revision),
        occurred_at=_last_of(legs[-1]).at if legs else learned.observed_at,
        observed_at=learned.observed_at,
        journey_id=trip.journey_id,
        icao24=cell.aircraft.icao24,
        revision=trip.revision,
        aircraft=cell.aircraft,
        status=status,
        legs=legs,
        stays=stops.stops_of(legs, cell.is_home),
        track=cell.track,
    )
    told = tuple(Output(CASES_EVENTS, stay) for stay in changed)
    return replace(cell, trip=trip), (*told, Output(FLIGHTS_JOURNEYS, journey))


def _last_of(leg: Leg) -> Movement:
    return leg.arrival or (leg.departure, *leg.events)[-1]
