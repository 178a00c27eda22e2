"""How far an alert has come: an intent before each request to Slack, an outcome after it."""

from typing import Literal

from wheelsdown.records.record import Instant, Record

#: ``pending``: nothing is under way. ``sending``: written before a request; when it is the last
#: word, the process died in between. ``ambiguous``: the request went out and the answer did not
#: say. ``parked``: given up, for a person to look at.
DeliveryState = Literal["pending", "sending", "sent", "ambiguous", "parked"]


class Delivery(Record, frozen=True, kw_only=True, tag="delivery"):
    """How far one alert has come; a later one of the same ``alert_id`` replaces it whole.

    ``writer`` names who wrote it: the ledger of a consumer, or an operator's command. ``step``
    counts these records of one alert. ``revision`` is the one last tried, ``offset`` where
    it stands on ``alerts.v1``; ``sent_revision`` is the one that is shown (None before the first).
    ``ts`` names the message within ``channel``. ``posts`` counts messages that were lost after they
    had been shown, so that each has its own delivery id. From ``unsettled_since`` to
    ``unsettled_until`` posts were asked for that may or may not have been accepted; both are None
    once that is known.
    """

    alert_id: str
    incident_id: str
    pair: str
    writer: str
    step: int
    channel: str
    revision: int
    offset: int
    state: DeliveryState
    first_tried_at: Instant
    ts: str | None = None
    sent_revision: int | None = None
    posts: int = 0
    unsettled_since: Instant | None = None
    unsettled_until: Instant | None = None
    attempts: int = 0
    error: str = ""
