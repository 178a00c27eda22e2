"""An alert as a Slack message: what happened, why it matters, how sure it is, what is not known.

A reader with five seconds gets it from the header and the bold sentence below it; one with a minute
can check every claim: times with their margins, the reason for each "probably", the visit's
evidence as links.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from consumers import wording
from consumers.slack.message import Block, SlackMessage, metadata
from consumers.slack.mrkdwn import link, literal, plain, size
from consumers.slack.validate import HEADER, SECTION_TEXT
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident, VisitMatch
from wheelsdown.records.journeys import Stay
from wheelsdown.records.visits import Evidence

# Characters, chosen so that a message of the longest parts stays below Slack's total.
LEAD = 500
LATEST = 300
FIELD = 300
FLIGHT = 1_700
VISITS = 4_500
LIST = 1_200
LINE = 300
EVIDENCE_LINE = 900
FOOTER = 300

#: How many visits are shown, and how many entries for each of so many.
EVIDENCE = {1: 5, 2: 3, 3: 2}

_INDENT = "\u2003\u2003"


def render(alert: Alert) -> SlackMessage:
    """The message for this revision; parts that are too long are cut, none is left out."""
    return SlackMessage(
        text=_summary(alert.incident), blocks=tuple(_blocks(alert)), metadata=_metadata(alert)
    )


def render_short(alert: Alert) -> SlackMessage:
    """The same in one short text without blocks, for when the full message can't be sent."""
    incident = alert.incident
    text = f"{_summary(incident)}\nIncident {literal(incident.incident_id, FOOTER)}"
    return SlackMessage(text=text, blocks=(), metadata=_metadata(alert))


def _metadata(alert: Alert) -> Mapping[str, Any]:
    return metadata(alert_id=alert.alert_id, revision=alert.revision)


def _summary(incident: Incident) -> str:
    lead = literal(incident.title, LEAD)
    return f"{literal(wording.headline(incident), LINE)}{': ' if lead else ''}{lead}"


def _blocks(alert: Alert) -> Iterator[Block]:
    incident = alert.incident
    heading = plain(wording.headline(incident), HEADER)
    yield {"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}
    yield from _section(_lead(incident))
    yield from _context(_latest(incident))
    yield {"type": "section", "fields": [_mrkdwn(field) for field in _fields(incident)]}
    if not wording.is_withdrawn(incident):
        yield {"type": "divider"}
        yield from _section(_flight(incident.stay))
        yield from _visits(incident)
        yield from _section(_listed("What is not known", incident.unknown))
        yield from _section(_listed("Why this was matched", incident.why))
    yield from _context(_footer(alert))


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _section(text: str) -> Iterator[Block]:
    if text:
        yield {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> Iterator[Block]:
    if text:
        yield {"type": "context", "elements": [_mrkdwn(text)]}


def _lead(incident: Incident) -> str:
    title = literal(incident.title, LEAD)
    because = literal(incident.stay.withdrawn_because, LEAD)
    lines = (f"*{title}*" if title else "", f"because {because}" if because else "")
    return "\n".join(line for line in lines if line)


def _latest(incident: Incident) -> str:
    changed = literal(incident.changed, LATEST)
    return f"*Latest:* {changed}" if changed else ""


def _fields(incident: Incident) -> Iterator[str]:
    stay = incident.stay
    yield _field("Aircraft", wording.aircraft_name(stay.aircraft))
    yield _field("Operator", wording.operator_name(stay))
    if wording.is_withdrawn(incident):
        return
    yield _field("Stay", wording.stay_length(stay))
    for match in incident.visits[:1]:
        visitor = wording.visitor_name(match.visit)
        yield _field("Visit", f"{visitor}; {wording.relation(match)}")


def _field(name: str, value: str) -> str:
    return f"*{name}*\n{literal(value, FIELD)}"


def _flight(stay: Stay) -> str:
    head = f"*The flight* · {wording.flight_days(stay)}, times in UTC"
    return _fitting([head, *_flight_lines(stay)], FLIGHT)


def _flight_lines(stay: Stay) -> Iterator[str]:
    for movement, notes in wording.itinerary(stay):
        when = literal(wording.movement_time(movement), LINE)
        yield f"• `{when}`  {_emphasised(literal(wording.movement_words(movement), LINE))}"
        yield from (f"{_INDENT}_{literal(note, LINE * 2)}_" for note in notes)


def _emphasised(words: str) -> str:
    first, space, rest = words.partition(" ")
    return f"*{first}*{space}{rest}" if first in ("probably", "possibly") else words


def _visits(incident: Incident) -> Iterator[Block]:
    shown = incident.visits[: len(EVIDENCE)]
    for match in shown:
        limit = min(VISITS // len(shown), SECTION_TEXT)
        lines = _visit_lines(match, EVIDENCE[len(shown)], incident.observed_at.date())
        yield from _section(_fitting(lines, limit))
    more = len(incident.visits) - len(shown)
    if more:
        yield from _context(
            f"and {more} more visit{'s' if more > 1 else ''} of this pair of states"
        )


def _visit_lines(match: VisitMatch, evidence: int, as_of: date) -> Iterator[str]:
    visit = match.visit
    visitor = literal(wording.visitor_name(visit), LINE)
    yield f"*The visit* · {visitor}"
    words = literal(wording.visit_words(visit, as_of), LINE)
    yield f"{words}; *{literal(wording.relation(match), LINE)}* · {wording.coverage(visit)}"
    yield from (f"• {_entry(one)}" for one in wording.best_evidence(visit, evidence))


def _entry(evidence: Evidence) -> str:
    origin = literal(f"{evidence.feed}, {wording.day(evidence.published_at)}", LINE // 2)
    title = link(evidence.link, wording.shorten(evidence.title, LINE), EVIDENCE_LINE - LINE // 2)
    return f"{title} · {origin}"


def _listed(heading: str, sentences: Iterable[str]) -> str:
    lines = [f"• {literal(sentence, LINE * 2)}" for sentence in sentences]
    return _fitting([f"*{heading}*", *lines], LIST) if lines else ""


def _footer(alert: Alert) -> str:
    incident = alert.incident
    parts = (
        f"Incident `{literal(incident.incident_id, FOOTER // 2)}`",
        f"revision {alert.revision}",
        incident.status,
        f"as of {wording.moment(incident.observed_at)} UTC",
        f"ICAO24 `{incident.stay.aircraft.icao24}`",
    )
    return " · ".join(parts)


def _fitting(lines: Iterable[str], limit: int) -> str:
    """The lines that fit, whole, so that no link or entity is ever cut."""
    kept: list[str] = []
    left = limit
    for line in lines:
        left -= size(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join(kept)
