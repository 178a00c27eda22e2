"""OpenSky's ``/states/all``: ``time`` in seconds, rows of 17 or 18 fields in metres and m/s.

Fields as documented by openskynetwork/opensky-api; longitude comes before latitude.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from producers.flights import fields
from producers.flights.answer import EPOCH_S, Reading, picture, read_clock
from producers.flights.document import Document
from producers.flights.picture import DropReason, Picture, Tally
from wheelsdown.records.aircraft import PositionSource, StateVector

_FT_PER_M = 1 / 0.3048
_KT_PER_MPS = 3600 / 1852
_FPM_PER_MPS = 60 / 0.3048

#: The 18th field, category, comes only with ``extended=1``.
_ROW_LENGTHS = (17, 18)

#: 1 is ASTERIX (radar), 3 is FLARM.
_POSITION_SOURCES: Mapping[float | None, PositionSource] = {
    0: "adsb",
    1: "other",
    2: "mlat",
    3: "other",
}


def parse(body: bytes, polled_at: datetime | None) -> Picture:
    """The picture in an answer; ``polled_at`` is None when it comes from a file.

    Raises SourceError.
    """
    document = Document(body)
    rows = document.rows("states")
    reading = read_clock(document.value("time"), polled_at)
    return picture(reading, rows, lambda row, tally: _vector_of(row, reading, tally))


def _vector_of(row: object, reading: Reading, tally: Tally) -> StateVector | DropReason:
    if not isinstance(row, list) or len(row) not in _ROW_LENGTHS:
        return "bad_row"
    icao24 = fields.address(row[0])
    if icao24 is None:
        return fields.no_address(row[0])
    fix = fields.fix(row[6], row[5], _age(row[3], reading, tally), tally)
    heard = fields.last_contact(_age(row[4], reading, tally), fix)
    if heard is None:
        return "no_time"
    return StateVector(
        icao24=icao24,
        heard_at=reading.at - heard,
        callsign=fields.text(row[1], 8, tally),
        latitude=None if fix is None else fix.latitude,
        longitude=None if fix is None else fix.longitude,
        positioned_at=None if fix is None else reading.at - fix.age,
        altitude_ft=_rounded(
            fields.first_number((row[7], row[13]), fields.ALTITUDE_FT, tally, scale=_FT_PER_M)
        ),
        on_ground=fields.truth(row[8], tally),
        ground_speed_kt=_rounded(
            fields.number(row[9], fields.GROUND_SPEED_KT, tally, scale=_KT_PER_MPS)
        ),
        track_deg=fields.degrees(row[10], tally),
        vertical_rate_fpm=_rounded(
            fields.number(row[11], fields.VERTICAL_RATE_FPM, tally, scale=_FPM_PER_MPS)
        ),
        position_source=_position_source(row[16], tally),
    )


def _age(value: object, reading: Reading, tally: Tally) -> timedelta | None:
    """The age of a time in seconds since 1970, by the source's clock if it has one."""
    seconds = fields.number(value, EPOCH_S, tally)
    if seconds is None:
        return None
    return fields.age((reading.clock or reading.at).timestamp() - seconds, tally)


def _position_source(value: object, tally: Tally) -> PositionSource:
    return _POSITION_SOURCES.get(fields.number(value, (0, 255), tally), "unknown")


def _rounded(value: float | None) -> float | None:
    """To a tenth of a foot or knot: metres with two decimals hold no more."""
    return None if value is None else round(value, 1)
