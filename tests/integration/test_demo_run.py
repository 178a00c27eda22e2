"""The demo: each scenario through the whole pipeline, over loopback and on a jumping clock."""

import asyncio
import io
import json
import os
from html.parser import HTMLParser
from pathlib import Path

import psutil
import pytest
from matplotlib.image import imread
from rich.console import Console

from cli.demo.findings import numbered
from cli.demo.produce import produce
from cli.demo.run import DEFAULT_SCENARIO, DemoRun, run_demo
from cli.demo.scenario_file import ScenarioError, load_scenario, scenario_names
from cli.outputs import canonical
from consumers.slack.message import SlackMessage
from consumers.slack.validate import problems
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import ADSB_SNAPSHOTS, INCIDENTS, NEWS_ENTRIES

#: One of the quick scenarios, for what does not depend on which it is.
QUICK = "seoul-observed"


def demo(name: str, folder: Path) -> tuple[ExitCode, str]:
    printed = io.StringIO()
    code = run_demo(name, folder, Console(file=printed, width=120))
    return code, printed.getvalue()


@pytest.mark.parametrize("name", scenario_names())
def test_the_demo_finds_what_its_scenario_says_and_nothing_else(name: str, tmp_path: Path) -> None:
    for stale in ("slack-message.json", "slack-message-9.json", "slack-message.html"):
        (tmp_path / stale).write_text("of an earlier run")
    (tmp_path / "mine.txt").write_text("kept")
    code, printed = demo(name, tmp_path)
    assert code is ExitCode.OK, printed
    incidents = (tmp_path / "incidents.jsonl").read_bytes().splitlines()
    assert len(incidents) == len(load_scenario(name).expect.incidents)
    for line in incidents:
        INCIDENTS.decode(line)
    messages = [numbered("slack-message.json", n) for n, _ in enumerate(incidents, start=1)]
    maps = [numbered("journey.png", n) for n, _ in enumerate(incidents, start=1)]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("incidents.jsonl", "visits.jsonl", "journeys.jsonl", "alerts.jsonl", "mine.txt"),
        *(["slack-message.html"] if incidents else []),
        *messages,
        *maps,
    }
    for message, picture in zip(messages, maps, strict=True):
        check_message(tmp_path / message)
        assert imread(tmp_path / picture).ndim == 3
    if name == DEFAULT_SCENARIO:
        check_founding_case(printed, tmp_path)


def check_founding_case(printed: str, folder: Path) -> None:
    page = (folder / "slack-message.html").read_text()
    Page().feed(page)
    for text in (printed, page):
        for part in (
            "RA-86559",
            "Russian Air Force",
            "Moscow (UUMU)",
            "Pyongyang (ZKPY)",
            "probably 36 h",
            "last heard 31 Jul",
            "Sergei Shoigu",
            "25 to 27 Jul 2023",
            "Who or what was on board",
        ):
            assert part in text
    # It grows: landing, departure, return, end.
    times = ["31 Jul 2023", "02 Aug 2023", "15 Aug 2023"]
    assert [printed.index(time) for time in times] == sorted(printed.index(time) for time in times)


def check_message(path: Path) -> None:
    payload = json.loads(path.read_text())
    message = SlackMessage(payload["text"], tuple(payload["blocks"]), payload["metadata"])
    assert problems(message) == []
    assert set(payload) >= {"channel", "ts", "text", "blocks", "metadata"}


class Page(HTMLParser):
    """Refuses tags that the page does not make itself: text from feeds must be no markup."""

    KNOWN = (
        *("html", "head", "meta", "title", "style", "body", "main", "article", "div", "span"),
        *("b", "i", "time", "h2", "hr", "br", "a", "strong", "em", "s", "code"),
    )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.KNOWN
        assert not any(name.startswith("on") for name, _ in attrs)


def test_two_runs_find_the_same_byte_for_byte(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        demo(QUICK, tmp_path / folder)
    for name in ("incidents.jsonl", "visits.jsonl", "journeys.jsonl", "alerts.jsonl"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one
        assert one == two


def test_partitions_change_nothing() -> None:
    found = []
    for partitions in (1, 4):
        run = DemoRun(load_scenario(QUICK), Console(quiet=True), partitions=partitions)
        asyncio.run(run.play())
        assert run.problems() == []
        found.append(canonical(run.outputs))
    assert found[0] == found[1]


async def test_producers_alone_publish_every_moment_in_order() -> None:
    scenario = load_scenario(QUICK)
    produced = await produce(scenario, shards=4)
    times = [record.observed_at for _, record in produced]
    assert times == sorted(times)
    polls = (scenario.end - scenario.start).total_seconds() / scenario.polls.flights_s
    assert sum(topic is ADSB_SNAPSHOTS for topic, _ in produced) == 4 * polls
    entries = [record for topic, record in produced if topic is NEWS_ENTRIES]
    titles = {one.title for one in entries if isinstance(one, Entry)}
    assert titles == {one.title for feed in scenario.feeds for one in feed.entries}


def test_a_scenario_of_ones_own_may_be_wrong_and_hostile(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "cli" / "demo" / "scenarios" / f"{QUICK}.toml"
    hostile = shipped.read_text().replace("days = 0", "days = 3")
    hostile = hostile.replace(
        'arrives in South Korea"', 'arrives in South Korea &lt;img src=x&gt; <!channel> $x_"'
    )
    file = tmp_path / "hostile.toml"
    file.write_text(hostile)
    code, printed = demo(str(file), tmp_path / "out")
    assert code is ExitCode.FAILED
    assert "not as the scenario expects: JPN-KOR of 84a301: the flight came 0 days" in printed
    page = (tmp_path / "out" / "slack-message.html").read_text()
    Page().feed(page)
    assert "&lt;img src=x&gt;" in page
    check_message(tmp_path / "out" / "slack-message.json")


def test_what_the_user_got_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'quiet-week'"):
        demo("quiet-weak", tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ScenarioError, match="choose another"):
        demo(QUICK, blocked)


async def test_a_run_that_is_cancelled_leaves_nothing_behind() -> None:
    before = child_processes()  # a broker of other tests
    run = DemoRun(load_scenario(QUICK), Console(file=io.StringIO()))
    playing = asyncio.create_task(run.play())
    while not run.log.ends(NEWS_ENTRIES)[0]:
        await asyncio.sleep(0.01)
    assert child_processes() > before
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert child_processes() == before


def child_processes() -> set[int]:
    return {child.pid for child in psutil.Process(os.getpid()).children()}
