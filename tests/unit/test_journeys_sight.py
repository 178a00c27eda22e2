"""What sources could see: outages, sources that are gone, degraded ones, other contacts."""

from datetime import datetime, timedelta

import pytest
from fakes.journeys_run import COAST, HOUR, new_run, out_and_back, stays
from fakes.tracks import START, end_of, flown, parked, snapshots
from msgspec.structs import replace

from wheelsdown.records.aircraft import Health, Snapshot, StateVector
from wheelsdown.records.progress import Progress


def lost_off_the_coast() -> list[StateVector]:
    return flown(["UUMU", (52.3, 104.3), COAST, "ZKPY"], START)[:-18]


def polls(vectors: list[StateVector], stop: datetime, **how: object) -> list[Snapshot]:
    return list(snapshots(vectors, vectors[0].heard_at, stop, **how))  # type: ignore[arg-type]


def test_while_nothing_is_told_nobody_listens() -> None:
    """The producer is down from the moment of the last contact, for five hours."""
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    told = [
        one
        for one in polls(vectors, lost + 12 * HOUR)
        if not lost < one.observed_at < lost + 5 * HOUR
    ]
    assert stays(new_run().take_all(told)) == []


@pytest.mark.parametrize("health", ["degraded", "silent"])
def test_absence_from_a_source_that_is_not_in_order_means_nothing(health: Health) -> None:
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    told = [
        replace(one, health=health) if one.observed_at > lost else one
        for one in polls(vectors, lost + 12 * HOUR)
    ]
    assert stays(new_run().take_all(told)) == []


@pytest.mark.parametrize("health", ["degraded", "silent"])
def test_a_look_that_fails_now_and_then_is_no_break(health: Health) -> None:
    vectors, _, _ = out_and_back(36)
    told = polls(vectors, end_of(vectors))
    spoilt = [
        replace(one, health=health, candidates=()) if one.sequence % 10 == 5 else one
        for one in told
    ]
    said = stays(new_run().take_all(spoilt))
    assert [one.status for one in said] == ["arrived", "left", "returned"]
    assert said[0].observed_at - stays(new_run().take_all(told))[0].observed_at <= HOUR / 6


def test_a_source_that_is_gone_neither_listens_nor_holds_up_progress() -> None:
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    # "new" is the name of "old" from the last contact on; it is silent from then on.
    old = polls(vectors, lost, source="old")
    new = polls(vectors, lost + 12 * HOUR, source="new", silent=(lost, lost + 24 * HOUR))
    outputs = new_run().take_all([*old, *[one for one in new if one.observed_at > lost]])
    assert stays(outputs) == []
    told = [one.up_to for one in outputs if isinstance(one, Progress)]
    assert told == sorted(told)
    assert told[-1] > lost + 11 * HOUR


def test_a_source_vouches_only_for_the_time_of_its_own_looks() -> None:
    """Another source, far away, goes on when the one that listened here stops."""
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    here = polls(vectors, lost + timedelta(minutes=4), source="here")
    far = polls(parked("KJFK", START, START + HOUR), lost + 4 * HOUR, source="far")
    box = (30.0, -90.0, 50.0, -60.0)
    elsewhere = [
        replace(one, candidates=(), scope=replace(one.scope, kind="box", box=box)) for one in far
    ]
    told = sorted([*here, *elsewhere], key=lambda one: one.observed_at)
    assert stays(new_run().take_all(told)) == []


def test_contacts_without_a_position_are_no_silence() -> None:
    """Heard, but not where, for three hours after the last position: it has not landed then."""
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    bare = [
        replace(
            vectors[-1],
            heard_at=lost + timedelta(minutes=minutes),
            latitude=None,
            longitude=None,
            positioned_at=None,
        )
        for minutes in range(2, 180, 2)
    ]
    run = new_run()
    run.take_all(polls([*vectors, *bare], lost + 3 * HOUR))
    assert run.get(vectors[0].icao24).heard_at == bare[-1].heard_at
    outputs = run.take_all(
        replace(one, record_id=f"later-{one.sequence}")
        for one in polls([*vectors, *bare], lost + 12 * HOUR)
        if one.observed_at > lost + 3 * HOUR
    )
    assert stays(outputs) == []


def test_few_contacts_without_a_position_put_the_claim_off() -> None:
    vectors = lost_off_the_coast()
    lost = vectors[-1].heard_at
    bare = replace(
        vectors[-1], heard_at=lost + timedelta(minutes=12), latitude=None, positioned_at=None
    )
    said = [
        stays(new_run().take_all(polls(heard, lost + 12 * HOUR)))[0].observed_at
        for heard in (vectors, [*vectors, bare])
    ]
    assert timedelta(minutes=10) <= said[1] - said[0] <= timedelta(minutes=14)


def test_a_second_source_does_not_change_what_is_found() -> None:
    vectors, _, _ = out_and_back(36)
    stop = end_of(vectors)
    often = polls(vectors, stop, every_s=90, kept_s=60, source="often")
    rarely = polls(vectors, stop, every_s=900, kept_s=60, source="rarely")
    told = sorted([*often, *rarely], key=lambda one: (one.observed_at, one.source))
    said = stays(new_run().take_all(told))
    assert [one.status for one in said] == ["arrived", "left", "returned"]
    assert {one.host for one in said} == {"PRK"}
