"""What a run says of itself when it is put together."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from structlog.testing import capture_logs

from cli.compose import fleet_of, flight_pollers
from cli.publishing import Publisher
from wheelsdown.clock import SystemClock
from wheelsdown.eventlog.memory import MemoryLog
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
