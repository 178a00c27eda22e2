"""What it takes for silence to mean anything, and when to ask again."""

from datetime import timedelta

from processors.journeys.cells import AircraftCell
from processors.journeys.movements import utc
from processors.journeys.reception import Ears
from processors.journeys.sight import LOST_AFTER, lost_after
from wheelsdown.records.record import Instant

#: A lost aircraft of which nothing can be said yet is asked about again so often,
ASK_AGAIN_AFTER = timedelta(hours=1)
#: and for so long; after that only hearing it again tells anything.
GIVE_UP_AFTER = timedelta(days=1)


def nobody_listened(cell: AircraftCell, absent: Instant) -> bool:
    """Whether nobody listened for a while after the last contact, until ``absent``."""
    return absent > cell.heard_at + lost_after(cell.fix.every_s)


def blindness(cell: AircraftCell, absent: Instant, ears: Ears, now: Instant) -> str:
    """Why it means nothing that the aircraft was lost; empty when it does mean something.

    ``absent`` is since when it was not heard by somebody who listened all the time. When that is
    long after its last contact, nobody listened in between.
    """
    if nobody_listened(cell, absent):
        return (
            f"nobody listened there from {utc(cell.heard_at)} to {utc(absent)}, so that it is not "
            "known how it went on"
        )
    if ears.went_dark(cell.fix, cell.heard_at, now):
        return (
            "other aircraft around it vanished at the same time: the source does not hear that "
            "region, so that its silence means nothing"
        )
    return ""


def ask_again_at(cell: AircraftCell, now: Instant) -> Instant | None:
    """When to ask about a lost aircraft again; None when there is no use in it any more."""
    return now + ASK_AGAIN_AFTER if now - cell.heard_at < GIVE_UP_AFTER else None


def look_again(due: dict[str, Instant], cell: AircraftCell | None, now: Instant | None) -> None:
    """Keep the index of aircraft whose absence may come to mean something.

    ``now`` is the time at which it was absent, None when it has just been heard.
    """
    if cell is None:
        return
    icao24 = cell.aircraft.icao24
    due.pop(icao24, None)
    if cell.phase == "airborne":
        due[icao24] = max(cell.heard_at + LOST_AFTER, now or cell.heard_at)
    elif cell.phase == "lost" and cell.ask_at is not None:
        due[icao24] = cell.ask_at
