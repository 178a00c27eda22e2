"""Records as versioned JSON, which any Kafka tool can read.

Errors: ``CodecError`` with ``MalformedError`` (not JSON, NaN, a naive time, a value out of range, a
record that does not belong on the topic), ``UnknownVersionError`` and ``OversizedError`` below it.
"""

import functools
from typing import Any

import msgspec

from wheelsdown.records.record import Record

#: The schema versions that this release reads.
KNOWN_VERSIONS = frozenset({1})


class CodecError(ValueError):
    """A value can't be read as the record it should be, or a record can't be written."""


class MalformedError(CodecError):
    """The bytes are no valid record."""


class UnknownVersionError(CodecError):
    """The record was written by a release with another schema."""


class OversizedError(CodecError):
    """The value is larger than its topic allows."""


class _Version(msgspec.Struct):
    v: int


_encoder = msgspec.json.Encoder()
_version = msgspec.json.Decoder(_Version)


@functools.cache
def _decoder(types: tuple[type[Record], ...]) -> msgspec.json.Decoder[Any]:
    union: Any = functools.reduce(lambda one, other: one | other, types)  # type: ignore[arg-type, return-value] # a union of types is no type for mypy
    return msgspec.json.Decoder(union)


def decode(types: tuple[type[Record], ...], data: bytes, *, limit: int) -> Record:
    """The record that ``data`` holds, one of ``types``; ``limit`` is the largest size in bytes."""
    if len(data) > limit:
        raise OversizedError(f"{len(data)} bytes, more than the {limit} that the topic allows")
    try:
        version = _version.decode(data).v
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"no versioned JSON record: {error}") from error
    if version not in KNOWN_VERSIONS:
        known = ", ".join(str(known) for known in sorted(KNOWN_VERSIONS))
        raise UnknownVersionError(f"schema version {version}; this release reads {known}")
    try:
        record = _decoder(types).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise MalformedError(str(error)) from error
    assert isinstance(record, Record)
    return record


def encode(types: tuple[type[Record], ...], record: Record, *, limit: int) -> bytes:
    """The bytes of ``record``; they are read back before they are handed out.

    So nothing is written that no reader would accept: a naive time, a NaN, a value out of range, a
    record of another topic.
    """
    data = _encoder.encode(record)
    if decode(types, data, limit=limit) != record:
        raise MalformedError(f"{record.record_id} does not survive encoding (a NaN?)")
    return data
