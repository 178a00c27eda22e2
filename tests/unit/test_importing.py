"""``record import``: additive, repeatable, and silent about nothing."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.file_formats import Format, format_of
from cli.importing import NothingReadError, import_files
from cli.recording import MANIFEST, RecordingReader
from producers.flights.picture import SourceError
from producers.news.entries import EntriesError
from wheelsdown.records.aircraft import Snapshot
from wheelsdown.records.reception import box_at, box_map
from wheelsdown.records.record import Record

START = datetime(2023, 7, 31, 12, 0, tzinfo=UTC)

TRACE = b'{"icao": "15521f", "timestamp": 1690804800, "trace": [[0, 55, 37, 9000, 400, 90, 0, 0]]}'
ANSWER = b'{"now": 1690804800, "aircraft": [{"hex": "15521f", "seen": 1}]}'
STATES = b'{"time": 1690804800, "states": []}'
TABLE = (
    b"lat,lon,altitude,ground_speed,heading,details,alt_geom,nnumber,model,ping_time,icao\n"
    b"55,37,0,0,0,,,,,2023-07-31 12:00:00,15521f\n"
)
ENTRIES = b'{"feed": "world", "title": "A visit", "published": "2023-07-31T12:00:00Z"}\n' * 2
SAMPLES: dict[Format, bytes] = {
    "readsb-trace": TRACE,
    "readsb": ANSWER,
    "opensky": STATES,
    "adsbx-csv": TABLE,
    "entries": ENTRIES,
}


def trace(icao24: str, minute: int, minutes: int) -> bytes:
    """A track with a contact each minute."""
    points = [[60 * number, 55.0, 37.0, 9000, 400, 90, 0, 0] for number in range(minutes)]
    start = START.timestamp() + 60 * minute
    return json.dumps({"icao": icao24, "timestamp": start, "trace": points}).encode()


def put(folder: Path, content: bytes, name: str = "file") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def bring(kind: Format, recording: Path, *files: Path) -> None:
    import_files(files, kind, recording, watches=lambda _: True)


def held(recording: Path) -> list[Record]:
    reader = RecordingReader(recording)
    return [record for day in reader.days() for _, record in reader.records(day)]


def contacts(records: Sequence[Record]) -> set[tuple[str, datetime]]:
    return {
        (vector.icao24, vector.heard_at)
        for record in records
        if isinstance(record, Snapshot)
        for vector in record.candidates
    }


@given(
    spans=st.lists(
        st.tuples(st.sampled_from(["15521f", "a11f59", "c060ba"]), st.integers(0, 20)),
        min_size=1,
        max_size=4,
    ),
    again=st.integers(0, 3),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_tracks_imported_one_by_one_lose_nothing_and_again_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[str, int]], again: int
) -> None:
    folder = tmp_path_factory.mktemp("import")
    files = [
        put(folder, trace(icao24, minute, 10), f"{number}.json")
        for number, (icao24, minute) in enumerate(spans)
    ]
    for file in files:
        bring("readsb-trace", folder / "apart", file)
    bring("readsb-trace", folder / "together", *files)
    apart = held(folder / "apart")
    assert contacts(apart) == contacts(held(folder / "together"))
    assert len(contacts(apart)) == len(
        {(name, at + number) for name, at in spans for number in range(10)}
    )

    bring("readsb-trace", folder / "apart", files[again % len(files)])
    assert held(folder / "apart") == apart


def test_a_receiver_of_tracks_says_nothing_of_aircraft_that_it_was_not_asked_for(
    tmp_path: Path,
) -> None:
    one, other = put(tmp_path, trace("15521f", 0, 3)), put(tmp_path, trace("a11f59", 0, 9), "b")
    bring("readsb-trace", tmp_path / "r", one)
    bring("readsb-trace", tmp_path / "r", other)
    by_source = itertools.groupby(
        sorted((one for one in held(tmp_path / "r") if isinstance(one, Snapshot)),
               key=lambda one: one.source),
        key=lambda one: one.source,
    )  # fmt: skip
    asked = [{snapshot.scope.icao24s for snapshot in group} for _, group in by_source]
    assert sorted(asked, key=str) == [{("15521f",)}, {("a11f59",)}]


def test_answers_of_two_receivers_at_one_moment_are_both_kept(tmp_path: Path) -> None:
    for number, icao24 in enumerate(("15521f", "a11f59")):
        file = put(tmp_path, ANSWER.replace(b"15521f", icao24.encode()), f"{number}")
        bring("readsb", tmp_path / "r", file)
    assert {name for name, _ in contacts(held(tmp_path / "r"))} == {"15521f", "a11f59"}


def test_an_answer_imported_again_with_a_larger_fleet_brings_the_others(tmp_path: Path) -> None:
    file = put(tmp_path, ANSWER)
    import_files([file], "readsb", tmp_path / "r", watches=lambda _: False)
    assert contacts(held(tmp_path / "r")) == set()
    bring("readsb", tmp_path / "r", file)
    assert len(contacts(held(tmp_path / "r"))) == 1


def test_answers_of_the_world_tell_where_anybody_is_heard_and_tracks_do_not(
    tmp_path: Path,
) -> None:
    row = {"hex": "a11f59", "seen": 1, "seen_pos": 1, "lat": 43.4, "lon": 132.15}
    answer = json.dumps({"now": 1690804800, "aircraft": [row]}).encode()
    import_files([put(tmp_path, answer)], "readsb", tmp_path / "world", watches=lambda _: False)
    (world,) = (one for one in held(tmp_path / "world") if isinstance(one, Snapshot))
    assert world.candidates == ()
    assert world.reception is not None
    assert world.reception.heard == box_map([box_at(43.4, 132.15)])

    bring("readsb-trace", tmp_path / "track", put(tmp_path, TRACE))
    track = [one for one in held(tmp_path / "track") if isinstance(one, Snapshot)]
    assert track
    assert {one.reception for one in track} == {None}


@pytest.mark.parametrize(("kind", "body"), SAMPLES.items())
def test_each_format_is_known_by_its_members(kind: Format, body: bytes) -> None:
    assert format_of(body) == kind
    assert format_of(b"\xef\xbb\xbf" + body) == kind


@given(st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b"{" * 9000, b'{"now": 1}']))
def test_what_is_of_no_format_is_not_guessed(body: bytes) -> None:
    assert format_of(body) is None


@pytest.mark.parametrize(
    ("kind", "actual"), [pair for pair in itertools.product(SAMPLES, SAMPLES) if len({*pair}) == 2]
)
def test_a_wrong_format_is_refused_with_the_right_one_and_leaves_nothing(
    tmp_path: Path, kind: Format, actual: Format
) -> None:
    file = put(tmp_path, SAMPLES[actual])
    with pytest.raises(
        (NothingReadError, SourceError), match=f"{file}.*looks like --format {actual}$"
    ):
        bring(kind, tmp_path / "r", file)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_that_is_missing_leaves_nothing(tmp_path: Path, kind: Format) -> None:
    with pytest.raises((EntriesError, SourceError), match="missing"):
        bring(kind, tmp_path / "r", tmp_path / "missing")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("entries", b""),
        ("entries", b'{"feed": "world", "title": "undated"}'),
        ("readsb-trace", b'{"icao": "15521f", "timestamp": 1690804800, "trace": []}'),
    ],
)
def test_an_import_of_nothing_changes_no_recording(
    tmp_path: Path, kind: Format, body: bytes
) -> None:
    recording = tmp_path / "r"
    bring("entries", recording, put(tmp_path, ENTRIES))
    before = (recording / MANIFEST).read_bytes()
    with pytest.raises(NothingReadError, match=r"holds no (entry|contact)"):
        bring(kind, recording, put(tmp_path, body))
    assert (recording / MANIFEST).read_bytes() == before


def test_one_useless_file_among_others_is_named(tmp_path: Path) -> None:
    good, useless = put(tmp_path, ENTRIES, "good"), put(tmp_path, ANSWER, "useless")
    done = import_files([good, useless], "entries", tmp_path / "r", watches=lambda _: True)
    assert done.advice == [f"{useless} holds no entry; it looks like --format readsb"]
