"""Kinds of journeys, each a way to fill an aircraft's diary."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from simulator.itineraries import HOUR, Diary, NoPlaceError
from simulator.piloting import Hold, Pass
from wheelsdown.reference.aerodromes import Aerodrome
from wheelsdown.reference.geodesy import bearing_deg, between, destination, distance_nm

#: Radio holes that are tried for one with a state behind it.
_HOLES_TRIED = 40


def visit(diary: Diary) -> None:
    """There, some hours or days, and back."""
    there = diary.abroad()
    diary.go(there)
    diary.stay()
    diary.go(diary.home)


def radio_hole(diary: Diary) -> None:
    """A visit to a place where nobody hears the landing, or nobody even the flight above it."""
    ft = diary.rng.choice((4_000, 30_000))
    there = diary.find(
        lambda one: diary.is_abroad(one) and diary.is_in_hole(one, below_ft=ft), capitals=0.5
    )
    diary.go(there)
    diary.stay()
    diary.go(diary.home)


def shuttle(diary: Diary) -> None:
    """The same two places again and again; one in three goes to a place where it is not heard."""
    in_hole = diary.rng.random() < 1 / 3
    there = diary.find(
        lambda one: (
            diary.is_abroad(one) and (diary.is_in_hole(one) if in_hole else diary.is_heard(one))
        ),
        farthest_nm=2_000,
    )
    for _ in range(diary.rng.randint(3, 6)):
        diary.go(there)
        diary.wait(0.8, 12)
        diary.go(diary.home)
        diary.wait(1.5, 24)


def tour(diary: Diary) -> None:
    """Two to five states, one after the other."""
    for _ in range(diary.rng.randint(2, 5)):
        diary.go(diary.abroad(farthest_nm=3_000))
        diary.wait(2, 40)
    _home(diary)


def stopover(diary: Diary) -> None:
    """Too far to go at once: it refuels on the way, there or back or both."""
    reach = diary.itinerary.performance.range_nm
    there = diary.find(
        lambda one: diary.is_abroad(one) and diary.is_heard(one), nearest_nm=0.3 * reach
    )
    both = diary.rng.random() < 0.5
    _refuel(diary, there)
    diary.go(there)
    diary.wait(6, 60)
    if both:
        _refuel(diary, diary.home)
    diary.go(diary.home)


def turned_back(diary: Diary) -> None:
    """It sets out, thinks better of it and lands where it left."""
    into_hole = diary.rng.random() < 0.4
    there = diary.find(
        lambda one: diary.is_abroad(one) and (not into_hole or diary.is_in_hole(one)),
        farthest_nm=0.5 * diary.itinerary.performance.range_nm,
    )
    here = (diary.here.latitude, diary.here.longitude)
    turn = between(*here, there.latitude, there.longitude, diary.rng.uniform(0.15, 0.9))
    diary.go(diary.home, via=[turn], turned_back=True)


def diversion(diary: Diary) -> None:
    """It goes around where it wanted to land, may wait, and lands at another aerodrome."""
    wanted = diary.abroad()
    here = diary.here
    diary.here = wanted
    other = diary.find(
        lambda one: one.state != diary.home.state and diary.is_heard(one),
        nearest_nm=40,
        farthest_nm=400,
        capitals=0.3,
    )
    diary.here = here
    hold = Hold(diary.rng.uniform(10, 40), 30, 9_000) if diary.rng.random() < 0.5 else None
    diary.go(
        other,
        passes=[Pass(wanted, diary.rng.uniform(150, 1_000))],
        hold=hold,
        diverted_from=wanted,
    )
    diary.stay()
    diary.go(diary.home)


def overflight(diary: Diary) -> None:
    """Through a radio hole to a state behind it."""
    reach = diary.itinerary.performance.range_nm
    for _ in range(_HOLES_TRIED):
        hole = diary.find(
            lambda one: diary.is_abroad(one) and diary.is_in_hole(one), farthest_nm=0.6 * reach
        )
        try:
            there = diary.find(_behind(diary, hole))
        except NoPlaceError:
            continue
        over = (hole.latitude, hole.longitude)
        beside = destination(*over, diary.rng.uniform(0, 360), diary.rng.uniform(0, 60))
        diary.go(there, via=[beside])
        diary.wait(2, 30)
        diary.go(diary.home, via=[beside] if diary.rng.random() < 0.5 else [])
        return
    raise NoPlaceError


def _behind(diary: Diary, hole: Aerodrome) -> Callable[[Aerodrome], bool]:
    """Whether an aerodrome of a third state lies on beyond ``hole``, without a great turn there."""
    over = (hole.latitude, hole.longitude)
    here = (diary.here.latitude, diary.here.longitude)
    on_deg = bearing_deg(*over, *here) + 180
    reach = 0.9 * diary.itinerary.performance.range_nm - distance_nm(*here, *over)

    def fits(one: Aerodrome) -> bool:
        if one.state == hole.state or not diary.is_abroad(one) or not diary.is_heard(one):
            return False
        off = bearing_deg(*over, one.latitude, one.longitude) - on_deg
        nm = distance_nm(*over, one.latitude, one.longitude)
        return 250 < nm < reach and abs((off + 180) % 360 - 180) < 30

    return fits


def cargo(diary: Diary) -> None:
    """Many short stops, at night."""
    for _ in range(diary.rng.randint(3, 6)):
        # Nine in the evening or later by the sun.
        local_h = (diary.at / 3600 + diary.here.longitude / 15) % 24
        if 5 <= local_h < 21:
            diary.wait(21 - local_h, 24 - local_h)
        diary.go(diary.abroad(farthest_nm=1_200))
        diary.wait(0.8, 2.5)
    _home(diary)


def base_change(diary: Diary) -> None:
    """It moves abroad, flies from there for weeks and does not come back."""
    base = diary.abroad()
    diary.go(base)
    diary.itinerary.rebased = True
    for _ in range(diary.rng.randint(7, 9)):
        diary.wait(24, 60)
        there = _from_base(diary)
        diary.go(there)
        diary.wait(1, 6)
        diary.go(base)


def domestic(diary: Diary) -> None:
    """Flights at home only."""
    for _ in range(diary.rng.randint(1, 4)):
        there = diary.find(
            lambda one: one.state == diary.home.state,
            nearest_nm=60,
            farthest_nm=3_000,
            capitals=0.0,
        )
        diary.go(there)
        diary.wait(1, 20)
        diary.go(diary.home)
        diary.wait(2, 20)


def touch_and_go(diary: Diary) -> None:
    """Training: circuits at home, touching the runway again and again."""
    for _ in range(diary.rng.randint(1, 2)):
        circuits = [Pass(diary.home, 0.0)] * diary.rng.randint(2, 6)
        diary.go(diary.home, passes=circuits)
        diary.wait(2, 20)


def low_pass(diary: Diary) -> None:
    """Low over a runway abroad, and home without having landed."""
    there = diary.abroad(farthest_nm=0.4 * diary.itinerary.performance.range_nm)
    diary.go(diary.home, passes=[Pass(there, diary.rng.uniform(100, 800))])


def holding(diary: Diary) -> None:
    """A visit that begins with an hour or three in a hold before the landing."""
    there = diary.abroad()
    hold = Hold(diary.rng.uniform(45, 180), diary.rng.uniform(20, 45), 9_000)
    diary.go(there, hold=hold)
    diary.stay()
    diary.go(diary.home)


def to_and_fro(hours: float) -> Callable[[Diary], None]:
    """Flights between two places for so many hours, with stops of half an hour: no journey."""

    def fill(diary: Diary) -> None:
        ends = diary.at + hours * HOUR
        there = diary.abroad()
        while diary.at < ends:
            diary.go(there if diary.here is diary.home else diary.home)
            diary.wait(0.3, 0.7)

    return fill


def _from_base(diary: Diary) -> Aerodrome:
    """Mostly within the state of the new base."""
    home, base = diary.home.state, diary.here.state
    if diary.rng.random() < 0.7:
        try:
            return diary.find(
                lambda one: one.state == base, nearest_nm=60, farthest_nm=1_500, capitals=0.0
            )
        except NoPlaceError:
            pass  # a state of one aerodrome: it flies to neighbours
    return diary.find(
        lambda one: one.state not in {home, base} and diary.is_heard(one), farthest_nm=1_500
    )


def _home(diary: Diary) -> None:
    """Home, at once where that is near enough, else with a stop to refuel."""
    home = diary.home
    nm = distance_nm(diary.here.latitude, diary.here.longitude, home.latitude, home.longitude)
    if nm > 0.95 * diary.itinerary.performance.range_nm:
        _refuel(diary, home)
    diary.go(home)


def _refuel(diary: Diary, before: Aerodrome) -> None:
    """A stop of 40 to 120 minutes in a third state, little off the way."""
    way = distance_nm(diary.here.latitude, diary.here.longitude, before.latitude, before.longitude)
    here = diary.here

    def fits(one: Aerodrome) -> bool:
        if one.state in {here.state, before.state, diary.home.state} or not diary.is_heard(one):
            return False
        out = distance_nm(here.latitude, here.longitude, one.latitude, one.longitude)
        on = distance_nm(one.latitude, one.longitude, before.latitude, before.longitude)
        return out + on < 1.15 * way and on > 0.15 * way

    diary.go(diary.find(fits, nearest_nm=0.15 * way, farthest_nm=0.9 * way), technical=True)
    diary.wait(40 / 60, 2)


#: Formation pairs are visits of two aircraft (world.py).
KINDS: Mapping[str, Callable[[Diary], None]] = MappingProxyType(
    {
        "visit": visit,
        "radio_hole": radio_hole,
        "shuttle": shuttle,
        "tour": tour,
        "stopover": stopover,
        "turned_back": turned_back,
        "diversion": diversion,
        "overflight": overflight,
        "formation": visit,
        "cargo": cargo,
        "base_change": base_change,
        "domestic": domestic,
        "touch_and_go": touch_and_go,
        "low_pass": low_pass,
        "holding": holding,
    }
)

#: The kinds in the order in which they are drawn: those that tell most of rules come more often.
MIX = (*KINDS, "radio_hole", "turned_back", "radio_hole", "overflight", "radio_hole")
