"""Whatever waits, comes and ends: each alert ends with its newest revision, one call a lane."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from consumers import lanes as module
from consumers.lanes import MOST_DELAYED, Lanes, Waiting
from consumers.outcome import Lane

LANES = [Lane("a", "post"), Lane("a", "edit"), Lane("b", "post")]
subjects = st.sampled_from("stuvwx")
#: Few, so that what is rare happens often.
MOST = 2


class LanesMachine(RuleBasedStateMachine):
    """What the delivery loop does to the lanes, in any order, beside a plain account of it."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(module, "MOST_DELAYED", MOST)
        self.now = 0.0
        self.free: dict[Lane, float] = dict.fromkeys(LANES, 0.0)
        self.lanes = Lanes(lambda lane: self.free[lane])
        self.held_until = 0.0
        self.offset = 0
        self.newest: dict[str, int] = {}
        self.lane_of: dict[str, Lane] = {}
        self.due: dict[str, float] = {}
        #: The offset that the group must not commit past, of each that has not ended.
        self.open: dict[str, int] = {}
        self.begun: dict[str, Waiting] = {}

    def teardown(self) -> None:
        self.patch.undo()

    @rule(subject=subjects, lane=st.sampled_from(LANES), step=st.sampled_from([-1, 0, 1, 1, 1]))
    def come(self, subject: str, lane: Lane, step: int) -> None:
        """A revision comes: mostly a newer one, now and then one that was there before."""
        revision = max(1, self.newest.get(subject, 0) + step)
        new = Waiting(subject, revision, self.offset)
        self.offset += 1
        was_open = subject in self.open
        assert self.lanes.supersedes(new) == was_open
        if not was_open:
            self.lanes.put(new, lane)
            self.lane_of[subject] = lane
            self.open[subject] = new.offset
            self.newest[subject] = revision
            return
        if revision >= self.newest[subject] and subject not in self.begun:
            self.open[subject] = new.offset
        self.newest[subject] = max(revision, self.newest[subject])

    @precondition(lambda self: len(self.open) > len(self.begun))
    @rule()
    def take(self) -> None:
        expected = self.takeable(self.now)
        taken = self.lanes.take(self.now)
        assert (taken is None) == (not expected), "it gives something when something may be tried"
        if taken is None:
            return
        assert taken.subject in expected
        assert taken.revision == self.newest[taken.subject], "the newest revision is tried"
        self.begun[taken.subject] = taken
        self.due.pop(taken.subject, None)

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), after_s=st.floats(0, 30), lane=st.sampled_from(LANES))
    def delay(self, data: st.DataObject, after_s: float, lane: Lane) -> None:
        following = self.end(data)
        self.due[following.subject] = self.now + after_s
        due_s = self.due[following.subject]
        waiting = Waiting(following.subject, following.revision, following.offset, due_s=due_s)
        self.lanes.put(waiting, lane)
        self.keep(waiting, lane)

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), lane=st.sampled_from(LANES), first=st.booleans())
    def go_on(self, data: st.DataObject, lane: Lane, first: bool) -> None:
        """Another step is needed."""
        following = self.end(data)
        waiting = Waiting(following.subject, following.revision, following.offset)
        self.lanes.put(waiting, lane, first=first)
        self.keep(waiting, lane)

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), lane=st.sampled_from(LANES))
    def finish(self, data: st.DataObject, lane: Lane) -> None:
        """It is shown; a newer revision that came meanwhile follows."""
        taken = self.begun[data.draw(st.sampled_from(sorted(self.begun)))]
        following = self.end_of(taken)
        if following is not taken:
            assert following.revision > taken.revision
            self.lanes.put(following, lane)
            self.keep(following, lane)
        else:
            assert taken.revision == self.newest[taken.subject], "it ends with its newest"
            del self.open[taken.subject]

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(lane=st.sampled_from(LANES), seconds=st.floats(0, 20))
    def freeze(self, lane: Lane, seconds: float) -> None:
        self.free[lane] = self.now + seconds

    @rule(seconds=st.floats(0, 20))
    def hold(self, seconds: float) -> None:
        self.lanes.hold(self.now + seconds)
        self.held_until = max(self.held_until, self.now + seconds)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        assert len(self.lanes) == len(self.open)
        assert all(subject in self.lanes for subject in self.open)
        first = self.lanes.first_offset()
        assert first == min(self.open.values(), default=None)

    @invariant()
    def a_lane_has_one_call_at_a_time(self) -> None:
        busy = [self.lane_of[subject] for subject in self.begun]
        assert len(busy) == len(set(busy))

    @invariant()
    def it_tells_when_something_may_be_tried(self) -> None:
        """At that moment something may, and at none before."""
        times = {self.now, self.held_until, *self.free.values(), *self.due.values()}
        at = [moment for moment in sorted(times) if moment >= self.now and self.takeable(moment)]
        assert self.lanes.next_at(self.now) == (at[0] if at else None)

    def takeable(self, now: float) -> set[str]:
        """By the rules in words: who may be tried then."""
        if now < self.held_until:
            return set()
        busy = {self.lane_of[subject] for subject in self.begun}
        waiting = self.open.keys() - self.begun.keys()
        found = set()
        for subject in waiting:
            lane = self.lane_of[subject]
            delayed = sum(
                other in self.due and self.lane_of[other].channel == lane.channel
                for other in waiting
            )
            is_due = self.due[subject] <= now if subject in self.due else delayed < MOST
            if lane not in busy and self.free[lane] <= now and is_due:
                found.add(subject)
        return found

    def end(self, data: st.DataObject) -> Waiting:
        return self.end_of(self.begun[data.draw(st.sampled_from(sorted(self.begun)))])

    def end_of(self, taken: Waiting) -> Waiting:
        del self.begun[taken.subject]
        return self.lanes.end(taken)

    def keep(self, waiting: Waiting, lane: Lane) -> None:
        assert waiting.revision == self.newest[waiting.subject]
        self.lane_of[waiting.subject] = lane
        self.open[waiting.subject] = waiting.offset


LanesMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLanes = LanesMachine.TestCase


def test_lanes_take_turns_and_those_that_are_due_come_first() -> None:
    lanes = Lanes(lambda lane: 0.0)
    one, other = Lane("a", "post"), Lane("b", "post")
    for offset, subject in enumerate("stuv"):
        lanes.put(Waiting(subject, 1, offset), one if subject in "stu" else other)
    taken = []
    while (waiting := lanes.take(1.0)) is not None:
        taken.append(waiting.subject)
        lanes.end(waiting)
    assert taken == ["s", "v", "t", "u"]
    lanes.put(Waiting("fresh", 1, 7), one)
    lanes.put(Waiting("late", 1, 5, due_s=0.5), one)
    lanes.put(Waiting("later", 1, 6, due_s=0.7), one)
    late = lanes.take(1.0)
    assert late is not None
    assert late.subject == "late"


@pytest.mark.parametrize("delayed", [MOST_DELAYED - 1, MOST_DELAYED])
def test_where_many_of_a_channel_wait_for_another_try_no_other_of_it_is_begun(
    delayed: int,
) -> None:
    lanes = Lanes(lambda lane: 0.0)
    for number in range(delayed):
        lanes.put(Waiting(f"failed {number}", 1, number, due_s=60.0), Lane("a", "edit"))
    lanes.put(Waiting("fresh", 1, 8), Lane("a", "post"))
    lanes.put(Waiting("elsewhere", 1, 9), Lane("b", "post"))
    taken = {one.subject for one in (lanes.take(1.0), lanes.take(1.0)) if one is not None}
    assert taken == ({"fresh", "elsewhere"} if delayed < MOST_DELAYED else {"elsewhere"})


def test_of_what_waits_the_newest_is_kept_in_its_place_and_at_its_time() -> None:
    lanes, lane = Lanes(lambda lane: 0.0), Lane("a", "post")
    lanes.put(Waiting("s", 2, 5, due_s=9.0), lane)
    assert lanes.supersedes(Waiting("s", 1, 6))
    assert lanes.supersedes(Waiting("s", 3, 7))
    assert lanes.supersedes(Waiting("s", 2, 8))
    assert lanes.take(8.9) is None
    assert lanes.take(9.0) == Waiting("s", 3, 7, due_s=9.0)
    assert lanes.supersedes(Waiting("s", 4, 9)), "it is under way"
    assert lanes.first_offset() == 7
    assert lanes.end(Waiting("s", 3, 7, due_s=9.0)) == Waiting("s", 4, 9)
    assert "s" not in lanes
