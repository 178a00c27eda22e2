"""A daemon dies where the environment says, at the pass that it says, and nowhere else."""

import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.main import app
from wheelsdown import crash_points
from wheelsdown.crash_points import VARIABLE
from wheelsdown.daemon.lifecycle import ExitCode

PASSES = """
from wheelsdown.crash_points import crash_point
for turn in range(3):
    print("turn", turn, flush=True)
    crash_point("news.answered")
    crash_point("news.published")
"""


def run(*arguments: str, at: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={VARIABLE: at} if at else {},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("at", "turns", "code"),
    [
        ("news.published", 1, -signal.SIGKILL),
        ("news.published:3", 3, -signal.SIGKILL),
        ("news.published:4", 3, 0),
        ("", 3, 0),
    ],
)
def test_the_process_is_killed_at_that_pass_of_that_place(at: str, turns: int, code: int) -> None:
    ended = run("-c", PASSES, at=at)
    assert (ended.returncode, ended.stdout.count("turn"), ended.stderr) == (code, turns, "")


def test_a_command_refuses_a_place_that_does_not_exist() -> None:
    ended = run("-m", "cli", "schema", at="news.forgotten")
    assert (ended.returncode, ended.stdout) == (ExitCode.USAGE, "")
    assert f"{VARIABLE} is 'news.forgotten', which is no crash point" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("at", ["news.published:0", "news.published:x", ":1", "news"])
@pytest.mark.parametrize(
    "command",
    [
        "run --config absent.toml",
        "processors --config absent.toml",
        "producers news --config absent.toml",
        "consumers slack --config absent.toml",
    ],
)
def test_so_do_all_daemons_before_they_look_at_anything_else(
    command: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash_points, "_armed", crash_points._Armed(at))
    ended = CliRunner().invoke(app, command.split())
    assert ended.exit_code == ExitCode.USAGE
    assert "which is no crash point" in ended.output
