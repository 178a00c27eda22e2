"""The journeys stage: snapshots in; stays, journeys and progress out.

An aircraft seems to depart when it is seen on the ground and then in the air, or is first heard
climbing beside an aerodrome. It has arrived when it is seen on the ground twice, or was last heard
coming down to an aerodrome and then no more (absence.py). One that is lost in cruise has probably
arrived ahead when sources that work have been silent about it for long enough (radio_holes.py);
when it is heard again, that is confirmed, corrected or withdrawn.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from msgspec.structs import replace

from processors.journeys import absence, itinerary, movements, radio_holes, sight, track
from processors.journeys.cells import AircraftCell, Fix, JourneysCell, ShardCell, SourceSight
from processors.journeys.itinerary import Result
from processors.journeys.plausibility import (
    SAMPLE,
    agrees,
    fix_of,
    is_confirmed,
    is_due,
    is_landed,
    is_moved,
    is_reachable,
    needs_another,
    never_left,
)
from processors.journeys.sight import LOST_AFTER, lost_after
from wheelsdown.records.aircraft import Aircraft, Snapshot, StateVector
from wheelsdown.records.journeys import Movement
from wheelsdown.records.progress import progress
from wheelsdown.records.record import Instant, Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, CASES_EVENTS, FLIGHTS_JOURNEYS, Topic
from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes
from wheelsdown.stage import Cells, Output, Position, Step

#: Progress is told this often, in the time of the snapshots.
TELL_EVERY = timedelta(minutes=1)
#: Why a movement that was seen is not taken to be observed.
JUMPED = "its position jumped there faster than any aircraft flies"
HEARD_ONCE = "nothing was heard after that one position"


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
            absence.look_again(due, cell, self._main)
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
            absence.look_again(due, cell, self._main, now=record.observed_at)
        told_up_to, said = self._progress(shard, sources, record)
        shard = ShardCell(applied=position.offset, sources=sources, due=due, told_up_to=told_up_to)
        return Step(cells={**changed, name: shard}, outputs=(*outputs, *said))

    def _heard(
        self, cell: AircraftCell | None, vector: StateVector, learned: Snapshot, offset: int
    ) -> tuple[AircraftCell | None, tuple[Output, ...]]:
        """What a state vector says about its aircraft."""
        fix = fix_of(vector, learned, self._aerodromes)
        if cell is None:
            return (self._first(vector, fix, offset), ()) if fix else (None, ())
        if cell.applied >= offset:
            return cell, ()
        heard_at = max(cell.heard_at, min(vector.heard_at, learned.observed_at))
        if fix is None or not is_due(cell.fix, fix):
            # Contacts without a new position count as well; like positions, they are sampled.
            if heard_at - cell.heard_at < SAMPLE:
                return cell, ()
            return replace(cell, applied=offset, heard_at=heard_at), ()
        return self._place(replace(cell, applied=offset, heard_at=heard_at), fix, learned)

    def _place(self, cell: AircraftCell, fix: Fix, learned: Snapshot) -> Result:
        """Follow a position, or hold it back until another confirms it."""
        last, suspect, grounded = cell.fix, cell.suspect, cell.phase == "ground"
        if grounded and not fix.on_ground and never_left(last, fix, self._aerodromes):
            fix = replace(fix, on_ground=True)
        if suspect is not None and fix.at > suspect.at and agrees(suspect, fix):
            if not is_confirmed(last, suspect, fix):
                return cell, ()
            there, said = self._confirm(cell, suspect, learned)
            come, more = self._follow(there, fix, learned)
            return come, itinerary.last_revisions((*said, *more))
        if needs_another(last, fix, grounded=grounded):
            return replace(cell, suspect=fix), ()
        return self._follow(cell, fix, learned)

    def _confirm(self, cell: AircraftCell, suspect: Fix, learned: Snapshot) -> Result:
        if is_reachable(cell.fix, suspect):
            return self._follow(cell, suspect, learned)
        if cell.phase == "ground" and suspect.on_ground:
            # It can't have flown there: where it stood before was wrong, or where it stands now is.
            return replace(cell, fix=suspect, suspect=None), ()
        return self._follow(cell, suspect, learned, doubt=JUMPED)

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

    def _follow(
        self, cell: AircraftCell, fix: Fix, learned: Snapshot, *, doubt: str = ""
    ) -> Result:
        """The movements between the last position and this one, which may lie a jump away."""
        last = cell.fix
        drawn = replace(
            cell,
            fix=fix,
            suspect=None,
            phase="ground" if fix.on_ground else "airborne",
            track=track.extend(cell.track, last, fix),
        )
        if cell.phase == "ground":
            return self._after_ground(drawn, last, fix, learned, doubt=doubt)
        if cell.phase == "lost" or fix.at - last.at > lost_after(fix.every_s):
            return self._after_gap(drawn, last, fix, learned, doubt=doubt)
        if fix.on_ground:
            seen = movements.arrival_seen(last, fix, self._aerodromes)
            return itinerary.arrive(drawn, movements.doubted(seen, doubt), learned)
        return drawn, ()

    def _after_ground(
        self, cell: AircraftCell, last: Fix, fix: Fix, learned: Snapshot, *, doubt: str
    ) -> Result:
        if not fix.on_ground:
            departure = movements.departure_seen(last, fix, self._aerodromes)
            return itinerary.depart(cell, movements.doubted(departure, doubt), learned)
        if not is_moved(last, fix):
            return self._heard_again(cell, learned)
        # It flew without being heard: both ends are known, the times between them are not.
        gone, said = itinerary.depart(
            cell, movements.departure_seen(last, fix, self._aerodromes), learned
        )
        come, more = itinerary.arrive(
            gone, movements.arrival_seen(last, fix, self._aerodromes), learned
        )
        return come, itinerary.last_revisions((*said, *more))

    def _heard_again(self, cell: AircraftCell, learned: Snapshot) -> Result:
        """It still stands there: an arrival that had been heard only once is observed now."""
        arrival = cell.arrival
        if arrival is None or HEARD_ONCE not in arrival.reasons:
            return cell, ()
        reasons = tuple(one for one in arrival.reasons if one != HEARD_ONCE)
        seen = replace(arrival, certainty="observed", reasons=reasons)
        return itinerary.correct_arrival(cell, seen, learned)

    def _after_gap(
        self, cell: AircraftCell, last: Fix, fix: Fix, learned: Snapshot, *, doubt: str
    ) -> Result:
        claimed = cell.arrival
        found = tuple(
            movements.doubted(one, doubt)
            for one in radio_holes.explain_gap(
                last, fix, main=self._main, aerodromes=self._aerodromes, claimed=claimed
            )
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
        absent = sight.absent_since(
            sources, cell.aircraft.icao24, fix.latitude, fix.longitude, cell.heard_at
        )
        if absent is None:
            return cell, ()
        if is_landed(fix, cell.suspect, self._aerodromes):
            return self._landed_unseen(replace(cell, applied=offset), learned)
        lost = replace(cell, applied=offset, phase="lost")
        tracked = cell.heard_at - fix.at <= LOST_AFTER
        if cell.phase == "airborne" and tracked:
            arrival = movements.arrival_after(fix, self._aerodromes, self._main_icao)
            if arrival is not None:
                return itinerary.arrive(lost, arrival, learned)
        to = absence.claimable(lost, sources, absent, self._main) if tracked else ()
        if (
            not to
            or lost.arrival is not None
            or now < radio_holes.probable_from(fix, cell.heard_at, to[0])
        ):
            return (lost if cell.phase != "lost" else cell), ()
        return itinerary.arrive(lost, radio_holes.probable_arrival(fix, to, now), learned)

    def _landed_unseen(self, cell: AircraftCell, learned: Snapshot) -> Result:
        """It was heard on the ground once, and then no more: it landed, though less surely."""
        ground = cell.suspect
        assert ground is not None
        there = replace(
            cell,
            fix=ground,
            suspect=None,
            phase="ground",
            track=track.extend(cell.track, cell.fix, ground),
        )
        if cell.phase == "lost":
            return self._after_gap(there, cell.fix, ground, learned, doubt=HEARD_ONCE)
        arrival = movements.arrival_seen(cell.fix, ground, self._aerodromes)
        return itinerary.arrive(there, movements.doubted(arrival, HEARD_ONCE), learned)

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
    return f"it was heard again {movements.utc(fix.at)}, still flying and not coming from there"
