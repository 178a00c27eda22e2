"""Following one aircraft: what each position, and each silence, says about where it went.

An aircraft departs when it is seen on the ground and then in the air, or is first heard climbing
beside an aerodrome. It has arrived when it is seen on the ground twice, or was last heard coming
down to an aerodrome and then no more (absence.py). One that is lost in cruise has probably arrived
ahead when sources that work have been silent about it for long enough (radio_holes.py); when it is
heard again, that is confirmed, corrected or withdrawn (reappearance.py).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from msgspec.structs import replace

from processors.journeys import (
    absence,
    itinerary,
    movements,
    reappearance,
    sight,
    track,
    underway,
)
from processors.journeys.atlas import Atlas
from processors.journeys.cells import AircraftCell, Fix
from processors.journeys.flights import Result
from processors.journeys.learned import Learned
from processors.journeys.plausibility import (
    SAMPLE,
    agrees,
    fix_of,
    is_confirmed,
    is_contested,
    is_due,
    is_elsewhere,
    is_landed,
    is_moved,
    is_refuted,
    is_repeated,
    needs_another,
    never_left,
    rejection,
    with_possible_height,
    with_rival,
)
from processors.journeys.sight import lost_after
from processors.journeys.silence import Silence
from wheelsdown.records.aircraft import Aircraft, StateVector
from wheelsdown.records.journeys import Movement
from wheelsdown.reference.aerodromes import Aerodromes
from wheelsdown.stage import Output

#: So long after a flight that nobody heard it may be another aircraft on the same address; one that
#: goes on for longer is ours.
DOUBTED_FOR = timedelta(days=1)
#: Why a movement that was seen is not taken to be observed.
CAME_UNHEARD = "it had not been heard on its way, and may be another aircraft on the address"
HEARD_ONCE = "nothing was heard after that one position"


class Register(Protocol):
    """Who an aircraft is (wheelsdown/reference/fleet.py)."""

    def describe(self, vector: StateVector) -> Aircraft:
        """The register's row, or what the vector and its address tell."""
        ...


class Follower:
    """The rules for one aircraft, over what is known of the world."""

    def __init__(self, register: Register, aerodromes: Aerodromes, atlas: Atlas) -> None:
        self._register = register
        self._aerodromes = aerodromes
        self._atlas = atlas
        self._silence = Silence(aerodromes, atlas)

    def heard(
        self, cell: AircraftCell | None, vector: StateVector, learned: Learned
    ) -> tuple[AircraftCell | None, tuple[Output, ...]]:
        """What a state vector says about its aircraft."""
        if cell is not None and cell.applied >= learned.offset:
            return cell, ()
        fix, wrong = fix_of(vector, learned.snapshot, self._aerodromes)
        if wrong is not None:
            learned.rejected[wrong] += 1
        if cell is None:
            return self._first(vector, fix, learned) if fix is not None else (None, ())
        if fix is not None and is_repeated(cell.fix, fix):
            learned.rejected["repeated"] += 1
            fix = None
        if fix is not None and fix.at > cell.fix.at and is_elsewhere(cell, fix):
            return self._elsewhere(cell, vector, fix, learned)
        heard_at = max(cell.heard_at, min(vector.heard_at, learned.snapshot.observed_at))
        if fix is None or not is_due(cell.fix, fix):
            # Contacts without a new position count as well; like positions, they are sampled.
            if heard_at - cell.heard_at < SAMPLE:
                return cell, ()
            return replace(cell, applied=learned.offset, heard_at=heard_at), ()
        fix, wrong = with_possible_height(cell.fix, fix)
        if wrong is not None:
            learned.rejected[wrong] += 1
        cell = replace(cell, applied=learned.offset, heard_at=heard_at)
        placed, said = self._place(cell, fix, learned)
        return placed, itinerary.last_revisions(said)

    def not_heard(self, cell: AircraftCell, learned: Learned) -> Result:
        """What it means that an aircraft was in the air and is not in this snapshot."""
        if cell.applied >= learned.offset or cell.phase == "ground":
            return cell, ()
        fix = cell.fix
        absent = sight.absent_since(
            learned.sources, cell.aircraft.icao24, fix.latitude, fix.longitude, cell.heard_at
        )
        if absent is None:
            return cell, ()
        cell = replace(cell, applied=learned.offset)
        if is_landed(fix, cell.suspect, self._aerodromes):
            landed, said = self._landed_unseen(cell, learned)
        elif cell.phase == "airborne":
            now = learned.snapshot.observed_at
            landed, said = self._silence.lost(
                cell, learned, absence.blindness(cell, absent, learned.ears, now)
            )
        else:
            landed, said = self._silence.still_lost(cell, learned, absent)
        return landed, itinerary.last_revisions(said)

    def _first(self, vector: StateVector, fix: Fix, learned: Learned) -> Result:
        cell = AircraftCell(
            applied=learned.offset,
            aircraft=self._register.describe(vector),
            phase="ground" if fix.on_ground else "airborne",
            heard_at=min(vector.heard_at, learned.snapshot.observed_at),
            fix=fix,
            since=fix.at,
            track=track.extend((), None, fix),
        )
        return cell, ()

    def _place(self, cell: AircraftCell, fix: Fix, learned: Learned) -> Result:
        """Follow a position, or hold it back until another confirms it."""
        last, suspect, grounded = cell.fix, cell.suspect, cell.phase == "ground"
        stands = self._where_it_stands(cell)
        if stands is not None and not fix.on_ground and never_left(stands, fix, self._aerodromes):
            fix = replace(fix, on_ground=True)
        if suspect is not None and fix.at > suspect.at:
            if agrees(suspect, fix):
                if not is_confirmed(last, suspect, fix):
                    return cell, ()
                there, said = self._follow(cell, suspect, learned)
                come, more = self._follow(there, fix, learned)
                return come, (*said, *more)
            learned.rejected["unconfirmed"] += 1
        if needs_another(last, fix, grounded=grounded):
            return replace(cell, suspect=fix), ()
        return self._follow(cell, fix, learned)

    def _where_it_stands(self, cell: AircraftCell) -> Fix | None:
        """Where it was seen on the ground, or is taken to have landed; None in the air."""
        if cell.phase == "ground":
            return cell.fix
        landed = cell.arrival.place.aerodrome if cell.arrival is not None else None
        there = self._aerodromes.get(landed) if landed is not None else None
        if there is None:
            return None
        return replace(cell.fix, latitude=there.latitude, longitude=there.longitude)

    def _elsewhere(
        self, cell: AircraftCell, vector: StateVector, fix: Fix, learned: Learned
    ) -> Result:
        """A position that is not the aircraft's, or shows that its track so far was not."""
        rivalled = with_rival(cell, fix)
        if is_refuted(rivalled):
            until = fix.at + DOUBTED_FOR
            if cell.flight is None:
                anew, said = self._first(vector, fix, learned)
                return replace(anew, doubted_until=until), said
            # It goes on from there; nobody can have flown the way between.
            return replace(
                cell,
                applied=learned.offset,
                doubted_until=until,
                phase="ground" if fix.on_ground else "airborne",
                fix=fix,
                since=fix.at,
                suspect=None,
                rival=None,
                rival_since=None,
            ), ()
        learned.rejected[rejection(cell, fix)] += 1
        if is_contested(rivalled):
            rivalled = replace(rivalled, doubted_until=fix.at + DOUBTED_FOR)
        return replace(rivalled, applied=learned.offset), ()

    def _follow(self, cell: AircraftCell, fix: Fix, learned: Learned) -> Result:
        """The movements between the last position and this one, which may lie a jump away."""
        last = cell.fix
        after_gap = cell.phase == "lost" or fix.at - last.at > lost_after(fix.every_s)
        unheard = after_gap and reappearance.may_have_landed(last, fix)
        drawn = replace(
            cell,
            fix=fix,
            since=fix.at if after_gap else cell.since,
            farthest_at=None if unheard else cell.farthest_at,
            suspect=None,
            phase="ground" if fix.on_ground else "airborne",
            track=track.extend(cell.track, last, fix),
        )
        if cell.phase == "ground":
            return self._after_ground(drawn, last, fix, learned)
        told: tuple[Output, ...] = ()
        if cell.flight is None and fix.on_ground and not is_moved(last, fix):
            return drawn, ()  # in the air by one position only: it may have stood there all along
        if cell.flight is None:
            # Heard a second time in the air: one position alone tells nothing.
            departure = movements.departure_before(last, self._aerodromes, self._atlas.capitals)
            drawn, told = itinerary.depart(drawn, departure, learned.snapshot)
        if after_gap:
            on, said = self._after_gap(drawn, last, fix, learned)
            return on, (*told, *said)
        if fix.on_ground:
            seen = movements.arrival_seen(last, fix, self._aerodromes)
            on, said = self._land(drawn, seen, learned)
            return on, (*told, *said)
        on, event = underway.flown_on(drawn, fix, self._aerodromes)
        if event is None:
            return on, told
        on, said = itinerary.on_the_way(on, event, learned.snapshot)
        return on, (*told, *said)

    def _land(self, cell: AircraftCell, seen: Movement, learned: Learned) -> Result:
        seen = _doubted(cell, seen)
        if movements.is_unfollowed(seen):
            cell = replace(cell, doubted_until=seen.at + DOUBTED_FOR)
        elsewhere = underway.diverted(cell, seen, self._aerodromes)
        told: tuple[Output, ...] = ()
        if elsewhere is not None:
            cell, told = itinerary.on_the_way(cell, elsewhere, learned.snapshot)
        landed, said = itinerary.arrive(cell, seen, learned.snapshot)
        return landed, (*told, *said)

    def _after_ground(self, cell: AircraftCell, last: Fix, fix: Fix, learned: Learned) -> Result:
        if not fix.on_ground:
            left = reappearance.left_from_elsewhere(
                last, fix, self._aerodromes, self._atlas.capitals
            )
            if left:
                return self._tell_each(cell, left, learned)
            departure = movements.departure_seen(last, fix, self._aerodromes)
            return itinerary.depart(cell, _doubted(cell, departure), learned.snapshot)
        if not is_moved(last, fix):
            return self._heard_again(cell, learned)
        return self._tell_each(cell, movements.flown_unseen(last, fix, self._aerodromes), learned)

    def _tell_each(self, cell: AircraftCell, found: Iterable[Movement], learned: Learned) -> Result:
        outputs: tuple[Output, ...] = ()
        for movement in found:
            if movement.kind == "arrival":
                cell, said = self._land(cell, movement, learned)
            else:
                cell, said = itinerary.depart(cell, movement, learned.snapshot)
            outputs += said
        return cell, outputs

    def _heard_again(self, cell: AircraftCell, learned: Learned) -> Result:
        """It still stands there: an arrival that had been heard only once is observed now."""
        arrival = cell.arrival
        if arrival is None or HEARD_ONCE not in arrival.reasons:
            return cell, ()
        reasons = tuple(one for one in arrival.reasons if one != HEARD_ONCE)
        seen = replace(arrival, certainty="observed", reasons=reasons)
        return itinerary.correct_arrival(cell, seen, learned.snapshot)

    def _after_gap(self, cell: AircraftCell, last: Fix, fix: Fix, learned: Learned) -> Result:
        claimed = cell.arrival
        found = reappearance.explain_gap(
            replace(cell, fix=last),
            fix,
            atlas=self._atlas,
            aerodromes=self._aerodromes,
            ears=learned.ears,
        )
        outputs: tuple[Output, ...] = ()
        if claimed is not None and found and found[0].place.state == claimed.place.state:
            if found[0] != claimed:
                cell, outputs = itinerary.correct_arrival(cell, found[0], learned.snapshot)
            found = found[1:]
        elif claimed is not None:
            because = reappearance.why_not(fix, found)
            cell, outputs = itinerary.withdraw_arrival(cell, because, learned.snapshot)
        cell, said = self._tell_each(cell, found, learned)
        outputs += said
        if not fix.on_ground:
            event = underway.contact_regained(last, fix)
            cell, said = itinerary.on_the_way(cell, event, learned.snapshot)
            outputs += said
        return cell, outputs

    def _landed_unseen(self, cell: AircraftCell, learned: Learned) -> Result:
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
            return self._after_gap(there, cell.fix, ground, learned)
        arrival = movements.arrival_seen(cell.fix, ground, self._aerodromes)
        return self._land(there, movements.doubted(arrival, HEARD_ONCE), learned)


def _doubted(cell: AircraftCell, movement: Movement) -> Movement:
    is_doubtful = cell.doubted_until is not None and movement.at < cell.doubted_until
    return movements.doubted(movement, CAME_UNHEARD if is_doubtful else "")
