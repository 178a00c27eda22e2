"""How an alert stands with Slack by the last word on it, and what it needs next: pure."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from consumers.deliveries import OPERATOR
from consumers.outcome import Lane, Rejected, Sent, Settled
from consumers.slack.client import TIMEOUT_S
from consumers.slack.limits import HISTORY, POST, UPDATE
from wheelsdown.records.alerts import Alert
from wheelsdown.records.deliveries import Delivery
from wheelsdown.records.record import record_id

#: How long after our last word on it a post may take to show in the channel's history. A post that
#: Slack accepts later than this would be doubled.
SETTLE = timedelta(seconds=5)
#: So long after the intent was written a request may begin. A process that was stopped in between
#: and wakes later must not send: another consumer may have taken its place.
STALE_S = 5.0
#: So long after its intent was written Slack has a request or never will: until it began, and for
#: each of connecting, agreeing on TLS and sending the timeout of a socket operation.
LONGEST_REQUEST = timedelta(seconds=STALE_S + 3 * TIMEOUT_S)


def already(row: Delivery, revision: int) -> Settled | None:
    """The outcome where this revision, or a later one, has had its own."""
    if row.sent_revision is not None and row.sent_revision >= revision:
        return Sent(new=False)
    if row.state == "parked" and row.revision >= revision:
        return Rejected(row.error)
    # A later revision is begun, and is taken up again by whoever is at work.
    return Sent(new=False) if row.revision > revision else None


def next_lane(row: Delivery) -> Lane:
    """The lane of the next call: a look into the history where a post's fate is not known."""
    return showing(row) if row.unsettled_since is None else Lane(row.channel, HISTORY)


def showing(row: Delivery) -> Lane:
    """The lane of the call that shows the alert: a post, or an edit of its message."""
    return Lane(row.channel, POST if row.ts is None else UPDATE)


def delivery_id(row: Delivery) -> str:
    """Names one message of an alert: the same after a crash, another for one that replaces it."""
    return record_id("delivery", row.alert_id, row.posts)


def begun(
    known: Delivery | None,
    alert: Alert,
    offset: int,
    *,
    channel: str | None,
    writer: str,
    now: datetime,
) -> Delivery:
    """The row with which a try of this revision begins.

    ``channel`` is that of the alert's route, None where there is none: then the row keeps the one
    that it has, or has an empty one.
    """
    if known is None:
        return Delivery(
            record_id="",
            occurred_at=now,
            observed_at=now,
            alert_id=alert.alert_id,
            incident_id=alert.incident.incident_id,
            pair=alert.incident.pair,
            writer=writer,
            step=0,
            channel=channel or "",
            revision=alert.revision,
            offset=offset,
            state="pending",
            first_tried_at=now,
        )
    is_nowhere = known.ts is None and known.unsettled_since is None
    row = replace(known, channel=channel) if is_nowhere and channel else known
    if known.revision == alert.revision:
        return row
    return replace(row, revision=alert.revision, offset=offset, attempts=0, first_tried_at=now)


def settling(
    row: Delivery, *, writer: str, started_at: datetime, settle: timedelta, now: datetime
) -> timedelta:
    """How long until an earlier request has taken effect or never will; nothing when that is over.

    Then the history shows what was posted, and no earlier edit can replace a later one. A request
    of an earlier process on the same ledger, whose ``writer`` is ours, ended when this process
    started at the latest, for the ledger is locked. One of another ledger may still run, though the
    group has given us its alerts.
    """
    if row.unsettled_since is None and row.state not in {"sending", "ambiguous"}:
        return timedelta(0)
    if row.writer in {writer, OPERATOR}:
        since, longest = max(row.observed_at, started_at), settle
    else:
        since = row.observed_at
        longest = settle + (LONGEST_REQUEST if row.state == "sending" else timedelta(0))
    return max(timedelta(0), min(since + longest - now, longest))
