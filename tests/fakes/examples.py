"""The case the project was born from, built from records: what each room hands to the next.

Facts of July and August 2023 as the press had them (the Il-62M RA-86559, address 15521F; Moscow to
Pyongyang on 31 July, back on 2 August; Defence Minister Shoigu in Pyongyang from 25 to 27 July).
Times of day are chosen; headlines are in our own words; feeds and links do not exist.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.alerts import Alert
from wheelsdown.records.incidents import Incident, VisitMatch
from wheelsdown.records.journeys import Movement, Place, Stay, StayStatus
from wheelsdown.records.record import record_id
from wheelsdown.records.visits import Evidence, Visit

MOSCOW = Place(state="RUS", aerodrome="UUMU", name="Chkalovsky", city="Moscow")
PYONGYANG = Place(state="PRK", aerodrome="ZKPY", name="Sunan", city="Pyongyang")
VLADIVOSTOK = Place(state="RUS", aerodrome="UHWW", name="Knevichi", city="Vladivostok")

IL_62M = Aircraft(
    icao24="15521f",
    registration="RA-86559",
    type_code="IL62",
    type_name="Ilyushin Il-62M",
    operator="Russian Air Force",
    operator_state="RUS",
    source="fleet",
)

LEFT_HOME = datetime(2023, 7, 31, 5, 10, tzinfo=UTC)
LAST_HEARD = datetime(2023, 7, 31, 13, 25, tzinfo=UTC)
ARRIVED = LAST_HEARD + timedelta(minutes=30)
LEFT = ARRIVED + timedelta(hours=36)
HOME_AGAIN = datetime(2023, 8, 2, 10, 40, tzinfo=UTC)

_PROGRESS: dict[StayStatus, tuple[str, datetime]] = {
    "arrived": ("probably arrived in Pyongyang", LAST_HEARD + timedelta(hours=4)),
    "left": ("heard again, heading back to Russia", LEFT + timedelta(minutes=40)),
    "returned": ("back in Moscow", HOME_AGAIN),
    "withdrawn": ("taken back", HOME_AGAIN + timedelta(hours=1)),
}
_WHO = "Russian Air Force Ilyushin Il-62M RA-86559"
_BESIDE = "4 days after the visit of Sergei Shoigu (Defence Minister, Russia) to North Korea"
_TITLES: dict[StayStatus, str] = {
    "arrived": f"{_WHO} probably landed in Pyongyang, {_BESIDE}",
    "left": f"{_WHO} probably stayed about 36 h in Pyongyang, {_BESIDE}",
    "returned": f"{_WHO} probably stayed about 36 h in Pyongyang and is back in Russia, {_BESIDE}",
    "withdrawn": f"Taken back: {_WHO} was not in Pyongyang",
}


def evidence(number: int, title: str, feed: str, published_at: datetime) -> Evidence:
    """An entry as a visit keeps it."""
    return Evidence(
        entry_id=record_id(feed, number),
        feed=feed,
        title=title,
        link=f"https://news.example/{feed}/{number}?utm_source=rss&utm_medium=feed",
        published_at=published_at,
        content_hash=record_id(title),
    )


SHOIGU_ENTRIES = (
    evidence(
        1,
        "Russian defence minister Shoigu lands in Pyongyang for armistice anniversary",
        "world-wire",
        datetime(2023, 7, 25, 14, 5, tzinfo=UTC),
    ),
    evidence(
        2,
        "Kim Jong Un shows Shoigu missiles & drones at weapons exhibition",
        "asia-desk",
        datetime(2023, 7, 27, 2, 30, tzinfo=UTC),
    ),
    evidence(
        3,
        "Shoigu and Kim watch military parade in Pyongyang",
        "world-wire",
        datetime(2023, 7, 28, 1, 15, tzinfo=UTC),
    ),
    evidence(
        4,
        "What did Russia's defence minister want in North Korea?",
        "defence-review",
        datetime(2023, 7, 29, 9, 0, tzinfo=UTC),
    ),
)


def shoigu_visit(entries: Sequence[Evidence] = SHOIGU_ENTRIES) -> Visit:
    """Shoigu in Pyongyang, 25 to 27 July 2023."""
    return Visit(
        record_id=record_id("visit", "shoigu", len(entries)),
        occurred_at=entries[0].published_at,
        observed_at=entries[-1].published_at,
        visit_id="d41a6c07b95e",
        revision=len(entries),
        pair="PRK-RUS",
        visitor="RUS",
        host="PRK",
        official="Sergei Shoigu",
        office="Defence Minister",
        status="completed",
        start=date(2023, 7, 25),
        end=date(2023, 7, 27),
        dates_stated=True,
        mentions=9,
        feeds=tuple(sorted({entry.feed for entry in entries})),
        evidence=tuple(entries),
    )


def pyongyang_stay(status: StayStatus) -> Stay:
    """The stay as it is known when it has reached ``status``."""
    probable = (
        "last heard 31 Jul 13:25 UTC at 33,000 ft, 212 nm from Pyongyang and heading for it "
        "(4° off)",
        "heard again 2 Aug 02:25 UTC, 205 nm from there and coming from it (6° off)",
    )
    gone = status in ("left", "returned", "withdrawn")
    return Stay(
        record_id=record_id("stay", status),
        occurred_at=LAST_HEARD,
        observed_at=_PROGRESS[status][1],
        stay_id="7be0912fd3aa",
        journey_id="c0ffee5155f0",
        revision=list(_PROGRESS).index(status) + 1,
        pair="PRK-RUS",
        host="PRK",
        aircraft=IL_62M,
        status=status,
        origin=Movement(
            kind="departure",
            place=MOSCOW,
            at=LEFT_HOME,
            error_min=0.5,
            certainty="observed",
            reasons=("seen on the ground and then in the air",),
        ),
        arrival=Movement(
            kind="arrival",
            place=PYONGYANG,
            at=ARRIVED,
            error_min=25,
            certainty="probable",
            reasons=probable if gone else probable[:1],
            alternatives=(VLADIVOSTOK,),
        ),
        departure=Movement(
            kind="departure",
            place=PYONGYANG,
            at=LEFT,
            error_min=25,
            certainty="probable",
            reasons=probable[1:],
        )
        if gone
        else None,
        returned=Movement(
            kind="arrival",
            place=MOSCOW,
            at=HOME_AGAIN,
            error_min=3,
            certainty="observed",
            reasons=("seen on the ground there at 2 Aug 10:40 UTC",),
        )
        if status in ("returned", "withdrawn")
        else None,
        withdrawn_because="the address was used by another aircraft that day"
        if status == "withdrawn"
        else "",
    )


def pyongyang_incident(status: StayStatus = "returned") -> Incident:
    """The incident when the stay has reached ``status``."""
    stay = pyongyang_stay(status)
    changed, at = _PROGRESS[status]
    return Incident(
        record_id=record_id("incident", status),
        occurred_at=stay.occurred_at,
        observed_at=at,
        incident_id="9f1c27ab04de",
        revision=stay.revision,
        pair="PRK-RUS",
        status="withdrawn" if status == "withdrawn" else "open",
        strength="strong",
        title=_TITLES[status],
        stay=stay,
        visits=(VisitMatch(visit=shoigu_visit(), days=4),),
        why=(
            "The aircraft's state and its host are the two states of the visit.",
            "The flight came 4 days after the visit; up to 10 days are matched.",
            "Three feeds tell of the visit, and give its days.",
        ),
        unknown=(
            "Who or what was on board, and the purpose of the flight.",
            "Whether it landed in Pyongyang: no receiver heard it there.",
            "Whether the flight and the visit have anything to do with each other.",
        ),
        changed=changed,
    )


def alert_of(incident: Incident) -> Alert:
    """The alert that dispatch makes of an incident on its one route."""
    return Alert(
        record_id=record_id("alert", incident.record_id),
        occurred_at=incident.occurred_at,
        observed_at=incident.observed_at,
        alert_id=record_id("alert", "default", incident.incident_id),
        revision=incident.revision,
        route="default",
        action="deliver",
        reason="every incident goes to the one route",
        incident=incident,
    )


def pyongyang_alerts() -> tuple[Alert, ...]:
    """The three revisions that the undisturbed case gives: arrived, left, returned."""
    return tuple(alert_of(pyongyang_incident(status)) for status in ("arrived", "left", "returned"))
