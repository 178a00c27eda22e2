"""Simulated worlds: the same for the same seed, and true to what they say is true."""

import hashlib
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulator.dice import Dice
from simulator.drawing import draw_crowd, draw_world
from simulator.kinds import KINDS
from simulator.noise import KINDS as NOISES
from simulator.press_cases import PRESS_CASES, press_world
from simulator.truth import Truth
from simulator.world import World
from wheelsdown.records.aircraft import Snapshot, StateVector
from wheelsdown.records.topics import ADSB_SNAPSHOTS
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import distance_nm

PER_KIND = 2
EVERY_S = 120.0


class Made:
    """A world of all kinds that has been looked at."""

    def __init__(self) -> None:
        kinds = tuple(KINDS)
        self.world = draw_world(PER_KIND * len(kinds), Dice(11), source="test", kinds=kinds)
        self.heard: dict[str, list[tuple[datetime, StateVector]]] = defaultdict(list)
        self.health: set[str] = set()
        self.told: list[datetime] = []
        self.snapshots = 0
        for snapshot in self.world.snapshots(EVERY_S):
            self.take(snapshot)
        self.truth = {one.icao24: one for one in self.world.truth()}

    def take(self, snapshot: Snapshot) -> None:
        addresses = [one.icao24 for one in snapshot.candidates]
        assert addresses == sorted(set(addresses))
        assert snapshot.health == "ok" or not snapshot.candidates
        self.health.add(snapshot.health)
        if snapshot.reception is not None:
            self.told.append(snapshot.observed_at)
        for vector in snapshot.candidates:
            self.heard[vector.icao24].append((snapshot.observed_at, vector))
        self.snapshots += 1

    def of(self, kind: str) -> list[Truth]:
        return [one for one in self.truth.values() if one.kind == kind]


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


def digest(world: World, every_s: float) -> str:
    found = hashlib.sha256()
    for snapshot in world.snapshots(every_s):
        found.update(ADSB_SNAPSHOTS.encode(snapshot))
    for truth in world.truth():
        found.update(repr(truth).encode())
    return found.hexdigest()


def small(seed: int) -> World:
    return draw_world(3, Dice(seed), source="test", kinds=("tour", "radio_hole"))


def test_the_same_seed_makes_the_same_bytes_whatever_the_hash_seed() -> None:
    program = "import test_simulator_world as t; print(t.digest(t.small(5), 900.0))"
    here, root = __file__.rsplit("/", 1)[0], __file__.rsplit("/tests/", 1)[0]
    again = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": f"{root}:{root}/tests:{here}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert digest(small(5), 900.0) == again.stdout.strip()
    assert digest(small(6), 900.0) != again.stdout.strip()


def test_what_is_true_does_not_depend_on_how_often_anybody_looks() -> None:
    often, rarely = small(7), small(7)
    for world, every_s in ((often, 300.0), (rarely, 900.0)):
        for _ in world.snapshots(every_s):
            pass
    for one, other in zip(often.truth(), rarely.truth(), strict=True):
        assert [leg.arrival.at for leg in one.legs] == [leg.arrival.at for leg in other.legs]
        assert one.stays == other.stays


def test_positions_without_noise_lie_on_the_ground_where_the_truth_has_it(made: Made) -> None:
    aerodromes = load_aerodromes()
    checked = 0
    for truth in made.truth.values():
        if truth.noise:
            continue
        places = {
            icao for leg in truth.legs for icao in (leg.departure.aerodrome, leg.arrival.aerodrome)
        }
        for _, vector in made.heard[truth.icao24]:
            assert vector.latitude is not None
            assert vector.longitude is not None
            assert vector.positioned_at is not None
            flying = any(
                leg.departure.at + timedelta(seconds=1)
                < vector.positioned_at
                < leg.arrival.at - timedelta(seconds=1)
                for leg in truth.legs
                if not leg.passed
            )
            if vector.on_ground:
                near = [
                    distance_nm(vector.latitude, vector.longitude, at.latitude, at.longitude)
                    for icao in (*places, *(one for leg in truth.legs for one in leg.passed))
                    if (at := aerodromes.get(icao)) is not None
                ]
                assert min(near) < 2
                assert not flying
                checked += 1
    assert checked > 300


def test_what_the_truth_says_was_heard_was_heard(made: Made) -> None:
    for truth in made.truth.values():
        if truth.noise:
            continue
        times = [vector.positioned_at for _, vector in made.heard[truth.icao24]]
        for leg in truth.legs:
            if leg.last_heard is None:
                continue
            assert any(abs(at - leg.last_heard) <= timedelta(seconds=1) for at in times if at)
            after = leg.last_heard + timedelta(seconds=1)
            assert not any(after < at < leg.arrival.at + timedelta(minutes=1) for at in times if at)


def test_each_kind_does_what_its_name_says(made: Made) -> None:
    for truth in made.truth.values():
        assert truth.is_journey == bool(truth.stays)
        assert truth.home_state not in {one.state for one in truth.stays}
        for one, other in pairwise(truth.legs):
            assert one.arrival.aerodrome == other.departure.aerodrome
            assert one.arrival.at < other.departure.at
    for kind in ("domestic", "touch_and_go", "turned_back", "low_pass"):
        assert not any(one.is_journey for one in made.of(kind)), kind
    assert all(one.legs[0].turned_back for one in made.of("turned_back"))
    assert all(len(set(one.legs[0].passed)) == 1 for one in made.of("low_pass"))
    for one in made.of("radio_hole"):
        assert one.legs[0].in_hole
        assert not one.legs[0].arrival.heard
    for one in made.of("stopover"):
        assert one.stays[0].technical
        assert one.stays[0].left is not None
        stopped = one.stays[0].left - one.stays[0].arrived
        assert timedelta(minutes=40) < stopped < timedelta(hours=3)
    for one in made.of("diversion"):
        assert one.legs[0].diverted_from not in {None, one.legs[0].arrival.aerodrome}
    for one in made.of("base_change"):
        assert one.ends == "rebased"
        assert one.legs[-1].arrival.at - one.legs[0].arrival.at > timedelta(days=7)
    for one in made.of("formation"):
        assert one.partner is not None
        other = made.truth[one.partner]
        assert other.partner == one.icao24
        for mine, its in zip(one.legs, other.legs, strict=True):
            assert abs(mine.arrival.at - its.arrival.at) < timedelta(minutes=1)
    for one in made.of("cargo"):
        assert len(one.stays) >= 3
    assert all(len(one.stays) >= 3 for one in made.of("shuttle"))
    assert all(len({stay.state for stay in one.stays}) == 1 for one in made.of("shuttle"))


def test_feeds_fail_now_and_then_and_tell_of_reception_once_a_minute(made: Made) -> None:
    assert made.health == {"ok", "silent"}
    assert len(made.told) == len(set(made.told))
    assert all((at - made.told[0]).total_seconds() % EVERY_S == 0 for at in made.told)
    world = draw_world(1, Dice(3), source="test", kinds=("visit",))
    told = [one for one in world.snapshots(10.0) if one.reception is not None]
    gaps = {other.observed_at - one.observed_at for one, other in pairwise(told)}
    assert min(gaps) == timedelta(minutes=1)


def test_every_kind_of_noise_befalls_somebody_and_many_have_none() -> None:
    world = draw_world(120, Dice(4), source="test", kinds=("visit", "shuttle"))
    kinds = {kind for noise in world.noises.values() for kind in noise.kinds}
    assert kinds == set(NOISES)
    clean = sum(not noise.kinds for noise in world.noises.values())
    assert 0.2 < clean / len(world.noises) < 0.6
    assert world.ghosts


@pytest.mark.parametrize(
    ("name", "stays", "hours"),
    [
        ("P01", ["PRK"], 36.0),
        ("P12", ["KOR"], 56.6),
        ("P14", [], None),
        ("P19", ["RUS"], 45.1),
        ("P36", ["CHN"], None),
    ],
)
def test_press_cases_fly_between_the_times_that_the_press_gave(
    name: str, stays: list[str], hours: float | None
) -> None:
    world = press_world(name, Dice(1))
    for _ in world.snapshots(300.0):
        pass
    (truth,) = world.truth()
    assert [one.state for one in truth.stays] == stays
    assert truth.ends == "home"
    if hours is not None:
        (stay,) = truth.stays
        assert stay.left is not None
        assert (stay.left - stay.arrived) / timedelta(hours=1) == pytest.approx(hours, abs=0.3)
    if name == "P01":
        assert not truth.legs[0].arrival.heard
        assert truth.legs[0].departure.at.date() == datetime(2023, 7, 31, tzinfo=UTC).date()
        assert truth.legs[1].arrival.at.date() == datetime(2023, 8, 2, tzinfo=UTC).date()
    assert set(PRESS_CASES) == {"P01", "P12", "P14", "P19", "P36"}


def test_nobody_flies_farther_than_the_type_can() -> None:
    world = draw_world(150, Dice(12), source="test")
    for itinerary in world.itineraries:
        for sortie in itinerary.sorties:
            assert sortie.flight.nm < 1.2 * itinerary.performance.range_nm, itinerary.kind


def test_a_crowd_keeps_the_feed_busy_for_as_long_as_asked() -> None:
    world = draw_crowd(40, 12.0, Dice(13), source="test")
    counts = []
    for number, snapshot in enumerate(world.snapshots(600.0)):
        hour = number / 6 - 1  # an hour before the first
        if 3 < hour < 12:
            counts.append(len(snapshot.candidates))
    assert min(counts) > 15
    assert sum(counts) / len(counts) > 22
