"""The loop from the log of alerts to whoever shows them.

One thread polls, decodes and commits; a few others deliver, so that a service that answers slowly
keeps nobody from polling and one channel holds up no other. Each message is handled to its end:
shown, suppressed, kept aside by the sender, or, where it can't even be read, put among the dead
letters. A newer revision takes the place of one that waits. Committed is what lies before the first
message that waits; after a crash those behind it come again, and the sender knows what it has
shown.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial

import structlog

from consumers.alert_topic import AlertTopic
from consumers.lanes import Lanes, Waiting
from consumers.ledger import LedgerError
from consumers.outcome import (
    Again,
    Ambiguous,
    Lane,
    Outcome,
    Rejected,
    Retry,
    Sender,
    Sent,
    Settled,
)
from consumers.reading import Reading
from consumers.workers import working
from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.crash_points import crash_point
from wheelsdown.daemon import metrics
from wheelsdown.daemon.health import Beat, Health
from wheelsdown.eventlog.port import Consumer, EventLog, EventLogError, Message, UnavailableError
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS

#: Alerts taken with one poll.
BATCH = 50
#: Alerts that may wait at one time, a few hundred bytes each; more are left in the log.
MOST_WAITING = 20_000
#: So many are kept decoded; the others are read again when it is their turn.
MOST_AT_HAND = 200
#: The longest sleep before something is looked at again.
NAP_S = 5.0
#: How often the sender is asked for what was begun or is to be sent anew.
ASK_EVERY_S = 5.0
#: A turn that takes longer is taken for stuck: a poll and a commit have deadlines of seconds.
TURN_WITHIN_S = 120.0
#: Why one of several consumers does nothing.
STANDS_BY = "stands by: the group has not given it the alerts"
#: How long a log that can't be reached is waited for before the error is let out.
OUTAGE_S = 900.0

log = structlog.get_logger(__name__)


class DeliveryLoop:
    """Takes alerts from the log to one sender. ``alerts`` has one partition.

    ``counts`` tells what became of them: sent, repeated (it was shown before), superseded (a newer
    revision came while it waited), suppressed, rejected and poison.
    """

    def __init__(
        self,
        events: EventLog,
        group: str,
        sender: Sender,
        clock: Clock,
        *,
        elapsed_s: Callable[[], float] = monotonic_s,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        """``elapsed_s`` and ``rest`` are the time of ``drain`` where it is not the machine's."""
        self.counts: Counter[str] = Counter()
        self._events = events
        self._alerts = AlertTopic(events, group, clock)
        self._group = group
        self._sender = sender
        self._elapsed_s = elapsed_s
        self._stopped = threading.Event()
        self._counting = threading.Lock()
        self._rest = rest or self._stopped.wait
        self._beat: Beat = lambda: None
        self._trouble: str | None = STANDS_BY
        self._waiting = 0
        self._polled_at: float | None = None
        self._longest_gap_s = 0.0

    def report_to(self, health: Health) -> None:
        """Say there that the loop turns, and why it can't do its work."""
        self._beat = health.heartbeat(f"{self._group} deliveries", TURN_WITHIN_S)
        health.check(self._group, self._why_not)

    def _why_not(self) -> str | None:
        """Why it can't do its work; a call that failed counts while alerts wait."""
        return self._trouble or (self._sender.trouble if self._waiting else None)

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
                    reading = self._reading(consumer)
                    with working(reading, self._stopped, partial(self._deliver_next, reading)):
                        while not self._stopped.is_set():
                            self._beat()
                            self._turn(reading, timeout_s=1.0)
                            if reading.got_on or not reading.lanes:
                                away_since = None  # it takes our words on deliveries, too
                            self._trouble = None if reading.has_share else STANDS_BY
            except UnavailableError as error:
                now = monotonic_s()
                away_since = away_since if away_since is not None else now
                if now - away_since > OUTAGE_S:
                    raise
                self._trouble = f"the alerts can't be read: {error}"
                log.warning("alerts_unavailable", group=self._group, reason=str(error))
                self._beat()
                self._stopped.wait(NAP_S)

    def drain(self) -> int:
        """Handle what the log holds now, waiting for retries, and return how many messages.

        In this thread alone, so that it is repeatable. For logs in this process: a poll of Kafka
        may find nothing before the group has gathered. Raises EventLogError and LedgerError.
        """
        before = self.counts.total()
        with closing(self._events.consumer(self._group, [ALERTS])) as consumer:
            reading = self._reading(consumer)
            while not self._stopped.is_set():
                found = self._turn(reading, timeout_s=0.0)
                if self._deliver_next(reading) or found:
                    continue
                next_at = reading.lanes.next_at(self._elapsed_s())
                if next_at is None:
                    break
                self._rest(min(max(0.0, next_at - self._elapsed_s()), NAP_S))
            reading.commit()
        return self.counts.total() - before

    def stop(self) -> None:
        """Make ``run`` and ``drain`` return soon, from any thread."""
        self._stopped.set()

    def _reading(self, consumer: Consumer) -> Reading:
        return Reading(self._group, consumer, Lanes(self._sender.free_at))

    def _turn(self, reading: Reading, *, timeout_s: float) -> int:
        """One poll: what came is put where it waits; gives how many messages were seen to."""
        reading.raise_failure()
        self._take_up(reading)
        is_full = len(reading.lanes) >= MOST_WAITING
        if is_full:
            self._rest(min(timeout_s, NAP_S))
        messages = reading.consumer.poll(limit=BATCH, timeout_s=0.0 if is_full else timeout_s)
        self._keep_longest_gap()
        reading.check_share()
        for number, message in enumerate(messages):
            if self._stopped.is_set() or len(reading.lanes) >= MOST_WAITING:
                reading.consumer.seek(message.topic, message.partition, message.offset)
                messages = messages[:number]
                break
            self._handle(message, reading)
        reading.commit()
        self._waiting = len(reading.lanes)
        metrics.ALERTS_WAITING.labels(self._group).set(self._waiting)
        return len(messages)

    def _keep_longest_gap(self) -> None:
        """Keep the longest time between two polls, which Kafka limits to five minutes."""
        before, self._polled_at = self._polled_at, self._elapsed_s()
        if before is not None:
            self._longest_gap_s = max(self._longest_gap_s, self._polled_at - before)
            metrics.POLL_GAP_SECONDS.labels(self._group).set(self._longest_gap_s)

    def _take_up(self, reading: Reading) -> None:
        """Let alerts wait that the sender has begun, or that somebody wants to have sent anew.

        And look how far the alerts on the log are ahead.
        """
        now = self._elapsed_s()
        if now < reading.ask_at:
            return
        if not reading.consumer.has(ALERTS, 0):
            return  # another consumer is at work on them
        reading.ask_at = now + ASK_EVERY_S
        metrics.LAG.labels(self._group, "0").set(reading.lag(self._events.ends(ALERTS)[0]))
        found = self._sender.unfinished()
        with reading.changed:
            for one in found:
                if one.subject not in reading.lanes and len(reading.lanes) < MOST_WAITING:
                    waiting = Waiting(one.subject, one.revision, one.offset)
                    reading.lanes.put(waiting, one.lane)
            reading.changed.notify_all()

    def _handle(self, message: Message, reading: Reading) -> None:
        """See to a message that came, to its end or so that it waits."""
        alert = self._alerts.alert_of(message)
        crash_point(f"{self._group}.taken")
        if alert is None:
            self._count("poison")
        elif alert.action == "suppress":
            self._count("suppressed")
        else:
            self._wait(reading, alert, message.offset)
        reading.seen_to(message)

    def _wait(self, reading: Reading, alert: Alert, offset: int) -> None:
        subject = self._sender.subject(alert)
        with reading.changed:
            at_hand = alert if len(reading.lanes) < MOST_AT_HAND else None
            waiting = Waiting(subject, alert.revision, offset, alert.route, at_hand)
            if reading.lanes.supersedes(waiting):
                self._count("superseded")
            else:
                self._follow(reading, waiting)
                reading.changed.notify()

    def _deliver_next(self, reading: Reading) -> bool:
        """Take a step with what may be tried now; whether there was something."""
        with reading.changed:
            taken = reading.lanes.take(self._elapsed_s())
        if taken is None:
            return False
        alert = taken.alert or self._alerts.read(taken.offset)
        if alert is not None and self._sender.subject(alert) == taken.subject:
            outcome = self._try(alert, taken.offset)
        else:
            outcome = None
            log.error("alert_not_found", offset=taken.offset, subject=taken.subject)
            self._sender.give_up(taken.subject, "the log has this alert no more")
        with reading.changing():
            reading.got_on = True
            following = reading.lanes.end(taken)
            if isinstance(outcome, Sent | Rejected):
                self._settle(outcome)
            is_open = isinstance(outcome, Again | Retry | Ambiguous)
            if is_open or following is not taken:
                self._follow(reading, following, outcome)
            reading.changed.notify_all()
        return True

    def _try(self, alert: Alert, offset: int) -> Outcome | None:
        """The outcome of one step; None when the alert trips a fault of ours.

        It must not stop those behind it, and is kept with its bytes.
        """
        try:
            return self._sender.deliver(alert, offset)
        except (LedgerError, EventLogError):
            raise
        except Exception as error:  # noqa: BLE001 - see above
            self._alerts.bury_undeliverable(alert, offset, error)
            self._count("poison")
            self._sender.give_up(self._sender.subject(alert), f"a fault of ours: {error!r}")
            return None

    def _follow(self, reading: Reading, waiting: Waiting, outcome: Outcome | None = None) -> None:
        """Let an alert wait for its next call, after a step or as it came."""
        match self._sender.needs(waiting.subject, waiting.route, waiting.revision):
            case Sent() | Rejected() as settled:
                self._settle(settled)
            case Lane() as lane if isinstance(outcome, Retry | Ambiguous):
                due_s = self._elapsed_s() + outcome.after_s
                reading.lanes.put(replace(waiting, due_s=due_s), lane)
                if outcome.others:
                    reading.lanes.hold(due_s)
            case Lane() as lane:
                fresh = replace(waiting, due_s=None)
                reading.lanes.put(fresh, lane, first=isinstance(outcome, Again))

    def _settle(self, outcome: Settled) -> None:
        if isinstance(outcome, Rejected):
            self._count("rejected")
        else:
            self._count("sent" if outcome.new else "repeated")

    def _count(self, what: str) -> None:
        with self._counting:
            self.counts[what] += 1
