from math import cos, pi, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelsdown.reference.geodesy import (
    EARTH_RADIUS_NM,
    bearing_deg,
    between,
    destination,
    distance_nm,
)

Point = tuple[float, float]

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
points = st.tuples(latitudes, longitudes)
QUARTER = EARTH_RADIUS_NM * pi / 2
DEGREE = EARTH_RADIUS_NM * pi / 180


@pytest.mark.parametrize(
    ("one", "other", "nm", "bearing"),
    [
        ((0, 0), (0, 90), QUARTER, 90),
        ((0, 0), (0, -90), QUARTER, 270),
        ((0, 179.5), (0, -179.5), DEGREE, 90),
        ((0, -179.5), (0, 179.5), DEGREE, 270),
        ((0, 180), (0, -180), 0, None),
        ((90, 0), (0, 0), QUARTER, 180),
        ((90, 0), (0, 90), QUARTER, 90),
        ((-90, 17), (-89, 17), DEGREE, 0),
        ((89, 0), (89, 180), 2 * DEGREE, 0),
        ((0, 0), (0, 180), 2 * QUARTER, None),
        ((52, 13), (52, 13), 0, 0),
    ],
)
def test_distances_and_bearings_known_from_the_sphere(
    one: Point, other: Point, nm: float, bearing: float | None
) -> None:
    assert distance_nm(*one, *other) == pytest.approx(nm, abs=1e-4)
    if bearing is not None:
        assert bearing_deg(*one, *other) == pytest.approx(bearing, abs=1e-9)


def test_moscow_to_pyongyang_agrees_with_the_distance_on_the_ellipsoid() -> None:
    # 6,437 km on WGS 84 (Vincenty); a sphere may be off by half a per cent.
    nm = distance_nm(55.5915, 37.2615, 39.2241, 125.67)
    assert nm * 1.852 == pytest.approx(6437, rel=0.0056)


@given(points, points, points)
def test_distance_is_a_metric(one: Point, other: Point, third: Point) -> None:
    assert distance_nm(*one, *other) == pytest.approx(distance_nm(*other, *one), abs=1e-9)
    assert 0 <= distance_nm(*one, *other) <= EARTH_RADIUS_NM * pi
    detour = distance_nm(*one, *third) + distance_nm(*third, *other)
    assert distance_nm(*one, *other) <= detour + 1e-3


@given(points, points)
def test_distance_agrees_with_the_angle_of_vectors(one: Point, other: Point) -> None:
    dot = sum(a * b for a, b in zip(_vector(*one), _vector(*other), strict=True))
    assert cos(distance_nm(*one, *other) / EARTH_RADIUS_NM) == pytest.approx(dot, abs=1e-12)


@given(points, st.floats(0, 360, exclude_max=True), st.floats(0, 10_000))
def test_bearing_and_distance_lead_back_to_a_destination(
    start: Point, bearing: float, nm: float
) -> None:
    end = destination(*start, bearing, nm)
    assert -90 <= end[0] <= 90
    assert -180 <= end[1] <= 180
    assert distance_nm(*start, *end) == pytest.approx(nm, abs=1e-4)
    again = destination(*start, bearing_deg(*start, *end), distance_nm(*start, *end))
    assert distance_nm(*again, *end) < 1e-3
    if nm > 1:
        assert abs((bearing_deg(*start, *end) - bearing + 180) % 360 - 180) < 1e-4


@given(points, points, st.floats(0, 1))
def test_a_point_between_divides_the_distance(one: Point, other: Point, fraction: float) -> None:
    whole = distance_nm(*one, *other)
    middle = between(*one, *other, fraction)
    assert distance_nm(*one, *middle) == pytest.approx(fraction * whole, abs=1e-3)
    assert distance_nm(*middle, *other) == pytest.approx((1 - fraction) * whole, abs=1e-3)


def test_between_crosses_the_antimeridian_the_short_way() -> None:
    latitude, longitude = between(60, 170, 60, -170, 0.5)
    assert abs(longitude) == pytest.approx(180)
    assert latitude > 60


def _vector(latitude: float, longitude: float) -> tuple[float, ...]:
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)
