"""In whatever order records arrive, and how often: what a case file says at last is the same."""

import random
from datetime import UTC, date, datetime

from fakes.cases_run import both_read, incidents, new_run
from fakes.examples import pyongyang_stay
from fakes.mentions import SHOIGU, told
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.cases.merging import merge
from wheelsdown.records.record import Record
from wheelsdown.records.visits import Mention, Status, Visit


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
        told(day, status, who=who, background=back, feed=f"feed-{number % 4}")
        for number, (day, who, status, back) in enumerate(rows)
    ]
    shuffled = list(mentions)
    shuffler.shuffle(shuffled)
    assert merge(mentions) == merge(shuffled)
    once = set(new_visits(mentions))
    assert set(new_visits(shuffled)) == once


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
        told(
            day,
            status,
            who=who,
            start=start,
            background=back,
            feed=f"feed-{number}",
            title=f"{who} {status} {start} {back}",  # the same text is read in the same way
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


@settings(max_examples=40, deadline=None)
@given(st.permutations([*SHOIGU, *(pyongyang_stay(s) for s in ("arrived", "left", "returned"))]))
def test_the_order_of_arrival_changes_no_incident(records: list[Record]) -> None:
    said = incidents(new_run().take_all(records))
    assert len({one.incident_id for one in said}) == 1
    last = said[-1]
    assert last.stay.status == "returned"
    assert [match.days for match in last.visits] == [4]
    assert last.visits[0].visit.official == "Sergei Shoigu"


@settings(max_examples=20, deadline=None)
@given(st.permutations([*SHOIGU, *(pyongyang_stay(s) for s in ("arrived", "left", "returned"))]))
def test_a_record_handed_in_again_changes_nothing(records: list[Record]) -> None:
    once, twice = new_run(), new_run()
    for record in [*records, *both_read(datetime(2023, 9, 23, 12, tzinfo=UTC))]:
        once.take(record)
        twice.take(record)
        assert twice.again() == []
        assert once.cells == twice.cells
