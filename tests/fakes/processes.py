"""The command ``wheelsdown`` as processes that end with the test, whatever becomes of it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fakes.kafka_broker import LAUNCHER


def wheelsdown(
    *arguments: str, log: Path, program: Sequence[str] = ("-m", "cli"), **environment: str
) -> subprocess.Popen[bytes]:
    """Start the command; what it prints goes to ``log``. ``program`` is what Python runs as it."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [*launched(), sys.executable, *program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=os.environ | environment,
            start_new_session=True,
        )


def launched() -> list[str]:
    """What a command begins with that is to be killed when this process dies."""
    return [sys.executable, "-c", LAUNCHER, str(os.getpid())]
