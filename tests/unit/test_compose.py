"""What a run says of itself when it is put together."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cli import compose
from cli.compose import fleet_of, flight_pollers
from cli.publishing import Publisher
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import UnavailableError
from wheelsdown.eventlog.sqlite_hold import hold
from wheelsdown.settings import load_settings

SETTINGS = """
[fleet]
files = ["mine.csv"]

[[flights]]
name = "roof"
format = "readsb"
url = "https://example.org/aircraft.json"
every_s = 5
scope = "world"
"""


def test_a_run_says_how_many_aircraft_it_watches_and_how_many_rows_were_no_use(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.csv").write_text("icao24\n3c4b26\nnone\n")
    file = tmp_path / "wheelsdown.toml"
    file.write_text(SETTINGS)
    settings = load_settings(file, {}, needs=("flights",))

    async def put_together() -> None:
        async with AsyncExitStack() as stack:
            with MemoryLog(1) as log:
                (_,) = await flight_pollers(
                    settings,
                    stack,
                    fleet=fleet_of(settings),
                    log=log,
                    publish=Publisher(log, SystemClock()),
                    clock=SystemClock(),
                )

    with capture_logs() as lines:
        asyncio.run(put_together())
    (said,) = [line for line in lines if line["event"] == "fleet_watched"]
    assert (said["aircraft"], said["unusable_rows"]) == (2, 1)
    assert said["version"] == fleet_of(settings).version


async def test_a_second_slack_consumer_waits_for_the_ledger_and_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "ASK_FOR_LEDGER_EVERY_S", 0.02)
    ledger = tmp_path / "ledger.sqlite"
    async with AsyncExitStack() as stack:
        with hold(ledger), capture_logs() as logs:
            second = asyncio.create_task(compose._held(ledger, stack))
            await asyncio.sleep(0.2)
            assert not second.done()
        assert [line["event"] for line in logs] == ["slack_consumer_waits"], "told once"
        async with asyncio.timeout(5):
            assert await second == ledger
        with pytest.raises(UnavailableError), hold(ledger):
            pass
