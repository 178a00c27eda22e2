"""What the journeys stage costs on a busy feed, while it is checked that what it says is true.

    python bench/journeys_cost.py [--aircraft 440] [--hours 24] [--every-s 10] [--seed 1]

Simulated aircraft fly to and fro without rest, with noise, so that each snapshot has some 300
candidates. Prints the CPU time a candidate state takes in the stage alone, beside that of decoding
it from JSON, and the resident memory each fourth hour. Ends with 1 when a state takes more than
20 µs, when memory grows by more than a tenth after the first hours, or when an observed movement is
wrong.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from journeys import new_stage
from journeys_grading import Grade, Said, grade

from simulator.dice import Dice
from simulator.drawing import draw_crowd
from wheelsdown.records.journeys import Flight
from wheelsdown.records.topics import ADSB_SNAPSHOTS
from wheelsdown.stage import Position

MOST_US, MOST_GROWTH = 20.0, 1.10
#: The baseline is taken from every so many snapshots: the decoding of their JSON.
BASELINE_EVERY = 20
#: By then the first flights are over, so that every aircraft and most of the sky have been seen.
WARM_H = 8


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--aircraft", type=int, default=440)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--every-s", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    world = draw_crowd(asked.aircraft, asked.hours, Dice(asked.seed), source="crowd")
    stage = new_stage(world)
    said = {one.aircraft.icao24: Said() for one in world.itineraries}
    cells: dict[str, Any] = {}
    seconds, states, snapshots = 0.0, 0, 0
    decoding, decoded = 0.0, 0
    memory: dict[int, float] = {}
    for offset, snapshot in enumerate(world.snapshots(asked.every_s)):
        hour = int(offset * asked.every_s / 3600)
        if hour >= asked.hours:
            break
        if hour % 4 == 0 and hour not in memory:
            memory[hour] = resident_mb()
            print(f"hour {hour:>2}: {memory[hour]:.0f} MB, {states} states", flush=True)
        if offset % BASELINE_EVERY == 0:
            data = ADSB_SNAPSHOTS.encode(snapshot)
            began = time.process_time()
            ADSB_SNAPSHOTS.decode(data)
            decoding += time.process_time() - began
            decoded += len(snapshot.candidates)
        began = time.process_time()
        step = stage.step(cells, snapshot, Position(0, offset))
        seconds += time.process_time() - began
        snapshots += 1
        states += len(snapshot.candidates)
        for name, cell in step.cells.items():
            if cell is None:
                cells.pop(name, None)
            else:
                cells[name] = cell
        for output in step.outputs:
            if isinstance(output.record, Flight):
                one = said[output.record.icao24]
                one.take(output.record)
                one.flights.clear()  # only movements are graded: a day of flights kept is no leak
                one.lost.clear()
    memory[asked.hours] = resident_mb()
    total = Grade()
    for truth in world.truth():
        total.add(grade(truth, said[truth.icao24]))
    us = seconds / states * 1e6
    growth = memory[asked.hours] / memory[WARM_H] if WARM_H in memory else 1.0
    right, wrong = total.counts["observed right"], total.counts["observed wrong"]
    print(
        f"{asked.hours} h, a look every {asked.every_s:g} s: {states} states, "
        f"{states / snapshots:.0f} a snapshot; {us:.1f} µs of CPU a state in the stage, "
        f"{us / (decoding / decoded * 1e6):.1f} times what decoding it from JSON takes; memory "
        f"{memory[asked.hours]:.0f} MB, {growth:.2f} times that of hour {WARM_H}; observed "
        f"movements {right} right, {wrong} wrong"
    )
    bars = {
        f"at most {MOST_US:g} µs of CPU a state": us <= MOST_US,
        f"memory at most {MOST_GROWTH:g} times that of hour {WARM_H}": growth <= MOST_GROWTH,
        "no observed movement is wrong": not wrong,
    }
    for bar, is_met in bars.items():
        print(f"{'met   ' if is_met else 'MISSED'}  {bar}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
