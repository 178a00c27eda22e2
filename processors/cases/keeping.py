"""What a case file keeps when more comes than it has room for.

It is one value of the log, and a value has a limit. What an open incident rests on goes last.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from processors.cases.merging import Draft, text_of
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.journeys import Stay
from wheelsdown.records.record import Instant, Record
from wheelsdown.records.visits import Mention

#: The mentions of a pair that are kept: more than any week of one pair in the news needs ...
MOST_MENTIONS = 80
#: ... and how many bytes they may be, encoded: four times what 80 usual ones are, a third of what
#: the log takes. A single link may have 8,000 characters.
MOST_MENTION_BYTES = 300_000
#: Reports of flights are rare and a few for a flight suffice.
MOST_REPORTS = 30
MOST_REPORT_BYTES = 100_000
#: The stays of a pair that are kept, 1 to 3 kB each: a tenth to a third of what the log takes.
MOST_STAYS = 100
#: Of a visit that explains a stay so many first and so many last mentions are kept: its first day
#: and the evidence shown are read off the first ones, its status and last day off the last ones.
PINNED = 5
#: The ids of stays whose incidents are closed, 60 bytes each.
MOST_CLOSED = 200

_Told = TypeVar("_Told", bound=Record)


def keep_mentions(
    mentions: Sequence[Mention], new: Mention, pinned: Collection[str]
) -> tuple[Mention, ...]:
    """The mentions with a new one: ordered by time, without the oldest if there are too many.

    Those ``pinned``, by record id, leave after all others.
    """
    return _kept(mentions, new, pinned, most=MOST_MENTIONS, most_bytes=MOST_MENTION_BYTES)


def keep_reports(
    reports: Sequence[FlightReport], new: FlightReport, held: Collection[str]
) -> tuple[FlightReport, ...]:
    """The reports of flights with a new one, in the same way."""
    return _kept(reports, new, held, most=MOST_REPORTS, most_bytes=MOST_REPORT_BYTES)


def _kept(
    told: Sequence[_Told], new: _Told, pinned: Collection[str], *, most: int, most_bytes: int
) -> tuple[_Told, ...]:
    if any(one.record_id == new.record_id for one in told):
        return tuple(told)
    ordered = sorted((*told, new), key=_published)
    sizes = {one.record_id: len(msgspec.json.encode(one)) for one in ordered}
    leaving = sorted(ordered, key=lambda one: (one.record_id in pinned, _published(one)))
    count, size = len(ordered), sum(sizes.values())
    gone = set()
    for one in leaving:
        if count <= most and size <= most_bytes:
            break
        gone.add(one.record_id)
        count, size = count - 1, size - sizes[one.record_id]
    return tuple(one for one in ordered if one.record_id not in gone)


def pins(draft: Draft, anchor: str) -> tuple[str, ...]:
    """The record ids of the mentions that a visit can't do without; ``anchor`` gave it its id."""
    ids = [one.record_id for one in draft.mentions]
    told = (*draft.mentions, *draft.copies)
    anchors = [one.record_id for one in told if text_of(one) == anchor]
    return tuple(dict.fromkeys((*ids[:PINNED], *ids[-PINNED:], *anchors)))


def keep_stays(stays: Mapping[str, Stay]) -> dict[str, Stay]:
    """The stays, without the oldest if there are too many.

    Half of the room is for the newest of those that go on; the rest for whatever stay was last
    begun or ended, so that one is not forgotten because it has just ended.
    """
    if len(stays) <= MOST_STAYS:
        return dict(stays)
    ranked = sorted(stays.values(), key=_last_movement, reverse=True)
    going_on = [one for one in ranked if one.status == "arrived"][: MOST_STAYS // 2]
    kept = {one.stay_id for one in going_on}
    others = [one for one in ranked if one.stay_id not in kept]
    kept |= {one.stay_id for one in others[: MOST_STAYS - len(kept)]}
    return {key: stay for key, stay in stays.items() if key in kept}


def keep_closed(closed: Mapping[str, Instant]) -> dict[str, Instant]:
    """The closed ones, without those to be forgotten first if there are too many."""
    ranked = sorted(closed.items(), key=lambda item: (item[1], item[0]))
    return dict(ranked[-MOST_CLOSED:])


def _published(told: Record) -> tuple[datetime, str]:
    return (told.occurred_at, told.record_id)


def _last_movement(stay: Stay) -> tuple[datetime, str]:
    return ((stay.departure or stay.arrival).at, stay.stay_id)
