"""Who visits whom: a mention in one entry, and the visit that mentions add up to."""

from datetime import date
from typing import Literal

import msgspec

from wheelsdown.records.news import Entry
from wheelsdown.records.record import Instant, Pair, Record, StateCode

Status = Literal["planned", "ongoing", "completed", "cancelled", "unconfirmed"]
#: ``third_place``: talks of outsiders in a state that is no party to them. Encoded as
#: ``visit_kind``, since ``kind`` tells what record it is.
VisitKind = Literal["visit", "third_place"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, copied in, because headlines change. All of it untrusted text."""

    entry_id: str
    feed: str
    title: str
    link: str | None
    published_at: Instant
    content_hash: str


def evidence_of(entry: Entry) -> Evidence:
    """An entry as evidence; without a usable time of its own it is of when it was first seen."""
    return Evidence(
        entry_id=entry.entry_id,
        feed=entry.feed,
        title=entry.title,
        link=entry.link,
        published_at=entry.published_at or entry.occurred_at,
        content_hash=entry.content_hash,
    )


class Mention(Record, frozen=True, kw_only=True, tag="mention"):
    """One entry says that an official of ``visitor`` visits ``host``.

    ``official`` is the name as written, ``office`` the title as written; ``start`` and ``end`` only
    where the text with its publication date fixes them. ``background`` marks a visit that the entry
    recalls but is not about. ``why`` names the words that decided. ``rank`` is the kind of office,
    "" where nothing is known of it; ``certainty`` (0 to 1) is how sure the reader is of the visit.
    """

    pair: Pair
    visitor: StateCode
    host: StateCode
    official: str | None
    office: str | None
    status: Status
    start: date | None
    end: date | None
    background: bool
    why: tuple[str, ...]
    evidence: Evidence
    rank: str = ""
    kind: VisitKind = msgspec.field(default="visit", name="visit_kind")
    certainty: float = 1.0


class Visit(Record, frozen=True, kw_only=True, tag="visit"):
    """A visit, as its mentions have it so far; a later revision replaces an earlier one.

    ``start`` and ``end`` bound the days on which it took or takes place; ``dates_stated`` tells
    whether a text gave them or they are read off publication times. ``feeds`` are those that
    speak of it in their own words. ``kind`` is what most mentions say. ``certainty`` is the best of
    its mentions: the reader errs alike on texts that are worded alike, so more of them prove little
    more. ``merged_into`` is set on the last revision of a visit that turned out to be another one.
    """

    visit_id: str
    revision: int
    pair: Pair
    visitor: StateCode
    host: StateCode
    official: str | None
    office: str | None
    status: Status
    start: date
    end: date
    dates_stated: bool
    mentions: int
    feeds: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    kind: VisitKind = msgspec.field(default="visit", name="visit_kind")
    certainty: float = 1.0
    merged_into: str | None = None
