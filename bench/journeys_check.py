"""Departures and arrivals of every real track, against what was read off by hand, beside traffic.

    python bench/journeys_check.py [folder of the shared data]

The journeys stage sees each track at 5 s and at 30 s looks, and half an hour of silence after its
end; traffic_peer.py gives the package traffic all rows at once. A movement is right when kind and
aerodrome are the expected ones (tests/expected/movements.csv) and it is within 30 minutes.

Fails when the stage says anything wrong, misses what a track plainly shows, calls observed what was
never on the ground, does worse than traffic on any track, or not better on the noisy ones together.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.real_tracks import (
    Expected,
    Matched,
    load_expected,
    match,
    movements,
    outputs_of,
    read_track,
)

from wheelsdown.records.aircraft import StateVector
from wheelsdown.records.journeys import Movement, Place
from wheelsdown.reference.aerodromes import load_aerodromes

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
PEER = ROOT / ".venv-traffic" / "bin" / "python"
LOOKS_S = (5, 30)
LONGEST_PEER_S = 600


def traffic_says(tracks: dict[str, Sequence[StateVector]]) -> dict[str, dict[str, list[Movement]]]:
    """The movements of each track, ``plain`` and ``helped`` (traffic_peer.py says what that is)."""
    task = {
        "aerodromes": [
            [one.icao, one.latitude, one.longitude, one.elevation_ft] for one in load_aerodromes()
        ],
        "tracks": {name: [_row(one) for one in track] for name, track in tracks.items()},
    }
    with tempfile.TemporaryDirectory() as folder:
        homes = ("TRAFFIC_CACHE_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR")
        answer = subprocess.run(
            [PEER, ROOT / "bench" / "traffic_peer.py"],
            input=json.dumps(task),
            env={**os.environ, **dict.fromkeys(homes, folder)},
            stdout=subprocess.PIPE,
            text=True,
            timeout=LONGEST_PEER_S,
            check=True,
        )
    return {
        name: {how: [_movement(*one) for one in told] for how, told in ways.items()}
        for name, ways in json.loads(answer.stdout).items()
    }


def _row(vector: StateVector) -> list[float | bool | None]:
    return [
        vector.heard_at.timestamp(),
        vector.latitude,
        vector.longitude,
        vector.altitude_ft,
        bool(vector.on_ground),
        vector.ground_speed_kt,
        vector.track_deg,
        vector.vertical_rate_fpm,
    ]


def _movement(kind: str, icao: str, at_s: float) -> Movement:
    return Movement(
        kind="departure" if kind == "departure" else "arrival",
        place=Place(aerodrome=icao),
        at=datetime.fromtimestamp(at_s, UTC),
        error_min=0.0,
        certainty="observed",
        reasons=(),
    )


def off_min(expected: Expected, movement: Movement) -> float:
    return abs((movement.at - expected.at).total_seconds()) / 60


def joined(parts: Sequence[Matched]) -> Matched:
    return Matched(
        [pair for one in parts for pair in one.right],
        [movement for one in parts for movement in one.wrong],
        [expected for one in parts for expected in one.missed],
    )


def line(track: str, who: str, found: Matched, *, ours: bool) -> str:
    right, said = len(found.right), len(found.right) + len(found.wrong)
    wanted = right + len(found.missed)
    off = [off_min(*pair) for pair in found.right]
    text = f"{track:<17} {who:<16} {right:>3} of {wanted:>2}, {len(found.wrong)} wrong"
    text += f"  {right / said:.3f}" if said else "      -"
    text += f" {right / wanted:.3f} {found.f1:.3f}"
    text += f"  {sum(off) / right:5.1f} {max(off):5.1f}" if off else "      -     -"
    if ours:
        sure = Counter(str(movement.certainty) for _, movement in found.right)
        beyond = sum(
            off_min(expected, movement) > movement.error_min + expected.error_min
            for expected, movement in found.right
        )
        text += f"  {beyond:>3}  " + ", ".join(f"{what} {n}" for what, n in sorted(sure.items()))
    return text


def faults(who: str, ours: Matched, peer: Matched) -> list[str]:
    """What is not as it should be on one track."""
    found = [
        f"{who}: wrong {one.kind} {one.place.aerodrome or one.place.state} at {one.at:%d %b %H:%M},"
        f" {one.certainty}: {'; '.join(one.reasons)}"
        for one in ours.wrong
    ]
    found += [
        f"{who}: missed {one.kind} {one.aerodrome} at {one.at:%d %b %H:%M}"
        for one in ours.missed
        if one.is_plain
    ]
    found += [
        f"{who}: {one.kind} {one.aerodrome} at {one.at:%d %b %H:%M} is called observed"
        for one, movement in ours.right
        if movement.certainty == "observed" and one.seen != "ground"
    ]
    if ours.f1 < peer.f1:
        found.append(f"{who}: F1 {ours.f1:.3f}, traffic's is {peer.f1:.3f}")
    return found


def compare(
    expected: dict[str, list[Expected]],
    ours: dict[str, dict[str, Matched]],
    peers: dict[str, dict[str, Matched]],
) -> list[str]:
    """Prints the table, tracks first and then all together; what is not as it should be."""
    wrong: list[str] = []
    print("off: minutes, on average and at most; late: how many are off by more than they say")
    print(f"{'track':<51} prec. recall F1      off          late")
    for name in expected:
        for who, found in ours.items():
            print(line(name, who, found[name], ours=True))
            wrong += faults(f"{name}, {who}", found[name], peers["traffic"][name])
        print(line(name, "traffic", peers["traffic"][name], ours=False))
    for title, names in (
        ("all", list(expected)),
        ("the noisy ones", [name for name in expected if name.startswith("noisy_")]),
    ):
        for who, found in (ours | peers).items():
            together = joined([found[name] for name in names])
            print(line(title, who, together, ours=who in ours))
            best = joined([peers["traffic"][name] for name in names])
            if who in ours and together.f1 <= best.f1:
                wrong.append(f"{title}, {who}: F1 {together.f1:.3f}, traffic's is {best.f1:.3f}")
    return wrong


def main() -> None:
    data = (Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED) / "adsb"
    if not data.is_dir():
        sys.exit(f"{data} is not there: give the folder of the shared data")
    expected = load_expected()
    tracks = {name: read_track(data, name) for name in expected}
    told = traffic_says(tracks)
    ours = {
        f"ours, {every_s} s": {
            name: match(expected[name], movements(outputs_of(track, every_s)))
            for name, track in tracks.items()
        }
        for every_s in LOOKS_S
    }
    peers = {
        who: {name: match(expected[name], told[name][how]) for name in tracks}
        for who, how in (("traffic", "helped"), ("traffic, plain", "plain"))
    }
    wrong = compare(expected, ours, peers)
    print(*(wrong or ["Nothing wrong."]), sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
