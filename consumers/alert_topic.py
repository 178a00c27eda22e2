"""Alerts as they stand on their topic: read, and put among the dead letters where that fails."""

import structlog

from consumers.wording import clean
from wheelsdown.clock import Clock
from wheelsdown.daemon import metrics
from wheelsdown.eventlog.dead_letters import dead_letter
from wheelsdown.eventlog.port import EventLog, Message
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.codec import CodecError
from wheelsdown.records.dead_letters import FailedStep
from wheelsdown.records.topics import ALERTS, DEAD_LETTERS

log = structlog.get_logger(__name__)


class AlertTopic:
    """``alerts.v1``, which has one partition, for one consumer group.

    Safe to use from several threads. Raises EventLogError.
    """

    def __init__(self, events: EventLog, group: str, clock: Clock) -> None:
        self._events = events
        self._group = group
        self._clock = clock

    def alert_of(self, message: Message) -> Alert | None:
        """The alert in the message; None when there is none, which is then a dead letter."""
        try:
            alert = ALERTS.decode(message.value)
        except CodecError as error:
            self._bury(message, "decoding", error)
            return None
        assert isinstance(alert, Alert)
        return alert

    def read(self, offset: int) -> Alert | None:
        """The alert at this offset; None when the log has it no more."""
        found = self._events.read(ALERTS, 0, offset, 1)
        return self.alert_of(found[0]) if found and found[0].offset == offset else None

    def bury_undeliverable(self, alert: Alert, offset: int, error: Exception) -> None:
        """Keep an alert that trips a fault of ours, with its bytes."""
        value = ALERTS.encode(alert)
        self._bury(Message(ALERTS, 0, offset, ALERTS.key(alert), value), "sending", error)

    def _bury(self, message: Message, step: FailedStep, error: Exception) -> None:
        now = self._clock.now()
        letter = dead_letter(
            message,
            reader=self._group,
            step=step,
            error=clean(f"{type(error).__name__}: {error}"),
            occurred_at=now,
            observed_at=now,
        )
        publish(self._events, DEAD_LETTERS, [letter])
        metrics.DEAD_LETTERS.labels(self._group).inc()
        log.error(
            "alert_unreadable" if step == "decoding" else "alert_undeliverable",
            offset=message.offset,
            reason=letter.error,
        )
