"""A simulated world: aircraft, receivers and trouble, and the snapshots that a feed makes of it."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from simulator.dice import Dice
from simulator.flight import Flight, Motion
from simulator.itineraries import HOUR, MINUTE, Itinerary, Sortie
from simulator.noise import Noise
from simulator.receivers import Circle, Receivers
from simulator.traffic import Traffic
from simulator.truth import Truth, truth_of
from wheelsdown.records.aircraft import Scope, Snapshot, StateVector
from wheelsdown.records.reception import Reception
from wheelsdown.records.record import record_id

#: A feed shows the last contact, which is up to so many seconds old.
OLDEST_S = 8.0
#: The share of looks at which a heard aircraft is not shown.
MISSED = 0.01
#: Held-back messages come so many minutes late.
LATE_MIN = (0.5, 5.0)
#: The reception maps are told so often, in seconds.
RECEPTION_EVERY_S = 60.0
#: What others with the same address call themselves.
GHOST_CALLSIGN = "OTHER1"


class Outage(NamedTuple):
    """A time without reception; without a circle the source itself is silent."""

    begins: float
    ends: float
    circle: Circle | None = None


@dataclass(eq=False)
class _Voice:
    """A transponder that is on: of a watched aircraft's flight, or of a ghost with its address."""

    itinerary: Itinerary
    noise: Noise
    flight: Flight
    on: float
    off: float
    callsign: str
    sortie: Sortie | None


@dataclass
class World:
    """What is simulated; ``snapshots`` may be run once, and ``truth`` is known after it.

    Times are seconds since 1970. ``source`` is what the snapshots are named after.
    """

    source: str
    receivers: Receivers
    traffic: Traffic
    itineraries: list[Itinerary]
    rng: Dice
    noises: dict[str, Noise] = field(default_factory=dict)
    ghosts: list[tuple[Itinerary, Flight]] = field(default_factory=list)
    outages: tuple[Outage, ...] = ()

    @property
    def begins(self) -> float:
        """An hour before the first transponder is switched on, on a full minute."""
        return min(one.sorties[0].on for one in self.itineraries) // 60 * 60 - HOUR

    @property
    def ends(self) -> float:
        """A day after the last landing: time for rules to conclude what they can."""
        return max(one.sorties[-1].off for one in self.itineraries) + 24 * HOUR

    def truth(self) -> list[Truth]:
        """The truth of each aircraft, by address."""
        found = (truth_of(one, self._noise(one), self.receivers) for one in self.itineraries)
        return sorted(found, key=lambda one: one.icao24)

    def snapshots(self, every_s: float) -> Iterator[Snapshot]:
        """Looks at the world, one every ``every_s`` seconds."""
        waiting = sorted(self._voices(), key=lambda one: (one.on, one.itinerary.aircraft.icao24))
        waiting.reverse()
        speaking: list[_Voice] = []
        held: list[tuple[float, int, StateVector]] = []
        told_at: float | None = None
        begins = self.begins
        for number in range(int((self.ends - begins) / every_s) + 1):
            at = begins + number * every_s
            while waiting and waiting[-1].on <= at:
                speaking.append(waiting.pop())
            speaking = [one for one in speaking if one.off > at]
            now = [one for one in self.outages if one.begins <= at < one.ends]
            dark = tuple(one.circle for one in now if one.circle is not None)
            is_silent = any(one.circle is None for one in now)
            shown = {} if is_silent else self._look(speaking, at, dark, held)
            reception = None
            if not is_silent and (told_at is None or at - told_at >= RECEPTION_EVERY_S):
                reception, told_at = self.traffic.reception(at, dark, self.rng), at
            yield self._snapshot(number, at, every_s, shown, reception, is_silent=is_silent)

    def _look(
        self,
        speaking: Sequence[_Voice],
        at: float,
        dark: tuple[Circle, ...],
        held: list[tuple[float, int, StateVector]],
    ) -> dict[str, StateVector]:
        """What is heard now, by address: one vector each, of two with one address either."""
        rng = self.rng
        shown: dict[str, StateVector] = {}
        for voice in speaking:
            itinerary = voice.itinerary
            said_at = at - rng.random() * OLDEST_S
            motion = voice.flight.at(said_at)
            if rng.random() < MISSED or not self.receivers.hears(
                motion.vector,
                motion.latitude,
                motion.longitude,
                motion.altitude_ft,
                itinerary.loudness,
            ):
                continue
            if dark and any(one.holds(motion.latitude, motion.longitude) for one in dark):
                continue
            vector = _vector(itinerary, motion, said_at, voice.callsign)
            noise = voice.noise
            if noise.kinds:
                spoiled = noise.spoil(vector, said_at, rng)
                if spoiled is None:
                    continue
                vector = spoiled
                if noise.is_late(rng):
                    release = at + rng.uniform(*LATE_MIN) * MINUTE
                    heapq.heappush(held, (release, len(held), vector))
                    continue
            icao24 = itinerary.aircraft.icao24
            if icao24 in shown and rng.random() < 0.5:
                continue
            shown[icao24] = vector
            if voice.sortie is not None:
                _note_heard(voice.sortie, voice.flight, vector, motion, said_at)
        while held and held[0][0] <= at:
            late = heapq.heappop(held)[2]
            shown[late.icao24] = late
        return shown

    def _snapshot(
        self,
        number: int,
        at: float,
        every_s: float,
        shown: dict[str, StateVector],
        reception: Reception | None,
        *,
        is_silent: bool,
    ) -> Snapshot:
        moment = datetime.fromtimestamp(at, UTC)
        return Snapshot(
            record_id=record_id(self.source, number),
            occurred_at=moment,
            observed_at=moment,
            source=self.source,
            sequence=number,
            shard=0,
            shards=1,
            scope=Scope(kind="world"),
            health="silent" if is_silent else "ok",
            reason="timeout" if is_silent else "",
            received=len(shown),
            candidates=tuple(shown[key] for key in sorted(shown)),
            every_s=every_s,
            reception=reception,
        )

    def _voices(self) -> Iterator[_Voice]:
        for one in self.itineraries:
            for sortie in one.sorties:
                yield _Voice(
                    one,
                    self._noise(one),
                    sortie.flight,
                    sortie.on,
                    sortie.off,
                    one.callsign,
                    sortie,
                )
        for one, flight in self.ghosts:
            yield _Voice(one, Noise(), flight, flight.began, flight.ended, GHOST_CALLSIGN, None)

    def _noise(self, itinerary: Itinerary) -> Noise:
        return self.noises.get(itinerary.aircraft.icao24, Noise())


def _vector(itinerary: Itinerary, motion: Motion, at: float, callsign: str) -> StateVector:
    moment = datetime.fromtimestamp(round(at, 1), UTC)
    aircraft = itinerary.aircraft
    return StateVector(
        icao24=aircraft.icao24,
        heard_at=moment,
        callsign=callsign,
        registration=aircraft.registration,
        type_code=aircraft.type_code,
        latitude=round(motion.latitude, 5),
        longitude=round(motion.longitude, 5),
        positioned_at=moment,
        altitude_ft=None if motion.on_ground else float(round(motion.altitude_ft / 25) * 25),
        on_ground=motion.on_ground,
        ground_speed_kt=round(motion.ground_speed_kt, 1),
        track_deg=round(motion.track_deg, 1) % 360.0,
        vertical_rate_fpm=float(round(motion.vertical_rate_fpm / 64) * 64),
        position_source="adsb",
    )


def _note_heard(
    sortie: Sortie, flight: Flight, vector: StateVector, motion: Motion, at: float
) -> None:
    """Keep in the truth that a true position was shown."""
    if vector.latitude is None or vector.longitude is None:
        return
    if abs(vector.latitude - motion.latitude) > 0.1:
        return  # a false one
    if sortie.first_heard is None:
        sortie.first_heard = at
    sortie.last_heard = at
    if motion.on_ground and at <= flight.took_off:
        sortie.departure_heard = True
    elif motion.on_ground and at >= flight.landed:
        sortie.arrival_heard = True
