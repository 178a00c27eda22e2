"""Maps of boxes: every position lies in exactly one, and a map keeps what is put into it."""

from math import nextafter

from hypothesis import given
from hypothesis import strategies as st

from wheelsdown.records.reception import (
    BOX_DEG,
    COLUMNS,
    MAP_BYTES,
    ROWS,
    bits_of,
    box_at,
    box_map,
)

LATITUDES = st.floats(-90, 90, allow_subnormal=False)
LONGITUDES = st.floats(-180, 180, allow_subnormal=False)


def edges(box: int) -> tuple[float, float, float, float]:
    """South, west, north, east."""
    south, west = box // COLUMNS * BOX_DEG - 90, box % COLUMNS * BOX_DEG - 180
    return south, west, south + BOX_DEG, west + BOX_DEG


@given(LATITUDES, LONGITUDES)
def test_a_position_lies_within_the_edges_of_its_box_and_of_no_other(
    latitude: float, longitude: float
) -> None:
    box = box_at(latitude, longitude)
    assert 0 <= box < ROWS * COLUMNS
    south, west, north, east = edges(box)
    # The north pole has no row of its own, and 180 degrees east are 180 degrees west.
    assert south <= latitude < north or latitude == north == 90
    assert west <= (longitude if longitude < 180 else -180) < east


@given(LATITUDES)
def test_both_sides_of_the_antimeridian_are_neighbours_and_it_has_one_box(latitude: float) -> None:
    row = box_at(latitude, 0) // COLUMNS
    assert box_at(latitude, 180) == box_at(latitude, -180) == row * COLUMNS
    assert box_at(latitude, nextafter(180, 0)) == row * COLUMNS + COLUMNS - 1


@given(LONGITUDES)
def test_the_poles_lie_in_the_outermost_rows(longitude: float) -> None:
    assert box_at(-90, longitude) == box_at(-89, longitude) < COLUMNS
    assert box_at(90, longitude) == box_at(89, longitude) >= (ROWS - 1) * COLUMNS


def test_every_box_is_that_of_its_middle() -> None:
    for box in range(ROWS * COLUMNS):
        south, west, _, _ = edges(box)
        assert box_at(south + BOX_DEG / 2, west + BOX_DEG / 2) == box


@given(st.sets(st.integers(0, ROWS * COLUMNS - 1)))
def test_a_map_holds_what_was_put_into_it_and_nothing_else(boxes: set[int]) -> None:
    made = box_map(boxes)
    assert len(made) == MAP_BYTES
    bits = bits_of(made)
    assert {box for box in range(ROWS * COLUMNS) if bits >> box & 1} == boxes


@given(st.sets(st.integers(0, ROWS * COLUMNS - 1)), st.sets(st.integers(0, ROWS * COLUMNS - 1)))
def test_maps_are_joined_and_cut_as_integers(one: set[int], other: set[int]) -> None:
    assert bits_of(box_map(one)) | bits_of(box_map(other)) == bits_of(box_map(one | other))
    assert bits_of(box_map(one)) & bits_of(box_map(other)) == bits_of(box_map(one & other))
