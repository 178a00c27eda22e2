from datetime import UTC, datetime
from pathlib import Path

import pytest

from wheelsdown.records.aircraft import Aircraft, StateVector
from wheelsdown.reference.data_files import rows
from wheelsdown.reference.fleet import Fleet, load_fleet
from wheelsdown.reference.fleet_files import OWN_COLUMNS, FleetError, read_fleet_file

NOON = datetime(2023, 7, 31, 12, tzinfo=UTC)
PLANE_ALERT = Path(__file__).parents[3] / "shared" / "data" / "aircraft" / "plane-alert-db.csv"
PLANE_ALERT_HEADER = (
    "$ICAO,$Registration,$Operator,$Type,$ICAO Type,#CMPG,$Tag 1,$#Tag 2,$#Tag 3,Category,$#Link\n"
)


def vector(icao24: str, **fields: object) -> StateVector:
    return StateVector(icao24=icao24, heard_at=NOON, **fields)  # type: ignore[arg-type] # any field


def test_the_shipped_fleet_is_whole_and_knows_the_aircraft_of_2023() -> None:
    fleet = load_fleet()
    assert fleet.dropped == {}
    shipped = list(rows("fleet.csv"))
    assert len(fleet) == len(shipped)
    assert all(row["source"] and row["operator_state"] for row in shipped)
    assert tuple(shipped[0]) == OWN_COLUMNS
    assert fleet.get("15521f") == Aircraft(
        icao24="15521f",
        registration="RA-86559",
        type_code="IL62",
        type_name="Ilyushin Il-62M",
        operator="Russian Air Force",
        operator_state="RUS",
        source="fleet.csv: press reports of August 2023, NK News",
    )
    # Russia's addresses of such registrations are 140000 (hexadecimal) plus the number.
    assert int("15521f", 16) - 0x140000 == 86559


def test_a_users_rows_join_the_shipped_ones_and_the_last_file_counts(tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text("icao24,operator\n15521F,Somebody of Belarus\nAE0001,USAF\n")
    two = tmp_path / "two.csv"
    two.write_text("\ufefficao24,operator,operator_state\nae0001,Air wing,KOR\n", encoding="utf-8")
    fleet = load_fleet([one, two])
    assert len(fleet) == 2
    described = fleet.get("15521f")
    assert described is not None
    assert described.operator_state == "BLR"
    assert described.source == "one.csv; state by operator's name"
    replaced = fleet.get("ae0001")
    assert replaced is not None
    assert (replaced.operator_state, replaced.source) == ("KOR", "two.csv")
    assert fleet.version != load_fleet([one]).version
    assert fleet.version == load_fleet([one, two]).version


def test_plane_alert_db_and_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        PLANE_ALERT_HEADER
        + "15521F,RA-86559,Russian Air Force,Ilyushin IL-62M,IL62,Mil,,,,Other Air Forces,x\n"
        + "10166,SU-BRR,Egyptian Air Force,CASA C-295 M,C295,Mil,,,,https://not.a/category,x\n"
        + "43C87A,Tactical,Royal Air Force,Typhoon,EUFI,Mil,,,,RAF,x\n"
        + "7278A1,p-881,Gov,Boeing 747,B74S,Gov,,,,Governments,x\n"
        + "4.408E+11,N1,US Army,Learjet,LJ35,Mil,,,,,x\n"
        + "~3C1234,D-AAAA,German Air Force,,,Mil,,,,,x\n"
        + "15521F,RA-86559,Twice,,,Mil,,,,,x\n"
        + ",,,,,,,,,,\n"
        + "GGGGGG,,German Air Force,,,Mil,,,,,x\n"
        + "0FFFFF,,Nobody,,,Mil,,,,,x\n"
        + "99,,Nobody,,,Mil,,,,,x\n"
        + "AE0001,short\n"
    )
    aircraft, dropped = read_fleet_file(file)
    assert set(aircraft) == {"15521f", "010166", "43c87a", "7278a1"}
    assert aircraft["010166"].operator_state == "EGY"
    assert aircraft["43c87a"].registration is None
    assert aircraft["43c87a"].operator_state == "GBR"
    assert aircraft["43c87a"].source == "list.csv; state by address block"
    assert aircraft["7278a1"].registration == "P-881"
    assert dropped == {
        "address was turned into a number": 1,
        "not an ICAO address (~)": 1,
        "address twice in one file": 1,
        "no address": 1,
        "address is not six hex digits": 2,
        "no state by operator's name nor by address": 1,
        "too few columns": 1,
    }


def test_hostile_text_is_made_one_short_line(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "icao24,registration,type_code,operator,operator_state\n"
        f'15521f,=cmd(),<b>,"Russian\n\x00\u202e{"x" * 5000}",RUS\n'
        "155220,,,Russian Air Force,XYZ\n",
        encoding="utf-8",
    )
    aircraft, dropped = read_fleet_file(file)
    one = aircraft["15521f"]
    assert one.operator is not None
    assert one.operator.startswith("Russian x")
    assert len(one.operator) == 100
    assert (one.registration, one.type_code) == (None, None)
    assert dropped == {"operator_state is no code of a known state": 1}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is no file"),
        (b"", "no column icao24"),
        (b"hex,reg\n15521f,RA-86559\n", "no column icao24"),
        (b"icao24,operator_sate\n15521f,RUS\n", r"did you mean operator_state\?"),
        (b"$ICAO,$Registration\n15521F,RA-86559\n", "lacks \\$Operator"),
        (b"icao24,operator\n15521f,\xff\xfe\n", "not UTF-8"),
        (b'icao24,operator\n15521f,"' + b"x" * 200_000 + b'"\n', "not CSV"),
        (b"<html></html>", "no column icao24"),
    ],
)
def test_an_unusable_file_is_refused_by_name(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "fleet-of-mine.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FleetError, match=says) as raised:
        load_fleet([file])
    assert "fleet-of-mine.csv" in str(raised.value)


def test_a_file_far_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as sparse:
        sparse.truncate(60_000_000)
    with pytest.raises(FleetError, match="larger than"):
        load_fleet([file])


@pytest.mark.parametrize(
    ("icao24", "state", "source", "watched"),
    [
        ("ae0001", "USA", "feed; state by government address block", True),
        ("4d03c0", "NATO", "feed; state by government address block", True),
        ("3c6444", "DEU", "feed; state by address block", False),
        ("0fffff", None, "feed; state unknown", False),
    ],
)
def test_an_aircraft_outside_the_fleet_is_described_by_feed_and_address(
    icao24: str, state: str | None, source: str, watched: bool
) -> None:
    fleet = Fleet({})
    seen = vector(icao24, registration="98-0001", type_code="C32")
    assert fleet.describe(seen) == Aircraft(
        icao24=icao24,
        registration="98-0001",
        type_code="C32",
        operator_state=state,
        source=source,
    )
    assert fleet.watches(seen) is watched
    assert fleet.watches(vector(icao24, military=True))


def test_the_fleets_own_row_goes_before_what_the_feed_says() -> None:
    fleet = load_fleet()
    seen = vector("15521f", registration="RA-00000", type_code="B738")
    assert fleet.describe(seen) == fleet.get("15521f")
    assert fleet.watches(seen)


@pytest.mark.shared
@pytest.mark.skipif(not PLANE_ALERT.exists(), reason="needs ../shared/data")
def test_the_real_plane_alert_db_is_read_almost_whole() -> None:
    fleet = load_fleet([PLANE_ALERT])
    assert len(fleet) + sum(fleet.dropped.values()) == 17_198
    assert sum(fleet.dropped.values()) < 10
    for icao24, state in {"15521f": "RUS", "010166": "EGY", "4d03c0": "NATO"}.items():
        aircraft = fleet.get(icao24)
        assert aircraft is not None
        assert aircraft.operator_state == state
