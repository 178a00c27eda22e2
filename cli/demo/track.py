"""Where a scenario's aircraft is at a time, as far as receivers hear it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.scenario import Flight, ScenarioAircraft, Waypoint
from wheelsdown.reference.geodesy import bearing_deg, between, distance_nm

#: Transponders are switched on for pushback and off at the gate.
TAXI = timedelta(minutes=15)


@dataclass(frozen=True)
class Sighting:
    """What a receiver learns: degrees, feet, knots, feet per minute; no height on the ground."""

    latitude: float
    longitude: float
    altitude_ft: float | None
    ground_speed_kt: float
    track_deg: float
    vertical_rate_fpm: float

    @property
    def on_ground(self) -> bool:
        """Whether it stands or taxies."""
        return self.altitude_ft is None


def sighting(aircraft: ScenarioAircraft, at: datetime) -> Sighting | None:
    """The aircraft as it is heard at a time; None when it is not."""
    heard = True
    for flight in aircraft.flights:
        for moved in _on_the_day(flight, at):
            seen = _seen(flight, moved, heard=heard)
            if seen is not None:
                return seen
        heard = _heard_after(flight.waypoints, heard=heard)
    return None


def _on_the_day(flight: Flight, at: datetime) -> Iterator[datetime]:
    """The time as it would be on the first of the flight's days, for each that may include it."""
    if flight.days == 1:
        yield at
        return
    since = (at - (flight.start - TAXI)) // timedelta(days=1)
    for day in (since, since - 1):
        if 0 <= day < flight.days:
            yield at - day * timedelta(days=1)


def _seen(flight: Flight, at: datetime, *, heard: bool) -> Sighting | None:
    """What is seen of one flight; ``heard`` tells whether it was heard before it."""
    first, last = flight.waypoints[0], flight.waypoints[-1]
    if not first.at - TAXI <= at < last.at + TAXI:
        return None
    passed = [one for one in flight.waypoints if one.at <= at]
    if not _heard_after(passed, heard=heard):
        return None
    if not passed or len(passed) == len(flight.waypoints):
        return _parked(passed[-1] if passed else first)
    return _flying(passed[-1], flight.waypoints[len(passed)], at)


def _heard_after(waypoints: Sequence[Waypoint], *, heard: bool) -> bool:
    contacts = [one.contact for one in waypoints if one.contact is not None]
    return contacts[-1] == "heard again" if contacts else heard


def _parked(waypoint: Waypoint) -> Sighting | None:
    if waypoint.aerodrome is None:
        return None
    latitude, longitude = waypoint.position
    return Sighting(latitude, longitude, None, 0.0, 0.0, 0.0)


def _flying(one: Waypoint, other: Waypoint, at: datetime) -> Sighting:
    minutes = (other.at - one.at).total_seconds() / 60
    share = (at - one.at).total_seconds() / 60 / minutes
    low, high = one.height_ft, other.height_ft
    latitude, longitude = between(*one.position, *other.position, share)
    return Sighting(
        latitude=latitude,
        longitude=longitude,
        altitude_ft=low + (high - low) * share,
        ground_speed_kt=distance_nm(*one.position, *other.position) / minutes * 60,
        track_deg=bearing_deg(latitude, longitude, *other.position),
        vertical_rate_fpm=(high - low) / minutes,
    )
