"""Two consumers, each with a ledger of its own, as on two machines: each alert is shown once.

The second stands by from the beginning, so that what it knows is old when the first one dies.
"""

import itertools
from collections.abc import Iterator

import pytest
from fakes.inprocess_slack import TIMEOUT_S
from fakes.slack_faults import Fault
from fakes.slack_scene import MortalLedger, Scene

from consumers.deliveries import Deliveries
from consumers.slack.standing import SETTLE
from wheelsdown.records.deliveries import Delivery

LATE_S = SETTLE.total_seconds() - 0.1


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


def dies(scene: Scene, die_at: int) -> bool:
    """Whether the first consumer dies at this moment; a second one takes over at once."""
    with MortalLedger(scene.fate) as ledger:
        standing_by = scene.consumer(ledger)
        scene.clock.wait(3600.0)
        has_died = not scene.play(die_at)
        scene.come(3)
        standing_by.drain()
        scene.clock.wait(300.0)
    return has_died


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("drop", accept=True),
        Fault("drop", accept=True, accept_after_s=LATE_S),
        Fault("drop", accept=True, delay_s=20.0, accept_after_s=20.0 + LATE_S),
        Fault("rate_limited"),
    ],
    ids=str,
)
def test_who_takes_over_from_the_dead_shows_each_once(fault: Fault | None) -> None:
    """At each moment beside a durable step; the first machine comes back in the end."""
    for die_at in itertools.count(1):
        scene = Scene()
        scene.come(1, 2)
        scene.slack.faults.append(fault)
        has_died = dies(scene, die_at)
        assert scene.wrongs(3, ()) == [], die_at
        calls = len(scene.slack.calls)
        scene.play()
        assert scene.wrongs(3, ()) == [], die_at
        assert len(scene.slack.calls) == calls, "the first machine knows what the second did"
        scene.close()
        if not has_died:
            assert die_at > 6, "there were moments to die at"
            return


def test_who_is_given_the_alerts_while_the_others_request_still_runs_waits_for_its_end(
    scene: Scene,
) -> None:
    """The first one hangs in a request that Slack takes at its very end."""
    with MortalLedger(scene.fate) as ledger:
        standing_by = scene.consumer(ledger)
        scene.clock.wait(3600.0)
        scene.come(1)
        scene.said("sending", 1, 0, open_=True)
        scene.clock.put_off(TIMEOUT_S, lambda: scene.shown(1))
        standing_by.drain()
        assert scene.wrongs(1, ()) == []
        assert scene.slack.posts() == 0


def test_who_was_stopped_and_wakes_sends_nothing_that_another_has_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its intent and its request another one is given the alerts, and sends."""
    scene.come(1)
    woken, intend = scene.consumer(), Deliveries.intend
    with MortalLedger(scene.fate) as ledger:

        def is_stopped_after(deliveries: Deliveries, word: Delivery) -> None:
            intend(deliveries, word)
            monkeypatch.undo()
            scene.clock.wait(60.0)
            # a group of its own: the log in memory gives one consumer to each
            scene.consumer(ledger, group="another").drain()

        monkeypatch.setattr(Deliveries, "intend", is_stopped_after)
        woken.drain()
    assert scene.wrongs(1, ()) == []
    assert scene.slack.posts() == 1
