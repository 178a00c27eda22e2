"""When a stay beside a visit is told as an incident, what it says, and when it is over."""

from datetime import UTC, date, datetime, timedelta

from fakes.cases_run import another_stay, both_read, incidents, new_run, read
from fakes.examples import pyongyang_stay
from fakes.mentions import NOON, SHOIGU, told
from msgspec.structs import replace

DAY = timedelta(days=1)


def test_no_incident_from_visits_that_did_not_happen() -> None:
    run = new_run()
    said = run.take_all([told(5, "cancelled"), told(6, "unconfirmed", title="u")])
    said += run.take(pyongyang_stay("arrived"))
    assert incidents(said) == []


def test_the_incident_grows_and_is_told_only_when_there_is_news() -> None:
    run = new_run()
    assert incidents(run.take_all(SHOIGU[:4])) == []
    said = incidents(run.take(pyongyang_stay("arrived")))
    said += incidents(run.take(replace(SHOIGU[4], record_id="recalled")))
    said += incidents(run.take(pyongyang_stay("left")))
    said += incidents(run.take(pyongyang_stay("returned")))
    assert [one.revision for one in said] == [1, 2, 3]
    assert len({one.incident_id for one in said}) == 1
    last = said[-1]
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
    late = replace(told(4, "completed", start=date(2023, 7, 25)), observed_at=NOON + 9 * DAY)
    (said,) = incidents(run.take(late))
    assert said.revision == 1


def test_an_aircraft_that_is_there_when_a_visit_begins_agrees_with_it() -> None:
    run = new_run()
    run.take(another_stay(1, arrived=NOON - 9 * DAY))
    assert incidents(run.take(told(-8, "planned", start=date(2023, 7, 25)))) == []
    (said,) = incidents(run.take(told(0)))
    assert [match.days for match in said.visits] == [0]
    assert "and was there during the visit of" in said.title
    assert any("the aircraft was there already" in one for one in said.why)
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
    assert incidents(run.take(told(0))) == []


def test_a_visit_that_no_report_is_sure_of_is_told_with_doubt() -> None:
    doubtful, sure = (
        replace(told(day, feed=f"feed-{day}"), certainty=certainty)
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


def test_a_surer_report_alone_is_no_news_of_a_visit() -> None:
    run = new_run()
    first = replace(told(0), certainty=0.75)
    # A report that is no longer shown and comes from a known feed differs in nothing else.
    more = [replace(told(day / 10), certainty=0.75) for day in range(1, 6)]
    run.take_all([first, *more])
    surer = replace(told(0.6), certainty=0.99)
    assert run.take(surer) == []


def test_a_stay_taken_back_withdraws_the_incident() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("arrived")])
    (said,) = incidents(run.take(pyongyang_stay("withdrawn")))
    assert said.status == "withdrawn"
    assert said.title.startswith("Taken back")


def test_an_incident_closes_with_the_slowest_reader_and_the_file_is_forgotten() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("returned")])
    over = datetime(2023, 8, 20, tzinfo=UTC)
    assert incidents(run.take(read("journeys", over))) == []
    assert incidents(run.take(read("visits", over - 15 * DAY))) == []
    (closed,) = incidents(run.take(read("visits", over)))
    assert closed.status == "closed"
    assert incidents(run.take(read("visits", over + DAY))) == []
    run.take_all(both_read(over + 100 * DAY))
    assert set(run.cells) == {"roster"}


def test_a_later_revision_of_a_closed_stay_says_nothing_more() -> None:
    run = new_run()
    run.take_all([*SHOIGU[:4], pyongyang_stay("left")])
    over = datetime(2023, 8, 20, tzinfo=UTC)
    (closed,) = incidents(run.take_all(both_read(over)))
    assert closed.status == "closed"
    home = pyongyang_stay("returned")
    assert home.returned is not None
    late = replace(home, returned=replace(home.returned, at=over + DAY), observed_at=over + DAY)
    assert incidents(run.take(late)) == []
    assert incidents(run.take(told(30, title="one more"))) == []
