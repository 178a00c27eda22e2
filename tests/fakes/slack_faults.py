"""What may befall a call to Slack, by script or by chance."""

import asyncio
import random
from dataclasses import dataclass
from typing import Literal

from aiohttp import web


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of the usual.

    ``accept``: the call takes effect all the same, ``accept_after_s`` later. ``answer``: the
    connection is dropped, or what comes back instead of the true answer, ``delay_s`` later. "true"
    is the true answer, to a call that took effect before the delay. "revoked": no token is any good
    from this call on.
    """

    answer: Literal[
        "drop", "error", "html", "json", "rate_limited", "revoked", "status", "true", "truncated"
    ]
    accept: bool = False
    accept_after_s: float = 0.0
    delay_s: float = 0.0
    error: str = "internal_error"
    status: int = 500
    retry_after: str | None = "1"
    body: str = "[]"


#: What stood in ``Retry-After`` where a whole number of seconds should have: decimals, nothing to
#: wait, less than that, nothing, no header, words, a date that is past.
ODD_WISHES = ("1.5", "0", "-3", "", None, "soon", "Wed, 21 Oct 2015 07:28:00 GMT")
#: More than anybody should wait; no part of ``mixed_faults``.
HUGE_WISH = "99999999999"
#: How much later than its call ``mixed_faults`` lets one take effect, and answers come.
MIXED_LATEST_S = 1.5


def mixed_faults(dice: random.Random) -> Fault | None:
    """A fault such as Slack and the way to it have now and then, or, half of the time, none."""
    if dice.random() < 0.5:
        return None
    accept, later_s = dice.random() < 0.5, dice.uniform(0.1, MIXED_LATEST_S)
    return dice.choice(
        [
            Fault("drop", accept=accept),
            Fault("drop", accept=True, accept_after_s=later_s),
            Fault("true", delay_s=later_s),
            Fault("html", accept=accept),
            Fault("json", accept=accept, body=dice.choice(["[]", "17", '{"ok": true}', "{}"])),
            Fault("truncated", accept=True),
            Fault("status", accept=accept, status=dice.choice([500, 502, 503, 504])),
            Fault("error", accept=accept, error=dice.choice(["internal_error", "fatal_error"])),
            Fault("error", error=dice.choice(["service_unavailable", "request_timeout"])),
            Fault("rate_limited", retry_after=dice.choice(["1", "2", *ODD_WISHES])),
        ]
    )


async def answer_of(fault: Fault, request: web.Request, true: web.Response) -> web.StreamResponse:
    """What comes back after the fault. ``true`` is the true answer, empty where there is none."""
    await asyncio.sleep(fault.delay_s)
    headers = {"Content-Type": "application/json"}
    match fault.answer:
        case "drop":
            if request.transport is not None:  # else the client has gone before
                request.transport.abort()
            return web.Response()
        case "error":
            return web.json_response({"ok": False, "error": fault.error})
        case "html":
            return web.Response(text="<html>Slack is down</html>", content_type="text/html")
        case "json":
            return web.Response(text=fault.body, headers=headers)
        case "rate_limited":
            wish = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            return web.Response(
                status=429, text='{"ok":false,"error":"ratelimited"}', headers=headers | wish
            )
        case "status":
            return web.Response(status=fault.status, text="upstream error")
        case "truncated":
            text = true.text or ""
            return web.Response(text=text[: len(text) // 2], headers=headers)
        case "revoked" | "true":
            return true
