"""What a server's answer means to the schedule of a feed. Pure."""

from collections.abc import Mapping
from datetime import datetime

import yarl

from producers.fetch import Answer
from producers.news.schedule import Failure, Reading, kind_of_status
from wheelsdown.daemon.backoff import retry_after

ACCEPT: Mapping[str, str] = {
    "Accept": "application/rss+xml, application/atom+xml, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
}
#: Statuses whose body is the feed; 203 comes through a proxy that changed something.
USABLE = (200, 203)
#: Statuses that may say when to come again.
_BUSY = (429, 503)


def reading_of(answer: Answer, body_hash: str) -> Reading:
    """What to remember of an answer whose body has that hash and is read whole."""
    return Reading(
        etag=_validator(answer, "ETag"),
        last_modified=_validator(answer, "Last-Modified"),
        body_hash=body_hash,
        moved_to=answer.moved_to,
    )


def refusal_of(answer: Answer, now: datetime) -> Failure:
    """What an answer without a feed, received at ``now``, means."""
    asked = answer.headers.get("Retry-After") if answer.status in _BUSY else None
    return Failure(
        kind=kind_of_status(answer.status),
        reason=str(answer.status),
        message=f"the server answered {answer.status}",
        retry_after=retry_after(asked, now),
    )


def shown(url: str) -> str:
    """The address as logs may show it: without what may be a password or a key."""
    return str(yarl.URL(url).with_user(None).with_query(None).with_fragment(None))


def _validator(answer: Answer, name: str) -> str | None:
    """The header, if it is text that can be kept and sent back: aiohttp lets any bytes through."""
    value = answer.headers.get(name)
    return value if value and value.isprintable() else None
