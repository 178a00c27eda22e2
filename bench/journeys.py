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

from journeys_grading import CERTAINTIES, Grade, Said, grade

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

#: The bars: in holes the true state first, ``probable`` right, ``inferred`` in the right state.
FIRST, PROBABLE, INFERRED = 0.85, 0.90, 0.97
#: Landings that nobody heard, by where contact was lost, and when they are judged.
HOLES = {"holes": "landings nobody heard", "holes in cruise": "those lost in cruise"}
JUDGED = {"blind": "until heard again", "final": "in the end"}


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


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part} of {whole})" if whole else "none"


def kinds_table(grades: dict[str, Grade]) -> None:
    print("                            journeys       |       stays        |   technical stops")
    print("                        right wrong unsure | right false missed | right missed mixed up")
    for kind, one in grades.items():
        c = one.counts
        mixed_up = c["technical stop as a stay"] + c["stay as a technical stop"]
        print(
            f"  {kind:<20} {c['journey right']:>6} {c['journey wrong']:>5} "
            f"{c['journey unsure']:>6} | {c['stay right']:>5} {c['stay false']:>5} "
            f"{c['stay missed']:>6} | {c['technical stop right']:>5} "
            f"{c['technical stop missed']:>6} {mixed_up:>8}"
        )


def totals(grades: dict[str, Grade]) -> Grade:
    """Prints the figures of all kinds together, and gives them."""
    total, cargo = Grade(), grades.get("cargo", Grade())
    for one in grades.values():
        total.add(one)
    stays("all", total.counts)
    if cargo.counts:
        # Short visits one after the other, which look like technical stops.
        stays("without cargo", total.counts - cargo.counts)
        stays("cargo", cargo.counts)
    movements(total)
    for name, what in HOLES.items():
        for when, words in JUDGED.items():
            holes(total.counts, name, when, f"{what}, {words}")
    for kind in ("turned_back", "diverted"):
        found, missed, false = (
            total.counts[f"{kind} {how}"] for how in ("found", "missed", "false")
        )
        print(f"{kind}: found {share(found, found + missed)}, false {false}")
    print(f"length of stays is off by {errors(total.length_errors_h, 'h')}")
    return total


def stays(name: str, c: Counter[str]) -> None:
    """Journeys and stays; a stay is right when it is told as what it was."""
    right, wrong, unsure = (c[f"journey {how}"] for how in ("right", "wrong", "unsure"))
    n = right + wrong + unsure
    print(
        f"journeys ({name}): right {share(right, n)}, wrong {share(wrong, n)}, "
        f"unsure {share(unsure, n)}"
    )
    right, as_stay = c["stay right"], c["technical stop as a stay"]
    as_technical = c["stay as a technical stop"]
    print(
        f"  stays by state: precision {share(right, right + c['stay false'] + as_stay)}, recall "
        f"{share(right, right + c['stay missed'] + as_technical)}; visits told as technical stops "
        f"{as_technical}, technical stops told as stays {as_stay}"
    )


def movements(total: Grade) -> None:
    c = total.counts
    for when, words in (("", "ever claimed"), ("final ", "in the end, one to one")):
        for certainty in CERTAINTIES[: 3 if when else 2]:
            name = f"{when}{certainty}"
            print(
                f"{certainty} movements {words}: {claimed(c, name)}, right or beside "
                f"{share(c[f'{name} right'] + c[f'{name} beside'], claimed(c, name))} (beside "
                f"{c[f'{name} beside']}), wrong place {c[f'{name} wrong place']}, wrong time "
                f"{c[f'{name} wrong time']}, phantom {c[f'{name} phantom']}; in the right state "
                f"{share(c[f'{name} in its state'], claimed(c, name))}"
            )
    for certainty in ("observed", "inferred"):
        print(
            f"times of {certainty} movements are off by {errors(total.off_min[certainty], 'min')}; "
            f"they admit {errors(total.admitted_min[certainty], 'min')}, more than an hour "
            f"{sum(one > 60 for one in total.admitted_min[certainty])}"
        )
    right = c["probable right"]
    print(f"probable arrivals ever claimed: right {share(right, right + c['probable wrong'])}")
    print(
        "movements that a feed heard on the ground and nothing stands for in the end: "
        f"{share(c['movements heard, not told'], c['movements heard'])}"
    )


def claimed(c: Counter[str], name: str) -> int:
    return c[f"{name} right"] + c[f"{name} beside"] + c[f"{name} wrong"]


def holes(c: Counter[str], name: str, when: str, words: str) -> None:
    first, later, unnamed, nothing = (
        c[f"{name} {when} {how}"] for how in ("first", "later", "not named", "nothing said")
    )
    print(
        f"{words}: the state first {share(first, c[name])}, later in the list {later}, not in it "
        f"{unnamed}, nothing said {nothing}"
    )


def errors(values: list[float], unit: str) -> str:
    if not values:
        return "none"
    values = sorted(values)
    return (
        f"median {values[len(values) // 2]:.1f} {unit}, "
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
    for truth in world.truth():
        grades[truth.kind].add(grade(truth, run.said[truth.icao24]))
    days = (world.ends - world.begins) / 86_400
    print(
        f"seed {asked.seed}: {asked.journeys} journeys, {len(world.itineraries)} aircraft, "
        f"{days:.1f} days, a look every {asked.every_s:g} s, {run.states} states; "
        f"{time.perf_counter() - began:.0f} s, of which the stage {run.seconds:.0f} s "
        f"({run.seconds / run.states * 1e6:.0f} µs a state)"
    )
    show(grades, grades if "all" in asked.show else asked.show)
    kinds_table(grades)
    total = totals(grades)
    press = True if asked.kind else press_cases(asked.every_s)
    if run.rejected:
        print("rejected: " + ", ".join(f"{name} {n}" for name, n in run.rejected.most_common()))
    return verdict(total, press=press)


def verdict(total: Grade, *, press: bool) -> int:
    """Each bar, met or missed, with its figure; 1 when one is missed.

    A bar without a single case is neither: journeys of some kinds alone have no radio holes.
    """
    c = total.counts
    bars = []
    for when, words in (("", "ever claimed"), ("final ", "in the end")):
        observed, inferred = claimed(c, f"{when}observed"), claimed(c, f"{when}inferred")
        right = observed - c[f"{when}observed wrong"]
        bars.append((f"no observed movement is wrong, {words}", right, observed, 1.0))
        right = c[f"{when}inferred in its state"]
        bars.append((f"inferred movements in the right state, {words}", right, inferred, INFERRED))
    for name, what in HOLES.items():
        for when, words in JUDGED.items():
            first = c[f"{name} {when} first"]
            bars.append((f"true state first, {what}, {words}", first, c[name], FIRST))
    right = c["probable right"]
    bars.append(("probable arrivals right", right, right + c["probable wrong"], PROBABLE))
    is_met = press
    for bar, part, whole, least in bars:
        reached = part >= least * whole
        is_met &= reached
        word = ("met" if reached else "MISSED") if whole else "no case"
        print(f"{word:<7} {bar}: {share(part, whole)}, the bar is {least:.0%}")
    print(f"{'met' if press else 'MISSED':<7} the press cases are right")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
