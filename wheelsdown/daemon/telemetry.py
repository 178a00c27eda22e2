"""Logs: one line an event on standard error, for people or as JSON, with no secret in any.

The project's own events (structlog) and those of libraries (``logging``: slack_sdk, aiohttp, kafka,
faust) take the same way: everything in them becomes plain values, known secrets and whatever looks
like one are taken out, and characters that could forge a line or steer a terminal are written out.
"""

import contextlib
import json
import logging
import math
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, TextIO
from urllib.parse import quote_plus

import structlog
from structlog.typing import EventDict, Processor

from wheelsdown.clock import Clock, monotonic_s
from wheelsdown.daemon.repetition import HoldsRepeated

Style = Literal["console", "json"]
Level = Literal["debug", "info", "warning", "error"]

REDACTED = "[redacted]"

#: Slack's tokens and webhooks, what follows Bearer, and a password in an address.
_LOOKS_SECRET = re.compile(
    r"""xox[a-z][.-][\w.-]+ | xapp-[\w-]+ | hooks\.slack(-gov)?\.com[^\s"'<>]*
    | (?<=\bbearer\s)[\w.~+/=-]+ | (?<=://)[^\s/@:"']*:[^\s/@"']+(?=@)""",
    re.VERBOSE | re.IGNORECASE,
)

#: Names of which the value is a secret: of headers, which may have blanks in their values, and of
#: settings and the fields of forms and documents.
_TELLING_HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie"
_TELLING_FIELDS = r"password|client_secret|(?:access|refresh)_token"
_SECRET_NAME = re.compile(rf"[\w.-]*(?:{_TELLING_HEADERS}|{_TELLING_FIELDS})", re.IGNORECASE)


def _named(names: str, bare_value: str) -> re.Pattern[str]:
    """A name with its value as requests, forms, Python or JSON write it, also nested in quotes."""
    return re.compile(
        rf"""(?P<before> (?:{names}) (?: \\*["']\s*[:=,] | \s*[:=] ) \s*
        (?: b?\\*(?P<quote>["']) )? )
        (?(quote) (?: (?!(?P=quote))[^\\\r\n] | \\+[^\\\r\n] )* | {bare_value} )""",
        re.VERBOSE | re.IGNORECASE,
    )


_NAMED_SECRETS = (_named(_TELLING_HEADERS, r"[^\r\n]+"), _named(_TELLING_FIELDS, r"[^\s&\"',;)}]+"))

#: A shorter secret would blot out half of every log, and is none.
_SHORTEST_SECRET = 4

#: C0 and C1 controls, DEL, line and paragraph separators, and marks that turn text around.
_CONTROLS = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
}

#: Libraries that tell of their every step, message bodies and fetches included; of theirs only
#: warnings are of use, but for whoever asked for the level "debug".
_LOUD = ("aiohttp", "aiokafka", "asyncio", "faust", "kafka", "matplotlib", "mode", "slack_sdk")


class Redaction:
    """A structlog processor that leaves only plain, harmless values in an event."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {
            form
            for secret in secrets
            if len(secret) >= _SHORTEST_SECRET
            for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote_plus(secret))
        }
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        """The event with every key and value cleaned; a traceback keeps its lines, indented."""
        trace = event.pop("exception", None)
        cleaned = self._mapping(event)
        if trace is not None:
            lines = (f"    {self.text(line)}" for line in str(trace).split("\n"))
            cleaned["exception"] = "\n".join(lines)
        return cleaned

    def text(self, text: str) -> str:
        """``text`` without secrets and control characters."""
        if self._known:
            text = self._known.sub(REDACTED, text)
        for named in _NAMED_SECRETS:
            text = named.sub(rf"\g<before>{REDACTED}", text)
        return _LOOKS_SECRET.sub(REDACTED, text).translate(_CONTROLS)

    def _mapping(self, values: Mapping[Any, Any]) -> dict[str, object]:
        return {
            self.text(str(key)): REDACTED if _is_secret_name(key) else self._value(value)
            for key, value in values.items()
        }

    def _value(self, value: object) -> object:
        match value:
            case None | bool() | int():
                return value
            case float():
                return value if math.isfinite(value) else str(value)
            case bytes():
                return self.text(value.decode(errors="backslashreplace"))
            case Mapping():
                return self._mapping(value)
            case (name, _) if _is_secret_name(name):  # headers as pairs
                return [self._value(name), REDACTED]
            case list() | tuple() | set() | frozenset():
                return [self._value(inner) for inner in value]
            case _:
                return self.text(str(value))


def _is_secret_name(key: object) -> bool:
    name = key.decode(errors="replace") if isinstance(key, bytes) else key
    return isinstance(name, str) and _SECRET_NAME.fullmatch(name) is not None


def configure_logging(
    *,
    style: Style,
    clock: Clock,
    stream: TextIO,
    level: Level = "info",
    secrets: Iterable[str] = (),
) -> None:
    """Send all logs of the process to ``stream``; a later call replaces an earlier one.

    Args:
        style: lines for people, or one JSON object a line.
        clock: gives the events' times.
        stream: where to; standard error, so that results can go to standard output.
        level: the least level that is shown; libraries in ``_LOUD`` show warnings at least, and
            everything at "debug".
        secrets: the values that must not be seen, besides whatever looks like one.
    """
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp(clock),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                Redaction(secrets),
                _renderer(style, stream),
            ],
        )
    )
    if level != "debug":
        handler.addFilter(HoldsRepeated(_LOUD, monotonic_s))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    held_back = max(logging.WARNING, logging.getLevelName(level.upper()))
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else held_back)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_unforeseen
    threading.excepthook = lambda args: _log_unforeseen(
        args.exc_type, args.exc_value, args.exc_traceback
    )


def _log_unforeseen(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """What Python would print by itself, secrets included."""
    exc_info = (kind, error or kind(), trace)
    logging.getLogger("wheelsdown").critical("unforeseen error", exc_info=exc_info)


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return stamp


def _renderer(style: Style, stream: TextIO) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # Not the default formatter of exceptions: it shows the local variables, secrets among them.
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; one that can't be formatted is mentioned, without its unchecked content."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say which logger's line is missing."""
        error = sys.exc_info()[0]
        reason = error.__name__ if error else "unknown error"
        with contextlib.suppress(OSError, ValueError):  # standard error itself is gone
            sys.stderr.write(f"a log line of {record.name} could not be written: {reason}\n")
