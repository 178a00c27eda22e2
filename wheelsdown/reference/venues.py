"""Gatherings of officials, and where they meet: a headline says "at the G20" and no city."""

import functools
from datetime import date

import msgspec

from wheelsdown.reference.data_files import listed, rows


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """One gathering.

    ``names`` are what headlines call it, in lower case without diacritics; many return every year,
    so they mean this gathering on its days only: ``start`` is the first and ``end`` the last,
    there. ``host`` is the code of the state on whose soil it meets. ``source`` names a public page
    where the row can be checked.
    """

    names: tuple[str, ...]
    start: date
    end: date
    host: str
    city: str
    source: str


@functools.cache
def load_venues() -> tuple[Venue, ...]:
    """All of them, by their first day."""
    return tuple(
        msgspec.convert({**row, "names": listed(row["names"])}, Venue) for row in rows("venues.csv")
    )
