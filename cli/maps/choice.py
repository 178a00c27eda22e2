"""Which journey is drawn: the one of a file, or the one that was asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import IO

from consumers.wording import aircraft_name, clean, days, state_name
from wheelsdown.records.codec import CodecError
from wheelsdown.records.journeys import Journey
from wheelsdown.records.topics import FLIGHTS_JOURNEYS

#: An error lists so many journeys: a screen full.
MOST_LISTED = 30


class MapError(Exception):
    """There is nothing to draw, or not one journey that fits; the message says what there is."""


def read_journeys(path: Path) -> list[Journey]:
    """The last revision of each journey of a file of JSON lines, in the file's order.

    Raises MapError when it can't be read or a line of it holds something else.
    """
    found: dict[str, Journey] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                journey = _journey(line, f"{path}, line {number}")
                known = found.get(journey.journey_id)
                if known is None or known.revision <= journey.revision:
                    found[journey.journey_id] = journey
    except OSError as error:
        raise MapError(f"can't read {path}: {error.strerror}; name another file") from error
    if not found:
        raise MapError(f"no journey in {path}: nothing to draw")
    return list(found.values())


def choose(journeys: Sequence[Journey], wanted: str | None) -> Journey:
    """The journey with that id, or whose id or aircraft's address it is the beginning or all of.

    With None the only one. Raises MapError, which lists what there is, when not one fits.
    """
    if wanted is None:
        fitting = list(journeys)
        problem = f"{len(journeys)} journeys: choose one with --journey"
    else:
        asked = wanted.strip().lower()
        fitting = [one for one in journeys if one.journey_id == asked] or [
            one
            for one in journeys
            if asked and (one.icao24 == asked or one.journey_id.startswith(asked))
        ]
        problem = f"{len(fitting)} journeys fit {clean(wanted)!r}: name one by its id"
        if not fitting:
            problem = f"no journey fits {clean(wanted)!r}; there are"
    if len(fitting) == 1:
        return fitting[0]
    return _refuse(problem, fitting or journeys)


def described(journey: Journey) -> str:
    """Its id, aircraft, states, dates and status in a line."""
    states = " - ".join(dict.fromkeys(_states(journey))) or "no state known"
    return (
        f"{journey.journey_id}  {journey.icao24} {aircraft_name(journey.aircraft)}, {states}, "
        f"{span_of(journey)}, {journey.status}"
    )


def span_of(journey: Journey) -> str:
    """``31 Jul to 2 Aug 2023``: from its first movement or point to the last, in UTC."""
    moments = [point.at for point in journey.track]
    moments += [
        one.at
        for leg in journey.legs
        for one in (leg.departure, leg.arrival)
        if one is not None and one.certainty != "unknown"
    ]
    moments = [at.astimezone(UTC) for at in moments or [journey.occurred_at]]
    return days(min(moments).date(), max(moments).date())


def _refuse(problem: str, listed: Sequence[Journey]) -> Journey:
    lines = [f"  {described(one)}" for one in listed[:MOST_LISTED]]
    if len(listed) > MOST_LISTED:
        lines.append(f"  … and {len(listed) - MOST_LISTED} more")
    raise MapError("\n".join((problem, *lines)))


def _states(journey: Journey) -> Iterator[str]:
    """Home or where it left first, then the states of the stops, by name."""
    home = journey.aircraft.operator_state or (
        journey.legs[0].departure.place.state if journey.legs else None
    )
    stops = (stop.place.state for stop in journey.stays)
    yield from (state_name(code) for code in (home, *stops) if code is not None)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long no more than is needed to refuse it."""
    while line := file.readline(FLIGHTS_JOURNEYS.max_bytes + 1):
        yield line


def _journey(line: bytes, where: str) -> Journey:
    try:
        record = FLIGHTS_JOURNEYS.decode(line.rstrip(b"\n"))
    except CodecError as error:
        raise MapError(f"{where} is no journey: {error}; give a journeys.jsonl") from error
    if not isinstance(record, Journey):
        raise MapError(f"{where} is a flight; give a journeys.jsonl, which has journeys")
    return record
