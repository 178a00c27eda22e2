"""Maps of journeys: what is drawn of them, and any journey at all without a fault."""

import itertools
from datetime import timedelta
from math import pi
from pathlib import Path

import numpy as np
import pytest
from fakes.journeys_drawn import AIRCRAFT, START, Voyage, movement, place, point
from matplotlib.image import imread
from msgspec.structs import replace

from cli.maps.choice import MapError
from cli.maps.drawing import Spot, arc, spot_of, stretches
from cli.maps.marks import Mark, close_up, marks
from cli.maps.picture import DPI, HEIGHTS_IN, WIDTH_IN, draw_journey, title_of
from cli.maps.placing import Box, Placing
from cli.maps.projection import Projection, centre_of
from wheelsdown.records.aircraft import Aircraft
from wheelsdown.records.journeys import Journey, Leg, Place, TrackPoint
from wheelsdown.reference.geodesy import distance_nm

PYONGYANG = (39.2, 125.7)
SOMEWHERE = Place(state="PRK")


def there_and_back(said: Place | None = None, hole_nm: float = 280) -> Journey:
    return Voyage("UUMU").fly("ZKPY", 36, hole_nm=hole_nm, said=said).fly("UUMU").journey()


def lost(*ranked: Place) -> Journey:
    return Voyage("UUMU").vanish("ZKPY", 0.9, ranked).journey("outbound")


def heard_once() -> Journey:
    unknown = movement("departure", Place(), START, "unknown")
    nobody = Aircraft(icao24="abc123")
    track = (point(0, 39.9, 38.1),)
    return replace(lost(), aircraft=nobody, legs=(Leg(departure=unknown),), track=track)


def tour() -> Journey:
    voyage = Voyage("UUWW").fly("ZBAA", 40).fly("VVNB", 1.5, kind="technical_stop")
    return voyage.fly("WSSS", 30, hole_nm=100).fly("ZBAA", 20).fly("UUWW").journey()


def by_kind(found: list[Mark] | tuple[Mark, ...], kind: str) -> list[Mark]:
    return [one for one in found if one.kind == kind]


def test_the_gap_of_a_stay_is_drawn_by_way_of_its_place_and_the_way_back_begins_there() -> None:
    journey = there_and_back()
    gaps = [one for one in stretches(journey) if not one.heard]
    assert len(gaps) == 2
    assert distance_nm(*gaps[0].positions[-1], *PYONGYANG) < 5
    assert distance_nm(*gaps[1].positions[0], *PYONGYANG) < 5
    turned = [one.returning for one in stretches(journey)]
    assert turned == sorted(turned)
    assert [one.returning for one in gaps] == [False, True]


def test_landings_before_and_after_what_was_heard_are_drawn_as_not_heard() -> None:
    heard = there_and_back()
    first, *_, last = heard.track
    journey = replace(heard, track=heard.track[3:-3])
    lines = stretches(journey)
    assert not lines[0].heard
    assert not lines[-1].heard
    assert distance_nm(*lines[0].positions[0], first.latitude, first.longitude) < 5
    assert distance_nm(*lines[-1].positions[-1], last.latitude, last.longitude) < 5


def test_a_stop_of_which_only_the_state_is_known_stands_in_its_gap_and_says_so() -> None:
    journey = there_and_back(SOMEWHERE)
    before, after = (point(1, 45, 120), point(40, 43, 131, gap=True))
    journey = replace(journey, track=(before, after))
    spot = spot_of(journey, SOMEWHERE, START + timedelta(hours=20))
    assert spot is not None
    assert not spot.exact
    middle = distance_nm(before.latitude, before.longitude, *spot.position)
    assert middle == pytest.approx(
        distance_nm(*spot.position, after.latitude, after.longitude), abs=0.1
    )
    (stay,) = by_kind(marks(journey), "stay")
    assert (stay.lines[0], stay.sign, stay.sure) == ("somewhere in North Korea", "?", False)


def test_a_landing_that_was_seen_away_from_any_aerodrome_stands_where_it_was_seen() -> None:
    track = (point(0, 55, 38), point(2, 50, 40), point(3, 49, 41))
    journey = replace(there_and_back(), track=track)
    assert spot_of(journey, Place(state="UKR"), track[1].at) == Spot((50, 40), exact=True)


def test_nothing_is_known_of_a_place_without_a_track() -> None:
    assert spot_of(replace(lost(), track=()), SOMEWHERE, START) is None


def test_stops_are_marked_once_a_place_with_times_length_and_certainty() -> None:
    found = marks(tour())
    stays = by_kind(found, "stay")
    assert [(one.lines[0], one.sign, one.sure) for one in stays] == [
        ("Beijing (ZBAA)", "1,3", True),
        ("Singapore (WSSS)", "2", False),
    ]
    beijing, singapore = stays
    assert len(beijing.lines) == 5, "its name, and two lines for each time that it was there"
    assert beijing.lines[1:3] == ("31 Jul 17:58 to 2 Aug 09:58", "40 h, observed")
    assert singapore.lines[-1] == "30 h (± 2 h), probable"
    (hanoi,) = by_kind(found, "technical_stop")
    assert hanoi.lines == (
        "Hanoi (VVNB), technical stop",
        "2 Aug 12:46, 90 min (± 4 min)",
    )
    (home,) = by_kind(found, "home")
    assert home.lines[0] == "Moscow (UUWW), home"
    assert [line.split()[0] for line in home.lines[1:]] == ["left", "back"]
    assert close_up(tour()) is None


def test_a_stay_that_lasts_and_one_whose_end_was_missed_are_told_apart() -> None:
    still = Voyage("UUMU").fly("ZKPY", 36).journey("staying")
    (stay,) = by_kind(marks(still), "stay")
    assert stay.lines[1:] == ("since 31 Jul 18:37, observed",)
    (missed,) = by_kind(marks(replace(still, status="returning")), "stay")
    assert missed.lines[1:] == ("31 Jul 18:37 to ?, observed",)


def test_the_only_stay_is_seen_close_up_with_where_contact_failed_and_came_back() -> None:
    near = close_up(there_and_back())
    assert near is not None
    assert [one.lines[0] for kind in ("lost", "regained") for one in by_kind(near.marks, kind)] == [
        "last heard",
        "heard again",
    ]
    (stay,) = by_kind(near.marks, "stay")
    assert stay.lines == (
        "Pyongyang (ZKPY)",
        "probably arrived 31 Jul 18:37 ± 60 min",
        "probably left 2 Aug 06:37 ± 2 min",
        "36 h (± 2 h)",
    )
    assert max(distance_nm(*PYONGYANG, *one) for one in near.shown) < 800
    assert close_up(there_and_back(hole_nm=0)) is None, "a stay that was seen needs none"


def test_of_an_aircraft_that_is_lost_the_ranked_destinations_are_marked_with_their_ranks() -> None:
    journey = lost(place("ZKPY"), SOMEWHERE, place("RKSI"))
    assert [one.lines for one in by_kind(marks(journey), "candidate")] == [(), ()]
    near = close_up(journey)
    assert near is not None
    assert [one.lines for one in by_kind(near.marks, "candidate")] == [
        ("1 Pyongyang (ZKPY)",),
        ("3 Seoul (RKSI)",),
    ]
    (last,) = by_kind(near.marks, "lost")
    assert last.lines[0] == "last heard"
    assert close_up(lost()) is None


def test_destinations_are_forgotten_once_the_aircraft_is_heard_again_or_has_landed() -> None:
    journey = lost(place("ZKPY"))
    leg = journey.legs[-1]
    again = movement("contact_regained", Place(), journey.track[-1].at)
    for later in (
        replace(leg, events=(*leg.events, again)),
        replace(leg, arrival=movement("arrival", place("RKSI"), journey.track[-1].at)),
    ):
        assert not by_kind(marks(replace(journey, legs=(later,))), "candidate")


@pytest.mark.parametrize(
    ("journey", "route"),
    [
        (there_and_back(), ": Moscow → probably Pyongyang → Moscow"),
        (there_and_back(SOMEWHERE), ": Moscow → probably North Korea → Moscow"),
        (there_and_back(Place()), ": Moscow → ? → Moscow"),
        (lost(place("ZKPY")), ": Moscow → …"),
        (heard_once(), ""),
    ],
)
def test_a_title_claims_no_more_than_the_journey(journey: Journey, route: str) -> None:
    assert title_of(journey).partition(":")[2] == route.removeprefix(":")


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
    points = arc((55.9, 38.1), PYONGYANG)
    steps = [distance_nm(*one, *other) for one, other in itertools.pairwise(points)]
    assert max(steps) < 61
    assert len(arc((1, 1), (1, 1))) == 2


def test_words_stand_beside_their_mark_inside_the_frame_and_on_nothing() -> None:
    frame = Box(0, 0, 400, 300)
    track = np.column_stack((np.linspace(0, 400, 200), np.full(200, 150.0)))
    placing = Placing(frame, track)
    placed = [placing.place(*spot, 90, 40) for spot in ((390, 150), (380, 160), (200, 295))]
    boxes = [one.box for one in placed]
    for box in boxes:
        assert box.beyond(frame) == 0
        assert box.top < 150 or box.bottom > 150, "the line runs along y = 150"
    assert all(one.shared(other) == 0 for one, other in itertools.combinations(boxes, 2))


OUT_AND_BACK = (point(0, -34.8, -58.5), point(8, 80, 10), point(46, 80, 10, gap=True))
PACIFIC = Voyage("RJTT").fly("PHNL", 2, kind="technical_stop", hole_nm=900).fly("SCEL", 50)


@pytest.mark.parametrize(
    ("journey", "tall"),
    [
        pytest.param(there_and_back(), False, id="the founding case"),
        pytest.param(tour(), True, id="several states"),
        pytest.param(PACIFIC.journey("staying"), True, id="across the antimeridian"),
        pytest.param(Voyage("ENGM").fly("PAED", 9).fly("ENGM").journey(), False, id="over a pole"),
        pytest.param(there_and_back(Place()), False, id="to a place that is not known"),
        pytest.param(lost(place("ZKPY"), SOMEWHERE), False, id="lost on the way"),
        pytest.param(heard_once(), False, id="one point"),
        pytest.param(replace(tour(), track=()), True, id="no track"),
        pytest.param(
            replace(there_and_back(), status="withdrawn", legs=(), stays=()), False, id="withdrawn"
        ),
        pytest.param(replace(tour(), track=OUT_AND_BACK), True, id="to the other side of Earth"),
    ],
)
def test_any_journey_makes_a_picture(journey: Journey, tall: bool, tmp_path: Path) -> None:
    path = tmp_path / "journey.png"
    title = r"$\frac{1}{ \u202e 北京 & <b> " + "very long " * 60
    draw_journey(path, journey, title=title, note="Made up. $")
    picture = imread(path)
    height, width = (round(side / DPI, 1) for side in picture.shape[:2])
    assert width == WIDTH_IN
    assert HEIGHTS_IN[0] <= height <= HEIGHTS_IN[1]
    assert (height > HEIGHTS_IN[0]) == tall
    assert picture.std() > 0.05, "something is drawn"


def test_names_of_others_can_neither_break_nor_flood_a_picture(tmp_path: Path) -> None:
    name = r"$x^ \u202e 北京" + "long " * 200
    hostile = Place(state="PRK", aerodrome="ZKPY", name=name, city=name)
    journey = there_and_back(hostile)
    journey = replace(journey, aircraft=replace(AIRCRAFT, registration=name, operator=name))
    assert all(len(line) < 80 for mark in marks(journey) for line in mark.lines)
    draw_journey(tmp_path / "journey.png", journey)
    assert (tmp_path / "journey.png").stat().st_size > 10_000


def test_a_journey_without_any_position_is_told() -> None:
    nowhere = replace(heard_once(), track=())
    with pytest.raises(MapError, match="no position"):
        draw_journey(Path("never-written.png"), nowhere)


def test_points_of_a_track_keep_their_order_when_a_gap_holds_several_stops() -> None:
    voyage = Voyage("UUMU").fly("UHHH", 1, kind="technical_stop").fly("ZKPY", 36).fly("UUMU")
    journey = voyage.journey()
    first, last = journey.track[0], journey.track[-1]
    heard: tuple[TrackPoint, ...] = (first, replace(last, gap_before=True))
    lines = stretches(replace(journey, track=heard))
    assert [distance_nm(*one.positions[0], *lines[0].positions[0]) > 1_000 for one in lines] == [
        False,
        True,
        True,
    ]
    assert [one.returning for one in lines] == [False, False, True]
