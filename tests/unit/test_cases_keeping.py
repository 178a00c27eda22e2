"""What a case file keeps: enough to explain what is open, and never too much."""

from datetime import timedelta

from fakes.cases_run import another_stay, both_read, case_of, incidents, new_run
from fakes.examples import pyongyang_stay
from fakes.mentions import NOON, SHOIGU, told
from msgspec.structs import replace

from processors.cases import keeping
from processors.cases.merging import text_of

DAY = timedelta(days=1)


def test_a_case_file_stays_small() -> None:
    run = new_run()
    for number in range(400):
        one = told(number / 20, feed=f"feed-{number % 50}", title=f"{number} " + "x" * 400)
        run.take(one)
        run.take(another_stay(number, arrived=one.occurred_at))
    assert max(len(cell) for cell in run.cells.values()) < 400_000


def test_a_case_file_stays_small_when_every_link_is_as_long_as_a_link_may_be() -> None:
    run = new_run()
    for number in range(100):
        one = told(number / 20, feed=f"feed-{number}", title=f"{number}")
        link = f"https://news.example/{number}?{'x' * 7_900}"
        run.take(replace(one, evidence=replace(one.evidence, link=link)))
        run.take(another_stay(number, arrived=one.occurred_at))
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


def test_news_of_another_visit_does_not_push_out_what_explains_a_stay() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("left")])
    others = [
        told(12 + number / 20, who="Sergei Lavrov", title=f"{number}") for number in range(200)
    ]
    said = incidents(run.take_all(others))
    assert [one.status for one in said if one.status == "withdrawn"] == []
    (shoigu,) = (known for known in case_of(run).visits if known.anchor == text_of(SHOIGU[0]))
    assert shoigu.pins == tuple(one.record_id for one in SHOIGU[:4])
    assert len(case_of(run).mentions) == keeping.MOST_MENTIONS


def test_the_visit_beside_a_parked_aircraft_is_kept_as_long_as_the_stay() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], another_stay(1, arrived=NOON)])
    for later in (41, 42):
        now = NOON + later * DAY
        assert incidents(run.take_all(both_read(now))) == []
    now = NOON + 44 * DAY
    (last,) = incidents(run.take_all(both_read(now)))
    assert last.status == "closed"
    now = NOON + 45 * DAY
    run.take_all(both_read(now))
    assert case_of(run).mentions == ()
