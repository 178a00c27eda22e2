"""How long it takes from a feed's answer to the message in Slack when there is nothing else to do.

``make latency``, or ``python bench/latency.py [--host embedded|kafka] [--aircraft N]``. The real
daemons run as processes, the feeds and the Slack on loopback in this one.

A sample begins when the server begins to send the first answer in which an aircraft stands for the
second time where it has landed, is in the air again, or is back home; it ends when the Slack has
checked and kept the message or the edit that this leads to. So the time until the next poll, which
the settings decide, is not in it; reading the answer, the rules, the log and the call to Slack are.
One sample at a time, at least ``APART_S`` after the one before, so that Slack's limits (a message a
second, 50 edits a minute) delay none. The news of all visits is read before the first.
"""

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.crash_run import LOOK_EVERY_S, live_run
from fakes.kafka_broker import running_broker
from fakes.kafka_install import NoBrokerError
from fakes.live_case import Act, Headline, Spot, sky_at
from fakes.live_run import Host, LiveRun
from fakes.slack_workspace import Workspace

from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.states import load_states

APART_S = 2.0
#: What is wanted of the slowest in a hundred, in seconds.
TARGET_S: Mapping[Host, float] = {"embedded": 0.5, "kafka": 1.5}
READY_WITHIN_S = 120.0
SAMPLE_WITHIN_S = 60.0
#: Moscow, where all come home to; and the first of Russia's addresses that are given out here.
HOME = (55.5915, 37.2615)
FIRST_ADDRESS = 0x154000
#: States to whose names in a headline the rules do not take well, or which Russia does not visit.
UNFIT = frozenset({"GIN", "RUS", "UKR"})


class Step(NamedTuple):
    """What is shown of one aircraft, at first ``before`` and then ``at``, which leads to a call."""

    what: str
    before: Spot | None
    at: Spot


@dataclass
class TimedWorkspace(Workspace):
    """A workspace that notes when it accepted a message or an edit (``time.perf_counter``)."""

    accepted: list[tuple[float, str]] = field(default_factory=list)

    def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer."""
        answer = super().call(method, arguments)
        if method in {"chat.postMessage", "chat.update"}:
            self.accepted.append((time.perf_counter(), method))
        return answer


def places_of(count: int) -> list[tuple[str, float, float]]:
    """States with the place of their capital's aerodrome."""
    aerodromes = load_aerodromes()
    found = (
        (state.name, capital.latitude, capital.longitude)
        for code, state in load_states().items()
        if code not in UNFIT and (capital := aerodromes.capital_of(code)) is not None
    )
    return list(islice(found, count))


def steps_of(latitude: float, longitude: float) -> Iterator[Step]:
    """The life of one aircraft after it was first heard: three samples."""
    yield Step(
        "landed",
        Spot(latitude, longitude, None, 53_000),
        Spot(latitude, longitude, None, 52_700),
    )
    yield Step("left", None, Spot(latitude + 2.5, longitude, 20_000, 51_000))
    yield Step("home", Spot(*HOME, None, 10_000), Spot(*HOME, None, 9_700))


class Sample(NamedTuple):
    """What happened, which call it led to, and how long that took."""

    what: str
    method: str
    took_s: float


class Sky:
    """Where all aircraft are, and since when the receiver has told."""

    def __init__(self, run: LiveRun, base: datetime, look: Mapping[str, Spot]) -> None:
        self._run = run
        self._base = base
        self._look = dict(look)
        self._number = 0

    async def show(self, icao24: str, spot: Spot) -> float:
        """Show an aircraft there; returns when an answer with it was first sent, and when."""
        self._look[icao24] = spot
        self._number += 1
        label = f"look {self._number}"
        now = datetime.now(UTC).replace(microsecond=0)
        answer = replace(sky_at(now, self._base, self._look), label=label)
        self._run.feed.script("/aircraft.json", answer)
        sent = self._run.feed.first_sent
        await within(SAMPLE_WITHIN_S, lambda: label in sent, f"nobody asked for {spot}")
        return sent[label]


async def within(seconds: float, done: Callable[[], bool], otherwise: str) -> None:
    """Wait until it is done; raises TimeoutError."""
    end = time.perf_counter() + seconds
    while not done():
        if time.perf_counter() > end:
            raise TimeoutError(f"not within {seconds:.0f} s: {otherwise}")
        await asyncio.sleep(0.01)


async def measure(
    host: Host, folder: Path, bootstrap: str, places: Sequence[tuple[str, float, float]]
) -> list[Sample]:
    """All samples on one host; raises TimeoutError when one does not come."""
    base = datetime.now(UTC).replace(microsecond=0)
    workspace = TimedWorkspace()
    aircraft = {f"{FIRST_ADDRESS + number:06x}": place for number, place in enumerate(places)}
    flying = {
        icao24: Spot(latitude + 2.5, longitude, 33_000, 55_000)
        for icao24, (_, latitude, longitude) in aircraft.items()
    }
    news = [Headline(f"Russian foreign minister arrives in {name}", 100_000) for name, *_ in places]
    act = Act((flying,), {"wire": tuple(news)}, mentions=len(news), revisions=0)
    async with live_run(host, folder, [act], base, bootstrap=bootstrap, workspace=workspace) as run:
        run.start()
        end = time.perf_counter() + READY_WITHIN_S
        while not await asyncio.to_thread(run.look):
            run.turn()
            await asyncio.sleep(LOOK_EVERY_S)
            if time.perf_counter() > end:
                raise TimeoutError(f"not ready: {run.seen.unread()}")
        sky = Sky(run, base, flying)
        found = []
        for icao24, (_, latitude, longitude) in aircraft.items():
            for step in steps_of(latitude, longitude):
                if step.before is not None:
                    await sky.show(icao24, step.before)
                await asyncio.sleep(APART_S)
                found.append(await sample(sky, workspace, icao24, step))
        codes = await asyncio.to_thread(run.stop)
        assert not any(codes.values()), codes
    return found


async def sample(sky: Sky, workspace: TimedWorkspace, icao24: str, step: Step) -> Sample:
    """One answer, and the one call that it leads to."""
    before = len(workspace.accepted)
    left_at = await sky.show(icao24, step.at)
    await within(SAMPLE_WITHIN_S, lambda: len(workspace.accepted) > before, f"{icao24} {step.what}")
    accepted_at, method = workspace.accepted[before]
    return Sample(step.what, method, accepted_at - left_at)


def told(name: str, samples: Sequence[Sample]) -> str:
    """Median, the slowest in a hundred and the slowest, in milliseconds."""
    took = sorted(one.took_s * 1000 for one in samples)
    p50, p99 = (took[math.ceil(share * len(took)) - 1] for share in (0.5, 0.99))
    return (
        f"{name:24}  {len(took):4} samples  "
        f"p50 {p50:5.0f} ms  p99 {p99:5.0f} ms  max {took[-1]:5.0f} ms"
    )


def p99_s(samples: Sequence[Sample]) -> float:
    """The slowest in a hundred, by nearest rank."""
    return sorted(one.took_s for one in samples)[math.ceil(0.99 * len(samples)) - 1]


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", choices=get_args(Host), help="only this one")
    parser.add_argument("--aircraft", type=int, default=40, help="three samples each")
    options = parser.parse_args()
    places = places_of(options.aircraft)
    folder = Path(tempfile.mkdtemp(prefix="latency-"))
    missed = 0
    print(f"load of this machine before: {os.getloadavg()[0]:.1f}; logs in {folder}")
    with ExitStack() as stack:
        for host in [options.host] if options.host else get_args(Host):
            bootstrap = ""
            if host == "kafka":
                bootstrap = stack.enter_context(running_broker(folder / "broker")).bootstrap
            samples = asyncio.run(measure(host, folder / host, bootstrap, places))
            for method in ("chat.postMessage", "chat.update"):
                some = [one for one in samples if one.method == method]
                print(told(f"{host} {method}", some))
            print(told(f"{host}, both", samples))
            missed += p99_s(samples) > TARGET_S[host]
            print(f"  target: p99 below {TARGET_S[host] * 1000:.0f} ms", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoBrokerError as error:
        sys.exit(f"no Kafka broker can run here: {error}")
