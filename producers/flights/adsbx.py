"""The ADSBx-v2 family (adsb.lol, airplanes.live, ...): ``now`` in milliseconds, the list ``ac``."""

from datetime import datetime

from producers.flights.aircraft_object import vector_of
from producers.flights.answer import picture, read_clock
from producers.flights.document import Document
from producers.flights.picture import Picture


def parse(body: bytes, polled_at: datetime | None) -> Picture:
    """The picture in an answer; ``polled_at`` is None when it comes from a file.

    Raises SourceError.
    """
    document = Document(body)
    rows = document.rows("ac")
    reading = read_clock(document.value("now"), polled_at, scale=0.001)
    return picture(reading, rows, lambda row, tally: vector_of(row, reading.at, tally))
