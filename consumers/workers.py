"""The threads that deliver what waits, beside the one that polls."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from consumers.reading import Reading
from wheelsdown.clock import monotonic_s
from wheelsdown.eventlog.port import EventLogError

#: A channel uses three at most, for a post, an edit and a look into the history; where there are
#: more channels, eight are enough for 25 of them at 300 ms an answer.
WORKERS = 8
#: How long deliveries that are under way are waited for before the log is read anew, and how long
#: when the process stops.
END_WITHIN_S = 180.0
STOP_WITHIN_S = 3.0
#: The longest sleep before something is looked at again.
NAP_S = 5.0

log = structlog.get_logger(__name__)


@contextmanager
def working(reading: Reading, stopped: threading.Event, step: Callable[[], bool]) -> Iterator[None]:
    """Let threads call ``step`` until the block ends; it tells whether there was something to do.

    After the block they are over, and what they have done is committed. Raises what a step raised,
    and EventLogError when one does not end.
    """

    def work() -> None:
        while not (reading.is_ended or stopped.is_set()):
            try:
                if not step():
                    reading.sleep(monotonic_s, NAP_S)
            except Exception as error:  # noqa: BLE001 - raised again by the thread that polls
                reading.fail(error)

    # Daemons, so that a process that stops does not wait for a slow answer.
    workers = [
        threading.Thread(target=work, name=f"{reading.group}-{number}", daemon=True)
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        reading.end()
        _wait_for(workers, is_stopping=stopped.is_set())
    reading.raise_failure()
    reading.commit()


def _wait_for(workers: Sequence[threading.Thread], *, is_stopping: bool) -> None:
    """Let requests that are under way end.

    When the process stops they are left alone after a moment: what is under way is looked into at
    the next start, as after a crash.
    """
    within_s = STOP_WITHIN_S if is_stopping else END_WITHIN_S
    until = monotonic_s() + within_s
    for worker in workers:
        worker.join(max(0.0, until - monotonic_s()))
    under_way = [worker.name for worker in workers if worker.is_alive()]
    if under_way and not is_stopping:
        raise EventLogError(f"{', '.join(under_way)} have not ended within {within_s:g} s")
    if under_way:
        log.warning("requests_left_under_way", requests=len(under_way))
