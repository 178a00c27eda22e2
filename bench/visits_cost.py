"""What reading visits costs, beside rules alone and a dictionary alone, in one run.

    python bench/visits_cost.py ENTRIES.jsonl.gz --labels FILE... --news FILE...

Reads all entries of a file of news with the reader and both baselines, and prints entries a second,
milliseconds an entry, and the resident memory; then the F1 of pairs of each on the labelled
development part (the reader's by cross-validation: it is taught three times). Ends with 1 when the
reader's 99th percentile is above 3 ms of CPU time, when more than 200 MB are resident, or when a
fresh process takes 1 s or more until it has read an entry. Reading waits for nothing, so what the
wall clock shows beyond CPU time is the work of others on the machine.
"""

import argparse
import subprocess
import sys
import time
from array import array
from contextlib import ExitStack
from pathlib import Path

from visit_baselines import dictionary_only, rules_only

from cli.visits.entry_lines import ReadingError, entries_of
from cli.visits.labelled import TrainingError, cross_validate, development, graded, labelled
from cli.visits.reader import gazetteer, reader
from cli.visits.report import shown
from learning.labels import LabelsError
from learning.validation import ReadEntry, as_read

MOST_MS, MOST_MB, MOST_START_S = 3.0, 200.0, 1.0
STARTS = 5
#: A fresh process up to the first entry read, imports and all.
ENTRY = '{"title": "Macron arrives in Tokyo", "published": "2023-04-01"}'
START = (
    "from cli.visits.reader import reader; from cli.visits.entry_lines import entry_from; "
    f"reader(None)(entry_from({ENTRY.encode()!r})[1])"
)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def start_s() -> float:
    """The shortest of some starts: what it takes where nothing else goes on."""
    found = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", START], check=True)
        found.append(time.perf_counter() - began)
    return min(found)


def pass_over(path: Path, name: str, read: ReadEntry) -> tuple[float, float]:
    """Read all entries; the 99th percentile in ms of CPU and the highest resident memory in MB."""
    wall, cpu = array("d"), array("d")
    found = with_visits = 0
    before = most = resident_mb()
    started = time.perf_counter()
    with ExitStack() as stack:
        for number, entry in enumerate(entries_of(path, stack)):
            began, began_cpu = time.perf_counter(), time.process_time()
            told = read(entry) or ()
            cpu.append((time.process_time() - began_cpu) * 1e3)
            wall.append((time.perf_counter() - began) * 1e3)
            found += len(told)
            with_visits += bool(told)
            if number % 10_000 == 0:
                most = max(most, resident_mb())
    most = max(most, resident_mb())
    seconds = sum(cpu) / 1e3
    print(
        f"{name}: {len(cpu)} entries, {with_visits} with visits, {found} pairs; "
        f"{len(cpu) / seconds:.0f} entries a second of CPU time; resident {before:.0f} MB before, "
        f"{most:.0f} MB at most; {time.perf_counter() - started:.0f} s with decoding and cleaning"
    )
    for what, times in (("wall", sorted(wall)), ("CPU", sorted(cpu))):
        half, last = times[len(times) // 2], times[int(0.99 * (len(times) - 1))]
        print(f"  {what} ms an entry: p50 {half:.3f}, p99 {last:.3f}, max {times[-1]:.1f}")
    return last, most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("entries", type=Path)
    parser.add_argument("--labels", type=Path, action="append", required=True)
    parser.add_argument("--news", type=Path, action="append", default=[])
    asked = parser.parse_args()
    started = start_s()
    print(f"a fresh process has read its first entry after {started:.2f} s")
    ours = reader(None)
    p99, resident = pass_over(asked.entries, "reader", ours)
    names = gazetteer()
    baselines = {"rules only": rules_only(names), "dictionary only": dictionary_only(names)}
    for name, read in baselines.items():
        pass_over(asked.entries, name, read)
    examples = development(labelled(asked.labels, asked.news).examples)
    judged = {name: list(as_read(examples, read)) for name, read in baselines.items()}
    for name, found in {
        **judged,
        "reader, cross-validated": cross_validate(examples, print),
    }.items():
        _, figures = graded(found)
        print(
            f"{name}, {len(found)} labelled entries: pair F1 {shown(figures['all F1'])}, "
            f"main pairs {shown(figures['lenient F1'])}, "
            f"detection {shown(figures['detection F1'])}"
        )
    bars = (
        ("p99 ms of CPU time an entry", p99, MOST_MS),
        ("MB resident", resident, MOST_MB),
        ("s to start", started, MOST_START_S),
    )
    for words, value, most in bars:
        print(f"{'met' if value <= most else 'MISSED':<7} {words}: {value:.2f}, bar {most:g}")
    return 0 if all(value <= most for _, value, most in bars) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ReadingError, LabelsError, TrainingError) as error:
        sys.exit(str(error))
