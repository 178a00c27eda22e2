"""The alerts that wait: each in the lane of its next call, of each its newest revision only.

A lane takes one call at a time, and none before the sender says that it is free; lanes don't wait
for one another. What must wait for another try waits for its own time while others go on, until
``MOST_DELAYED`` of a channel do: then it is hardly their own fault any more, and each that is tried
in an outage spends some of the time after which its sender gives it up.

Pure bookkeeping: the caller brings the time, and a lock where several threads use it.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from consumers.outcome import Lane
from wheelsdown.records.alerts import Alert

#: Alerts of one channel that wait for another try before no other of it is begun.
MOST_DELAYED = 5


@dataclass(frozen=True)
class Waiting:
    """An alert that waits. ``alert`` is None where it is to be read from its offset.

    ``due_s`` is the time of its next try in monotonic seconds, None when it was not tried before.
    """

    subject: str
    revision: int
    offset: int
    route: str = ""
    alert: Alert | None = None
    due_s: float | None = None


class Lanes:
    """The lanes with what waits in each, and what is under way."""

    def __init__(self, free_at: Callable[[Lane], float]) -> None:
        """``free_at`` tells from when on a lane takes another call, in monotonic seconds."""
        self._free_at = free_at
        self._lanes: OrderedDict[Lane, OrderedDict[str, Waiting]] = OrderedDict()
        self._lane_of: dict[str, Lane] = {}
        self._begun: dict[str, tuple[Lane, Waiting]] = {}
        self._newer: dict[str, Waiting] = {}
        self._delayed: Counter[str] = Counter()
        self._held_until = float("-inf")

    def __len__(self) -> int:
        return len(self._lane_of) + len(self._begun)

    def __contains__(self, subject: object) -> bool:
        return subject in self._lane_of or subject in self._begun

    def supersedes(self, new: Waiting) -> bool:
        """Whether the subject waits or is under way; then the newest revision is kept of both."""
        lane = self._lane_of.get(new.subject)
        if lane is not None:
            known = self._lanes[lane][new.subject]
            if new.revision >= known.revision:
                self._lanes[lane][new.subject] = replace(new, due_s=known.due_s)
            return True
        if new.subject not in self._begun:
            return False
        following = self._newer.get(new.subject, self._begun[new.subject][1])
        if new.revision > following.revision:
            self._newer[new.subject] = new
        return True

    def put(self, waiting: Waiting, lane: Lane, *, first: bool = False) -> None:
        """Let it wait in the lane, as the last or the first of it."""
        line = self._lanes.setdefault(lane, OrderedDict())
        line[waiting.subject] = waiting
        if first:
            line.move_to_end(waiting.subject, last=False)
        self._lane_of[waiting.subject] = lane
        self._delayed[lane.channel] += waiting.due_s is not None

    def take(self, now_s: float) -> Waiting | None:
        """What may be tried now: of the lane that was served longest ago, what is due or first."""
        for lane in self._open(now_s):
            waiting = self._first(lane, now_s)
            if waiting is not None:
                self._remove(lane, waiting)
                self._begun[waiting.subject] = (lane, waiting)
                return waiting
        return None

    def end(self, taken: Waiting) -> Waiting:
        """It is under way no more; gives what is to follow: a newer revision, or itself."""
        del self._begun[taken.subject]
        return self._newer.pop(taken.subject, taken)

    def hold(self, until_s: float) -> None:
        """Begin nothing before that time."""
        self._held_until = max(self._held_until, until_s)

    def next_at(self, now_s: float) -> float | None:
        """When ``take`` will next give something, if nothing changes; None when nothing waits."""
        times = [
            max(self._free_at(lane), self._held_until, due)
            for lane in self._idle()
            if (due := self._due(lane)) is not None
        ]
        return max(now_s, min(times)) if times else None

    def first_offset(self) -> int | None:
        """The least offset that waits or is under way; None when none is."""
        return min((one.offset for one in self._all()), default=None)

    def _all(self) -> Iterator[Waiting]:
        for line in self._lanes.values():
            yield from line.values()
        for _, waiting in self._begun.values():
            yield waiting
        yield from self._newer.values()

    def _idle(self) -> Iterator[Lane]:
        busy = {lane for lane, _ in self._begun.values()}
        return (lane for lane, line in self._lanes.items() if line and lane not in busy)

    def _open(self, now_s: float) -> list[Lane]:
        if now_s < self._held_until:
            return []
        return [lane for lane in self._idle() if self._free_at(lane) <= now_s]

    def _first(self, lane: Lane, now_s: float) -> Waiting | None:
        due = [one for one in self._tried(lane) if (one.due_s or 0.0) <= now_s]
        if due:
            return min(due, key=lambda one: one.due_s or 0.0)
        return self._fresh(lane)

    def _due(self, lane: Lane) -> float | None:
        if self._fresh(lane) is not None:
            return float("-inf")
        return min((one.due_s for one in self._tried(lane) if one.due_s is not None), default=None)

    def _tried(self, lane: Lane) -> Iterator[Waiting]:
        if not self._delayed[lane.channel]:
            return iter(())
        return (one for one in self._lanes[lane].values() if one.due_s is not None)

    def _fresh(self, lane: Lane) -> Waiting | None:
        if self._delayed[lane.channel] >= MOST_DELAYED:
            return None
        return next((one for one in self._lanes[lane].values() if one.due_s is None), None)

    def _remove(self, lane: Lane, waiting: Waiting) -> None:
        del self._lanes[lane][waiting.subject]
        del self._lane_of[waiting.subject]
        self._delayed[lane.channel] -= waiting.due_s is not None
        if self._lanes[lane]:
            self._lanes.move_to_end(lane)
        else:
            del self._lanes[lane]
