"""The commands that look after what the event log and the data folder hold."""

import functools
import json
import operator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from cli import backup, deliveries
from cli.compose import kafka_log
from cli.telling import Config, fail, needs_kafka, settings_of, told
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.records.deliveries import DeliveryState
from wheelsdown.records.topics import CATALOGUE, DELIVERIES

#: Characters of a line of ``deliveries list``.
LIST_WIDTH = 240

app = typer.Typer()
topics_app = typer.Typer(help="The topics on Kafka.")
deliveries_app = typer.Typer(help="What was sent to Slack, and what was not.")
app.add_typer(topics_app, name="topics", no_args_is_help=True)
app.add_typer(deliveries_app, name="deliveries", no_args_is_help=True)


@app.command("backup")
def backup_command(
    config: Config,
    into: Annotated[Path, typer.Option(help="A new folder for the copies.")],
) -> None:
    """Copy the SQLite files of a run, also while it runs."""
    with told():
        done = backup.back_up(settings_of(config, (), json_logs=False, log_level="warning"), into)
    for path in done.files:
        typer.echo(f"copied {path} to {into}")
    for path in done.held:
        typer.echo(f"left out {path}, which the run holds; feeds are then read anew")


@app.command()
def schema(
    topic: Annotated[str | None, typer.Argument(help="One topic; all without it.")] = None,
) -> None:
    """Print the JSON Schema of each topic's records."""
    chosen = [one for one in CATALOGUE if topic in {None, one.name}]
    if not chosen:
        names = ", ".join(one.name for one in CATALOGUE)
        fail(f"there is no topic {topic!r}; the topics are {names}", ExitCode.USAGE)
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
    with told():
        settings = settings_of(config, (), json_logs=False, log_level="info")
        needs_kafka(settings)
        assert settings.kafka is not None
        with kafka_log(settings) as log:
            log.create_topics(settings.kafka.replication)
    typer.echo(f"{len(CATALOGUE)} topics are there")


@deliveries_app.command("list")
def deliveries_list(
    config: Config,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Tell how far each alert has come, also while a run is at work."""
    with told():
        settings = settings_of(config, (), json_logs=False, log_level="info")
        found = deliveries.found(settings, state)
    if as_json:
        for one in found:
            typer.echo(DELIVERIES.encode(one))
    else:
        # Wider than most terminals, which wrap: an id that is cut is of no use.
        Console(width=LIST_WIDTH).print(deliveries.table(found))
        typer.echo(_alerts(len(found)))


@deliveries_app.command("replay")
def deliveries_replay(
    config: Config,
    alerts: Annotated[
        list[str] | None, typer.Argument(help="Ids of parked alerts; all that are, without any.")
    ] = None,
) -> None:
    """Have parked alerts sent again, after what kept them from being sent was mended."""
    with told():
        settings = settings_of(config, (), json_logs=False, log_level="info")
        again = deliveries.replay(settings, alerts or (), SystemClock())
    for one in again:
        typer.echo(f"{one.alert_id} {one.pair}, revision {one.revision}")
    typer.echo(
        f"{_alerts(len(again))} to be sent again: within seconds where a consumer is at work, "
        "otherwise when one starts"
    )


@deliveries_app.command("rebuild")
def deliveries_rebuild(config: Config) -> None:
    """Make the ledger anew from deliveries.v1; no Slack consumer may be at work."""
    with told():
        settings = settings_of(config, (), json_logs=False, log_level="info")
        done = deliveries.rebuild(settings)
    counts = ", ".join(f"{count} {state}" for state, count in done.counts.items())
    typer.echo(f"{done.path}: {counts}")


def _alerts(count: int) -> str:
    return f"{count} alert{'' if count == 1 else 's'}"


def _union(types: tuple[type, ...]) -> object:
    return functools.reduce(operator.or_, types)
