"""Records lost and doubled when Faust workers die: the project's host beside plain Faust.

``python bench/faust_kills.py --host ours --kills 100 --workers 2`` starts a broker, sends 300
records a second, and kills (SIGKILL) one of the workers at random moments: each third while workers
start, join and read their state, the others when records of all partitions are applied again. It is
started again at once, as is one that leaves by itself. ``--stops`` stops workers (SIGSTOP) for
longer than their session lasts, so that their partitions go to another, and then lets them go on.
At last the rest is read. Each record has a number: what counts is which of them the tables have,
which came again when a table had them already, and of which nothing was published.

The broker compacts the changelogs all the time: the state that workers read has gone through that.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.kafka_broker import KafkaBroker
from fakes.processes import launched
from faust_kill_count import Count, published
from faust_kill_worker import PARTITIONS, SESSION_S, Counted

from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.news import Entry
from wheelsdown.records.topics import CASES_EVENTS, NEWS_ENTRIES

PER_S = 300
#: A worker that is started after a kill waits until the session of the dead one is over.
STARTING_S = (0.2, SESSION_S + 2.0)
#: A kill in the midst of work comes so long after the work has begun, and not later than this.
WORKING_S = (0.0, 4.0)
BEGINS_WITHIN_S = 60.0
#: How long a stopped worker stands still.
STOPPED_S = (SESSION_S + 0.5, SESSION_S + 6.0)
DRAINED_WITHIN_S = 1800.0
STANDING_STILL_S = 60.0
#: The changelogs are compacted within seconds.
COMPACTING = {
    "log.roll.ms": "5000",
    "log.cleaner.min.cleanable.ratio": "0.01",
    "log.cleaner.backoff.ms": "1000",
}


class Sender(threading.Thread):
    """Sends records with the numbers from 0 on to the partitions in turn, until it is stopped."""

    def __init__(self, log: KafkaLog) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self._log = log
        self._stopped = threading.Event()

    def run(self) -> None:
        """Send ten times a second what is due."""
        began = time.monotonic()
        while not self._stopped.wait(0.1):
            due = int((time.monotonic() - began) * PER_S)
            self._log.append([_message(number) for number in range(self.sent, due)])
            self.sent = due

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        self.join()


def _message(number: int) -> NewMessage:
    at = datetime.now(UTC)
    entry = Entry(
        record_id=str(number),
        occurred_at=at,
        observed_at=at,
        entry_id=str(number),
        feed="bench",
        title=str(number),
        summary="",
        link=None,
        published_at=None,
        content_hash="",
    )
    value = NEWS_ENTRIES.encode(entry)
    return NewMessage(NEWS_ENTRIES, number % PARTITIONS, str(number), value)


class Worker:
    """A worker process that dies in many ways and is started again."""

    def __init__(self, host: str, bootstrap: str, folder: Path, group: str) -> None:
        folder.mkdir()
        self.log = folder / "worker.log"
        #: How often it left by itself, with which exit code.
        self.left: Counter[int] = Counter()
        script = str(Path(__file__).with_name("faust_kill_worker.py"))
        self._command = [*launched(), sys.executable, script, host, bootstrap, str(folder), group]
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped_until: float | None = None

    def start(self) -> None:
        """Start it."""
        path = str(Path(__file__).resolve().parents[1])
        self._stopped_until = None
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": path}
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop_for(self, seconds: float) -> None:
        """Let it stand still, until ``supervise`` is called after that time."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        self._stopped_until = time.monotonic() + seconds

    @property
    def is_stopped(self) -> bool:
        return self._stopped_until is not None

    def supervise(self) -> None:
        """Let it go on when it has stood still long enough; start it again when it has left."""
        assert self._process is not None
        if self._stopped_until is not None and time.monotonic() >= self._stopped_until:
            self._process.send_signal(signal.SIGCONT)
            self._stopped_until = None
        code = self._process.poll()
        if code is not None:
            self.left[code] += 1
            self.start()


class Trial:
    """Workers over a topic, and what is done to them."""

    def __init__(self, broker: KafkaBroker, folder: Path, host: str, workers: int) -> None:
        group = f"kills-{host}"
        self.log = KafkaLog(
            KafkaConnection(bootstrap=(broker.bootstrap,)), PARTITIONS, prefix=f"{group}."
        )
        self.log.create_topics(1)
        self.bootstrap = broker.bootstrap
        self.count = Count(broker.bootstrap, f"{group}-counting-cells-changelog")
        self.workers = [
            Worker(host, broker.bootstrap, folder / f"worker-{number}", group)
            for number in range(workers)
        ]
        #: How many were killed or stopped in the midst of work.
        self.at_work = 0
        for one in self.workers:
            one.start()

    @property
    def left(self) -> dict[int, int]:
        """How many workers left by themselves, by exit code."""
        return dict(sum((one.left for one in self.workers), Counter[int]()))

    def supervise(self, seconds: float) -> None:
        """Wait, and start again who leaves."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.1)
            for one in self.workers:
                one.supervise()

    def strike(self, blow: str, dice: random.Random) -> None:
        """Kill or stop a worker at a random moment."""
        if dice.random() < 1 / 3:
            self.supervise(dice.uniform(*STARTING_S))
        else:
            self.at_work += self._begins_to_work()
            self.supervise(dice.uniform(*WORKING_S))
        victim = dice.choice(self.workers)
        if blow == "kill" or victim.is_stopped:
            victim.kill()
            victim.start()
        else:
            victim.stop_for(dice.uniform(*STOPPED_S))

    def _begins_to_work(self) -> bool:
        """Wait until records of all partitions are applied; whether they are."""
        deadline = time.monotonic() + BEGINS_WITHIN_S
        before = self.count.now()
        while time.monotonic() < deadline:
            self.supervise(0.2)
            pairs = zip(before, self.count.now(), strict=True)
            if all(old.applied() < new.applied() for old, new in pairs):
                return True
        return False

    def settled(self, sent: int) -> list[Counted]:
        """What is counted when all has been read, or when nothing moves any more."""
        deadline = time.monotonic() + DRAINED_WITHIN_S
        found, moved = self.count.total(), time.monotonic()
        while found < sent and time.monotonic() < min(deadline, moved + STANDING_STILL_S):
            self.supervise(1.0)
            before, found = found, self.count.total()
            if found != before:
                moved = time.monotonic()
        self.supervise(5.0)  # a record too many would come now
        return self.count.now()

    def close(self) -> None:
        """End the workers."""
        for one in self.workers:
            one.kill()
        self.log.close()


def struck(broker: KafkaBroker, folder: Path, arguments: argparse.Namespace) -> str:
    """Strike and count; gives the line that says it."""
    dice = random.Random(arguments.seed)
    trial = Trial(broker, folder, arguments.host, arguments.workers)
    sender = Sender(trial.log)
    sender.start()
    blows = ["kill"] * arguments.kills + ["stop"] * arguments.stops
    dice.shuffle(blows)
    for number, blow in enumerate(blows, 1):
        trial.strike(blow, dice)
        if number % 10 == 0:
            print(
                f"{number} of {len(blows)} ({trial.at_work} at work): {sender.sent} sent, "
                f"{trial.count.total()} applied, left by themselves {trial.left}",
                flush=True,
            )
    sender.stop()
    trial.supervise(STOPPED_S[1] if arguments.stops else 0.0)
    counted = trial.settled(sender.sent)
    trial.close()
    outputs = published(trial.bootstrap, trial.log.name(CASES_EVENTS))
    never = sender.sent - sum(one.applied() for one in counted)
    twice = sum(one.again for one in counted)
    unpublished = sum(not outputs[number] for number in range(sender.sent))
    repeated = outputs.total() - len(outputs)
    return (
        f"{arguments.host}: {sender.sent} records, {arguments.kills} kills, {arguments.stops} "
        f"stops ({trial.at_work} of them at work), {arguments.workers} worker(s), left by "
        f"themselves {trial.left}: never applied {never}, applied twice {twice}, never published "
        f"{unpublished} (repeated {repeated})"
    )


def main() -> None:
    """One trial, with a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", choices=("ours", "plain"), required=True)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stops", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=20231)
    parser.add_argument("--folder", type=Path, help="keeps the logs here; must not exist")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "trial"
        folder.mkdir(parents=True)
        broker = KafkaBroker(folder / "broker")
        broker.settings |= COMPACTING
        try:
            broker.start()
            print(struck(broker, folder, arguments), flush=True)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
