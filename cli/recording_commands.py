"""The commands that make recordings and run them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli import capture, importing, replay
from cli.compose import reference
from cli.file_formats import Format
from cli.recording import RecordingReader
from cli.telling import Config, fail, settings_of, told
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.reference.fleet import load_fleet

app = typer.Typer()
record_app = typer.Typer(help="Recordings: what the input topics held.")
app.add_typer(record_app, name="record", no_args_is_help=True)


@app.command("replay")
def replay_command(
    recording: Annotated[Path, typer.Argument(help="The recording's folder.")],
    output: Annotated[Path, typer.Option(help="Where the findings go.")],
    fleet: Annotated[list[Path] | None, typer.Option(help="Further fleet files.")] = None,
    partitions: Annotated[int, typer.Option(min=1, max=256)] = 1,
) -> None:
    """Run a recording through the whole graph, with the fleet files that a capture kept.

    Writes incidents.jsonl, visits.jsonl and journeys.jsonl (the last revision of each) and
    alerts.jsonl (every revision).
    """
    clock = SystemClock()
    configure_logging(style="console", clock=clock, stream=sys.stderr, level="warning")
    with told():
        reader = RecordingReader(recording)
        watched = load_fleet((*reader.fleet_files(), *(fleet or ())))
        # Before the work, which may take an hour, and not after it.
        with _writing_to(output):
            output.mkdir(parents=True, exist_ok=True)
        days = reader.days()
        with _progress("replay") as tell:
            tell("", 0, len(days))
            outputs = replay.replay(
                reader,
                reference(watched),
                route="default",
                clock=clock,
                partitions=partitions,
                on_day=lambda day: tell(day, days.index(day) + 1, len(days)),
            )
        with _writing_to(output):
            outputs.write(output)
    console = Console()
    console.print(
        f"{len(outputs.incidents)} incidents, {len(outputs.visits)} visits, "
        f"{len(outputs.journeys)} journeys, {len(outputs.alerts)} alerts in {output}",
        soft_wrap=True,
    )
    if reader.fleet_version not in {None, watched.version}:
        console.print("the fleet is not the one of the capture: what was watched may differ")
    _print_counts(reader.dropped, console)


@record_app.command("import")
def record_import(
    files: Annotated[list[Path], typer.Argument(help="The files, gzipped or not.")],
    kind: Annotated[Format, typer.Option("--format", help="What the files hold.")],
    into: Annotated[Path, typer.Option(help="The recording, made when there is none.")],
    fleet: Annotated[list[Path] | None, typer.Option(help="Further fleet files.")] = None,
) -> None:
    """Add files to a recording and say what was dropped of them, and why."""
    with told():
        done = importing.import_files(files, kind, into, watches=load_fleet(fleet or ()).watches)
    for line in importing.lines(done):
        typer.echo(line)


@app.command("capture")
def capture_command(
    config: Config,
    into: Annotated[Path, typer.Option(help="The recording, made when there is none.")],
    since: Annotated[str | None, typer.Option(help="Observed at this time (UTC) or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Observed before this time (UTC).")] = None,
) -> None:
    """Add to a recording what a live log holds, while everything runs on."""
    with told():
        span = capture.span_of(since, until)
        settings = settings_of(config, (), json_logs=False, log_level="warning")
        with _progress("capture") as tell:
            done = capture.capture(settings, into, span, tell)
    for line in capture.lines(done):
        typer.echo(line)


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fail(f"can't write to {folder}: {error.strerror}; choose another folder", ExitCode.USAGE)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error; it is told what has just been done, how much is, and of how much."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, visible=False)  # nothing is shown where nothing is done
        yield lambda now, done, total: progress.update(
            task, description=f"{what} {now}", completed=done, total=total, visible=True
        )


def _print_counts(dropped: Mapping[str, int], console: Console) -> None:
    for reason, count in sorted(dropped.items()):
        console.print(f"dropped: {count} {reason}")
