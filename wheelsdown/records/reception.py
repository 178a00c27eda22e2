"""Where a source heard any aircraft at all: maps of boxes of two degrees, one bit a box."""

from collections.abc import Iterable
from math import floor
from typing import Annotated

import msgspec

#: The side of a box, in degrees: 120 nm from south to north, less from west to east.
BOX_DEG = 2
ROWS, COLUMNS = 180 // BOX_DEG, 360 // BOX_DEG
#: The length of a map in bytes.
MAP_BYTES = ROWS * COLUMNS // 8

BoxMap = Annotated[bytes, msgspec.Meta(min_length=MAP_BYTES, max_length=MAP_BYTES)]


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """``heard`` has the boxes with any aircraft, ``low`` those with one near the ground or on it.

    Bit ``box_at(latitude, longitude)`` of a map is that of the box, counted from the least
    significant bit of the first byte.
    """

    heard: BoxMap
    low: BoxMap


def box_at(latitude: float, longitude: float) -> int:
    """The number of the box that a position lies in, row by row from the south-western corner."""
    # Halved before anything is added: that is exact, also a hair beside an edge.
    row = min(ROWS - 1, ROWS // 2 + floor(latitude / BOX_DEG))
    return row * COLUMNS + (COLUMNS // 2 + floor(longitude / BOX_DEG)) % COLUMNS


def box_map(boxes: Iterable[int]) -> bytes:
    """The map with these boxes."""
    found = bytearray(MAP_BYTES)
    for box in boxes:
        found[box // 8] |= 1 << box % 8
    return bytes(found)


def bits_of(boxes: bytes) -> int:
    """A map as an integer: bit n is box n, so that maps are joined and cut as integers are."""
    return int.from_bytes(boxes, "little")
