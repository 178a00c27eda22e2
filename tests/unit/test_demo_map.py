"""Maps of journeys: projection, gaps, and any journey at all without a fault."""

import itertools
from datetime import UTC, datetime, timedelta
from math import pi
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from cli.demo.drawing import arc, drawing_of
from cli.demo.map import DPI, SIZE_IN, draw_journey
from cli.demo.projection import Projection, centre_of
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.journeys import Certainty, Journey, Leg, Movement, Place, Stay, TrackPoint
from wheelsdown.reference.geodesy import distance_nm

START = datetime(2023, 7, 31, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
AIRCRAFT = Aircraft(icao24="15521f", operator_state="RUS")


def movement(kind: str, icao: str | None, hours: float, certainty: Certainty) -> Movement:
    return Movement(
        kind="departure" if kind == "departure" else "arrival",
        place=Place(aerodrome=icao, city=icao, state=None),
        at=START + hours * HOUR,
        error_min=2,
        certainty=certainty,
        reasons=(),
    )


def point(hours: float, latitude: float, longitude: float, *, gap: bool = False) -> TrackPoint:
    return TrackPoint(
        at=START + hours * HOUR,
        latitude=latitude,
        longitude=longitude,
        altitude_ft=33_000,
        gap_before=gap,
    )


def stay_and_journey(
    icaos: tuple[str, str | None, str], track: tuple[TrackPoint, ...], *, over: bool = True
) -> tuple[Stay, Journey]:
    origin = movement("departure", icaos[0], 0, "observed")
    arrival = movement("arrival", icaos[1], 9, "probable")
    stay = Stay(
        record_id="s",
        occurred_at=START,
        observed_at=START,
        stay_id="s",
        journey_id="j",
        revision=1,
        pair="PRK-RUS",
        host="PRK",
        aircraft=AIRCRAFT,
        status="returned" if over else "arrived",
        origin=origin,
        arrival=arrival,
        departure=movement("departure", icaos[1], 45, "probable") if over else None,
        returned=movement("arrival", icaos[2], 54, "observed") if over else None,
    )
    journey = Journey(
        record_id="j",
        occurred_at=START,
        observed_at=START,
        journey_id="j",
        revision=1,
        aircraft=AIRCRAFT,
        status="completed" if over else "staying",
        legs=(Leg(departure=origin, arrival=arrival),),
        track=track,
    )
    return stay, journey


PYONGYANG = (
    point(0, 55.9, 38.1),
    point(2, 58, 70),
    point(4, 55, 93, gap=True),
    point(8, 42.2, 131),
    point(46, 42.3, 131.2, gap=True),
    point(54, 55.9, 38.1),
)


def test_the_gap_of_the_stay_is_drawn_by_way_of_its_place() -> None:
    stay, journey = stay_and_journey(("UUMU", "ZKPY", "UUMU"), PYONGYANG)
    drawing = drawing_of(journey, stay)
    assert drawing.lost == PYONGYANG[3]
    assert drawing.regained == PYONGYANG[4]
    assert [one.heard for one in drawing.stretches] == [True, False, True, False, False, True]
    assert [one.returning for one in drawing.stretches] == [False] * 4 + [True] * 2
    assert distance_nm(*drawing.stretches[3].positions[-1], 39.2, 125.7) < 5


def test_the_centre_is_the_origin_and_far_is_far() -> None:
    projection = Projection(60.0, 170.0)
    (x, y), (east, _), (_, pole) = projection.points([(60, 170), (60, -170), (90, 0)])
    assert abs(x) < 1e-12
    assert abs(y) < 1e-12
    assert 0 < east < 0.2, "the other side of the antimeridian is near"
    assert pole == pytest.approx(2 * np.sin(np.radians(15)))
    assert centre_of([(0, 179), (0, -179)])[1] in (pytest.approx(180), pytest.approx(-180))


@pytest.mark.parametrize(
    "centre", [(55, 90), (40, 116), (0, 0), (90, 0), (-34, -58), (20, 180), (-90, 0), (60, -100)]
)
def test_land_never_floods_the_map(centre: tuple[float, float]) -> None:
    """The projection keeps areas, and land covers 29 % of the Earth, 3.7 of its 4 pi."""
    area = 0.0
    for ring in Projection(*centre).land():
        x, y = ring.T
        piece = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
        assert piece < 0.02, "only lakes run the other way round"
        area -= piece
    assert 0.8 < area < 0.3 * 4 * pi


def test_an_arc_is_close_enough_to_draw() -> None:
    points = arc((55.9, 38.1), (39.2, 125.7))
    steps = [distance_nm(*one, *other) for one, other in itertools.pairwise(points)]
    assert max(steps) < 61
    assert len(arc((1, 1), (1, 1))) == 2


@pytest.mark.parametrize(
    ("icaos", "track", "over"),
    [
        pytest.param(("UUMU", "ZKPY", "UUMU"), PYONGYANG, True, id="the founding case"),
        pytest.param(("UUMU", "ZKPY", "UUMU"), PYONGYANG[:4], False, id="still there"),
        pytest.param(
            ("RJTT", "PHNL", "RJTT"),
            (
                point(0, 35.6, 139.8),
                point(5, 35, 179.5),
                point(6, 34, -179.0),
                point(9, 21.3, -157.9),
            ),
            False,
            id="across the antimeridian",
        ),
        pytest.param(
            ("SAEZ", "ZBAA", "SAEZ"),
            (point(0, -34.8, -58.5), point(8, 80, 10), point(46, 80, 10, gap=True)),
            True,
            id="to the other side of the Earth",
        ),
        pytest.param(
            ("UUMU", None, "UUMU"),
            (point(0, 55.9, 38.1), point(9, 55.9, 38.1)),
            False,
            id="to a place that is not known",
        ),
    ],
)
def test_any_journey_makes_a_picture(
    icaos: tuple[str, str | None, str], track: tuple[TrackPoint, ...], over: bool, tmp_path: Path
) -> None:
    stay, journey = stay_and_journey(icaos, track, over=over)
    path = tmp_path / "journey.png"
    title = r"$\frac{1}{ \u202e 北京 & <b> " + "very long " * 60
    draw_journey(path, journey, stay, title=title, note="Made up. $")
    picture = imread(path)
    assert picture.shape[:2] == (round(SIZE_IN[1] * DPI), round(SIZE_IN[0] * DPI))
    assert picture.std() > 0.05, "something is drawn"
