"""What is true of a simulated aircraft, as it is written beside the recording: ``truth.jsonl``."""

from datetime import UTC, datetime

import msgspec

from simulator.itineraries import Itinerary, Sortie
from simulator.noise import Noise
from simulator.receivers import Receivers
from wheelsdown.reference.aerodromes import Aerodrome


class TruePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A landing or a take-off; ``heard`` says whether a position on the ground there was heard."""

    aerodrome: str
    state: str
    at: datetime
    heard: bool


class TrueLeg(msgspec.Struct, frozen=True, kw_only=True):
    """A flight; ``departure`` and ``arrival`` are take-off and landing.

    ``in_hole``: nobody hears an aircraft 4,000 ft above where it lands. ``first_heard`` and
    ``last_heard`` are the first and the last position that a feed had of it, None without any.
    ``passed`` are aerodromes over whose runways it flew low, or which it touched and left.
    """

    departure: TruePlace
    arrival: TruePlace
    in_hole: bool
    turned_back: bool = False
    diverted_from: str | None = None
    passed: tuple[str, ...] = ()
    first_heard: datetime | None = None
    last_heard: datetime | None = None


class TrueStay(msgspec.Struct, frozen=True, kw_only=True):
    """On the ground in another state than the operator's, from landing to take-off.

    ``technical``: it only refuels. ``left`` is None when it does not leave.
    """

    aerodrome: str
    state: str
    arrived: datetime
    left: datetime | None
    technical: bool


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """One aircraft.

    ``is_journey``: it lands in another state than its operator's. ``ends``: ``home``, ``abroad`` or
    ``rebased``. ``partner`` flies a few miles beside it. ``noise`` are the kinds of noise.py that
    befell it.
    """

    icao24: str
    kind: str
    home_state: str
    home: str
    type_code: str
    is_journey: bool
    ends: str
    legs: tuple[TrueLeg, ...]
    stays: tuple[TrueStay, ...]
    partner: str | None = None
    noise: tuple[str, ...] = ()


def truth_of(itinerary: Itinerary, noise: Noise, receivers: Receivers) -> Truth:
    """The truth of an aircraft, once its recording is made."""
    state = itinerary.aircraft.operator_state
    assert state is not None
    stays = _stays(itinerary.sorties, state)
    return Truth(
        icao24=itinerary.aircraft.icao24,
        kind=itinerary.kind,
        home_state=state,
        home=itinerary.home.icao,
        type_code=itinerary.performance.type_code,
        is_journey=bool(stays),
        ends=itinerary.ends,
        legs=tuple(_leg(one, receivers) for one in itinerary.sorties),
        stays=stays,
        partner=itinerary.partner,
        noise=noise.kinds,
    )


def utc(at: float) -> datetime:
    """A time of the simulation, to the second."""
    return datetime.fromtimestamp(round(at), UTC)


def _leg(sortie: Sortie, receivers: Receivers) -> TrueLeg:
    return TrueLeg(
        departure=_place(sortie.departure, sortie.flight.took_off, heard=sortie.departure_heard),
        arrival=_place(sortie.arrival, sortie.flight.landed, heard=sortie.arrival_heard),
        in_hole=not receivers.hears_at(sortie.arrival, 4_000),
        turned_back=sortie.turned_back,
        diverted_from=sortie.diverted_from.icao if sortie.diverted_from else None,
        passed=tuple(one.icao for one in sortie.passed),
        first_heard=None if sortie.first_heard is None else utc(sortie.first_heard),
        last_heard=None if sortie.last_heard is None else utc(sortie.last_heard),
    )


def _place(aerodrome: Aerodrome, at: float, *, heard: bool) -> TruePlace:
    return TruePlace(aerodrome=aerodrome.icao, state=aerodrome.state, at=utc(at), heard=heard)


def _stays(sorties: list[Sortie], home: str) -> tuple[TrueStay, ...]:
    nexts: list[Sortie | None] = [*sorties[1:], None]
    return tuple(
        TrueStay(
            aerodrome=one.arrival.icao,
            state=one.arrival.state,
            arrived=utc(one.flight.landed),
            left=utc(then.flight.took_off) if then else None,
            technical=one.technical,
        )
        for one, then in zip(sorties, nexts, strict=True)
        if one.arrival.state != home
    )
