"""What a product that posts alerts to Slack is put through, and how it is scored.

A trial is one alert, one fault of the fake Slack, maybe a death of the product. What readers of the
channel see decides: is the text there, how many messages are there, since when, and does anything
of the alert's own text work as Slack's markup.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from fakes.slack_faults import Fault
from fakes.slack_server import FakeSlack
from fakes.slack_workspace import CHANNEL

TEXT = "Il-62M RA-86559 lands in Pyongyang"
LATER_TEXT = "Il-62M RA-86559 left Pyongyang again"
HOSTILE_TEXT = "<!channel> <http://evil.example|click> & *bold* says the headline"

#: An alert that is not visible after so long is lost.
LOST_AFTER_S = 60.0
#: For so long after it became visible a second message of it is waited for.
WATCHED_S = 20.0
#: A call that was accepted is answered so much later where the product is to die in between.
HELD_BACK_S = 3.0
_LOOK_EVERY_S = 0.02
#: Mentions and links with another face, which only unescaped text can hold.
_LIVE = re.compile(r"<!(channel|here|everyone)\b|<http://evil\.example\b")


class Contender(Protocol):
    """A product that posts alerts to the fake Slack. ``posts_by`` is the method that it uses."""

    posts_by: str

    def start(self) -> None:
        """Start its process, and return when it takes alerts."""
        ...

    def kill(self) -> None:
        """End it with SIGKILL."""
        ...

    def tell(self, text: str) -> None:
        """There is an alert that says so."""
        ...

    def tell_again(self) -> None:
        """What those who told of the alert do after a restart."""
        ...

    def change(self, text: str) -> None:
        """The same alert says something else now."""
        ...

    def end(self) -> None:
        """What the alert told of is over."""
        ...


@dataclass(frozen=True)
class Trial:
    """``die``: with SIGKILL, then it is started again. ``meanwhile``: after the first refusal."""

    name: str
    fault: Fault | None = None
    text: str = TEXT
    die: Literal["unanswered", "answered"] | None = None
    meanwhile: Literal["changes", "ends"] | None = None


TRIALS = (
    Trial("one 429, Retry-After 1", Fault("rate_limited", retry_after="1")),
    Trial(
        "429, the alert changes meanwhile",
        Fault("rate_limited", retry_after="1"),
        meanwhile="changes",
    ),
    Trial(
        "429, the alert ends meanwhile", Fault("rate_limited", retry_after="1"), meanwhile="ends"
    ),
    Trial(
        "accepted, killed before the answer", Fault("true", delay_s=HELD_BACK_S), die="unanswered"
    ),
    Trial("accepted, killed a second later", die="answered"),
    Trial("accepted, connection dropped", Fault("drop", accept=True)),
    Trial("one HTTP 500, not accepted", Fault("status", status=500)),
    Trial("hostile text", text=HOSTILE_TEXT),
)


@dataclass(frozen=True)
class Score:
    """What readers saw. ``delay_s`` is None when the alert was lost."""

    lost: bool
    doubled: int
    delay_s: float | None
    live: int
    calls: int


def run(trial: Trial, contender: Contender, slack: FakeSlack) -> Score:
    """Put a contender that was not started yet through the trial."""
    slack.fail(contender.posts_by, trial.fault)
    contender.start()
    expected, told_at = trial.text, time.monotonic()
    contender.tell(trial.text)
    if trial.meanwhile is not None:
        _wait(lambda: slack.count(contender.posts_by) > 0)
        time.sleep(0.2)
        if trial.meanwhile == "changes":
            expected, told_at = LATER_TEXT, time.monotonic()
            contender.change(LATER_TEXT)
        else:
            contender.end()
    if trial.die is not None:
        seen_at = _wait(lambda: bool(slack.workspace.alerts()))
        if trial.die == "answered":
            time.sleep(1.0)
        contender.kill()
        contender.start()
        contender.tell_again()
    else:
        seen_at = _wait(lambda: _shows(slack, expected))
    if seen_at is not None:
        time.sleep(WATCHED_S)
    messages = slack.workspace.alerts()
    return Score(
        lost=not _shows(slack, expected),
        doubled=max(0, len(messages) - 1),
        delay_s=None if seen_at is None else seen_at - told_at,
        live=sum(any(map(_LIVE.search, texts(message))) for message in messages),
        calls=len(slack.calls),
    )


def _wait(seen: Callable[[], bool]) -> float | None:
    """When it was seen; None when it was not within the time."""
    end = time.monotonic() + LOST_AFTER_S
    while time.monotonic() < end:
        if seen():
            return time.monotonic()
        time.sleep(_LOOK_EVERY_S)
    return None


def _shows(slack: FakeSlack, text: str) -> bool:
    """Whether a visible message says so, escaped or not."""
    plain = _unescaped(text)
    return any(
        plain in _unescaped(found)
        for message in list(slack.workspace.channels[CHANNEL])
        for found in texts(message)
    )


def _unescaped(text: str) -> str:
    """Letters and digits only: products neutralise markup in different ways."""
    bare = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return re.sub(r"[^A-Za-z0-9]", "", bare)


def texts(part: Any) -> Iterator[str]:
    """All that Slack would read as markup in a message: not plain text, not metadata."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for one in part:
            yield from texts(one)
    elif isinstance(part, dict) and part.get("type") != "plain_text":
        for name, one in part.items():
            if name != "metadata":
                yield from texts(one)
