"""Which visit is which: the ids and revisions of the visits that are worked out anew each time."""

from msgspec.structs import replace

from processors.cases import keeping, merging
from processors.cases.cells import CaseCell, KnownVisit
from processors.cases.merging import Draft
from wheelsdown.records.record import Record, record_id
from wheelsdown.records.topics import VISITS
from wheelsdown.records.visits import Visit
from wheelsdown.stage import Output


def identified(
    cell: CaseCell, record: Record
) -> tuple[tuple[KnownVisit, ...], list[Visit], tuple[Output, ...]]:
    """What to remember of a file's visits, the visits themselves, and what to publish of them.

    A visit keeps the id under which it was first published. Where two turn out to be one, the
    earlier one stays and the other is published once more, merged into it.
    """
    free = list(cell.visits)
    kept: list[KnownVisit] = []
    visits: list[Visit] = []
    outputs: list[Output] = []
    for draft in merging.merge(cell.mentions):
        texts = {merging.text_of(mention) for mention in (*draft.mentions, *draft.copies)}
        known = [one for one in free if one.anchor in texts]
        free = [one for one in free if one.anchor not in texts]
        first = known[0] if known else None
        visit = _visit(draft, first, record)
        anchor = first.anchor if first else _anchor(draft)
        kept.append(_known(visit, anchor, keeping.pins(draft, anchor)))
        visits.append(visit)
        if first is None or visit.revision != first.revision:
            outputs.append(Output(VISITS, visit))
        for other in known[1:]:
            merged = replace(
                visit,
                record_id=record_id("visit", other.visit_id, other.revision + 1),
                visit_id=other.visit_id,
                revision=other.revision + 1,
                occurred_at=other.occurred_at,
                observed_at=record.observed_at,
                merged_into=visit.visit_id,
            )
            outputs.append(Output(VISITS, merged))
    return tuple(kept), visits, tuple(outputs)


def _anchor(draft: Draft) -> str:
    """A text that is of some visit whatever is still learned, so that no visit gets lost."""
    return merging.text_of(next(filter(merging.makes_a_visit, draft.mentions)))


def _visit(draft: Draft, known: KnownVisit | None, record: Record) -> Visit:
    """The visit as it was last published, or its next revision where more than a count differs."""
    visit_id = known.visit_id if known else record_id("visit", _anchor(draft))
    revision = known.revision + 1 if known else 1
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
        kind=draft.kind,
        certainty=draft.certainty,
    )
    if known is None or _content(visit) != known.telling:
        return visit
    return replace(
        visit,
        record_id=record_id("visit", visit_id, known.revision),
        revision=known.revision,
        occurred_at=known.occurred_at,
        observed_at=known.observed_at,
    )


def _known(visit: Visit, anchor: str, pins: tuple[str, ...]) -> KnownVisit:
    return KnownVisit(
        visit_id=visit.visit_id,
        revision=visit.revision,
        occurred_at=visit.occurred_at,
        observed_at=visit.observed_at,
        anchor=anchor,
        telling=_content(visit),
        pins=pins,
    )


def _content(visit: Visit) -> str:
    """A hash of what is news of a visit: not the number of reports, nor how clear they are."""
    return record_id(
        visit.visitor,
        visit.host,
        visit.official,
        visit.office,
        visit.status,
        visit.start,
        visit.end,
        visit.dates_stated,
        visit.feeds,
        visit.evidence,
        visit.kind,
    )
