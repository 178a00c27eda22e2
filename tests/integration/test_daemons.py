"""The daemons as processes, as an operator starts them: on Kafka, embedded, and with faults."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from fakes.http_feed import HttpFeed
from fakes.live_case import REGISTRATION, news, sky
from fakes.processes import wheelsdown
from fakes.slack_server import TOKEN, FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL

from wheelsdown.daemon.lifecycle import ExitCode

WITHIN_S = 60.0


def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def configured(folder: Path, log: str, feed: HttpFeed | None = None, slack: str = "") -> Path:
    feeds = ""
    if feed is not None:
        feeds = (
            f'[[flights]]\nname = "roof"\nformat = "readsb"\nurl = "{feed.url("/aircraft.json")}"\n'
            'every_s = 1\nscope = "world"\nallow_private = true\n'
            f'[[news]]\nname = "wire"\nurl = "{feed.url("/news")}"\n'
            "every_s = 2\nallow_private = true\n"
        )
    file = folder / "wheelsdown.toml"
    file.write_text(f'[log]\n{log}\n[data]\nfolder = "data"\n{slack}\n{feeds}')
    return file


def on_kafka(bootstrap: str) -> str:
    prefix = uuid4().hex
    return (
        f'kind = "kafka"\npartitions = 2\ntopic_prefix = "{prefix}."\n'
        f'[kafka]\nbootstrap = ["{bootstrap}"]'
    )


def to_slack(slack: FakeSlack) -> str:
    return f'[slack]\nchannel = "{CHANNEL}"\nbase_url = "{slack.base_url}"\n'


@contextmanager
def running(
    folder: Path, commands: Sequence[str], config: Path
) -> Iterator[Mapping[str, subprocess.Popen[bytes]]]:
    """The commands as processes, which are killed at the end if they still run."""
    with ExitStack() as stack:
        found = {}
        for command in commands:
            log = folder / f"{command.replace(' ', '-')}.log"
            process = wheelsdown(
                *command.split(),
                *("--config", str(config), "--health-port", "0"),
                log=log,
                WHEELSDOWN_SLACK_TOKEN=TOKEN,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            found[command] = process
        yield found


def run(folder: Path, *arguments: str, token: str = TOKEN) -> tuple[int, str]:
    """Run a command to its end: its exit code and all that it said."""
    log = folder / "said.log"
    log.write_bytes(b"")
    code = wheelsdown(*arguments, log=log, WHEELSDOWN_SLACK_TOKEN=token).wait(WITHIN_S)
    return code, log.read_text()


def stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> dict[str, int]:
    for process in processes.values():
        process.send_signal(signal.SIGTERM)
    return {name: process.wait(WITHIN_S) for name, process in processes.items()}


async def until(
    found: Callable[[], bool], processes: Mapping[str, subprocess.Popen[bytes]], folder: Path
) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not found():
        ended = {name: one.poll() for name, one in processes.items() if one.poll() is not None}
        said = "\n".join(log.read_text()[-1500:] for log in folder.glob("*.log"))
        assert not ended, f"{ended}\n{said}"
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.1)


def messages(slack: FakeSlack) -> list[str]:
    return [json.dumps(message) for message in slack.workspace.channels[CHANNEL]]


async def told_of(page: str, log: Path) -> tuple[int, str]:
    """Status and text of a page that a daemon serves on the port that its log names."""
    port = re.findall(r"health_listening .*port=(\d+)", log.read_text())[-1]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{page}") as answer,
    ):
        return answer.status, await answer.text()


async def until_ready(log: Path) -> None:
    deadline = time.monotonic() + WITHIN_S
    while (found := await told_of("/readyz", log))[0] != 200:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.2)


DAEMONS = ("producers flights", "producers news", "processors", "consumers slack")


@pytest.mark.kafka
async def test_all_daemons_on_kafka_show_one_message(kafka: str, tmp_path: Path) -> None:
    async with HttpFeed() as feed:
        with running_slack() as slack:
            now = datetime.now(UTC)
            feed.script("/aircraft.json", *sky(now))
            feed.script("/news", news(now))
            config = configured(tmp_path, on_kafka(kafka), feed, to_slack(slack))
            code, said = run(tmp_path, "topics", "create", "--config", str(config))
            assert code == 0, said
            with running(tmp_path, DAEMONS, config) as processes:
                await until(lambda: bool(messages(slack)), processes, tmp_path)
                (message,) = messages(slack)
                assert REGISTRATION in message
                assert "Pyongyang" in message
                assert "Shoigu" in message
                codes = await asyncio.to_thread(stop, processes)
    assert codes == dict.fromkeys(DAEMONS, 0)


async def test_an_embedded_run_that_is_killed_shows_its_message_once(tmp_path: Path) -> None:
    async with HttpFeed() as feed:
        with running_slack() as slack:
            now = datetime.now(UTC)
            feed.script("/aircraft.json", *sky(now))
            feed.script("/news", news(now))
            config = configured(tmp_path, 'kind = "sqlite"', feed, to_slack(slack))
            with running(tmp_path, ["run"], config) as processes:
                await until(lambda: bool(feed.received), processes, tmp_path)
                await asyncio.sleep(3.0)
                processes["run"].kill()
                processes["run"].wait()
            with running(tmp_path, ["run"], config) as processes:
                await until(lambda: bool(messages(slack)), processes, tmp_path)
                processes["run"].kill()
                processes["run"].wait()
            with running(tmp_path, ["run"], config) as processes:
                polls = len(feed.received)
                await until(lambda: len(feed.received) > polls + 5, processes, tmp_path)
                log = tmp_path / "run.log"
                await until_ready(log)
                assert await told_of("/livez", log) == (200, '{"live": true, "reasons": []}')
                _, metrics = await told_of("/metrics", log)
                assert 'wheelsdown_feed_silent{feed="roof",kind="flights"} 0.0' in metrics
                assert 'wheelsdown_lag_records{partition="0",reader="dispatch"} 0.0' in metrics
                codes = await asyncio.to_thread(stop, processes)
            assert codes == {"run": 0}
            (message,) = messages(slack)
            assert REGISTRATION in message


@pytest.mark.parametrize(
    "command",
    ["topics create", "producers flights", "producers news", "processors", "consumers console"],
)
async def test_a_broker_that_does_not_answer_is_told_with_its_own_code(
    command: str, tmp_path: Path
) -> None:
    port = unused_port()
    async with HttpFeed() as feed:
        config = configured(tmp_path, on_kafka(f"127.0.0.1:{port}"), feed)
        port_option = () if command == "topics create" else ("--health-port", "0")
        code, said = await asyncio.to_thread(
            run, tmp_path, *command.split(), "--config", str(config), *port_option
        )
    assert code == ExitCode.UNAVAILABLE, said
    assert f"no Kafka broker answers at 127.0.0.1:{port}" in said
    assert "Traceback" not in said


@pytest.mark.kafka
async def test_topics_that_were_not_created_are_asked_for(kafka: str, tmp_path: Path) -> None:
    async with HttpFeed() as feed:
        config = configured(tmp_path, on_kafka(kafka), feed)
        code, said = await asyncio.to_thread(
            run, tmp_path, "producers", "flights", "--config", str(config), "--health-port", "0"
        )
    assert code == ExitCode.USAGE, said
    assert "wheelsdown topics create" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("[log\n", "wheelsdown.toml"),
        ('[log]\nkimd = "sqlite"\n', "did you mean"),
        ('[log]\nkind = "kafak"\n', "kafka"),
        ('[log]\nkind = "sqlite"\n', "flights"),
        ("", "flights"),
        (f'[slack]\nchannel = "{CHANNEL}"\n', "WHEELSDOWN_SLACK_TOKEN"),
    ],
)
def test_wrong_settings_are_refused_with_their_place(
    text: str, said_of_it: str, tmp_path: Path
) -> None:
    file = tmp_path / "wheelsdown.toml"
    file.write_text(text)
    code, said = run(tmp_path, "run", "--config", str(file), token="")
    assert code == ExitCode.USAGE, said
    assert said_of_it in said
    assert "Traceback" not in said


async def test_a_port_that_is_taken_is_told_with_the_option_for_another(tmp_path: Path) -> None:
    async with HttpFeed() as feed:
        config = configured(tmp_path, 'kind = "memory"', feed)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            code, said = await asyncio.to_thread(
                run, tmp_path, "run", "--config", str(config), "--health-port", port
            )
    assert code == ExitCode.USAGE, said
    assert f"127.0.0.1:{port}" in said
    assert "--health-port" in said
    assert "Traceback" not in said


async def test_a_data_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    async with HttpFeed() as feed:
        config = configured(tmp_path, 'kind = "sqlite"', feed)
        config.write_text(config.read_text().replace('folder = "data"', 'folder = "/proc/nope"'))
        code, said = await asyncio.to_thread(
            run, tmp_path, "run", "--config", str(config), "--health-port", "0"
        )
    assert code == ExitCode.USAGE, said
    assert "data.folder: can't make /proc/nope" in said
    assert "Traceback" not in said


def test_a_daemon_for_kafka_refuses_another_log(tmp_path: Path) -> None:
    config = configured(tmp_path, 'kind = "memory"')
    code, said = run(tmp_path, "consumers", "console", "--config", str(config))
    assert (code, "for Kafka" in said) == (ExitCode.USAGE, True), said
