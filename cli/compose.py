"""From settings to the parts of a run: the only place that knows how the rooms fit together."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from rich.console import Console

from consumers.console import ConsoleSender
from consumers.deliveries import Deliveries
from consumers.ledger import Ledger
from consumers.outcome import Sender
from consumers.slack.client import check_channel, identify, web_client
from consumers.slack.send import SlackSender
from pipeline.graph import Reference
from producers.fetch import Fetcher, client_session
from producers.flights.opensky_auth import OpenSkyLogin
from producers.flights.poller import FlightPoller
from producers.flights.source import FlightSource
from producers.news.memory import NewsMemory
from producers.news.parser_process import ParserProcess
from producers.news.poller import FeedSource, NewsPoller
from wheelsdown.clock import Clock
from wheelsdown.daemon.backoff import system_jitter
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import EventLog, Reader, RefusedError, UnavailableError
from wheelsdown.eventlog.publish import Publish
from wheelsdown.eventlog.sqlite_hold import hold
from wheelsdown.eventlog.sqlite_log import SqliteLog
from wheelsdown.eventlog.sqlite_reader import SqliteReader
from wheelsdown.records.topics import ADSB_SNAPSHOTS
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.fleet import Fleet, load_fleet
from wheelsdown.reference.officials import load_officials
from wheelsdown.reference.states import load_states
from wheelsdown.settings import FlightFeed, KafkaSettings, NewsFeed, Settings

#: Not ``log``, which is the event log here.
log_lines = structlog.get_logger(__name__)

#: What was sent, in the data folder.
LEDGER_FILE = "ledger.sqlite"
#: How often a second consumer on this machine looks whether the first has ended.
ASK_FOR_LEDGER_EVERY_S = 2.0


def reference(fleet: Fleet) -> Reference:
    """What the rules know of the world, with this fleet."""
    return Reference(
        register=fleet,
        aerodromes=load_aerodromes(),
        states=load_states(),
        officials=load_officials(),
    )


def fleet_of(settings: Settings) -> Fleet:
    """The shipped fleet and the user's files. Raises FleetError."""
    return load_fleet(settings.fleet.files)


class FolderError(Exception):
    """The data folder can't be made or written to; the message says what to do."""


def make_folders(settings: Settings) -> None:
    """The folders of state and log, where they are missing. Raises FolderError."""
    wanted = {"data.folder": settings.data.folder, "log.path": settings.log_path.parent}
    for name, folder in wanted.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(
                f"{name}: can't make {folder}: {error.strerror}; name another folder, or let the "
                "user that runs this write there"
            ) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise FolderError(f"{name}: {folder} may not be written to; change its owner or rights")


def event_log(settings: Settings) -> EventLog:
    """The log that is configured. Raises EventLogError when it can't be reached or opened."""
    if settings.log.kind == "kafka":
        return kafka_log(settings)
    if settings.log.kind == "sqlite":
        return SqliteLog(settings.log_path, settings.log.partitions)
    return MemoryLog(settings.log.partitions)


def reader(settings: Settings) -> Reader:
    """What the configured log holds, also while a run has its file. Raises EventLogError."""
    if settings.log.kind == "kafka":
        return kafka_log(settings)
    if settings.log.kind == "memory":
        raise RefusedError('log.kind = "memory" keeps nothing outside the run; nothing can be read')
    return SqliteReader(settings.log_path)


def kafka_log(settings: Settings) -> KafkaLog:
    """The log on the configured brokers. Raises EventLogError when they can't be reached."""
    assert settings.kafka is not None
    return KafkaLog(
        kafka_connection(settings.kafka),
        settings.log.partitions,
        prefix=settings.log.topic_prefix,
    )


def kafka_connection(kafka: KafkaSettings) -> KafkaConnection:
    """How to reach the brokers, for both client libraries."""
    return KafkaConnection(
        bootstrap=kafka.bootstrap,
        security_protocol=kafka.security_protocol,
        sasl_mechanism=kafka.sasl_mechanism,
        username=kafka.username,
        password=kafka.password.get_secret_value() if kafka.password else None,
        ca_file=kafka.ca_file,
        cert_file=kafka.cert_file,
        key_file=kafka.key_file,
    )


async def flight_pollers(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    fleet: Fleet,
    log: EventLog,
    publish: Publish,
    clock: Clock,
) -> list[FlightPoller]:
    """A poller for each flight source; what they need is closed with ``stack``."""
    log_lines.info(
        "fleet_watched",
        aircraft=len(fleet),
        version=fleet.version,
        unusable_rows=sum(fleet.dropped.values()),
    )
    return [
        await _flight_poller(
            settings, feed, stack, fleet=fleet, log=log, publish=publish, clock=clock
        )
        for feed in settings.flights
    ]


async def _flight_poller(
    settings: Settings,
    feed: FlightFeed,
    stack: AsyncExitStack,
    *,
    fleet: Fleet,
    log: EventLog,
    publish: Publish,
    clock: Clock,
) -> FlightPoller:
    session = client_session(allow_private=feed.allow_private)
    fetcher = Fetcher(await stack.enter_async_context(session))
    login = None
    account = settings.opensky
    if feed.format == "opensky" and account is not None and account.client_secret is not None:
        login = OpenSkyLogin(
            fetcher,
            clock,
            client_id=account.client_id,
            client_secret=account.client_secret.get_secret_value(),
        )
    return FlightPoller(
        FlightSource(
            name=feed.name,
            format=feed.format,
            url=feed.url,
            every_s=feed.every_s,
            scope=feed.covers,
        ),
        fetcher,
        watches=fleet.watches,
        shards=log.partitions(ADSB_SNAPSHOTS),
        publish=publish,
        clock=clock,
        jitter=system_jitter,
        login=login,
    )


async def news_pollers(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    memory: Path | None,
    publish: Publish,
    clock: Clock,
) -> list[NewsPoller]:
    """A poller for the feeds that may be in private networks, one for the others, if any.

    ``memory`` is the file that remembers the feeds across restarts; None forgets them.
    """
    shares = [
        (allowed, [_feed(feed) for feed in settings.news if feed.allow_private is allowed])
        for allowed in (False, True)
    ]
    shares = [(allowed, feeds) for allowed, feeds in shares if feeds]
    if not shares:
        return []
    parser = await stack.enter_async_context(ParserProcess())
    remembered = stack.enter_context(NewsMemory(memory))
    return [
        NewsPoller(
            feeds,
            Fetcher(await stack.enter_async_context(client_session(allow_private=allowed))),
            parser,
            remembered,
            publish=publish,
            clock=clock,
            jitter=system_jitter,
            part=part,
            parts=len(shares),
        )
        for part, (allowed, feeds) in enumerate(shares)
    ]


def _feed(feed: NewsFeed) -> FeedSource:
    return FeedSource(name=feed.name, url=feed.url, every_s=feed.every_s, language=feed.language)


async def slack_sender(
    settings: Settings, log: EventLog, clock: Clock, stack: AsyncExitStack
) -> Sender:
    """The sender to Slack, once no other consumer on this machine has the ledger.

    Raises LedgerError, EventLogError, and SlackUnusableError when Slack refuses token or channel.
    """
    slack = settings.slack
    assert slack is not None
    assert slack.token is not None
    client = web_client(slack.token.get_secret_value(), base_url=slack.base_url)
    user = await asyncio.to_thread(identify, client, clock)
    if user is None:
        log_lines.warning("slack_not_reached", base_url=slack.base_url)
    else:
        await asyncio.to_thread(check_channel, client, slack.channel, clock)
        log_lines.info("slack_reached", user=user, channel=slack.channel)
    path = await _held(settings.data.folder / LEDGER_FILE, stack)
    ledger = stack.enter_context(await asyncio.to_thread(Ledger, path))
    deliveries = await asyncio.to_thread(Deliveries, log, ledger)
    channels = {settings.dispatch.route: slack.channel}
    return SlackSender(client, channels, deliveries, clock, system_jitter)


async def _held(path: Path, stack: AsyncExitStack) -> Path:
    """The path, when this process holds it: one consumer is at work, a second one waits."""
    is_told = False
    while True:
        try:
            stack.enter_context(hold(path))
        except UnavailableError as error:
            if not is_told:
                log_lines.warning("slack_consumer_waits", reason=str(error))
                is_told = True
            await asyncio.sleep(ASK_FOR_LEDGER_EVERY_S)
        else:
            return path


def console_sender(console: Console) -> Sender:
    """The sender to a terminal or a text stream."""
    return ConsoleSender(console)
