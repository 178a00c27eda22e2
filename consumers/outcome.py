"""What became of one alert: the vocabulary between the delivery loop and whoever delivers."""

from dataclasses import dataclass
from typing import Protocol

from wheelsdown.records.alerts import Alert


@dataclass(frozen=True)
class Sent:
    """The revision is shown; ``new`` is False when it, or a later one, already was."""

    new: bool


@dataclass(frozen=True)
class Rejected:
    """It will never be shown as it is; the sender has kept it aside and reported it."""

    reason: str


@dataclass(frozen=True)
class Retry:
    """It is certainly not shown; try again in ``after_s`` seconds.

    ``others`` tells whether others would fare no better until then: the service as a whole is away
    or limits how much it takes.
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


Outcome = Sent | Rejected | Retry | Ambiguous


class Sender(Protocol):
    """Shows alerts somewhere. Used by one thread."""

    def deliver(self, alert: Alert) -> Outcome:
        """Show this revision in place of earlier ones; repeating it shows nothing twice.

        Returns only when the outcome is durable. The sender limits how often it asks for a retry.
        """
        ...
