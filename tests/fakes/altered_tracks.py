"""Recordings of simulated aircraft, and what may befall them on their way: losses, repeats, delays.

An alteration takes the snapshots of a recording and gives others that tell no more than these did.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from random import Random

from fakes.journeys_run import new_run, out_and_back
from fakes.real_tracks import movements
from fakes.tracks import snapshots
from msgspec.structs import replace

from simulator.drawing import draw_world
from simulator.noise import draw_noise
from simulator.places import load_places
from wheelsdown.records.aircraft import Snapshot, StateVector, shard_of
from wheelsdown.records.journeys import Flight, Movement, Place
from wheelsdown.records.record import Record
from wheelsdown.reference.aerodromes import load_aerodromes

#: How often the recordings are looked at, in seconds.
EVERY_S = 10
#: Errors are rounded, and true times are those of the wheels.
SLACK = timedelta(minutes=5)
#: A source that shows nobody is told of so often: it counts as listening still. So it goes on for
#: so long after a track is cut off.
SILENT_LOOKS, SILENCE = timedelta(minutes=4), timedelta(hours=30)


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
        """What the stage says of snapshots of these aircraft."""
        return new_run(self._operator_state).take_all(altered)


@cache
def simulated(kind: str, seed: int, *, noisy: bool) -> Recording:
    """A journey of a kind, with one aircraft or two, in a world with holes and outages."""
    rng = Random(seed)
    world = draw_world(1, rng, source="simulated", kinds=(kind,))
    if noisy:
        for one in world.itineraries:
            noise = draw_noise(one.sorties, load_places(), rng, clean=0.0)
            world.noises[one.aircraft.icao24] = noise
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


@dataclass(frozen=True)
class Loss:
    """Positions that are not heard: scattered ones, and stretches.

    ``stretches`` are where they begin and how long they are, as shares of the recording; with
    ``at_turns`` they lie around take-offs and landings instead. No more than ``most`` of all are
    lost. ``heard``: only the positions are, not the contact.
    """

    seed: int
    scattered: float
    stretches: tuple[tuple[float, float], ...]
    at_turns: bool
    heard: bool
    most: float = 0.3

    def of(self, whole: Sequence[Snapshot]) -> list[Snapshot]:
        """The snapshots without them."""
        rng = Random(self.seed)
        shown = [number for number, one in enumerate(whole) if one.candidates]
        turns = [at for at, (one, other) in enumerate(pairwise(shown)) if _turns(whole, one, other)]
        lost: list[int] = []
        for begins, length in self.stretches:
            many = int(length * len(shown))
            first = int(begins * len(shown))
            if self.at_turns and turns:
                first = max(0, turns[int(begins * len(turns))] - many // 2)
            lost += shown[first : first + many]
        lost += [number for number in shown if rng.random() < self.scattered]
        gone = set(list(dict.fromkeys(lost))[: int(self.most * len(shown))])
        return [self._without(one) if number in gone else one for number, one in enumerate(whole)]

    def _without(self, one: Snapshot) -> Snapshot:
        if not self.heard:
            return replace(one, candidates=())
        mute = (
            replace(vector, latitude=None, longitude=None, positioned_at=None)
            for vector in one.candidates
        )
        return replace(one, candidates=tuple(mute))


def doubled(whole: Sequence[Snapshot]) -> Iterator[Snapshot]:
    """Every snapshot twice in the log."""
    for one in whole:
        yield one
        yield one


def repeated(whole: Sequence[Snapshot], seed: int, share: float, late_s: float) -> list[Snapshot]:
    """Some looks again, with the same old positions, up to so many seconds later."""
    rng = Random(seed)
    again = [
        _looked_at(one, one.observed_at + timedelta(seconds=rng.uniform(1, late_s)))
        for one in whole
        if one.candidates and rng.random() < share
    ]
    return sorted((*whole, *again), key=lambda one: one.observed_at)


def shuffled(whole: Sequence[Snapshot], seed: int, within_s: float) -> list[Snapshot]:
    """The same vectors, of each aircraft in another order, by a source that is a minute late."""
    rng = Random(seed)
    behind = timedelta(seconds=within_s)
    shown: dict[str, list[int]] = {}
    for number, one in enumerate(whole):
        for vector in one.candidates:
            shown.setdefault(vector.icao24, []).append(number)
    moved: dict[int, list[StateVector]] = {}
    for icao24, numbers in shown.items():
        arrives = {
            number: whole[number].observed_at + timedelta(seconds=rng.uniform(0, within_s))
            for number in numbers
        }
        for number, origin in zip(numbers, sorted(numbers, key=arrives.__getitem__), strict=True):
            vector = next(one for one in whole[origin].candidates if one.icao24 == icao24)
            moved.setdefault(number, []).append(vector)
    return [
        replace(
            _looked_at(one, one.observed_at + behind),
            candidates=tuple(sorted(moved.get(number, ()), key=lambda vector: vector.icao24)),
        )
        for number, one in enumerate(whole)
    ]


def cut_anew(whole: Sequence[Snapshot], every_s: int, phase: float) -> list[Snapshot]:
    """The same recording looked at so often: of each aircraft what was last heard since."""
    every = timedelta(seconds=every_s)
    at = whole[0].observed_at + phase * every
    looks: list[Snapshot] = []
    since: list[Snapshot] = []
    for one in whole:
        if one.observed_at > at and since:
            looks.append(_look(since, at, every_s))
            since = []
        while one.observed_at > at:
            at += every
        since.append(one)
    return looks


def in_shards(whole: Sequence[Snapshot], shards: int) -> list[list[Snapshot]]:
    """The same for each shard, as producers publish them."""
    return [
        [
            replace(
                one,
                shard=shard,
                shards=shards,
                candidates=tuple(
                    vector for vector in one.candidates if shard_of(vector.icao24, shards) == shard
                ),
            )
            for one in whole
        ]
        for shard in range(shards)
    ]


def cut_off(whole: Sequence[Snapshot], share: float) -> list[Snapshot]:
    """The beginning of it; then the source goes on and does not hear the aircraft any more."""
    shown = [number for number, one in enumerate(whole) if one.candidates]
    last = shown[int(share * (len(shown) - 1))]
    kept = list(whole[: last + 1])
    told = next((one.reception for one in reversed(kept) if one.reception is not None), None)
    end, at = kept[-1], kept[-1].observed_at
    while at < end.observed_at + SILENCE:
        at += SILENT_LOOKS
        kept.append(replace(_looked_at(end, at), candidates=(), health="ok", reception=told))
    return kept


def added(said: Sequence[Record], recording: Recording) -> list[Movement]:
    """What is said in the end and was neither said of the whole recording nor is true.

    Each movement stands for one: a second departure is one too many.
    """
    return unmatched(movements(said), recording.known)


def unmatched(said: Sequence[Movement], known: Sequence[Movement]) -> list[Movement]:
    """Those that agree with none that is known; each of these with one only."""
    free = list(known)
    left = []
    for movement in sorted(said, key=lambda one: one.at):
        same = [one for one in free if agree(movement, one)]
        if same:
            free.remove(min(same, key=lambda one: abs(one.at - movement.at)))
        else:
            left.append(movement)
    return left


def taken_back(said: Sequence[Record], recording: Recording) -> list[Movement]:
    """What was called observed in any revision and does not agree with what is known in the end."""
    flights = [one.leg for one in said if isinstance(one, Flight)]
    ends = [end for leg in flights for end in (leg.departure, leg.arrival) if end is not None]
    seen = dict.fromkeys(end for end in ends if end.certainty == "observed")
    return [end for end in seen if not any(agree(end, one) for one in recording.known)]


def agree(one: Movement, other: Movement) -> bool:
    """Whether two may be the same: kind, time within both errors, and places that fit."""
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
        return one.aerodrome == other.aerodrome
    return None in (one.state, other.state) or one.state == other.state


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


def _turns(whole: Sequence[Snapshot], one: int, other: int) -> bool:
    return whole[one].candidates[0].on_ground != whole[other].candidates[0].on_ground


def _looked_at(one: Snapshot, at: datetime) -> Snapshot:
    return replace(one, observed_at=at, occurred_at=at)


def _look(since: Sequence[Snapshot], at: datetime, every_s: int) -> Snapshot:
    """One look that sees what several saw; silent when the last of them was."""
    shown = {vector.icao24: vector for one in since for vector in one.candidates}
    told = next((one.reception for one in reversed(since) if one.reception is not None), None)
    return replace(
        _looked_at(since[-1], at),
        candidates=tuple(shown[key] for key in sorted(shown)),
        reception=told,
        every_s=every_s,
    )
