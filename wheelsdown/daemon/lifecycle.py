"""Start, run and stop of a process as one object: nothing is left behind, nothing waits for ever.

A daemon's start takes resources and says for each how to give it back. Its tasks then run until a
signal, a call of ``stop`` or the end of any of them; then the tasks are cancelled and the resources
given back, last taken first, each within a deadline. A second signal ends the process at once.
"""

import asyncio
import enum
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog

#: Supervisors wait longer before they kill: the compose file says 30 s, systemd's default is 90 s.
STOP_WITHIN_S = 5.0


class ExitCode(enum.IntEnum):
    """How a process ended. 1 is left to Python: an error that nobody foresaw."""

    OK = 0
    """It did what it was asked to do, or a signal stopped it and it left everything in order."""

    USAGE = 2
    """The command line or the configuration is wrong: starting again won't help."""

    UNAVAILABLE = 3
    """Something it needs (the broker, Slack) did not answer while it started: try again later."""

    FAILED = 4
    """It failed, or did not stop in order; what was not committed will be handled again."""

    STUCK = 5
    """Records wait, or can't be written, although the broker answers: a fresh start helps."""

    FORCED = 6
    """A second signal ended it before it had stopped in order."""


class Daemon:
    """One process's life.

    Args:
        name: for the log.
        start: called once, by ``run``; takes resources and registers cleanups and tasks. When it
            fails, what it had taken is given back.
        foreseen: errors of ``start`` that are told in words, and how the process ends then; the
            first that fits counts. Others are told with a traceback.
        stop_within_s: how long the tasks together, and after them each cleanup, may take to end.
    """

    def __init__(
        self,
        name: str,
        start: Callable[["Daemon"], Coroutine[Any, Any, None]],
        *,
        foreseen: Mapping[type[Exception], ExitCode] = MappingProxyType({}),
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        self.stop_within_s = stop_within_s
        self._log = structlog.stdlib.get_logger(__name__).bind(daemon=name)
        self._start = start
        self._foreseen = foreseen
        self._tasks: list[asyncio.Task[None]] = []
        self._cleanups: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        self._stopping = asyncio.Event()
        self._signals = 0

    def supervise(self, name: str, task: Coroutine[Any, Any, None]) -> None:
        """Run an endless task from now on; its end, whatever the reason, ends the daemon.

        When the daemon stops, the task is cancelled and may finish what it has in hand.
        """
        self._tasks.append(asyncio.create_task(task, name=name))

    def on_stop(self, name: str, cleanup: Callable[[], Awaitable[object]]) -> None:
        """Call ``cleanup`` when the daemon stops, after those that are registered later."""
        self._cleanups.append((name, cleanup))

    @property
    def is_stopping(self) -> bool:
        """Whether it has begun to stop."""
        return self._stopping.is_set()

    def stop(self, reason: str) -> None:
        """Begin to stop; further calls change nothing."""
        if not self._stopping.is_set():
            self._log.info("stopping", reason=reason)
            self._stopping.set()

    async def run(self) -> ExitCode:
        """Start, run until something ends it, stop. To be called once, in the main thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, signal.Signals(number))
        stopping = asyncio.create_task(self._stopping.wait(), name="stopping")
        try:
            code = await self._started(stopping)
            if code is ExitCode.OK:
                code = await self._until_stopped(stopping)
            in_order = await self._cancel_tasks()
            in_order &= await self._clean_up()
        finally:
            stopping.cancel()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        return ExitCode.FAILED if code is ExitCode.OK and not in_order else code

    def _signalled(self, number: signal.Signals) -> None:
        self._signals += 1
        if self._signals > 1:
            self._log.error("stopped_by_force", reason=number.name)
            _leave(ExitCode.FORCED)
        self.stop(number.name)

    async def _started(self, stopping: asyncio.Task[bool]) -> ExitCode:
        start = asyncio.create_task(self._start(self), name="start")
        await asyncio.wait([start, stopping], return_when=asyncio.FIRST_COMPLETED)
        start.cancel()  # nothing happens when it has ended
        await asyncio.wait([start], timeout=self.stop_within_s)
        if not start.done():
            self._log.error("start_overdue", seconds=self.stop_within_s)
            return ExitCode.FAILED
        error = None if start.cancelled() else start.exception()
        if error is None:
            return ExitCode.OK
        for kind, code in self._foreseen.items():
            if isinstance(error, kind):
                self._log.error("start_failed", reason=str(error))
                return code
        self._log.error("start_failed", exc_info=error)
        return ExitCode.FAILED

    async def _until_stopped(self, stopping: asyncio.Task[bool]) -> ExitCode:
        await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in self._tasks if task.done()]
        for task in ended:
            error = None if task.cancelled() else task.exception()
            self._log.error("task_ended", task=task.get_name(), exc_info=error)
        if ended:
            self.stop(f"{ended[0].get_name()} ended")
        return ExitCode.FAILED if ended else ExitCode.OK

    async def _cancel_tasks(self) -> bool:
        """Whether the tasks that still ran ended in time and without an error."""
        running = [task for task in self._tasks if not task.done()]
        for task in running:
            task.cancel()
        return await self._ended(running)

    async def _clean_up(self) -> bool:
        """Whether the cleanups ended in time and without an error; each is tried."""
        in_order = True
        while self._cleanups:
            name, cleanup = self._cleanups.pop()
            in_order &= await self._ended([asyncio.create_task(_awaited(cleanup), name=name)])
        return in_order

    async def _ended(self, tasks: Sequence[asyncio.Task[None]]) -> bool:
        if not tasks:
            return True
        done, late = await asyncio.wait(tasks, timeout=self.stop_within_s)
        for task in late:
            task.cancel()
            self._log.error("end_overdue", task=task.get_name(), seconds=self.stop_within_s)
        failed = [task for task in done if not task.cancelled() and task.exception()]
        for task in failed:
            self._log.error("stop_failed", task=task.get_name(), exc_info=task.exception())
        return not late and not failed


def run_daemon(daemon: Daemon) -> ExitCode:
    """Run the daemon in an event loop of its own, and end.

    Python waits without a limit for threads that are stuck in a call, when it closes an event loop
    and again when it exits. Here that wait has a limit too: after it the process is ended.
    """
    with asyncio.Runner() as runner:
        code = runner.run(daemon.run())
        last_resort = threading.Timer(daemon.stop_within_s, _give_up, [code or ExitCode.FAILED])
        last_resort.daemon = True
        last_resort.start()
    last_resort.cancel()
    last_resort.join()
    return code


async def _awaited(cleanup: Callable[[], Awaitable[object]]) -> None:
    await cleanup()


def _give_up(code: ExitCode) -> None:
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    structlog.stdlib.get_logger(__name__).error("threads_overdue", threads=threads)
    _leave(code)


def _leave(code: ExitCode) -> None:
    """End the process without waiting for anything."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
