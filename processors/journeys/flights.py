"""Flights as they are told: a departure, what happens on the way, an arrival."""

from msgspec.structs import replace

from processors.journeys import underway
from processors.journeys.cells import AircraftCell, Flying
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import Flight, Leg, Movement, Place
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import FLIGHTS_JOURNEYS
from wheelsdown.stage import Output

Result = tuple[AircraftCell, tuple[Output, ...]]


def take_off(cell: AircraftCell, departure: Movement, learned: Snapshot) -> Result:
    """A new flight begins."""
    number = cell.flight.number + 1 if cell.flight is not None else 1
    flight = Flying(
        flight_id=record_id("flight", cell.aircraft.icao24, learned.record_id, number),
        number=number,
        revision=0,
        departure=departure,
    )
    gone = replace(
        cell,
        flight=flight,
        farthest_nm=0.0,
        farthest_at=None,
        low_at=None,
        missed=None,
        ask_at=None,
    )
    return _tell(gone, learned)


def on_the_way(cell: AircraftCell, event: Movement, learned: Snapshot) -> Result:
    """Something happened on the way; a contact lost again only replaces what was told of it."""
    if cell.flight is None:
        cell, _ = take_off(cell, unknown_departure(event), learned)
    flight = cell.flight
    assert flight is not None
    events = flight.events
    if event.kind == "contact_lost" and events and events[-1].kind == "contact_lost":
        events = events[:-1]
    noted = replace(cell, flight=replace(flight, events=underway.kept((*events, event))))
    return _tell(noted, learned)


def land(cell: AircraftCell, arrival: Movement | None, learned: Snapshot) -> Result:
    """The flight has ended with that arrival, or with None goes on after all."""
    flight = cell.flight
    assert flight is not None
    return _tell(replace(cell, flight=replace(flight, arrival=arrival), ask_at=None), learned)


def leg_of(cell: AircraftCell) -> Leg:
    """The present flight, or the last one, as a leg."""
    flight = cell.flight
    assert flight is not None
    return Leg(departure=flight.departure, arrival=flight.arrival, events=flight.events)


def unknown_departure(later: Movement) -> Movement:
    """The departure of a flight of which something ``later`` is known first."""
    return Movement(
        kind="departure",
        place=Place(),
        at=later.at,
        error_min=0.0,
        certainty="unknown",
        reasons=("the departure was not seen",),
    )


def _tell(cell: AircraftCell, learned: Snapshot) -> Result:
    """Publish a new revision of the present flight, or the last one."""
    assert cell.flight is not None
    flight = replace(cell.flight, revision=cell.flight.revision + 1)
    cell = replace(cell, flight=flight)
    leg = leg_of(cell)
    record = Flight(
        record_id=record_id("flight", flight.flight_id, flight.revision),
        occurred_at=(leg.arrival or (leg.departure, *leg.events)[-1]).at,
        observed_at=learned.observed_at,
        flight_id=flight.flight_id,
        icao24=cell.aircraft.icao24,
        revision=flight.revision,
        number=flight.number,
        aircraft=cell.aircraft,
        leg=leg,
    )
    return cell, (Output(FLIGHTS_JOURNEYS, record),)
