"""The visits stage: news entries in, mentions of visits, reports of flights and progress out.

Each entry is read by itself (``reader.py``); what many entries add up to is worked out in the case
files. All that a partition remembers is how far it and the news producers have read.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from processors.visits.cells import VisitsCell
from processors.visits.flights.reports import flight_report, flights_in
from processors.visits.gazetteer import Gazetteer
from processors.visits.reader import VisitRead, VisitReader
from processors.visits.venues import Venues
from wheelsdown.records.news import Entry
from wheelsdown.records.progress import Progress, progress
from wheelsdown.records.record import Record, pair_of, record_id
from wheelsdown.records.topics import CASES_EVENTS, NEWS_ENTRIES, Topic
from wheelsdown.records.visits import Mention, evidence_of
from wheelsdown.reference.newsrooms import home_of
from wheelsdown.reference.officials import Officials
from wheelsdown.reference.states import State, load_ambiguous_names
from wheelsdown.reference.venues import load_venues
from wheelsdown.reference.visit_model import load_visit_model
from wheelsdown.stage import Cells, Output, Position, Step

#: The only cell of a partition.
ROSTER = "roster"


class VisitsStage:
    """Reads entries; ``partitions`` is how many its input has, each with its own progress."""

    name = "visits"
    input: Topic = NEWS_ENTRIES
    outputs: tuple[Topic, ...] = (CASES_EVENTS,)
    cell_type: Any = VisitsCell

    def __init__(
        self, states: Mapping[str, State], officials: Officials, *, partitions: int
    ) -> None:
        self._gazetteer = Gazetteer(states, officials, load_ambiguous_names())
        self._reader = VisitReader(
            self._gazetteer, Venues(load_venues()), load_visit_model(), home_of
        )
        self._partitions = partitions

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Read one entry, or take note of how far the news producers are."""
        cell = cells.get(ROSTER) or VisitsCell(applied=-1)
        if cell.applied >= position.offset:
            return Step(cells={})
        if isinstance(record, Progress):
            return self._progress(cell, record, position)
        assert isinstance(record, Entry)
        outputs = self._mentions(record)
        if not outputs:
            return Step(cells={})
        return Step(cells={ROSTER: replace(cell, applied=position.offset)}, outputs=outputs)

    def _mentions(self, entry: Entry) -> tuple[Output, ...]:
        visits = self._reader.read(entry)
        if visits is None:
            return ()
        mentions = (Output(CASES_EVENTS, _mention(entry, told)) for told in visits)
        flights = (flight_report(entry, told) for told in flights_in(entry, self._gazetteer))
        return (*mentions, *(Output(CASES_EVENTS, flight) for flight in flights))

    def _progress(self, cell: VisitsCell, told: Progress, position: Position) -> Step:
        cell = cell.noted(told, position.offset)
        up_to = cell.read_up_to()
        if up_to is None or (cell.told_up_to is not None and up_to <= cell.told_up_to):
            return Step(cells={ROSTER: cell})
        blind = cell.blind_since()
        said = progress(
            "visits",
            part=position.partition,
            parts=self._partitions,
            up_to=up_to,
            observed_at=told.observed_at,
            blind_since=blind.since if blind else None,
            blind_reason=blind.reason if blind else "",
        )
        return Step(cells={ROSTER: cell.having_told(up_to)}, outputs=(Output(CASES_EVENTS, said),))


def _mention(entry: Entry, told: VisitRead) -> Mention:
    days = told.days
    return Mention(
        record_id=record_id("mention", entry.record_id, told.visitor, told.host),
        occurred_at=entry.occurred_at,
        observed_at=entry.observed_at,
        pair=pair_of(told.visitor, told.host),
        visitor=told.visitor,
        host=told.host,
        official=told.official,
        office=told.office,
        status=told.status,
        start=days.start if days else None,
        end=days.end if days else None,
        background=told.background,
        why=told.why,
        rank=told.rank,
        kind=told.kind,
        certainty=told.certainty,
        evidence=evidence_of(entry),
    )
