"""Every row of every table says where it can be checked, in a form that a reader can follow."""

import re
from pathlib import Path

import pytest

from wheelsdown.reference import data_files
from wheelsdown.reference.data_files import rows

DATA = Path(data_files.__file__).parent / "data"
TABLES = sorted(file.name for file in DATA.glob("*.csv"))
#: A page by its title or address, a standard by its number, or a data set that others can get.
SOURCE = re.compile(
    r"Wikipedia: [A-Z0-9'][^;]*|https://[a-z0-9.-]+\.[a-z]{2,}(/[^\s;]*)?|ISO 3166-1|GeoNames|"
    r"ICAO Doc 8643|ICAO Annex 7, supplement|OpenSky Network, all states of 2021-10-17 11:49 UTC"
)
#: Their sources are sentences: a table with its amendment, a report with its month.
IN_WORDS = {"address_blocks.csv", "aerodromes.csv", "fleet.csv"}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_names_its_sources(table: str) -> None:
    listed = list(rows(table))
    assert listed
    assert list(listed[0])[-1] == "source"
    for row in listed:
        assert len(row["source"]) > 5, row
        assert row["source"].strip() == row["source"], row
        if table in IN_WORDS:
            continue
        sources = row["source"].split("; ")
        assert [one for one in sources if not SOURCE.fullmatch(one)] == [], row
        assert len(set(sources)) == len(sources), row


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("name,source\nHere,Wikipedia: Here\nThere,\n", "line 3: no source; name a page"),
        ("name,state\nHere,XXX\n", "line 2: no source; name a page"),
        ("name,source\nHere\n", "line 2: 1 fields, but the header has 2"),
    ],
)
def test_a_row_that_cannot_be_checked_is_refused_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, says: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "places.csv").write_text(table, encoding="utf-8")
    monkeypatch.setattr(data_files.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"data/places.csv, {says}")):
        list(rows("places.csv"))
