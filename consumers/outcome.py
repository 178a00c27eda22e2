"""What becomes of one alert: the vocabulary between the delivery loop and whoever delivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wheelsdown.records.alerts import Alert


class Lane(NamedTuple):
    """What waits in one line: the calls of one method for one channel, one after the other."""

    channel: str
    method: str


@dataclass(frozen=True)
class Sent:
    """The revision is shown; ``new`` is False when it, or a later one, already was."""

    new: bool


@dataclass(frozen=True)
class Rejected:
    """It will never be shown as it is; the sender has kept it aside and reported it."""

    reason: str


@dataclass(frozen=True)
class Again:
    """A step is done, and another call is needed, maybe in another lane."""


@dataclass(frozen=True)
class Retry:
    """It is certainly not shown; try again in ``after_s`` seconds.

    ``others`` tells whether others would fare no better until then: the service as a whole is away.
    """

    after_s: float
    reason: str
    others: bool = False


@dataclass(frozen=True)
class Ambiguous:
    """It may be shown or not; after another ``after_s`` seconds the sender can find out.

    ``others`` as with ``Retry``.
    """

    after_s: float
    reason: str
    others: bool = False


Settled = Sent | Rejected
Outcome = Sent | Rejected | Again | Retry | Ambiguous


class Unfinished(NamedTuple):
    """An alert that was begun, or is to be sent anew, where it stands, and its next call."""

    subject: str
    revision: int
    offset: int
    lane: Lane


class Sender(Protocol):
    """Shows alerts somewhere. ``deliver`` is called by several threads, for one alert by one."""

    @property
    def trouble(self) -> str | None:
        """In plain words why the last call failed; None when it worked, and before the first."""
        ...

    def subject(self, alert: Alert) -> str:
        """What a newer alert with the same subject replaces while it waits."""
        ...

    def needs(self, subject: str, route: str, revision: int) -> Lane | Settled:
        """The lane of an alert's next call, or its outcome when none is needed."""
        ...

    def free_at(self, lane: Lane) -> float:
        """From when on the lane takes another call, in monotonic seconds."""
        ...

    def deliver(self, alert: Alert, offset: int) -> Outcome:
        """Take one step, of a call or few, towards showing this revision in place of earlier ones.

        Repeating it shows nothing twice. Returns only when the outcome is durable. The sender
        limits how often it asks for a retry. ``offset`` is where the alert stands on its topic.
        """
        ...

    def give_up(self, subject: str, reason: str) -> None:
        """Keep aside what was begun and can't be delivered."""
        ...

    def unfinished(self) -> Sequence[Unfinished]:
        """The alerts that were begun, or are to be sent anew."""
        ...
