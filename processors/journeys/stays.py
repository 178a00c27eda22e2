"""Stays as they are told to the case files: begun, revised, taken back."""

from msgspec.structs import replace

from processors.journeys import stops
from processors.journeys.cells import AircraftCell, Trip
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import Movement, Stay, StayStatus
from wheelsdown.records.record import StateCode, pair_of, record_id


def begun(cell: AircraftCell, trip: Trip, operator: StateCode, learned: Snapshot) -> Stay | None:
    """The stay that begins with the arrival of the trip's last leg; None where it has no state."""
    arrival = trip.legs[-1].arrival
    host = arrival.place.state if arrival is not None else None
    if arrival is None or host is None:
        return None
    stay_id = record_id("stay", trip.journey_id, len(trip.legs) - 1, learned.record_id)
    return Stay(
        record_id=record_id("stay", stay_id, 1),
        occurred_at=arrival.at,
        observed_at=learned.observed_at,
        stay_id=stay_id,
        journey_id=trip.journey_id,
        revision=1,
        pair=pair_of(operator, host),
        host=host,
        aircraft=cell.aircraft,
        status="arrived",
        origin=trip.legs[0].departure,
        arrival=arrival,
    )


def revised(
    stay: Stay,
    status: StayStatus,
    learned: Snapshot,
    *,
    arrival: Movement | None = None,
    departure: Movement | None = None,
    returned: Movement | None = None,
    withdrawn_because: str = "",
) -> Stay:
    """The next revision of a stay."""
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


def with_technical_stop(trip: Trip, learned: Snapshot) -> tuple[Trip, tuple[Stay, ...]]:
    """The trip, whose last leg has just arrived, and the stay that turns out a technical stop.

    It may still have been a short visit: the case file decides, by whether one is known.
    """
    if len(trip.legs) < 2 or not trip.stays or not stops.is_technical(*trip.legs[-2:]):
        return trip, ()
    last = trip.stays[-1]
    if last.arrival != trip.legs[-2].arrival:
        return trip, ()
    known = replace(revised(last, "left", learned, departure=last.departure), stop="technical_stop")
    return replace(trip, stays=(*trip.stays[:-1], known)), (known,)
