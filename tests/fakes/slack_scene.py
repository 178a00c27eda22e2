"""One alert on its way to Slack, in one process and on one clock, with deaths where told.

A scene has the log, a ledger, Slack and the loop between them, and outlives the consumers that come
and go in it.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fakes.examples import pyongyang_alerts
from fakes.inprocess_slack import InProcessSlack, SteppingClock
from fakes.slack_workspace import CHANNEL

from consumers.deliver import DeliveryLoop
from consumers.deliveries import Deliveries, sent_anew
from consumers.ledger import Ledger
from consumers.slack.message import metadata
from consumers.slack.send import SlackSender
from wheelsdown.daemon.backoff import Backoff
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.port import NewMessage
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.deliveries import Delivery, DeliveryState
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import ALERTS, DELIVERIES

ROUTE = "default"
BACKOFF = Backoff(first_s=1.0, longest_s=60.0, tries=12, within_s=7200.0)


@cache
def revisions() -> tuple[Alert, ...]:
    """The three of one alert."""
    return pyongyang_alerts()


class CrashError(BaseException):
    """The process dies here: nothing may catch it."""


class Fate:
    """Counts the moments beside durable steps, and dies at one of them."""

    def __init__(self) -> None:
        self.moments = 0
        self._at: int | None = None

    def arm(self, at: int | None) -> None:
        self.moments, self._at = 0, at

    def disarm(self) -> None:
        self._at = None

    def pass_by(self) -> None:
        self.moments += 1
        if self.moments == self._at:
            raise CrashError


class MortalLog(MemoryLog):
    """Whoever writes on ``deliveries.v1`` may die just before or just after."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(partitions=1)
        self._fate = fate

    def append(self, messages: Iterable[NewMessage]) -> None:
        new = list(messages)
        is_ours = any(one.topic is DELIVERIES for one in new)
        if is_ours:
            self._fate.pass_by()
        super().append(new)
        if is_ours:
            self._fate.pass_by()


class MortalLedger(Ledger):
    """Whoever writes may die just after. Just before is just after the log's."""

    def __init__(self, fate: Fate, path: Path = Path(":memory:")) -> None:
        super().__init__(path)
        self._fate = fate

    def put(self, deliveries: Iterable[Delivery], *, reached: int | None = None) -> None:
        super().put(deliveries, reached=reached)
        self._fate.pass_by()


class Scene:
    """Set up with the methods below, then ``play`` until nothing waits."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.slack = InProcessSlack(self.clock)
        self.fate = Fate()
        self.events = MortalLog(self.fate)
        self.ledger: Ledger = MortalLedger(self.fate)
        self.alert_id = revisions()[0].alert_id

    def close(self) -> None:
        self.ledger.close()
        self.events.close()

    def come(self, *numbers: int) -> None:
        """These revisions come on the log."""
        publish(self.events, ALERTS, [revisions()[number - 1] for number in numbers])

    def committed(self, offset: int) -> None:
        """The group has handled what lies before."""
        self.events.set_committed("slack", ALERTS, 0, offset)

    def shown(self, revision: int, posts: int = 0) -> str:
        """An earlier consumer's post is in the channel; gives its ``ts``."""
        name = record_id("delivery", self.alert_id, posts)
        said = metadata(delivery_id=name, alert_id=self.alert_id, revision=revision)
        arguments = {"channel": CHANNEL, "text": "by an earlier consumer", "metadata": said}
        return str(self.slack.workspace.call("chat.postMessage", arguments)["ts"])

    def said(
        self, state: DeliveryState, revision: int, offset: int, *, open_: bool = False, **more: Any
    ) -> None:
        """The last word of an earlier consumer; with ``open_`` a post is of unknown fate."""
        now, alert = self.clock.now(), revisions()[0]
        unsettled = {"unsettled_since": now, "unsettled_until": now} if open_ else {}
        word = Delivery(
            record_id=record_id("word", self.alert_id),
            occurred_at=now,
            observed_at=now,
            alert_id=self.alert_id,
            incident_id=alert.incident.incident_id,
            pair=alert.incident.pair,
            writer=self.ledger.writer(),
            step=10,
            channel=CHANNEL,
            revision=revision,
            offset=offset,
            state=state,
            first_tried_at=now,
            **unsettled,
            **more,
        )
        publish(self.events, DELIVERIES, [word])

    def replay(self) -> None:
        """An operator has the parked alert sent again."""
        publish(self.events, DELIVERIES, [sent_anew(self.row(), self.clock.now())])

    def consumer(self, ledger: Ledger | None = None, group: str = "slack") -> DeliveryLoop:
        """A consumer that starts now."""
        deliveries = Deliveries(self.events, ledger or self.ledger)
        sender = SlackSender(
            self.slack.client(),
            {ROUTE: CHANNEL},
            deliveries,
            self.clock,
            lambda: 1.0,
            backoff=BACKOFF,
            elapsed_s=self.clock.elapsed_s,
        )
        return DeliveryLoop(
            self.events,
            group,
            sender,
            self.clock,
            elapsed_s=self.clock.elapsed_s,
            rest=self.clock.wait,
        )

    def play(self, die_at: int | None = None) -> bool:
        """Run a consumer until nothing waits or it dies; whether it lived.

        Where it lived, time goes on until what is under way has happened.
        """
        loop = self.consumer()
        self.fate.arm(die_at)
        try:
            loop.drain()
        except CrashError:
            return False
        finally:
            self.fate.disarm()
        self.clock.wait(300.0)
        return True

    def lose_ledger(self) -> None:
        """The next consumer is on another machine."""
        self.ledger.close()
        self.ledger = MortalLedger(self.fate)

    def row(self) -> Delivery:
        Deliveries(self.events, self.ledger)
        row = self.ledger.get(self.alert_id)
        assert row is not None, "no word on the alert"
        return row

    def visible(self) -> list[dict[str, Any]]:
        """What readers see of it, oldest first."""
        return self.slack.workspace.alerts()

    def wrongs(self, newest: int, may_park: Collection[str]) -> list[str]:
        """What is not as it should be in the end; empty when the newest revision is shown once.

        It may be parked instead, for a reason that begins with one of ``may_park``.
        """
        row = self.row()
        payloads = [one["metadata"]["event_payload"] for one in self.visible()]
        ids = [payload["delivery_id"] for payload in payloads]
        found = []
        if len(set(ids)) < len(ids) or len(ids) > row.posts + 1:
            found.append(f"doubled: {len(ids)} messages, {row.posts} given up")
        if row.state == "parked":
            if not row.error.removeprefix(HISTORY).startswith(tuple(may_park)):
                found.append(f"parked without need: {row.error}")
            return found
        mine = [one for one in self.visible() if one["ts"] == row.ts]
        shown = [one["metadata"]["event_payload"]["revision"] for one in mine]
        if row.state != "sent" or shown != [newest]:
            found.append(f"missing: {row.state} {row.revision}, shown {shown} of {newest}")
        return found


HISTORY = "can't read the channel's history: "
SetUp = Callable[[Scene], int]
