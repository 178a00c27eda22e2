"""A whole live run: the real daemons as processes, feeds and a Slack on loopback, and its log.

What the feeds answer follows from what is on the log (``Director``): an answer that died with the
daemon that had asked for it is given again.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple
from uuid import uuid4

from fakes.http_feed import HttpFeed
from fakes.live_case import Act, Headline, Spot, feed_of, sky_at
from fakes.live_log import PARTITIONS, KafkaRunLog, Onlooker, RunLog, SqliteRunLog
from fakes.slack_server import FakeSlack
from fakes.slack_workspace import CHANNEL
from fakes.supervised import AS_USUAL, Daemon, Setup

from wheelsdown.crash_points import POINTS
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident
from wheelsdown.records.topics import ALERTS, CASES_EVENTS, INCIDENTS, NEWS_ENTRIES
from wheelsdown.records.visits import Mention

Host = Literal["embedded", "kafka"]

#: The daemons of each host, and whose crash points (``POINTS``) each of them passes.
DAEMONS: Mapping[Host, Mapping[str, tuple[str, ...]]] = {
    "embedded": {"run": tuple(POINTS)},
    "kafka": {
        "processors": ("rules",),
        "producers flights": ("flights",),
        "producers news": ("news",),
        "consumers slack": ("slack",),
    },
}
NO_DEATHS: Mapping[str, Sequence[str]] = MappingProxyType({})
#: Records that nobody can read, there before any daemon is.
POISON = tuple(NewMessage(topic, 0, "poison", b"{") for topic in (NEWS_ENTRIES, ALERTS))


class _Step(NamedTuple):
    """What the feeds show until it is on the log, with the counts that a case has by then."""

    look: Mapping[str, Spot]
    feeds: Mapping[str, tuple[Headline, ...]]
    mentions: int
    revisions: int


def _steps(acts: Sequence[Act]) -> Iterator[_Step]:
    look: Mapping[str, Spot] = {}
    for act in acts:
        for look in act.looks[:-1]:
            yield _Step(look, act.feeds, 0, 0)
        look = act.looks[-1] if act.looks else look
        yield _Step(look, act.feeds, act.mentions, act.revisions)


class Director:
    """Lets the acts happen: each step when the one before stands on the log.

    So what the feeds serve is a function of what was published: a poll that died unpublished is
    asked again and gets what it would have got.
    """

    def __init__(self, acts: Sequence[Act], base: datetime, feed: HttpFeed, seen: Onlooker) -> None:
        self._ahead = deque(_steps(acts))
        self._step = self._ahead.popleft()
        self._base = base
        self._feed = feed
        self._seen = seen
        self.is_over = False

    def turn(self) -> None:
        """Go on where that is due, and serve what is shown now with its present ages."""
        while not self.is_over and self._is_read(self._step):
            if self._ahead:
                self._step = self._ahead.popleft()
            else:
                self.is_over = True
        now = datetime.now(UTC).replace(microsecond=0)
        self._feed.script("/aircraft.json", sky_at(now, self._base, self._step.look))
        for name, headlines in self._step.feeds.items():
            self._feed.script(f"/{name}", feed_of(self._base, headlines))

    def _is_read(self, step: _Step) -> bool:
        shown = {
            (icao24, self._base - timedelta(seconds=spot.before_s))
            for icao24, spot in step.look.items()
        }
        mentions = self._seen.of(CASES_EVENTS, Mention)
        revisions = self._seen.of(INCIDENTS, Incident)
        return (
            shown <= self._seen.positions
            and len(mentions) >= step.mentions
            and len(revisions) >= step.revisions
        )


class LiveRun:
    """The daemons of one host with their feeds, their log and their Slack, in ``folder``.

    ``feed`` and ``slack`` are this run's own. ``base`` is the moment from which the acts are dated,
    in whole seconds. On Kafka, ``bootstrap`` is the broker's address.
    """

    def __init__(
        self,
        host: Host,
        folder: Path,
        acts: Sequence[Act],
        *,
        base: datetime,
        feed: HttpFeed,
        slack: FakeSlack,
        bootstrap: str = "",
        setup: Setup = AS_USUAL,
    ) -> None:
        self.feed = feed
        self.slack = slack
        self.kills = 0
        folder.mkdir(parents=True, exist_ok=True)
        log: RunLog = SqliteRunLog(folder / "data" / "events.sqlite")
        settings = f'kind = "sqlite"\npartitions = {PARTITIONS}\n'
        if host == "kafka":
            prefix = f"{uuid4().hex}."
            log = KafkaRunLog(bootstrap, prefix)
            reached = setup.kafka or f'bootstrap = ["{bootstrap}"]\n'
            settings = (
                f'kind = "kafka"\npartitions = {PARTITIONS}\ntopic_prefix = "{prefix}"\n'
                f"[kafka]\n{reached}"
            )
        self._log = log
        config = folder / "wheelsdown.toml"
        config.write_text(settings_of(settings, feed, acts, slack) + setup.feeds)
        self.daemons = {
            command: Daemon(command, config, slack.token or "", setup) for command in DAEMONS[host]
        }
        self.seen = Onlooker(log)
        self._director = Director(acts, base, feed, self.seen)

    def start(self, deaths: Mapping[str, Sequence[str]] = NO_DEATHS) -> None:
        """Start all; ``deaths`` names the crash points at which daemons are to die, by command."""
        self._log.prepare(POISON)
        self._director.turn()
        for command, daemon in self.daemons.items():
            daemon.start(deaths.get(command, ()))

    def look(self) -> bool:
        """See what was published; whether all is read and shown, and every daemon ready.

        May run in another thread than the rest.
        """
        self.seen.look()
        return (
            self.is_played
            and self.is_shown()
            and not self.seen.unread()
            and all(daemon.is_ready() for daemon in self.daemons.values())
        )

    def waits_for(self) -> str:
        """Why it is not over, for people."""
        waits = {
            "acts": not self.is_played,
            "messages": not self.is_shown(),
            "unread": self.seen.unread(),
            "not ready": [name for name, one in self.daemons.items() if not one.is_ready()],
        }
        return ", ".join(f"{name} {what}" for name, what in waits.items() if what)

    @property
    def is_played(self) -> bool:
        """Whether all acts are over."""
        return self._director.is_over

    def turn(self) -> None:
        """Serve what is due and start again what died; by the thread that called ``start``."""
        self._director.turn()
        for daemon in self.daemons.values():
            daemon.watch()

    def kill(self, command: str) -> None:
        """Kill a daemon and start it again."""
        self.daemons[command].kill()
        self.kills += 1
        self.daemons[command].start()

    @property
    def last_start(self) -> float:
        """When a daemon was last started, by the clock of the event loop."""
        return max(daemon.started_at for daemon in self.daemons.values())

    def is_shown(self) -> bool:
        """Whether each incident that is to be told stands in Slack as it was last told."""
        told: dict[str, int] = {}
        for alert in self.seen.of(ALERTS, Alert):
            if alert.action == "deliver":
                told[alert.alert_id] = max(told.get(alert.alert_id, 0), alert.revision)
        metadata = [one["metadata"]["event_payload"] for one in self.slack.workspace.alerts()]
        shown = {str(one["alert_id"]): int(one["revision"]) for one in metadata}
        return told == shown

    def stop(self) -> dict[str, int]:
        """Ask all to end; their exit codes."""
        return {command: daemon.stop() for command, daemon in self.daemons.items()}

    def close(self) -> None:
        """Kill what still runs and let go of the log."""
        for daemon in self.daemons.values():
            daemon.kill()
        self._log.close()


def settings_of(log: str, feed: HttpFeed, acts: Sequence[Act], slack: FakeSlack) -> str:
    """The settings file of a run; ``log`` is what stands below ``[log]``."""
    feeds = "".join(
        f'[[news]]\nname = "{name}"\nurl = "{feed.url(f"/{name}")}"\n'
        "every_s = 1\nallow_private = true\n"
        for name in acts[0].feeds
    )
    return (
        f'[log]\n{log}[data]\nfolder = "data"\n'
        f'[slack]\nchannel = "{CHANNEL}"\nbase_url = "{slack.base_url}"\n'
        f'[[flights]]\nname = "roof"\nformat = "readsb"\nurl = "{feed.url("/aircraft.json")}"\n'
        f'every_s = 1\nscope = "world"\nallow_private = true\n{feeds}'
    )
