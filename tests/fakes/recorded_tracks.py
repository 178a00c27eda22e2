"""Recordings of which the truth is known, and how what is said of them is compared.

The aircraft are the simulator's, and one on its way into a hole of which no reception is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from random import Random
from typing import Any

from fakes.journeys_run import new_run, out_and_back
from fakes.real_tracks import movements
from fakes.tracks import snapshots

from processors.journeys.plausibility import ON_AERODROME_NM
from simulator.drawing import draw_world
from simulator.noise import MESSAGES, Noise, draw_noise
from simulator.places import load_places
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.journeys import Flight, Movement, Place
from wheelsdown.records.record import Record
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import distance_nm
from wheelsdown.stage import Position

#: How often the recordings are looked at, in seconds.
EVERY_S = 10
#: Errors are rounded, and true times are those of the wheels.
SLACK = timedelta(minutes=5)
#: A source that shows nobody is told of so often: it counts as listening still.
SILENT_LOOKS = timedelta(minutes=4)


class Recording:
    """Snapshots, what is true of the aircraft in them, and who operates these."""

    def __init__(
        self,
        name: str,
        seen: Iterable[Snapshot],
        true: tuple[Movement, ...],
        operator_state: str = "RUS",
    ) -> None:
        self._name = name
        self.snapshots = tuple(_worth_telling(seen))
        self.true = true
        self._operator_state = operator_state

    def __repr__(self) -> str:
        return self._name

    @cached_property
    def whole(self) -> list[Record]:
        """What the stage says of it as it is."""
        return self.said(self.snapshots)

    @cached_property
    def known(self) -> list[Movement]:
        """What is said of it in the end, and what else is true."""
        told = movements(self.whole)
        return told + unmatched(self.true, told)

    def said(self, altered: Iterable[Snapshot]) -> list[Record]:
        """What the stage says of snapshots of these aircraft.

        Its cells are kept as they are: that they survive as bytes, other tests show.
        """
        stage = new_run(self._operator_state).stage
        cells: dict[str, Any] = {}
        said: list[Record] = []
        for offset, snapshot in enumerate(altered):
            step = stage.step(cells, snapshot, Position(0, offset))
            cells |= step.cells
            said += [one.record for one in step.outputs]
        return said


@cache
def simulated(kind: str, seed: int, *, noisy: bool) -> Recording:
    """A journey of a kind, with one aircraft or two, in a world with holes and outages.

    With noise every kind of wrong message befalls it, and maybe spells of trouble.
    """
    rng = Random(seed)
    world = draw_world(1, rng, source="simulated", kinds=(kind,))
    if noisy:
        for one in world.itineraries:
            spells = draw_noise(one.sorties, load_places(), rng, clean=0.0).spells
            world.noises[one.aircraft.icao24] = Noise(tuple(MESSAGES), spells)
    else:
        world.noises.clear()
        world.ghosts.clear()
    seen = list(world.snapshots(EVERY_S))
    true = [
        _true(end, where.aerodrome, where.at)
        for one in world.truth()
        for leg in one.legs
        for end, where in (("departure", leg.departure), ("arrival", leg.arrival))
    ]
    name = f"{kind} {seed}{' with noise' if noisy else ''}"
    return Recording(name, seen, tuple(true), world.truth()[0].home_state)


@cache
def into_a_hole(stay_h: int, hole_nm: int) -> Recording:
    """Moscow, Pyongyang and back, of which nothing is known where others are heard."""
    vectors, landed, left = out_and_back(stay_h, hole_nm=hole_nm, every_s=EVERY_S)
    stop = vectors[-1].heard_at + timedelta(minutes=1)
    seen = snapshots(vectors, vectors[0].heard_at, stop, every_s=EVERY_S)
    begun = next(one.heard_at for one in vectors if not one.on_ground)
    home = next(one.heard_at for one in vectors if one.on_ground and one.heard_at > left)
    true = (
        _true("departure", "UUMU", begun),
        _true("arrival", "ZKPY", landed),
        _true("departure", "ZKPY", left),
        _true("arrival", "UUMU", home),
    )
    name = f"{stay_h} h in a hole of {hole_nm} nm"
    return Recording(name, seen, true)


def added(said: Sequence[Record], recording: Recording) -> list[Movement]:
    """What is said in the end and was neither said of the whole recording nor is true.

    Each movement stands for one: a second departure is one too many.
    """
    return unmatched(movements(said), recording.known)


def unmatched(said: Sequence[Movement], known: Sequence[Movement]) -> list[Movement]:
    """Those that are left when as many as possible are paired with one that is known and agrees."""
    taken: dict[int, int] = {}
    return [one for number, one in enumerate(said) if not _pair(number, said, known, taken, set())]


def _pair(
    number: int,
    said: Sequence[Movement],
    known: Sequence[Movement],
    taken: dict[int, int],
    tried: set[int],
) -> bool:
    """Pair one, moving others to their second choice where that makes room (Kuhn's algorithm)."""
    for other, movement in enumerate(known):
        if other in tried or not agree(said[number], movement):
            continue
        tried.add(other)
        if other not in taken or _pair(taken[other], said, known, taken, tried):
            taken[other] = number
            return True
    return False


def taken_back(said: Sequence[Record], recording: Recording) -> list[Movement]:
    """What was called observed in any revision and does not agree with what is known in the end."""
    flights = [one.leg for one in said if isinstance(one, Flight)]
    ends = [end for leg in flights for end in (leg.departure, leg.arrival) if end is not None]
    seen = dict.fromkeys(end for end in ends if end.certainty == "observed")
    return [end for end in seen if not any(agree(end, one) for one in recording.known)]


def agree(one: Movement, other: Movement) -> bool:
    """Whether two may be the same: kind, time within both errors, and places that fit.

    Aerodromes so close that positions on the ground do not tell them apart are one.
    """
    error = timedelta(minutes=one.error_min + other.error_min) + SLACK
    return (
        one.kind == other.kind
        and abs(one.at - other.at) <= error
        and any(_fit(here, there) for here in _places(one) for there in _places(other))
    )


def _places(movement: Movement) -> tuple[Place, ...]:
    return (movement.place, *movement.alternatives)


def _fit(one: Place, other: Place) -> bool:
    if one.aerodrome is not None and other.aerodrome is not None:
        return one.aerodrome == other.aerodrome or _apart_nm(one, other) <= ON_AERODROME_NM
    return None in (one.state, other.state) or one.state == other.state


def _apart_nm(one: Place, other: Place) -> float:
    known = load_aerodromes()
    here, there = known.get(one.aerodrome or ""), known.get(other.aerodrome or "")
    assert here is not None, one
    assert there is not None, other
    return distance_nm(here.latitude, here.longitude, there.latitude, there.longitude)


def _true(kind: str, icao: str, at: datetime) -> Movement:
    where = load_aerodromes().get(icao)
    assert where is not None
    return Movement(
        kind="departure" if kind == "departure" else "arrival",
        place=Place(state=where.state, aerodrome=icao),
        at=at,
        error_min=0.0,
        certainty="observed",
        reasons=(),
    )


def _worth_telling(seen: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """Of the looks that show nobody as many as a source must tell: days on the ground are long."""
    last: datetime | None = None
    for one in seen:
        if one.candidates or last is None or one.observed_at - last >= SILENT_LOOKS:
            last = one.observed_at
            yield one
