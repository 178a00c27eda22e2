"""Tracks of aircraft kept in files: readsb's ``trace_full`` JSON and ADS-B Exchange trace CSV.

Both describe the same points; each becomes an aircraft object of its own time, so that the rules
for fields are those of live answers. What a point does not repeat (callsign, source) holds until
the next point that does.
"""

import ast
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from producers.flights.aircraft_object import vector_of
from producers.flights.answer import EPOCH_S
from producers.flights.document import Document
from producers.flights.fields import number
from producers.flights.picture import DropReason, SourceError, Tally
from wheelsdown.records.aircraft import StateVector


@dataclass(frozen=True)
class Track:
    """State vectors in time order, of one aircraft or of several, and what was left out.

    The number ``received`` is that of the vectors and of the dropped points together.
    """

    vectors: tuple[StateVector, ...]
    received: int
    dropped: Mapping[DropReason, int]


#: A point: its time, None when it has none, and its aircraft object; None when it can't be read.
_Point = tuple[datetime | None, Mapping[str, object]] | None

#: A trace file is of one day; some run on past midnight.
_LONGEST_TRACE_S = 10 * 86_400.0

#: The columns that a table of tracks must have.
CSV_COLUMNS = frozenset({
    "icao", "ping_time", "lat", "lon", "altitude", "alt_geom", "ground_speed", "heading",
    "details", "nnumber", "model",
})  # fmt: skip
_CSV_YEARS = (1990, 2100)
_LONGEST_DETAILS = 4096


def read_readsb_trace(body: bytes) -> Track:
    """A day of one aircraft as readsb writes it (README-json.md, "trace jsons").

    Raises SourceError.
    """
    document = Document(body)
    rows = document.rows("trace")
    start = number(document.value("timestamp"), EPOCH_S, Tally())
    if start is None:
        raise SourceError("no_clock", "the trace does not tell when it starts (timestamp)")
    aircraft = {name: document.value(name) for name in ("r", "t", "dbFlags")}
    aircraft["hex"] = document.value("icao")
    return _track(_readsb_points(rows, start, aircraft), Tally())


def _readsb_points(
    rows: Iterator[object], start: float, aircraft: Mapping[str, object]
) -> Iterator[_Point]:
    for row in rows:
        if not isinstance(row, list) or len(row) < 8:
            yield None
            continue
        # Versions of readsb differ in how many of the later fields they write.
        after, latitude, longitude, altitude, speed, track, _, rate, *later = row
        details, source, geometric, *_ = *later, *(None,) * 3
        if not isinstance(details, dict):
            details = {}
        seconds = number(after, (0.0, _LONGEST_TRACE_S), Tally())
        at = None if seconds is None else datetime.fromtimestamp(start + seconds, UTC)
        yield (
            at,
            {
                **aircraft,
                "flight": details.get("flight"),
                "type": source or details.get("type"),
                "lat": latitude,
                "lon": longitude,
                "alt_baro": altitude,
                "alt_geom": geometric,
                "gs": speed,
                "track": track,
                "baro_rate": rate,
            },
        )


def read_adsbx_csv(body: bytes) -> Track:
    """Points of one or more aircraft as a table, one line a point, in whatever order.

    The columns are those that github.com/stiles/flight-tracer writes; ``ping_time`` is in UTC.
    Raises SourceError.
    """
    lines = iter(body.decode("utf-8-sig", errors="replace").split("\n"))
    header = _cells(next(lines)) or []
    missing = sorted(CSV_COLUMNS - set(header))
    if missing:
        raise SourceError("wrong_shape", f"the table has no column {', '.join(missing)}")
    tally = Tally()
    return _track(_adsbx_points(lines, header, tally), tally)


def _adsbx_points(lines: Iterator[str], header: list[str], tally: Tally) -> Iterator[_Point]:
    for line in lines:
        if not line.strip():
            continue
        cells = _cells(line)
        if cells is None or len(cells) != len(header):
            yield None
            continue
        row = dict(zip(header, cells, strict=True))
        details = _details(row["details"], tally)
        yield (
            _utc(row["ping_time"]),
            {
                "hex": row["icao"],
                "r": row["nnumber"],
                "t": row["model"],
                "flight": details.get("flight"),
                "type": details.get("type"),
                "lat": _number_or_text(row["lat"]),
                "lon": _number_or_text(row["lon"]),
                "alt_baro": _number_or_text(row["altitude"]),
                "alt_geom": _number_or_text(row["alt_geom"]),
                "gs": _number_or_text(row["ground_speed"]),
                "track": _number_or_text(row["heading"]),
                "baro_rate": details.get("baro_rate"),
            },
        )


def _track(points: Iterator[_Point], tally: Tally) -> Track:
    received = 0
    timed: list[tuple[datetime, Mapping[str, object]]] = []
    for point in points:
        received += 1
        if point is None:
            tally["bad_row"] += 1
        elif point[0] is None:
            tally["no_time"] += 1
        else:
            timed.append((point[0], point[1]))
    vectors: list[StateVector] = []
    latest: dict[str, StateVector] = {}
    for at, aircraft in sorted(timed, key=lambda point: point[0]):
        vector = vector_of({**aircraft, "seen": 0, "seen_pos": 0}, at, tally)
        if isinstance(vector, str):
            tally[vector] += 1
            continue
        before = latest.get(vector.icao24)
        if before is not None:
            if before.heard_at == vector.heard_at:
                tally["duplicate"] += 1
                continue
            vector = _continued(vector, before)
        latest[vector.icao24] = vector
        vectors.append(vector)
    return Track(tuple(vectors), received, dict(sorted(tally.items())))


def _continued(vector: StateVector, before: StateVector) -> StateVector:
    """The vector, with what a point repeats only now and then taken from the point before it."""
    if vector.position_source == "unknown":
        vector = msgspec.structs.replace(vector, position_source=before.position_source)
    return msgspec.structs.replace(vector, callsign=vector.callsign or before.callsign)


def _cells(line: str) -> list[str] | None:
    """The cells of one line. Each line is read alone, so that a stray quote spoils no other."""
    try:
        return next(csv.reader([line.rstrip("\r")]), None)
    except csv.Error:
        return None


def _details(text: str, tally: Tally) -> Mapping[str, object]:
    """The aircraft object that a cell holds as a Python literal; empty when there is none."""
    if not text:
        return {}
    if len(text) <= _LONGEST_DETAILS:
        try:
            details = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            details = None
        if isinstance(details, dict):
            return details
    tally["bad_field"] += 1
    return {}


def _number_or_text(text: str) -> float | str | None:
    """A number where the cell is one; other text is left for the rules for fields to judge."""
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _utc(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _CSV_YEARS[0] <= moment.year <= _CSV_YEARS[1]:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
