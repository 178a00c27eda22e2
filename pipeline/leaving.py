"""The end of a worker that can't go on."""

import os
from typing import Any, NoReturn

import structlog

from wheelsdown.daemon.lifecycle import ExitCode

log = structlog.get_logger(__name__)


def give_up(why: str, code: ExitCode = ExitCode.STUCK, **details: Any) -> NoReturn:
    """Leave at once, so that nothing is committed that is not durable."""
    log.critical(why, exit_code=int(code), **details)
    os._exit(code)
