"""News entries as feeds served them, reduced to text."""

from wheelsdown.records.record import Instant, Record


class Entry(Record, frozen=True, kw_only=True, tag="entry"):
    """One item of a feed. Everything in it is untrusted text, without markup.

    ``entry_id`` is the feed's own identity of the item (guid, else link, else title), hashed with
    the feed's name: the same item served again with other words keeps it and has another
    ``content_hash`` and ``record_id``. ``occurred_at`` is the time of publication, never later than
    ``observed_at``; ``published_at`` is what the feed said, None where it said nothing usable.
    """

    entry_id: str
    feed: str
    title: str
    summary: str
    link: str | None
    published_at: Instant | None
    content_hash: str
    language: str | None = None
