"""How much memory ``wheelsdown run`` takes while it polls large answers and real feeds.

``python bench/memory.py [SECONDS] [SHARED_DATA]`` serves a whole-world OpenSky answer and the feed
files of SHARED_DATA on loopback, runs the embedded daemon on them, and prints its resident memory
(the process, and the process that parses feeds) at the start, at its greatest and at the end.
"""

import asyncio
import gzip
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from aiohttp import web

WORLD = Path("adsb") / "opensky_states_all_2021-10-17T1149Z.json.gz"
FEEDS = Path("news") / "feeds"


async def serve(shared: Path) -> tuple[web.AppRunner, int, list[str]]:
    """The answers under /world and /feed/NAME; gives the port and the feeds' names."""
    world = json.loads(gzip.decompress((shared / WORLD).read_bytes()))
    feeds = {
        path.name: path.read_bytes()
        for path in sorted((shared / FEEDS).iterdir())
        if path.suffix in {".xml", ".rss", ".atom"}
    }

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info.get("name")
        if name:
            return web.Response(body=feeds[name], content_type="application/xml")
        return web.json_response(as_of_now(world))

    app = web.Application()
    app.add_routes([web.get("/world", answer), web.get("/feed/{name}", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    return runner, int(runner.addresses[0][1]), list(feeds)


def as_of_now(world: dict[str, Any]) -> dict[str, Any]:
    """The answer with its times moved to the present, so that nothing is dropped as old."""
    later = int(time.time()) - world["time"]
    rows = world["states"]
    moved = [[*row[:3], *(at and at + later for at in row[3:5]), *row[5:]] for row in rows]
    return {"time": world["time"] + later, "states": moved}


def configuration(port: int, feeds: list[str]) -> str:
    """The daemon's settings."""
    source = (
        f'[[flights]]\nname = "world"\nformat = "opensky"\nurl = "http://127.0.0.1:{port}/world"\n'
        'every_s = 5\nscope = "world"\nallow_private = true\n'
    )
    news = (
        f'[[news]]\nname = "feed-{number}"\nurl = "http://127.0.0.1:{port}/feed/{name}"\n'
        "every_s = 10\nallow_private = true\n"
        for number, name in enumerate(feeds)
    )
    return "".join((source, *news))


def resident_mb(process: psutil.Process) -> float:
    """Resident memory in megabytes."""
    return float(process.memory_info().rss) / 1e6


async def main(seconds: float, shared: Path) -> None:
    """Serve, run, sample, print."""
    runner, port, feeds = await serve(shared)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "wheelsdown.toml"
        config.write_text(configuration(port, feeds))
        command = [sys.executable, "-m", "cli", "run", "--config", str(config)]
        command += ["--health-port", "0"]
        with (Path(folder) / "log").open("wb") as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
        seen = psutil.Process(daemon.pid)
        samples: list[tuple[float, float]] = []
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and daemon.poll() is None:
                await asyncio.sleep(1.0)
                children = sum(resident_mb(child) for child in seen.children())
                samples.append((resident_mb(seen), children))
        finally:
            daemon.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(daemon.wait, 30)
            await runner.cleanup()
        lines = (Path(folder) / "log").read_text().splitlines()
        polls = sum("flight_poll" in line or "feed_read" in line for line in lines)
    for what, column in (("daemon", 0), ("its parser of feeds", 1)):
        values = [sample[column] for sample in samples]
        after = values[len(values) // 4]
        print(
            f"{what}: {after:.0f} MB after a quarter, {max(values):.0f} MB at most, "
            f"{values[-1]:.0f} MB at the end"
        )
    print(f"{len(feeds)} feeds, {polls} polls logged, {seconds:.0f} s, exit code {code}")


if __name__ == "__main__":
    asyncio.run(
        main(
            float(sys.argv[1]) if len(sys.argv) > 1 else 120.0,
            Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/data"),
        )
    )
