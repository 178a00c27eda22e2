"""Holds back log lines that libraries repeat, as they do while a broker is away."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection

#: The same line of a library is shown once in so many seconds, with how many were held back.
SHOWN_EVERY_S = 10.0
#: Lines that are remembered; of those said longest ago the next is shown at once.
REMEMBERED = 200


class HoldsRepeated(logging.Filter):
    """Lets a line pass that its library has not said lately.

    ``libraries`` are the first parts of loggers' names; lines of others pass. Two lines are the
    same when logger, level and text before formatting are. ``elapsed_s`` never goes back.
    """

    def __init__(self, libraries: Collection[str], elapsed_s: Callable[[], float]) -> None:
        super().__init__()
        self._libraries = frozenset(libraries)
        self._elapsed_s = elapsed_s
        self._said: OrderedDict[tuple[str, int, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is to be shown; says on it how many were held back before."""
        if record.name.partition(".")[0] not in self._libraries:
            return True
        line, now_s = (record.name, record.levelno, str(record.msg)), self._elapsed_s()
        shown_at, held = self._said.get(line, (float("-inf"), 0))
        if now_s - shown_at < SHOWN_EVERY_S:
            self._said[line] = (shown_at, held + 1)
            return False
        self._said[line] = (now_s, 0)
        self._said.move_to_end(line)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        if held:
            record.msg = f"{record.getMessage()} ({held} more like it were held back)"
            record.args = ()
        return True
