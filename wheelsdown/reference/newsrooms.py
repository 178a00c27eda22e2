"""For whose readers a feed is written: "the prime minister" is that of the newsroom's state."""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from wheelsdown.reference.data_files import rows

#: The host of a URL, or of what is written like the beginning of one.
_HOST = re.compile(r"\s*(?:[a-z][a-z\d+.-]*://)?(?:[^/?#@\s]*@)?([a-z\d.-]+)", re.IGNORECASE)


def home_of(feed: str) -> str | None:
    """The code of the state where the publisher of a feed is at home.

    ``feed`` is a URL or a host name. The longest ending of the host that feeds.csv has counts.
    None for publishers that write for the world, for unknown ones and for what has no host.
    """
    match = _HOST.match(feed)
    if match is None:
        return None
    homes = _homes()
    labels = match[1].lower().rstrip(".").split(".")
    for first in range(len(labels)):
        host = ".".join(labels[first:])
        if host in homes:
            return homes[host]
    return None


@functools.cache
def _homes() -> Mapping[str, str | None]:
    return MappingProxyType({row["host"]: row["state"] or None for row in rows("feeds.csv")})
