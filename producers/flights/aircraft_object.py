"""The aircraft object that readsb writes and that the ADSBx-v2 family took over.

Fields as documented in readsb's README-json.md (github.com/wiedehopf/readsb): feet, knots,
feet per minute, degrees; ``seen`` and ``seen_pos`` in seconds before the answer's clock.
"""

from collections.abc import Mapping
from datetime import datetime

from producers.flights import fields
from producers.flights.picture import DropReason, Tally
from wheelsdown.records.aircraft import PositionSource, StateVector

#: Bit 0 of ``dbFlags``; the others are interesting, PIA and LADD.
_MILITARY = 1

#: ``type``: the best source of current data. adsr is ADS-B sent again from another data link.
_POSITION_SOURCES: Mapping[object, PositionSource] = {
    "adsb_icao": "adsb",
    "adsb_icao_nt": "adsb",
    "adsr_icao": "adsb",
    "adsb_other": "adsb",
    "adsr_other": "adsb",
    "tisb_icao": "tisb",
    "tisb_other": "tisb",
    "tisb_trackfile": "tisb",
    "adsc": "adsc",
    "mlat": "mlat",
    "other": "other",
    "mode_s": "other",
}


def vector_of(row: object, at: datetime, tally: Tally) -> StateVector | DropReason:
    """The state vector of one aircraft object, or why there is none; ages count from ``at``.

    A position that readsb no longer calls current (``lastPosition``) is kept with its true time.
    """
    if not isinstance(row, dict):
        return "bad_row"
    icao24 = fields.address(row.get("hex"))
    if icao24 is None:
        return fields.no_address(row.get("hex"))
    fix = _fix(row, tally)
    heard = fields.last_contact(fields.age(row.get("seen"), tally), fix)
    if heard is None:
        return "no_time"
    altitude_ft, on_ground = _altitude(row, tally)
    return StateVector(
        icao24=icao24,
        heard_at=at - heard,
        callsign=fields.text(row.get("flight"), 8, tally),
        registration=fields.text(row.get("r"), 16, tally),
        type_code=fields.text(row.get("t"), 8, tally),
        latitude=None if fix is None else fix.latitude,
        longitude=None if fix is None else fix.longitude,
        positioned_at=None if fix is None else at - fix.age,
        altitude_ft=altitude_ft,
        on_ground=on_ground,
        ground_speed_kt=fields.number(row.get("gs"), fields.GROUND_SPEED_KT, tally),
        track_deg=fields.degrees(row.get("track"), tally),
        vertical_rate_fpm=fields.first_number(
            (row.get("baro_rate"), row.get("geom_rate")), fields.VERTICAL_RATE_FPM, tally
        ),
        position_source=_position_source(row.get("type"), tally),
        military=_is_military(row.get("dbFlags"), tally),
    )


def _fix(row: Mapping[str, object], tally: Tally) -> fields.Fix | None:
    last = row.get("lastPosition")
    holder = last if row.get("lat") is None and isinstance(last, dict) else row
    age = fields.age(holder.get("seen_pos"), tally)
    return fields.fix(holder.get("lat"), holder.get("lon"), age, tally)


def _altitude(row: Mapping[str, object], tally: Tally) -> tuple[float | None, bool | None]:
    """Barometric, else geometric altitude, and whether the aircraft is on the ground."""
    barometric = row.get("alt_baro")
    if barometric == "ground":
        return None, True
    altitude_ft = fields.number(barometric, fields.ALTITUDE_FT, tally)
    if altitude_ft is not None:
        return altitude_ft, False
    return fields.number(row.get("alt_geom"), fields.ALTITUDE_FT, tally), None


def _position_source(value: object, tally: Tally) -> PositionSource:
    if value is None or isinstance(value, str):
        return _POSITION_SOURCES.get(value, "unknown")
    tally["bad_field"] += 1
    return "unknown"


def _is_military(value: object, tally: Tally) -> bool:
    flags = fields.number(value, (0, 65_535), tally)
    return flags is not None and bool(int(flags) & _MILITARY)
