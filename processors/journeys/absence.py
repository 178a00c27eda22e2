"""What it takes for silence to mean a landing that nobody heard, and when to ask again."""

from collections.abc import Sequence
from datetime import timedelta

from processors.journeys import radio_holes, sight
from processors.journeys.cells import AircraftCell, SourceSight
from processors.journeys.radio_holes import Destination
from processors.journeys.sight import LOST_AFTER, lost_after
from wheelsdown.records.record import Instant
from wheelsdown.reference.aerodromes import Aerodrome

#: A lost aircraft of which nothing can be said (no source listened) is asked about again so often,
ASK_AGAIN_AFTER = timedelta(hours=1)
#: and for so long; after that only hearing it again tells anything.
GIVE_UP_AFTER = timedelta(days=1)


def claimable(
    cell: AircraftCell,
    sources: dict[str, SourceSight],
    absent: Instant,
    main: Sequence[Aerodrome],
) -> tuple[Destination, ...]:
    """Destinations ahead if a landing there may be spoken of while it is not heard.

    Not at home (that waits until it is heard), not where no source listens, not when nobody
    listened at the time it was lost (``absent``: since when it was not heard by somebody who did),
    and not when looks are too rare to know where it flew.
    """
    ahead = radio_holes.destinations_ahead(cell.fix, main)
    if not ahead or absent > cell.heard_at + lost_after(cell.fix.every_s):
        return ()
    first = ahead[0].aerodrome
    if first.state == cell.aircraft.operator_state:
        return ()
    if not radio_holes.is_track_known(cell.fix, ahead[0]):
        return ()
    icao24 = cell.aircraft.icao24
    return ahead if sight.is_watched(sources, icao24, first.latitude, first.longitude) else ()


def look_again(
    due: dict[str, Instant],
    cell: AircraftCell | None,
    main: Sequence[Aerodrome],
    *,
    now: Instant | None = None,
) -> None:
    """Keep the index of aircraft whose absence may come to mean something.

    ``now`` is the time at which it was absent, None when it has just been heard.
    """
    if cell is None:
        return
    icao24 = cell.aircraft.icao24
    due.pop(icao24, None)
    waits = cell.suspect is not None and cell.suspect.on_ground
    waits = waits and (now is None or now - cell.heard_at < GIVE_UP_AFTER)
    if cell.phase == "airborne" or (cell.phase == "lost" and waits):
        due[icao24] = max(cell.heard_at + LOST_AFTER, now or cell.heard_at)
    elif cell.phase == "lost" and cell.arrival is None:
        ahead = radio_holes.destinations_ahead(cell.fix, main)
        at = radio_holes.probable_from(cell.fix, cell.heard_at, ahead[0]) if ahead else None
        if at is not None and (now is None or at > now):
            due[icao24] = at
        elif now is not None and now - cell.heard_at < GIVE_UP_AFTER:
            due[icao24] = now + ASK_AGAIN_AFTER
