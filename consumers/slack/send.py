"""Delivers alerts to Slack: one message an alert, edited in place, never posted twice.

Slack has no key by which it would refuse a repeated post. So each post carries a delivery id in its
metadata, what is going to be asked and what came of it are written down before and after each
request (consumers/deliveries.py), and a post whose fate is unknown (no answer, or a crash before
the answer was written) is looked for in the channel's history before another is made. Editing needs
no such care: an edit made twice is the same edit.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import structlog
from msgspec.structs import replace
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from consumers.deliveries import Deliveries, worded
from consumers.outcome import (
    Again,
    Ambiguous,
    Lane,
    Outcome,
    Rejected,
    Retry,
    Sent,
    Settled,
    Unfinished,
)
from consumers.slack import history
from consumers.slack.answers import Failure, Meaning
from consumers.slack.client import Calls
from consumers.slack.limits import POST
from consumers.slack.message import SlackMessage, arguments
from consumers.slack.render import render, render_short
from consumers.slack.retry import DELIVERY_BACKOFF, wait_s
from consumers.slack.standing import (
    SETTLE,
    STALE_S,
    already,
    begun,
    delivery_id,
    next_lane,
    settling,
    showing,
)
from consumers.slack.validate import problems
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.daemon import metrics
from wheelsdown.daemon.backoff import Backoff, Jitter
from wheelsdown.records.alerts import Alert
from wheelsdown.records.deliveries import Delivery

_MAY_WORK_LATER = frozenset({Meaning.RETRY, Meaning.AMBIGUOUS, Meaning.REFUSED})

log = structlog.get_logger(__name__)


class SlackSender:
    """Delivers to the channels of the routes; see ``Sender`` in outcome.py.

    Raises LedgerError and EventLogError from its methods: then nothing more may be sent.
    """

    def __init__(
        self,
        client: WebClient,
        channels: Mapping[str, str],
        deliveries: Deliveries,
        clock: Clock,
        jitter: Jitter,
        *,
        backoff: Backoff = DELIVERY_BACKOFF,
        settle: timedelta = SETTLE,
        elapsed_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """``client`` comes from ``web_client``, so that it does not retry on its own.

        ``channels`` has an id for each route: Slack takes a name for posting, but not for editing
        or reading. ``elapsed_s`` is the time of the limits.
        """
        self._client = client
        self._channels = channels
        self._deliveries = deliveries
        self._clock = clock
        self._jitter = jitter
        self._backoff = backoff
        self._settle = settle
        self._elapsed_s = elapsed_s
        self._calls = Calls(clock, elapsed_s)
        self._started_at = clock.now()
        self._searches: dict[str, history.Searched] = {}

    @property
    def trouble(self) -> str | None:
        """Why the last call failed."""
        return self._calls.trouble

    def subject(self, alert: Alert) -> str:
        """One message an alert: of those that wait the newest revision counts."""
        return alert.alert_id

    def needs(self, subject: str, route: str, revision: int) -> Lane | Settled:
        """A post, an edit or a look into the history; or the outcome of an earlier run."""
        row = self._deliveries.get(subject)
        if row is not None:
            return already(row, revision) or next_lane(row)
        return Lane(self._channels.get(route, ""), POST)

    def free_at(self, lane: Lane) -> float:
        """When Slack's limits allow another call."""
        return self._calls.limits.free_at(lane)

    def give_up(self, subject: str, reason: str) -> None:
        """Park an alert that was begun; one of which nothing is known is not ours to keep."""
        row = self._deliveries.get(subject)
        if row is not None:
            self._park(replace(row, error=reason))

    def unfinished(self) -> Sequence[Unfinished]:
        """The alerts that were begun, or that an operator wants to have sent again."""
        return [
            Unfinished(row.alert_id, row.revision, row.offset, next_lane(row))
            for row in self._deliveries.unfinished()
        ]

    def deliver(self, alert: Alert, offset: int) -> Outcome:
        """Post the alert, or edit its message to this revision, or find out which is needed."""
        self._deliveries.catch_up()
        known = self._deliveries.get(alert.alert_id)
        if known is not None and (outcome := already(known, alert.revision)) is not None:
            return outcome
        row = begun(
            known,
            alert,
            offset,
            channel=self._channels.get(alert.route),
            writer=self._deliveries.writer,
            now=self._clock.now(),
        )
        if not row.channel:
            return self._park(replace(row, error=f"no channel is configured for {alert.route}"))
        left = settling(
            row,
            writer=self._deliveries.writer,
            started_at=self._started_at,
            settle=self._settle,
            now=self._clock.now(),
        )
        if left:
            return Ambiguous(left.total_seconds(), "an earlier request may still take effect")
        return self._show(row, alert) if row.unsettled_since is None else self._look_for(row)

    def _look_for(self, row: Delivery) -> Outcome:
        """Look at a page of the history; adopt the post of unknown fate if it is there."""
        assert row.unsettled_since is not None
        assert row.unsettled_until is not None
        name = delivery_id(row)
        so_far = self._searches.pop(name, history.Searched())
        found = history.search(
            self._client,
            row.channel,
            name,
            since=row.unsettled_since,
            until=row.unsettled_until,
            so_far=so_far,
            ask=self._calls.make,
        )
        if isinstance(found, Failure):
            if found.meaning is Meaning.PERMANENT and so_far.cursor is not None:
                # A cursor that Slack takes no more, say: it begins at the newest page again.
                found = Failure(Meaning.AMBIGUOUS, found.reason)
            elif so_far.pages < history.PAGES - 1:
                self._searches[name] = so_far  # goes on where it was
            return self._failed(row, found)
        if isinstance(found, history.Searched) and found.cursor is not None:
            self._searches[name] = found
            return Again()
        settled = replace(row, unsettled_since=None, unsettled_until=None)
        ts = found.ts if isinstance(found, history.Found) else None
        log.info("slack_history_searched", alert_id=row.alert_id, found=ts is not None, ts=ts)
        if not isinstance(found, history.Found):
            self._settled(replace(settled, state="pending"))
            return Again()
        self._shown(settled, row.channel, found.ts, found.revision)
        return Again() if found.revision < row.revision else Sent(new=True)

    def _show(self, row: Delivery, alert: Alert) -> Outcome:
        """Edit or post, at most once more with what Slack does not take put right."""
        message = _sendable(alert)
        while True:
            row, answer = self._request(row, message)
            if answer is None:
                return Again()
            if not isinstance(answer, Failure):
                shown = self._shown(row, answer["channel"], answer["ts"], alert.revision)
                self._tell_of(shown, alert)
                return Sent(new=True)
            if answer.meaning is Meaning.GONE and row.ts is not None:
                log.warning("slack_message_gone", alert_id=row.alert_id, reason=answer.reason)
                self._settled(replace(row, state="pending", ts=None, posts=row.posts + 1))
                return Again()
            if answer.meaning is not Meaning.CONTENT or not message.blocks:
                return self._failed(row, answer)
            log.warning("slack_blocks_refused", alert_id=row.alert_id, reason=answer.reason)
            message = render_short(alert)

    def _request(
        self, row: Delivery, message: SlackMessage
    ) -> tuple[Delivery, SlackResponse | Failure | None]:
        """One request, with the intent written before it; None when another consumer was first."""
        began_s = self._elapsed_s()
        now = self._clock.now()
        sending = replace(row, state="sending")
        if row.ts is None:
            since = row.unsettled_since or now
            sending = replace(sending, unsettled_since=since, unsettled_until=now)
        sending = worded(sending, self._deliveries.writer, now)
        if not self._deliveries.intend(sending):
            log.warning("alert_is_anothers", alert_id=row.alert_id)
            return row, None
        if self._elapsed_s() - began_s > STALE_S:
            late = "the intent took too long to write, or this process was stopped meanwhile"
            return self._refused(row, sending), Failure(Meaning.RETRY, late)
        asked = arguments(message, channel=row.channel, ts=row.ts, delivery_id=delivery_id(row))
        post_or_edit = self._client.chat_postMessage if row.ts is None else self._client.chat_update
        answer = self._calls.make(showing(row), lambda: post_or_edit(**asked))
        if not isinstance(answer, Failure) and not _names_message(answer):
            answer = Failure(Meaning.AMBIGUOUS, "an answer that names no message")
        if isinstance(answer, Failure) and answer.meaning is not Meaning.AMBIGUOUS:
            # This post was refused for sure; whether an earlier one was is as open as before.
            return self._refused(row, sending), answer
        return sending, answer

    def _refused(self, row: Delivery, sending: Delivery) -> Delivery:
        return replace(
            sending, unsettled_since=row.unsettled_since, unsettled_until=row.unsettled_until
        )

    def _shown(self, row: Delivery, channel: str, ts: str, revision: int) -> Delivery:
        shown = replace(
            row,
            channel=channel,
            ts=ts,
            sent_revision=revision,
            state="sent" if revision >= row.revision else "pending",
            unsettled_since=None,
            unsettled_until=None,
            error="",
        )
        return self._settled(shown)

    def _tell_of(self, shown: Delivery, alert: Alert) -> None:
        now = self._clock.now()
        metrics.DELIVERY_SECONDS.observe(max(0.0, (now - alert.observed_at).total_seconds()))
        log.info(
            "alert_sent",
            record_id=alert.record_id,
            alert_id=shown.alert_id,
            incident_id=shown.incident_id,
            revision=shown.sent_revision,
            delivery_id=delivery_id(shown),
            channel=shown.channel,
            ts=shown.ts,
        )

    def _failed(self, row: Delivery, failure: Failure) -> Outcome:
        failed = replace(row, attempts=row.attempts + 1, error=failure.reason)
        wait = wait_s(
            self._backoff,
            self._jitter,
            tries=failed.attempts,
            since=row.first_tried_at,
            now=self._clock.now(),
        )
        if failure.meaning not in _MAY_WORK_LATER or wait is None:
            return self._park(failed)
        # An edit that has no answer may also take effect later, after the next.
        is_ambiguous = row.unsettled_since is not None or failure.meaning is Meaning.AMBIGUOUS
        settle_s = self._settle.total_seconds() if is_ambiguous else 0.0
        wait = max(wait, failure.after_s or 0.0, settle_s)
        self._settled(replace(failed, state="ambiguous" if is_ambiguous else "pending"))
        tell = log.error if failure.meaning is Meaning.REFUSED else log.warning
        tell("alert_delayed", alert_id=row.alert_id, wait_s=round(wait, 1), reason=failure.reason)
        outcome = Ambiguous if is_ambiguous else Retry
        # A limit freezes its lane; other errors of this meaning speak of the workspace or the way
        # to it, not of a message.
        others = failure.meaning is not Meaning.AMBIGUOUS and not failure.is_limit
        return outcome(wait, failure.reason, others=others)

    def _park(self, row: Delivery) -> Rejected:
        self._searches.pop(delivery_id(row), None)
        self._settled(replace(row, state="parked"))
        log.error(
            "alert_parked",
            alert_id=row.alert_id,
            incident_id=row.incident_id,
            revision=row.revision,
            channel=row.channel,
            attempts=row.attempts,
            reason=row.error,
        )
        return Rejected(row.error)

    def _settled(self, row: Delivery) -> Delivery:
        settled = worded(row, self._deliveries.writer, self._clock.now())
        self._deliveries.settle(settled)
        return settled


def _sendable(alert: Alert) -> SlackMessage:
    message = render(alert)
    if found := problems(message):
        log.error("slack_message_invalid", alert_id=alert.alert_id, problems=found)
        return render_short(alert)
    return message


def _names_message(answer: SlackResponse) -> bool:
    return isinstance(answer.get("ts"), str) and isinstance(answer.get("channel"), str)
