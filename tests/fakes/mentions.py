"""Mentions of visits of Russian officials to North Korea in the summer of 2023, made to measure."""

from datetime import UTC, date, datetime, timedelta

from processors.cases.merging import Draft, merge
from wheelsdown.records.record import record_id
from wheelsdown.records.visits import Evidence, Mention, Status

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)


def told(
    day: float,
    status: Status = "ongoing",
    *,
    who: str | None = "Shoigu",
    rank: str = "",
    start: int | date | None = None,
    end: int | None = None,
    background: bool = False,
    title: str | None = None,
    summary: str = "",
    feed: str = "world-wire",
) -> Mention:
    """An entry of ``day`` days after 25 July; ``start`` and ``end`` in days after it, too."""
    at = NOON + timedelta(days=day)
    title = title or f"{who} {rank} {status} {start} {end} {background} {day} {feed}"
    return Mention(
        record_id=record_id("mention", title, summary, feed, at),
        occurred_at=at,
        observed_at=at,
        pair="PRK-RUS",
        visitor="RUS",
        host="PRK",
        official=who,
        office=None,
        status=status,
        start=start if not isinstance(start, int) else july(start),
        end=None if end is None else july(end),
        background=background,
        why=(),
        evidence=Evidence(
            entry_id=record_id(title, feed),
            feed=feed,
            title=title,
            link=None,
            published_at=at,
            content_hash=record_id(title, summary),
        ),
        rank=rank,
    )


def july(day: int) -> date:
    """The day so many days after 25 July."""
    return (NOON + timedelta(days=day)).date()


def only(*mentions: Mention) -> Draft:
    """The one visit that mentions add up to."""
    (draft,) = merge(mentions)
    return draft
