"""A live run in which daemons die, told beside one in which none does."""

import asyncio
import difflib
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fakes.http_feed import HttpFeed
from fakes.live_case import Act
from fakes.live_run import DAEMONS, NO_DEATHS, Host, LiveRun
from fakes.slack_server import running_slack
from fakes.slack_workspace import Workspace

from cli.outputs import canonical
from wheelsdown.crash_points import POINTS
from wheelsdown.records.topics import DEAD_LETTERS

LOOK_EVERY_S = 0.2
#: How long all is watched after it is over: what comes then is one message too many. Longer than
#: the sender waits before it looks for a post of an earlier process (consumers/slack/send.py).
SETTLE_S = 6.0
#: How long after its end a run goes on for a daemon that has yet to pass the place where it dies.
PASSES_WITHIN_S = 15.0

#: What readers see and what no two runs can have in common: the time of the poll that told the
#: last of it, and the incident's id, which is made of the id of the poll that showed its landing.
_OF_THIS_RUN = (
    (re.compile(r"as of \d+ \w{3} \d{4} \d\d:\d\d UTC"), "as of T"),
    (re.compile(r"Incident `[0-9a-f]+`"), "Incident `ID`"),
)


class Found(NamedTuple):
    """What a run left behind.

    ``incidents`` is the canonical form of all findings, ``messages`` what each message shows (the
    text and the blocks), by the aircraft that it tells of.
    """

    incidents: str
    messages: Mapping[str, tuple[str, ...]]
    dead_letters: frozenset[str]


class Verdict(NamedTuple):
    """How a run differs from the undisturbed one; ``words`` is empty when it does not.

    ``lost`` counts incidents and messages that are missing or tell something else, ``doubled``
    messages that are one too many.
    """

    lost: int
    doubled: int
    words: str


def found(run: LiveRun) -> Found:
    """What stands on the log and in Slack now."""
    messages = defaultdict(list)
    for one in run.slack.workspace.alerts():
        text = json.dumps([one["text"], one["blocks"]], indent=1, ensure_ascii=False)
        aircraft = re.search(r"ICAO24 `([0-9a-f]{6})`", text)
        for pattern, instead in _OF_THIS_RUN:
            text = pattern.sub(instead, text)
        messages[aircraft.group(1) if aircraft else "none"].append(text)
    return Found(
        canonical(run.seen.outputs()),
        {icao24: tuple(texts) for icao24, texts in messages.items()},
        frozenset(run.seen.records[DEAD_LETTERS]),
    )


def compared(undisturbed: Found, other: Found) -> Verdict:
    """What ``other`` lacks and has too much."""
    lost = doubled = 0
    words = []
    if other.incidents != undisturbed.incidents:
        lost += 1
        words.append(_difference("findings", undisturbed.incidents, other.incidents))
    for icao24 in sorted({*undisturbed.messages, *other.messages}):
        wanted, there = (Counter(one.messages.get(icao24, ())) for one in (undisturbed, other))
        missing, extra = wanted - there, max(0, there.total() - wanted.total())
        lost += missing.total()
        doubled += extra
        if missing or extra:
            words.append(f"{there.total()} messages about {icao24} instead of {wanted.total()}")
            shown = "\n".join(there)
            words += [_difference("a message", one, shown) for one in missing if shown]
    for letter in undisturbed.dead_letters ^ other.dead_letters:
        lost += letter in undisturbed.dead_letters
        words.append(f"dead letter {letter}: only in one of the two")
    return Verdict(lost, doubled, "\n".join(words))


class Kill(NamedTuple):
    """Kill the daemon of this command ``after_s`` seconds after the start or the kill before."""

    after_s: float
    command: str


async def to_the_end(
    run: LiveRun,
    deaths: Mapping[str, Sequence[str]] = NO_DEATHS,
    kills: Sequence[Kill] = (),
    *,
    within_s: float,
    settle_s: float = SETTLE_S,
) -> list[str]:
    """Start the run, let daemons die, wait until all is read and shown, and stop it.

    ``deaths`` are crash points by command; at each the daemon dies once, at one after the other.
    ``kills`` come one after the other too. What went wrong, in words: a place that was not passed,
    an end that nobody asked for, ``within_s`` that were over.
    """
    loop = asyncio.get_running_loop()
    started = moved = loop.time()
    over_since: float | None = None
    left = deque(kills)
    problems = []
    run.start(deaths)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        over = await asyncio.to_thread(run.look)
        run.turn()
        now = loop.time()
        if left and now - moved >= left[0].after_s:
            run.kill(left.popleft().command)
            moved, over = now, False
        over_since = None if not over or left else over_since or now
        waits = [
            place
            for command, places in deaths.items()
            for place in places
            if place not in run.daemons[command].died
        ]
        if over_since is not None:
            settled_s = now - max(over_since, run.last_start)
            if settled_s >= (PASSES_WITHIN_S if waits else settle_s):
                break
        if now - started > within_s:
            problems.append(f"not over after {within_s:.0f} s: {run.waits_for()}")
            break
    problems += [f"{place} was not passed" for place in waits]
    for command, daemon in run.daemons.items():
        problems += [f"{command} left by itself with {code}" for code in daemon.left.elements()]
    codes = await asyncio.to_thread(run.stop)
    problems += [
        f"{name} was asked to stop and left with {code}" for name, code in codes.items() if code
    ]
    await asyncio.to_thread(run.look)
    return problems


def _difference(name: str, wanted: str, there: str) -> str:
    lines = difflib.unified_diff(
        wanted.splitlines(), there.splitlines(), "undisturbed", "this run", lineterm="", n=2
    )
    return "\n".join([name, *lines])


def command_of(host: Host, point: str) -> str:
    """The daemon that passes a crash point (``NAME`` or ``NAME:N``)."""
    name = point.partition(":")[0]
    owner = next(owner for owner, names in POINTS.items() if name in names)
    return next(command for command, owners in DAEMONS[host].items() if owner in owners)


@asynccontextmanager
async def live_run(
    host: Host,
    folder: Path,
    acts: Sequence[Act],
    base: datetime,
    *,
    bootstrap: str = "",
    workspace: Workspace | None = None,
) -> AsyncIterator[LiveRun]:
    """A run with feeds and a Slack of its own, not yet started."""
    with running_slack(workspace) as slack:
        async with HttpFeed() as feed:
            run = LiveRun(
                host, folder, acts, base=base, feed=feed, slack=slack, bootstrap=bootstrap
            )
            try:
                yield run
            finally:
                run.close()
