"""The formats that ``record import`` reads, and how to tell which of them a file is in."""

import csv
from typing import Literal

import msgspec

from producers.flights.traces import CSV_COLUMNS

Format = Literal["opensky", "readsb", "readsb-trace", "adsbx-csv", "entries"]

#: Members that a document or line of the format has, and few other files together: those without
#: which the reader of the format makes nothing of it. Each alternative is one spelling.
_MEMBERS: tuple[tuple[Format, frozenset[str]], ...] = (
    ("readsb-trace", frozenset({"icao", "timestamp", "trace"})),
    ("opensky", frozenset({"time", "states"})),
    ("readsb", frozenset({"now", "aircraft"})),
    ("readsb", frozenset({"now", "ac"})),
    ("entries", frozenset({"feed", "title", "published"})),
    ("entries", frozenset({"source", "title", "date_published"})),
)


def format_of(body: bytes) -> Format | None:
    """The format whose members the file has; None where that can't be told for sure."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return "adsbx-csv" if _header(start) >= CSV_COLUMNS else None
    names = _members(start) or _members(start.partition(b"\n")[0])
    fitting = {kind for kind, members in _MEMBERS if members <= names}
    return fitting.pop() if len(fitting) == 1 else None


def _members(text: bytes) -> frozenset[str]:
    """The names of an object's members; none where the text is no object."""
    try:
        return frozenset(msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return frozenset()


def _header(text: bytes) -> frozenset[str]:
    line = text.partition(b"\n")[0].decode(errors="replace").rstrip("\r")
    try:
        return frozenset(next(csv.reader([line]), ()))
    except csv.Error:
        return frozenset()
