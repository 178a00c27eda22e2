"""What was read of an entry, as JSON lines; docs/visits.md says what their members mean."""

from collections.abc import Sequence
from datetime import date

import msgspec

from processors.visits.reader import VisitRead
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.record import Record

#: What a line of a flight report leaves out of the record: its place in the log, what follows from
#: the line itself (pair and type), and the entry, which the key names.
_LEFT_OUT = {*Record.__struct_fields__, "pair", "type_name", "type_codes", "evidence"}
_OF_A_FLIGHT = tuple(name for name in FlightReport.__struct_fields__ if name not in _LEFT_OUT)

_encode = msgspec.json.Encoder().encode


class _Mention(msgspec.Struct):
    key: str
    visitor: str
    host: str
    official: str | None
    rank: str
    status: str
    kind: str
    start: date | None
    end: date | None
    background: bool
    certainty: float
    why: Sequence[str]


def mention_line(key: str, one: VisitRead) -> bytes:
    """A visit that the entry named by ``key`` tells of, without the end of the line."""
    line = _Mention(
        key=key,
        visitor=one.visitor,
        host=one.host,
        official=one.official or one.office,
        rank=one.rank,
        status=one.status,
        kind=one.kind,
        start=one.days.start if one.days else None,
        end=one.days.end if one.days else None,
        background=one.background,
        certainty=one.certainty,
        why=one.why,
    )
    return _encode(line)


def flight_line(key: str, report: FlightReport) -> bytes:
    """A flight that the entry named by ``key`` reports, without the end of the line."""
    return _encode({"key": key} | {name: getattr(report, name) for name in _OF_A_FLIGHT})
