"""``wheelsdown deliveries``: what was sent where, and what to do about what was not."""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from cli import compose
from consumers.deliveries import Deliveries, newest, sent_anew
from consumers.ledger import Ledger, LedgerCorruptError
from consumers.wording import clean
from wheelsdown.clock import Clock
from wheelsdown.eventlog.port import EventLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.sqlite_hold import hold
from wheelsdown.records.deliveries import Delivery, DeliveryState
from wheelsdown.records.topics import DELIVERIES
from wheelsdown.settings import Settings


class NotParkedError(Exception):
    """What is to be sent again is not parked; the message says what it is."""


def found(settings: Settings, state: DeliveryState | None) -> list[Delivery]:
    """The newest word on each alert in that state; on all without one.

    Reads ``deliveries.v1``, also while a run is at work. Raises EventLogError.
    """
    with compose.reader(settings) as events:
        return [one for one in newest(events).values() if state in {None, one.state}]


def table(deliveries: Iterable[Delivery]) -> Table:
    """For people to read: one row an alert."""
    shown = Table(box=None, pad_edge=False)
    for column in ("alert", "pair", "state", "revision", "shown", "channel", "ts", "tries", "when"):
        shown.add_column(column, no_wrap=True)
    shown.add_column("why", overflow="fold")
    for one in deliveries:
        shown.add_row(
            one.alert_id,
            one.pair,
            one.state,
            str(one.revision),
            "-" if one.sent_revision is None else str(one.sent_revision),
            clean(one.channel),
            clean(one.ts or "-"),
            str(one.attempts),
            f"{one.observed_at:%Y-%m-%d %H:%M:%S}",
            clean(one.error),
        )
    return shown


def replay(settings: Settings, alerts: Collection[str], clock: Clock) -> list[Delivery]:
    """Have parked alerts sent again, all of them where none is named.

    A Slack consumer that is at work takes them up within seconds, another when it starts.

    Raises:
        NotParkedError: one that is named is not parked, or not known.
        EventLogError: the log can't be used; a file while a run has it open.
    """
    with compose.event_log(settings) as events:
        known = newest(events)
        for name in alerts:
            if name not in known:
                raise NotParkedError(f'no alert {name} is known; see "wheelsdown deliveries list"')
            if known[name].state != "parked":
                raise NotParkedError(
                    f"alert {name} is {known[name].state}, not parked: nothing was sent again"
                )
        wanted = alerts or [name for name, one in known.items() if one.state == "parked"]
        again = [sent_anew(known[name], clock.now()) for name in wanted]
        publish(events, DELIVERIES, again)
    return again


class LostDeliveriesError(Exception):
    """The ledger knows more than the topic; the message says what to do."""


#: The files of a database, that with its newest changes before the others.
SQLITE_SUFFIXES = ("-wal", "-shm", "")


@dataclass(frozen=True)
class Rebuilt:
    """Where the ledger is and how many alerts are in each state."""

    path: Path
    counts: dict[DeliveryState, int]


def rebuild(settings: Settings) -> Rebuilt:
    """Make the ledger anew from ``deliveries.v1``; the one before is kept as ``NAME.old-N``.

    What was under way stays so, and is looked for in Slack's history by the next consumer.

    Raises:
        LostDeliveriesError: the topic does not hold what the ledger was made of.
        EventLogError: the log can't be used, or a consumer is at work.
        LedgerError: the file can't be written.
    """
    path = settings.data.folder / compose.LEDGER_FILE
    compose.make_folders(settings)
    new = path.with_name(f"{path.name}.new")
    with hold(path), compose.event_log(settings) as events:
        if path.exists():
            _refuse_to_forget(path, events)
        _remove(new)
        with Ledger(new) as ledger:
            Deliveries(events, ledger)
            counts = ledger.counts()
        if path.exists():
            _move(path, _free_name(path))
        _move(new, path)
        return Rebuilt(path, counts)


def _refuse_to_forget(path: Path, events: EventLog) -> None:
    """A damaged ledger is no loss; one that knows more than the topic is."""
    try:
        with Ledger(path) as ledger:
            reached = ledger.reached()
    except LedgerCorruptError:
        return
    (end,) = events.ends(DELIVERIES)
    if end < reached:
        raise LostDeliveriesError(
            f"{DELIVERIES.name} ends at {end}, but {path} was made of {reached} records of it: the "
            "topic was lost or is another one (log.topic_prefix, log.path?). The ledger is as it "
            "was; to give it up and have open incidents posted again, move it away by hand"
        )


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.old-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def _move(path: Path, to: Path) -> None:
    """With the journal, in which the newest of a database may stand that was not closed."""
    for suffix in SQLITE_SUFFIXES:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(to.with_name(to.name + suffix))


def _remove(path: Path) -> None:
    for suffix in SQLITE_SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
