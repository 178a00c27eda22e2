"""Who visits whom: a mention in one entry, and the visit that mentions add up to."""

from datetime import date
from typing import Literal

import msgspec

from wheelsdown.records.record import Instant, Pair, Record, StateCode

Status = Literal["planned", "ongoing", "completed", "cancelled", "unconfirmed"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, copied in, because headlines change. All of it untrusted text."""

    entry_id: str
    feed: str
    title: str
    link: str | None
    published_at: Instant
    content_hash: str


class Mention(Record, frozen=True, kw_only=True, tag="mention"):
    """One entry says that an official of ``visitor`` visits ``host``.

    ``official`` is the name as written, ``office`` the title as written; ``start`` and ``end`` only
    where the text with its publication date fixes them. ``background`` marks a visit that the entry
    recalls but is not about. ``why`` names the words that decided.
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


class Visit(Record, frozen=True, kw_only=True, tag="visit"):
    """A visit, as its mentions have it so far; a later revision replaces an earlier one.

    ``start`` and ``end`` bound the days on which it took or takes place; ``dates_stated`` tells
    whether a text gave them or they are read off publication times. ``merged_into`` is set on the
    last revision of a visit that turned out to be another one.
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
    merged_into: str | None = None
