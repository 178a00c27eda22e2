"""The dispatch stage: which revision of an incident goes where, and why.

One global reducer over one partition. There is one route so far; each new revision goes there, but
an incident that was taken back before anybody was told of it.
"""

from typing import Any

import msgspec

from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident
from wheelsdown.records.record import Record, record_id
from wheelsdown.records.topics import ALERTS, DISPATCH_EVENTS, Topic
from wheelsdown.stage import Cells, Output, Position, Step


class DispatchCell(msgspec.Struct, frozen=True, kw_only=True, tag="dispatch"):
    """One incident: the last revision that was dispatched, and whether any was delivered."""

    applied: int
    revision: int
    told: bool


class DispatchStage:
    """Sends incidents to the one route."""

    name = "dispatch"
    input: Topic = DISPATCH_EVENTS
    outputs: tuple[Topic, ...] = (ALERTS,)
    cell_type: Any = DispatchCell

    def __init__(self, route: str) -> None:
        self._route = route

    def step(self, cells: Cells, record: Record, position: Position) -> Step:
        """Dispatch one incident revision, once."""
        assert isinstance(record, Incident)
        cell = cells.get(record.incident_id) or DispatchCell(applied=-1, revision=0, told=False)
        if cell.applied >= position.offset or record.revision <= cell.revision:
            return Step(cells={})
        pointless = record.status == "withdrawn" and not cell.told
        alert_id = record_id("alert", self._route, record.incident_id)
        alert = Alert(
            record_id=record_id("alert", alert_id, record.revision),
            occurred_at=record.occurred_at,
            observed_at=record.observed_at,
            alert_id=alert_id,
            revision=record.revision,
            route=self._route,
            action="suppress" if pointless else "deliver",
            reason="taken back before it was told" if pointless else record.changed,
            incident=record,
        )
        after = DispatchCell(
            applied=position.offset, revision=record.revision, told=cell.told or not pointless
        )
        return Step(cells={record.incident_id: after}, outputs=(Output(ALERTS, alert),))
