import airportsdata
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wheelsdown.reference.aerodromes import Aerodrome, Aerodromes, load_aerodromes
from wheelsdown.reference.geodesy import distance_nm
from wheelsdown.reference.states import load_states

#: Every fifteenth real one, and the corners of the map.
CORNERS = [(90, 0), (-90, 0), (89.9, 135), (0, 180), (0, -180), (10, 179.9), (10, -179.9), (0, 0)]
SAMPLE = [*load_aerodromes()][::15] + [
    Aerodrome(
        icao=f"ZZ{number:02}",
        name="corner",
        city="",
        state="ATA",
        latitude=latitude,
        longitude=longitude,
        elevation_ft=0,
    )
    for number, (latitude, longitude) in enumerate(CORNERS)
]
SEARCHED = Aerodromes(SAMPLE)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1500) | st.just(11_000))
@example(90, 0, 10)
@example(-90, 180, 700)
@example(89.99, -45, 3)
@example(0, 180, 0)
@example(10, -179.95, 5)
@example(55.5, 37.3, 0)
def test_within_finds_what_a_search_through_all_finds(lat: float, lon: float, nm: float) -> None:
    expected = sorted(
        (distance_nm(lat, lon, one.latitude, one.longitude), one.icao) for one in SAMPLE
    )
    expected = [pair for pair in expected if pair[0] <= nm]
    found = [(distance, one.icao) for one, distance in SEARCHED.within(lat, lon, nm)]
    assert found == expected
    nearest = SEARCHED.nearest(lat, lon, nm)
    assert (nearest and (nearest[1], nearest[0].icao)) == (expected[0] if expected else None)


def test_the_packages_aerodromes_are_all_read_and_supplemented() -> None:
    aerodromes = load_aerodromes()
    packaged = {
        icao: row
        for icao, row in airportsdata.load("ICAO").items()
        if len(icao) == 4 and icao.isalpha()
    }
    assert len(aerodromes) == len(packaged) + 3
    assert {"ZKWS", "VDPP", "GQNO"}.isdisjoint(packaged)
    for icao, row in packaged.items():
        read = aerodromes.get(icao)
        assert read is not None
        assert (read.name, read.city) == (row["name"], row["city"])
        assert (read.latitude, read.longitude, read.elevation_ft) == (
            row["lat"],
            row["lon"],
            row["elevation"],
        )
    assert {one.state for one in aerodromes} <= set(load_states()) | {"ATA", "ESH"}


@pytest.mark.parametrize(
    ("icao", "state", "near"),
    [
        ("ZKPY", "PRK", (39.2, 125.7)),
        ("ZKWS", "PRK", (39.17, 127.48)),
        ("UUMU", "RUS", (55.9, 38.1)),
        ("KADW", "USA", (38.8, -76.9)),
        ("PGUM", "USA", (13.5, 144.8)),
        ("BGGH", "DNK", (64.2, -51.7)),
        ("VHHH", "HKG", (22.3, 113.9)),
        ("BKPR", "XKX", (42.6, 21.0)),
        ("NZSP", "ATA", (-90, 0)),
    ],
)
def test_places_known_to_everyone(icao: str, state: str, near: tuple[float, float]) -> None:
    aerodrome = load_aerodromes().get(icao)
    assert aerodrome is not None
    assert aerodrome.state == state
    assert distance_nm(*near, aerodrome.latitude, aerodrome.longitude) < 6


def test_capitals() -> None:
    aerodromes = load_aerodromes()
    pyongyang = aerodromes.capital_of("PRK")
    assert pyongyang is not None
    assert pyongyang.icao == "ZKPY"
    assert aerodromes.capital_of("VAT") is None
    assert aerodromes.capital_of("NATO") is None
    assert aerodromes.capital_of("XXX") is None
    assert aerodromes.get("XXXX") is None
    assert aerodromes.nearest(-45, -130, 500) is None
