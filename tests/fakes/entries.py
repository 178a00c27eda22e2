"""News entries as feeds serve them, and the names that they are read by."""

from datetime import UTC, datetime, timedelta

from processors.visits.gazetteer import Gazetteer
from wheelsdown.records.news import Entry
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_ambiguous_names, load_states

#: Of a Tuesday.
NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)
#: All names that ship with the package.
GAZETTEER = Gazetteer(load_states(), load_officials(), load_ambiguous_names())


def entry(
    title: str,
    summary: str = "",
    *,
    at: datetime = NOON,
    feed: str = "world-wire",
    language: str | None = None,
) -> Entry:
    """An entry that was published at ``at`` and seen five minutes later."""
    return Entry(
        record_id=f"record of {title}",
        occurred_at=at,
        observed_at=at + timedelta(minutes=5),
        entry_id="entry",
        feed=feed,
        title=title,
        summary=summary,
        link="https://news.example/1",
        published_at=at,
        content_hash="hash",
        language=language,
    )
