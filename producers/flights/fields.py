"""Fields as feeds give them: each is usable, or it becomes None and is counted.

A field that is absent or null is None and not counted. Limits are those of the coding on the air
with some room: whether a value is plausible for the aircraft is decided downstream.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from producers.flights.picture import DropReason, Tally

#: Mode S codes -1,000 to 126,750 ft; geometric heights lie somewhat beside these.
ALTITUDE_FT = (-5_000.0, 200_000.0)
#: ADS-B codes up to 4,084 kt along each of two axes (supersonic subtypes).
GROUND_SPEED_KT = (0.0, 6_000.0)
#: ADS-B codes up to 32,640 ft/min.
VERTICAL_RATE_FPM = (-33_000.0, 33_000.0)

_DEGREES = (-360.0, 360.0)
#: Sources forget aircraft within minutes, satellites within the hour; a day is a broken clock.
#: Slightly negative ages come from clocks that are read twice.
_AGE_S = (-5.0, 86_400.0)

_ADDRESS = re.compile(r"[0-9a-f]{6}")
#: Never given to an aircraft (ICAO Annex 10, volume III, part I, 9.2.1).
_NO_AIRCRAFT = ("000000", "ffffff")


def address(value: object) -> str | None:
    """The ICAO24 in lower case; None when it is none, for which ``no_address`` has the reason."""
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    return text if _ADDRESS.fullmatch(text) and text not in _NO_AIRCRAFT else None


def no_address(value: object) -> DropReason:
    """Why ``address`` found none."""
    marked = isinstance(value, str) and value.strip().startswith("~")
    return "non_icao_address" if marked else "bad_address"


def number(
    value: object, limits: tuple[float, float], tally: Tally, *, scale: float = 1.0
) -> float | None:
    """``value * scale`` when it is a finite number within ``limits``, which hold after scaling."""
    if value is None:
        return None
    low, high = limits
    # Compared before it is multiplied: integers of any length compare, only short ones scale.
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and low / scale <= value <= high / scale
    ):
        return value * scale
    tally["bad_field"] += 1
    return None


def first_number(
    values: Iterable[object], limits: tuple[float, float], tally: Tally, *, scale: float = 1.0
) -> float | None:
    """The first of several measures of the same thing that is a number."""
    found = (number(value, limits, tally, scale=scale) for value in values)
    return next((value for value in found if value is not None), None)


def degrees(value: object, tally: Tally) -> float | None:
    """A direction from 0 up to 360; OpenSky also gives negative ones."""
    angle = number(value, _DEGREES, tally)
    return None if angle is None else angle % 360


def age(value: object, tally: Tally) -> timedelta | None:
    """Seconds before the source's clock."""
    seconds = number(value, _AGE_S, tally)
    return None if seconds is None else timedelta(seconds=max(0.0, seconds))


class Fix(NamedTuple):
    """A position in degrees, and how long before the source's clock it was true."""

    latitude: float
    longitude: float
    age: timedelta


def fix(latitude: object, longitude: object, age: timedelta | None, tally: Tally) -> Fix | None:
    """A position, if both coordinates are good and its age is known."""
    north = number(latitude, (-90.0, 90.0), tally)
    east = number(longitude, (-180.0, 180.0), tally)
    if north is None or east is None:
        return None
    if age is None:
        tally["bad_field"] += 1
        return None
    return Fix(north, east, age)


def last_contact(contact: timedelta | None, fix: Fix | None) -> timedelta | None:
    """The age of the last contact of any kind; a position is a contact too."""
    if fix is None or contact is None:
        return contact if fix is None else fix.age
    return min(contact, fix.age)


def text(value: object, longest: int, tally: Tally) -> str | None:
    """Text without padding, None if nothing is left: untrusted, but short, ASCII, printable."""
    if value is None:
        return None
    if isinstance(value, str):
        stripped = value.strip()
        if len(stripped) <= longest and stripped.isascii() and stripped.isprintable():
            return stripped or None
    tally["bad_field"] += 1
    return None


def truth(value: object, tally: Tally) -> bool | None:
    """A JSON true or false."""
    if value is None or isinstance(value, bool):
        return value
    tally["bad_field"] += 1
    return None
