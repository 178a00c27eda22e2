"""The command ``wheelsdown``."""

import functools
import json
import operator
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli import daemons, importing, replay
from cli.compose import fleet_of, kafka_log, reference
from cli.demo.run import DEFAULT_SCENARIO, run_demo
from cli.file_formats import Format
from cli.foreseen import FORESEEN
from cli.recording import RecordingReader
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.records.topics import CATALOGUE
from wheelsdown.reference.fleet import load_fleet
from wheelsdown.settings import Room, Settings, load_settings

app = typer.Typer(
    help="Watches government aircraft and the news, and tells Slack when they agree.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
producers_app = typer.Typer(help="Daemons that bring feeds into the event log.")
consumers_app = typer.Typer(help="Daemons that show alerts.")
record_app = typer.Typer(help="Recordings: what the input topics held.")
topics_app = typer.Typer(help="The topics on Kafka.")
app.add_typer(producers_app, name="producers", no_args_is_help=True)
app.add_typer(consumers_app, name="consumers", no_args_is_help=True)
app.add_typer(record_app, name="record", no_args_is_help=True)
app.add_typer(topics_app, name="topics", no_args_is_help=True)

Config = Annotated[Path, typer.Option(help="The TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")]


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the findings go.")] = Path("demo-output"),
    scenario: Annotated[str, typer.Option(help="A shipped scenario or a file.")] = DEFAULT_SCENARIO,
) -> None:
    """Find a case of 2023 in feeds served on this machine: no network, no accounts."""
    configure_logging(style="console", clock=SystemClock(), stream=sys.stderr, level="warning")
    with _told():
        raise typer.Exit(run_demo(scenario, output, Console()))


@app.command()
def run(config: Config, json_logs: Json = False) -> None:
    """Watch live, everything in one process: feeds, rules and alerts."""
    with _told():
        settings = _settings(config, ("run",), json_logs=json_logs)
        raise typer.Exit(daemons.run_embedded(settings, SystemClock()))


@producers_app.command("news")
def producers_news(config: Config, json_logs: Json = False) -> None:
    """Read news feeds into the event log."""
    with _told():
        settings = _settings(config, ("news",), json_logs=json_logs)
        _needs_kafka(settings)
        raise typer.Exit(daemons.run_news(settings, SystemClock()))


@producers_app.command("flights")
def producers_flights(config: Config, json_logs: Json = False) -> None:
    """Read flight sources into the event log."""
    with _told():
        settings = _settings(config, ("flights",), json_logs=json_logs)
        _needs_kafka(settings)
        raise typer.Exit(daemons.run_flights(settings, SystemClock()))


@app.command()
def processors(config: Config, json_logs: Json = False) -> None:
    """Work out journeys, visits, incidents and alerts on Kafka, with Faust."""
    with _told():
        settings = _settings(config, (), json_logs=json_logs)
        _needs_kafka(settings)
        daemons.run_processors(settings, SystemClock())


@consumers_app.command("slack")
def consumers_slack(config: Config, json_logs: Json = False) -> None:
    """Post alerts to Slack, one message an incident."""
    with _told():
        settings = _settings(config, ("slack",), json_logs=json_logs)
        _needs_kafka(settings)
        raise typer.Exit(daemons.run_consumer(settings, SystemClock(), "slack"))


@consumers_app.command("console")
def consumers_console(config: Config, json_logs: Json = False) -> None:
    """Print alerts."""
    with _told():
        settings = _settings(config, (), json_logs=json_logs)
        _needs_kafka(settings)
        raise typer.Exit(daemons.run_consumer(settings, SystemClock(), "console"))


@app.command("replay")
def replay_command(
    recording: Annotated[Path, typer.Argument(help="The recording's folder.")],
    output: Annotated[Path, typer.Option(help="Where the findings go.")],
    fleet: Annotated[list[Path] | None, typer.Option(help="Further fleet files.")] = None,
    partitions: Annotated[int, typer.Option(min=1, max=256)] = 1,
) -> None:
    """Run a recording through the whole graph.

    Writes incidents.jsonl, visits.jsonl and journeys.jsonl (the last revision of each) and
    alerts.jsonl (every revision).
    """
    clock = SystemClock()
    configure_logging(style="console", clock=clock, stream=sys.stderr, level="warning")
    with _told():
        reader = RecordingReader(recording)
        # Before the work, which may take an hour, and not after it.
        with _writing_to(output):
            output.mkdir(parents=True, exist_ok=True)
        with _progress("replay", len(reader.days())) as advance:
            outputs = replay.replay(
                reader,
                reference(load_fleet(fleet or ())),
                route="default",
                clock=clock,
                partitions=partitions,
                on_day=advance,
            )
        with _writing_to(output):
            outputs.write(output)
    console = Console()
    console.print(
        f"{len(outputs.incidents)} incidents, {len(outputs.visits)} visits, "
        f"{len(outputs.journeys)} journeys, {len(outputs.alerts)} alerts in {output}",
        soft_wrap=True,
    )
    _print_counts(reader.dropped, console)


@record_app.command("import")
def record_import(
    files: Annotated[list[Path], typer.Argument(help="The files, gzipped or not.")],
    kind: Annotated[Format, typer.Option("--format", help="What the files hold.")],
    into: Annotated[Path, typer.Option(help="The recording, made when there is none.")],
    fleet: Annotated[list[Path] | None, typer.Option(help="Further fleet files.")] = None,
) -> None:
    """Add files to a recording and say what was dropped of them, and why."""
    with _told():
        done = importing.import_files(files, kind, into, watches=load_fleet(fleet or ()).watches)
    for line in importing.lines(done):
        typer.echo(line)


@app.command()
def schema(
    topic: Annotated[str | None, typer.Argument(help="One topic; all without it.")] = None,
) -> None:
    """Print the JSON Schema of each topic's records."""
    chosen = [one for one in CATALOGUE if topic in {None, one.name}]
    if not chosen:
        names = ", ".join(one.name for one in CATALOGUE)
        _fail(f"there is no topic {topic!r}; the topics are {names}", ExitCode.USAGE)
    schemas = {}
    for one in chosen:
        (found,), components = msgspec.json.schema_components(
            [_union(one.types)], ref_template="#/$defs/{name}"
        )
        schemas[one.name] = {**found, "$defs": components}
    typer.echo(json.dumps(schemas, indent=2))


@topics_app.command("create")
def topics_create(config: Config) -> None:
    """Create the topics of the catalogue where they are missing, and check the others."""
    with _told():
        settings = _settings(config, (), json_logs=False)
        _needs_kafka(settings)
        assert settings.kafka is not None
        with kafka_log(settings) as log:
            log.create_topics(settings.kafka.replication)
    typer.echo(f"{len(CATALOGUE)} topics are there")


def _settings(config: Path, needs: tuple[Room, ...], *, json_logs: bool) -> Settings:
    """The settings, the fleet checked, and logging set up."""
    settings = load_settings(config, os.environ, needs=needs)
    configure_logging(
        style="json" if json_logs else "console",
        clock=SystemClock(),
        stream=sys.stderr,
        secrets=settings.secrets,
    )
    fleet_of(settings)
    return settings


def _needs_kafka(settings: Settings) -> None:
    if settings.log.kind != "kafka":
        _fail(
            'this command is for Kafka: set log.kind = "kafka"; "wheelsdown run" needs none',
            ExitCode.USAGE,
        )


def _union(types: tuple[type, ...]) -> object:
    return functools.reduce(operator.or_, types)


@contextmanager
def _told() -> Iterator[None]:
    """Tell foreseeable errors in words and leave with their exit code."""
    try:
        yield
    except tuple(FORESEEN) as error:
        _fail(str(error), next(code for kind, code in FORESEEN.items() if isinstance(error, kind)))


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _fail(f"can't write to {folder}: {error.strerror}; choose another folder", ExitCode.USAGE)


def _fail(message: str, code: ExitCode) -> NoReturn:
    typer.echo(f"wheelsdown: {message}", err=True)
    raise typer.Exit(code)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda day: progress.update(task, advance=1, description=f"{what} {day}")


def _print_counts(dropped: Mapping[str, int], console: Console) -> None:
    for reason, count in sorted(dropped.items()):
        console.print(f"dropped: {count} {reason}")
