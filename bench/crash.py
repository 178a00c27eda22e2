"""Daemons that die at every crash point, and at random moments: is anything lost or doubled?

``make crash``, or ``python bench/crash.py [--host HOST] [--points NAME,...] [--kills N]``.

The real daemons run as processes on feeds and a Slack on loopback: ``wheelsdown run`` on SQLite,
and the four daemons of Kafka on a real broker. On each host one run is left alone. Then, for each
place in wheelsdown/crash_points.py, a run in which the daemon dies there (SIGKILL) at its first
pass and one in which it dies at a later pass, where what it loses is more; on Kafka each of the
four daemons dies once a run. At last come runs with kills of any daemon at random moments. After
each run the final incidents and the text of each visible message must equal those of the run that
was left alone. Readers see two things in them that differ between any two runs, which are taken out
(tests/fakes/crash_run.py, ``_OF_THIS_RUN``).
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple, get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.crash_run import (
    Found,
    Kill,
    Verdict,
    command_of,
    compared,
    found,
    live_run,
    to_the_end,
)
from fakes.kafka_broker import running_broker
from fakes.kafka_install import NoBrokerError
from fakes.live_case import ACTS, ICAO24, OTHER_ICAO24
from fakes.live_run import DAEMONS, NO_DEATHS, Host
from fakes.supervised import RunError

from wheelsdown.crash_points import POINTS

AIRCRAFT = (ICAO24, OTHER_ICAO24)
SAME = Verdict(0, 0, "")
#: A run takes some 20 s embedded and 60 s on Kafka on two idle cores.
WITHIN_S = 240.0
#: So many runs side by side keep two cores busy.
TOGETHER: Mapping[Host, int] = {"embedded": 3, "kafka": 3}
#: The later pass of a place, by the beginning of its name: one at which a landing, a headline or an
#: update of a message is under way. Each happens more often than that in every run.
LATER = {
    "flights": 6,
    "news": 2,
    "journeys": 11,
    "visits": 4,
    "cases": 8,
    "dispatch": 3,
    "slack": 3,
}
#: Random kills of one run: how many, and how long after the start or the one before.
KILLS_EACH = 4
LIVES_S: Mapping[Host, tuple[float, float]] = {"embedded": (0.3, 6.0), "kafka": (1.0, 15.0)}


class Plan(NamedTuple):
    """What happens to one run."""

    host: Host
    deaths: Mapping[str, Sequence[str]] = NO_DEATHS
    kills: Sequence[Kill] = ()

    def __str__(self) -> str:
        what = [
            *chain(*self.deaths.values()),
            *(f"{one.command}+{one.after_s:.1f}s" for one in self.kills),
        ]
        return f"{self.host:8}  {', '.join(what) or 'undisturbed'}"


@dataclass
class Score:
    """What all runs together showed; ``wrong`` is everything that differed, in words."""

    died: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, verdict: Verdict, problems: Sequence[str] = ()) -> None:
        """Count and print what a comparison gave."""
        wrong = [one for one in (*problems, verdict.words) if one]
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.wrong += wrong
        print(f"{name}: {'WRONG' if wrong else 'the same'}")
        for one in wrong:
            print(f"  {one}".replace("\n", "\n  "))
        sys.stdout.flush()


def dying(host: Host, points: Sequence[str]) -> list[Plan]:
    """Runs in which each point kills its daemon at two passes, every daemon once in a run."""
    first = [f"{point}:1" for point in points]
    later = [f"{point}:{LATER[point.partition('.')[0]]}" for point in points]
    deaths: dict[str, list[str]] = {command: [] for command in DAEMONS[host]}
    for place in (*first, *later):
        deaths[command_of(host, place)].append(place)
    runs = zip_longest(*deaths.values())
    return [
        Plan(host, {command: [place] for command, place in zip(deaths, run, strict=True) if place})
        for run in runs
    ]


def killed(host: Host, kills: int, dice: random.Random) -> list[Plan]:
    """Runs with so many kills of random daemons at random moments."""
    drawn = [
        Kill(dice.uniform(*LIVES_S[host]), dice.choice(list(DAEMONS[host]))) for _ in range(kills)
    ]
    return [
        Plan(host, NO_DEATHS, drawn[start : start + KILLS_EACH])
        for start in range(0, kills, KILLS_EACH)
    ]


class Bench:
    """Runs plans, some side by side, and compares what they find."""

    def __init__(self, folder: Path, base: datetime, bootstrap: str) -> None:
        self.score = Score()
        self._folder = folder
        self._base = base
        self._bootstrap = bootstrap
        self._runs = 0

    async def host(self, host: Host, plans: Sequence[Plan]) -> Found:
        """First a run that is left alone, then all of these; what the first one found."""
        undisturbed, problems = await self._run(Plan(host))
        if len(undisturbed.messages) != len(AIRCRAFT) or not undisturbed.dead_letters:
            problems.append("it does not show what it should, so nothing is compared with it")
        self.score.add(f"{host:8}  undisturbed, a message on each aircraft", SAME, problems)
        turns = asyncio.Semaphore(TOGETHER[host])

        async def one(plan: Plan) -> None:
            async with turns:
                started = time.monotonic()
                there, wrong = await self._run(plan)
                name = f"{plan}  ({time.monotonic() - started:.0f} s)"
                self.score.add(name, compared(undisturbed, there), wrong)

        if not problems:
            await asyncio.gather(*map(one, plans))
        return undisturbed

    async def _run(self, plan: Plan) -> tuple[Found, list[str]]:
        self._runs += 1
        folder = self._folder / f"{self._runs:03}-{plan.host}"
        async with live_run(plan.host, folder, ACTS, self._base, bootstrap=self._bootstrap) as run:
            try:
                problems = await to_the_end(run, plan.deaths, plan.kills, within_s=WITHIN_S)
            except RunError as error:
                problems = [str(error)]
            self.score.died += sum(len(daemon.died) for daemon in run.daemons.values())
            self.score.kills += run.kills
            return found(run), problems


async def crash(folder: Path, hosts: Sequence[Host], points: Sequence[str], kills: int) -> Score:
    """All runs of these hosts."""
    with ExitStack() as stack:
        bootstrap = ""
        if "kafka" in hosts:
            bootstrap = stack.enter_context(running_broker(folder / "broker")).bootstrap
        base = datetime.now(UTC).replace(microsecond=0)
        bench = Bench(folder, base, bootstrap)
        dice = random.Random()
        found_on = {
            host: await bench.host(host, [*dying(host, points), *killed(host, kills, dice)])
            for host in hosts
        }
        for (one, first), (other, second) in pairwise(found_on.items()):
            # Dead letters name their readers, of which an embedded run has one more.
            alike = second._replace(dead_letters=first.dead_letters)
            bench.score.add(f"{other} beside {one}", compared(first, alike))
    return bench.score


def main() -> int:
    """Run it all; 1 when anything differs."""
    every = [point for points in POINTS.values() for point in points]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", choices=get_args(Host), help="only this one")
    parser.add_argument("--points", default=",".join(every), help="only these, with commas")
    parser.add_argument("--kills", type=int, default=20, help="random kills on each host")
    options = parser.parse_args()
    hosts = [options.host] if options.host else list(get_args(Host))
    points = [point for point in options.points.split(",") if point]
    if unknown := set(points) - set(every):
        parser.error(f"no crash point: {', '.join(sorted(unknown))}")
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    print(f"logs of the daemons in {folder}")
    try:
        score = asyncio.run(crash(folder, hosts, points, options.kills))
    except NoBrokerError as error:
        sys.exit(f"no Kafka broker can run here: {error}")
    print(
        f"{len(points)} places on {' and '.join(hosts)}, each at its first and at a later pass; "
        f"{len(score.wrong)} things were wrong"
    )
    print(
        f"crash points {score.died}, kills {score.kills}: "
        f"lost {score.lost}, doubled {score.doubled}"
    )
    return 1 if score.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
