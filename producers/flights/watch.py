"""From pictures to snapshots: the candidates of each shard, or the fact that nothing was seen.

The world's traffic is filtered here, where it enters: snapshots carry the aircraft that somebody
watches and the counts of the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from producers.flights.picture import Picture
from wheelsdown.records.aircraft import Scope, Snapshot, StateVector, shard_of
from wheelsdown.records.reception import Reception
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import ADSB_SNAPSHOTS

#: Whether an aircraft is a candidate: in the fleet, flagged military, in a government block.
Watches = Callable[[StateVector], bool]

#: Reasons quote what a server or file said; no reader needs more of it.
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Poll:
    """One look at a source, and into how many shards its snapshots are split.

    ``every_s`` is how often the source is looked at, in seconds; None for a single look.
    """

    source: str
    scope: Scope
    shards: int
    polled_at: datetime
    every_s: float | None

    @property
    def sequence(self) -> int:
        """Grows from poll to poll of a source: the time of the poll in ms since 1970."""
        return round(self.polled_at.timestamp() * 1000)


def snapshots(
    poll: Poll, picture: Picture, watches: Watches, reception: Reception | None = None
) -> list[Snapshot]:
    """One snapshot a shard, each with its candidates, also when there are none.

    Each carries the ``reception``, for the rules read every shard on its own.

    A shard with more candidates than a record holds keeps those heard last, counts the others as
    ``oversized`` and is degraded; the cure is more shards.
    """
    members: list[list[StateVector]] = [[] for _ in range(poll.shards)]
    for vector in picture.vectors:
        if watches(vector):
            members[shard_of(vector.icao24, poll.shards)].append(vector)
    return [
        _fitting(_snapshot(poll, picture, shard, candidates, reception))
        for shard, candidates in enumerate(members)
    ]


def silent_snapshots(poll: Poll, reason: str) -> list[Snapshot]:
    """One snapshot a shard that says: this poll saw nothing at all, and why."""
    return [
        Snapshot(
            record_id=record_id(poll.source, poll.sequence, shard),
            occurred_at=poll.polled_at,
            observed_at=poll.polled_at,
            source=poll.source,
            sequence=poll.sequence,
            shard=shard,
            shards=poll.shards,
            scope=poll.scope,
            health="silent",
            reason=reason[:_LONGEST_REASON],
            every_s=poll.every_s,
        )
        for shard in range(poll.shards)
    ]


def _snapshot(
    poll: Poll,
    picture: Picture,
    shard: int,
    candidates: Sequence[StateVector],
    reception: Reception | None,
) -> Snapshot:
    return Snapshot(
        record_id=record_id(poll.source, poll.sequence, shard),
        occurred_at=picture.at,
        observed_at=poll.polled_at,
        source=poll.source,
        sequence=poll.sequence,
        shard=shard,
        shards=poll.shards,
        scope=poll.scope,
        health=picture.health,
        reason=picture.reason[:_LONGEST_REASON],
        received=picture.received,
        dropped={str(reason): count for reason, count in picture.dropped.items()},
        candidates=tuple(candidates),
        every_s=poll.every_s,
        reception=reception,
    )


def _fitting(snapshot: Snapshot) -> Snapshot:
    """The snapshot, without as many of its candidates as it takes to fit into a record."""
    limit = ADSB_SNAPSHOTS.max_bytes
    if len(msgspec.json.encode(snapshot)) <= limit:
        return snapshot
    freshest = sorted(snapshot.candidates, key=lambda vector: vector.heard_at, reverse=True)
    room = limit - len(msgspec.json.encode(_without(snapshot, len(freshest), ())))
    kept = 0
    for vector in freshest:
        room -= len(msgspec.json.encode(vector)) + len(b",")
        if room < 0:
            break
        kept += 1
    fitting = tuple(sorted(freshest[:kept], key=lambda vector: vector.icao24))
    return _without(snapshot, len(freshest) - kept, fitting)


def _without(snapshot: Snapshot, left_out: int, candidates: tuple[StateVector, ...]) -> Snapshot:
    return msgspec.structs.replace(
        snapshot,
        health="degraded",
        reason=f"{left_out} candidates do not fit into one record: use more shards",
        dropped={**snapshot.dropped, "oversized": left_out},
        candidates=candidates,
    )
