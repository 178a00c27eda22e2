"""The journeys stage: snapshots in; flights, stays, journeys and progress out.

Each snapshot is applied in this order: what its source could see, what was heard, what was not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from processors.journeys import absence, reception, sight
from processors.journeys.atlas import Atlas
from processors.journeys.cells import (
    AircraftCell,
    JourneysCell,
    ReceptionCell,
    ShardCell,
    SourceSight,
)
from processors.journeys.following import Follower, Register
from processors.journeys.learned import Learned
from processors.journeys.reception import Ears
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Instant, Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, CASES_EVENTS, FLIGHTS_JOURNEYS, Topic
from wheelsdown.reference.aerodromes import Aerodromes
from wheelsdown.reference.states import State
from wheelsdown.stage import Cells, Output, Position, Step

#: Progress is told this often, in the time of the snapshots.
TELL_EVERY = timedelta(minutes=1)


#: A cell that a snapshot changed; None takes it away.
Changed = AircraftCell | ShardCell | ReceptionCell | None


class JourneysStage:
    """Follows each candidate aircraft."""

    name = "journeys"
    input: Topic = ADSB_SNAPSHOTS
    outputs: tuple[Topic, ...] = (CASES_EVENTS, FLIGHTS_JOURNEYS)
    cell_type: Any = JourneysCell

    def __init__(
        self, register: Register, aerodromes: Aerodromes, states: Mapping[str, State]
    ) -> None:
        self._follower = Follower(register, aerodromes, Atlas(aerodromes, states))

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Apply one snapshot."""
        assert isinstance(record, Snapshot)
        name = f"shard-{record.shard}"
        shard = cells.get(name) or ShardCell(applied=-1, sources={}, due={})
        if shard.applied >= position.offset:
            return Step(cells={})
        changed: dict[str, Changed] = {}
        sources = sight.note(shard.sources, record)
        self._note_reception(
            cells, record, position.offset, shard=shard, sources=sources, changed=changed
        )

        def known() -> Iterator[ReceptionCell]:
            for source in sources:
                ears = _ears(record.shard, source)
                cell = changed[ears] if ears in changed else cells.get(ears)
                if isinstance(cell, ReceptionCell):
                    yield cell

        learned = Learned(
            snapshot=record,
            offset=position.offset,
            sources=sources,
            ears=Ears(known),
            rejected=Counter(),
        )
        due = dict(shard.due)
        outputs = self._heard(cells, learned, due, changed)
        outputs += self._not_heard(cells, learned, due, changed)
        told_up_to, said = _progress(shard, learned.sources, record)
        changed[name] = ShardCell(
            applied=position.offset, sources=learned.sources, due=due, told_up_to=told_up_to
        )
        return Step(cells=changed, outputs=(*outputs, *said), rejected=learned.rejected)

    def _note_reception(
        self,
        cells: Cells,
        record: Snapshot,
        offset: int,
        *,
        shard: ShardCell,
        sources: dict[str, SourceSight],
        changed: dict[str, Changed],
    ) -> None:
        if record.reception is not None:
            name = _ears(record.shard, record.source)
            known: ReceptionCell | None = cells.get(name)
            noted = reception.note(known, record, offset)
            if noted is not known:
                changed[name] = noted
        for source in shard.sources:
            if source not in sources:
                changed[_ears(record.shard, source)] = None

    def _heard(
        self,
        cells: Cells,
        learned: Learned,
        due: dict[str, Instant],
        changed: dict[str, Changed],
    ) -> list[Output]:
        outputs: list[Output] = []
        for vector in learned.snapshot.candidates:
            known = cells.get(vector.icao24)
            cell, said = self._follower.heard(known, vector, learned)
            outputs += said
            if cell is not None and cell is not known:
                changed[vector.icao24] = cell
            absence.look_again(due, cell, None)
        return outputs

    def _not_heard(
        self,
        cells: Cells,
        learned: Learned,
        due: dict[str, Instant],
        changed: dict[str, Changed],
    ) -> list[Output]:
        outputs: list[Output] = []
        now = learned.snapshot.observed_at
        heard = {vector.icao24 for vector in learned.snapshot.candidates}
        for icao24 in sorted(one for one, at in due.items() if at <= now):
            if icao24 in heard:
                continue
            known = cells.get(icao24)
            if known is None:
                del due[icao24]  # the cell was lost with a crash that the index survived
                continue
            cell, said = self._follower.not_heard(known, learned)
            outputs += said
            if cell is not known:
                changed[icao24] = cell
            absence.look_again(due, cell, now)
        return outputs


def _ears(shard: int, source: str) -> str:
    return f"reception-{shard}-{source}"


def _progress(
    shard: ShardCell, sources: dict[str, SourceSight], record: Snapshot
) -> tuple[Instant | None, tuple[Output, ...]]:
    up_to = sight.read_up_to(sources)
    if shard.told_up_to is not None and up_to - shard.told_up_to < TELL_EVERY:
        return shard.told_up_to, ()
    blind = sight.blind_since(sources)
    told = progress(
        "journeys",
        part=record.shard,
        parts=record.shards,
        up_to=up_to,
        observed_at=record.observed_at,
        blind_since=blind,
        blind_reason="every flight source is silent" if blind else "",
    )
    return up_to, (Output(CASES_EVENTS, told),)
