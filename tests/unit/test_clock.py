import asyncio
from datetime import UTC, datetime, timedelta

from wheelsdown.clock import SystemClock, VirtualClock

START = datetime(2023, 7, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_virtual_time_passes_only_by_jumps_and_in_order() -> None:
    clock = VirtualClock(START)
    woken: list[tuple[str, datetime]] = []

    async def sleeper(name: str, *hours: int) -> None:
        for hour in hours:
            await clock.sleep_until(START + hour * HOUR)
            woken.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper("a", 2, 3)), asyncio.create_task(sleeper("b", 1, 3))]
    await clock.until_asleep(2)
    assert clock.now() == START
    while (moment := clock.jump()) is not None:
        assert moment == clock.now()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)

    assert woken == [("b", START + HOUR), ("a", START + 2 * HOUR)] + [
        (name, START + 3 * HOUR) for name in ("b", "a")
    ]


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    clock = VirtualClock(START)
    await clock.sleep_until(START)
    assert clock.jump() is None


async def test_a_sleeper_that_was_cancelled_is_forgotten() -> None:
    clock = VirtualClock(START)
    task = asyncio.create_task(clock.sleep_until(START + HOUR))
    await clock.until_asleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert clock.jump() is None
    assert clock.now() == START


async def test_the_systems_clock_is_in_utc_and_waits() -> None:
    clock = SystemClock()
    until = clock.now() + timedelta(milliseconds=20)
    await clock.sleep_until(until)
    assert clock.now() >= until
    assert clock.now().tzinfo is UTC
