"""Great circles on a spherical Earth.

Angles are in degrees, distances in nautical miles. Latitudes are in [-90, 90]; longitudes may be
any finite number and come back in [-180, 180]. A sphere is off by up to 0.56 % against the
ellipsoid, which is far below what radio gaps leave open.

At a pole a bearing is meant as seen from the given longitude: on from the North Pole at
longitude 0, bearing 180 follows the meridian of 0.
"""

from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt

#: Mean radius R1 of the Earth, 6,371.0088 km (IUGG; Moritz, Geodetic Reference System 1980), in
#: nautical miles of 1,852 m.
EARTH_RADIUS_NM = 6371.0088 / 1.852


def distance_nm(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great-circle distance (haversine formula)."""
    phi1 = radians(lat1)
    phi2 = radians(lat2)
    a = sin((phi2 - phi1) / 2)
    b = sin(radians(lon2 - lon1) / 2)
    haversine = a * a + cos(phi1) * cos(phi2) * b * b
    return 2 * EARTH_RADIUS_NM * asin(min(1.0, sqrt(haversine)))


def bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The initial bearing from the first point to the second, in [0, 360); 0 when they coincide."""
    phi1 = radians(lat1)
    phi2 = radians(lat2)
    half = sin(radians(lon2 - lon1) / 2)
    east = sin(radians(lon2 - lon1)) * cos(phi2)
    # cos(phi1) sin(phi2) - sin(phi1) cos(phi2) cos(dlon), without its cancellation at close points.
    north = sin(phi2 - phi1) + 2 * sin(phi1) * cos(phi2) * half * half
    return (degrees(atan2(east, north)) + 360.0) % 360.0


def angle_deg(one: float, other: float) -> float:
    """The angle between two bearings, in [0, 180]."""
    return abs((one - other + 180) % 360 - 180)


def destination(lat: float, lon: float, bearing_deg: float, nm: float) -> tuple[float, float]:
    """The latitude and longitude reached by going ``nm`` along the great circle of a bearing."""
    phi = radians(lat)
    theta = radians(bearing_deg)
    delta = nm / EARTH_RADIUS_NM
    # Cartesian, with x towards the start's meridian: exact at the poles, unlike the usual formula.
    forward = sin(delta) * cos(theta)
    x = cos(phi) * cos(delta) - sin(phi) * forward
    y = sin(delta) * sin(theta)
    z = sin(phi) * cos(delta) + cos(phi) * forward
    return degrees(atan2(z, hypot(x, y))), _wrapped(lon + degrees(atan2(y, x)))


def between(
    lat1: float, lon1: float, lat2: float, lon2: float, fraction: float
) -> tuple[float, float]:
    """The point a ``fraction`` of the way along the great circle: 0 is the first point, 1 the last.

    Between antipodes every great circle is the shortest; one of them is taken.
    """
    bearing = bearing_deg(lat1, lon1, lat2, lon2)
    return destination(lat1, lon1, bearing, fraction * distance_nm(lat1, lon1, lat2, lon2))


def _wrapped(lon: float) -> float:
    return lon if -180.0 <= lon <= 180.0 else (lon + 180.0) % 360.0 - 180.0
