"""The picture of a journey: all of it on one map, and on a second what deserves a close look."""

import textwrap
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cli.maps.choice import MapError, span_of
from cli.maps.drawing import Position, Stretch, contact_lost, position_of, stretches
from cli.maps.marks import Kind, Mark, close_up, marks, ranked
from cli.maps.projection import Projection, centre_of
from cli.maps.sheet import BACK, LEAST_HALF, MARKERS, OUT, QUIET, TEXT, UNHEARD, Sheet
from consumers.wording import aircraft_name, clean, moment, place_name, state_name
from wheelsdown.records.journeys import Journey, JourneyStatus, Movement

#: A picture is so wide; it is as high as the journey needs, within these bounds.
WIDTH_IN = 14.0
HEIGHTS_IN = (7.4, 10.4)
#: Above the map for a title of one line and of each further one, and below it, in inches.
HEAD_IN, LINE_IN, FOOT_IN = 0.84, 0.3, 0.6
DPI = 110
#: A list of destinations is cut after so many.
MOST_RANKED = 6

_STATUS: dict[JourneyStatus, str] = {
    "outbound": "outbound",
    "staying": "still away",
    "returning": "left its last stop",
    "completed": "back home",
    "rebased": "stationed there now",
    "withdrawn": "taken back: it did not happen",
}
#: What is explained of the marks; words beside the others say what they are.
_SIGNS: tuple[tuple[Kind, bool, str], ...] = (
    ("home", True, "start and end"),
    ("stay", True, "stay, seen"),
    ("stay", False, "stay, concluded"),
    ("technical_stop", True, "technical stop, seen"),
    ("technical_stop", False, "technical stop, concluded"),
    ("candidate", True, "may have gone there"),
)


def draw_journey(path: Path, journey: Journey, *, title: str = "", note: str = "") -> None:
    """Write the map as a PNG; ``note`` stands below it. A title is made where none is given.

    Raises OSError, and MapError when nothing of the journey has a position.
    """
    with warnings.catch_warnings():
        # A name in a script that the font lacks is shown as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = _figure(journey, title or title_of(journey), note)
        figure.savefig(path, format="png", metadata={"Software": "wheelsdown"})


def _figure(journey: Journey, title: str, note: str) -> Figure:
    lines, signs = stretches(journey), marks(journey)
    shown = [position for one in lines for position in one.positions]
    shown += [one.position for one in signs]
    shown += [position_of(point) for point in journey.track]
    if not shown:
        raise MapError(f"journey {journey.journey_id} has no position: nothing to draw")
    near = close_up(journey)
    heading = _lines(title, 116, 2)
    height = HEIGHTS_IN[0] if near is not None else _height(shown)
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    top = height - HEAD_IN - LINE_IN * (len(heading) - 1)
    figure.subplots_adjust(0.02, FOOT_IN / height, 0.98, top / height, wspace=0.03)
    if near is None:
        whole = figure.subplots()
    else:
        whole, detail = figure.subplots(1, 2, width_ratios=(1.75, 1.0))
        Sheet(detail, canvas, near.shown, least=0.0).draw(lines, near.marks)
    Sheet(whole, canvas, shown, least=LEAST_HALF).draw(lines, signs)

    def write(inches: float, text: str, **style: Any) -> None:
        figure.text(0.02, inches / height, text, va="top", parse_math=False, **style)

    write(height - 0.19, "\n".join(heading), size=13.5, weight="bold", color=TEXT)
    below = f"{span_of(journey)}, times in UTC · {_STATUS[journey.status]}"
    write(top + 0.27, below, size=10, color=QUIET)
    small = _lines(" ".join((*_notes(journey), clean(note), "Land: Natural Earth.")), 120, 3)
    write(FOOT_IN - 0.11, "\n".join(small), size=8, color=QUIET)
    figure.legend(
        handles=list(_legend(lines, (*signs, *(near.marks if near is not None else ())))),
        loc="upper right",
        bbox_to_anchor=(0.985, (FOOT_IN - 0.04) / height),
        ncols=4,
        frameon=False,
        fontsize=8.5,
        handletextpad=0.5,
        columnspacing=1.4,
    )
    return figure


def _height(shown: Sequence[Position]) -> float:
    """High enough that a journey from north to south fills the width as well as one to the east."""
    points = Projection(*centre_of(shown)).points(shown)
    width, height = np.maximum(points.max(axis=0) - points.min(axis=0), (4 * LEAST_HALF, 1e-9))
    wanted = 0.96 * WIDTH_IN * height / width + HEAD_IN + FOOT_IN
    return float(np.clip(wanted, *HEIGHTS_IN))


def title_of(journey: Journey) -> str:
    """``RA-86559 (Ilyushin Il-62M), Russian Air Force: Moscow → probably Pyongyang → Moscow``."""
    who = ", ".join(
        filter(None, (aircraft_name(journey.aircraft), clean(journey.aircraft.operator or "")))
    )
    calls = [leg.departure for leg in journey.legs[:1]]
    towns = [_town(one) for one in (*calls, *(leg.arrival for leg in journey.legs))]
    return f"{who}: {' → '.join(towns)}" if {*towns} - {"?", "…"} else who


def _town(movement: Movement | None) -> str:
    if movement is None:
        return "…"
    place = movement.place
    name = clean(place.city or place.name or "")
    name = name or (state_name(place.state) if place.state is not None else "?")
    return f"probably {name}" if movement.certainty == "probable" and name != "?" else name


def _notes(journey: Journey) -> Iterator[str]:
    if journey.aircraft.source == "simulated":
        yield "Simulated: nobody flew this."
    lost = contact_lost(journey)
    if lost is None:
        return
    said = f"Contact was lost {moment(lost.at)}"
    places = ranked(journey)
    if not places:
        yield f"{said}; nothing is concluded from it yet."
        return
    listed = "; ".join(f"{rank} {place_name(place)}" for rank, place in places[:MOST_RANKED])
    more = f"; {len(places) - MOST_RANKED} more" if len(places) > MOST_RANKED else ""
    yield f"{said}. It may have gone to, most likely first: {listed}{more}."


def _lines(text: str, width: int, most: int) -> list[str]:
    return textwrap.wrap(clean(text), width, max_lines=most, placeholder=" …")


def _legend(lines: Sequence[Stretch], signs: Sequence[Mark]) -> Iterator[Line2D]:
    """What is on the map, and nothing else."""
    turns = any(one.returning for one in lines)
    if any(one.heard and not one.returning for one in lines):
        label = "outbound, heard" if turns else "heard"
        yield Line2D([], [], color=OUT, linewidth=3.4, label=label)
    if any(one.heard and one.returning for one in lines):
        yield Line2D([], [], color=BACK, linewidth=1.5, label="return, heard")
    if not all(one.heard for one in lines):
        yield Line2D([], [], color=QUIET, linewidth=1.8, linestyle=UNHEARD, label="not heard")
    for kind, sure, label in _SIGNS:
        if any((one.kind, one.sure) == (kind, sure) for one in signs):
            shape, size, color = MARKERS[kind]
            yield Line2D(
                [],
                [],
                linestyle="",
                marker=shape,
                markersize=size,
                markerfacecolor=color if sure else "white",
                markeredgecolor="white" if sure else color,
                label=label,
            )
