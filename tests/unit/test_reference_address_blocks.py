import csv
import gzip
import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

from wheelsdown.reference.address_blocks import government_state, state_of_address
from wheelsdown.reference.data_files import rows
from wheelsdown.reference.states import load_states

REGISTER = Path(__file__).parents[3] / "shared" / "data" / "aircraft" / "tar1090_aircraft.csv.gz"


@pytest.mark.parametrize(
    ("icao24", "state", "government"),
    [
        ("15521f", "RUS", None),
        ("100000", "RUS", None),
        ("1fffff", "RUS", None),
        ("0fffff", None, None),
        ("000000", None, None),
        ("ffffff", None, None),
        ("adf7c7", "USA", None),
        ("adf7c8", "USA", "USA"),
        ("afffff", "USA", "USA"),
        ("b00000", None, None),
        ("43c000", "GBR", "GBR"),
        ("43d000", "GBR", None),
        ("720000", "PRK", None),
        ("4d03c0", "LUX", "NATO"),
        ("899000", "TWN", None),
    ],
)
def test_blocks_at_their_edges(icao24: str, state: str | None, government: str | None) -> None:
    assert state_of_address(icao24) == state
    assert government_state(icao24) == government


def test_what_is_no_hexadecimal_address_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        state_of_address("~15521")


def test_blocks_are_well_formed_and_apart() -> None:
    listed = list(rows("address_blocks.csv"))
    for kind in ("state", "government"):
        blocks = sorted((row["first"], row["last"]) for row in listed if row["kind"] == kind)
        assert all(first < last for first, last in blocks)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(blocks))
    for row in listed:
        assert row["kind"] in {"state", "government"}
        assert re.fullmatch("[0-9a-f]{6}", row["first"])
        assert re.fullmatch("[0-9a-f]{6}", row["last"])
        assert row["state"] in load_states()
        assert row["source"]
        owners = {state_of_address(row["first"]), state_of_address(row["last"])}
        assert owners == {"LUX" if row["state"] == "NATO" else row["state"]}


@pytest.mark.shared
@pytest.mark.skipif(not REGISTER.exists(), reason="needs ../shared/data")
def test_registrations_lie_in_the_block_of_their_state() -> None:
    prefixes = {
        r"RA-\d{5}": "RUS",
        r"D-[A-Z]{4}": "DEU",
        r"F-[A-Z]{4}": "FRA",
        r"G-[A-Z]{4}": "GBR",
        r"JA\d\w+": "JPN",
        r"HL\d{4}": "KOR",
        r"B-(?:\w{4}|[HKL]\w\w)": "CHN",
        r"B-\d{5}": "TWN",
        r"N[1-9]\w{0,4}": "USA",
        r"VT-[A-Z]{3}": "IND",
        r"C-[FG]\w{3}": "CAN",
        r"TC-[A-Z]{3}": "TUR",
        r"UR-\w+": "UKR",
        r"HZ-\w+": "SAU",
        r"9H-\w+": "MLT",
        r"T7-\w+": "SMR",
    }
    known: Counter[str] = Counter()
    right: Counter[str] = Counter()
    military: Counter[str] = Counter()
    in_block: Counter[str] = Counter()
    pattern = re.compile("|".join(f"({prefix})" for prefix in prefixes))
    states = list(prefixes.values())
    with gzip.open(REGISTER, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            icao24 = row["icao24"].lower()
            block = government_state(icao24)
            if block is not None and row["type"] not in {"TWR", "GND", "SERV"}:
                in_block[block] += 1
                military[block] += row["flags"].startswith("1")
            match = pattern.fullmatch(row["reg"])
            if match is not None and match.lastindex is not None:
                state = states[match.lastindex - 1]
                known[state] += 1
                right[state] += state_of_address(icao24) == state
    assert known.total() > 400_000
    assert right.total() / known.total() > 0.999
    assert all(right[state] / known[state] > 0.98 for state in states), right
    # Unflagged aircraft in a block are mostly military ones that the register does not know yet.
    assert military.total() / in_block.total() > 0.98
    assert all(military[state] / in_block[state] > 0.8 for state in in_block)
