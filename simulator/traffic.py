"""What other traffic tells of reception: the maps of boxes that snapshots carry.

Airliners fly wherever receivers are, so a box is heard when its middle is in their reach, and low
when a receiver stands in it. Where few receivers reach, nobody happens to fly at many a time.
"""

from collections import Counter
from collections.abc import Iterable
from math import cos, floor, radians

from simulator.dice import Dice
from simulator.receivers import FARTHEST_NM, Circle, Receivers
from wheelsdown.records.reception import (
    BOX_DEG,
    COLUMNS,
    MAP_BYTES,
    ROWS,
    Reception,
    bits_of,
    box_at,
    box_map,
)
from wheelsdown.reference.geodesy import distance_nm

#: A box in reach of so many receivers is busy: there is always somebody in it.
BUSY = 6
#: Quiet boxes are looked at anew so often, in seconds: airliners cross one in 5 to 15 minutes.
CROSSING_S = 300
_NM_A_DEGREE = 60.0


class Traffic:
    """The boxes that are heard, and low, in one simulation; maps are integers, bit n is box n.

    A quiet box has somebody in it at a quarter, a half or three quarters of all times.
    """

    def __init__(self, receivers: Receivers, rng: Dice) -> None:
        reached = Counter(
            box
            for one in receivers.stands
            for box in _boxes_within(Circle(one.latitude, one.longitude, FARTHEST_NM))
        )
        quiet: tuple[set[int], set[int], set[int]] = (set(), set(), set())
        for box in sorted(reached):
            if reached[box] < BUSY:
                rng.choice(quiet).add(box)
        self._busy = _bits(box for box, count in reached.items() if count >= BUSY)
        self._seldom, self._often, self._mostly = (_bits(boxes) for boxes in quiet)
        self._low = _bits(box_at(one.latitude, one.longitude) for one in receivers.stands)
        self._flown = 0
        self._told: tuple[int, tuple[Circle, ...], Reception] | None = None

    def reception(self, at: float, dark: tuple[Circle, ...], rng: Dice) -> Reception:
        """The maps at a time; nothing is heard in the circles that are ``dark``."""
        number = int(at // CROSSING_S)
        if self._told is not None and self._told[:2] == (number, dark):
            return self._told[2]
        if self._told is None or self._told[0] != number:
            one, other = rng.getrandbits(ROWS * COLUMNS), rng.getrandbits(ROWS * COLUMNS)
            self._flown = (
                (self._seldom & one & other) | (self._often & one) | (self._mostly & (one | other))
            )
        unheard = _bits(box for circle in dark for box in _boxes_within(circle))
        heard = (self._busy | self._flown) & ~unheard
        reception = Reception(heard=_map(heard), low=_map(self._low & heard))
        self._told = (number, dark, reception)
        return reception


def _boxes_within(circle: Circle) -> list[int]:
    """The boxes whose middle lies in a circle."""
    reach = circle.nm / _NM_A_DEGREE + BOX_DEG
    rows = range(
        max(0, floor((circle.latitude - reach + 90) / BOX_DEG)),
        min(ROWS - 1, floor((circle.latitude + reach + 90) / BOX_DEG)) + 1,
    )
    found = []
    for row in rows:
        latitude = row * BOX_DEG - 90 + BOX_DEG / 2
        width = min(180.0, reach / max(0.01, cos(radians(latitude))))
        first = floor((circle.longitude - width + 180) / BOX_DEG)
        last = min(floor((circle.longitude + width + 180) / BOX_DEG), first + COLUMNS - 1)
        for column in range(first, last + 1):
            longitude = column * BOX_DEG - 180 + BOX_DEG / 2
            if distance_nm(circle.latitude, circle.longitude, latitude, longitude) <= circle.nm:
                found.append(row * COLUMNS + column % COLUMNS)
    return found


def _bits(boxes: Iterable[int]) -> int:
    return bits_of(box_map(boxes))


def _map(bits: int) -> bytes:
    return bits.to_bytes(MAP_BYTES, "little")
