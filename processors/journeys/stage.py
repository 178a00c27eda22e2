"""The journeys stage: snapshots in; stays, journeys and progress out.

An aircraft seems to depart when it is seen on the ground and then in the air, or is first heard
climbing beside an aerodrome. It has arrived when it is seen on the ground, or was last heard low
beside an aerodrome and then no more. One that is lost in cruise has probably arrived ahead when
receivers that work have been silent about it for long enough (radio_holes.py); when it is heard
again, that is confirmed, corrected or withdrawn.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from msgspec.structs import replace

from processors.journeys import itinerary, movements, radio_holes, sight, track
from processors.journeys.cells import AircraftCell, Fix, JourneysCell, ShardCell, SourceSight
from processors.journeys.itinerary import Result
from processors.journeys.plausibility import fix_of, is_due, is_reachable
from processors.journeys.radio_holes import LOST_AFTER
from wheelsdown.records.aircraft import Aircraft, Snapshot, StateVector
from wheelsdown.records.journeys import Movement
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Instant, Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, CASES_EVENTS, FLIGHTS_JOURNEYS, Topic
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.stage import Cells, Output, Position, Step

#: Progress is told this often, in the time of the snapshots.
TELL_EVERY = timedelta(minutes=1)
#: A lost aircraft of which nothing can be said (no source listened) is asked about again so often,
ASK_AGAIN_AFTER = timedelta(hours=1)
#: and for so long; after that only hearing it again tells anything.
GIVE_UP_AFTER = timedelta(days=1)


class Register(Protocol):
    """Who an aircraft is (wheelsdown/reference/fleet.py)."""

    def describe(self, vector: StateVector) -> Aircraft:
        """The register's row, or what the vector and its address tell."""
        ...


class JourneysStage:
    """Follows each candidate aircraft; ``main`` are the aerodromes that governments fly to."""

    name = "journeys"
    input: Topic = ADSB_SNAPSHOTS
    outputs: tuple[Topic, ...] = (CASES_EVENTS, FLIGHTS_JOURNEYS)
    cell_type: Any = JourneysCell

    def __init__(
        self, register: Register, aerodromes: Aerodromes, main: Sequence[Aerodrome]
    ) -> None:
        self._register = register
        self._aerodromes = aerodromes
        self._main = tuple(main)
        self._main_icao = frozenset(one.icao for one in main)

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Apply one snapshot: first what was heard, then what was not."""
        assert isinstance(record, Snapshot)
        name = f"shard-{record.shard}"
        shard = cells.get(name) or ShardCell(applied=-1, sources={}, due={})
        if shard.applied >= position.offset:
            return Step(cells={})
        sources = sight.note(shard.sources, record)
        due = dict(shard.due)
        changed: dict[str, AircraftCell] = {}
        outputs: list[Output] = []
        heard = {vector.icao24 for vector in record.candidates}
        for vector in record.candidates:
            known = cells.get(vector.icao24)
            cell, said = self._heard(known, vector, record, position.offset)
            outputs += said
            if cell is not None and cell is not known:
                changed[vector.icao24] = cell
            self._look_again(due, cell)
        for icao24 in sorted(one for one, at in due.items() if at <= record.observed_at):
            if icao24 in heard:
                continue
            known = changed.get(icao24) or cells.get(icao24)
            if known is None:
                del due[icao24]  # the cell was lost with a crash that the index survived
                continue
            cell, said = self._not_heard(known, sources, record, position.offset)
            outputs += said
            if cell is not known:
                changed[icao24] = cell
            self._look_again(due, cell, now=record.observed_at)
        told_up_to, said = self._progress(shard, sources, record)
        shard = ShardCell(applied=position.offset, sources=sources, due=due, told_up_to=told_up_to)
        return Step(cells={**changed, name: shard}, outputs=(*outputs, *said))

    def _heard(
        self, cell: AircraftCell | None, vector: StateVector, learned: Snapshot, offset: int
    ) -> tuple[AircraftCell | None, tuple[Output, ...]]:
        """What a state vector says about its aircraft."""
        fix = fix_of(vector, learned.observed_at)
        if cell is None:
            return (self._first(vector, fix, offset), ()) if fix else (None, ())
        if cell.applied >= offset:
            return cell, ()
        if fix is None or not is_due(cell.fix, fix):
            return cell, ()
        heard = replace(cell, applied=offset, heard_at=max(cell.heard_at, vector.heard_at))
        confirmed = cell.suspect is not None and is_reachable(cell.suspect, fix)
        if not is_reachable(cell.fix, fix) and not confirmed:
            return replace(heard, suspect=fix), ()
        return self._follow(heard, fix, learned)

    def _first(self, vector: StateVector, fix: Fix, offset: int) -> AircraftCell:
        departure = None
        if not fix.on_ground:
            departure = movements.departure_before(fix, self._aerodromes, self._main_icao)
        return AircraftCell(
            applied=offset,
            aircraft=self._register.describe(vector),
            phase="ground" if fix.on_ground else "airborne",
            heard_at=vector.heard_at,
            fix=fix,
            departure=departure,
            track=track.extend((), None, fix),
        )

    def _follow(self, cell: AircraftCell, fix: Fix, learned: Snapshot) -> Result:
        """The movements between the last position and this one."""
        last = cell.fix
        drawn = replace(
            cell,
            fix=fix,
            suspect=None,
            phase="ground" if fix.on_ground else "airborne",
            track=track.extend(cell.track, last, fix),
        )
        if cell.phase == "ground":
            return self._after_ground(drawn, last, fix, learned)
        if cell.phase == "lost" or fix.at - last.at > LOST_AFTER:
            return self._after_gap(drawn, last, fix, learned)
        if fix.on_ground:
            return itinerary.arrive(
                drawn, movements.arrival_seen(last, fix, self._aerodromes), learned
            )
        return drawn, ()

    def _after_ground(self, cell: AircraftCell, last: Fix, fix: Fix, learned: Snapshot) -> Result:
        if not fix.on_ground:
            departure = movements.departure_seen(last, fix, self._aerodromes)
            return itinerary.depart(cell, departure, learned)
        if not movements.is_moved(last, fix):
            return cell, ()
        # It flew without being heard: both ends are known, the times between them are not.
        gone, said = itinerary.depart(
            cell, movements.departure_seen(last, fix, self._aerodromes), learned
        )
        come, more = itinerary.arrive(
            gone, movements.arrival_seen(last, fix, self._aerodromes), learned
        )
        return come, itinerary.last_revisions((*said, *more))

    def _after_gap(self, cell: AircraftCell, last: Fix, fix: Fix, learned: Snapshot) -> Result:
        claimed = cell.arrival
        found = radio_holes.explain_gap(
            last, fix, main=self._main, aerodromes=self._aerodromes, claimed=claimed
        )
        outputs: tuple[Output, ...] = ()
        if claimed is not None and found and found[0].place.state == claimed.place.state:
            if found[0] != claimed:
                cell, outputs = itinerary.correct_arrival(cell, found[0], learned)
            found = found[1:]
        elif claimed is not None:
            cell, outputs = itinerary.withdraw_arrival(cell, _why_not(fix, found), learned)
        for movement in found:
            act = itinerary.arrive if movement.kind == "arrival" else itinerary.depart
            cell, said = act(cell, movement, learned)
            outputs += said
        return cell, itinerary.last_revisions(outputs)

    def _not_heard(
        self, cell: AircraftCell, sources: dict[str, SourceSight], learned: Snapshot, offset: int
    ) -> Result:
        """What it means that an aircraft was in the air and is not in this snapshot."""
        if cell.applied >= offset or cell.phase == "ground":
            return cell, ()
        fix, now = cell.fix, learned.observed_at
        seeing = sight.seeing_since(sources, cell.aircraft.icao24, fix.latitude, fix.longitude)
        if seeing is None or now - max(seeing, cell.heard_at) < LOST_AFTER:
            return cell, ()
        lost = replace(cell, applied=offset, phase="lost")
        if cell.phase == "airborne":
            arrival = movements.arrival_after(fix, self._aerodromes, self._main_icao)
            if arrival is not None:
                return itinerary.arrive(lost, arrival, learned)
        to = self._claimable(lost, sources, seeing)
        if not to or lost.arrival is not None or now < radio_holes.probable_from(fix, to[0]):
            return (lost if cell.phase != "lost" else cell), ()
        return itinerary.arrive(lost, radio_holes.probable_arrival(fix, to, now), learned)

    def _claimable(
        self, cell: AircraftCell, sources: dict[str, SourceSight], seeing: Instant
    ) -> tuple[radio_holes.Destination, ...]:
        """Destinations ahead if a landing there may be spoken of while it is not heard.

        Not at home (that waits until it is heard), not where no source listens, and not when
        nobody listened at the time it was lost.
        """
        ahead = radio_holes.destinations_ahead(cell.fix, self._main)
        if not ahead or seeing > cell.fix.at + LOST_AFTER:
            return ()
        first = ahead[0].aerodrome
        if first.state == cell.aircraft.operator_state:
            return ()
        icao24 = cell.aircraft.icao24
        if sight.seeing_since(sources, icao24, first.latitude, first.longitude) is None:
            return ()
        return ahead

    def _claimable_from(self, cell: AircraftCell) -> Instant | None:
        ahead = radio_holes.destinations_ahead(cell.fix, self._main)
        return radio_holes.probable_from(cell.fix, ahead[0]) if ahead else None

    def _look_again(
        self, due: dict[str, Instant], cell: AircraftCell | None, *, now: Instant | None = None
    ) -> None:
        """Keep the index of aircraft whose absence may come to mean something."""
        if cell is None:
            return
        icao24 = cell.aircraft.icao24
        due.pop(icao24, None)
        if cell.phase == "airborne":
            due[icao24] = max(cell.heard_at + LOST_AFTER, now or cell.heard_at)
        elif cell.phase == "lost" and cell.arrival is None:
            at = self._claimable_from(cell)
            if at is not None and (now is None or at > now):
                due[icao24] = at
            elif now is not None and now - cell.heard_at < GIVE_UP_AFTER:
                due[icao24] = now + ASK_AGAIN_AFTER

    def _progress(
        self, shard: ShardCell, sources: dict[str, SourceSight], record: Snapshot
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


def _why_not(fix: Fix, found: tuple[Movement, ...]) -> str:
    if found:
        place = found[0].place
        return (
            f"it was heard again {movements.utc(fix.at)} and had been at {place.city or place.name}"
        )
    return f"it was heard again {movements.utc(fix.at)}, still flying: it had not landed"
