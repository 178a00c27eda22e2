import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import structlog

from wheelsdown.daemon.lifecycle import Daemon, ExitCode, run_daemon


@pytest.fixture
def events():
    """What happens, in order: by the tests' own hands and in the log."""
    with structlog.testing.capture_logs() as logged:
        yield logged


def cleanup(events, name, *, error=None, takes_s=0.0):
    async def clean():
        await asyncio.sleep(takes_s)
        events.append({"event": f"closed {name}"})
        if error:
            raise error

    return clean


async def endless():
    await asyncio.Event().wait()


def named(events):
    return [event["event"] for event in events]


async def test_a_signal_stops_the_tasks_and_gives_back_in_reverse_order(events):
    async def task():
        try:
            await endless()
        finally:
            await asyncio.sleep(0)
            events.append({"event": "task done"})

    async def start(daemon):
        daemon.on_stop("log", cleanup(events, "log"))
        daemon.on_stop("session", cleanup(events, "session"))
        daemon.supervise("task", task())
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGTERM)

    assert await Daemon("test", start).run() is ExitCode.OK
    assert named(events) == ["stopping", "task done", "closed session", "closed log"]
    assert events[0]["reason"] == "SIGTERM"


async def test_stopping_twice_stops_once(events):
    async def start(daemon):
        daemon.stop("first")
        daemon.stop("second")

    assert await Daemon("test", start).run() is ExitCode.OK
    assert named(events) == ["stopping"]


@pytest.mark.parametrize("error", [ValueError("broken"), None])
async def test_the_end_of_one_task_ends_the_daemon(events, error):
    async def task():
        if error:
            raise error

    async def start(daemon):
        daemon.on_stop("log", cleanup(events, "log"))
        daemon.supervise("endless", endless())
        daemon.supervise("poller", task())

    assert await Daemon("test", start).run() is ExitCode.FAILED
    assert named(events) == ["task_ended", "stopping", "closed log"]
    assert (events[0]["task"], events[0]["exc_info"]) == ("poller", error)


async def test_foreseen_errors_of_the_start_are_told_in_words_and_have_exit_codes(events):
    async def start(daemon):
        daemon.on_stop("log", cleanup(events, "log"))
        raise ConnectionRefusedError("no broker at kafka:9092")

    foreseen = {ConnectionError: ExitCode.UNAVAILABLE, OSError: ExitCode.FAILED}
    assert await Daemon("test", start, foreseen=foreseen).run() is ExitCode.UNAVAILABLE
    assert named(events) == ["start_failed", "closed log"]
    assert events[0]["reason"] == "no broker at kafka:9092"
    assert "exc_info" not in events[0]


async def test_a_start_that_fails_gives_back_what_it_had_taken(events):
    async def start(daemon):
        daemon.supervise("endless", endless())
        daemon.on_stop("log", cleanup(events, "log"))
        raise KeyError("x")

    assert await Daemon("test", start).run() is ExitCode.FAILED
    assert named(events) == ["start_failed", "closed log"]


async def test_a_signal_during_a_long_start_ends_it(events):
    async def start(daemon):
        daemon.on_stop("log", cleanup(events, "log"))
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        await endless()

    assert await Daemon("test", start).run() is ExitCode.OK
    assert named(events) == ["stopping", "closed log"]


async def test_a_cleanup_that_fails_or_hangs_does_not_keep_the_others_from_running(events):
    async def start(daemon):
        daemon.on_stop("first", cleanup(events, "first"))
        daemon.on_stop("hangs", cleanup(events, "hangs", takes_s=60))
        daemon.on_stop("fails", cleanup(events, "fails", error=OSError("disk full")))
        daemon.stop("done")

    assert await Daemon("test", start, stop_within_s=0.05).run() is ExitCode.FAILED
    assert [(event["event"], event.get("task")) for event in events[1:]] == [
        ("closed fails", None),
        ("stop_failed", "fails"),
        ("end_overdue", "hangs"),
        ("closed first", None),
    ]


async def test_a_task_that_will_not_end_is_left_behind(events):
    async def stubborn():
        for _ in range(20):
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                events.append({"event": "not yet"})

    async def start(daemon):
        daemon.supervise("stubborn", stubborn())
        asyncio.get_running_loop().call_later(0.01, daemon.stop, "done")

    assert await Daemon("test", start, stop_within_s=0.1).run() is ExitCode.FAILED
    assert named(events)[:3] == ["stopping", "not yet", "end_overdue"]


def test_running_one_leaves_no_thread_behind():
    async def start(daemon):
        daemon.on_stop("thread", lambda: asyncio.to_thread(time.sleep, 0.01))
        daemon.stop("done")

    assert run_daemon(Daemon("test", start)) is ExitCode.OK
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


STUCK = """
import asyncio, sys, time
from wheelsdown.daemon.lifecycle import Daemon, run_daemon

async def start(daemon):
    daemon.on_stop("slow", lambda: asyncio.sleep({cleanup_s}))
    daemon.supervise("stuck", asyncio.to_thread(time.sleep, {thread_s}))
    print("ready", flush=True)

sys.exit(run_daemon(Daemon("test", start, stop_within_s={within_s})))
"""


@pytest.mark.parametrize(
    ("program", "signals", "code"),
    [
        ({"cleanup_s": 0, "thread_s": 0.3, "within_s": 5}, 1, ExitCode.OK),
        ({"cleanup_s": 0, "thread_s": 60, "within_s": 0.2}, 1, ExitCode.FAILED),
        ({"cleanup_s": 60, "thread_s": 60, "within_s": 60}, 2, ExitCode.FORCED),
    ],
    ids=["a thread that ends", "a stuck thread", "a second signal"],
)
def test_a_process_ends_whatever_its_threads_do(program, signals, code):
    command = [sys.executable, "-c", STUCK.format(**program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(signals):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
        assert process.wait(timeout=10) == code
