"""An embedded run that a test may kill: ``embedded_run.py SCENARIO FOLDER``.

It publishes the scenario moment after moment into the SQLite file in the folder, with the rules
behind it, and prints a line after each. Started again it goes on where it was: how far it has
published stands in the log itself. At the end it writes what was found to ``found.json``.
"""

import sys
from collections import Counter
from pathlib import Path

# Run as a script, this folder is on the path itself.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.scenario_runs import by_moment, produced_of, stages_of

from cli.demo.scenario_file import load_scenario
from cli.outputs import Outputs, canonical
from pipeline.inline_host import InlineHost
from wheelsdown.clock import SystemClock, VirtualClock
from wheelsdown.daemon.telemetry import configure_logging
from wheelsdown.eventlog.publish import messages_for
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.state import SqliteState

PARTITIONS = 2


def main(name: str, folder: Path) -> None:
    # Not to standard output, where the moments are counted.
    configure_logging(style="console", clock=SystemClock(), stream=sys.stderr, level="warning")
    file = folder / "events.sqlite"
    with SqliteLog(file, PARTITIONS) as log, SqliteState(file) as state:
        host = InlineHost(log, state, stages_of(name, log), VirtualClock(load_scenario(name).start))
        published: Counter[tuple[str, int]] = Counter()
        for together in by_moment(produced_of(name, PARTITIONS)):
            for topic, record in together:
                for message in messages_for(topic, record, log.partitions(topic)):
                    number = published[topic.name, message.partition]
                    published[topic.name, message.partition] += 1
                    if number >= log.ends(topic)[message.partition]:
                        log.append([message])
            host.drain()
            sys.stdout.write(".\n")
            sys.stdout.flush()
        outputs = Outputs(log, group="all-of-it")
        outputs.collect()
        (folder / "found.json").write_text(canonical(outputs))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
