"""What may befall a recording on its way: losses, repeats, delays, looks at other times.

Each takes the snapshots of a recording and gives others, which tell no more than these did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from fakes.recorded_tracks import SILENT_LOOKS
from msgspec.structs import replace

from wheelsdown.records.aircraft import Snapshot, StateVector, shard_of

#: A source goes on for so long after a track is cut off.
SILENCE = timedelta(hours=30)


@dataclass(frozen=True)
class Loss:
    """Looks at which no position is heard: scattered ones, and stretches of them.

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


def _turns(whole: Sequence[Snapshot], one: int, other: int) -> bool:
    return whole[one].candidates[0].on_ground != whole[other].candidates[0].on_ground


def _looked_at(one: Snapshot, at: datetime) -> Snapshot:
    return replace(one, observed_at=at, occurred_at=at)


def _look(since: Sequence[Snapshot], at: datetime, every_s: int) -> Snapshot:
    """One look that sees what several saw; one that fails when the last of them did."""
    last = since[-1]
    if last.health == "silent":
        return replace(_looked_at(last, at), every_s=every_s)
    shown = {vector.icao24: vector for one in since for vector in one.candidates}
    told = next((one.reception for one in reversed(since) if one.reception is not None), None)
    return replace(
        _looked_at(last, at),
        candidates=tuple(shown[key] for key in sorted(shown)),
        reception=told,
        every_s=every_s,
    )
