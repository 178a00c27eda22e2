"""What goes wrong between an aircraft and a feed: errors of messages, and spells of trouble.

Most aircraft have none or a kind or two. Rates are ours, of the size that is seen in public data:
a wrong message in some hundreds, spells of minutes to hours once in a few flights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from simulator.dice import Dice
from simulator.itineraries import HOUR, MINUTE, Sortie
from simulator.places import Places
from wheelsdown.records.aircraft import StateVector
from wheelsdown.reference.geodesy import destination

#: Kinds that befall single messages: the share of an aircraft's messages that are so.
MESSAGES: Mapping[str, float] = {
    "teleport": 1 / 400,  # a position hundreds of miles off: decoded against the wrong reference
    "ground_bit": 1 / 400,  # said to be on the ground in flight
    "airborne_bit": 1 / 40,  # said to fly while it stands
    "altitude": 1 / 200,  # zero, garbage or none
    "null_island": 1 / 600,  # latitude and longitude zero
    "stale": 1 / 150,  # the time is up to half an hour too early
    "future": 1 / 400,  # the time is up to a day too late
    "late": 1 / 25,  # comes minutes after others that are newer
}
#: Kinds that last: least and most minutes.
SPELLS: Mapping[str, tuple[float, float]] = {
    "spoofed": (3, 20),  # satellite navigation is misled: the position stands at some airport
    "jammed": (5, 60),  # satellite navigation fails: no position at all
    "weak": (20, 180),  # only multilateration or traffic information, with larger errors
    "gap": (3, 200),  # not heard, though receivers are there
}
#: The aircraft that wrongly has the address of another is a ghost to those who follow the other
#: (world.py).
DUPLICATE = "duplicate"
KINDS = (*MESSAGES, *SPELLS, DUPLICATE)

#: The share of aircraft without any noise, and how many kinds others have.
CLEAN = 0.4
FEW = (1, 1, 2, 3)
#: Spells of one kind that an aircraft has at most.
MOST_SPELLS = 3


class Spell(NamedTuple):
    """A time of trouble, in seconds since 1970; ``place`` is where a spoofed position lies."""

    kind: str
    begins: float
    ends: float
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class Noise:
    """What befalls one aircraft."""

    kinds: tuple[str, ...] = ()
    spells: tuple[Spell, ...] = ()

    def spoil(self, vector: StateVector, at: float, rng: Dice) -> StateVector | None:
        """The vector as it is received, None where it is not."""
        for spell in self.spells:
            if spell.begins <= at < spell.ends:
                changed = _in_spell(vector, spell, rng)
                if changed is None:
                    return None
                vector = changed
        roll = rng.random()
        for kind in self.kinds:
            roll -= MESSAGES.get(kind, 0.0)
            if roll < 0:
                return _wrong(vector, kind, rng)
        return vector

    def is_late(self, rng: Dice) -> bool:
        """Whether a message is held back."""
        return "late" in self.kinds and rng.random() < MESSAGES["late"]


def draw_noise(
    sorties: Sequence[Sortie], places: Places, rng: Dice, *, clean: float = CLEAN
) -> Noise:
    """Noise for an aircraft with these flights."""
    if rng.random() < clean:
        return Noise()
    kinds = tuple(sorted(rng.sample(KINDS, rng.choice(FEW))))
    spells = []
    for kind in kinds:
        if kind not in SPELLS:
            continue
        for _ in range(rng.randint(1, MOST_SPELLS)):
            flight = rng.choice(sorties).flight
            begins = rng.uniform(flight.took_off, flight.landed)
            lasts = rng.uniform(*SPELLS[kind]) * MINUTE
            place = None
            if kind == "spoofed":
                # Spoofers of one region mislead to an airport of it or to one far away.
                one = rng.choice(tuple(places.capitals.values()))
                place = (one.latitude, one.longitude)
            spells.append(Spell(kind, begins, begins + lasts, place))
    return Noise(kinds, tuple(spells))


def _in_spell(vector: StateVector, spell: Spell, rng: Dice) -> StateVector | None:
    match spell.kind:
        case "gap":
            return None
        case "jammed":
            return replace(vector, latitude=None, longitude=None, positioned_at=None)
        case "spoofed":
            assert spell.place is not None
            return _moved(vector, spell.place, rng.uniform(0, 360), rng.uniform(0, 2))
        case _:
            here = (vector.latitude or 0.0, vector.longitude or 0.0)
            off = abs(rng.gauss(0.0, 1.5))
            source = "mlat" if rng.random() < 0.7 else "tisb"
            return replace(
                _moved(vector, here, rng.uniform(0, 360), off),
                position_source=source,
                on_ground=None if rng.random() < 0.3 else vector.on_ground,
            )


def _wrong(vector: StateVector, kind: str, rng: Dice) -> StateVector:
    match kind:
        case "teleport":
            here = (vector.latitude or 0.0, vector.longitude or 0.0)
            return _moved(vector, here, rng.uniform(0, 360), rng.uniform(100, 3_000))
        case "ground_bit":
            return replace(vector, on_ground=True, altitude_ft=None)
        case "airborne_bit":
            if not vector.on_ground:
                return vector
            return replace(vector, on_ground=False, altitude_ft=rng.choice((0.0, None, 36_000.0)))
        case "altitude":
            wrong = rng.choice((0.0, None, -1_000.0, 126_700.0, rng.uniform(0, 45_000)))
            return replace(vector, altitude_ft=wrong)
        case "null_island":
            return replace(vector, latitude=0.0, longitude=0.0)
        case "stale":
            return _timed(vector, -rng.uniform(2 * MINUTE, 30 * MINUTE))
        case "future":
            return _timed(vector, rng.choice((rng.uniform(60, 600), rng.uniform(HOUR, 24 * HOUR))))
        case _:
            return vector  # held back by whoever asks is_late


def _moved(
    vector: StateVector, to: tuple[float, float], bearing_deg: float, nm: float
) -> StateVector:
    if vector.latitude is None:
        return vector
    latitude, longitude = destination(*to, bearing_deg, nm)
    return replace(vector, latitude=round(latitude, 5), longitude=round(longitude, 5))


def _timed(vector: StateVector, seconds: float) -> StateVector:
    if vector.positioned_at is None:
        return vector
    off = timedelta(seconds=round(seconds))
    return replace(vector, positioned_at=vector.positioned_at + off, heard_at=vector.heard_at + off)
