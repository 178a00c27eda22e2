"""Silence: what is told when an aircraft is lost, and what it comes to mean as time goes by."""

from datetime import timedelta
from math import inf

from msgspec.structs import replace

from processors.journeys import (
    absence,
    destinations,
    itinerary,
    movements,
    radio_holes,
    sight,
    track,
)
from processors.journeys.atlas import Atlas
from processors.journeys.beside import is_on_final
from processors.journeys.cells import AircraftCell
from processors.journeys.flights import Result
from processors.journeys.learned import Learned
from processors.journeys.sight import LOST_AFTER
from processors.journeys.wording import leading
from wheelsdown.records.journeys import Movement
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodromes

#: Within this of a take-off an aircraft that levels off is not coming back.
JUST_LEFT = timedelta(minutes=15)


class Silence:
    """The rules for an aircraft that is not heard any more."""

    def __init__(self, aerodromes: Aerodromes, atlas: Atlas) -> None:
        self._aerodromes = aerodromes
        self._atlas = atlas

    def lost(self, cell: AircraftCell, learned: Learned, blind: str) -> Result:
        """Contact is lost: beside an aerodrome it has landed, elsewhere it is bound for some."""
        fix, now = cell.fix, learned.snapshot.observed_at
        lost = replace(cell, phase="lost", ask_at=None, track=track.up_to(cell.track, fix))
        if cell.flight is None:
            return lost, ()
        tracked = cell.heard_at - fix.at <= LOST_AFTER
        means_something = tracked and not blind
        arrival = movements.arrival_after(fix, self._aerodromes, self._atlas.capitals)
        # Of several aerodromes in different states none is named: that is no landing to tell.
        if arrival is not None and arrival.place.state and not _has_just_left(lost, arrival):
            # On final approach it lands, also when it is heard for longer without a position.
            where = self._aerodromes.get(arrival.place.aerodrome or "")
            on_final = where is not None and is_on_final(fix, where)
            if means_something or (on_final and not blind):
                return itinerary.arrive(lost, arrival, learned.snapshot)
        ahead = self._ahead(lost, learned)
        event = radio_holes.contact_lost(fix, ahead, blind=blind)
        lost, said = itinerary.on_the_way(lost, event, learned.snapshot)
        if means_something and ahead:
            first = radio_holes.probable_from(fix, cell.heard_at, leading(ahead), learned.ears)
            lost = replace(lost, ask_at=max(now, first))
        elif cell.suspect is not None and cell.suspect.on_ground:
            lost = replace(lost, ask_at=absence.ask_again_at(lost, now))
        return lost, said

    def still_lost(self, cell: AircraftCell, learned: Learned, absent: Instant) -> Result:
        """A landing may be spoken of now; else what is told of its destination may have changed.

        Nothing, once nobody listened for a while after it was lost: only hearing it again tells.
        """
        now = learned.snapshot.observed_at
        if cell.arrival is not None or absence.nobody_listened(cell, absent):
            return replace(cell, ask_at=None), ()
        # It may have been bound for anywhere beyond: a landing is spoken of only if not likely so.
        anywhere = self._ahead(cell, learned, left_nm=inf)
        if self._is_claimable(cell, anywhere, learned):
            arrival = radio_holes.probable_arrival(cell.fix, anywhere, now)
            return itinerary.arrive(cell, arrival, learned.snapshot)
        ahead = self._ahead(cell, learned)
        waiting = replace(cell, ask_at=absence.ask_again_at(cell, now))
        event = radio_holes.contact_lost(cell.fix, ahead)
        told = cell.flight.events[-1] if cell.flight is not None and cell.flight.events else None
        if not ahead or (told is not None and told.place == event.place):
            return waiting, ()
        return itinerary.on_the_way(waiting, event, learned.snapshot)

    def _is_claimable(
        self,
        cell: AircraftCell,
        ahead: tuple[destinations.Destination, ...],
        learned: Learned,
    ) -> bool:
        """Whether a landing ahead may be spoken of while it is not heard.

        Not where no source has listened all the time since, and not while nobody hears anything
        where it was lost.
        """
        now = learned.snapshot.observed_at
        if not radio_holes.is_claimable(cell, ahead, learned.ears, now):
            return False
        first = leading(ahead).aerodrome
        absent = sight.absent_since(
            learned.sources,
            cell.aircraft.icao24,
            first.latitude,
            first.longitude,
            cell.heard_at,
        )
        return (
            absent is not None
            and not absence.nobody_listened(cell, absent)
            and not learned.ears.are_deaf_around(cell.fix, now)
        )

    def _ahead(
        self, cell: AircraftCell, learned: Learned, left_nm: float = destinations.LEFT_NM
    ) -> tuple[destinations.Destination, ...]:
        now = learned.snapshot.observed_at
        return destinations.ranked(
            cell, self._atlas, self._aerodromes, learned.ears, now, left_nm=left_nm
        )


def _has_just_left(cell: AircraftCell, arrival: Movement) -> bool:
    """Whether it has only just taken off there: low and level it is still on its way out."""
    left = cell.departure
    return (
        left is not None
        and left.place.aerodrome is not None
        and left.place.aerodrome == arrival.place.aerodrome
        and cell.fix.at - left.at < JUST_LEFT
    )
