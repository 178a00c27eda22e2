"""Entries in, mentions out: one JSON object a line, with a flat use of memory.

A line that is no entry is counted and named, and the next one is read.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from cli.visits.entry_lines import (
    STANDARD,
    BadLineError,
    ReadingError,
    entry_from,
    numbered_lines,
)
from cli.visits.output_lines import flight_line, mention_line
from cli.visits.reader import ReadVisits
from processors.visits.flights.reports import flight_report, flights_in
from processors.visits.gazetteer import Gazetteer

#: So many bad lines are named; the others are counted.
MOST_NAMED = 20


class Flights(NamedTuple):
    """Where the flight reports go, and the names to read them by."""

    path: Path
    gazetteer: Gazetteer


class Done:
    """What came of a file.

    ``bad`` counts lines by reason, ``named`` tells the first ones; ``flights`` is None when nobody
    asked for reports of flights.
    """

    def __init__(self, flights: int | None) -> None:
        self.entries = 0
        self.with_visits = 0
        self.mentions = 0
        self.flights = flights
        self.other_languages = 0
        self.bad: Counter[str] = Counter()
        self.named: list[str] = []

    def lines(self) -> Iterator[str]:
        """What was done, in words."""
        yield from self.named
        bad = sum(self.bad.values())
        if bad > len(self.named):
            yield f"and {bad - len(self.named)} more"
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.bad.most_common())
        flights = "" if self.flights is None else f"flight reports: {self.flights}, "
        yield (
            f"entries: {self.entries}, with visits: {self.with_visits}, mentions: {self.mentions}, "
            f"{flights}in other languages: {self.other_languages}, "
            f"bad lines: {bad}{f' ({reasons})' if reasons else ''}"
        )

    def must_be_entries(self) -> None:
        """Raises ReadingError where lines were read and none was an entry."""
        if self.bad and not self.entries:
            raise ReadingError(
                "no line is an entry: each has to be a JSON object with title and published, at "
                'least, like {"title": "PM in Oslo", "published": "2024-09-10"}'
            )


def read_file(
    entries: Path,
    output: Path,
    read: ReadVisits,
    flights: Flights | None,
) -> Done:
    """Read the visits of a file's entries into another. Raises ReadingError."""
    targets = [path for path in (output, flights and flights.path) if path and path != STANDARD]
    _keep_apart(entries, targets)
    done = Done(None if flights is None else 0)
    with ExitStack() as stack:
        lines = numbered_lines(entries, stack)
        mentions_to = _target(output, stack)
        flights_to = _target(flights.path, stack) if flights else None
        for number, line in lines:
            try:
                key, entry = entry_from(line)
            except BadLineError as error:
                _count_bad(done, number, error)
                continue
            done.entries += 1
            told = read(entry)
            if told is None:
                done.other_languages += 1
                continue
            done.with_visits += bool(told)
            done.mentions += len(told)
            _write(output, mentions_to, [mention_line(key, one) for one in told])
            if flights and flights_to:
                found = [flight_report(entry, one) for one in flights_in(entry, flights.gazetteer)]
                done.flights = (done.flights or 0) + len(found)
                _write(flights.path, flights_to, [flight_line(key, one) for one in found])
    return done


def _keep_apart(entries: Path, targets: Sequence[Path]) -> None:
    resolved = [path.resolve() for path in (entries, *targets)]
    if len(set(resolved)) < len(resolved):
        raise ReadingError("a file would be read and written at once: name another output")


def _target(path: Path, stack: ExitStack) -> IO[bytes]:
    if path == STANDARD:
        return sys.stdout.buffer
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        raise ReadingError(f"can't write to {path}: {error.strerror}; name another file") from error


def _write(path: Path, file: IO[bytes], lines: Sequence[bytes]) -> None:
    try:
        file.writelines(line + b"\n" for line in lines)
    except OSError as error:
        raise ReadingError(f"can't write to {path}: {error.strerror}; name another file") from error


def _count_bad(done: Done, number: int, error: BadLineError) -> None:
    done.bad[str(error)] += 1
    if len(done.named) < MOST_NAMED:
        done.named.append(f"line {number}: {error}")
