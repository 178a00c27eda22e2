"""The broker that the tests start: nothing of it stays behind."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from fakes.logs import WITHIN_S

pytestmark = [
    pytest.mark.kafka,
    # Asks for the fixture only to be skipped, or to fail, where no broker can run.
    pytest.mark.usefixtures("kafka"),
]
PROGRAM = Path(__file__).resolve().parents[1] / "fakes" / "kafka_broker.py"


@pytest.fixture
def by_hand() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, PROGRAM], stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell when a parent is killed")
def test_a_broker_dies_with_the_process_that_started_it(by_hand: subprocess.Popen[str]) -> None:
    assert by_hand.stdout is not None
    host, port = by_hand.stdout.readline().strip().split(":")
    socket.create_connection((host, int(port)), timeout=WITHIN_S).close()
    (broker,) = psutil.Process(by_hand.pid).children()
    by_hand.kill()
    by_hand.wait(WITHIN_S)
    deadline = time.monotonic() + WITHIN_S
    while broker.is_running() and broker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the broker outlives its parent"
        time.sleep(0.05)
