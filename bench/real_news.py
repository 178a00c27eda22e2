"""The founding case among real news: which incidents come out, and on which headlines.

``python bench/real_news.py FOLDER [SHARED_DATA]`` makes a recording in FOLDER of the demo's
aircraft (its tracks are synthetic) and of the 10,372 entries of three weeks that stand in
SHARED_DATA/news, replays it with ``wheelsdown replay``, and prints each incident with its evidence.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from cli.demo.produce import produce
from cli.demo.scenario_file import load_scenario
from cli.importing import import_files, lines
from cli.recording import RecordingWriter
from wheelsdown.clock import SystemClock
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.records.incidents import Incident
from wheelsdown.records.topics import ADSB_SNAPSHOTS, INCIDENTS
from wheelsdown.reference.fleet import load_fleet

SCENARIO = "pyongyang-2023"
NEWS = Path("news") / "world_2023-07-20_2023-08-10.jsonl.gz"


def record(recording: Path, shared: Path) -> None:
    """Make the recording."""
    with RecordingWriter(recording) as writer:
        for topic, one in asyncio.run(produce(load_scenario(SCENARIO))):
            if topic is ADSB_SNAPSHOTS:
                writer.add(topic, one)
    done = import_files([shared / NEWS], "entries", recording, watches=load_fleet(()).watches)
    print(*lines(done), sep="\n")


def show(incident: Incident) -> None:
    """Print an incident as a reader would want to judge it."""
    print(f"\n{incident.pair}, {incident.status}, {incident.strength}: {incident.title}")
    for match in incident.visits:
        visit = match.visit
        print(
            f"  {visit.visitor} -> {visit.host}, {visit.official or visit.office or 'unnamed'}, "
            f"{visit.status}, {visit.start} to {visit.end}, flight {match.days:+d} days, "
            f"{visit.mentions} entries in {len(visit.feeds)} feeds"
        )
        for evidence in visit.evidence:
            print(f"    {evidence.published_at:%d %b} {evidence.feed[:30]}: {evidence.title}")


def main(folder: Path, shared: Path) -> None:
    """Record, replay, print."""
    configure_logging(style="console", clock=SystemClock(), stream=sys.stderr, level="warning")
    recording, findings = folder / "recording", folder / "findings"
    record(recording, shared)
    command = ["-m", "cli", "replay", str(recording), "--output", str(findings)]
    subprocess.run([sys.executable, *command], check=True)
    for line in (findings / "incidents.jsonl").read_bytes().splitlines():
        incident = INCIDENTS.decode(line)
        assert isinstance(incident, Incident)
        show(incident)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/data"))
