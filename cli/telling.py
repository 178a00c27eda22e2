"""What all commands share: the settings they begin with, and how errors are told."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.compose import fleet_of
from cli.foreseen import FORESEEN
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.daemon.telemetry import Level, configure_logging
from wheelsdown.settings import Room, Settings, load_settings

Config = Annotated[Path, typer.Option(help="The TOML file with the settings.")]


def settings_of(
    config: Path, needs: tuple[Room, ...], *, json_logs: bool, log_level: Level
) -> Settings:
    """The settings, the fleet checked, and logging set up."""
    settings = load_settings(config, os.environ, needs=needs)
    configure_logging(
        style="json" if json_logs else "console",
        clock=SystemClock(),
        stream=sys.stderr,
        level=log_level,
        secrets=settings.secrets,
    )
    fleet_of(settings)
    return settings


def needs_kafka(settings: Settings) -> None:
    """Leave with words where the settings are for another log."""
    if settings.log.kind != "kafka":
        fail(
            'this command is for Kafka: set log.kind = "kafka"; "wheelsdown run" needs none',
            ExitCode.USAGE,
        )


@contextmanager
def told() -> Iterator[None]:
    """Tell foreseeable errors in words and leave with their exit code."""
    try:
        yield
    except tuple(FORESEEN) as error:
        fail(str(error), next(code for kind, code in FORESEEN.items() if isinstance(error, kind)))


def fail(message: str, code: ExitCode) -> NoReturn:
    """Say why, and leave with the exit code."""
    typer.echo(f"wheelsdown: {message}", err=True)
    raise typer.Exit(code)
