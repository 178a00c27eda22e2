"""One reading of the log of alerts: the consumer, what waits of it, and how far it is committed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from consumers.lanes import Lanes
from wheelsdown.crash_points import crash_point
from wheelsdown.eventlog.port import Consumer, Message, UnavailableError
from wheelsdown.records.topics import ALERTS


class Reading:
    """A consumer with what waits of it.

    ``changed`` guards the lanes; it is notified when something can be delivered. ``has_share``
    tells whether this consumer has the alerts, which have one partition. ``got_on``
    tells that a step has had an outcome.
    """

    def __init__(self, group: str, consumer: Consumer, lanes: Lanes) -> None:
        self.consumer = consumer
        self.lanes = lanes
        self.changed = threading.Condition()
        self.got_on = False
        self.ask_at = float("-inf")
        self.is_ended = False
        self.group = group
        self._last: Message | None = None
        self._committed = 0
        self.has_share = False
        self._failure: Exception | None = None

    def check_share(self) -> None:
        """Raises UnavailableError when the group has given the alerts to another consumer."""
        had, self.has_share = self.has_share, self.consumer.has(ALERTS, 0)
        if had and not self.has_share:
            raise UnavailableError("the group has given the alerts to another consumer")

    def seen_to(self, message: Message) -> None:
        """This message, the next on the log, is handled or waits."""
        if self._last is None:
            # What was taken up may stand before the group's place, which must not go back.
            self._committed = message.offset
        self._last = message

    def lag(self, end: int) -> int:
        """How many alerts wait, on a log that ends there: here, or to be polled.

        Before the first poll has brought something the latter is not known.
        """
        following = end if self._last is None else self._last.offset + 1
        with self.changed:
            return len(self.lanes) + max(0, end - following)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the lanes; when the block fails they lack an alert, and nothing is committed."""
        with self.changed:
            try:
                yield
            except Exception as error:
                self.fail(error)
                raise

    def commit(self) -> None:
        """Commit what lies before the first message that waits."""
        if self._last is None:
            return
        with self.changed:
            if self._failure is not None:
                return
            waits = self.lanes.first_offset()
        following = self._last.offset + 1 if waits is None else min(waits, self._last.offset + 1)
        if following > self._committed:
            self.consumer.commit(replace(self._last, offset=following - 1))
            self._committed = following
            crash_point(f"{self.group}.committed")

    def sleep(self, elapsed_s: Callable[[], float], at_most_s: float) -> None:
        """Until something changes or the next alert may be tried."""
        with self.changed:
            if self.is_ended:
                return
            now = elapsed_s()
            next_at = self.lanes.next_at(now)
            wait_s = at_most_s if next_at is None else min(next_at - now, at_most_s)
            if wait_s > 0:
                self.changed.wait(wait_s)

    def end(self) -> None:
        """Let the workers end after what they are at."""
        with self.changed:
            self.is_ended = True
            self.changed.notify_all()

    def fail(self, error: Exception) -> None:
        """End the workers; the error is for the thread that polls."""
        with self.changed:
            self._failure = self._failure or error
        self.end()

    def raise_failure(self) -> None:
        """Raise what a worker failed with, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
