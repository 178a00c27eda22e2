"""What every record carries, and how record ids are made."""

import hashlib
from datetime import datetime
from typing import Annotated

import msgspec

#: A point in time with a zone; a naive time is refused when a record is decoded.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

#: ISO 3166-1 alpha-3, or one of the organisations of docs/glossary.md (EU, UN, NATO, ...).
StateCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,5}$(?!\n)")]

#: Two state codes, sorted and joined: ``PRK-RUS``.
Pair = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,5}-[A-Z]{2,5}$(?!\n)")]


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of everything that is written to a topic.

    ``record_id`` is deterministic: the same fact, derived again after a crash, has the same id.
    ``occurred_at`` is when it happened in the world, ``observed_at`` when the pipeline learned of
    it; live runs and replays order by ``observed_at`` and so can't peek.
    ``v`` is the version of the record's schema; the codec refuses those it does not know.
    """

    record_id: str
    occurred_at: Instant
    observed_at: Instant
    v: int = 1


def record_id(*parts: object) -> str:
    """A deterministic id (20 hex digits, 80 bits) from what makes a record unique.

    Parts are joined with a separator that can't be confused with their text.
    """
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def pair_of(one: str, other: str) -> str:
    """The key of a pair of states: ``pair_of("RUS", "PRK") == "PRK-RUS"``."""
    return "-".join(sorted((one, other)))
