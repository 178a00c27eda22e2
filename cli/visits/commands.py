"""The commands ``wheelsdown visits read | train | evaluate``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.telling import fail, told
from cli.visits import evaluating, reading, training
from cli.visits.reader import gazetteer, reader
from wheelsdown.daemon.lifecycle import ExitCode

app = typer.Typer(help="Visits read from news, and the training of what reads them.")

Labels = Annotated[
    list[Path],
    typer.Option(help="A file of labelled entries, JSON lines; give it again for each file."),
]
News = Annotated[
    list[Path] | None,
    typer.Option(help="A file of news with the text of labels that have none; any number."),
]


def _tell(done: str) -> None:
    typer.echo(done, err=True)


@app.command("read")
def read_command(
    entries: Annotated[
        Path,
        typer.Argument(
            help="JSON lines with key, title, summary, feed and published, gzipped or not; - for "
            "standard input."
        ),
    ],
    output: Annotated[
        Path, typer.Option(help="The file for the mentions, one a line; - for standard output.")
    ],
    flights: Annotated[
        Path | None, typer.Option(help="A file for the flights that the entries report.")
    ] = None,
) -> None:
    """Read who visits whom from news entries, whatever their number.

    Lines that are no entries are counted and named on standard error, and end nothing. Entries in
    other languages than English are counted, not guessed at. docs/visits.md says what a mention
    holds.
    """
    with told():
        done = reading.read_file(
            entries,
            output,
            reader(None),
            None if flights is None else reading.Flights(flights, gazetteer()),
        )
    for line in done.lines():
        typer.echo(line, err=True)
    with told():
        done.must_be_entries()


@app.command("train")
def train_command(
    labels: Labels,
    output: Annotated[Path, typer.Option(help="The file for the classifier.")],
    news: News = None,
) -> None:
    """Teach a classifier from labelled entries and say how good one like it is.

    Entries of May and June 2023 are left out: they are the test. The figures are of entries that
    were read by a classifier taught on other stories (three folds). Needs scikit-learn.
    """
    with told():
        for line in training.train(labels, news or (), output, _tell):
            typer.echo(line)


@app.command("evaluate")
def evaluate_command(
    *,
    labels: Labels,
    news: News = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A classifier of train; without it the one that ships, see --part."),
    ] = None,
    part: Annotated[
        evaluating.Part,
        typer.Option(
            help="frozen: May and June 2023, read with the classifier that ships. development: the "
            "others; without --model they are read by classifiers taught on other stories of "
            "them, which needs scikit-learn."
        ),
    ] = "development",
    errors: Annotated[
        int | None,
        typer.Option(min=0, help="Count the mistakes by kind and list so many of each."),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option(
            "--curve",
            help="Instead: teach on 500, 1,000, 2,000 ... entries of the development part.",
        ),
    ] = False,
) -> None:
    """Grade the reader against labelled entries, with 95 % intervals."""
    if curve and (model is not None or part != "development" or errors is not None):
        fail("--curve goes with --labels and --news only", ExitCode.USAGE)
    with told():
        lines = (
            evaluating.curve(labels, news or (), _tell)
            if curve
            else evaluating.evaluate(
                labels, news or (), model=model, part=part, errors=errors, tell=_tell
            )
        )
        for line in lines:
            typer.echo(line)
            sys.stdout.flush()
