"""Scenarios: a few days of a small world, as a TOML file, with what the pipeline has to find in it.

A scenario names its aircraft with their flights (waypoints with times, heights and the gaps of
reception), its feeds with their entries, and in ``[expect]`` the incidents that must come out, and
no others. It says of itself what is fact, from where, and what is made up.
scenario_file.py reads them.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from wheelsdown.records.aircraft import Icao24
from wheelsdown.records.incidents import IncidentStatus
from wheelsdown.records.journeys import Certainty, StayStatus
from wheelsdown.records.record import Instant, Pair, StateCode
from wheelsdown.reference.aerodromes import load_aerodromes

Name = Annotated[str, msgspec.Meta(min_length=1)]


class Waypoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the aircraft is at a time: on an aerodrome, or in the air at a position and height.

    After one whose ``contact`` is "last heard" no receiver hears it, until the next one, of this
    flight or a later one, whose ``contact`` is "heard again".
    """

    at: Instant
    aerodrome: str | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    altitude_ft: Annotated[float, msgspec.Meta(ge=0, le=60_000)] | None = None
    contact: Literal["last heard", "heard again"] | None = None

    @property
    def position(self) -> tuple[float, float]:
        """Latitude and longitude in degrees."""
        if self.aerodrome is not None:
            aerodrome = load_aerodromes().get(self.aerodrome)
            assert aerodrome is not None, "checked when the scenario was loaded"
            return aerodrome.latitude, aerodrome.longitude
        assert self.latitude is not None
        assert self.longitude is not None
        return self.latitude, self.longitude

    @property
    def height_ft(self) -> float:
        """The height above the sea."""
        if self.aerodrome is not None:
            aerodrome = load_aerodromes().get(self.aerodrome)
            assert aerodrome is not None, "checked when the scenario was loaded"
            return aerodrome.elevation_ft
        assert self.altitude_ft is not None
        return self.altitude_ft


class Flight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One flight, repeated at the same times of ``days`` days in a row.

    Between waypoints it follows the great circle at an even speed and an even climb or descent.
    """

    waypoints: Annotated[tuple[Waypoint, ...], msgspec.Meta(min_length=2)]
    days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 1

    @property
    def start(self) -> datetime:
        """When it first begins."""
        return self.waypoints[0].at

    @property
    def end(self) -> datetime:
        """When it first ends."""
        return self.waypoints[-1].at


class ScenarioAircraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An aircraft. With an ``operator`` it stands in the fleet; with ``military`` it is flagged.

    One with neither is ordinary traffic, which producers count and leave out. ``synthetic`` tells
    that there is no such aircraft, or none with this address; the tracks always are.
    """

    icao24: Icao24
    synthetic: bool
    note: str = ""
    callsign: str = ""
    registration: str = ""
    type_code: str = ""
    type_name: str = ""
    operator: str = ""
    state: StateCode | None = None
    military: bool = False
    flights: Annotated[tuple[Flight, ...], msgspec.Meta(min_length=1)]


class ScenarioEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of a feed, in our own words."""

    published: Instant
    title: Name
    summary: str = ""
    link: Annotated[str, msgspec.Meta(pattern=r"^https://([a-z0-9-]+\.)*example\.(com|org|net)/")]


class ScenarioFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feed and its entries, oldest first."""

    name: Name
    language: str = "en"
    entries: Annotated[tuple[ScenarioEntry, ...], msgspec.Meta(min_length=1)]


class Polls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often the producers look, in seconds."""

    flights_s: Annotated[float, msgspec.Meta(ge=10)] = 300.0
    news_s: Annotated[float, msgspec.Meta(ge=60)] = 1_800.0


class ExpectedIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An incident that must come out, in its final state.

    ``route`` are the aerodromes of origin, arrival and return; ``stay_hours`` bound the stay;
    ``official`` belongs to a visit with at least ``entries`` entries as evidence, to which the
    flight came ``days`` later; nobody of ``without`` is in the incident at all.
    """

    pair: Pair
    host: StateCode
    aircraft: Icao24
    operator: str
    route: tuple[str, ...]
    stay_hours: tuple[float, float]
    arrival: Certainty
    stay: StayStatus
    status: IncidentStatus
    official: str
    days: int
    entries: int = 1
    without: tuple[str, ...] = ()


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must come out: these incidents and no others, and so many journeys."""

    incidents: tuple[ExpectedIncident, ...]
    journeys: int


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario; ``facts`` name their sources, ``invented`` says what has none."""

    name: Name
    title: Name
    synthetic: Name
    facts: tuple[str, ...]
    invented: tuple[str, ...]
    start: Instant
    end: Instant
    polls: Polls = Polls()
    aircraft: tuple[ScenarioAircraft, ...]
    feeds: Annotated[tuple[ScenarioFeed, ...], msgspec.Meta(min_length=1)]
    expect: Expected
