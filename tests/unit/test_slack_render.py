"""The message says what is known and how well, and nothing in it can do anything but be read."""

import re
from datetime import timedelta, timezone

import msgspec
import pytest
from fakes.examples import (
    SHOIGU_ENTRIES,
    alert_of,
    pyongyang_alerts,
    pyongyang_incident,
    shoigu_visit,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.slack.message import SlackMessage
from consumers.slack.mrkdwn import MAX_URL, link, literal, plain, size
from consumers.slack.page import message_page, mrkdwn_html
from consumers.slack.render import render, render_short
from consumers.slack.validate import TOTAL, problems
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident, VisitMatch
from wheelsdown.records.journeys import Movement, Place

HOSTILE = (
    "<!channel> <@U0VICTIM1> <!subteam^S1|team> <https://evil.example|Reuters> @here #general",
    "*bold* _italic_ ~strike~ `code` ```block``` > quote\n> next\n• item",
    "&lt;!channel&gt; &amp;amp; <<>> |pipe|",
    ":rotating_light: :+1: 12:30:45 :a:b:",
    "\u202egnp.evil\u2066 \x1b[31mred\x1b[0m \x07\x00\u200b\u2028",
    "https://evil.example/ mailto:a@evil.example",
    "\U0001d4bb\U0001d4b6 🛬🛬 القائد يزور موسكو",
    "&" * 5000,
    "<" * 400,
    "",
)
hostile_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.sampled_from("<>&|*_~`:@!#\n\t \u200b\u202e/aZ0🛬é"), max_size=400),
    st.text(max_size=80),
)
hostile_link = st.one_of(
    st.none(),
    hostile_text,
    hostile_text.map(lambda text: f"https://news.example/{text}"),
    st.sampled_from(
        [
            "javascript:alert(1)",
            "https://slack.com@evil.example/",
            "https://[::1",
            "https://a:99999/",
            "http://h/" + "x" * 3000,
            "HTTPS://News.Example/a b?c=d&e=<f>|g#h",
        ]
    ),
)

#: What Slack would take for something else than text, once links of ours are taken out.
OUR_LINK = re.compile(r"<https?://[^\s<>|]+\|[^<>|\n]*>")
ENTITY = re.compile(r"&(?:amp|lt|gt);")


def texts(message: SlackMessage) -> list[str]:
    found = [message.text]
    for block in message.blocks:
        for item in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if item is not None:
                found.append(item["text"])
    return found


def everything(message: SlackMessage) -> str:
    return "\n".join(texts(message))


@st.composite
def hostile_alerts(draw: st.DrawFn) -> Alert:
    """An alert whose every text is drawn from what an attacker, or a bad feed, would send."""
    text = hostile_text
    incident = pyongyang_incident(draw(st.sampled_from(["arrived", "left", "returned"])))
    entries = tuple(
        msgspec.structs.replace(entry, title=draw(text), feed=draw(text), link=draw(hostile_link))
        for entry in SHOIGU_ENTRIES * draw(st.integers(0, 3))
    )
    visit = msgspec.structs.replace(
        shoigu_visit(), official=draw(text), office=draw(text), evidence=entries
    )

    def movement(one: Movement | None) -> Movement | None:
        if one is None:
            return None
        place = Place(state=one.place.state, aerodrome=draw(text), city=draw(text))
        reasons = tuple(draw(st.lists(text, max_size=3)))
        certainty = draw(st.sampled_from(["observed", "inferred", "probable", "unknown"]))
        return msgspec.structs.replace(
            one, place=place, reasons=reasons, certainty=certainty, alternatives=(place, place)
        )

    stay = msgspec.structs.replace(
        incident.stay,
        aircraft=msgspec.structs.replace(
            incident.stay.aircraft,
            registration=draw(text),
            type_name=draw(text),
            operator=draw(text),
            operator_state=draw(st.sampled_from([None, "RUS", "ZZZ"])),
        ),
        origin=movement(incident.stay.origin),
        arrival=movement(incident.stay.arrival),
        departure=movement(incident.stay.departure),
        returned=movement(incident.stay.returned),
        status=draw(st.sampled_from(["arrived", "left", "returned", "withdrawn"])),
        withdrawn_because=draw(text),
    )
    return alert_of(
        msgspec.structs.replace(
            incident,
            incident_id=draw(text),
            title=draw(text),
            stay=stay,
            visits=tuple(
                VisitMatch(visit=visit, days=days)
                for days in draw(st.lists(st.integers(-400, 400), max_size=5))
            ),
            why=tuple(draw(st.lists(text, max_size=8))),
            unknown=tuple(draw(st.lists(text, max_size=8))),
            changed=draw(text),
        )
    )


@given(hostile_alerts())
@settings(max_examples=60, deadline=None)
def test_hostile_text_stays_text_and_the_message_always_validates(alert: Alert) -> None:
    for message in (render(alert), render_short(alert)):
        assert problems(message) == []
        for text in texts(message):
            bare = OUR_LINK.sub("", text)
            assert "<" not in bare, "no ping and no link but our own"
            assert ">" not in bare
            assert "&" not in ENTITY.sub("", bare), "no entity is cut"
            assert not re.search(r":[\w+-]+:", re.sub(r"<[^>]*>|`[^`]*`", "", text))
        page = message_page(message)
        assert 'class="ping"' not in page
        assert not re.search(r"<(script|img|iframe)", page)


@pytest.mark.parametrize("text", [":smile:", ":`:", "a:+1:b", ":_:"])
def test_no_text_names_an_emoji(text: str) -> None:
    assert not re.search(r":[\w+-]+:", literal(text, 100))


@given(hostile_text, st.integers(1, 60))
def test_formatting_characters_never_reach_slack(text: str, limit: int) -> None:
    shown = literal(text, limit)
    assert size(shown) <= limit
    assert not set(shown) & set("<>*_~`\n")
    assert mrkdwn_html(shown).count("<") == 0


@given(hostile_link, hostile_text, st.integers(60, 900))
def test_a_link_is_ours_or_none(url: str | None, label: str, limit: int) -> None:
    shown = link(url, label, limit)
    assert size(shown) <= limit
    assert OUR_LINK.fullmatch(shown) or "<" not in shown


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://news.example/a?b=1&c=2", "https://news.example/a?b=1&amp;c=2"),
        (" https://news.example/a b|c<d> ", "https://news.example/a%20b%7Cc%3Cd%3E"),
        ("https://news.example/%41", "https://news.example/%41"),
        ("http://news.example", "http://news.example"),
    ],
)
def test_addresses_are_quoted_and_otherwise_unchanged(url: str, target: str) -> None:
    assert link(url, "Title", 300) == f"<{target}|Title>"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://news.example/",
        "//news.example/",
        "https://reuters.example@evil.example/",
        "https:///path",
        "https://[::1",
        "https://host:port/",
        "https://" + "h" * MAX_URL,
    ],
)
def test_other_addresses_leave_the_bare_title(url: str) -> None:
    assert link(url, "Title", 300) == "Title"


def test_cutting_keeps_entities_and_pairs_whole() -> None:
    assert literal("ab & cd", 6) == "ab…"
    assert literal("ab & cd", 10) == "ab &amp; cd"[:8] + "…"
    assert literal("🛬🛬🛬", 5) == "🛬🛬…"
    assert plain("a <b> & c", 100) == "a \u2039b\u203a + c"


def test_the_message_of_the_founding_case() -> None:
    message = render(pyongyang_alerts()[2])
    text = everything(message)
    header = message.blocks[0]["text"]
    assert header["type"] == "plain_text"
    assert header["text"] == ("Russian aircraft back, probably from North Korea · strong match ●●●")
    for said in (
        "RA-86559 (Ilyushin Il-62M)",
        "Russian Air Force, Russia",
        "probably 36 h (± 1 h) in Pyongyang",
        "`31 Jul 05:10`  left Moscow (UUMU)",
        "`31 Jul 13:55 ± 25 min`  *probably* arrived in Pyongyang (ZKPY)",
        "because last heard 31 Jul 13:25 UTC",
        "could also be Vladivostok (UHWW)",
        "Sergei Shoigu, Defence Minister",
        "25 to 27 Jul 2023, took place; *flight 4 days after the visit*",
        "missiles &amp; drones",
        "• Who or what was on board",
        "Incident `9f1c27ab04de` · revision 3 · open · as of 2 Aug 2023 10:40 UTC",
    ):
        assert said in text
    assert message.text.startswith(header["text"])
    assert message.metadata["event_payload"]["revision"] == 3


def test_a_landing_that_nobody_saw_is_never_stated_as_a_fact() -> None:
    for alert in pyongyang_alerts():
        for line in everything(render(alert)).splitlines():
            if "arrived in Pyongyang" in line or "left Pyongyang" in line:
                assert "probably" in line


def test_a_withdrawn_incident_repeats_nothing_of_what_is_taken_back() -> None:
    text = everything(render(alert_of(pyongyang_incident("withdrawn"))))
    assert "Withdrawn: Russia → North Korea" in text
    assert "because the address was used by another aircraft" in text
    assert "arrived" not in text
    assert "strong" not in text


def test_the_largest_message_stays_below_the_total() -> None:
    long = "word & <tag> " * 600
    incident = pyongyang_incident()
    visit = msgspec.structs.replace(
        shoigu_visit(),
        official=long,
        evidence=tuple(
            msgspec.structs.replace(
                SHOIGU_ENTRIES[0], title=f"{n} {long}", feed=long, link=f"https://h/{'x' * 980}"
            )
            for n in range(20)
        ),
    )
    movement = msgspec.structs.replace(incident.stay.arrival, reasons=(long,) * 9)
    for count in range(6):
        large: Incident = msgspec.structs.replace(
            incident,
            title=long,
            changed=long,
            why=(long,) * 30,
            unknown=(long,) * 30,
            visits=(VisitMatch(visit=visit, days=4),) * count,
            stay=msgspec.structs.replace(incident.stay, arrival=movement),
        )
        message = render(alert_of(large))
        assert problems(message) == []
        assert sum(map(size, texts(message)[1:])) <= TOTAL


def test_dates_guessed_from_publication_times_are_called_that() -> None:
    incident = pyongyang_incident()
    visit = msgspec.structs.replace(shoigu_visit(), dates_stated=False, status="planned")
    guessed = msgspec.structs.replace(incident, visits=(VisitMatch(visit=visit, days=-1),))
    text = everything(render(alert_of(guessed)))
    assert "about 25 to 27 Jul 2023 (by publication times), had been announced" in text
    assert "flight 1 day before the visit" in text


def test_times_are_shown_in_utc_whatever_zone_they_came_in() -> None:
    incident = pyongyang_incident()
    moved = incident.stay.origin.at.astimezone(timezone(timedelta(hours=9)))
    origin = msgspec.structs.replace(incident.stay.origin, at=moved)
    stay = msgspec.structs.replace(incident.stay, origin=origin)
    shown = everything(render(alert_of(msgspec.structs.replace(incident, stay=stay))))
    assert "`31 Jul 05:10`" in shown
