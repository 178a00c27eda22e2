"""Journeys to draw: made up, along real great circles between real aerodromes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.journeys import (
    Certainty,
    Journey,
    JourneyStatus,
    Leg,
    Movement,
    MovementKind,
    Place,
    Stop,
    StopKind,
    TrackPoint,
)
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import between, distance_nm

START = datetime(2023, 7, 31, 11, tzinfo=UTC)
AIRCRAFT = Aircraft(
    icao24="15521f",
    registration="RA-86559",
    type_name="Ilyushin Il-62M",
    operator="Russian Air Force",
    operator_state="RUS",
)
#: Cruise, and how often the track has a point.
SPEED_KT = 450.0
EVERY = timedelta(minutes=20)


def place(icao: str) -> Place:
    known = load_aerodromes().get(icao)
    assert known is not None, icao
    return Place(state=known.state, aerodrome=icao, name=known.name, city=known.city)


def movement(
    kind: MovementKind,
    where: Place,
    at: datetime,
    certainty: Certainty = "observed",
    error_min: float = 2,
    *,
    alternatives: tuple[Place, ...] = (),
) -> Movement:
    return Movement(
        kind=kind,
        place=where,
        at=at,
        error_min=error_min,
        certainty=certainty,
        reasons=(),
        alternatives=alternatives,
    )


def point(hours: float, latitude: float, longitude: float, *, gap: bool = False) -> TrackPoint:
    return TrackPoint(
        at=START + timedelta(hours=hours),
        latitude=latitude,
        longitude=longitude,
        altitude_ft=33_000,
        gap_before=gap,
    )


@dataclass
class Voyage:
    """A journey as it is flown: ``fly`` and ``stay`` in turn, then ``journey``.

    ``hole_nm`` around an aerodrome nothing is heard. ``said`` is the place that the rules name, the
    aerodrome itself unless given.
    """

    origin: str
    aircraft: Aircraft = AIRCRAFT
    now: datetime = START
    legs: list[Leg] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    track: list[TrackPoint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._at = self.origin
        self._place = place(self.origin)
        self._hole_nm = 0.0
        self._certainty: Certainty = "observed"
        self._is_gap = False

    def fly(
        self,
        icao: str,
        hours: float | None = None,
        *,
        kind: StopKind = "stay",
        hole_nm: float = 0.0,
        said: Place | None = None,
    ) -> "Voyage":
        """Fly to an aerodrome and stay there for hours; without hours it is home."""
        departure = movement("departure", self._place, self.now, self._certainty)
        self._heard_on_the_way(icao, hole_nm)
        self._certainty = "probable" if hole_nm else "observed"
        self._at, self._place, self._hole_nm = icao, said or place(icao), hole_nm
        error_min = 60.0 if hole_nm else 2.0
        arrival = movement("arrival", self._place, self.now, self._certainty, error_min)
        self.legs.append(Leg(departure=departure, arrival=arrival))
        if hours is not None:
            left = self.now + timedelta(hours=hours)
            self.stops.append(
                Stop(
                    place=self._place,
                    kind=kind,
                    certainty=self._certainty,
                    arrived=self.now,
                    left=left,
                    length_h=hours,
                    error_h=2 * error_min / 60,
                )
            )
            self.now = left
        return self

    def vanish(self, icao: str, share: float, ranked: tuple[Place, ...]) -> "Voyage":
        """Fly a share of the way to an aerodrome, and be heard no more."""
        departure = movement("departure", self._place, self.now, self._certainty)
        here, there = self._position(self._at), self._position(icao)
        last = between(*here, *there, share)
        self._heard_between(here, last, lands=False)
        lost = movement(
            "contact_lost",
            ranked[0] if ranked else Place(),
            self.now,
            "unknown",
            alternatives=ranked[1:],
        )
        self.legs.append(Leg(departure=departure, events=(lost,)))
        return self

    def journey(self, status: JourneyStatus = "completed") -> Journey:
        stops = self.stops
        if status == "staying":
            last = stops[-1]
            stops = [
                *stops[:-1],
                Stop(
                    place=last.place,
                    kind=last.kind,
                    certainty=last.certainty,
                    arrived=last.arrived,
                ),
            ]
        return Journey(
            record_id=f"record-{self.origin}",
            occurred_at=self.now,
            observed_at=self.now,
            journey_id="5f3a92c01b7d4e880a11",
            icao24=self.aircraft.icao24,
            revision=1,
            aircraft=self.aircraft,
            status=status,
            legs=tuple(self.legs),
            stays=tuple(stops),
            track=tuple(self.track),
        )

    def _heard_on_the_way(self, icao: str, hole_nm: float) -> None:
        here, there = self._position(self._at), self._position(icao)
        far = distance_nm(*here, *there)
        first = between(*here, *there, self._hole_nm / far)
        last = between(*here, *there, 1 - hole_nm / far)
        self.now += timedelta(hours=self._hole_nm / SPEED_KT)
        self._heard_between(first, last, lands=hole_nm == 0)
        self._is_gap = hole_nm > 0
        self.now += timedelta(hours=hole_nm / SPEED_KT)

    def _heard_between(
        self, one: tuple[float, float], other: tuple[float, float], *, lands: bool
    ) -> None:
        far = distance_nm(*one, *other)
        steps = max(1, round(far / (SPEED_KT * EVERY.total_seconds() / 3600)))
        began = self.now
        for step in range(steps + 1):
            latitude, longitude = between(*one, *other, step / steps)
            self.now = began + timedelta(hours=step / steps * far / SPEED_KT)
            low = (step == 0 and not self._hole_nm) or (step == steps and lands)
            self.track.append(
                TrackPoint(
                    at=self.now,
                    latitude=latitude,
                    longitude=longitude,
                    altitude_ft=500.0 if low else 34_000.0,
                    gap_before=self._is_gap and step == 0,
                )
            )

    def _position(self, icao: str) -> tuple[float, float]:
        known = load_aerodromes().get(icao)
        assert known is not None, icao
        return known.latitude, known.longitude
