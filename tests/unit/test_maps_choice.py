"""Which journey of a file is drawn, and what is told where there is none or more than one."""

from pathlib import Path

import pytest
from fakes.journeys_drawn import AIRCRAFT, Voyage, movement, place
from msgspec.structs import replace

from cli.maps.choice import MOST_LISTED, MapError, choose, described, read_journeys
from wheelsdown.records.journeys import Flight, Journey
from wheelsdown.records.record import Record
from wheelsdown.records.topics import FLIGHTS_JOURNEYS

RUSSIAN = Voyage("UUMU").fly("ZKPY", 36).fly("UUMU").journey()
OTHER = replace(RUSSIAN, journey_id="5f3a00", icao24="0a1b2c")
THIRD = replace(RUSSIAN, journey_id="77aa00", icao24="0a1b2c")
ALL = (RUSSIAN, OTHER, THIRD)


def written(path: Path, *records: Record) -> Path:
    path.write_bytes(b"".join(FLIGHTS_JOURNEYS.encode(one) + b"\n" for one in records))
    return path


@pytest.mark.parametrize(
    ("wanted", "journey"),
    [
        (RUSSIAN.journey_id, RUSSIAN),
        ("5F3A92", RUSSIAN),
        ("5f3a00", OTHER),
        ("15521f", RUSSIAN),
        (" 77 ".strip(), THIRD),
    ],
)
def test_a_journey_is_named_by_its_id_its_beginning_or_the_address(
    wanted: str, journey: Journey
) -> None:
    assert choose(ALL, wanted) == journey


def test_the_only_journey_needs_no_name() -> None:
    assert choose([RUSSIAN], None) == RUSSIAN


def test_an_id_counts_though_others_begin_with_it() -> None:
    longer = replace(OTHER, journey_id="5f3a0077")
    assert choose([longer, OTHER], "5f3a00") == OTHER


@pytest.mark.parametrize(
    ("wanted", "words", "listed"),
    [
        (None, "3 journeys: choose one with --journey", ALL),
        ("5f3a", "2 journeys fit '5f3a'", (RUSSIAN, OTHER)),
        ("0a1b2c", "2 journeys fit '0a1b2c'", (OTHER, THIRD)),
        ("ffff", "no journey fits 'ffff'", ALL),
        ("", "no journey fits ''", ALL),
        ("\x1b[2J", "no journey fits '[2J'", ALL),
    ],
)
def test_what_there_is_is_listed_when_the_choice_is_not_clear(
    wanted: str | None, words: str, listed: tuple[Journey, ...]
) -> None:
    with pytest.raises(MapError) as caught:
        choose(ALL, wanted)
    first, *lines = str(caught.value).splitlines()
    assert words in first
    assert lines == [f"  {described(one)}" for one in listed]


def test_a_long_list_is_cut() -> None:
    many = [replace(RUSSIAN, journey_id=f"{number:06}") for number in range(MOST_LISTED + 7)]
    with pytest.raises(MapError) as caught:
        choose(many, None)
    lines = str(caught.value).splitlines()
    assert len(lines) == MOST_LISTED + 2
    assert lines[-1] == "  … and 7 more"


def test_a_journey_is_described_in_a_line() -> None:
    aircraft = replace(AIRCRAFT, registration="RA\n\u202e1")
    assert described(replace(RUSSIAN, aircraft=aircraft)) == (
        f"{RUSSIAN.journey_id}  15521f RA 1 (Ilyushin Il-62M), Russia - North Korea, "
        "31 Jul to 2 Aug 2023, completed"
    )


def test_of_several_revisions_the_last_counts(tmp_path: Path) -> None:
    newer = replace(RUSSIAN, revision=3)
    path = written(tmp_path / "journeys.jsonl", newer, OTHER, replace(RUSSIAN, revision=2))
    assert read_journeys(path) == [newer, OTHER]


def test_a_file_with_something_else_is_refused_with_the_line(tmp_path: Path) -> None:
    path = written(tmp_path / "journeys.jsonl", RUSSIAN)
    with path.open("ab") as file:
        file.write(b'{"v": 1, "type": "visit"}\n')
    with pytest.raises(MapError, match=r"line 2 is no journey.*give a journeys\.jsonl"):
        read_journeys(path)
    flight = Flight(
        record_id="f",
        occurred_at=RUSSIAN.occurred_at,
        observed_at=RUSSIAN.observed_at,
        flight_id="f",
        icao24="15521f",
        revision=1,
        number=1,
        aircraft=AIRCRAFT,
        leg=RUSSIAN.legs[0],
    )
    with pytest.raises(MapError, match="line 1 is a flight"):
        read_journeys(written(tmp_path / "flights.jsonl", flight))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journeys.jsonl"
    path.write_bytes(b"x" * (2 * FLIGHTS_JOURNEYS.max_bytes))
    with pytest.raises(MapError, match="more than the"):
        read_journeys(path)


def test_a_file_that_is_empty_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(MapError, match="no journey in"):
        read_journeys(tmp_path / "empty.jsonl")
    with pytest.raises(MapError, match="can't read"):
        read_journeys(tmp_path / "missing.jsonl")


def test_journeys_without_states_or_movements_are_described_too() -> None:
    leg = replace(
        RUSSIAN.legs[0], departure=movement("departure", place("UUMU"), RUSSIAN.track[0].at)
    )
    bare = replace(
        RUSSIAN,
        aircraft=replace(AIRCRAFT, operator_state=None),
        legs=(),
        stays=(),
        track=(),
    )
    assert "no state known" in described(bare)
    assert "Russia, " in described(replace(bare, legs=(leg,)))
