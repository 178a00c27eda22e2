"""Whose block an aircraft's 24-bit address lies in.

ICAO allots a block of addresses to each state (Annex 10, Volume III, chapter 9). Some states use a
part of theirs for military or other government aircraft only; data/address_blocks.csv has those
that are publicly documented. An aircraft outside them may still be a government's.
"""

import bisect
import functools
from typing import NamedTuple

from wheelsdown.reference.data_files import rows


class _Blocks(NamedTuple):
    """Blocks that do not overlap, in order."""

    firsts: list[int]
    lasts: list[int]
    states: list[str]

    def state_of(self, address: int) -> str | None:
        index = bisect.bisect_right(self.firsts, address) - 1
        if index < 0 or address > self.lasts[index]:
            return None
        return self.states[index]


def state_of_address(icao24: str) -> str | None:
    """The state that ICAO allotted the address to, None for an address that nobody has.

    The code is alpha-3. Hong Kong and Macau use addresses of China, Bermuda those of the United
    Kingdom. Raises ValueError when ``icao24`` is not hexadecimal.
    """
    return _blocks("state").state_of(int(icao24, 16))


def government_state(icao24: str) -> str | None:
    """The state (or NATO) whose known military or government block holds the address, else None.

    Raises ValueError when ``icao24`` is not hexadecimal.
    """
    return _blocks("government").state_of(int(icao24, 16))


@functools.cache
def _blocks(kind: str) -> _Blocks:
    found = sorted(
        (int(row["first"], 16), int(row["last"], 16), row["state"])
        for row in rows("address_blocks.csv")
        if row["kind"] == kind
    )
    return _Blocks(*(list(column) for column in zip(*found, strict=True)))
