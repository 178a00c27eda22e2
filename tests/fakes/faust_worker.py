"""The command ``wheelsdown processors`` as a process that tests may end in any way."""

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from fakes.processes import wheelsdown
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, MemberToRemove
from kafka.errors import RetriableError

from cli.demo.produce import write_fleet
from cli.demo.scenario_file import load_scenario
from wheelsdown.crash_points import VARIABLE
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.records.topics import Topic

STOP_WITHIN_S = 20.0


class FaustWorker:
    """One worker over a broker; ``folder`` has its configuration, data and log."""

    def __init__(
        self, folder: Path, bootstrap: str, *, prefix: str, partitions: int, scenario: str
    ) -> None:
        self._folder = folder
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._group = f"{prefix}wheelsdown"
        self._partitions = partitions
        folder.mkdir(parents=True, exist_ok=True)
        write_fleet(load_scenario(scenario), folder / "fleet.csv")
        (folder / "wheelsdown.toml").write_text(
            f'[log]\nkind = "kafka"\npartitions = {partitions}\ntopic_prefix = "{prefix}"\n'
            f'[kafka]\nbootstrap = ["{bootstrap}"]\n'
            '[data]\nfolder = "data"\n'
            '[fleet]\nfiles = ["fleet.csv"]\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def open_log(self) -> KafkaLog:
        """The event log that the worker reads and writes."""
        return KafkaLog(
            KafkaConnection(bootstrap=(self._bootstrap,)), self._partitions, prefix=self._prefix
        )

    def start(self, *, dies_at: str = "") -> None:
        """Start it, to die at a crash point if one is given."""
        config = str(self._folder / "wheelsdown.toml")
        log = self._folder / "worker.log"
        place = {VARIABLE: dies_at} if dies_at else {}
        arguments = ("processors", "--config", config, "--health-port", "0")
        self._process = wheelsdown(*arguments, log=log, **place)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def mourn(self) -> None:
        """Tell the broker that it has died, which the end of its session would tell 20 s later."""
        admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            (group,) = admin.describe_groups([self._group]).values()
            members = [MemberToRemove(member_id=one["member_id"]) for one in group["members"]]
            admin.remove_group_members(self._group, members)
        finally:
            admin.close()

    def stop(self) -> int:
        """Ask it to end, and give its exit code; by force when it does not."""
        assert self._process is not None
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(STOP_WITHIN_S)
        self.kill()
        raise AssertionError(f"no end within {STOP_WITHIN_S:g} s:\n{self.log_end()}")

    def ended(self) -> int | None:
        """Its exit code, when it has ended."""
        return None if self._process is None else self._process.poll()

    def log_end(self) -> str:
        return (self._folder / "worker.log").read_text(errors="replace")[-4000:]

    def wait_until_all_is_read(
        self, log: KafkaLog, inputs: Sequence[Topic], within_s: float, *, restarts: int = 0
    ) -> None:
        """Until the worker has committed the end of each input, upstream before downstream.

        A worker that ends is started again, as a supervisor would, at most ``restarts`` times.
        """
        deadline = time.monotonic() + within_s
        admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            while left := [topic.name for topic in inputs if not self._is_read(admin, log, topic)]:
                if self.ended() is not None:
                    assert restarts, f"it ended with {self.ended()}:\n{self.log_end()}"
                    restarts -= 1
                    self.start()
                assert time.monotonic() < deadline, f"{left} not read:\n{self.log_end()}"
                time.sleep(0.2)
        finally:
            admin.close()

    def _is_read(self, admin: KafkaAdminClient, log: KafkaLog, topic: Topic) -> bool:
        try:
            committed = admin.list_group_offsets(self._group)[self._group]
        except RetriableError:  # a broker that has just started knows no group yet
            return False
        for number, end in enumerate(log.ends(topic)):
            found = committed.get(TopicPartition(log.name(topic), number))
            if end and (found is None or found.offset < end):
                return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.ended() is None and self._process is not None:
            self.kill()
