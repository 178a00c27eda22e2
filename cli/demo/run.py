"""``wheelsdown demo``: a scenario through the whole pipeline, from HTTP to alerts.

Everything is what a live run uses: producers, event log, rules, delivery. Only the clock jumps, the
log is in memory and the alerts go to the console.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.text import Text

from cli.compose import reference
from cli.demo.expect import unmet
from cli.demo.findings import Finding, write_findings
from cli.demo.produce import fleet_of, play
from cli.demo.scenario import Scenario
from cli.demo.scenario_file import ScenarioError, load_scenario
from cli.outputs import Outputs
from consumers.console import ConsoleSender
from consumers.deliver import DeliveryLoop
from consumers.outcome import Sent
from pipeline import graph
from pipeline.inline_host import InlineHost
from wheelsdown.clock import VirtualClock, monotonic_s
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.state import MemoryState
from wheelsdown.records.alerts import Alert
from wheelsdown.records.record import Record
from wheelsdown.records.topics import ADSB_SNAPSHOTS, ALERTS, NEWS_ENTRIES, Topic

DEFAULT_SCENARIO = "pyongyang-2023"


def run_demo(scenario: str, output: Path, console: Console) -> ExitCode:
    """Play a scenario, print the alerts as they grow and leave the findings in ``output``.

    FAILED when something else was found than the scenario expects.
    Raises ScenarioError when there is no such scenario or ``output`` can't be written.
    """
    loaded = load_scenario(scenario)
    with _writing(output):
        output.mkdir(parents=True, exist_ok=True)
    began = monotonic_s()
    console.print(Text(loaded.title, "bold"), soft_wrap=True)
    console.print(Text(f"{loaded.synthetic}\n", "dim"), soft_wrap=True)
    with console.status("starting") as status:
        run = DemoRun(loaded, console)
        asyncio.run(run.play(status))
        status.update("drawing the map")
        with _writing(output):
            findings = write_findings(output, run.outputs, note=loaded.synthetic)
    _print_summary(run, findings, monotonic_s() - began, console)
    problems = run.problems()
    for problem in problems:
        console.print(Text(f"not as the scenario expects: {problem}", "red"), soft_wrap=True)
    return ExitCode.FAILED if problems else ExitCode.OK


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScenarioError(f"can't write to {folder}: {error.strerror}; choose another") from error


class DemoRun:
    """One run of a scenario over a log in memory; ``outputs`` is what it found."""

    def __init__(self, scenario: Scenario, console: Console, *, partitions: int = 1) -> None:
        self.scenario = scenario
        self.log = MemoryLog(partitions)
        self.outputs = Outputs(self.log)
        self._clock = VirtualClock(scenario.start)
        stages = graph.build(
            reference(fleet_of(scenario)), partitions=self.log.partitions, route="default"
        )
        self._host = InlineHost(self.log, MemoryState(), stages, self._clock)
        sender = _DatedSender(console, self._clock)
        self._delivery = DeliveryLoop(self.log, "console", sender, self._clock)
        self._delivered = 0

    async def play(self, status: Status | None = None) -> None:
        """Run it from start to end; ``status`` shows how far it is."""

        async def publish_records(topic: Topic, records: Sequence[Record]) -> None:
            publish(self.log, topic, records)

        def at_rest() -> None:
            self._work()
            if status is not None:
                status.update(f"{self._clock.now():%d %b %Y %H:%M} UTC")

        with closing(self._host):
            await play(
                self.scenario,
                self._clock,
                publish=publish_records,
                shards=self.log.partitions(ADSB_SNAPSHOTS),
                at_rest=at_rest,
            )

    def problems(self) -> list[str]:
        """What did not go as it should; empty when all did."""
        found = unmet(self.scenario.expect, self.outputs)
        if self._host.dead_letters:
            found.append(f"{self._host.dead_letters} records could not be handled")
        lost = self._delivery.counts["poison"] + self._delivery.counts["rejected"]
        if lost:
            found.append(f"{lost} alerts could not be shown")
        return found

    def _work(self) -> None:
        """Let the rules and the delivery have what was published at this moment."""
        self._host.drain()
        self.outputs.collect()
        ready = sum(self.log.ends(ALERTS))
        if ready > self._delivered:
            self._delivery.drain()
            self._delivered = ready


class _DatedSender(ConsoleSender):
    """The console, with the time before each alert at which it would have come."""

    def __init__(self, console: Console, clock: VirtualClock) -> None:
        super().__init__(console)
        self._rule = console.rule
        self._clock = clock

    def deliver(self, alert: Alert, offset: int) -> Sent:
        """Print the time and the alert."""
        self._rule(Text(f"{self._clock.now():%a %d %b %Y %H:%M} UTC", "dim"), align="left")
        return super().deliver(alert, offset)


def _print_summary(
    run: DemoRun, findings: Sequence[Finding], took_s: float, console: Console
) -> None:
    snapshots, news = (sum(run.log.ends(topic)) for topic in (ADSB_SNAPSHOTS, NEWS_ENTRIES))
    days = (run.scenario.end - run.scenario.start).days
    found = ", ".join(
        (
            _count(len(run.outputs.incidents), "incident"),
            _count(len(run.outputs.visits), "visit"),
            _count(len(run.outputs.journeys), "journey"),
        )
    )
    console.rule(style="dim")
    lines = [
        f"{_count(days, 'day')} in {took_s:.0f} s: {snapshots:,} looks at the sky, "
        f"{news:,} records from news feeds",
        f"found: {found}",
        f"in {findings[0].path.parent}:",
        *(f"  {finding.path.name:<20} {finding.what}" for finding in findings),
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
