"""The loop from the log of alerts to whoever shows them.

Each message is handled to its end, and only then committed: shown, suppressed, kept aside by the
sender, or, where it can't even be read, put among the dead letters. A message that must wait is
given back (``seek``) and comes again with a later poll, so the loop keeps polling while it waits:
one turn works for ``TURN_S`` and at most one delivery longer. A delivery to Slack takes up to 180 s
when every call hangs until its timeout, so a turn stays below Kafka's ``max.poll.interval.ms``
(300,000 by default; don't set it lower for this consumer).
"""

import threading
from collections import Counter
from contextlib import closing

import structlog

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
#: The longest sleep between two polls.
NAP_S = 10.0
#: How long a log that can't be reached is waited for before the error is let out.
OUTAGE_S = 900.0

log = structlog.get_logger(__name__)


class DeliveryLoop:
    """Takes alerts from the log, in order, to one sender. ``alerts`` has one partition.

    ``counts`` tells what became of them: sent, repeated (it was shown before), suppressed, rejected
    and poison.
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
                    while not self._stopped.is_set():
                        self._turn(consumer, timeout_s=1.0)
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
        handled = 0
        with closing(self._events.consumer(self._group, [ALERTS])) as consumer:
            while not self._stopped.is_set():
                found, done = self._turn(consumer, timeout_s=0.0)
                handled += done
                if found == 0:
                    break
        return handled

    def stop(self) -> None:
        """Make ``run`` and ``drain`` return soon, from any thread; what is begun is finished."""
        self._stopped.set()

    def _turn(self, consumer: Consumer, *, timeout_s: float) -> tuple[int, int]:
        """One poll and the work it brought: how many messages were found, and how many are done."""
        self._stopped.wait(max(0.0, min(self._resume_at - monotonic_s(), NAP_S)))
        messages = consumer.poll(limit=BATCH, timeout_s=timeout_s)
        end = monotonic_s() + TURN_S
        for done, message in enumerate(messages):
            now = monotonic_s()
            is_late = done > 0 and now > end
            if self._stopped.is_set() or now < self._resume_at or is_late:
                consumer.seek(message.topic, message.partition, message.offset)
                return len(messages), done
            wait_s = self._handle(message)
            if wait_s is not None:
                self._resume_at = monotonic_s() + wait_s
                consumer.seek(message.topic, message.partition, message.offset)
                return len(messages), done
            consumer.commit(message)
        return len(messages), len(messages)

    def _handle(self, message: Message) -> float | None:
        """How long to wait before handling it again; None when it is done."""
        try:
            alert = message.topic.decode(message.value)
        except CodecError as error:
            self._bury(message, "decoding", error)
            return None
        assert isinstance(alert, Alert)
        if alert.action == "suppress":
            self.counts["suppressed"] += 1
            return None
        try:
            outcome = self._sender.deliver(alert)
        except (LedgerError, EventLogError):
            raise
        except Exception as error:  # noqa: BLE001 - one alert that trips a fault of ours must not
            # stop those behind it; it is kept with its bytes
            self._bury(message, "sending", error)
            return None
        match outcome:
            case Sent(new):
                self.counts["sent" if new else "repeated"] += 1
            case Rejected():
                self.counts["rejected"] += 1
            case Retry(after_s) | Ambiguous(after_s):
                return after_s
        return None

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
