"""One embedded run, seen from outside: the places it passes, and what its log lets one follow."""

import asyncio
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from fakes.scenario_runs import stages_of
from prometheus_client import REGISTRY

from cli.demo.produce import play
from cli.demo.scenario_file import load_scenario
from cli.publishing import Publisher
from pipeline import inline_host
from pipeline.inline_host import InlineHost
from producers.flights import poller as flights
from producers.news import poller as news
from wheelsdown.clock import VirtualClock
from wheelsdown.crash_points import POINTS
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.state import MemoryState
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS

SCENARIO = "seoul-observed"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Trail:
    """What a run left: crash points in order, log lines, alerts, and the metrics' increase."""

    passed: Sequence[str]
    lines: Sequence[Line]
    alerts: Sequence[Alert]
    applied: float


def applied() -> float:
    (metric,) = (one for one in REGISTRY.collect() if one.name == "wheelsdown_records_applied")
    return sum(sample.value for sample in metric.samples)


@pytest.fixture(scope="module")
def trail() -> Trail:
    passed: list[str] = []
    written = io.StringIO()
    scenario = load_scenario(SCENARIO)
    clock = VirtualClock(scenario.start)
    root = logging.getLogger()
    level = root.level
    before = applied()
    with MemoryLog(2) as log, pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [])
        for module in (flights, news, inline_host):
            patch.setattr(module, "crash_point", passed.append)
        configure_logging(style="json", clock=clock, stream=written, level="debug")
        logging.getLogger("asyncio").setLevel(logging.WARNING)
        host = InlineHost(log, MemoryState(), stages_of(SCENARIO, log), clock)
        asyncio.run(
            play(scenario, clock, publish=Publisher(log, clock), shards=2, at_rest=host.drain)
        )
        assert applied() - before == host.applied
        alerts = [ALERTS.decode(one.value) for one in log.read(ALERTS, 0, 0, 100)]
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.setLevel(level)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return Trail(
        passed, lines, [one for one in alerts if isinstance(one, Alert)], applied() - before
    )


def test_every_place_of_producers_and_rules_is_passed_in_its_order(trail: Trail) -> None:
    for daemon in ("flights", "news", "rules"):
        assert set(POINTS[daemon]) <= set(trail.passed), daemon
    of_news = [name for name in trail.passed if name.startswith("news.")]
    assert of_news[:3] == list(POINTS["news"])
    of_cases = [name for name in trail.passed if name.startswith("cases.")]
    assert of_cases == ["cases.taken", "cases.published", "cases.written"] * (len(of_cases) // 3)
    assert set(trail.passed) <= {name for names in POINTS.values() for name in names}


def test_an_alert_can_be_followed_back_to_the_entry_of_a_feed_by_ids_alone(trail: Trail) -> None:
    caused = {
        led_to.partition(":")[2]: line
        for line in trail.lines
        if line["event"] == "record_led_to"
        for led_to in line["led_to"]
    }
    entries = {
        line["record_id"]: line["feed"]
        for line in trail.lines
        if line["event"] == "entry_published"
    }
    snapshots = {
        record_id
        for line in trail.lines
        if line["event"] == "snapshots_published"
        for record_id in line["record_ids"]
    }
    ways = []
    for alert in trail.alerts:
        stages, record_id = [], alert.record_id
        while record_id in caused:
            stages.append(caused[record_id]["stage"])
            record_id = caused[record_id]["record_id"]
        assert record_id in entries or record_id in snapshots
        ways.append((*reversed(stages), entries.get(record_id, "")))
    from_news = [way for way in ways if way[-1]]
    assert from_news
    assert {way[:-1] for way in from_news} == {("visits", "cases", "dispatch")}


def test_what_is_common_is_told_at_debug_only(trail: Trail) -> None:
    levels = {
        (line["event"], line["level"]): line
        for line in trail.lines
        if line["event"] in ("snapshots_published", "entry_published", "record_led_to")
    }
    assert ("snapshots_published", "info") not in levels
    assert ("entry_published", "info") in levels
    for line in trail.lines:
        if line["event"] == "record_led_to":
            topics = {led_to.partition(":")[0] for led_to in line["led_to"]}
            assert (line["level"] == "debug") == (topics == {"flights.journeys.v1"})
