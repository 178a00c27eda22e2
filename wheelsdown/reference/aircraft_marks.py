"""Registrations and call signs in a text, and the states that they tell."""

import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from wheelsdown.reference.data_files import rows

#: Marks of two characters stand alone; those of one only after a word that announces them.
_REGISTRATION = re.compile(
    r"\b(?:R[AF]-\d{5}|"
    r"(?:EP|UR|UP|EZ|4L|4K|4X|YK|YI|TC|VT|AP|HZ|A6|A7|A9C|A4O|9K|JY|OD|SU|5A|7T|CN|TS|ST|ET|5Y|5N|"
    r"9G|ZS|EC|CS|PH|OO|HB|OE|SP|OK|OM|HA|YR|LZ|SX|YU|9A|S5|LY|YL|OH|LN|OY|TF|EI|XA|XB|XC|CC|LV|"
    r"P[PRST]|CX|VH|ZK|9M|9V|HS|XU|PK|JU|4R|9N|YA|D2|9J|9Q|9XR|5X|5H|EK|ER|T7|VP)-[A-Z]{3}|"
    r"EW-\d{3}[A-Z]{2}|EX-\d{5}|EY-\d{3}|CU-[A-Z]\d{4}|(?:CP|HK|OB|HC)-\d{4}|RP-C\d{4}|"
    r"UP-[A-Z]{1,2}\d{4}|EZ-A\d{3}|VN-A\d{3}|UK-\d{5}|YV-?\d{4}|HL\d{4}|JA\d{3}[A-Z0-9])\b"
)
_ANNOUNCED = re.compile(
    r"\b(?:registration(?: number| code| mark)?|registered(?: as)?|tail(?: number| code| no\.?)?|"
    r"serial(?: number)?|reg\.)(?: is| was| of)?[ :,(\"'\N{LEFT DOUBLE QUOTATION MARK}]{1,3}"
    r"((?=[A-Z0-9-]*\d|[A-Z0-9]{1,2}-)[A-Z0-9][A-Z0-9-]{2,9})\b",
)
_CALLSIGN = re.compile(
    r"\b(?:[Cc]all[ -]?signs?(?: of| is| was)?|[Ff]light (?:number |no\.? )?)"
    r"[ :,(\"'\N{LEFT DOUBLE QUOTATION MARK}]{0,3}([A-Z]{2,8} ?\d{1,5}[A-Z]{0,2}|[A-Z]{4,8})\b"
)
#: Prefixes of call signs that only the air arms and government flights of one state use.
_CALLSIGN_STATES = {
    "RSD": "RUS",
    "RFF": "RUS",
    "IRAN": "IRN",
    "RCH": "USA",
    "SAM": "USA",
    "GAF": "DEU",
    "CTM": "FRA",
    "PLF": "POL",
    "KAF": "KWT",
    "CFC": "CAN",
    "IFC": "IND",
    "HUAF": "HUN",
}
_GOVERNMENT_CALLSIGN = re.compile(rf"\b({'|'.join(_CALLSIGN_STATES)})\d{{1,4}}\b")


class Mark(NamedTuple):
    """A registration or call sign at ``span`` of the text, and the state that it tells, if any."""

    kind: Literal["registration", "callsign"]
    span: tuple[int, int]
    state: str | None


def marks_in(text: str, begin: int, end: int) -> Iterator[Mark]:
    """The marks in a piece of a text, the surest first; some may overlap."""
    for match in _ANNOUNCED.finditer(text, begin, end):
        yield Mark("registration", match.span(1), state_of_registration(match[1]))
    for match in _REGISTRATION.finditer(text, begin, end):
        yield Mark("registration", match.span(), state_of_registration(match[0]))
    for match in _CALLSIGN.finditer(text, begin, end):
        prefix = match[1].rstrip("0123456789 ")
        yield Mark("callsign", match.span(1), _CALLSIGN_STATES.get(prefix))
    for match in _GOVERNMENT_CALLSIGN.finditer(text, begin, end):
        yield Mark("callsign", match.span(), _CALLSIGN_STATES[match[1]])


def state_of_registration(registration: str) -> str | None:
    """The state by the nationality mark (ICAO Annex 7): ``"RA-86559"`` -> ``"RUS"``."""
    prefixes = _prefixes()
    head, hyphen, _ = registration.partition("-")
    if hyphen:
        return prefixes.get(head)
    if re.fullmatch(r"N\d{1,5}[A-Z]{0,2}", registration):
        return prefixes["N"]
    return prefixes.get(head[:2])


@functools.cache
def _prefixes() -> Mapping[str, str]:
    return MappingProxyType(
        {row["prefix"]: row["state"] for row in rows("registration_prefixes.csv")}
    )
