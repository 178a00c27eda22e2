"""Draws worlds: who flies where and when, what befalls it, and where nobody listens."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simulator.dice import Dice
from simulator.flight import Flight
from simulator.itineraries import HOUR, MINUTE, Diary, Itinerary, NoPlaceError, Sortie
from simulator.kinds import KINDS, MIX, to_and_fro
from simulator.noise import DUPLICATE, Noise, draw_noise
from simulator.performance import A340, FREIGHTERS, STATE_TYPES, Performance
from simulator.piloting import fly
from simulator.places import Places, load_places
from simulator.receivers import Circle, Receivers, draw_holes, draw_receivers
from simulator.traffic import Traffic
from simulator.world import Outage, World
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.geodesy import distance_nm
from wheelsdown.reference.states import load_states

#: When simulations begin: a Monday like any other.
START = datetime(2025, 3, 3, tzinfo=UTC).timestamp()
#: Aircraft begin their first flight within this time.
SPREAD_H = (0.5, 48.0)
#: Addresses b00000 to bfffff are allotted to nobody (Annex 10, Volume III, table 9-1).
FIRST_ADDRESS = 0xB00000
#: An operator at whose home nobody hears an aircraft on the ground is passed over so often.
HOME_HEARD = 0.9
#: Outages a day, and how long they last in minutes: of the source, and of a region's receivers.
SILENT_A_DAY, SILENT_MIN = 0.7, (4.0, 90.0)
DARK_A_DAY, DARK_MIN, DARK_NM = 3.0, (20.0, 240.0), (250.0, 800.0)
#: A ghost flies at least so far from the aircraft whose address it has.
FAR_NM = 2_000.0
#: and begins so many minutes after its take-off.
GHOST_MIN = (0.0, 20.0)
#: Two in formation: so many seconds apart.
FORMATION_S = (12.0, 40.0)
#: A kind that finds no place is tried with so many other aircraft.
_TRIES = 200


class _Scene(NamedTuple):
    """What all aircraft of a world share while it is drawn."""

    places: Places
    receivers: Receivers
    rng: Dice


def draw_world(journeys: int, rng: Dice, *, source: str, kinds: Sequence[str] = MIX) -> World:
    """A world with so many journeys, the kinds in turn; a formation has two aircraft."""
    scene = _draw_scene(rng)
    traffic = Traffic(scene.receivers, rng)
    itineraries: list[Itinerary] = []
    for number in range(journeys):
        kind = kinds[number % len(kinds)]
        address = FIRST_ADDRESS + len(itineraries)
        itineraries.append(_draw_itinerary(scene, kind, address, KINDS[kind], SPREAD_H))
        if kind == "formation":
            itineraries.append(_wingman(itineraries[-1], address + 1, rng))
    noises: dict[str, Noise] = {}
    ghosts = []
    for one in itineraries:
        noise = draw_noise(one.sorties, scene.places, rng)
        noises[one.aircraft.icao24] = noise
        if DUPLICATE in noise.kinds:
            ghost = _ghost(scene, one)
            if ghost is not None:
                ghosts.append((one, ghost))
    world = World(source, scene.receivers, traffic, itineraries, rng, noises, ghosts)
    world.outages = _draw_outages(world.begins, world.ends, scene.places, rng)
    return world


def draw_crowd(aircraft: int, hours: float, rng: Dice, *, source: str) -> World:
    """So many aircraft that fly to and fro for hours with short stops: a busy feed, as a load."""
    scene = _draw_scene(rng)
    traffic = Traffic(scene.receivers, rng)
    fill = to_and_fro(hours)
    crowd = [
        _draw_itinerary(scene, "to_and_fro", FIRST_ADDRESS + number, fill, (0.0, 2.0))
        for number in range(aircraft)
    ]
    noises = {one.aircraft.icao24: draw_noise(one.sorties, scene.places, rng) for one in crowd}
    return World(source, scene.receivers, traffic, crowd, rng, noises)


def _draw_scene(rng: Dice) -> _Scene:
    places = load_places()
    return _Scene(places, draw_receivers(places, rng, holes=draw_holes(places, rng)), rng)


def _draw_itinerary(
    scene: _Scene,
    kind: str,
    address: int,
    fill: Callable[[Diary], None],
    spread_h: tuple[float, float],
) -> Itinerary:
    """An aircraft with its flights; the first begins within so many hours of the start."""
    places, receivers, rng = scene
    states = tuple(places.capitals)
    for _ in range(_TRIES):
        home = places.capitals[rng.choice(states)]
        if not receivers.hears_at(home, 0) and rng.random() < HOME_HEARD:
            continue
        performance = rng.choice(FREIGHTERS if kind == "cargo" else STATE_TYPES)
        itinerary = _new_itinerary(kind, address, home, performance, rng)
        begins = START + rng.uniform(*spread_h) * HOUR
        try:
            fill(Diary(itinerary, begins, places, receivers, rng))
        except NoPlaceError:
            continue
        return itinerary
    raise NoPlaceError(f"no journey of kind {kind} found in {_TRIES} tries")


def _new_itinerary(
    kind: str, address: int, home: Aerodrome, performance: Performance, rng: Dice
) -> Itinerary:
    """An aircraft of the state in which ``home`` lies, without flights."""
    number = address - FIRST_ADDRESS
    state = load_states()[home.state]
    return Itinerary(
        aircraft=Aircraft(
            icao24=f"{address:06x}",
            registration=f"SIM-{number:04d}",
            type_code=performance.type_code,
            type_name=performance.type_name,
            operator=f"simulated operator of {state.name}",
            operator_state=state.code,
            source="simulated",
        ),
        callsign=f"SIM{number:04d}",
        kind=kind,
        home=home,
        performance=performance,
        loudness=rng.uniform(0.8, 1.0),
    )


def _wingman(leader: Itinerary, address: int, rng: Dice) -> Itinerary:
    """Another aircraft that flies the same, some seconds behind."""
    other = _new_itinerary(leader.kind, address, leader.home, leader.performance, rng)
    behind = rng.uniform(*FORMATION_S)
    for sortie in leader.sorties:
        other.sorties.append(
            Sortie(
                flight=sortie.flight.later(behind),
                departure=sortie.departure,
                arrival=sortie.arrival,
                on=sortie.on + behind,
                off=sortie.off + behind,
                technical=sortie.technical,
            )
        )
    leader.partner, other.partner = other.aircraft.icao24, leader.aircraft.icao24
    return other


def _ghost(scene: _Scene, one: Itinerary) -> Flight | None:
    """A flight of somebody else with the same address, far away, while the aircraft flies.

    It begins soon after the aircraft was heard to take off: once that is silent for long, nothing
    tells the two apart. None when no flight of the aircraft is heard so and long enough.
    """
    places, receivers, rng = scene
    heard = [sortie for sortie in one.sorties if receivers.hears_at(sortie.departure, 0)]
    if not heard:
        return None
    flight = max((sortie.flight for sortie in heard), key=lambda flown: flown.nm)
    way = [flight.at(at) for at in (flight.began, (flight.began + flight.ended) / 2, flight.ended)]
    far = [
        at
        for at in places.capitals.values()
        if receivers.hears_at(at, 1_000)
        and all(
            distance_nm(spot.latitude, spot.longitude, at.latitude, at.longitude) > FAR_NM
            for spot in way
        )
    ]
    for _ in range(_TRIES):
        departure, arrival = rng.sample(far, 2)
        nm = distance_nm(
            departure.latitude, departure.longitude, arrival.latitude, arrival.longitude
        )
        if 150 < nm < 1_500:
            begins = flight.took_off + rng.uniform(*GHOST_MIN) * MINUTE
            ghost = fly(A340, begins, departure, arrival, rng)
            if ghost.ended < flight.landed:
                return ghost
    return None


def _draw_outages(begins: float, ends: float, places: Places, rng: Dice) -> tuple[Outage, ...]:
    days = (ends - begins) / (24 * HOUR)
    outages = []
    for _ in range(round(SILENT_A_DAY * days)):
        at = rng.uniform(begins, ends)
        outages.append(Outage(at, at + rng.uniform(*SILENT_MIN) * MINUTE))
    for _ in range(round(DARK_A_DAY * days)):
        at = rng.uniform(begins, ends)
        centre = rng.choice(tuple(places.capitals.values()))
        circle = Circle(centre.latitude, centre.longitude, rng.uniform(*DARK_NM))
        outages.append(Outage(at, at + rng.uniform(*DARK_MIN) * MINUTE, circle))
    return tuple(outages)
