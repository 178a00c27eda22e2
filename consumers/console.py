"""Shows alerts on a terminal or in a plain text stream, as they grow.

The first revision is shown whole, each later one with what is new in it. Text from outside is
shown as text: it reaches rich as ``Text``, never as markup, and without control characters, so
that no headline can colour, erase or rename anything.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from consumers import wording
from consumers.outcome import Lane, Sent, Settled, Unfinished
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident, VisitMatch

#: Alerts whose shown parts are remembered; an older one that grows again is shown whole.
REMEMBERED = 500
#: Entries listed for each visit.
EVIDENCE = 3

_STYLE = {"weak": "cyan", "moderate": "yellow", "strong": "bold red"}


class _Part(NamedTuple):
    """What is shown, or shown again, as a whole."""

    label: str
    lines: tuple[str, ...]


class ConsoleSender:
    """Prints to a rich console, which leaves out colours where the stream is no terminal."""

    trouble: str | None = None

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: OrderedDict[str, frozenset[_Part]] = OrderedDict()

    def subject(self, alert: Alert) -> str:
        """Every revision is printed."""
        return alert.record_id

    def needs(self, subject: str, route: str, revision: int) -> Lane | Settled:
        """All are printed in one line, in order."""
        del subject, route, revision
        return Lane("console", "print")

    def free_at(self, lane: Lane) -> float:
        """At any time."""
        del lane
        return float("-inf")

    def give_up(self, subject: str, reason: str) -> None:
        """Nothing is remembered of what was to be printed."""

    def unfinished(self) -> Sequence[Unfinished]:
        """None: nothing is remembered of what was printed."""
        return ()

    def deliver(self, alert: Alert, offset: int) -> Sent:
        """Print the revision, or only what it adds to the one printed before."""
        del offset
        before = self._shown.pop(alert.alert_id, frozenset())
        parts = tuple(_parts(alert.incident))
        self._shown[alert.alert_id] = frozenset(parts)
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        self._print_head(alert)
        label = ""
        for part in parts:
            if part not in before:
                self._print_part("" if part.label == label else part.label, part.lines)
                label = part.label
        self._console.print()
        return Sent(new=True)

    def _print_head(self, alert: Alert) -> None:
        incident = alert.incident
        style = "dim" if wording.is_withdrawn(incident) else _STYLE[incident.strength]
        pair = f"  [{incident.pair}, revision {alert.revision}]"
        self._print(Text.assemble((wording.headline(incident), style), (pair, "dim")))
        if changed := wording.clean(incident.changed):
            self._print(Text.assemble(("  latest   ", "dim"), (changed, "bold")))

    def _print_part(self, label: str, lines: tuple[str, ...]) -> None:
        first, *rest = lines
        self._print(Text.assemble((f"  {label:<8} ", "dim"), first))
        for line in rest:
            self._print(Text(f"{'':15}{line}"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _parts(incident: Incident) -> Iterator[_Part]:
    stay = incident.stay
    if title := wording.clean(incident.title):
        yield _Part("case", (title,))
    yield _Part("aircraft", (wording.aircraft_name(stay.aircraft),))
    yield _Part("operator", (wording.operator_name(stay),))
    if because := wording.clean(stay.withdrawn_because):
        yield _Part("because", (because,))
    if wording.is_withdrawn(incident):
        return
    for movement, notes in wording.itinerary(stay):
        first = f"{wording.movement_time(movement)} UTC  {wording.movement_words(movement)}"
        yield _Part("flight", (first, *notes))
    yield _Part("stay", (wording.stay_length(stay),))
    for match in incident.visits:
        yield _Part("visit", tuple(_visit(match, incident.observed_at.date())))
    yield from (_Part("why", (wording.clean(sentence),)) for sentence in incident.why)
    yield from (_Part("unknown", (wording.clean(sentence),)) for sentence in incident.unknown)


def _visit(match: VisitMatch, as_of: date) -> Iterator[str]:
    visit = match.visit
    yield f"{wording.visitor_name(visit)}: {wording.visit_words(visit, as_of)}"
    yield f"{wording.relation(match)}; {wording.coverage(visit)}"
    for entry in wording.best_evidence(visit, EVIDENCE):
        yield f"{wording.clean(entry.feed)}: {wording.clean(entry.title)}"
