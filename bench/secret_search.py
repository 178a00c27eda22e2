"""Whether a secret stands in the logs of a full run at the level "debug", when everything fails.

``make secrets``, or ``python bench/secret_search.py [--host embedded|kafka]``. The real daemons run
through the acts of tests/fakes/live_case.py. Slack, a feed and OpenSky, with its login, are on
loopback and fail in the ways that bring secrets into messages: refusals and pages that quote the
request's headers and body, limits, dropped and cut answers, redirects. On Kafka the daemons log in
with a password. Then all that the daemons wrote is searched.
"""

import argparse
import asyncio
import base64
import json
import re
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, get_args
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.crash_run import LOOK_EVERY_S
from fakes.http_feed import HttpFeed, Scripted
from fakes.kafka_broker import KafkaBroker
from fakes.kafka_install import NoBrokerError
from fakes.live_case import ACTS
from fakes.live_run import Host, LiveRun
from fakes.slack_faults import Fault
from fakes.slack_server import running_slack
from fakes.supervised import Setup

WITHIN_S = 180.0
#: The sender waits no longer than this between two tries here; then Slack refused for good.
QUIET_S = 8.0
LINGER_S = 15.0

#: Each as no rule could guess it from its form, but for Slack's tokens, which have one.
SLACK_TOKEN = "xoxb-1009-5521-Zq7mVt0wFhX3"
OPENSKY_SECRET = "Wq4hTz9LkP2vRc8e"
OPENSKY_TOKENS = ("eyJhbGciOi.J9tWm3Qx7bN", "eyJhbGciOi.K2dFs8Yv5cM")
KAFKA_PASSWORD = "Nb6yUj1oGd5sXa0i"
FEED_KEY = "Hr3eVk7pJw2zBn9u"
WEBHOOK = "https://hooks.slack.com/services/T0TEAM001/B0BOT0001/Lm4nCx8vQy6tSf1d"
USER = "watcher"

#: What is looked for, by name: the secrets as such, and how they travel.
SECRETS: Mapping[str, str] = {
    "Slack's token": SLACK_TOKEN,
    "OpenSky's secret": OPENSKY_SECRET,
    "OpenSky's first access token": OPENSKY_TOKENS[0],
    "OpenSky's second access token": OPENSKY_TOKENS[1],
    "Kafka's password": KAFKA_PASSWORD,
    "the key in a feed's address": FEED_KEY,
    "the secret part of a webhook": WEBHOOK.rpartition("/")[2],
    "Kafka's login as it is sent": f"\0{USER}\0{KAFKA_PASSWORD}",
}
#: What follows these words must have been taken out.
MARKS: Mapping[str, re.Pattern[bytes]] = {
    "Bearer": re.compile(rb"(?i)\bbearer(?:\s|%20|\+)+(?!\[redacted\])[\w.~+/=-]{6,}"),
    "Authorization": re.compile(
        rb"(?i)authorization\\*[\"']?\s*[:=,]\s*(?:b?\\*[\"'])?(?!\[redacted\])[^\s\"'\\,)}\]]"
    ),
    "a webhook's address": re.compile(rb"(?i)hooks\.slack\.com/\w"),
}


_ECHO = json.dumps({"ok": False, "error": "internal_error", "token": SLACK_TOKEN})
_QUOTING = f"no_such: Authorization: Bearer {SLACK_TOKEN} is not allowed at {WEBHOOK}"
#: Faults for every call that the daemons make, in the order of the calls; an answer may quote the
#: request. A revision that is refused for good is given up.
SLACK_FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "auth.test": (Fault("json", body=_ECHO),),
    "chat.postMessage": (
        Fault("html"),
        Fault("rate_limited", retry_after="1"),
        Fault("status", status=401),
        Fault("drop", accept=True),
        Fault("json", body=_ECHO),
        Fault("truncated", accept=True),
    ),
    "conversations.history": (Fault("status", status=502), Fault("json", body=_ECHO)),
    "chat.update": (Fault("error", error=_QUOTING), Fault("drop"), Fault("json", body=_ECHO)),
}


class Finding(NamedTuple):
    """A secret in a log."""

    what: str
    line: bytes


def forms(secret: str) -> Iterator[bytes]:
    """The secret as it may be written: plain, quoted, in base64."""
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield repr(secret)[1:-1].encode()
    yield base64.b64encode(plain)
    yield plain.hex().encode()


def search(log: bytes) -> list[Finding]:
    """Every secret in the log, with its line."""
    looked_for = {
        name: re.compile(b"|".join(re.escape(form) for form in forms(secret)))
        for name, secret in SECRETS.items()
    } | dict(MARKS)
    return [
        Finding(name, line)
        for line in log.splitlines()
        for name, pattern in looked_for.items()
        if pattern.search(line)
    ]


def fail_feeds(bad: HttpFeed) -> str:
    """Sources that fail, in ways that quote what they were asked; their part of the settings."""
    for number, token in enumerate((*OPENSKY_TOKENS, *OPENSKY_TOKENS)):
        quoting = f"<html>You sent Authorization: Bearer {token}</html>".encode()
        location = {"Location": f"http://{USER}:{OPENSKY_SECRET}@127.0.0.1:9/?access_token={token}"}
        faults = [
            Scripted(quoting, status=401, headers={"WWW-Authenticate": f"Bearer {token}"}),
            Scripted(quoting, status=429, headers={"X-Rate-Limit-Retry-After-Seconds": "1"}),
            Scripted(status=302, headers=location),
            Scripted(drop_after=0),
            Scripted(raw=f"HTTP/1.1 200 {token}\r\nAuthorization Bearer {token}\r\n\r\n".encode()),
            Scripted(b'{"time": 1, "states": "Bearer ' + token.encode() + b'"}'),
        ]
        bad.script(f"/states-{number}", *faults[number:], *faults[:number])
    form = f"grant_type=client_credentials&client_id={USER}&client_secret={OPENSKY_SECRET}"
    bad.script(
        "/login",
        Scripted(form.encode(), status=500),
        Scripted(form.encode(), status=401),
        Scripted(json.dumps({"access_token": [OPENSKY_TOKENS[0]]}).encode()),
        Scripted(drop_after=0),
        *(
            Scripted(json.dumps({"access_token": token, "expires_in": 61}).encode())
            for token in OPENSKY_TOKENS * 10
        ),
    )
    item = f"<item><title>See {WEBHOOK}</title><guid>1</guid><link>{WEBHOOK}</link></item>"
    for path in ("/leaky", "/hangar"):
        moved = {"Location": f"{path}?key={FEED_KEY}&again=1"}
        bad.script(
            path,
            Scripted(f"<html>{path}?key={FEED_KEY}</html>".encode(), status=401),
            Scripted(drop_after=0),
            Scripted(status=301, headers=moved),
            Scripted(f"<rss version='2.0'><channel>{item}</channel></rss>".encode()),
            Scripted(raw=f"HTTP/1.1 999 key={FEED_KEY}\r\nX\r\n\r\n".encode()),
        )
    sources = [(f"states-{number}", "opensky", 5) for number in range(4)]
    flights = "".join(
        f'[[flights]]\nname = "{path}"\nformat = "{kind}"\nevery_s = {every_s}\nscope = "world"\n'
        f'url = "{bad.url(f"/{path}")}?key={FEED_KEY}"\nallow_private = true\n'
        for path, kind, every_s in (*sources, ("hangar", "readsb", 1))
    )
    return (
        f'[opensky]\nclient_id = "{USER}"\n{flights}[[news]]\nname = "leaky"\n'
        f'url = "{bad.url("/leaky")}?key={FEED_KEY}"\nevery_s = 1\nallow_private = true\n'
    )


async def logs_of(host: Host, folder: Path, broker: KafkaBroker | None) -> bytes:
    """Run it all, with every fault, and give what the daemons wrote."""
    async with AsyncExitStack() as stack:
        slack = stack.enter_context(running_slack())
        slack.token = SLACK_TOKEN
        feed, bad = [await stack.enter_async_context(HttpFeed()) for _ in range(2)]
        setup = Setup(
            options=("--log-level", "debug"),
            environment={
                "WHEELSDOWN_OPENSKY_CLIENT_SECRET": OPENSKY_SECRET,
                **({"WHEELSDOWN_KAFKA_PASSWORD": KAFKA_PASSWORD} if broker else {}),
            },
            program=(str(Path(__file__).with_name("loopback_login.py")), bad.url("/login")),
            kafka=login_of(broker) if broker else "",
            feeds=fail_feeds(bad),
        )
        base = datetime.now(UTC).replace(microsecond=0)
        bootstrap = broker.bootstrap if broker else ""
        run = LiveRun(
            host, folder, ACTS, base=base, feed=feed, slack=slack, bootstrap=bootstrap, setup=setup
        )
        stack.callback(run.close)
        for name, faults in SLACK_FAULTS.items():
            slack.fail(name, *faults)
        run.start()
        await over(run)
        await asyncio.to_thread(run.stop)
        for name, faults in SLACK_FAULTS.items():
            print(f"  Slack was asked for {name} {slack.count(name)} times, {len(faults)} faults")
            assert slack.count(name) >= len(faults), "it was not asked often enough to meet them"
        asked = sum(one.target.startswith("/states") for one in bad.received)
        logins = sum(one.target.startswith("/login") for one in bad.received)
        print(f"  OpenSky was asked {asked} times, {logins} times for a token")
        return b"".join(daemon.log.read_bytes() for daemon in run.daemons.values())


async def over(run: LiveRun) -> None:
    """Until all acts are over and Slack is asked nothing more.

    The next look is shown when Slack shows what is known, or is asked nothing, since it refused.
    """
    now = asyncio.get_running_loop().time
    end, asked, changed = now() + WITHIN_S, 0, now()
    while not run.is_played or now() - changed < LINGER_S:
        await asyncio.to_thread(run.look)
        if len(run.slack.calls) != asked:
            asked, changed = len(run.slack.calls), now()
        if run.is_shown() or now() - changed > QUIET_S:
            run.turn()
        if now() > end:
            raise TimeoutError(f"not over after {WITHIN_S:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S)


def with_login(folder: Path) -> KafkaBroker:
    """A broker with a second listener, which wants a password; not started."""
    broker = KafkaBroker(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for name in ("listeners", "advertised.listeners"):
        broker.settings[name] += f",SASL_PLAINTEXT://{address}"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
    mine = "listener.name.sasl_plaintext.plain.sasl.jaas.config"
    broker.settings["listener.security.protocol.map"] += ",SASL_PLAINTEXT:SASL_PLAINTEXT"
    broker.settings |= {
        "sasl.enabled.mechanisms": "PLAIN",
        mine: f'{plain} required user_{USER}="{KAFKA_PASSWORD}";',
    }
    return broker


def login_of(broker: KafkaBroker) -> str:
    """The ``[kafka]`` of daemons that log in there."""
    address = broker.settings["listeners"].rpartition("//")[2]
    return (
        f'bootstrap = ["{address}"]\nsecurity_protocol = "SASL_PLAINTEXT"\n'
        f'sasl_mechanism = "PLAIN"\nusername = "{USER}"\n'
    )


def main() -> int:
    """Run, search, print; 1 when a secret was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", choices=get_args(Host), help="only this one")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="secrets-"))
    findings: list[Finding] = []
    for secret in SECRETS.values():  # the search itself is no use if it finds nothing
        assert all(search(b"before" + form + b"after") for form in forms(secret))
    with ExitStack() as stack:
        for host in [options.host] if options.host else get_args(Host):
            broker = None
            if host == "kafka":
                broker = with_login(folder / "broker")
                stack.callback(broker.stop)
                broker.start()
            print(f"{host}, logs in {folder / host}", flush=True)
            log = asyncio.run(logs_of(host, folder / host, broker))
            debug, redacted = log.count(b"[debug "), log.count(b"[redacted]")
            print(
                f"  searched {len(log):,} bytes, {log.count(10):,} lines: {debug:,} of them at the "
                f"level debug; something was taken out {redacted:,} times"
            )
            if not debug or not redacted:
                print("  that is too little for a debug log: nothing is shown by this run")
                return 1
            findings += search(log)
    print(f"for {', '.join((*SECRETS, *MARKS))}")
    for one in findings[:50]:
        print(f"FOUND {one.what} in: {one.line[:500]!r}")
    print(f"secrets found {len(findings)}")
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoBrokerError as error:
        sys.exit(f"no Kafka broker can run here: {error}")
