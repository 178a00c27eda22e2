"""``record import`` and ``replay`` as a user runs them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from wheelsdown.daemon.lifecycle import ExitCode

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
