"""readsb's (and tar1090's) ``aircraft.json``: ``now`` in seconds, the list ``aircraft``."""

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
    rows = document.rows("aircraft")
    reading = read_clock(document.value("now"), polled_at)
    return picture(reading, rows, lambda row, tally: vector_of(row, reading.at, tally))
