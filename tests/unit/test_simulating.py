"""The command ``simulate``: a recording, its fleet and its truth."""

from pathlib import Path

import msgspec
from typer.testing import CliRunner

from cli.main import app
from cli.recording import RecordingReader
from simulator.truth import Truth
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.reference.fleet import load_fleet


def simulate(into: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["simulate", "--into", str(into), "--every-s", "600", *more])
    return result.exit_code, result.output


def test_it_writes_a_recording_whose_fleet_knows_the_operators(tmp_path: Path) -> None:
    code, output = simulate(tmp_path / "made", "--journeys", "3", "--seed", "9", "--kind", "tour")
    assert code == 0, output
    reader = RecordingReader(tmp_path / "made")
    (note,) = reader.manifest["imports"]
    assert note["source"].startswith("simulated by wheelsdown ")
    assert "3 journeys, seed 9" in note["source"]
    lines = (tmp_path / "made" / "truth.jsonl").read_bytes().splitlines()
    truth = {one.icao24: one for one in (msgspec.json.decode(line, type=Truth) for line in lines)}
    assert len(truth) == 3
    fleet = load_fleet(reader.fleet_files())
    assert fleet.version == reader.fleet_version
    seen = set()
    for day in reader.days():
        for _, record in reader.records(day):
            assert isinstance(record, Snapshot)
            seen |= {vector.icao24 for vector in record.candidates}
            for vector in record.candidates:
                assert fleet.describe(vector).operator_state == truth[vector.icao24].home_state
    assert seen == set(truth)
    assert not reader.dropped


def test_it_says_which_words_it_knows_and_leaves_recordings_alone(tmp_path: Path) -> None:
    code, output = simulate(tmp_path / "new", "--kind", "picnic")
    assert code == 2
    assert "known: visit, radio_hole" in output
    code, output = simulate(tmp_path / "new", "--press", "P02")
    assert code == 2
    assert "known: P01" in output
    assert not (tmp_path / "new").exists()
    code, output = simulate(tmp_path / "case", "--press", "P14")
    assert code == 0, output
    (note,) = RecordingReader(tmp_path / "case").manifest["imports"]
    assert "made up: " in note["source"]
    before = (tmp_path / "case" / "manifest.json").read_text()
    code, output = simulate(tmp_path / "case", "--press", "P14")
    assert code == 2
    assert "holds something already" in output
    assert (tmp_path / "case" / "manifest.json").read_text() == before
