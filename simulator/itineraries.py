"""An aircraft's flights in order, with what is true about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.dice import Dice
from simulator.flight import Flight
from simulator.performance import Performance
from simulator.piloting import Hold, Pass, fly
from simulator.places import Places
from simulator.receivers import Receivers
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.geodesy import distance_nm

if TYPE_CHECKING:
    from simulator.course import Point

HOUR = 3600.0
MINUTE = 60.0
#: The transponder is switched on so long before taxiing, and off so long after parking.
ON_BEFORE_MIN, OFF_AFTER_MIN = (4.0, 20.0), (2.0, 15.0)
#: Tries to find a place that fits before the search is given up.
_TRIES = 4_000


class NoPlaceError(Exception):
    """No aerodrome fits what a kind of journey asks for; another aircraft may find one."""


@dataclass(kw_only=True)
class Sortie:
    """One flight and its truth.

    ``arrival`` is where it lands; ``turned_back`` and ``diverted_from`` say that it was meant
    otherwise, ``passed`` over which runways it flew low. ``technical`` marks a stop on the way
    after it. The transponder works from ``on`` to ``off``. ``first_heard`` and ``last_heard`` are
    filled in while the recording is made, with ``departure_heard`` and ``arrival_heard`` (a
    position on the ground before take-off, after landing).
    """

    flight: Flight
    departure: Aerodrome
    arrival: Aerodrome
    on: float
    off: float
    turned_back: bool = False
    diverted_from: Aerodrome | None = None
    passed: tuple[Aerodrome, ...] = ()
    technical: bool = False
    departure_heard: bool = False
    arrival_heard: bool = False
    first_heard: float | None = None
    last_heard: float | None = None


@dataclass(kw_only=True)
class Itinerary:
    """All flights of an aircraft."""

    aircraft: Aircraft
    callsign: str
    kind: str
    home: Aerodrome
    performance: Performance
    loudness: float
    sorties: list[Sortie] = field(default_factory=list)
    partner: str | None = None
    rebased: bool = False

    @property
    def ends(self) -> str:
        """``home``, ``abroad`` or ``rebased``."""
        if self.rebased:
            return "rebased"
        state = self.sorties[-1].arrival.state
        return "home" if state == self.aircraft.operator_state else "abroad"


class Diary:
    """Writes an itinerary, flight by flight, on a clock of its own (seconds since 1970)."""

    def __init__(
        self,
        itinerary: Itinerary,
        begins: float,
        places: Places,
        receivers: Receivers,
        rng: Dice,
    ) -> None:
        self.itinerary = itinerary
        self.at = begins
        self.here = itinerary.home
        self.places = places
        self.receivers = receivers
        self.rng = rng

    @property
    def home(self) -> Aerodrome:
        """Where the aircraft lives at first."""
        return self.itinerary.home

    def go(
        self,
        to: Aerodrome,
        *,
        via: Sequence["Point"] = (),
        passes: Sequence[Pass] = (),
        hold: Hold | None = None,
        turned_back: bool = False,
        diverted_from: Aerodrome | None = None,
        technical: bool = False,
    ) -> Flight:
        """Fly from here to there."""
        flight = fly(
            self.itinerary.performance,
            self.at,
            self.here,
            to,
            self.rng,
            via=via,
            passes=passes,
            hold=hold,
        )
        self.itinerary.sorties.append(
            Sortie(
                flight=flight,
                departure=self.here,
                arrival=to,
                on=flight.began - self.rng.uniform(*ON_BEFORE_MIN) * MINUTE,
                off=flight.ended + self.rng.uniform(*OFF_AFTER_MIN) * MINUTE,
                turned_back=turned_back,
                diverted_from=diverted_from,
                passed=tuple(dict.fromkeys(one.aerodrome for one in passes)),
                technical=technical,
            )
        )
        self.here, self.at = to, flight.ended
        return flight

    def wait(self, least_h: float, most_h: float) -> None:
        """Stay here for some hours."""
        self.at += self.rng.uniform(least_h, most_h) * HOUR

    def stay(self) -> None:
        """Stay here as visits do: an hour or two for talks, a day, some days."""
        self.wait(*self.rng.choice(((0.6, 3), (3, 10), (10, 30), (30, 60), (60, 100))))

    def find(
        self,
        fits: Callable[[Aerodrome], bool],
        *,
        nearest_nm: float = 250.0,
        farthest_nm: float | None = None,
        capitals: float = 0.75,
    ) -> Aerodrome:
        """An aerodrome so far from here that fits; a share of ``capitals`` among those tried.

        Raises NoPlaceError when none is found.
        """
        reach = 0.85 * self.itinerary.performance.range_nm
        farthest_nm = min(farthest_nm or reach, reach)
        seats = list(self.places.capitals.values())
        for _ in range(_TRIES):
            some = seats if self.rng.random() < capitals else self.places.airports
            one = self.rng.choice(some)
            nm = distance_nm(self.here.latitude, self.here.longitude, one.latitude, one.longitude)
            if nearest_nm <= nm <= farthest_nm and one.icao != self.here.icao and fits(one):
                return one
        raise NoPlaceError

    def abroad(self, *, farthest_nm: float | None = None) -> Aerodrome:
        """An aerodrome of another state than the aircraft's and this one, where it is heard."""
        return self.find(
            lambda one: self.is_abroad(one) and self.is_heard(one), farthest_nm=farthest_nm
        )

    def is_abroad(self, one: Aerodrome) -> bool:
        """Whether it lies in another state than the aircraft's and this one."""
        return one.state not in {self.home.state, self.here.state}

    def is_heard(self, one: Aerodrome) -> bool:
        """Whether an aircraft is heard there before it lands."""
        return self.receivers.hears_at(one, 1_000)

    def is_in_hole(self, one: Aerodrome, *, below_ft: float = 4_000) -> bool:
        """Whether nobody hears an aircraft there, so high above the aerodrome or lower."""
        return not self.receivers.hears_at(one, below_ft)
