"""Where sources hear aircraft at all: what silence can mean in a region, by what others do there.

Snapshots of a source tell, minute by minute, the boxes of two degrees in which it heard anybody
(wheelsdown/records/reception.py). Kept are the last hour and a half in slots of ten minutes, and
two days. A source that asks for single aircraft tells nothing of this, and then nothing is known.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from processors.journeys.cells import Fix, ReceptionCell, Slot
from processors.journeys.flight_times import cruise_speed_kt
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.reception import COLUMNS, MAP_BYTES, ROWS, bits_of, box_at
from wheelsdown.records.record import Instant
from wheelsdown.reference.geodesy import destination

#: A slot is long enough that some aircraft crosses each box of ordinary traffic.
SLOT = timedelta(minutes=10)
MOST_SLOTS = 9
DAY = timedelta(days=1)
MOST_DAYS = 2
#: Neighbours are looked at so long before, and in so many slots before contact was lost.
BEFORE = timedelta(minutes=40)
STEADY_SLOTS = 3
#: A source that hears the world hears aircraft in 700 boxes at a time; a few receivers hear them in
#: a dozen, and of the rest of the world they know nothing.
FEWEST_BOXES = 200
#: Fewer neighbouring boxes than this say nothing about a region: one aircraft makes one box.
FEWEST_NEIGHBOURS = 3
#: An aircraft's own way is followed back in such steps, half the width of a box at 60 degrees.
OWN_STEP_NM = 30.0
#: With no more than this share of the neighbours left, the region has gone dark.
DARK_SHARE = 0.25


def note(cell: ReceptionCell | None, snapshot: Snapshot, offset: int) -> ReceptionCell | None:
    """The cell of the snapshot's source after it; the same one when that tells nothing new."""
    told = snapshot.reception
    if told is None or snapshot.health == "silent":
        return cell
    known = cell or ReceptionCell(applied=offset)
    at = snapshot.observed_at
    slots = _joined(known.slots, told.heard, told.low, _floor(at, SLOT), MOST_SLOTS)
    days = _joined(known.days, told.heard, told.low, _floor(at, DAY), MOST_DAYS)
    if (slots, days) == (known.slots, known.days):
        return cell
    return ReceptionCell(applied=offset, slots=slots, days=days)


class Ears:
    """What is known of reception: the cells of all sources, which ``load`` gives when asked."""

    def __init__(self, load: Callable[[], Iterable[ReceptionCell]]) -> None:
        self._load = load
        self._cells: tuple[ReceptionCell, ...] | None = None
        self._heard: int | None = None
        self._low = 0

    @property
    def are_open(self) -> bool:
        """Whether so much is heard that what is not heard says something."""
        return self._days()[0].bit_count() >= FEWEST_BOXES

    def hear_at(self, latitude: float, longitude: float) -> bool:
        """Whether anybody was heard in that box within two days."""
        return bool(self._days()[0] >> box_at(latitude, longitude) & 1)

    def hear_low_at(self, latitude: float, longitude: float) -> bool:
        """Whether anybody was heard there near the ground or on it."""
        return bool(self._days()[1] >> box_at(latitude, longitude) & 1)

    def went_dark(self, fix: Fix, since: Instant, now: Instant) -> bool:
        """Whether the aircraft around one that was heard until ``since`` have vanished as well.

        False also where there were none to compare with.
        """
        # Only boxes where somebody was heard all the time: others fall silent by chance.
        before = neighbourhood(fix.latitude, fix.longitude) & ~_own_boxes(fix)
        for slot in range(1, STEADY_SLOTS + 1):
            at = _floor(since, SLOT) - slot * SLOT
            before &= self._between(at, at)
        if before.bit_count() < FEWEST_NEIGHBOURS:
            return False
        # The slot in which contact was lost holds what was heard before it, too; maps show what was
        # heard up to a minute ago.
        after = self._between(_floor(since + timedelta(minutes=1), SLOT) + SLOT, now) & before
        return after.bit_count() <= DARK_SHARE * before.bit_count()

    def are_deaf_around(self, fix: Fix, now: Instant) -> bool:
        """Whether nobody is heard around an aircraft's last position, though others used to be."""
        around = neighbourhood(fix.latitude, fix.longitude) & ~_own_boxes(fix) & self._days()[0]
        if around.bit_count() < FEWEST_NEIGHBOURS:
            return False
        lately = self._between(_floor(now - BEFORE, SLOT), now) & around
        return lately.bit_count() <= DARK_SHARE * around.bit_count()

    def _between(self, start: Instant, stop: Instant) -> int:
        """What was heard in the slots that begin from ``start`` to ``stop``."""
        bits = 0
        for one in self._known():
            for slot in one.slots:
                if start <= slot.at <= stop:
                    bits |= bits_of(slot.heard)
        return bits

    def _known(self) -> tuple[ReceptionCell, ...]:
        if self._cells is None:
            self._cells = tuple(self._load())
        return self._cells

    def _days(self) -> tuple[int, int]:
        if self._heard is None:
            self._heard = 0
            for one in self._known():
                for day in one.days:
                    self._heard |= bits_of(day.heard)
                    self._low |= bits_of(day.low)
        return self._heard, self._low


def neighbourhood(latitude: float, longitude: float) -> int:
    """The box of a position and the eight around it, as bits."""
    row, column = divmod(box_at(latitude, longitude), COLUMNS)
    bits = 0
    for other in range(max(0, row - 1), min(ROWS - 1, row + 1) + 1):
        for step in (-1, 0, 1):
            bits |= 1 << (other * COLUMNS + (column + step) % COLUMNS)
    return bits


def _own_boxes(fix: Fix) -> int:
    """The boxes that the aircraft itself has lit up, coming straight to where it was last heard."""
    back = (fix.track_deg or 0.0) + 180
    way_nm = cruise_speed_kt(fix) * ((BEFORE + SLOT) / timedelta(hours=1))
    bits = 0
    for step in range(int(way_nm / OWN_STEP_NM) + 1):
        bits |= 1 << box_at(*destination(fix.latitude, fix.longitude, back, step * OWN_STEP_NM))
    return bits


def _joined(
    slots: tuple[Slot, ...], heard: bytes, low: bytes, at: Instant, most: int
) -> tuple[Slot, ...]:
    """The slots with what was heard in the one that begins ``at``; older news is left out."""
    if slots and at < slots[-1].at:
        return slots
    if not slots or at > slots[-1].at:
        return (*slots, Slot(at=at, heard=heard, low=low))[-most:]
    last = slots[-1]
    joined = Slot(at=at, heard=_either(last.heard, heard), low=_either(last.low, low))
    return slots if joined == last else (*slots[:-1], joined)


def _either(one: bytes, other: bytes) -> bytes:
    return (bits_of(one) | bits_of(other)).to_bytes(MAP_BYTES, "little")


def _floor(at: Instant, step: timedelta) -> Instant:
    start = datetime.min.replace(tzinfo=at.tzinfo)
    return at - (at - start) % step
