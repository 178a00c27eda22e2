"""The cases stage: one case file for each pair of states.

Each stay, mention or report of a flight is filed, then everything the file says is worked out anew
from what is filed: visits from mentions, matches from visits and stays, incidents from matches.
What differs from what was last published is published. So the order of arrival decides when
something is said, not what.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec.structs import replace

from processors.cases import (
    expiry,
    explanation,
    flight_reports,
    identity,
    keeping,
    matching,
    merging,
)
from processors.cases.cells import CaseCell, CasesCell, RosterCell, ToldIncident
from wheelsdown.records.flight_reports import FlightReport
from wheelsdown.records.incidents import Incident, VisitMatch
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Instant, Record, record_id
from wheelsdown.records.topics import CASES_EVENTS, DISPATCH_EVENTS, INCIDENTS, VISITS, Topic
from wheelsdown.records.visits import Mention
from wheelsdown.reference.states import State
from wheelsdown.stage import Cells, Output, Position, Step

#: The name of the cell that holds a partition's progress; no pair is called that.
ROSTER = "roster"

Filed = tuple[CaseCell, tuple[Output, ...]]


class CasesStage:
    """Keeps the case files; ``states`` name the states in texts."""

    name = "cases"
    input: Topic = CASES_EVENTS
    outputs: tuple[Topic, ...] = (VISITS, INCIDENTS, DISPATCH_EVENTS)
    cell_type: Any = CasesCell

    def __init__(self, states: Mapping[str, State]) -> None:
        self._states = states

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """File what is told of a pair, or take note of progress and close what is over."""
        roster = cells.get(ROSTER) or RosterCell(applied=-1)
        if roster.applied >= position.offset:
            return Step(cells={})
        if isinstance(record, Progress):
            return self._progress(cells, roster, record, position.offset)
        assert isinstance(record, (Stay, Mention, FlightReport))
        known = cells.get(record.pair) or CaseCell(applied=-1)
        cell: CaseCell = known
        outputs: tuple[Output, ...] = ()
        if known.applied < position.offset:
            filed = replace(_file(known, record), applied=position.offset)
            cell, outputs = self._work_out(filed, record, now=None)
        due = _indexed(roster.due, record.pair, cell)
        roster = replace(roster, applied=position.offset, due=due)
        return Step(cells={record.pair: cell, ROSTER: roster}, outputs=outputs)

    def _progress(self, cells: Cells, roster: RosterCell, told: Progress, offset: int) -> Step:
        up_to, parts = expiry.noted(roster, told)
        now = expiry.case_time(up_to, parts)
        due = roster.due
        changed: dict[str, CaseCell | RosterCell | None] = {}
        outputs: list[Output] = []
        ready = sorted(pair for pair, at in due.items() if now is not None and at <= now)
        for pair in ready:
            cell = cells.get(pair)
            if cell is not None and cell.applied < offset:
                assert now is not None
                cell, said = self._expire(replace(cell, applied=offset), told, now)
                outputs += said
                is_empty = not (cell.stays or cell.mentions or cell.closed or cell.flight_reports)
                changed[pair] = None if is_empty else cell
            due = _indexed(due, pair, cell)
        changed[ROSTER] = RosterCell(applied=offset, up_to=up_to, parts=parts, due=due)
        return Step(cells=changed, outputs=tuple(outputs))

    def _expire(self, cell: CaseCell, told: Progress, now: Instant) -> Filed:
        """Close the incidents of stays that are over, then forget what can't matter any more."""
        cell, outputs = self._work_out(cell, told, now=now)
        gone = expiry.over(cell.stays.values(), now)
        closed = {key: until for key, until in cell.closed.items() if until > now}
        closed |= {key: now + expiry.CLOSED_KEPT for key in gone if key in cell.incidents}
        cell = replace(
            cell,
            stays={key: stay for key, stay in cell.stays.items() if key not in gone},
            incidents={key: one for key, one in cell.incidents.items() if key not in gone},
            closed=keeping.keep_closed(closed),
        )
        pinned = cell.pinned
        mentions = tuple(
            one for one in cell.mentions if expiry.report_over(one) > now or one.record_id in pinned
        )
        kept = {merging.text_of(one) for one in mentions}
        visits = tuple(one for one in cell.visits if one.anchor in kept)
        held = flight_reports.held(cell)
        reports = tuple(
            one
            for one in cell.flight_reports
            if expiry.report_over(one) > now or one.record_id in held
        )
        cell = replace(cell, mentions=mentions, visits=visits, flight_reports=reports)
        return cell, outputs

    def _work_out(self, cell: CaseCell, record: Record, *, now: Instant | None) -> Filed:
        known, current, said = identity.identified(cell, record)
        read_up_to = max((one.occurred_at.date() for one in cell.mentions), default=date.min)
        over = expiry.over(cell.stays.values(), now) if now is not None else frozenset()
        incidents: dict[str, ToldIncident] = {}
        for stay_id, stay in cell.stays.items():
            before = cell.incidents.get(stay_id)
            found = matching.matches(stay, current, read_up_to)
            if before is None and (not found or stay.status == "withdrawn"):
                continue
            reports = flight_reports.agreeing(stay, cell.flight_reports) if found else ()
            after = _told(stay, found, reports, before, closed=stay_id in over)
            incidents[stay_id] = after
            if before is None or after.revision != before.revision:
                incident = self._incident(
                    stay, found, reports, before=before, after=after, record=record
                )
                said += (Output(INCIDENTS, incident), Output(DISPATCH_EVENTS, incident))
        return replace(cell, visits=known, incidents=incidents), said

    def _incident(
        self,
        stay: Stay,
        found: tuple[VisitMatch, ...],
        reports: tuple[FlightReport, ...],
        *,
        before: ToldIncident | None,
        after: ToldIncident,
        record: Record,
    ) -> Incident:
        incident_id = record_id("incident", stay.stay_id)
        return Incident(
            record_id=record_id("incident", incident_id, after.revision),
            occurred_at=after.occurred_at,
            observed_at=record.observed_at,
            incident_id=incident_id,
            revision=after.revision,
            pair=stay.pair,
            status=after.status,
            strength=after.strength,
            title=explanation.title(stay, found, self._states),
            stay=stay,
            visits=found,
            why=(
                *explanation.why(stay, found, after.strength, self._states),
                *explanation.reported(reports),
            ),
            unknown=explanation.unknown(stay, found, self._states),
            changed=explanation.changed(
                before,
                stay,
                visits_changed=before is not None and before.telling != after.telling,
                reports_changed=before is not None and before.reported != after.reported,
                closed=after.status == "closed",
            ),
            flight_reports=reports,
        )


def _told(
    stay: Stay,
    found: tuple[VisitMatch, ...],
    reports: tuple[FlightReport, ...],
    before: ToldIncident | None,
    *,
    closed: bool,
) -> ToldIncident:
    """The incident's next revision; ``before`` as it is when a reader would call nothing news.

    One more report of the same visit is none.
    """
    is_withdrawn = stay.status == "withdrawn" or not found
    after = ToldIncident(
        revision=1,
        occurred_at=stay.occurred_at,
        status="withdrawn" if is_withdrawn else "closed" if closed else "open",
        strength=matching.strength(stay, found),
        stay_revision=stay.revision,
        stay_status=stay.status,
        telling=_telling(found),
        visits=() if is_withdrawn else tuple(match.visit.visit_id for match in found),
        reported=record_id(*(report.record_id for report in reports)) if reports else "",
    )
    if before is None:
        return after
    if replace(after, revision=before.revision, occurred_at=before.occurred_at) == before:
        return before
    return replace(
        after,
        revision=before.revision + 1,
        occurred_at=max(stay.occurred_at, before.occurred_at),
    )


def _telling(found: tuple[VisitMatch, ...]) -> str:
    """A hash of all of the visits that the texts of an incident are made of.

    Were anything left out, the last revision would depend on the order in which reports came.
    """
    return record_id(
        *(
            (
                match.visit.visit_id,
                match.visit.status,
                match.visit.official,
                match.visit.office,
                match.visit.start,
                match.visit.end,
                match.visit.dates_stated,
                matching.is_doubtful(match.visit),
                match.days,
            )
            for match in found
        )
    )


def _file(cell: CaseCell, record: Stay | Mention | FlightReport) -> CaseCell:
    if isinstance(record, FlightReport):
        held = flight_reports.held(cell)
        reports = keeping.keep_reports(cell.flight_reports, record, held)
        return replace(cell, flight_reports=reports)
    if isinstance(record, Mention):
        mentions = keeping.keep_mentions(cell.mentions, record, cell.pinned)
        return replace(cell, mentions=mentions)
    known = cell.stays.get(record.stay_id)
    is_old = known is not None and known.revision >= record.revision
    if is_old or record.stay_id in cell.closed:
        return cell
    return replace(cell, stays=keeping.keep_stays({**cell.stays, record.stay_id: record}))


def _indexed(due: dict[str, Instant], pair: str, cell: CaseCell | None) -> dict[str, Instant]:
    """The index of due times with a case file's next one."""
    at = expiry.next_due(cell) if cell is not None else None
    rest = {key: value for key, value in due.items() if key != pair}
    return {**rest, pair: at} if at is not None else rest
