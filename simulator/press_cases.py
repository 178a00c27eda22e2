"""Flights that the press reported, made up between the times that it gave.

No public track of any of them is known. Each case says what is a fact, with its source; everything
else (minutes, stands, routes, what was heard) is made up. There is no noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from simulator.dice import Dice
from simulator.itineraries import HOUR, Diary, Itinerary
from simulator.performance import AN148, B747, IL62, IL76, Performance
from simulator.places import load_places
from simulator.receivers import Circle, draw_receivers
from simulator.traffic import Traffic
from simulator.world import World
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.reference.aerodromes import Aerodrome, load_aerodromes

#: Nobody in North Korea listens, and in P01 and P36 nobody near it did.
NORTH_KOREA = Circle(39.2, 125.7, 300.0)


@dataclass(frozen=True)
class PressCase:
    """``facts`` are what was reported, ``sources`` who reported it, ``made_up`` what was not."""

    name: str
    facts: str
    made_up: str
    sources: tuple[str, ...]
    aircraft: Aircraft
    callsign: str
    performance: Performance
    home: str
    fly: Callable[[Diary], None]
    holes: tuple[Circle, ...] = ()
    #: Aerodromes where a receiver certainly stands.
    heard: tuple[str, ...] = ()


def press_world(name: str, rng: Dice) -> World:
    """The world of one case; KeyError for an unknown one."""
    case = PRESS_CASES[name]
    places = load_places()
    certain = tuple(_aerodrome(icao) for icao in case.heard)
    receivers = draw_receivers(places, rng, holes=case.holes, certain=certain)
    itinerary = Itinerary(
        aircraft=case.aircraft,
        callsign=case.callsign,
        kind=case.name,
        home=_aerodrome(case.home),
        performance=case.performance,
        loudness=0.9,
    )
    case.fly(Diary(itinerary, 0.0, places, receivers, rng))
    return World(f"press-{name}", receivers, Traffic(receivers, rng), [itinerary], rng)


def _il62m_to_pyongyang(diary: Diary) -> None:
    pyongyang = _aerodrome("ZKPY")
    siberia = [(56.8, 60.6), (52.3, 104.3), (48.5, 135.2), (42.3, 131.2)]
    diary.at = _utc(2023, 7, 31, 9, 40)
    landed = diary.go(pyongyang, via=siberia).landed
    diary.at = landed + 36 * HOUR
    diary.go(diary.home, via=siberia[::-1])


def _chammae_to_incheon(diary: Diary) -> None:
    # Out over the Yellow Sea and around, as flights between the Koreas do.
    around = [(38.6, 124.4), (37.2, 124.4)]
    _land_at(diary, _aerodrome("RKSI"), _utc(2018, 2, 9, 4, 46), via=around)
    diary.at = _utc(2018, 2, 11, 13, 20)
    diary.go(diary.home, via=around[::-1])


def _an148_to_the_coast(diary: Diary) -> None:
    diary.at = _utc(2020, 12, 22, 1, 0)
    diary.go(_aerodrome("ZKSD"))
    diary.wait(4, 4)
    diary.go(diary.home)


def _b747_to_moscow(diary: Diary) -> None:
    _land_at(diary, _aerodrome("UUWW"), _utc(2023, 3, 20, 9, 59))
    diary.at = _utc(2023, 3, 22, 7, 0)
    diary.go(diary.home)


def _il76_over_north_korea(diary: Diary) -> None:
    shanghai = _aerodrome("ZSPD")
    diary.at = _utc(2022, 1, 23, 1, 0)
    diary.go(shanghai, via=[(41.0, 132.0), (36.5, 131.5), (33.5, 128.5)])
    diary.at = _utc(2022, 1, 25, 2, 0)
    diary.go(diary.home, via=[(37.0, 123.5), (39.4, 125.5), (41.0, 129.5)])


#: By their numbers in the list of cases that the project is judged by.
PRESS_CASES: Mapping[str, PressCase] = MappingProxyType(
    {
        case.name: case
        for case in (
            PressCase(
                name="P01",
                facts="RA-86559 left Moscow on 31 July 2023, stood in Pyongyang for about 36 hours "
                "and was back on 2 August",
                made_up="Chkalovsky, the hours, the way over Siberia and Vladivostok, and that "
                "nobody within 300 nm of Pyongyang heard it",
                sources=("NK News, 3 August 2023", "The Epoch Times, 8 August 2023"),
                aircraft=Aircraft(
                    icao24="15521f",
                    registration="RA-86559",
                    type_code="IL62",
                    type_name="Ilyushin Il-62M",
                    operator="Russian Air Force",
                    operator_state="RUS",
                    source="press case P01",
                ),
                callsign="RFF7402",
                performance=IL62,
                home="UUMU",
                fly=_il62m_to_pyongyang,
                holes=(NORTH_KOREA,),
                heard=("UUMU", "UHWW", "UHHH"),
            ),
            PressCase(
                name="P12",
                facts="Chammae-1, an Il-62M, flew from Pyongyang to Incheon on 9 February 2018 and "
                "landed at 13:46 local time; the delegation went home on 11 February",
                made_up="the address, the way over the Yellow Sea, the minute of the flight home, "
                "and that the aircraft waited",
                sources=("Aviation24.be, 9 February 2018", "Yonhap, 9 and 11 February 2018"),
                aircraft=Aircraft(
                    icao24="b0f012",
                    registration="P-885",
                    type_code="IL62",
                    type_name="Ilyushin Il-62M",
                    operator="Government of North Korea",
                    operator_state="PRK",
                    source="press case P12",
                ),
                callsign="PRK615",
                performance=IL62,
                home="ZKPY",
                fly=_chammae_to_incheon,
                heard=("RKSI",),
            ),
            PressCase(
                name="P14",
                facts="an An-148 of Air Koryo, JS671, left Pyongyang at 10:05 local time on 22 "
                "December 2020 for the east coast of North Korea",
                made_up="the address, the aerodrome on the coast (Sondok) and the flight back",
                sources=("The Sun, December 2020, as reprinted by newyorklatestnews.com",),
                aircraft=Aircraft(
                    icao24="b0f014",
                    registration="P-671",
                    type_code="A148",
                    type_name="Antonov An-148",
                    operator="Air Koryo",
                    operator_state="PRK",
                    source="press case P14",
                ),
                callsign="KOR671",
                performance=AN148,
                home="ZKPY",
                fly=_an148_to_the_coast,
                heard=("RKSI",),
            ),
            PressCase(
                name="P19",
                facts="Xi Jinping flew to Moscow in a Boeing 747 of Air China on 20 March 2023 and "
                "left on 22 March",
                made_up="the address, the minutes of landing and take-off, and the route",
                sources=("Araratnews, 20 March 2023", "Kremlin, 20-22 March 2023"),
                aircraft=Aircraft(
                    icao24="b0f019",
                    registration="B-2472",
                    type_code="B744",
                    type_name="Boeing 747-400",
                    operator="Air China for the government of China",
                    operator_state="CHN",
                    source="press case P19",
                ),
                callsign="CCA075",
                performance=B747,
                home="ZBAA",
                fly=_b747_to_moscow,
                heard=("ZBAA", "UUWW"),
            ),
            PressCase(
                name="P36",
                facts="a Russian Il-76 flew from Shanghai over North Korea to Vladivostok on 25 "
                "January 2022",
                made_up="the address, the hours, how it came to Shanghai two days before, and that "
                "nobody within 300 nm of Pyongyang heard it",
                sources=("globaltalkcorner.com, 25 January 2022",),
                aircraft=Aircraft(
                    icao24="b0f036",
                    registration="RA-76000",
                    type_code="IL76",
                    type_name="Ilyushin Il-76MD",
                    operator="Russian Air Force",
                    operator_state="RUS",
                    source="press case P36",
                ),
                callsign="RFF8076",
                performance=IL76,
                home="UHWW",
                fly=_il76_over_north_korea,
                holes=(NORTH_KOREA,),
                heard=("ZSPD", "UHWW"),
            ),
        )
    }
)


def _land_at(
    diary: Diary, there: Aerodrome, at: float, *, via: list[tuple[float, float]] | None = None
) -> None:
    """Fly so that the wheels touch down at a time."""
    diary.at = at
    diary.go(there, via=via or ())
    sortie = diary.itinerary.sorties[-1]
    late = sortie.flight.landed - at
    sortie.flight = sortie.flight.later(-late)
    sortie.on -= late
    sortie.off -= late
    diary.at = sortie.flight.ended


def _utc(year: int, month: int, day: int, hour: int, minute: int) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


def _aerodrome(icao: str) -> Aerodrome:
    found = load_aerodromes().get(icao)
    assert found is not None, icao
    return found
