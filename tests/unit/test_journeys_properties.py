"""Whatever is lost, repeated, late or looked at otherwise, no movement comes of it.

A movement is a departure or an arrival that stands in the last revision of a flight. The tracks
are the simulator's, one or two aircraft each, with noise in two of three, and journeys into a
radio hole of which no reception is known.
"""

from fakes.altered_tracks import Loss, cut_anew, cut_off, doubled, in_shards, repeated, shuffled
from fakes.real_tracks import movements
from fakes.recorded_tracks import Recording, added, into_a_hole, simulated, taken_back
from hypothesis import given, settings
from hypothesis import strategies as st

#: Kinds with few flights, which are soon drawn; noise befalls two of three (noise.py).
KINDS = (
    "visit",
    "radio_hole",
    "turned_back",
    "diversion",
    "overflight",
    "formation",
    "touch_and_go",
    "domestic",
    "low_pass",
)
#: The same in every run, over few recordings: drawing one takes longer than a run over it.
unhurried = settings(max_examples=8, deadline=None, derandomize=True)

seeds = st.integers(min_value=0, max_value=2**32 - 1)
shares = st.floats(min_value=0, max_value=1)


def _simulated(number: int) -> Recording:
    return simulated(KINDS[number % len(KINDS)], number, noisy=number % 3 > 0)


recordings = st.one_of(
    st.integers(min_value=0, max_value=len(KINDS) - 1).map(_simulated),
    st.builds(into_a_hole, st.just(9), st.just(285)),
)
losses = st.builds(
    Loss,
    seed=seeds,
    scattered=st.sampled_from([0.0, 0.1, 0.3]),
    stretches=st.lists(st.tuples(shares, st.floats(min_value=0, max_value=0.3)), max_size=5).map(
        tuple
    ),
    at_turns=st.booleans(),
    heard=st.booleans(),
)


@unhurried
@given(recording=recordings, loss=losses)
def test_losing_three_positions_of_ten_adds_no_movement(recording: Recording, loss: Loss) -> None:
    assert added(recording.said(loss.of(recording.snapshots)), recording) == []


@unhurried
@given(recording=recordings)
def test_snapshots_that_stand_twice_in_the_log_change_nothing(recording: Recording) -> None:
    said = recording.said(doubled(recording.snapshots))
    assert movements(said) == movements(recording.whole)


@unhurried
@given(
    recording=recordings,
    seed=seeds,
    share=st.sampled_from([0.1, 0.5, 1.0]),
    late_s=st.sampled_from([20.0, 60.0, 600.0]),
)
def test_old_positions_shown_again_add_no_movement(
    recording: Recording, seed: int, share: float, late_s: float
) -> None:
    again = repeated(recording.snapshots, seed, share, late_s)
    assert added(recording.said(again), recording) == []


@unhurried
@given(recording=recordings, seed=seeds)
def test_positions_shuffled_within_a_minute_add_no_movement(
    recording: Recording, seed: int
) -> None:
    late = shuffled(recording.snapshots, seed, within_s=60)
    assert added(recording.said(late), recording) == []


@unhurried
@given(
    recording=recordings,
    every_s=st.sampled_from([10, 30, 60]),
    phase=shares,
    shards=st.sampled_from([1, 2]),
)
def test_looking_at_other_times_adds_no_movement(
    recording: Recording, every_s: int, phase: float, shards: int
) -> None:
    looks = cut_anew(recording.snapshots, every_s, phase)
    said = [one for part in in_shards(looks, shards) for one in recording.said(part)]
    assert added(said, recording) == []


@unhurried
@given(recording=recordings, share=shares)
def test_nothing_is_called_observed_that_later_positions_contradict(
    recording: Recording, share: float
) -> None:
    """Neither on the way nor when the track ends somewhere and nothing more is heard."""
    ended = recording.said(cut_off(recording.snapshots, share))
    assert taken_back(recording.whole, recording) == []
    assert taken_back(ended, recording) == []
