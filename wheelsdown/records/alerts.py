"""Which revision of an incident goes where, and why."""

from typing import Literal

from wheelsdown.records.incidents import Incident
from wheelsdown.records.record import Record


class Alert(Record, frozen=True, kw_only=True, tag="alert"):
    """An incident's revision for one route; consumers show one message an ``alert_id``.

    ``action`` "suppress" is kept, with its ``reason``, so that the log tells what was not sent.
    """

    alert_id: str
    revision: int
    route: str
    action: Literal["deliver", "suppress"]
    reason: str
    incident: Incident
