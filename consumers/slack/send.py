"""Delivers alerts to one Slack channel: one message an alert, edited in place, never posted twice.

Slack has no key by which it would refuse a repeated post. So each post carries a delivery id in its
metadata, the ledger is written before and after each request, and a post whose fate is unknown
(no answer, or a crash before the answer was written) is looked for in the channel's history before
another is made. Editing needs no such care: an edit made twice is the same edit.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from consumers.ledger import Delivery, Ledger
from consumers.outcome import Ambiguous, Outcome, Rejected, Retry, Sent
from consumers.slack import history
from consumers.slack.answers import Failure, Meaning, call
from consumers.slack.message import SlackMessage, metadata
from consumers.slack.render import render, render_short
from consumers.slack.retry import DELIVERY_BACKOFF, wait_s
from consumers.slack.validate import problems
from wheelsdown.clock import Clock
from wheelsdown.daemon.backoff import Backoff, Jitter
from wheelsdown.records.alerts import Alert
from wheelsdown.records.record import record_id

#: How long after our last word on it a post may take to show in the channel's history. A post that
#: Slack accepts later than this would be doubled.
SETTLE = timedelta(seconds=5)

log = structlog.get_logger(__name__)


class SlackSender:
    """Delivers to one channel. Used by one thread, which it blocks for a few calls at most.

    Raises LedgerError from ``deliver`` when the ledger fails: then nothing more may be sent.
    """

    def __init__(
        self,
        client: WebClient,
        channel: str,
        ledger: Ledger,
        clock: Clock,
        jitter: Jitter,
        *,
        backoff: Backoff = DELIVERY_BACKOFF,
        settle: timedelta = SETTLE,
    ) -> None:
        """``client`` comes from ``web_client``, so that it does not retry on its own.

        ``channel`` is an id: Slack takes a name for posting, but not for editing or reading.
        """
        self._client = client
        self._channel = channel
        self._ledger = ledger
        self._clock = clock
        self._jitter = jitter
        self._backoff = backoff
        self._settle = settle
        self._started_at = clock.now()

    def deliver(self, alert: Alert) -> Outcome:
        """Post the alert, or edit its message to this revision."""
        known = self._ledger.get(alert.alert_id)
        if known is not None and (outcome := _already(known, alert.revision)) is not None:
            return outcome
        row = self._begun(known, alert)
        if row.unsettled_since is not None:
            if (left_s := self._settling_s(row)) > 0:
                return Ambiguous(left_s, "an earlier post may still show up")
            found = self._look_for(row)
            if isinstance(found, Failure):
                return self._failed(row, found)
            row = found
            if (outcome := _already(row, alert.revision)) is not None:
                return outcome
        return self._show(row, alert)

    def _settling_s(self, row: Delivery) -> float:
        """Seconds until the history can be trusted to show what was posted before.

        A request of an earlier process ended when this one started, at the latest.
        """
        settled_at = max(row.updated_at, self._started_at) + self._settle
        return min(settled_at - self._clock.now(), self._settle).total_seconds()

    def _begun(self, known: Delivery | None, alert: Alert) -> Delivery:
        now = self._clock.now()
        if known is None:
            return Delivery(
                alert_id=alert.alert_id,
                channel=self._channel,
                revision=alert.revision,
                state="pending",
                first_tried_at=now,
                updated_at=now,
                attempts=1,
            )
        is_nowhere = known.ts is None and known.unsettled_since is None
        row = replace(known, channel=self._channel if is_nowhere else known.channel)
        if known.revision == alert.revision:
            return replace(row, attempts=known.attempts + 1)
        return replace(row, revision=alert.revision, attempts=1, first_tried_at=now)

    def _look_for(self, row: Delivery) -> Delivery | Failure:
        """The row with the post that was found, or as it is when there certainly is none."""
        assert row.unsettled_since is not None
        assert row.unsettled_until is not None
        found = history.find(
            self._client,
            row.channel,
            _delivery_id(row),
            since=row.unsettled_since,
            until=row.unsettled_until,
            clock=self._clock,
        )
        if isinstance(found, Failure):
            return found
        log.info("slack_history_searched", alert_id=row.alert_id, found=found is not None)
        return row if found is None else self._shown(row, row.channel, found.ts, found.revision)

    def _show(self, row: Delivery, alert: Alert) -> Outcome:
        """Edit or post; at most once each with what Slack does not take put right."""
        message = _sendable(alert)
        while True:
            row, answer = self._request(row, message)
            if not isinstance(answer, Failure):
                self._shown(row, answer["channel"], answer["ts"], alert.revision)
                log.info("alert_sent", alert_id=row.alert_id, revision=alert.revision)
                return Sent(new=True)
            if answer.meaning is Meaning.GONE and row.ts is not None:
                log.warning("slack_message_gone", alert_id=row.alert_id, reason=answer.reason)
                row = replace(row, ts=None, posts=row.posts + 1)
            elif answer.meaning is Meaning.CONTENT and message.blocks:
                log.warning("slack_blocks_refused", alert_id=row.alert_id, reason=answer.reason)
                message = render_short(alert)
            else:
                return self._failed(row, answer)

    def _request(
        self, row: Delivery, message: SlackMessage
    ) -> tuple[Delivery, SlackResponse | Failure]:
        """One request, with the ledger written before it."""
        now = self._clock.now()
        sending = replace(row, state="sending", updated_at=now)
        if row.ts is None:
            since = row.unsettled_since or now
            sending = replace(sending, unsettled_since=since, unsettled_until=now)
        self._ledger.put(sending)
        arguments = _arguments(sending, message)
        post_or_edit = self._client.chat_postMessage if row.ts is None else self._client.chat_update
        answer = call(lambda: post_or_edit(**arguments), self._clock)
        if not isinstance(answer, Failure) and not _names_message(answer):
            answer = Failure(Meaning.AMBIGUOUS, "an answer that names no message")
        if not isinstance(answer, Failure):
            return sending, answer
        if answer.meaning is Meaning.AMBIGUOUS:
            return sending, answer
        # This post was refused for sure; whether an earlier one was is as open as before.
        return row, answer

    def _shown(self, row: Delivery, channel: str, ts: str, revision: int) -> Delivery:
        shown = replace(
            row,
            channel=channel,
            ts=ts,
            sent_revision=revision,
            state="sent",
            unsettled_since=None,
            unsettled_until=None,
            updated_at=self._clock.now(),
            error="",
        )
        self._ledger.put(shown)
        return shown

    def _failed(self, row: Delivery, failure: Failure) -> Outcome:
        now = self._clock.now()
        failed = replace(row, updated_at=now, error=failure.reason)
        wait = wait_s(
            self._backoff, self._jitter, tries=row.attempts, since=row.first_tried_at, now=now
        )
        if failure.meaning not in (Meaning.RETRY, Meaning.AMBIGUOUS) or wait is None:
            self._ledger.put(replace(failed, state="parked"))
            log.error(
                "alert_parked",
                alert_id=row.alert_id,
                revision=row.revision,
                attempts=row.attempts,
                reason=failure.reason,
            )
            return Rejected(failure.reason)
        is_ambiguous = row.unsettled_since is not None
        settle_s = self._settle.total_seconds() if is_ambiguous else 0.0
        wait = max(wait, failure.after_s or 0.0, settle_s)
        self._ledger.put(replace(failed, state="ambiguous" if is_ambiguous else "pending"))
        log.warning(
            "alert_delayed", alert_id=row.alert_id, wait_s=round(wait, 1), reason=failure.reason
        )
        outcome = Ambiguous if is_ambiguous else Retry
        # Errors of this meaning speak of the workspace or the way to it, not of a message.
        return outcome(wait, failure.reason, others=failure.meaning is Meaning.RETRY)


def _already(row: Delivery, revision: int) -> Outcome | None:
    """The outcome where this revision, or a later one, has had its own."""
    if row.sent_revision is not None and row.sent_revision >= revision:
        return Sent(new=False)
    if row.state == "parked" and row.revision >= revision:
        return Rejected(row.error)
    return None


def _sendable(alert: Alert) -> SlackMessage:
    message = render(alert)
    if found := problems(message):
        log.error("slack_message_invalid", alert_id=alert.alert_id, problems=found)
        return render_short(alert)
    return message


def _delivery_id(row: Delivery) -> str:
    """Names one message of an alert: the same after a crash, another for one that replaces it."""
    return record_id("delivery", row.alert_id, row.posts)


def _arguments(row: Delivery, message: SlackMessage) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "channel": row.channel,
        "text": message.text,
        "metadata": metadata(delivery_id=_delivery_id(row), **message.metadata["event_payload"]),
        "parse": "none",
        "link_names": False,
    }
    blocks = [dict(block) for block in message.blocks]
    if row.ts is not None:
        # An empty list takes the blocks of an earlier revision away.
        return arguments | {"ts": row.ts, "blocks": blocks}
    unfurl = {"unfurl_links": False, "unfurl_media": False}
    return arguments | unfurl | ({"blocks": blocks} if blocks else {})


def _names_message(answer: SlackResponse) -> bool:
    return isinstance(answer.get("ts"), str) and isinstance(answer.get("channel"), str)
