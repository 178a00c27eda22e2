"""Reading files of aircraft, from whatever hand: our own columns, or those of plane-alert-db.

Such files are edited in spreadsheets. These take leading zeros from an address of digits, which can
be given back, and turn others into numbers (4408E8 into 4.408E+11), which can't. A row that says
nothing reliable is dropped and counted; the rest of the file counts.
"""

import csv
import difflib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from wheelsdown.records.aircraft import Aircraft
from wheelsdown.reference.address_blocks import state_of_address
from wheelsdown.reference.operators import state_of_operator
from wheelsdown.reference.states import load_states

OWN_COLUMNS = (
    "icao24",
    "registration",
    "type_code",
    "type_name",
    "operator",
    "operator_state",
    "role",
    "valid_from",
    "valid_to",
    "source",
)

#: The columns of plane-alert-db that we read, and what they are called here.
_PLANE_ALERT_COLUMNS = {
    "$ICAO": "icao24",
    "$Registration": "registration",
    "$Operator": "operator",
    "$Type": "type_name",
    "$ICAO Type": "type_code",
}

#: Far above any list of aircraft (plane-alert-db: 2.4 MB); a larger file is a mistake.
MAX_FILE_BYTES = 50_000_000

#: Longer texts are cut: they go into every record about the aircraft.
_MAX_TEXT = 100

_TYPE_CODE = re.compile(r"[A-Z0-9]{2,4}")
_REGISTRATION = re.compile(r"(?=.*[0-9-])[A-Z0-9][A-Z0-9+ -]{1,11}")


class FleetError(Exception):
    """A file of aircraft can't be used; the message says which and what to do."""


class _UnusableRowError(Exception):
    """The row is dropped; the message is the reason it is counted under."""


def read_fleet_file(path: Path) -> tuple[dict[str, Aircraft], Counter[str]]:
    """The aircraft of a file by address, and how many rows were dropped for which reason.

    Raises FleetError when the file can't be read or is in neither form.
    """
    aircraft: dict[str, Aircraft] = {}
    dropped: Counter[str] = Counter()
    for row in _rows(path):
        try:
            one = _aircraft(row, path.name)
        except _UnusableRowError as reason:
            dropped[str(reason)] += 1
            continue
        if one.icao24 in aircraft:
            dropped["address twice in one file"] += 1
        else:
            aircraft[one.icao24] = one
    return aircraft, dropped


def _rows(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows under our own column names; a column that a short row lacks is None."""
    try:
        if not path.is_file():
            raise FleetError(f"{path} is no file; correct the path of the fleet file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FleetError(
                f"{path} is larger than {MAX_FILE_BYTES} bytes: not a list of aircraft"
            )
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = _own_names(path, reader.fieldnames or ())
            for row in reader:
                yield {own: row[theirs] for theirs, own in names.items()}
    except UnicodeDecodeError as error:
        raise FleetError(f"{path} is not UTF-8 text ({error}); save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise FleetError(f"{path} is not CSV: {error}") from error
    except OSError as error:
        raise FleetError(f"{path} can't be read: {error}") from error


def _own_names(path: Path, header: Sequence[str]) -> dict[str, str]:
    """Column in the file -> our name for it."""
    if "$ICAO" in header:
        missing = [name for name in _PLANE_ALERT_COLUMNS if name not in header]
        if missing:
            raise FleetError(f"{path} looks like plane-alert-db but lacks {', '.join(missing)}")
        return _PLANE_ALERT_COLUMNS
    if "icao24" not in header:
        raise FleetError(
            f"{path} has no column icao24. Its first line must name columns out of "
            f"{', '.join(OWN_COLUMNS)}, or be the header of plane-alert-db ($ICAO, ...)"
        )
    for name in header:
        if name not in OWN_COLUMNS:
            near = difflib.get_close_matches(name, OWN_COLUMNS, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise FleetError(
                f"{path} has an unknown column {name!r}{hint}; known: {', '.join(OWN_COLUMNS)}"
            )
    return {name: name for name in header}


def _aircraft(row: dict[str, str | None], file: str) -> Aircraft:
    if None in row.values():
        raise _UnusableRowError("too few columns")
    texts = {name: _text(value or "") for name, value in row.items()}
    icao24 = _icao24(texts["icao24"])
    operator = texts.get("operator", "")
    operator_state, learned = _operator_state(icao24, operator, texts.get("operator_state", ""))
    source = f": {texts['source']}" if texts.get("source") else ""
    registration = texts.get("registration", "").upper()
    type_code = texts.get("type_code", "").upper()
    return Aircraft(
        icao24=icao24,
        registration=registration if _REGISTRATION.fullmatch(registration) else None,
        type_code=type_code if _TYPE_CODE.fullmatch(type_code) else None,
        type_name=texts.get("type_name") or None,
        operator=operator or None,
        operator_state=operator_state,
        source=sys.intern(f"{file}{source}{learned}"),
    )


def _operator_state(icao24: str, operator: str, stated: str) -> tuple[str, str]:
    """The operator's state, and how it was learned where the row does not state it."""
    if stated:
        if stated not in load_states():
            raise _UnusableRowError("operator_state is no code of a known state")
        return stated, ""
    told = state_of_operator(operator)
    if told is not None:
        return told, "; state by operator's name"
    allotted = state_of_address(icao24)
    if allotted is None:
        raise _UnusableRowError("no state by operator's name nor by address")
    return allotted, "; state by address block"


def _icao24(text: str) -> str:
    """Six lower-case hex digits."""
    if not text:
        raise _UnusableRowError("no address")
    if text.startswith("~"):
        raise _UnusableRowError("not an ICAO address (~)")
    if re.fullmatch(r"[0-9]{2,5}", text):
        text = text.zfill(6)
        if state_of_address(text) is None:
            raise _UnusableRowError("address is not six hex digits")
        return text
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?[Ee]\+[0-9]+", text):
        raise _UnusableRowError("address was turned into a number")
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", text):
        raise _UnusableRowError("address is not six hex digits")
    return text.lower()


def _text(value: str) -> str:
    """One line of printable text, cut to a sane length."""
    printable = "".join(char if char.isprintable() else " " for char in value)
    # Interned, since a list of aircraft repeats its operators and types.
    return sys.intern(" ".join(printable.split())[:_MAX_TEXT])
