"""Mentions of visits to North Korea in the summer of 2023, most by Russians, made to measure."""

from datetime import UTC, date, datetime, timedelta

from processors.cases.merging import Draft, merge
from wheelsdown.records.record import pair_of, record_id
from wheelsdown.records.visits import Evidence, Mention, Status

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)
#: What an official with a name is called, by the kind of office.
_OFFICES = {"head": "leader", "foreign": "foreign minister", "minister": "minister"}


def told(
    day: float,
    status: Status = "ongoing",
    *,
    who: str | None = "Shoigu",
    visitor: str = "RUS",
    rank: str = "",
    start: int | date | None = None,
    end: int | date | None = None,
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
        pair=pair_of("PRK", visitor),
        visitor=visitor,
        host="PRK",
        official=who,
        office=_OFFICES.get(rank, "defence minister") if who else None,
        status=status,
        start=july(start) if isinstance(start, int) else start,
        end=july(end) if isinstance(end, int) else end,
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


#: The minister's visit of 25 to 27 July, with a late report and one that recalls it.
SHOIGU = (
    told(0, who="Sergei Shoigu"),
    told(1, feed="asia-desk"),
    told(2, who=None, feed="defence-review"),
    told(4, "completed", who="Sergey Shoigu"),
    told(9, "completed", background=True, feed="asia-desk"),
)
