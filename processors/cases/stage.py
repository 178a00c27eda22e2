"""The cases stage: one case file for each pair of states.

Each stay or mention is filed, then everything the file says is worked out anew from what is filed:
visits from mentions, matches from visits and stays, incidents from matches. What differs from what
was last published is published. So the order of arrival decides when something is said, not what.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from processors.cases import expiry, explanation, matching, merging
from processors.cases.cells import CaseCell, CasesCell, KnownVisit, RosterCell
from processors.cases.merging import Draft
from wheelsdown.records.incidents import Incident, IncidentStatus, VisitMatch
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Instant, Record, record_id
from wheelsdown.records.topics import CASES_EVENTS, DISPATCH_EVENTS, INCIDENTS, VISITS, Topic
from wheelsdown.records.visits import Mention, Visit
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
        """File one stay or mention, or take note of progress and close what is over."""
        roster = cells.get(ROSTER) or RosterCell(applied=-1)
        if roster.applied >= position.offset:
            return Step(cells={})
        if isinstance(record, Progress):
            return self._progress(cells, roster, record, position.offset)
        assert isinstance(record, (Stay, Mention))
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
                changed[pair] = cell if cell.stays or cell.mentions else None
            due = _indexed(due, pair, cell)
        changed[ROSTER] = RosterCell(applied=offset, up_to=up_to, parts=parts, due=due)
        return Step(cells=changed, outputs=tuple(outputs))

    def _expire(self, cell: CaseCell, told: Progress, now: Instant) -> Filed:
        """Close the incidents of stays that are over, then forget what can't matter any more."""
        cell, outputs = self._work_out(cell, told, now=now)
        gone = expiry.over(cell.stays.values(), now)
        mentions = tuple(one for one in cell.mentions if expiry.mention_over(one) > now)
        kept = {merging.text_of(one) for one in mentions}
        return (
            replace(
                cell,
                stays={key: stay for key, stay in cell.stays.items() if key not in gone},
                incidents={
                    key: one for key, one in cell.incidents.items() if one.stay.stay_id not in gone
                },
                mentions=mentions,
                visits=tuple(one for one in cell.visits if one.anchor in kept),
            ),
            outputs,
        )

    def _work_out(self, cell: CaseCell, record: Record, *, now: Instant | None) -> Filed:
        visits, said = _visits(cell, record)
        cell = replace(cell, visits=visits)
        current = [known.visit for known in visits if known.visit.merged_into is None]
        incidents = dict(cell.incidents)
        over = expiry.over(cell.stays.values(), now) if now is not None else frozenset()
        for stay in cell.stays.values():
            incident_id = record_id("incident", stay.stay_id)
            before = incidents.get(incident_id)
            after = self._incident(
                stay, current, before, record, incident_id, closed=stay.stay_id in over
            )
            if after is not None:
                incidents[incident_id] = after
                said += (Output(INCIDENTS, after), Output(DISPATCH_EVENTS, after))
        return replace(cell, incidents=incidents), said

    def _incident(
        self,
        stay: Stay,
        visits: list[Visit],
        before: Incident | None,
        record: Record,
        incident_id: str,
        *,
        closed: bool,
    ) -> Incident | None:
        """The incident's next revision; None when there is nothing new, or no incident at all."""
        found = matching.matches(stay, visits)
        if before is None and (not found or stay.status == "withdrawn"):
            return None
        status: IncidentStatus = "closed" if closed else "open"
        if stay.status == "withdrawn" or not found:
            status = "withdrawn"
        strength = matching.strength(stay, found)
        told = _telling(stay, found, status, strength)
        if before is not None and told == _telling(
            before.stay, before.visits, before.status, before.strength
        ):
            return None
        revision = before.revision + 1 if before is not None else 1
        return Incident(
            record_id=record_id("incident", incident_id, revision),
            occurred_at=max(stay.occurred_at, before.occurred_at) if before else stay.occurred_at,
            observed_at=record.observed_at,
            incident_id=incident_id,
            revision=revision,
            pair=stay.pair,
            status=status,
            strength=strength,
            title=explanation.title(stay, found, self._states),
            stay=stay,
            visits=found,
            why=explanation.why(stay, found, strength, self._states),
            unknown=explanation.unknown(stay, found, self._states),
            changed=explanation.changed(
                before.stay if before is not None else None,
                stay,
                visits_changed=before is not None and told[1] != _telling_visits(before.visits),
                closed=status == "closed",
            ),
        )


def _telling(
    stay: Stay, found: tuple[VisitMatch, ...], status: str, strength: str
) -> tuple[Any, ...]:
    """What a reader would call news: not one more report of the same visit.

    All that the texts of an incident are made of is in it: else the last one published would depend
    on the order in which reports came.
    """
    return (stay.revision, _telling_visits(found), status, strength)


def _telling_visits(found: tuple[VisitMatch, ...]) -> tuple[Any, ...]:
    return tuple(
        (
            match.visit.visit_id,
            match.visit.status,
            match.visit.official,
            match.visit.office,
            match.visit.start,
            match.visit.end,
            match.visit.dates_stated,
            match.days,
        )
        for match in found
    )


def _file(cell: CaseCell, record: Stay | Mention) -> CaseCell:
    if isinstance(record, Mention):
        return replace(cell, mentions=merging.keep(cell.mentions, record))
    known = cell.stays.get(record.stay_id)
    if known is not None and known.revision >= record.revision:
        return cell
    return replace(cell, stays={**cell.stays, record.stay_id: record})


def _indexed(due: dict[str, Instant], pair: str, cell: CaseCell | None) -> dict[str, Instant]:
    """The index of due times with a case file's next one."""
    at = expiry.next_due(cell) if cell is not None else None
    rest = {key: value for key, value in due.items() if key != pair}
    return {**rest, pair: at} if at is not None else rest


def _visits(cell: CaseCell, record: Record) -> tuple[tuple[KnownVisit, ...], tuple[Output, ...]]:
    """The visits with their ids, and what has to be published about them.

    A visit keeps the id under which it was first published. Where two turn out to be one, the
    earlier one stays and the other is published once more, merged into it.
    """
    free = list(cell.visits)
    kept: list[KnownVisit] = []
    outputs: list[Output] = []
    for draft in merging.merge(cell.mentions):
        texts = {merging.text_of(mention) for mention in draft.mentions}
        known = [one for one in free if one.anchor in texts]
        free = [one for one in free if one.anchor not in texts]
        first = known[0] if known else None
        visit = _visit(draft, first, record)
        kept.append(KnownVisit(visit=visit, anchor=first.anchor if first else _anchor(draft)))
        if first is None or visit.revision != first.visit.revision:
            outputs.append(Output(VISITS, visit))
        for other in known[1:]:
            merged = replace(
                other.visit,
                record_id=record_id("visit", other.visit.visit_id, other.visit.revision + 1),
                revision=other.visit.revision + 1,
                observed_at=record.observed_at,
                merged_into=visit.visit_id,
            )
            outputs.append(Output(VISITS, merged))
    return tuple(kept), tuple(outputs)


def _anchor(draft: Draft) -> str:
    return merging.text_of(draft.mentions[0])


def _visit(draft: Draft, known: KnownVisit | None, record: Record) -> Visit:
    visit_id = known.visit.visit_id if known else record_id("visit", _anchor(draft))
    revision = known.visit.revision + 1 if known else 1
    visit = Visit(
        record_id=record_id("visit", visit_id, revision),
        occurred_at=draft.mentions[0].occurred_at,
        observed_at=record.observed_at,
        visit_id=visit_id,
        revision=revision,
        pair=draft.mentions[0].pair,
        visitor=draft.visitor,
        host=draft.host,
        official=draft.official,
        office=draft.office,
        status=draft.status,
        start=draft.start,
        end=draft.end,
        dates_stated=draft.dates_stated,
        mentions=len(draft.mentions),
        feeds=draft.feeds,
        evidence=draft.evidence,
    )
    if known is not None and _unchanged(known.visit, visit):
        return replace(known.visit, mentions=visit.mentions)
    return visit


def _unchanged(before: Visit, after: Visit) -> bool:
    """Whether nothing but the number of reports differs."""
    same = replace(
        after,
        record_id=before.record_id,
        revision=before.revision,
        occurred_at=before.occurred_at,
        observed_at=before.observed_at,
        mentions=before.mentions,
    )
    return same == before
