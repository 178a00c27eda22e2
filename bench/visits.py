"""How well visits are read from real headlines: against the labels of ../shared/data, and how fast.

    python bench/visits.py [folder of the shared data]

Pairs are (visitor, host) of an entry, background ones included; an entry is detected when any pair
is found in it. The labelled entries are richer in visits than the news is; "in the news" weights
those that were drawn at random by how many of the news they stand for. January to April may be
looked at while rules are written, May and June may not: they tell how the rules do on news that
nobody looked at.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processors.visits.gazetteer import Gazetteer
from processors.visits.reading import Told, visits_in
from processors.visits.text import is_english
from wheelsdown.records.news import Entry
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_ambiguous_names, load_states

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
UNSEEN_FROM = "2023-05"


def entry_of(row: dict[str, Any]) -> Entry:
    """The labelled entry, as if published at noon."""
    at = datetime.fromisoformat(row["pub"]).replace(hour=12, tzinfo=UTC)
    return Entry(
        record_id=row["key"],
        occurred_at=at,
        observed_at=at,
        entry_id=row["key"],
        feed=row["feed"],
        title=row["title"],
        summary=row["summary"],
        link=row["link"],
        published_at=at,
        content_hash=row["key"],
    )


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def line(name: str, right: float, found: float, wanted: float) -> str:
    precision, recall = ratio(right, found), ratio(right, wanted)
    f1 = ratio(2 * precision * recall, precision + recall)
    return f"  {name:<11} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}"


def measure(name: str, rows: Iterable[dict[str, Any]], gazetteer: Gazetteer) -> None:
    counts: Counter[str] = Counter()
    news: dict[str, float] = dict.fromkeys(("right", "found", "wanted"), 0.0)
    seconds = 0.0
    for row in rows:
        wanted = {(event["visitor"], event["host"]): event for event in row["events"]}
        entry = entry_of(row)
        began = time.perf_counter()
        told = visits_in(entry, gazetteer) if is_english(entry) else ()
        seconds += time.perf_counter() - began
        found: dict[tuple[str, str], Told] = {(one.visitor, one.host): one for one in told}
        right = wanted.keys() & found.keys()
        counts["entries"] += 1
        counts["wanted"] += len(wanted)
        counts["found"] += len(found)
        counts["right"] += len(right)
        for what, some in (("wanted", wanted), ("found", found), ("right", right)):
            news[what] += len(some) * (row["weight"] or 0)
        counts["visit"] += bool(wanted)
        counts["detected"] += bool(found)
        counts["both"] += bool(wanted) and bool(found)
        counts["status"] += sum(found[pair].when.status == wanted[pair]["status"] for pair in right)
        counts["background"] += sum(
            found[pair].background == wanted[pair].get("background", False) for pair in right
        )
        for pair in right:
            days, start = found[pair].when.days, wanted[pair]["start"]
            counts["dated"] += days is not None
            counts["dates"] += days is not None and days.start.isoformat() == start
    print(f"{name}: {counts['entries']} entries, {counts['wanted']} pairs")
    print(line("pairs", counts["right"], counts["found"], counts["wanted"]))
    print(line("detection", counts["both"], counts["detected"], counts["visit"]))
    print(line("in the news", news["right"], news["found"], news["wanted"]))
    for what in ("status", "background"):
        print(f"  {what} right on {ratio(counts[what], counts['right']):.3f} of right pairs")
    print(
        f"  first day right on {ratio(counts['dates'], counts['dated']):.3f} of {counts['dated']}"
    )
    print(f"  {1_000 * ratio(seconds, counts['entries']):.2f} ms an entry")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    labels = folder / "news" / "rss_labelled_2023h1.jsonl"
    if not labels.exists():
        sys.exit(f"{labels} is not there: give the folder of the shared data")
    with labels.open(encoding="utf-8") as lines:
        rows = [json.loads(text) for text in lines]
    gazetteer = Gazetteer(load_states(), load_officials(), load_ambiguous_names())
    measure("January-April", (row for row in rows if row["pub"] < UNSEEN_FROM), gazetteer)
    measure("May-June", (row for row in rows if row["pub"] >= UNSEEN_FROM), gazetteer)


if __name__ == "__main__":
    main()
