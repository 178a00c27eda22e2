"""The commands that make recordings and run them."""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli import capture, importing, replay, simulating
from cli.compose import reference
from cli.file_formats import Format
from cli.maps.choice import choose, described, read_journeys
from cli.outputs import Outputs
from cli.recording import RecordingReader
from cli.telling import Config, fail, settings_of, told
from processors.journeys.stage import JourneysStage
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.reference.fleet import Fleet, load_fleet

app = typer.Typer()
FleetFiles = Annotated[list[Path] | None, typer.Option(help="Further fleet files.")]

record_app = typer.Typer(help="Recordings: what the input topics held.")
app.add_typer(record_app, name="record", no_args_is_help=True)


@app.command("replay")
def replay_command(
    recording: Annotated[Path, typer.Argument(help="The recording's folder.")],
    output: Annotated[Path, typer.Option(help="Where the findings go.")],
    fleet: FleetFiles = None,
    partitions: Annotated[int, typer.Option(min=1, max=256)] = 1,
) -> None:
    """Run a recording through the whole graph, with the fleet files that a capture kept.

    Writes incidents.jsonl, visits.jsonl and journeys.jsonl (the last revision of each) and
    alerts.jsonl (every revision).
    """
    with told():
        reader = RecordingReader(recording)
        watched = load_fleet((*reader.fleet_files(), *(fleet or ())))
        # Before the work, which may take an hour, and not after it.
        with _writing_to(output, "folder"):
            output.mkdir(parents=True, exist_ok=True)
        outputs = _replayed("replay", reader, watched, partitions=partitions)
        with _writing_to(output, "folder"):
            outputs.write(output)
    console = Console()
    console.print(
        f"{len(outputs.incidents)} incidents, {len(outputs.visits)} visits, "
        f"{len(outputs.journeys)} journeys, {len(outputs.alerts)} alerts in {output}",
        soft_wrap=True,
    )
    _print_doubts(reader, watched, outputs, console)


@app.command("journeys")
def journeys_command(
    recording: Annotated[Path, typer.Argument(help="The recording's folder.")],
    output: Annotated[Path, typer.Option(help="The file for the journeys.")],
    flights: Annotated[
        Path | None, typer.Option(help="A file for every flight, those at home too.")
    ] = None,
    fleet: FleetFiles = None,
) -> None:
    """Work out from a recording where each watched aircraft went, and nothing else.

    Both files have the last revision of each, one a line; docs/journeys.md says what is in them.
    """
    with told():
        reader = RecordingReader(recording)
        watched = load_fleet((*reader.fleet_files(), *(fleet or ())))
        for path in filter(None, (output, flights)):
            with _writing_to(path, "file"):
                _try_to_write(path)
        if flights is not None and flights.resolve() == output.resolve():
            fail("the flights need a file of their own: choose another name", ExitCode.USAGE)
        outputs = _replayed("journeys", reader, watched, stages={JourneysStage.name})
        with _writing_to(output, "file"):
            outputs.write_journeys(output)
        if flights is not None:
            with _writing_to(flights, "file"):
                outputs.write_flights(flights)
    console = Console()
    console.print(f"{_journeys_found(outputs)} in {output}", soft_wrap=True)
    console.print(
        f"flights: {len(outputs.flights)}{'' if flights is None else f' in {flights}'}",
        soft_wrap=True,
    )
    _print_doubts(reader, watched, outputs, console)


@app.command("map")
def map_command(
    file: Annotated[Path, typer.Argument(help="A journeys.jsonl of journeys or replay.")],
    output: Annotated[Path, typer.Option(help="The file for the picture, a PNG.")],
    journey: Annotated[
        str | None,
        typer.Option(help="Its id or how that begins, or the aircraft's address, if it has one."),
    ] = None,
) -> None:
    """Draw a journey on a map: its track, its stops, and what is not known of it."""
    with told():
        chosen = choose(read_journeys(file), journey)
        # matplotlib takes half a second and 60 MB that no other command needs
        from cli.maps.picture import draw_journey  # noqa: PLC0415

        with _writing_to(output, "file"):
            output.parent.mkdir(parents=True, exist_ok=True)
            draw_journey(output, chosen)
    typer.echo(f"{described(chosen)} in {output}")


@record_app.command("import")
def record_import(
    files: Annotated[list[Path], typer.Argument(help="The files, gzipped or not.")],
    kind: Annotated[Format, typer.Option("--format", help="What the files hold.")],
    into: Annotated[Path, typer.Option(help="The recording, made when there is none.")],
    fleet: FleetFiles = None,
) -> None:
    """Add files to a recording and say what was dropped of them, and why."""
    with told():
        done = importing.import_files(files, kind, into, watches=load_fleet(fleet or ()).watches)
    for line in importing.lines(done):
        typer.echo(line)


@app.command("simulate")
def simulate_command(
    *,
    into: Annotated[Path, typer.Option(help="The folder that the recording is made in.")],
    journeys: Annotated[int, typer.Option(min=1, max=5_000, help="How many.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes the same recording.")] = 1,
    every_s: Annotated[float, typer.Option(min=1, max=900, help="How often to look.")] = 60.0,
    kind: Annotated[list[str] | None, typer.Option(help="Only journeys of this kind.")] = None,
    press: Annotated[str | None, typer.Option(help="A case of the press instead: P01.")] = None,
) -> None:
    """Make a recording of journeys with known truth, which is written beside it."""
    with told():
        if press is None:
            world = simulating.draw(journeys, seed, kind or ())
            made_from = f"{journeys} journeys, seed {seed}, a look every {every_s:g} s"
        else:
            world = simulating.draw_press(press, seed)
            made_from = simulating.made_from_press(press, seed, every_s)
        with _progress("simulate") as tell:
            truth = simulating.write(world, into, every_s, made_from, tell)
    for line in simulating.lines(truth, into):
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


def _replayed(
    what: str,
    reader: RecordingReader,
    watched: Fleet,
    *,
    stages: Collection[str] | None = None,
    partitions: int = 1,
) -> Outputs:
    clock = SystemClock()
    configure_logging(style="console", clock=clock, stream=sys.stderr, level="warning")
    days = reader.days()
    with _progress(what) as tell:
        tell("", 0, len(days))
        return replay.replay(
            reader,
            reference(watched),
            route="default",
            clock=clock,
            stages=stages,
            partitions=partitions,
            on_day=lambda day: tell(day, days.index(day) + 1, len(days)),
        )


@contextmanager
def _writing_to(path: Path, what: Literal["file", "folder"]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fail(f"can't write to {path}: {error.strerror}; choose another {what}", ExitCode.USAGE)


def _try_to_write(path: Path) -> None:
    """Raises OSError where no file can be written; one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    path.open("ab").close()
    if is_new:
        path.unlink()


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


def _journeys_found(outputs: Outputs) -> str:
    journeys = outputs.journeys.values()
    kinds = Counter(stop.kind for journey in journeys for stop in journey.stays)
    withdrawn = sum(journey.status == "withdrawn" for journey in journeys)
    taken_back = f" ({withdrawn} withdrawn)" if withdrawn else ""
    return (
        f"journeys: {len(journeys)}{taken_back}, stays: {kinds['stay']}, "
        f"technical stops: {kinds['technical_stop']}"
    )


def _print_doubts(
    reader: RecordingReader, watched: Fleet, outputs: Outputs, console: Console
) -> None:
    """What a reader of the findings has to know of the recording."""
    if reader.fleet_version not in {None, watched.version}:
        console.print("the fleet is not the one of the capture: what was watched may differ")
    for what, counts in (("dropped", reader.dropped), ("not believed", outputs.rejected)):
        for reason, count in sorted(counts.items()):
            console.print(f"{what}: {count} {reason}")
