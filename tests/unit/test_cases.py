"""Case files: mentions merged into visits, visits matched with stays, incidents told and closed."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.examples import pyongyang_stay
from fakes.stage_run import StageRun
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.cases import explanation, keeping, matching, merging, people
from processors.cases.cells import CaseCell
from processors.cases.stage import CasesStage
from wheelsdown.records.incidents import Incident
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Reader, progress
from wheelsdown.records.record import Record, record_id
from wheelsdown.records.visits import Evidence, Mention, Status, Visit
from wheelsdown.reference.states import load_states

NOON = datetime(2023, 7, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def mention(
    day: float,
    official: str | None = "Sergei Shoigu",
    *,
    status: Status = "ongoing",
    feed: str = "world-wire",
    background: bool = False,
    start: date | None = None,
    end: date | None = None,
    visitor: str = "RUS",
    text: str | None = None,
) -> Mention:
    """An entry of ``day`` days after 25 July, noon, that speaks of a visit to North Korea."""
    at = NOON + day * DAY
    title = text or f"{official} {status} {background} {day} {feed}"
    return Mention(
        record_id=record_id("mention", title, feed, at, official, status),
        occurred_at=at,
        observed_at=at,
        pair="-".join(sorted(("PRK", visitor))),
        visitor=visitor,
        host="PRK",
        official=official,
        office="defence minister" if official else None,
        status=status,
        start=start,
        end=end,
        background=background,
        why=(),
        evidence=Evidence(
            entry_id=record_id(title, feed),
            feed=feed,
            title=title,
            link=None,
            published_at=at,
            content_hash=record_id(title),
        ),
    )


SHOIGU = (
    mention(0),
    mention(1, "Shoigu", feed="asia-desk"),
    mention(2, None, feed="defence-review", status="ongoing"),
    mention(4, "Sergey Shoigu", status="completed", feed="world-wire"),
    mention(9, "Shoigu", status="completed", background=True, feed="asia-desk"),
)


def new_run() -> StageRun:
    return StageRun(CasesStage(load_states()))


def read(reader: Reader, up_to: datetime) -> Record:
    return progress(reader, part=0, parts=1, up_to=up_to, observed_at=up_to)


def incidents(outputs: list[Record]) -> list[Incident]:
    """Each incident revision once, though it goes to two topics."""
    return list({one.record_id: one for one in outputs if isinstance(one, Incident)}.values())


def test_reports_of_one_visit_are_one_visit() -> None:
    (draft,) = merging.merge(SHOIGU)
    assert (draft.visitor, draft.host, draft.official) == ("RUS", "PRK", "Sergei Shoigu")
    assert draft.status == "completed"
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    assert not draft.dates_stated
    assert draft.feeds == ("asia-desk", "defence-review", "world-wire")


def test_an_entry_that_looks_back_is_no_visit_of_its_own() -> None:
    late = mention(10, "Shoigu", status="completed", feed="late-desk")
    (draft,) = merging.merge([*SHOIGU, late])
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    assert "late-desk" in draft.feeds
    (alone,) = merging.merge([late])
    assert (alone.start, alone.dates_stated) == (date(2023, 8, 4), False)
    after_a_new_one = [*SHOIGU, mention(40), mention(50, "Shoigu", status="completed")]
    assert [draft.start for draft in merging.merge(after_a_new_one)] == [
        date(2023, 7, 25),
        date(2023, 9, 3),
    ]


def test_a_late_report_without_a_day_is_of_the_visit_before_it() -> None:
    # Completed: "ongoing" says that he is there on the day of publication, so that he came back.
    late = mention(11, "Shoigu", status="completed", feed="late-desk")
    (draft,) = merging.merge([*SHOIGU, late])
    assert (draft.start, draft.end) == (date(2023, 7, 25), date(2023, 7, 27))
    dated = mention(11, "Shoigu", feed="late-desk", start=date(2023, 8, 5))
    assert len(merging.merge([*SHOIGU, dated])) == 2
    assert len(merging.merge([*SHOIGU, mention(25, "Shoigu")])) == 2
    assert len(merging.merge([mention(0, None), mention(11, None)])) == 2


def test_an_entry_that_recalls_a_visit_of_an_earlier_year_dates_no_visit_of_this_one() -> None:
    years_ago = mention(
        3,
        status="completed",
        background=True,
        start=date(2018, 1, 1),
        end=date(2018, 12, 31),
        text="in 2018",
    )
    (new,) = merging.merge([*SHOIGU, years_ago])
    assert (new.start, new.end) == (date(2023, 7, 25), date(2023, 7, 27))


def test_stated_dates_win_over_publication() -> None:
    stated = mention(
        4, status="completed", start=date(2023, 7, 25), end=date(2023, 7, 26), text="x"
    )
    (draft,) = merging.merge([*SHOIGU, stated])
    assert (draft.start, draft.end, draft.dates_stated) == (
        date(2023, 7, 25),
        date(2023, 7, 26),
        True,
    )


def test_other_people_other_weeks_and_other_states_are_other_visits() -> None:
    drafts = merging.merge(
        [
            *SHOIGU,
            mention(1, "Sergei Lavrov"),
            mention(40),
            mention(1, "Li Hongzhong", visitor="CHN"),
        ]
    )
    assert [(one.visitor, one.official) for one in drafts] == [
        ("RUS", "Sergei Shoigu"),
        ("RUS", "Sergei Lavrov"),
        ("CHN", "Li Hongzhong"),
        ("RUS", "Sergei Shoigu"),
    ]


def test_copies_of_one_text_are_one_source() -> None:
    copies = [mention(n, feed=f"feed-{n}", text="the same words") for n in range(5)]
    (draft,) = merging.merge(copies)
    assert len(draft.mentions) == 1
    assert draft.feeds == ("feed-0",)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["planned", "cancelled"], "cancelled"),
        (["unconfirmed", "planned", "ongoing"], "ongoing"),
        (["ongoing", "unconfirmed"], "ongoing"),
        (["unconfirmed"], "unconfirmed"),
    ],
)
def test_the_latest_firm_report_decides_the_status(statuses: list[Status], expected: str) -> None:
    (draft,) = merging.merge(mention(day, status=one) for day, one in enumerate(statuses))
    assert draft.status == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.sampled_from([None, "Shoigu", "Sergei Shoigu", "Sergei Lavrov"]),
            st.sampled_from(["planned", "ongoing", "completed", "cancelled", "unconfirmed"]),
            st.booleans(),
        ),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_mentions_changes_no_visit(
    rows: list[tuple[int, str | None, Status, bool]], shuffler: random.Random
) -> None:
    mentions = [
        mention(day, who, status=status, background=back, feed=f"feed-{number % 4}")
        for number, (day, who, status, back) in enumerate(rows)
    ]
    shuffled = list(mentions)
    shuffler.shuffle(shuffled)
    assert merging.merge(mentions) == merging.merge(shuffled)
    once = set(new_visits(mentions))
    assert set(new_visits(shuffled)) == once


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from([None, "Shoigu", "Sergei Shoigu", "Sergei Lavrov"]),
            st.sampled_from(["planned", "ongoing", "completed", "cancelled"]),
            st.sampled_from([None, date(2023, 7, 27), date(2023, 8, 1)]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_mentions_changes_nothing_of_what_an_incident_says_at_last(
    rows: list[tuple[int, str | None, Status, date | None, bool]], shuffler: random.Random
) -> None:
    stays = [pyongyang_stay(status) for status in ("arrived", "left", "returned")]
    mentions = [
        mention(
            day,
            who,
            status=status,
            start=start,
            background=back,
            feed=f"feed-{number}",
            text=f"{who} {status} {start} {back}",  # the same text is read in the same way
        )
        for number, (day, who, status, start, back) in enumerate(rows)
    ]
    places = sorted(shuffler.randint(0, len(mentions)) for _ in stays)
    shuffled: list[Record] = list(mentions)
    shuffler.shuffle(shuffled)
    for later, (place, stay) in enumerate(zip(places, stays, strict=True)):
        shuffled.insert(place + later, stay)
    assert at_last(shuffled) == at_last([*mentions, *stays])


def at_last(records: list[Record]) -> list[object]:
    """What the last revision of each incident says, but of those that were taken back."""
    latest = {one.incident_id: one for one in incidents(new_run().take_all(records))}
    return [
        (
            one.title,
            one.strength,
            one.unknown,
            one.stay,
            sorted(
                f"{match.days} {visit.official} {visit.office} {visit.status} {visit.start} "
                f"{visit.end} {visit.dates_stated}"
                for match in one.visits
                for visit in [match.visit]
            ),
        )
        for one in latest.values()
        if one.status != "withdrawn"
    ]


def new_visits(mentions: list[Mention]) -> list[tuple[object, ...]]:
    """The visits as last published, without their ids."""
    latest: dict[str, Visit] = {}
    for one in new_run().take_all(mentions):
        if isinstance(one, Visit):
            latest[one.visit_id] = one
    return [
        (one.official, one.status, one.start, one.end)
        for one in latest.values()
        if one.merged_into is None
    ]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ((2023, 7, 25), (2023, 7, 27), 4),
        ((2023, 7, 31), (2023, 7, 31), 0),
        ((2023, 7, 30), (2023, 8, 5), 0),
        ((2023, 8, 2), (2023, 8, 3), 0),
        ((2023, 8, 4), (2023, 8, 5), -2),
    ],
)
def test_days_between(start: tuple[int, int, int], end: tuple[int, int, int], days: int) -> None:
    """The stay: 31 July, 13:55 UTC, to 2 August, 01:55 UTC."""
    visit = replace(VISIT, start=date(*start), end=date(*end))
    assert matching.days_between(pyongyang_stay("left"), visit, date(2023, 8, 30)) == days


VISIT = Visit(
    record_id="v",
    occurred_at=NOON,
    observed_at=NOON,
    visit_id="v",
    revision=1,
    pair="PRK-RUS",
    visitor="RUS",
    host="PRK",
    official=None,
    office=None,
    status="completed",
    start=date(2023, 7, 25),
    end=date(2023, 7, 27),
    dates_stated=True,
    mentions=1,
    feeds=("a",),
    evidence=(),
)


@pytest.mark.parametrize(("start", "matched"), [(21, True), (20, False), (4, True), (5, False)])
def test_the_window_of_a_match(start: int, matched: bool) -> None:
    day = date(2023, 7 if start > 10 else 8, start)
    visit = replace(VISIT, start=day, end=day)
    found = matching.matches(pyongyang_stay("left"), [visit], date(2023, 8, 30))
    assert bool(found) is matched


def test_no_incident_from_visits_that_did_not_happen() -> None:
    run = new_run()
    said = run.take_all(
        [mention(5, status="cancelled"), mention(6, status="unconfirmed", text="u")]
    )
    said += run.take(pyongyang_stay("arrived"))
    assert incidents(said) == []


def test_the_incident_grows_and_is_told_only_when_there_is_news() -> None:
    run = new_run()
    assert incidents(run.take_all(SHOIGU[:4])) == []
    told = incidents(run.take(pyongyang_stay("arrived")))
    told += incidents(run.take(replace(SHOIGU[4], record_id="recalled")))
    told += incidents(run.take(pyongyang_stay("left")))
    told += incidents(run.take(pyongyang_stay("returned")))
    assert [one.revision for one in told] == [1, 2, 3]
    assert len({one.incident_id for one in told}) == 1
    last = told[-1]
    assert last.status == "open"
    assert last.strength == "moderate"
    assert [match.days for match in last.visits] == [4]
    assert last.changed == "back home"
    assert "probably" in last.title
    assert "Pyongyang" in last.title
    assert "Shoigu" in last.title
    assert any("on board" in one for one in last.unknown)
    assert any("no receiver heard it there" in one for one in last.unknown)


def test_news_that_comes_after_the_flight_raises_the_incident() -> None:
    run = new_run()
    assert incidents(run.take(pyongyang_stay("arrived"))) == []
    late = replace(
        mention(4, status="completed", start=date(2023, 7, 25)), observed_at=NOON + 9 * DAY
    )
    (told,) = incidents(run.take(late))
    assert told.revision == 1


def test_a_stay_taken_back_withdraws_the_incident() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("arrived")])
    (told,) = incidents(run.take(pyongyang_stay("withdrawn")))
    assert told.status == "withdrawn"
    assert told.title.startswith("Taken back")


def test_an_incident_closes_with_the_slowest_reader_and_the_file_is_forgotten() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("returned")])
    over = datetime(2023, 8, 20, tzinfo=UTC)
    assert incidents(run.take(read("journeys", over))) == []
    assert incidents(run.take(read("visits", over - 15 * DAY))) == []
    (closed,) = incidents(run.take(read("visits", over)))
    assert closed.status == "closed"
    assert incidents(run.take(read("visits", over + DAY))) == []
    for reader in ("journeys", "visits"):
        run.take(read(reader, over + 100 * DAY))  # type: ignore[arg-type] # the two readers
    assert set(run.cells) == {"roster"}


@settings(max_examples=40, deadline=None)
@given(st.permutations([*SHOIGU, *(pyongyang_stay(s) for s in ("arrived", "left", "returned"))]))
def test_the_order_of_arrival_changes_no_incident(records: list[Record]) -> None:
    told = incidents(new_run().take_all(records))
    assert len({one.incident_id for one in told}) == 1
    last = told[-1]
    assert last.stay.status == "returned"
    assert [match.days for match in last.visits] == [4]
    assert last.visits[0].visit.official == "Sergei Shoigu"


@settings(max_examples=20, deadline=None)
@given(st.permutations([*SHOIGU, *(pyongyang_stay(s) for s in ("arrived", "left", "returned"))]))
def test_a_record_handed_in_again_changes_nothing(records: list[Record]) -> None:
    once, twice = new_run(), new_run()
    for record in [*records, read("journeys", NOON + 60 * DAY), read("visits", NOON + 60 * DAY)]:
        once.take(record)
        twice.take(record)
        assert twice.again() == []
        assert once.cells == twice.cells


def test_a_case_file_stays_small() -> None:
    run = new_run()
    for number in range(400):
        told = mention(number / 20, feed=f"feed-{number % 50}", text=f"{number} " + "x" * 400)
        run.take(told)
        run.take(another_stay(number, arrived=told.occurred_at))
    assert max(len(cell) for cell in run.cells.values()) < 400_000


def test_a_case_file_stays_small_when_every_link_is_as_long_as_a_link_may_be() -> None:
    run = new_run()
    for number in range(100):
        told = mention(number / 20, feed=f"feed-{number}", text=f"{number}")
        link = f"https://news.example/{number}?{'x' * 7_900}"
        run.take(replace(told, evidence=replace(told.evidence, link=link)))
        run.take(another_stay(number, arrived=told.occurred_at))
    assert max(len(cell) for cell in run.cells.values()) < 600_000


def test_of_too_many_stays_the_newest_are_kept_and_half_of_the_room_is_for_open_ones() -> None:
    open_ones = [another_stay(number, arrived=NOON + number * DAY) for number in range(90)]
    ended = [
        replace(pyongyang_stay("left"), stay_id=f"left-{number}", arrival=one.arrival)
        for number, one in enumerate(open_ones)
    ]
    ended = [
        replace(one, departure=replace(one.arrival, at=one.arrival.at + 90 * DAY)) for one in ended
    ]
    kept = keeping.keep_stays({one.stay_id: one for one in [*open_ones, *ended]})
    assert len(kept) == keeping.MOST_STAYS
    assert {one.stay_id for one in open_ones[-50:]} <= set(kept)
    assert {one.stay_id for one in ended[-50:]} <= set(kept)


def another_stay(number: int, *, arrived: datetime, state: str | None = "RUS") -> Stay:
    """An aircraft that lands in Pyongyang and is still there."""
    stay = pyongyang_stay("arrived")
    return replace(
        stay,
        record_id=f"stay-{number}-{arrived}",
        stay_id=f"stay-{number}",
        occurred_at=arrived,
        observed_at=arrived,
        arrival=replace(stay.arrival, at=arrived),
        aircraft=replace(stay.aircraft, operator_state=state),
    )


def test_a_later_revision_of_a_closed_stay_says_nothing_more() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("left")])
    over = datetime(2023, 8, 20, tzinfo=UTC)
    (closed,) = incidents(
        [*run.take(read("journeys", over)), *run.take(read("visits", over))],
    )
    assert closed.status == "closed"
    home = pyongyang_stay("returned")
    assert home.returned is not None
    late = replace(home, returned=replace(home.returned, at=over + DAY), observed_at=over + DAY)
    assert incidents(run.take(late)) == []
    assert incidents(run.take(mention(30, text="one more"))) == []


def test_an_aircraft_that_is_there_when_a_visit_begins_agrees_with_it() -> None:
    run = new_run()
    run.take(another_stay(1, arrived=NOON - 9 * DAY))
    assert incidents(run.take(mention(-8, status="planned", start=date(2023, 7, 25)))) == []
    (told,) = incidents(run.take(mention(0)))
    assert [match.days for match in told.visits] == [0]
    assert "and was there during the visit of" in told.title
    assert any("the aircraft was there already" in one for one in told.why)
    run = new_run()
    run.take(another_stay(1, arrived=NOON - 9 * DAY))
    stay = pyongyang_stay("left")
    left = replace(
        stay,
        stay_id="stay-1",
        arrival=replace(stay.arrival, at=NOON - 9 * DAY),
        departure=replace(stay.arrival, at=NOON - 5 * DAY),
    )
    run.take(left)
    assert incidents(run.take(mention(0))) == []


def test_news_of_another_visit_does_not_push_out_what_explains_a_stay() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("left")])
    others = [mention(12 + number / 20, "Sergei Lavrov", text=f"{number}") for number in range(200)]
    told = incidents(run.take_all(others))
    assert [one.status for one in told if one.status == "withdrawn"] == []
    (shoigu,) = (known for known in case_of(run).visits if known.anchor == anchor(SHOIGU[0]))
    assert shoigu.pins == tuple(one.record_id for one in SHOIGU[:4])
    assert len(case_of(run).mentions) == keeping.MOST_MENTIONS


def test_the_visit_beside_a_parked_aircraft_is_kept_as_long_as_the_stay() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], another_stay(1, arrived=NOON)])
    for later in (41, 42):
        now = NOON + later * DAY
        assert incidents(run.take_all([read("journeys", now), read("visits", now)])) == []
    now = NOON + 44 * DAY
    (last,) = incidents(run.take_all([read("journeys", now), read("visits", now)]))
    assert last.status == "closed"
    now = NOON + 45 * DAY
    run.take_all([read("journeys", now), read("visits", now)])
    assert case_of(run).mentions == ()


def case_of(run: StageRun) -> CaseCell:
    cell = run.get("PRK-RUS")
    assert isinstance(cell, CaseCell)
    return cell


def anchor(one: Mention) -> str:
    return merging.text_of(one)


def test_a_flight_against_the_direction_of_the_visit_is_weaker_and_says_so() -> None:
    """Kim is in Russia; the Russian aircraft is in Pyongyang."""
    stay = pyongyang_stay("left")
    there = replace(VISIT, start=date(2023, 7, 31), end=date(2023, 8, 1), feeds=("a", "b"))
    other_way = replace(there, visitor="PRK", host="RUS", visit_id="w")
    strengths = {}
    for visit in (there, other_way):
        found = matching.matches(stay, [visit], date(2023, 8, 30))
        strengths[visit.host] = matching.strength(stay, found)
    assert strengths == {"PRK": "strong", "RUS": "weak"}
    found = matching.matches(stay, [other_way, there], date(2023, 8, 30))
    assert [match.visit.host for match in found] == ["PRK", "RUS"]
    states = load_states()
    said = " ".join(explanation.why(stay, found[1:], "weak", states))
    assert "but the visit leads the other way" in said
    assert "to the state that the visitor comes from" in said
    assert any("fetch or bring home" in one for one in explanation.unknown(stay, found, states))


def test_a_visit_that_no_report_is_sure_of_is_told_with_doubt_and_a_point_less() -> None:
    doubtful, sure = (
        replace(mention(day, feed=f"feed-{day}"), certainty=certainty)
        for day, certainty in ((0, 0.6), (4, 0.9))
    )
    run = new_run()
    (first,) = incidents(run.take_all([doubtful, pyongyang_stay("left")]))
    doubt = "No report says clearly that this is a visit."
    assert any(one.endswith(doubt) for one in first.why)
    assert "but it is doubtful that there is a visit" in first.why[-1]
    (second,) = incidents(run.take(sure))
    assert second.changed == "more is known of the visits"
    assert not any("doubt" in one or doubt in one for one in second.why)
    for feeds, seen, unsure, expected in (
        (("a", "b"), date(2023, 7, 31), 0.69, "moderate"),
        (("a", "b"), date(2023, 7, 31), 0.7, "strong"),
        (("a",), date(2023, 7, 27), 0.69, "weak"),
        (("a",), date(2023, 7, 27), 0.7, "moderate"),
    ):
        visit = replace(VISIT, start=seen, end=seen, feeds=feeds, certainty=unsure)
        stay = pyongyang_stay("left")
        found = matching.matches(stay, [visit], date(2023, 8, 30))
        assert matching.strength(stay, found) == expected


def test_a_surer_report_alone_is_no_news_of_a_visit() -> None:
    run = new_run()
    first = replace(mention(0), certainty=0.75)
    # A report that is no longer shown and comes from a known feed differs in nothing else.
    more = [replace(mention(day / 10), certainty=0.75) for day in range(1, 6)]
    run.take_all([first, *more])
    surer = replace(mention(0.6), certainty=0.99)
    assert run.take(surer) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sergei Shoigu", "Sergey Shoigu", True),
        ("Shoigu", "Sergei Shoigu", True),
        ("S. Shoigu", "Sergei Kuzhugetovich Shoigu", True),
        ("Yevgeny Primakov", "Evgeny Primakov", True),
        ("Tony Blinken", "Antony Blinken", True),
        ("Aleksandr Lukashenko", "Oleksandr Lukashenko", True),
        ("Wang Yi", "Zhang Yi", False),
        ("Mohammed bin Salman", "Abdulaziz bin Salman", False),
        ("Kim Jong Un", "Kim Yo Jong", False),
        ("Volodymyr Zelenskyy", "Zelensky", True),
        ("Zelenskiy", "Zelenskyy", True),
        ("Recep Tayyip Erdo\u011fan", "Erdogan", True),
        ("Muhammad bin Salman", "Mohammed bin Salman", True),
        ("Mike Pompeo", "Michael Pompeo", True),
        ("Joe Biden", "Jill Biden", False),
        ("Donald Trump Jr", "Donald Trump", False),
        ("Donald J. Trump", "Donald Trump, Jr.", False),
        ("Donald Trump Jr.", "Donald Trump Jr", True),
        ("Donald Trump Jr", "Dominic Raab Jr", False),
        ("Donald Trump Jr", "Trump", True),
        ("Lloyd J. Austin III", "Lloyd Austin", True),
        ("Wang Yi", "Wang Ji", False),
    ],
)
def test_one_surname_is_one_person_only_with_first_names_that_fit(
    one: str, other: str, same: bool
) -> None:
    assert people.same_official(one, other) is same
    assert people.same_official(other, one) is same
