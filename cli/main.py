"""The command ``wheelsdown``."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import daemons, log_commands, recording_commands
from cli.demo.run import DEFAULT_SCENARIO, run_demo
from cli.telling import Config, needs_kafka, settings_of, told
from cli.visits import commands as visit_commands
from wheelsdown.clock import SystemClock
from wheelsdown.crash_points import refuse_unknown_point
from wheelsdown.daemon.telemetry import Level, configure_logging

app = typer.Typer(
    help="Watches government aircraft and the news, and tells Slack when they agree.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
producers_app = typer.Typer(help="Daemons that bring feeds into the event log.")
consumers_app = typer.Typer(help="Daemons that show alerts.")
app.add_typer(producers_app, name="producers", no_args_is_help=True)
app.add_typer(consumers_app, name="consumers", no_args_is_help=True)
app.add_typer(recording_commands.app)
app.add_typer(log_commands.app)
app.add_typer(visit_commands.app, name="visits", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")]
LogLevel = Annotated[Level, typer.Option(help="The least level that is logged.")]
HealthPort = Annotated[
    int,
    typer.Option(
        min=0, max=65535, help="Where /livez, /readyz and /metrics are served; 0: any free port."
    ),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wheelsdown {version('wheelsdown')}")
        raise typer.Exit


@app.callback()
def _every_command(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Tell the release."),
    ] = False,
) -> None:
    with told():
        refuse_unknown_point()


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the findings go.")] = Path("demo-output"),
    scenario: Annotated[str, typer.Option(help="A shipped scenario or a file.")] = DEFAULT_SCENARIO,
) -> None:
    """Find a case of 2023 in feeds served on this machine: no network, no accounts."""
    configure_logging(style="console", clock=SystemClock(), stream=sys.stderr, level="warning")
    with told():
        raise typer.Exit(run_demo(scenario, output, Console()))


@app.command()
def run(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9460,
) -> None:
    """Watch live, everything in one process: feeds, rules and alerts."""
    with told():
        settings = settings_of(config, ("run",), json_logs=json_logs, log_level=log_level)
        raise typer.Exit(daemons.run_embedded(settings, SystemClock(), health_port))


@producers_app.command("news")
def producers_news(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9462,
) -> None:
    """Read news feeds into the event log."""
    with told():
        settings = settings_of(config, ("news",), json_logs=json_logs, log_level=log_level)
        needs_kafka(settings)
        raise typer.Exit(daemons.run_news(settings, SystemClock(), health_port))


@producers_app.command("flights")
def producers_flights(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9461,
) -> None:
    """Read flight sources into the event log."""
    with told():
        settings = settings_of(config, ("flights",), json_logs=json_logs, log_level=log_level)
        needs_kafka(settings)
        raise typer.Exit(daemons.run_flights(settings, SystemClock(), health_port))


@app.command()
def processors(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9463,
) -> None:
    """Work out journeys, visits, incidents and alerts on Kafka, with Faust."""
    with told():
        settings = settings_of(config, (), json_logs=json_logs, log_level=log_level)
        needs_kafka(settings)
        daemons.run_processors(settings, SystemClock(), health_port)


@consumers_app.command("slack")
def consumers_slack(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9464,
) -> None:
    """Post alerts to Slack, one message an incident."""
    with told():
        settings = settings_of(config, ("slack",), json_logs=json_logs, log_level=log_level)
        needs_kafka(settings)
        raise typer.Exit(daemons.run_consumer(settings, SystemClock(), health_port, "slack"))


@consumers_app.command("console")
def consumers_console(
    config: Config,
    json_logs: Json = False,
    log_level: LogLevel = "info",
    health_port: HealthPort = 9465,
) -> None:
    """Print alerts."""
    with told():
        settings = settings_of(config, (), json_logs=json_logs, log_level=log_level)
        needs_kafka(settings)
        raise typer.Exit(daemons.run_consumer(settings, SystemClock(), health_port, "console"))
