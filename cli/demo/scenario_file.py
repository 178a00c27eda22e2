"""Reads scenarios and refuses those that can't be: unknown words, impossible flights.

Errors: ``ScenarioError``; its message names the file and the place in it.
"""

import difflib
import itertools
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path

import msgspec

from cli.demo.scenario import Flight, Scenario, ScenarioAircraft, ScenarioFeed, Waypoint
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import distance_nm

#: No jet of these scenarios is faster over the ground, even with a strong wind behind it.
FASTEST_KT = 620.0


class ScenarioError(Exception):
    """There is no such scenario, or its file is wrong; the message says where and how."""


def scenario_names() -> list[str]:
    """The shipped scenarios, sorted."""
    folder = resources.files("cli.demo").joinpath("scenarios")
    return sorted(
        one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")
    )


def load_scenario(name: str) -> Scenario:
    """A shipped scenario by its name, or one in a file by its path (it ends in ``.toml``).

    Raises ScenarioError.
    """
    if name.endswith(".toml"):
        try:
            return read_scenario(Path(name).read_bytes(), name)
        except OSError as error:
            raise ScenarioError(f"can't read {name}: {error.strerror}") from error
    known = scenario_names()
    if name not in known:
        raise ScenarioError(f"there is no scenario {name!r}{_suggestion(name, known)}")
    data = resources.files("cli.demo").joinpath("scenarios", f"{name}.toml").read_bytes()
    return read_scenario(data, f"{name}.toml")


def read_scenario(data: bytes, source: str) -> Scenario:
    """The scenario in a TOML document; ``source`` names it in errors. Raises ScenarioError."""
    try:
        scenario = msgspec.toml.decode(data, type=Scenario)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{source}: {error}") from error
    problem = next(_problems(scenario), None)
    if problem is not None:
        raise ScenarioError(f"{source}: {problem}")
    return scenario


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    meant = f"; did you mean {close[0]!r}?" if close else "."
    return f"{meant} The scenarios are {', '.join(known)}; a file of your own ends in .toml"


def _problems(scenario: Scenario) -> Iterator[str]:
    """What is wrong, each with its place as msgspec would name it."""
    if scenario.end <= scenario.start:
        yield "the end is not after the start - at `$.end`"
    yield from _repeated([one.icao24 for one in scenario.aircraft], "aircraft", "icao24")
    yield from _repeated([one.name for one in scenario.feeds], "feeds", "name")
    for number, aircraft in enumerate(scenario.aircraft):
        yield from _aircraft_problems(aircraft, f"$.aircraft[{number}]")
    for number, feed in enumerate(scenario.feeds):
        yield from _feed_problems(feed, scenario, f"$.feeds[{number}]")
    known = {one.icao24 for one in scenario.aircraft}
    for number, incident in enumerate(scenario.expect.incidents):
        if incident.aircraft not in known:
            yield (
                f"no aircraft has the address {incident.aircraft} - at "
                f"`$.expect.incidents[{number}].aircraft`"
            )


def _repeated(values: list[str], table: str, field: str) -> Iterator[str]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield f"{value!r} is there twice - at `$.{table}[{number}].{field}`"


def _aircraft_problems(aircraft: ScenarioAircraft, at: str) -> Iterator[str]:
    if aircraft.operator and aircraft.state is None:
        yield f"an operator needs a state - at `{at}.state`"
    for number, flight in enumerate(aircraft.flights):
        yield from _flight_problems(flight, f"{at}.flights[{number}]")
    for number, (one, other) in enumerate(itertools.pairwise(aircraft.flights), start=1):
        if other.start <= one.end:
            yield f"it begins before the one above has ended - at `{at}.flights[{number}]`"
    yield from _contact_problems(aircraft, at)


def _flight_problems(flight: Flight, at: str) -> Iterator[str]:
    if flight.days > 1 and flight.end - flight.start >= timedelta(days=1):
        yield f"a flight of a day or longer can't be made daily - at `{at}.days`"
    for number, waypoint in enumerate(flight.waypoints):
        problem = _waypoint_problem(waypoint)
        if problem is not None:
            yield f"{problem} - at `{at}.waypoints[{number}]`"
            return
    for number, (one, other) in enumerate(itertools.pairwise(flight.waypoints), start=1):
        place = f"{at}.waypoints[{number}].at"
        if other.at <= one.at:
            yield f"it is not later than the waypoint above - at `{place}`"
            return
        hours = (other.at - one.at).total_seconds() / 3600
        speed_kt = distance_nm(*one.position, *other.position) / hours
        if speed_kt > FASTEST_KT:
            yield f"to be there by then takes {speed_kt:.0f} kt, too fast - at `{place}`"


def _contact_problems(aircraft: ScenarioAircraft, at: str) -> Iterator[str]:
    """Contact is lost and regained by turns, over all flights: one may begin where none hears."""
    is_heard = True
    for number, flight in enumerate(aircraft.flights):
        for index, waypoint in enumerate(flight.waypoints):
            if waypoint.contact is None:
                continue
            if is_heard != (waypoint.contact == "last heard"):
                yield (
                    f"{waypoint.contact!r}, but it is {'' if is_heard else 'not '}heard before that"
                    f" - at `{at}.flights[{number}].waypoints[{index}].contact`"
                )
            is_heard = waypoint.contact == "heard again"


def _waypoint_problem(waypoint: Waypoint) -> str | None:
    if waypoint.aerodrome is not None:
        if load_aerodromes().get(waypoint.aerodrome) is None:
            return f"no aerodrome is called {waypoint.aerodrome!r}"
        if waypoint.latitude is not None or waypoint.longitude is not None:
            return "it has an aerodrome and a position; one of them is enough"
        return None
    if waypoint.latitude is None or waypoint.longitude is None or waypoint.altitude_ft is None:
        return "it needs an aerodrome, or latitude, longitude and altitude_ft"
    return None


def _feed_problems(feed: ScenarioFeed, scenario: Scenario, at: str) -> Iterator[str]:
    for number, entry in enumerate(feed.entries):
        place = f"{at}.entries[{number}].published"
        if entry.published >= scenario.end:
            yield f"it is published when the scenario is over - at `{place}`"
        if number and entry.published < feed.entries[number - 1].published:
            yield f"it is published before the entry above it - at `{place}`"
