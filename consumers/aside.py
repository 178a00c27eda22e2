"""Alerts that must wait for another try, each for its own time, while others go on."""

from collections.abc import Iterator
from dataclasses import dataclass

from wheelsdown.eventlog.port import Message
from wheelsdown.records.alerts import Alert


@dataclass(frozen=True)
class Waiting:
    """An alert's newest revision, where it stands, and when it is due (monotonic seconds)."""

    alert: Alert
    message: Message
    due_s: float


class Aside:
    """The alerts that wait: of each its newest revision only."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def put(self, waiting: Waiting) -> None:
        """Let it wait, in place of an earlier revision."""
        self._waiting[waiting.alert.alert_id] = waiting

    def supersede(self, alert: Alert, message: Message) -> bool:
        """Whether an earlier revision waits; then this one waits in its place, for its time."""
        earlier = self._waiting.get(alert.alert_id)
        if earlier is None or alert.revision < earlier.alert.revision:
            return False
        self.put(Waiting(alert, message, earlier.due_s))
        return True

    def take_due(self, now_s: float) -> Waiting | None:
        """The alert that is due for the longest time, which waits no more; None when none is."""
        first = min(self, key=lambda one: one.due_s, default=None)
        if first is None or first.due_s > now_s:
            return None
        return self._waiting.pop(first.alert.alert_id)

    def next_due_s(self) -> float | None:
        """When the first is due; None when none waits."""
        return min((one.due_s for one in self), default=None)

    def first_offset(self) -> int | None:
        """The least offset that waits; None when none does. Alerts have one partition."""
        return min((one.message.offset for one in self), default=None)
