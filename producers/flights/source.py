"""A flight source as the operator names it, and the parser of each format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from producers.flights import adsbx, opensky, readsb
from producers.flights.picture import Picture
from wheelsdown.records.aircraft import Scope

Format = Literal["readsb", "adsbx", "opensky"]

#: From the bytes of an answer, and the time of the poll (None for a file), to its picture.
PARSERS: Mapping[Format, Callable[[bytes, datetime | None], Picture]] = {
    "readsb": readsb.parse,
    "adsbx": adsbx.parse,
    "opensky": opensky.parse,
}


@dataclass(frozen=True)
class FlightSource:
    """What is polled, and how often. ``scope`` is what an answer can show at all."""

    name: str
    format: Format
    url: str
    every_s: float
    scope: Scope
