"""A real Kafka broker on 127.0.0.1 for tests, without Docker: one Java process, ready in a second.

It needs Java 17 and, the first time, Maven (kafka_install.py). It ends with the process that
started it, also when that one is killed, as long as the thread that started it lives.
``python tests/fakes/kafka_broker.py`` runs one by hand.
"""

import atexit
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if __name__ == "__main__":  # by hand; pytest looks into tests/ by itself
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.kafka_install import Installation, NoBrokerError, installed, make_once

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
HEAP = "256m"
#: Any 16 bytes in URL-safe base64: all brokers of the tests may share it, since none sees another.
CLUSTER_ID = "d2hlZWxzZG93bi10ZXN0cw"

#: Asks Linux to kill the process when its parent dies, then becomes the program. A launcher and
#: not ``preexec_fn``, which may dead-lock (and warns) in a process with threads.
LAUNCHER = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    # One broker can keep one copy.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    # Fewer partitions of Kafka's own topics are made sooner.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    # Groups gather at once instead of after 3 s, and tests may use short sessions.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # After a kill a broker may not come back before its session has ended (9 s by default).
    "broker.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "200",
    # Little memory and few threads: it shares the machine with the tests.
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.index.size.max.bytes": "1048576",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}


class KafkaBroker:
    """One broker with its data in ``folder``. It keeps port and data over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._installation = installed()
        self.port, controller = _free_ports(2)
        self.settings = SETTINGS | {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(folder / "data"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def listen_behind(self, port: int) -> int:
        """Listen on a second port, where it tells clients that it is to be reached at ``port``.

        For a proxy that listens at ``port`` and forwards to the port that this gives. Before the
        start.
        """
        (own,) = _free_ports(1)
        self.settings["listeners"] += f",PROXIED://127.0.0.1:{own}"
        self.settings["advertised.listeners"] += f",PROXIED://127.0.0.1:{port}"
        self.settings["listener.security.protocol.map"] += ",PROXIED:PLAINTEXT"
        return own

    def start(self) -> None:
        """Start it and wait until it serves. Raises RuntimeError with the end of its log."""
        self._folder.mkdir(parents=True, exist_ok=True)
        make_once(self._installation.template, self._format)
        make_once(self._installation.classes, self._dump_classes)
        if not (self._folder / "data").exists():
            shutil.copytree(self._installation.template, self._folder / "data")
        self._launch([f"-XX:SharedArchiveFile={self._installation.classes}"])

    def stop(self) -> None:
        """End it in order, or by force when that takes too long."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        atexit.unregister(self.kill)
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _launch(self, java_options: Sequence[str]) -> None:
        assert self._process is None or self._process.poll() is not None, "it runs already"
        properties = _written(self._folder / "server.properties", self.settings)
        command = _java(self._installation, java_options, "kafka.Kafka", str(properties))
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop it in order
            )
        atexit.register(self.kill)
        deadline = time.monotonic() + READY_WITHIN_S
        while not _serves(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                log_end = (self._folder / "broker.log").read_text(errors="replace")[-3000:]
                raise RuntimeError(f"Kafka does not start:\n{log_end}")
            time.sleep(0.02)

    def _format(self, target: Path) -> None:
        """A data folder as a new broker wants it; it names no port and so fits all."""
        settings = self.settings | {"log.dirs": str(target)}
        properties = _written(self._folder / "format.properties", settings)
        tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties))
        subprocess.run(
            _java(self._installation, [], *tool), check=True, capture_output=True, timeout=60
        )

    def _dump_classes(self, target: Path) -> None:
        """The classes that a broker loads; Java writes them when a broker ends in order."""
        with tempfile.TemporaryDirectory() as folder:
            broker = KafkaBroker(Path(folder))
            shutil.copytree(self._installation.template, Path(folder) / "data")
            try:
                broker._launch([f"-XX:ArchiveClassesAtExit={target}"])
                assert broker._process is not None
                broker._process.terminate()
                broker._process.wait(READY_WITHIN_S)
            finally:
                broker.kill()


@contextmanager
def running_broker(folder: Path) -> Iterator[KafkaBroker]:
    """A broker that is stopped at the end. Raises NoBrokerError where none can run."""
    broker = KafkaBroker(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _java(there: Installation, options: Sequence[str], *program: str) -> list[str]:
    return [
        *(sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid())),
        *("java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        *("-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:class+path=off"),
        *options,
        *("-cp", there.class_path(), *program),
    ]


def _written(path: Path, settings: dict[str, str]) -> Path:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _serves(port: int) -> bool:
    """Whether the broker counts itself among the cluster's: it takes requests before that."""
    client = b"tests"
    # Metadata request, version 1, about no topic: api, version, correlation id, client, 0 topics.
    request = struct.pack(">hhih", 3, 1, 0, len(client)) + client + struct.pack(">i", 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = b""
            while len(answer) < 12:  # length, correlation id, count of brokers
                part = connection.recv(4096)
                if not part:
                    return False
                answer += part
    except OSError:
        return False
    (brokers,) = struct.unpack(">i", answer[8:12])
    return bool(brokers)


def main() -> None:
    """Serve until interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder, suppress(KeyboardInterrupt):
        try:
            with running_broker(Path(folder)) as broker:
                sys.stdout.write(f"{broker.bootstrap}\n")
                sys.stdout.flush()
                signal.pause()
        except NoBrokerError as error:
            sys.exit(f"no Kafka broker can run here: {error}")


if __name__ == "__main__":
    main()
