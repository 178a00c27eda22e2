"""Who holds which office, and when: leaders, ministers and envoys who travel for a state."""

import functools
from datetime import date

import msgspec

from wheelsdown.reference.data_files import listed, rows


class Official(msgspec.Struct, frozen=True, kw_only=True):
    """One term of one office.

    ``name`` is the usual English form and ``variants`` are others, all without diacritics;
    ``alone`` are the names that mean this person without a first name. ``since`` is the first day
    in office and ``until`` the last, None where it is open or older than any news that matters.
    ``source`` names a public page where the row can be checked.
    """

    state: str
    office: str
    name: str
    variants: tuple[str, ...]
    alone: tuple[str, ...]
    since: date | None
    until: date | None
    source: str

    def holds(self, day: date) -> bool:
        """Whether the person is in office on that day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


Officials = tuple[Official, ...]


@functools.cache
def load_officials() -> Officials:
    """All of them, in the order of the file."""
    return tuple(_official(row) for row in rows("officials.csv"))


def _official(row: dict[str, str]) -> Official:
    return msgspec.convert(
        {
            "state": row["state"],
            "office": row["office"],
            "name": row["name"],
            "variants": listed(row["variants"]),
            "alone": listed(row["alone"]),
            "since": row["since"] or None,
            "until": row["until"] or None,
            "source": row["source"],
        },
        Official,
    )
