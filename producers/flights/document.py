"""A JSON object with a list in it, read so that one bad row or number loses nothing but itself."""

import codecs
import json
from collections.abc import Iterator, Mapping

import msgspec

from producers.flights.picture import SourceError

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])

#: What msgspec raises for text that is not JSON, not UTF-8 or nested too deeply.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Document:
    """The members of the JSON object in ``body``, decoded when they are asked for.

    Raises SourceError when there is no object.
    """

    def __init__(self, body: bytes) -> None:
        body = body.removeprefix(codecs.BOM_UTF8).strip()
        if not body:
            raise SourceError("empty", "the answer is empty")
        if body.startswith(b"<"):
            raise SourceError("html", "HTML or XML instead of JSON: is the address right?")
        self._members: Mapping[str, object] = _object(body)

    def value(self, name: str) -> object:
        """A member; None when there is none or it can't be read."""
        return _read(self._members.get(name))

    def rows(self, name: str) -> Iterator[object]:
        """The elements of a list; one that can't be read is None. A null is an empty list.

        Raises SourceError, at once, when there is no such list.
        """
        member = self._members.get(name)
        if isinstance(member, msgspec.Raw):
            try:
                member = _elements.decode(member)
            except _UNREADABLE:
                member = _read(member)
        if member is None and name in self._members:
            member = []
        if not isinstance(member, list):
            found = ", ".join(sorted(map(ascii, self._members))[:8]) or "nothing"
            raise SourceError(
                "wrong_shape", f"no list {name!r} in the answer, which has {found[:200]}"
            )
        return map(_read, member)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        return _members.decode(body)
    except _UNREADABLE as error:
        value = _read_leniently(body)
        if isinstance(value, dict):
            return value
        if value is None:
            raise SourceError("not_json", f"not JSON: {error}") from error
        raise SourceError("wrong_shape", "JSON, but not an object") from error


def _read(value: object) -> object:
    """The value of raw JSON; other values are as they were."""
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except _UNREADABLE:
        return _read_leniently(bytes(value))


def _read_leniently(data: bytes) -> object:
    """As Python's own reader has it, or None.

    It takes what some servers write and msgspec refuses: NaN, Infinity, 1e400, half a surrogate
    pair. Such a value then spoils a field and not the row or the answer.
    """
    try:
        return json.loads(data, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> float:
    """A number of any length: Python refuses integers of more than 4,300 digits."""
    return int(digits) if len(digits) < 20 else float(digits)
