"""The word on each alert: first on ``deliveries.v1``, then in the ledger, its local index.

The topic is the truth. Whoever begins to send, after a crash, on another machine or with the ledger
lost, first reads what it does not know yet; and so does everybody before each request, since
another consumer may have sent in the meantime.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog
from msgspec.structs import replace

from consumers.ledger import Ledger
from wheelsdown.crash_points import crash_point
from wheelsdown.daemon import metrics
from wheelsdown.eventlog.port import EventLog, Message, Reader
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.codec import CodecError
from wheelsdown.records.deliveries import Delivery
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import DELIVERIES

#: Who has parked alerts sent again.
OPERATOR = "operator"
#: Records read at a time.
BATCH = 500

log = structlog.get_logger(__name__)


class Deliveries:
    """What is known of each alert's delivery. Safe to use from several threads.

    Raises EventLogError and LedgerError: without log and ledger nothing may be sent.
    """

    def __init__(self, events: EventLog, ledger: Ledger) -> None:
        self._events = events
        self._ledger = ledger
        #: Who this consumer is on the topic.
        self.writer = ledger.writer()
        self._lock = threading.RLock()
        self._end = -1
        self.catch_up()

    def get(self, alert_id: str) -> Delivery | None:
        """The newest word on the alert that this process knows."""
        return self._ledger.get(alert_id)

    def unfinished(self) -> list[Delivery]:
        """Those that are neither sent nor parked, whoever wrote them."""
        self.catch_up()
        for state, count in self._ledger.counts().items():
            metrics.DELIVERIES.labels(state).set(count)
        return self._ledger.unfinished()

    def intend(self, delivery: Delivery) -> bool:
        """Say what is going to be asked of Slack; when it returns, that is durable.

        False when another consumer has said something of the alert meanwhile: then it is not to be
        asked, and what the other said is known now. The order of the topic decides.
        """
        return self._tell(delivery, told="slack.intended", kept="slack.noted")

    def settle(self, delivery: Delivery) -> None:
        """Say what became of it; when it returns, that is durable."""
        crash_point("slack.answered")
        self._tell(delivery, told="slack.told", kept="slack.settled")

    def catch_up(self) -> None:
        """Read into the ledger what it does not have yet."""
        with self._lock:
            (end,) = self._events.ends(DELIVERIES)
            if end == self._end:
                return
            reached = self._ledger.reached()
            if end < reached:
                log.warning("deliveries_topic_is_new", end=end, reached=reached)
                reached = 0
            for found, following in read_deliveries(self._events, reached, end):
                self._ledger.put(found, reached=following)
            self._end = end

    def _tell(self, delivery: Delivery, *, told: str, kept: str) -> bool:
        """To the topic, and from there to the ledger, which so has all in the topic's order.

        Whether it counts: of several words with one step the first on the topic does.
        """
        with self._lock:
            publish(self._events, DELIVERIES, [delivery])
            crash_point(told)
            self.catch_up()
            crash_point(kept)
            known = self._ledger.get(delivery.alert_id)
            return known is not None and known.record_id == delivery.record_id


def read_deliveries(
    events: Reader, start: int, end: int
) -> Iterator[tuple[Sequence[Delivery], int]]:
    """The records from offset ``start`` to ``end``, some at a time, each time with the next offset.

    What can't be read is told and passed over. Raises EventLogError.
    """
    while start < end:
        messages = events.read(DELIVERIES, 0, start, min(BATCH, end - start))
        start = messages[-1].offset + 1 if messages else end
        yield list(_readable(messages)), start


def newest(events: Reader) -> dict[str, Delivery]:
    """The newest word on each alert, by alert id, in the order of their beginnings."""
    found: dict[str, Delivery] = {}
    (end,) = events.ends(DELIVERIES)
    for some, _ in read_deliveries(events, 0, end):
        for one in some:
            if one.alert_id not in found or found[one.alert_id].step < one.step:
                found[one.alert_id] = one
    return found


def worded(row: Delivery, writer: str, now: datetime) -> Delivery:
    """The row as the writer's next word on its alert."""
    step = row.step + 1
    return replace(
        row,
        record_id=record_id("delivery-step", row.alert_id, step, writer),
        occurred_at=now,
        observed_at=now,
        writer=writer,
        step=step,
    )


def sent_anew(parked: Delivery, now: datetime) -> Delivery:
    """The word that a parked alert is to be tried again, with all its time before it."""
    pending = replace(parked, state="pending", attempts=0, first_tried_at=now, error="")
    return worded(pending, OPERATOR, now)


def _readable(messages: Iterable[Message]) -> Iterator[Delivery]:
    for message in messages:
        try:
            found = DELIVERIES.decode(message.value)
        except CodecError as error:
            log.error(  # noqa: TRY400 - the reason is in the message
                "delivery_unreadable", offset=message.offset, reason=str(error)
            )
            continue
        assert isinstance(found, Delivery)
        yield found
