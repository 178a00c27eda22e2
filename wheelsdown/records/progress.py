"""How far a part of the pipeline has read, so that nobody mistakes lag for silence."""

from typing import Literal

from wheelsdown.records.record import Instant, Record, record_id

Reader = Literal["news", "journeys", "visits"]


class Progress(Record, frozen=True, kw_only=True, tag="progress"):
    """Says: all input up to ``up_to`` is processed; blind since ``blind_since``.

    Said about once a minute of event time, by each ``part`` of ``parts`` of a reader, to every
    partition downstream. ``occurred_at`` equals ``up_to``.
    """

    reader: Reader
    part: int
    parts: int
    up_to: Instant
    blind_since: Instant | None = None
    blind_reason: str = ""


def progress(
    reader: Reader,
    *,
    part: int,
    parts: int,
    up_to: Instant,
    observed_at: Instant,
    blind_since: Instant | None = None,
    blind_reason: str = "",
) -> Progress:
    """A progress record with its deterministic id."""
    return Progress(
        record_id=record_id("progress", reader, part, parts, up_to.isoformat()),
        occurred_at=up_to,
        observed_at=observed_at,
        reader=reader,
        part=part,
        parts=parts,
        up_to=up_to,
        blind_since=blind_since,
        blind_reason=blind_reason,
    )
