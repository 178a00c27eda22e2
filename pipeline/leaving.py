"""The ends of a worker that does not wait for Faust."""

import os
from typing import Any, NoReturn

import structlog

from wheelsdown.daemon.lifecycle import ExitCode

log = structlog.get_logger(__name__)


def give_up(why: str, code: ExitCode = ExitCode.STUCK, **details: Any) -> NoReturn:
    """Leave at once, so that nothing is committed that is not durable."""
    log.critical(why, exit_code=int(code), **details)
    os._exit(code)


def leave(why: str) -> NoReturn:
    """Leave at once, in order."""
    log.info(why)
    os._exit(ExitCode.OK)
