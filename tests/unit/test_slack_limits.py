"""Slack's limits are kept by whoever asks before each call, and what was owed is paid back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.outcome import Lane
from consumers.slack.limits import HISTORY, POST, RATES, UPDATE, Limits

#: Rounding of times of this size.
TINY = 1e-6


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


methods = st.sampled_from([POST, UPDATE, HISTORY])


@given(
    method=methods,
    pauses=st.lists(st.floats(0, 10), min_size=1, max_size=40),
    channels=st.lists(st.sampled_from("ab"), min_size=40, max_size=40),
)
@settings(deadline=None, max_examples=60)
def test_no_window_holds_more_calls_than_the_burst_and_the_rate(
    method: str, pauses: list[float], channels: list[str]
) -> None:
    time = Time()
    limits, rate = Limits(time), RATES[method]
    calls: dict[str, list[float]] = {}
    for pause, channel in zip(pauses, channels, strict=False):
        lane = Lane(channel, method)
        time.now = max(time.now + pause, limits.free_at(lane))
        limits.spend(lane)
        calls.setdefault(channel if method == POST else "all", []).append(time.now)
    for times in calls.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                most = rate.burst + rate.per_s * (times[last] - times[first])
                assert last - first + 1 <= most + TINY


@settings(deadline=None, max_examples=30)
@given(method=methods, calls=st.integers(1, 40))
def test_nobody_waits_longer_than_the_rate_asks(method: str, calls: int) -> None:
    time = Time()
    limits, rate, lane = Limits(time), RATES[method], Lane("a", method)
    for _ in range(calls):
        time.now = max(time.now, limits.free_at(lane))
        limits.spend(lane)
    assert time.now - 1000.0 == pytest.approx(max(0.0, calls - rate.burst) / rate.per_s)


@settings(deadline=None, max_examples=30)
@given(method=methods, owed=st.integers(1, 20))
def test_calls_above_the_limit_are_owed(method: str, owed: int) -> None:
    """A second request for one message, or several threads at once."""
    time = Time()
    limits, rate, lane = Limits(time), RATES[method], Lane("a", method)
    for _ in range(int(rate.burst) + owed):
        limits.spend(lane)
    assert limits.free_at(lane) == pytest.approx(time.now + (1 + owed) / rate.per_s)


@given(
    method=methods,
    before=st.integers(0, 10),
    freezes=st.lists(st.tuples(st.floats(0, 60), st.floats(0, 5)), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=60)
def test_a_frozen_lane_is_left_alone_and_then_taken_up_one_by_one(
    method: str, before: int, freezes: list[tuple[float, float]]
) -> None:
    time = Time()
    limits, rate, lane = Limits(time), RATES[method], Lane("a", method)
    for _ in range(before):
        limits.spend(lane)
    until = 0.0
    for for_s, pause in freezes:
        limits.freeze(lane, for_s)
        until = max(until, time.now + for_s)
        time.now += pause
    assert limits.free_at(lane) >= until
    time.now = max(time.now, limits.free_at(lane))
    was_at_once = time.now == limits.free_at(lane)
    limits.spend(lane)
    if was_at_once:
        assert limits.free_at(lane) >= time.now + 1 / rate.per_s - TINY, "no burst after a 429"


def test_a_channel_is_limited_for_itself_in_posting_only() -> None:
    limits = Limits(Time())
    limits.freeze(Lane("a", POST), 30.0)
    limits.freeze(Lane("a", UPDATE), 20.0)
    assert limits.free_at(Lane("a", POST)) == 1030.0
    assert limits.free_at(Lane("b", POST)) < 1000.0
    assert limits.free_at(Lane("b", UPDATE)) == 1020.0
    assert limits.free_at(Lane("b", HISTORY)) < 1000.0
