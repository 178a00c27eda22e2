"""Simulations as recordings: the snapshots, the fleet that flew, and the truth beside them."""

import csv
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from cli.recording import RecordingError, RecordingWriter
from simulator.dice import Dice
from simulator.drawing import draw_world
from simulator.kinds import KINDS, MIX
from simulator.press_cases import PRESS_CASES, press_world
from simulator.truth import Truth
from simulator.world import World
from wheelsdown.records.topics import ADSB_SNAPSHOTS
from wheelsdown.reference.fleet import load_fleet
from wheelsdown.reference.fleet_files import OWN_COLUMNS

TRUTH = "truth.jsonl"
FLEET_FILE = "simulated-fleet.csv"

#: Told the day that is being written, how many days are done, and of how many.
Tell = Callable[[str, int, int], None]


class SimulationError(Exception):
    """The simulation can't be made as asked; the message says what to do."""


def draw(journeys: int, seed: int, kinds: Sequence[str]) -> World:
    """A world with journeys of these kinds, of the usual mix when none is named."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise SimulationError(f"no kind {unknown[0]!r} is known; known: {', '.join(KINDS)}")
    return draw_world(journeys, Dice(seed), source=f"simulated-{seed}", kinds=kinds or MIX)


def draw_press(name: str, seed: int) -> World:
    """The world of a case of the press; the seed draws what the press did not tell."""
    if name not in PRESS_CASES:
        raise SimulationError(f"no press case {name!r} is known; known: {', '.join(PRESS_CASES)}")
    return press_world(name, Dice(seed))


def made_from_press(name: str, seed: int, every_s: float) -> str:
    """What a press case is made from, for the manifest."""
    case = PRESS_CASES[name]
    return (
        f"press case {name}, seed {seed}, a look every {every_s:g} s; facts: {case.facts} "
        f"({'; '.join(case.sources)}); made up: {case.made_up}"
    )


def write(world: World, into: Path, every_s: float, made_from: str, tell: Tell) -> list[Truth]:
    """Make the recording and give its truth; ``made_from`` is what the manifest says of it.

    Raises RecordingError when the folder holds something already or can't be written.
    """
    if into.exists() and any(into.iterdir()):
        # Also what an interrupted run has left would be mixed with this one.
        raise RecordingError(f"{into} holds something already; name another folder")
    days = int((world.ends - world.begins) / 86_400) + 1
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder) / FLEET_FILE
        _write_fleet(world, fleet)
        with RecordingWriter(into) as writer:
            writer.keep_fleet([fleet], load_fleet([fleet]).version)
            writer.note(f"simulated by wheelsdown {version('wheelsdown')}: {made_from}", {})
            begun: list[str] = []
            for snapshot in world.snapshots(every_s):
                day = f"{snapshot.observed_at:%Y-%m-%d}"
                if day not in begun:
                    begun.append(day)
                    tell(day, len(begun), days)
                writer.add(ADSB_SNAPSHOTS, snapshot)
    truth = world.truth()
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in truth)
    try:
        (into / TRUTH).write_bytes(lines)
    except OSError as error:
        raise RecordingError(f"can't write {into / TRUTH}: {error.strerror}") from error
    return truth


def lines(truth: Sequence[Truth], into: Path) -> list[str]:
    """What was made, in words."""
    legs = [leg for one in truth for leg in one.legs]
    unheard = sum(not leg.arrival.heard for leg in legs)
    return [
        f"{len(truth)} aircraft, {len(legs)} flights ({unheard} landings not heard) in {into}",
        f"what is true of them is in {into / TRUTH}",
    ]


def _write_fleet(world: World, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, OWN_COLUMNS, restval="")
        writer.writeheader()
        for one in world.itineraries:
            aircraft = one.aircraft
            writer.writerow(
                {
                    "icao24": aircraft.icao24,
                    "registration": aircraft.registration,
                    "type_code": aircraft.type_code,
                    "type_name": aircraft.type_name,
                    "operator": aircraft.operator,
                    "operator_state": aircraft.operator_state,
                    "source": "simulated",
                }
            )
