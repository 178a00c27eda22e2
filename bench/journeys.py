"""How well journeys are read from raw positions: simulated ones, graded against their truth.

    python bench/journeys.py --seed SEED [--journeys N] [--kind KIND ...] [--show KIND ...]
        [--every-s 60]

Simulates journeys of all kinds in a world drawn from the seed (docs/simulation.md), runs the
journeys stage alone over the snapshots and compares. Ends with 1 when a bar is missed. ``--show``
prints what is true and what was said wherever a journey of the kind failed; ``all`` shows every
kind. The press cases are simulated as well, unless journeys of some kinds only are asked for.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from journeys_grading import Grade, Said, grade

from pipeline.applying import CellCodec
from pipeline.graph import Reference, build
from processors.journeys.stage import JourneysStage
from simulator.dice import Dice
from simulator.drawing import draw_world
from simulator.kinds import KINDS, MIX
from simulator.press_cases import PRESS_CASES, press_world
from simulator.truth import Truth
from simulator.world import World
from wheelsdown.records.journeys import Flight, Journey, Stay
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.fleet import Fleet
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_states
from wheelsdown.stage import Position

#: The bars: through radio holes the true state first, ``probable`` right.
FIRST, PROBABLE = 0.85, 0.90


def new_stage(world: World) -> JourneysStage:
    """The stage as the graph builds it, with the simulated fleet."""
    fleet = Fleet({one.aircraft.icao24: one.aircraft for one in world.itineraries})
    reference = Reference(fleet, load_aerodromes(), load_states(), load_officials())
    stages = build(reference, partitions=lambda _: 1, route="none")
    return next(stage for stage in stages if isinstance(stage, JourneysStage))


class Run:
    """The stage over a world, and everything that it said, by aircraft."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.stage = new_stage(world)
        self.said: defaultdict[str, Said] = defaultdict(Said)
        self.rejected: Counter[str] = Counter()
        self.states = 0
        self.seconds = 0.0

    def run(self, every_s: float) -> None:
        cells: dict[str, Any] = {}
        codec = CellCodec(self.stage)
        for offset, snapshot in enumerate(self.world.snapshots(every_s)):
            began = time.perf_counter()
            step = self.stage.step(cells, snapshot, Position(0, offset))
            self.seconds += time.perf_counter() - began
            self.states += len(snapshot.candidates)
            self.rejected += Counter(step.rejected)
            for name, cell in step.cells.items():
                if cell is None:
                    cells.pop(name, None)
                else:
                    cells[name] = codec.decode(codec.encode(cell))  # as it comes back from a host
            for output in step.outputs:
                record = output.record
                output.topic.encode(record)
                if isinstance(record, Flight | Journey):
                    self.said[record.icao24].take(record)
                elif isinstance(record, Stay):
                    self.said[record.aircraft.icao24].take(record)


def press_cases(every_s: float) -> bool:
    """Each case, with what was said of it; whether all are right."""
    is_right = True
    print("press cases")
    for name, case in PRESS_CASES.items():
        run = Run(press_world(name, Dice(1)))
        run.run(every_s)
        (truth,) = run.world.truth()
        said = run.said[truth.icao24]
        one = grade(truth, said)
        found = next(how for how in ("right", "wrong", "unsure") if one.counts[f"journey {how}"])
        print(f"  {name} {found}: {case.facts}")
        tell(truth, said)
        for _, _, reasons in one.failures:
            for reason in reasons:
                print(f"    ! {reason}")
        is_right &= found == "right"
    return is_right


def share(part: float, whole: float) -> str:
    return f"{part / whole:6.1%}" if whole else "     -"


def kinds_table(grades: dict[str, Grade]) -> None:
    print("                            journeys       |            stays         | technical stop")
    print("                        right wrong unsure | right false missed  told as stay, reverse")
    for kind, one in grades.items():
        c = one.counts
        print(
            f"  {kind:<20} {c['journey right']:>6} {c['journey wrong']:>5} "
            f"{c['journey unsure']:>6} | {c['stay right']:>5} {c['stay false']:>5} "
            f"{c['stay missed']:>6} {c['technical stop as a stay']:>13} "
            f"{c['short stay as a technical stop']:>8}"
        )


def totals(total: Grade) -> None:
    c = total.counts
    stays, false = c["stay right"], c["stay false"] + c["technical stop as a stay"]
    print(
        f"stays by state: precision {share(stays, stays + false)}, "
        f"recall {share(stays, stays + c['stay missed'])}"
    )
    for certainty in ("observed", "inferred"):
        right, off, wrong = (
            c[f"{certainty} {how}"] for how in ("right", "at a wrong time", "wrong")
        )
        beside = c[f"{certainty} beside"]
        print(
            f"{certainty} movements ever claimed: {right + beside + off + wrong}, wrong {wrong}, "
            f"at a wrong time {off}, at a neighbouring aerodrome {beside}; "
            f"{errors(total.time_errors_min[certainty], 'min')}"
        )
    right, wrong = c["probable right"], c["probable wrong"]
    print(f"probable arrivals ever claimed: {right + wrong}, right {share(right, right + wrong)}")
    for name, what in (("holes", "landings nobody heard"), ("holes in cruise", "lost in cruise")):
        for when, words in (("blind", "until heard again"), ("final", "in the end")):
            first, later, unnamed, nothing = (
                c[f"{name} {when} {how}"] for how in ("first", "later", "not named", "nothing said")
            )
            print(
                f"{what}, {words}: {c[name]}, the state first {share(first, c[name])}, later in "
                f"the list {later}, not in it {unnamed}, nothing said {nothing}"
            )
    for kind in ("turned_back", "diverted"):
        print(
            f"{kind}: found {c[f'{kind} found']}, missed {c[f'{kind} missed']}, "
            f"false {c[f'{kind} false']}"
        )
    print(f"length of stays: {errors(total.length_errors_h, 'h')}")


def errors(values: list[float], unit: str) -> str:
    if not values:
        return "no errors to tell"
    values = sorted(values)
    return (
        f"error median {values[len(values) // 2]:.1f} {unit}, "
        f"95 % {values[int(0.95 * (len(values) - 1))]:.1f}, largest {values[-1]:.1f}"
    )


def show(grades: dict[str, Grade], kinds: Iterable[str]) -> None:
    for kind in kinds:
        for truth, said, reasons in grades[kind].failures:
            print(
                f"\n{truth.icao24} {kind} of {truth.home_state} ({truth.home}, {truth.type_code}), "
                f"noise {', '.join(truth.noise) or 'none'}"
            )
            tell(truth, said)
            for reason in reasons:
                print(f"    ! {reason}")


def tell(truth: Truth, said: Said) -> None:
    for leg in truth.legs:
        departure, arrival = leg.departure, leg.arrival
        last = f"{leg.last_heard:%d %H:%M}" if leg.last_heard else "never"
        print(
            f"    true {departure.aerodrome} ({departure.state}) {departure.at:%d %b %H:%M} > "
            f"{arrival.aerodrome} ({arrival.state}) {arrival.at:%d %b %H:%M}, last heard {last}"
            f"{'' if arrival.heard else ', landing not heard'}"
            f"{', in a hole' if leg.in_hole else ''}{', turned back' if leg.turned_back else ''}"
            f"{f', meant for {leg.diverted_from}' if leg.diverted_from else ''}"
        )
    for one in said.stays.values():
        place = one.arrival.place
        print(
            f"    said stay {one.host} {place.aerodrome} {one.arrival.at:%d %b %H:%M} "
            f"{one.arrival.certainty}, {one.status}, left "
            f"{f'{one.departure.at:%d %b %H:%M}' if one.departure else '-'}"
            f"{f' ({one.withdrawn_because})' if one.withdrawn_because else ''}"
        )
    for flight in said.flights.values():
        movements = (flight.leg.departure, *flight.leg.events, flight.leg.arrival)
        print(
            "    said flight "
            + ", ".join(
                f"{one.kind} {one.place.aerodrome or one.place.state or '?'} "
                f"{one.at:%d %H:%M} {one.certainty}"
                for one in movements
                if one is not None
            )
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--journeys", type=int, default=500)
    parser.add_argument("--every-s", type=float, default=60.0)
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    parser.add_argument("--show", action="append", choices=[*KINDS, "all"], default=[])
    asked = parser.parse_args()
    kinds = tuple(asked.kind or MIX)
    world = draw_world(
        asked.journeys, Dice(asked.seed), source=f"simulated-{asked.seed}", kinds=kinds
    )
    run = Run(world)
    began = time.perf_counter()
    run.run(asked.every_s)
    grades: dict[str, Grade] = {kind: Grade() for kind in KINDS if kind in kinds}
    total = Grade()
    for truth in world.truth():
        one = grade(truth, run.said[truth.icao24])
        grades[truth.kind].add(one)
        total.add(one)
    days = (world.ends - world.begins) / 86_400
    print(
        f"seed {asked.seed}: {asked.journeys} journeys, {len(world.itineraries)} aircraft, "
        f"{days:.1f} days, a look every {asked.every_s:g} s, {run.states} states; "
        f"{time.perf_counter() - began:.0f} s, of which the stage {run.seconds:.0f} s "
        f"({run.seconds / run.states * 1e6:.0f} µs a state)"
    )
    show(grades, grades if "all" in asked.show else asked.show)
    kinds_table(grades)
    totals(total)
    press = True if asked.kind else press_cases(asked.every_s)
    if run.rejected:
        print("rejected: " + ", ".join(f"{name} {n}" for name, n in run.rejected.most_common()))
    return verdict(total, press=press)


def verdict(total: Grade, *, press: bool) -> int:
    c = total.counts
    probable = c["probable right"] + c["probable wrong"]
    bars = {
        "no observed movement is wrong": not c["observed wrong"],
        f"true state first through {FIRST:.0%} of the holes": c["holes final first"]
        >= FIRST * c["holes"],
        f"{PROBABLE:.0%} of probable arrivals are right": c["probable right"]
        >= PROBABLE * probable,
        "the press cases are right": press,
    }
    for bar, is_met in bars.items():
        print(f"{'met   ' if is_met else 'MISSED'} {bar}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
