"""What a single value of the configuration must look like; each function checks one kind.

They raise ValueError with what is wrong and what to write instead. No message repeats a value that
could hold a secret.
"""

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationInfo

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
#: What Kafka allows in a topic's name; its limit of 249 leaves room for the topic itself.
_TOPIC_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,100}")
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
_ICAO24 = re.compile(r"[0-9a-f]{6}")
_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,20}")


def name(value: str) -> str:
    """A name that can stand in file names, topics and metrics."""
    if not _NAME.fullmatch(value):
        raise ValueError("must be 1-40 lower-case letters, digits, dots, dashes and underscores")
    return value


def not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    """A list that must hold something."""
    if not value:
        raise ValueError("must not be empty")
    return value


def topic_prefix(value: str) -> str:
    """What every topic's name begins with, so that several installations can share brokers."""
    if not _TOPIC_PREFIX.fullmatch(value):
        raise ValueError("must be at most 100 letters, digits, dots, dashes and underscores")
    return value


def language(value: str) -> str:
    """A language by its two letters of ISO 639-1."""
    if not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError('must be two lower-case letters (ISO 639-1), like "en"')
    return value


def icao24(value: str) -> str:
    """An address; capitals are taken too."""
    if not _ICAO24.fullmatch(value.lower()):
        raise ValueError('must be six hex digits, like "15521f"')
    return value.lower()


def slack_channel(value: str) -> str:
    """A channel's id: updating messages and reading history work with nothing else."""
    if not _SLACK_CHANNEL.fullmatch(value):
        raise ValueError(
            'must be the channel\'s id, like "C0123456789", and not its name; Slack shows it at '
            "the bottom of the channel's details"
        )
    return value


def path(value: Path) -> Path:
    """A file or folder; a relative one counts from the configuration file's folder."""
    if value in {Path(), Path("..")} or "\0" in str(value):
        raise ValueError("must name a file or folder")
    if str(value).startswith("~"):
        raise ValueError('"~" stands for nothing here: write the whole path')
    return value


def ip_address(value: str) -> str:
    """Where to listen."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(
            'must be an IP address of this machine, like "127.0.0.1", or "0.0.0.0" for all'
        ) from None


def host_and_port(value: str) -> str:
    """Where a broker listens."""
    match = _HOST_AND_PORT.fullmatch(value)
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError('must be host:port, like "kafka.example.org:9092" or "[::1]:9092"')
    return value


def url(value: str) -> str:
    """An http or https address without credentials in it."""
    parts = _split(value)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name or password: secrets may not stand in this file")
    return value


def slack_url(value: str) -> str:
    """Where Slack's Web API is; ends with a slash. The token is sent in the clear to no one."""
    parts = _split(value)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("must begin with https://, except for a server on this machine")
    return value if value.endswith("/") else f"{value}/"


def reachable(value: str, info: ValidationInfo) -> str:
    """Refuse a feed's address on a private network unless ``allow_private`` is set.

    The fetcher checks where a name resolves to; here a literal address gets its answer at once.
    """
    host = _split(value).hostname or ""
    if info.data.get("allow_private") is False and _is_private(host):
        raise ValueError(
            "is on this machine or in a private network: set allow_private = true if that server "
            "is yours"
        )
    return value


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        usable = bool(parts.scheme in {"http", "https"} and parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port that is none
        usable = False
    if not usable or any(char.isspace() or not char.isprintable() for char in value):
        raise ValueError("must be an http or https address, like https://example.org/feed.xml")
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return _is_loopback(host)
