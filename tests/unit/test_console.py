"""The console shows an alert as it grows, and shows hostile text as text."""

import io
import re

import msgspec
from fakes.examples import alert_of, pyongyang_alerts, pyongyang_incident, shoigu_visit
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from consumers.console import ConsoleSender
from consumers.outcome import Lane, Sent
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import VisitMatch


def shown(*alerts: Alert, terminal: bool = False) -> list[str]:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=terminal, color_system="truecolor" if terminal else "auto"
    )
    sender = ConsoleSender(console)
    pieces: list[str] = []
    for offset, alert in enumerate(alerts):
        stream.seek(0)
        stream.truncate()
        assert sender.deliver(alert, offset) == Sent(new=True)
        pieces.append(stream.getvalue())
    return pieces


def test_the_first_revision_is_whole_and_later_ones_show_what_is_new() -> None:
    first, second, third = shown(*pyongyang_alerts())
    assert "Russian aircraft probably in North Korea · strong match ●●●" in first
    for said in ("RA-86559", "Russian Air Force", "because last heard", "armistice", "on board"):
        assert said in first
    assert "heard again, heading back to Russia" in second
    assert "probably 36 h (± 1 h) in Pyongyang" in second
    assert "armistice" not in second
    assert "arrived in Moscow (UUMU)" in third
    assert "probably left" not in third


def test_each_revision_is_printed_and_none_waits() -> None:
    sender = ConsoleSender(Console(file=io.StringIO()))
    alerts = pyongyang_alerts()
    assert len({sender.subject(alert) for alert in alerts}) == len(alerts)
    (lane,) = {sender.needs(one.alert_id, one.route, one.revision) for one in alerts}
    assert isinstance(lane, Lane)
    assert sender.free_at(lane) == float("-inf")
    assert sender.unfinished() == ()


def test_a_withdrawal_says_why_and_repeats_nothing() -> None:
    *_, last = shown(*pyongyang_alerts(), alert_of(pyongyang_incident("withdrawn")))
    assert "Withdrawn: Russia → North Korea" in last
    assert "used by another aircraft" in last
    assert "arrived" not in last


def test_no_colour_where_the_stream_is_no_terminal() -> None:
    assert "\x1b" not in "".join(shown(*pyongyang_alerts()))
    assert "\x1b[" in "".join(shown(*pyongyang_alerts(), terminal=True))


SGR = re.compile(r"\x1b\[[0-9;]*m")


@given(
    st.one_of(
        st.sampled_from(
            [
                "[bold red]fake[/bold red] [link=https://evil.example]x[/link]",
                "\x1b]0;title\x07\x1b[2J\x1b[31m\x9b31m\r\nSENT: all clear",
                "\u202eevil\u2066 \u200b",
                "[/]",
            ]
        ),
        st.text(max_size=60),
    )
)
def test_hostile_text_is_neither_markup_nor_control(text: str) -> None:
    incident = pyongyang_incident()
    entry = msgspec.structs.replace(shoigu_visit().evidence[0], title=text, feed=text)
    visit = msgspec.structs.replace(shoigu_visit(), official=text, office=text, evidence=(entry,))
    aircraft = msgspec.structs.replace(incident.stay.aircraft, registration=text, operator=text)
    hostile = msgspec.structs.replace(
        incident,
        title=text,
        changed=text,
        why=(text,),
        unknown=(text,),
        visits=(VisitMatch(visit=visit, days=4),),
        stay=msgspec.structs.replace(incident.stay, aircraft=aircraft),
    )
    (colourful,) = shown(alert_of(hostile), terminal=True)
    bare = SGR.sub("", colourful)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)
    assert "\x1b]8" not in colourful, "no links"
    for part in re.findall(r"\[[^\]\s]*\]", text):
        if part.isprintable():
            assert part in bare, "what looks like markup is shown"
