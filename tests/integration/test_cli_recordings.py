"""``record import``, ``replay``, ``journeys`` and ``map`` as a user runs them."""

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.tracks import START, end_of, flown, parked, snapshots
from matplotlib.image import imread
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from cli.main import app
from cli.recording import RecordingWriter
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.records.journeys import Flight, Journey
from wheelsdown.records.topics import ADSB_SNAPSHOTS, FLIGHTS_JOURNEYS

TRACKS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "adsb" / "adsbx_traces"


def wheelsdown(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def bring(kind: str, into: Path, *files: Path) -> Result:
    return wheelsdown("record", "import", "--format", kind, "--into", into, *files)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "news.jsonl"
    file.write_text('{"feed": "f", "title": "A visit", "published": "2023-07-31T12:00:00Z"}')
    assert bring("entries", tmp_path / "recording", file).exit_code == ExitCode.OK
    return tmp_path / "recording"


def test_findings_that_can_not_be_written_are_told_before_the_work(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.replay.replay", lambda *_, **__: pytest.fail("it was begun"))
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "below"):
        done = wheelsdown("replay", recording, "--output", output)
        assert done.exit_code == ExitCode.USAGE
        assert "choose another folder" in done.output


def test_a_findings_file_that_can_not_be_replaced_is_told(tmp_path: Path, recording: Path) -> None:
    (tmp_path / "out" / "incidents.jsonl").mkdir(parents=True)
    done = wheelsdown("replay", recording, "--output", tmp_path / "out")
    assert (done.exit_code, "choose another folder" in done.output) == (ExitCode.USAGE, True)


def test_an_import_of_the_wrong_format_ends_with_advice_and_no_recording(tmp_path: Path) -> None:
    file = tmp_path / "aircraft.json"
    file.write_text('{"now": 1690804800,\n "aircraft": [\n{"hex": "15521f"},\n{"hex": "a11f59"}]}')
    done = bring("entries", tmp_path / "r", file)
    assert done.exit_code == ExitCode.USAGE
    assert "dropped: 4 not_an_object" in done.output
    assert "it looks like --format readsb" in done.output
    assert not (tmp_path / "r").exists()


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text('{"feed": "f", "title": "A visit", "published": "2023-07-31T12:00:00Z"}')
    done = bring("entries", file / "r", file)
    assert (done.exit_code, "name another folder" in done.output) == (ExitCode.USAGE, True)


@pytest.fixture(scope="module")
def to_seoul(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a flight from Moscow to Seoul, half a day there, and the flight home.

    One position on the way is 0/0, and a line is no record.
    """
    vectors = parked("UUWW", START, START + timedelta(minutes=30), every_s=300)
    vectors += flown(["UUWW", "RKSI"], end_of(vectors), every_s=300)
    left = end_of(vectors) + timedelta(hours=12)
    vectors += parked("RKSI", end_of(vectors), left, every_s=300)
    vectors += flown(["RKSI", "UUWW"], left, every_s=300)
    home = end_of(vectors)
    vectors += parked("UUWW", home, home + timedelta(hours=1), every_s=300)
    vectors[20] = replace(vectors[20], latitude=0.0, longitude=0.0)
    folder = tmp_path_factory.mktemp("recordings") / "to-seoul"
    with RecordingWriter(folder) as writer:
        for snapshot in snapshots(vectors, START, end_of(vectors), every_s=300):
            writer.add(ADSB_SNAPSHOTS, snapshot)
    with gzip.open(folder / ADSB_SNAPSHOTS.name / f"{START:%Y-%m-%d}.jsonl.gz", "ab") as file:
        file.write(b"{}\n")
    return folder


def test_journeys_and_flights_of_a_recording_are_written_and_drawn(
    to_seoul: Path, tmp_path: Path
) -> None:
    journeys, flights = tmp_path / "new" / "journeys.jsonl", tmp_path / "flights.jsonl"
    done = wheelsdown("journeys", to_seoul, "--output", journeys, "--flights", flights)
    assert done.exit_code == ExitCode.OK, done.output
    assert f"journeys: 1, stays: 1, technical stops: 0 in {journeys}" in done.output
    assert f"flights: 2 in {flights}" in done.output
    assert "dropped: 1 bad_record\nnot believed: 1 zero_zero\n" in done.output
    (line,) = journeys.read_bytes().splitlines()
    journey = FLIGHTS_JOURNEYS.decode(line)
    assert isinstance(journey, Journey)
    assert journey.status == "completed"
    assert [stop.place.aerodrome for stop in journey.stays] == ["RKSI"]
    made = [FLIGHTS_JOURNEYS.decode(line) for line in flights.read_bytes().splitlines()]
    assert [one.number for one in made if isinstance(one, Flight)] == [1, 2]

    done = wheelsdown("replay", to_seoul, "--output", tmp_path / "all")
    assert "dropped: 1 bad_record\nnot believed: 1 zero_zero\n" in done.output
    assert (tmp_path / "all" / "journeys.jsonl").read_bytes() == journeys.read_bytes()

    picture = tmp_path / "maps" / "journey.png"
    done = wheelsdown("map", journeys, "--output", picture, "--journey", "15521F")
    assert done.exit_code == ExitCode.OK, done.output
    assert "Russia - South Korea" in done.output
    assert imread(picture).ndim == 3
    for arguments, words in (
        ((journeys, "--output", picture, "--journey", "zz"), f"  {journey.journey_id}  15521f"),
        ((flights, "--output", picture), "give a journeys.jsonl"),
        ((journeys, "--output", flights / "below.png"), "choose another file"),
    ):
        done = wheelsdown("map", *arguments)
        assert done.exit_code == ExitCode.USAGE
        assert words in done.output


def test_journeys_that_can_not_be_written_are_told_before_the_work(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.replay.replay", lambda *_, **__: pytest.fail("it was begun"))
    (tmp_path / "file").write_text("kept")
    for output, flights, words in (
        (tmp_path, tmp_path / "f", "choose another file"),
        (tmp_path / "j", tmp_path / "file" / "below", "choose another file"),
        (tmp_path / "file", tmp_path / "file", "choose another name"),
    ):
        done = wheelsdown("journeys", recording, "--output", output, "--flights", flights)
        assert done.exit_code == ExitCode.USAGE
        assert words in done.output
    assert (tmp_path / "file").read_text() == "kept"
    assert not (tmp_path / "j").exists()
    done = wheelsdown("journeys", tmp_path / "nowhere", "--output", tmp_path / "j")
    assert (done.exit_code, "is no recording" in done.output) == (ExitCode.USAGE, True)


@pytest.mark.shared
@pytest.mark.skipif(not TRACKS.is_dir(), reason="../shared/data is not here")
def test_tracks_imported_by_two_commands_give_the_journeys_of_one(
    tmp_path: Path,
) -> None:
    files = sorted(TRACKS.glob("*.csv.gz"))
    assert len(files) == 2
    for file in files:
        assert bring("adsbx-csv", tmp_path / "apart", file).exit_code == ExitCode.OK
    assert bring("adsbx-csv", tmp_path / "together", *files).exit_code == ExitCode.OK
    found = {}
    for name in ("apart", "together"):
        done = wheelsdown("replay", tmp_path / name, "--output", tmp_path / f"{name}-out")
        assert done.exit_code == ExitCode.OK
        assert "dropped" not in done.output
        lines = (tmp_path / f"{name}-out" / "journeys.jsonl").read_text().splitlines()
        found[name] = [_said(json.loads(line)) for line in lines]
    assert len(found["apart"]) == 2
    assert found["apart"] == found["together"]


def _said(journey: dict[str, Any]) -> tuple[str, str, Any]:
    return journey["aircraft"]["icao24"], journey["status"], journey["legs"]
