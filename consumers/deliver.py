"""The loop from the log of alerts to whoever shows them.

Each message is handled to its end: shown, suppressed, kept aside by the sender, or, where it can't
even be read, put among the dead letters. One that must wait is set aside for its own time and the
others go on, unless the sender says that they would fare no better. A newer revision takes the
place of one that waits. Committed is what lies before the first message that waits; after a crash
those behind it come again, and the sender knows what it has shown.

The loop keeps polling while something waits: one turn works for ``TURN_S`` and at most one delivery
longer. A delivery to Slack takes up to 180 s when every call hangs until its timeout, so a turn
stays below Kafka's ``max.poll.interval.ms`` (300,000 by default; don't set it lower for this
consumer). What a turn does not come to is given back (``seek``).
"""

import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace

import structlog

from consumers.aside import Aside, Waiting
from consumers.ledger import LedgerError
from consumers.outcome import Ambiguous, Rejected, Retry, Sender, Sent
from consumers.wording import clean
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.eventlog.dead_letters import dead_letter
from wheelsdown.eventlog.port import (
    Consumer,
    EventLog,
    EventLogError,
    Message,
    UnavailableError,
)
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.codec import CodecError
from wheelsdown.records.dead_letters import FailedStep
from wheelsdown.records.topics import ALERTS, DEAD_LETTERS

#: Alerts taken with one poll.
BATCH = 50
#: A turn begins no further delivery after so many seconds.
TURN_S = 60.0
#: When so many alerts wait, no other is tried: it is hardly their own fault any more, and each that
#: is tried in an outage spends some of the time after which its sender gives it up.
MOST_ASIDE = 5
#: The longest sleep between two polls.
NAP_S = 10.0
#: How long a log that can't be reached is waited for before the error is let out.
OUTAGE_S = 900.0

log = structlog.get_logger(__name__)


class DeliveryLoop:
    """Takes alerts from the log, in order, to one sender. ``alerts`` has one partition.

    ``counts`` tells what became of them: sent, repeated (it was shown before), superseded (a newer
    revision came while it waited), suppressed, rejected and poison.
    """

    def __init__(self, events: EventLog, group: str, sender: Sender, clock: Clock) -> None:
        self.counts: Counter[str] = Counter()
        self._events = events
        self._group = group
        self._sender = sender
        self._clock = clock
        self._stopped = threading.Event()
        self._resume_at = 0.0

    def run(self) -> None:
        """Deliver until ``stop``; waits out a log that is away.

        Raises:
            EventLogError: the log was away for ``OUTAGE_S``, or fails in another way.
            LedgerError: the sender's ledger fails.
        """
        away_since: float | None = None
        while not self._stopped.is_set():
            try:
                with closing(self._events.consumer(self._group, [ALERTS])) as consumer:
                    reading = _Reading(consumer)
                    while not self._stopped.is_set():
                        self._turn(reading, timeout_s=1.0)
                        away_since = None
            except UnavailableError as error:
                now = monotonic_s()
                away_since = away_since if away_since is not None else now
                if now - away_since > OUTAGE_S:
                    raise
                log.warning("alerts_unavailable", group=self._group, reason=str(error))
                self._stopped.wait(NAP_S)

    def drain(self) -> int:
        """Handle what the log holds now, waiting for retries, and return how many messages.

        For logs in this process: a poll of Kafka may find nothing before the group has gathered.
        Raises EventLogError and LedgerError.
        """
        before = self.counts.total()
        with closing(self._events.consumer(self._group, [ALERTS])) as consumer:
            reading = _Reading(consumer)
            while not self._stopped.is_set():
                if not self._turn(reading, timeout_s=0.0) and not reading.aside:
                    break
        return self.counts.total() - before

    def stop(self) -> None:
        """Make ``run`` and ``drain`` return soon, from any thread; what is begun is finished."""
        self._stopped.set()

    def _turn(self, reading: "_Reading", *, timeout_s: float) -> int:
        """One poll and the work it brought; gives how many messages were found.

        At most one that waits is tried again, and none when those that came had to be given back
        for lack of time: a slow one that fails again and again must not take all of it.
        """
        aside = reading.aside
        self._rest(aside, timeout_s)
        messages = reading.consumer.poll(limit=BATCH, timeout_s=timeout_s)
        end = monotonic_s() + TURN_S
        may_retry, reading.is_behind = not reading.is_behind and not self._is_held(), False
        waiting = aside.take_due(monotonic_s()) if may_retry else None
        if waiting is not None:
            self._deliver(waiting.alert, waiting.message, aside)
            reading.commit()
        for number, message in enumerate(messages):
            is_late = (number > 0 or waiting is not None) and monotonic_s() > end
            if self._is_held() or is_late or len(aside) >= MOST_ASIDE:
                reading.consumer.seek(message.topic, message.partition, message.offset)
                reading.is_behind = is_late
                break
            self._handle(message, aside)
            reading.last = message
            reading.commit()
        return len(messages)

    def _is_held(self) -> bool:
        """Whether no alert may be tried now."""
        return self._stopped.is_set() or monotonic_s() < self._resume_at

    def _rest(self, aside: Aside, timeout_s: float) -> None:
        """Sleep while nothing can be done, or, where polls do not wait, until the next is due."""
        until = self._resume_at
        due_s = aside.next_due_s()
        if due_s is not None and (len(aside) >= MOST_ASIDE or timeout_s == 0):
            until = max(until, due_s)
        self._stopped.wait(max(0.0, min(until - monotonic_s(), NAP_S)))

    def _handle(self, message: Message, aside: Aside) -> None:
        """See to a message that came, to its end or so that it waits."""
        try:
            alert = message.topic.decode(message.value)
        except CodecError as error:
            self._bury(message, "decoding", error)
            return
        assert isinstance(alert, Alert)
        if alert.action == "suppress":
            self.counts["suppressed"] += 1
        elif aside.supersede(alert, message):
            self.counts["superseded"] += 1
        else:
            self._deliver(alert, message, aside)

    def _deliver(self, alert: Alert, message: Message, aside: Aside) -> None:
        """Try the alert; set it aside when it must wait."""
        try:
            outcome = self._sender.deliver(alert)
        except (LedgerError, EventLogError):
            raise
        except Exception as error:  # noqa: BLE001 - one alert that trips a fault of ours must not
            # stop those behind it; it is kept with its bytes
            self._bury(message, "sending", error)
            return
        match outcome:
            case Sent(new):
                self.counts["sent" if new else "repeated"] += 1
            case Rejected():
                self.counts["rejected"] += 1
            case Retry(after_s, _, others) | Ambiguous(after_s, _, others):
                due_s = monotonic_s() + after_s
                aside.put(Waiting(alert, message, due_s))
                if others:
                    self._resume_at = due_s

    def _bury(self, message: Message, step: FailedStep, error: Exception) -> None:
        self.counts["poison"] += 1
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
        log.error(
            "alert_unreadable" if step == "decoding" else "alert_undeliverable",
            offset=message.offset,
            reason=letter.error,
        )


class _Reading:
    """A consumer with what waits of it.

    ``last`` is the last message that was seen to; ``is_behind`` tells that the last turn was too
    short for those that came.
    """

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.aside = Aside()
        self.last: Message | None = None
        self.is_behind = False
        self._committed = 0

    def commit(self) -> None:
        """Commit what lies before the first message that waits."""
        if self.last is None:
            return
        waits = self.aside.first_offset()
        following = self.last.offset + 1 if waits is None else waits
        if following > self._committed:
            self.consumer.commit(replace(self.last, offset=following - 1))
            self._committed = following
