"""The files that a demo leaves: what was found as data, as a Slack message, and as a map."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cli.outputs import Outputs
from consumers.slack.message import SlackMessage
from consumers.slack.page import message_html, page
from consumers.slack.render import render
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident
from wheelsdown.records.record import record_id

#: Where a Slack channel's id would stand; the demo has no Slack.
CHANNEL = "C0000000000"
_PATTERNS = ("slack-message*.json", "slack-message.html", "journey*.png")


class Finding(NamedTuple):
    """A file and what is in it."""

    path: Path
    what: str


def write_findings(folder: Path, outputs: Outputs, *, note: str) -> list[Finding]:
    """Write everything; files of an earlier run are replaced or removed.

    ``note`` stands below the maps and above the messages. Raises OSError.
    """
    for pattern in _PATTERNS:
        for path in folder.glob(pattern):
            path.unlink()
    outputs.write(folder)
    return [
        Finding(folder / "incidents.jsonl", "the incidents, one a line"),
        Finding(folder / "alerts.jsonl", "every revision that was sent"),
        Finding(folder / "visits.jsonl", "the visits that the news told of"),
        Finding(folder / "journeys.jsonl", "the journeys of watched aircraft"),
        *_messages(folder, outputs, note),
        *_maps(folder, outputs, note),
    ]


def numbered(name: str, number: int) -> str:
    """``journey.png``, then ``journey-2.png``: most runs have one."""
    path = Path(name)
    return name if number == 1 else f"{path.stem}-{number}{path.suffix}"


def slack_payload(alert: Alert, message: SlackMessage, first: datetime) -> dict[str, object]:
    """The arguments of the chat.update that shows this revision; ``first`` is when it was posted.

    With the delivery id that consumers/slack/send.py adds to the metadata.
    """
    event = message.metadata["event_payload"]
    delivery = {"delivery_id": record_id("delivery", alert.alert_id, 0)}
    return {
        "channel": CHANNEL,
        "ts": f"{first.timestamp():.6f}",
        "text": message.text,
        "blocks": [dict(block) for block in message.blocks],
        "metadata": {**message.metadata, "event_payload": {**delivery, **event}},
        "parse": "none",
        "link_names": False,
    }


def _messages(folder: Path, outputs: Outputs, note: str) -> Iterator[Finding]:
    """One payload a message, and one page with all of them."""
    pages = []
    for number, (first, last) in enumerate(_threads(outputs), start=1):
        message = render(last)
        path = folder / numbered("slack-message.json", number)
        payload = slack_payload(last, message, first.observed_at)
        path.write_text(json.dumps(payload, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        edited = " (edited)" if last.revision != first.revision else ""
        pages.append(message_html(message, time=f"{first.observed_at:%d %b %H:%M} UTC{edited}"))
        yield Finding(path, "the Slack message as it is sent")
    if pages:
        path = folder / "slack-message.html"
        path.write_text(page("wheelsdown in Slack", pages, note=note), encoding="utf-8")
        yield Finding(path, "the same as a reader sees it")


def _threads(outputs: Outputs) -> list[tuple[Alert, Alert]]:
    """The first and last revision of each alert that was delivered, oldest first."""
    sent: dict[str, list[Alert]] = {}
    for alert in outputs.alerts.values():
        if alert.action == "deliver":
            sent.setdefault(alert.alert_id, []).append(alert)
    threads = [
        (min(one, key=lambda alert: alert.revision), max(one, key=lambda alert: alert.revision))
        for one in sent.values()
    ]
    return sorted(threads, key=lambda thread: (thread[0].observed_at, thread[0].alert_id))


def _maps(folder: Path, outputs: Outputs, note: str) -> Iterator[Finding]:
    from cli.maps.picture import draw_journey  # noqa: PLC0415 - matplotlib takes half a second and
    # 60 MB that no other command needs

    for number, incident in enumerate(_ordered(outputs), start=1):
        journey = outputs.journeys[incident.stay.journey_id]
        path = folder / numbered("journey.png", number)
        draw_journey(path, journey, title=incident.title, note=note)
        yield Finding(path, "its journey on a map")


def _ordered(outputs: Outputs) -> list[Incident]:
    return sorted(
        outputs.incidents.values(), key=lambda one: (one.stay.arrival.at, one.incident_id)
    )
