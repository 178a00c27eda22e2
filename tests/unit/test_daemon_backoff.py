from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelsdown.daemon.backoff import Backoff, retry, retry_after, system_jitter

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = datetime(2023, 7, 31, 12, tzinfo=UTC)


class SkippingClock:
    """A clock on which sleeping takes no time."""

    def __init__(self):
        self.time = START

    def now(self):
        return self.time

    async def sleep_until(self, moment):
        self.time = max(self.time, moment)


class Failing:
    """Fails a number of times, then answers; each try takes a while."""

    def __init__(self, clock, *, times, error=ConnectionError, takes_s=0.0):
        self.clock, self.times, self.error, self.takes_s = clock, times, error, takes_s
        self.tries = 0

    async def __call__(self):
        self.tries += 1
        self.clock.time += timedelta(seconds=self.takes_s)
        if self.tries <= self.times:
            raise self.error(f"try {self.tries}")
        return "answer"


async def outcome(attempt, backoff, told=lambda error, wait_s: None):
    return await retry(
        attempt,
        on=(ConnectionError, TimeoutError),
        backoff=backoff,
        clock=attempt.clock,
        jitter=lambda: 0.5,
        failed=told,
    )


def test_waits_double_up_to_the_longest():
    waits = Backoff(first_s=1, longest_s=10, tries=7).waits(lambda: 1.0)
    assert list(waits) == [1, 2, 4, 8, 10, 10]


@given(
    first_s=st.floats(0.001, 10),
    tries=st.integers(1, 2000),
    chance=st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
)
def test_no_wait_is_longer_than_its_ceiling_and_they_end(first_s, tries, chance):
    numbers = iter(chance * tries)
    waits = list(Backoff(first_s=first_s, longest_s=10, tries=tries).waits(lambda: next(numbers)))
    assert len(waits) == tries - 1
    assert all(0 <= wait <= min(10, first_s * 2**n) for n, wait in enumerate(waits[:30]))
    assert all(wait <= 10 for wait in waits)


async def test_it_goes_on_until_there_is_an_answer_and_tells_each_failure():
    told = []
    attempt = Failing(SkippingClock(), times=3)
    backoff = Backoff(first_s=1, longest_s=30, tries=5)
    assert await outcome(attempt, backoff, lambda *args: told.append(args)) == "answer"
    assert [(str(error), wait_s) for error, wait_s in told] == [
        ("try 1", 0.5),
        ("try 2", 1.0),
        ("try 3", 2.0),
    ]
    assert attempt.clock.now() == START + timedelta(seconds=3.5)


async def test_the_last_error_is_raised_when_the_tries_are_used_up():
    attempt = Failing(SkippingClock(), times=9)
    with pytest.raises(ConnectionError, match="try 4"):
        await outcome(attempt, Backoff(tries=4))
    assert attempt.tries == 4


async def test_no_try_begins_after_the_deadline():
    attempt = Failing(SkippingClock(), times=99, takes_s=10)
    with pytest.raises(ConnectionError):
        await outcome(attempt, Backoff(tries=99, within_s=60))
    assert attempt.tries == 6
    assert attempt.clock.now() < START + timedelta(seconds=60 + 10)


async def test_other_errors_are_raised_at_once():
    attempt = Failing(SkippingClock(), times=1, error=ValueError)
    with pytest.raises(ValueError, match="try 1"):
        await outcome(attempt, Backoff())
    assert attempt.tries == 1


@pytest.mark.parametrize("wrong", [{"first_s": 0}, {"first_s": 31}, {"tries": 0}, {"within_s": -1}])
def test_a_backoff_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="not a way to wait"):
        Backoff(**wrong)


def test_system_jitter_is_a_fraction():
    numbers = {system_jitter() for _ in range(100)}
    assert len(numbers) > 90
    assert all(0 <= number < 1 for number in numbers)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 40, 10**9),
        ("Mon, 31 Jul 2023 12:01:00 GMT", 60),
        ("Mon, 31 Jul 2023 12:01:00 -0000", 60),
        ("Mon, 31 Jul 2023 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", 0),
        ("1.5", 1.5),
        ("nan", None),
        ("1e999", None),
        ("١٢", None),
        ("Mon, 31 Jul 99999 12:01:00 GMT", None),
        ("Mon, 31 Jul 2023 12:01:00 +9999999999", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    wait = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(text, MOMENT) == wait
