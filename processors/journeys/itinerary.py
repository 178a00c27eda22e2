"""From movements to legs, stays and journeys: home, stops abroad, home.

Each function takes an aircraft's cell and what was learned, and gives the cell as it is then, with
the records that say so. A journey begins to exist with its first arrival abroad; flying at home is
none.
"""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from processors.journeys.cells import AircraftCell, Trip
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import (
    Journey,
    JourneyStatus,
    Leg,
    Movement,
    Place,
    Stay,
    StayStatus,
)
from wheelsdown.records.record import pair_of, record_id
from wheelsdown.records.topics import CASES_EVENTS, FLIGHTS_JOURNEYS
from wheelsdown.stage import Output

#: A journey of more stays, or a longer one, ends where it is and the next arrival abroad begins
#: another: an aircraft that is stationed abroad never comes home, and what is told of a journey has
#: to fit into a record (20 stays and their legs take some 150 kB of 1 MB). Official tours have a
#: handful of stops in a week or two.
MOST_STAYS = 20
LONGEST_JOURNEY = timedelta(days=60)
#: Back at the same aerodrome so soon: a circuit, a rejected take-off or a return with a fault. It
#: has not left.
SHORTEST_FLIGHT = timedelta(hours=1)

Result = tuple[AircraftCell, tuple[Output, ...]]


def arrive(cell: AircraftCell, arrival: Movement, learned: Snapshot) -> Result:
    """The aircraft has landed, or is taken to have.

    Until it is seen on the ground the departure is kept: the arrival may have to be withdrawn.
    """
    departure = cell.departure or _unknown_departure(arrival)
    seen = cell.phase != "lost"
    landed = replace(cell, departure=None if seen else cell.departure, arrival=arrival)
    home, state = cell.aircraft.operator_state, arrival.place.state
    if home is None or state is None:
        return landed, ()
    if state == home:
        return _come_home(landed, Leg(departure=departure, arrival=arrival), learned)
    if _is_back_already(cell, arrival):
        return _rejoin(landed, learned)
    trip = cell.trip if cell.trip and not _is_over(cell.trip, arrival) else None
    trip = trip or Trip(
        journey_id=record_id("journey", cell.aircraft.icao24, learned.record_id),
        revision=0,
        legs=(),
        stays=(),
    )
    stay_id = record_id("stay", trip.journey_id, len(trip.stays))
    stay = Stay(
        record_id=record_id("stay", stay_id, 1),
        occurred_at=arrival.at,
        observed_at=learned.observed_at,
        stay_id=stay_id,
        journey_id=trip.journey_id,
        revision=1,
        pair=pair_of(home, state),
        host=state,
        aircraft=cell.aircraft,
        status="arrived",
        origin=trip.legs[0].departure if trip.legs else departure,
        arrival=arrival,
    )
    trip = replace(
        trip,
        legs=(*trip.legs, Leg(departure=departure, arrival=arrival)),
        stays=(*trip.stays, stay),
    )
    return _tell(replace(landed, trip=trip), "staying", learned, changed=(stay,))


def depart(cell: AircraftCell, departure: Movement, learned: Snapshot) -> Result:
    """The aircraft has left; if it stayed abroad, that stay has its end."""
    gone = replace(cell, departure=departure, arrival=None)
    if cell.trip is not None and cell.trip.home is not None:
        # It was at home: what it departs for now is another journey.
        return replace(gone, trip=None, track=cell.track[-1:]), ()
    if not _is_last_stay(cell, cell.arrival):
        return gone, ()
    assert cell.trip is not None
    stay = _revise(cell.trip.stays[-1], "left", learned, departure=departure)
    trip = replace(cell.trip, stays=(*cell.trip.stays[:-1], stay))
    return _tell(replace(gone, trip=trip), "returning", learned, changed=(stay,))


def correct_arrival(cell: AircraftCell, arrival: Movement, learned: Snapshot) -> Result:
    """The last arrival, not seen itself but in the same state, is known better now."""
    claimed, cell = cell.arrival, replace(cell, departure=None, arrival=arrival)
    if cell.trip is not None and cell.trip.home is not None:
        trip = replace(cell.trip, legs=cell.trip.legs[:-1], home=None)
        leg = Leg(departure=cell.trip.legs[-1].departure, arrival=arrival)
        return _come_home(replace(cell, trip=trip), leg, learned)
    if not _is_last_stay(cell, claimed):
        return cell, ()
    assert cell.trip is not None
    stay = _revise(cell.trip.stays[-1], "arrived", learned, arrival=arrival)
    leg = Leg(departure=cell.trip.legs[-1].departure, arrival=arrival)
    trip = replace(cell.trip, legs=(*cell.trip.legs[:-1], leg), stays=(*cell.trip.stays[:-1], stay))
    return _tell(replace(cell, trip=trip), "staying", learned, changed=(stay,))


def withdraw_arrival(cell: AircraftCell, because: str, learned: Snapshot) -> Result:
    """The last arrival, not seen itself, did not happen: the aircraft is still on that leg."""
    claimed, cell = cell.arrival, replace(cell, arrival=None)
    if cell.trip is not None and cell.trip.home is not None:
        return _fly_on(cell, learned)
    if not _is_last_stay(cell, claimed):
        return cell, ()
    assert cell.trip is not None
    stay = _revise(cell.trip.stays[-1], "withdrawn", learned, withdrawn_because=because)
    trip = replace(cell.trip, legs=cell.trip.legs[:-1], stays=cell.trip.stays[:-1])
    status: JourneyStatus = "returning" if trip.legs else "withdrawn"
    told, outputs = _tell(replace(cell, trip=trip), status, learned, changed=(stay,))
    return (told if trip.legs else replace(told, trip=None)), outputs


def last_revisions(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Of what one snapshot says of each stay and journey, the last: nobody needs the rest."""
    last: dict[str, Output] = {}
    for output in outputs:
        record = output.record
        assert isinstance(record, (Stay, Journey))
        key = record.stay_id if isinstance(record, Stay) else record.journey_id
        last.pop(key, None)
        last[key] = output
    return tuple(last.values())


def _is_last_stay(cell: AircraftCell, arrival: Movement | None) -> bool:
    """Whether that arrival began the stay that the aircraft is making."""
    if cell.trip is None or not cell.trip.stays or arrival is None:
        return False
    last = cell.trip.stays[-1]
    return last.departure is None and last.arrival == arrival


def _come_home(cell: AircraftCell, leg: Leg, learned: Snapshot) -> Result:
    if cell.trip is None:
        return replace(cell, track=cell.track[-1:]), ()
    arrival = leg.arrival
    changed = tuple(
        _revise(stay, "returned", learned, returned=arrival) for stay in cell.trip.stays
    )
    trip = replace(cell.trip, legs=(*cell.trip.legs, leg), stays=changed)
    told, outputs = _tell(replace(cell, trip=trip), "completed", learned, changed=changed)
    if arrival is not None and arrival.certainty != "observed" and told.trip is not None:
        return replace(told, trip=replace(told.trip, home=arrival)), outputs
    return replace(told, trip=None, track=cell.track[-1:]), outputs


def _fly_on(cell: AircraftCell, learned: Snapshot) -> Result:
    """The arrival at home did not happen: the stays are those of a journey under way again."""
    assert cell.trip is not None
    changed = tuple(
        replace(_revise(stay, "left" if stay.departure else "arrived", learned), returned=None)
        for stay in cell.trip.stays
    )
    trip = replace(cell.trip, legs=cell.trip.legs[:-1], stays=changed, home=None)
    return _tell(replace(cell, trip=trip), "returning", learned, changed=changed)


def _is_back_already(cell: AircraftCell, arrival: Movement) -> bool:
    """Whether it has come back to the aerodrome that it has only just left."""
    if cell.trip is None or not cell.trip.stays:
        return False
    last = cell.trip.stays[-1]
    return (
        last.departure is not None
        and last.departure == cell.departure
        and last.arrival.place.aerodrome is not None
        and last.arrival.place.aerodrome == arrival.place.aerodrome
        and arrival.at - last.departure.at <= SHORTEST_FLIGHT
    )


def _rejoin(landed: AircraftCell, learned: Snapshot) -> Result:
    """The last stay goes on: it has not left after all."""
    assert landed.trip is not None
    last = landed.trip.stays[-1]
    stay = replace(_revise(last, "arrived", learned), departure=None)
    trip = replace(landed.trip, stays=(*landed.trip.stays[:-1], stay))
    there = replace(landed, trip=trip, departure=None, arrival=stay.arrival)
    return _tell(there, "staying", learned, changed=(stay,))


def _is_over(trip: Trip, arrival: Movement) -> bool:
    """Whether a journey is too long to go on (see MOST_STAYS)."""
    began = trip.stays[0].arrival.at if trip.stays else arrival.at
    return len(trip.stays) >= MOST_STAYS or arrival.at - began > LONGEST_JOURNEY


def _tell(
    cell: AircraftCell, status: JourneyStatus, learned: Snapshot, *, changed: Iterable[Stay]
) -> Result:
    """Publish a new revision of the journey and the stays that changed."""
    trip = cell.trip
    assert trip is not None
    trip = replace(trip, revision=trip.revision + 1)
    changed = tuple(changed)
    journey = Journey(
        record_id=record_id("journey", trip.journey_id, trip.revision),
        occurred_at=changed[-1].occurred_at,
        observed_at=learned.observed_at,
        journey_id=trip.journey_id,
        revision=trip.revision,
        aircraft=cell.aircraft,
        status=status,
        legs=_legs(cell, trip),
        track=cell.track,
    )
    stays = tuple(Output(CASES_EVENTS, stay) for stay in changed)
    return replace(cell, trip=trip), (*stays, Output(FLIGHTS_JOURNEYS, journey))


def _legs(cell: AircraftCell, trip: Trip) -> tuple[Leg, ...]:
    """The legs that are over, and the one that is being flown."""
    if cell.departure is None or cell.arrival is not None:
        return trip.legs
    return (*trip.legs, Leg(departure=cell.departure))


def _revise(
    stay: Stay,
    status: StayStatus,
    learned: Snapshot,
    *,
    arrival: Movement | None = None,
    departure: Movement | None = None,
    returned: Movement | None = None,
    withdrawn_because: str = "",
) -> Stay:
    revision = stay.revision + 1
    movement = returned or departure or arrival
    return replace(
        stay,
        record_id=record_id("stay", stay.stay_id, revision),
        revision=revision,
        status=status,
        occurred_at=movement.at if movement else learned.observed_at,
        observed_at=learned.observed_at,
        arrival=arrival or stay.arrival,
        departure=departure or stay.departure,
        returned=returned or stay.returned,
        withdrawn_because=withdrawn_because,
    )


def _unknown_departure(arrival: Movement) -> Movement:
    return Movement(
        kind="departure",
        place=Place(),
        at=arrival.at,
        error_min=0.0,
        certainty="unknown",
        reasons=("the departure was not seen",),
    )
