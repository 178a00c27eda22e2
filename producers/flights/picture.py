"""What one answer of a flight feed told: the sky as the source saw it at one time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wheelsdown.records.aircraft import StateVector

#: Why something of an answer was left out. All but ``bad_field`` count aircraft.
DropReason = Literal[
    "bad_row",  # not an object, or a row with the wrong number of fields
    "bad_address",  # no ICAO24 of six hex digits, or one that is never given out
    "non_icao_address",  # marked ``~``: it identifies no airframe
    "no_time",  # when the aircraft was heard can't be told
    "duplicate",  # the same aircraft again; the freshest is kept
    "bad_field",  # a field alone: not a number, out of range; the aircraft stays without it
]

#: How often each reason occurred; handed to whatever reads a part of an answer.
Tally = Counter[DropReason]


SourceReason = Literal[
    "empty",
    "html",
    "not_json",
    "wrong_shape",  # JSON or a table, but not of this format
    "no_clock",  # it does not tell its time, or tells an impossible one
    "old_answer",  # the same as long ago: the receiver behind the server has stopped
    "no_aircraft",  # an answer about the world that shows nobody
    "bad_file",  # unreadable, damaged or too large
]


class SourceError(Exception):
    """An answer or file holds no picture at all; the message says what came instead."""

    def __init__(self, reason: SourceReason, message: str) -> None:
        super().__init__(message)
        self.reason: SourceReason = reason


@dataclass(frozen=True)
class Picture:
    """All aircraft of one answer, one vector each, ordered by ICAO24.

    ``at`` is the source's clock, or the time of the poll when that clock is missing, wrong or
    ahead; ``clock`` is what the source itself said, None when nothing usable. The number
    ``received`` is that of the vectors and of the ``dropped`` aircraft together.
    """

    at: datetime
    clock: datetime | None
    vectors: tuple[StateVector, ...]
    received: int
    dropped: Mapping[DropReason, int]
    health: Literal["ok", "degraded"] = "ok"
    reason: str = ""
