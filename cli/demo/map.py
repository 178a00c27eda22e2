"""A journey on a map: all of it on the left, the surroundings of the stay on the right."""

import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from cli.demo.drawing import (
    Drawing,
    Label,
    Position,
    Stretch,
    drawing_of,
    journey_labels,
    stay_labels,
)
from cli.demo.projection import Points, Projection, centre_of
from consumers.wording import clean, flight_days
from wheelsdown.records.journeys import Journey, Stay
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.states import load_states

SEA, LAND, SHORE, GRID = "#dce8f0", "#f7f4ec", "#b5ae9f", "#c9d6df"
OUT, BACK, TEXT, QUIET = "#1f4e8c", "#d9641e", "#222222", "#6b6b6b"
#: Dashes, as matplotlib takes them: offset, then lengths on and off.
UNHEARD = (0, (4, 3))
SIZE_IN = (14.0, 7.4)
DPI = 110

_HALO = withStroke(linewidth=2.5, foreground="white", alpha=0.85)
_COLORS = {"place": TEXT, "lost": OUT, "regained": BACK}


def draw_journey(path: Path, journey: Journey, stay: Stay, *, title: str, note: str) -> None:
    """Write the map as a PNG; ``note`` stands below it. Raises OSError."""
    drawing = drawing_of(journey, stay)
    figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.02, right=0.98, top=0.855, bottom=0.08, wspace=0.03)
    whole, detail = figure.subplots(1, 2, width_ratios=(1.75, 1.0))
    _Sheet(whole, canvas, drawing.everywhere()).draw(drawing, journey_labels(stay))
    _Sheet(detail, canvas, drawing.around_the_stay()).draw(drawing, stay_labels(drawing, stay))
    _write(figure, 0.975, "\n".join(_lines(title, 116, 2)), size=13.5, weight="bold", color=TEXT)
    _write(figure, 0.89, f"{flight_days(stay)}, times in UTC", size=10, color=QUIET)
    small = _lines(f"{clean(note)} Land: Natural Earth.", 110, 3)
    _write(figure, 0.062, "\n".join(small), size=8, color=QUIET)
    figure.legend(
        handles=_legend(),
        loc="upper right",
        bbox_to_anchor=(0.985, 0.073),
        ncols=4,
        frameon=False,
        fontsize=8.5,
    )
    with warnings.catch_warnings():
        # A name in a script that the font lacks is shown as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(path, metadata={"Software": "wheelsdown"})


class _Sheet:
    """One map: an ``Axes`` on which the positions ``shown`` have room."""

    def __init__(self, axes: Axes, canvas: FigureCanvasAgg, shown: Sequence[Position]) -> None:
        self._axes = axes
        self._renderer = canvas.get_renderer()  # type: ignore[no-untyped-call] # as it is
        self._projection = Projection(*centre_of(shown))
        self._frame(self._projection.points(shown))
        self._taken: list[Bbox] = []

    def draw(self, drawing: Drawing, labels: Iterable[Label]) -> None:
        """Draw everything, the most important last or on top."""
        self._draw_world()
        for stretch in drawing.stretches:
            self._draw_stretch(stretch)
        for label in labels:
            self._draw_label(label, drawing)
        for name, position in _capitals():
            self._draw_capital(name, position)

    def _frame(self, points: Points) -> None:
        """Show the points with a margin, at the same scale both ways."""
        box = self._axes.get_position()
        shape = np.array((box.width * SIZE_IN[0], box.height * SIZE_IN[1]))
        low, high = points.min(axis=0), points.max(axis=0)
        half = shape * max(*((high - low) * (1.25, 1.35) / shape), 0.01) / 2
        (left, bottom), (right, top) = (low + high) / 2 - half, (low + high) / 2 + half
        self._axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        for spine in self._axes.spines.values():
            spine.set_color(SHORE)

    def _draw_world(self) -> None:
        self._axes.set_facecolor(SEA)
        rings = self._projection.land()
        vertices = np.vstack([np.vstack((ring, ring[:1])) for ring in rings])
        codes = [
            code
            for ring in rings
            for code in (Outline.MOVETO, *[Outline.LINETO] * (len(ring) - 1), Outline.CLOSEPOLY)
        ]
        land = PathPatch(Outline(vertices, codes), facecolor=LAND, edgecolor=SHORE, linewidth=0.6)
        self._axes.add_patch(land)
        for line in _graticule():
            self._axes.plot(*self._projection.points(line).T, color=GRID, linewidth=0.5, zorder=2)

    def _draw_stretch(self, stretch: Stretch) -> None:
        """The way back is a thin line on the broad one out: they are often the same."""
        points = self._projection.points(stretch.positions)
        self._axes.plot(
            *points.T,
            color=BACK if stretch.returning else OUT,
            linewidth=1.5 if stretch.returning else 3.4,
            linestyle="-" if stretch.heard else UNHEARD,
            solid_capstyle="round",
            zorder=5 if stretch.returning else 4,
        )
        spots = self._axes.transData.transform(points)
        self._taken += [Bbox((spot, spot)).padded(5) for spot in spots]

    def _draw_label(self, label: Label, drawing: Drawing) -> None:
        point = self._projection.points([label.position])[0]
        color = _COLORS[label.kind]
        marker = "s" if label.kind == "place" else "o"
        self._axes.plot(
            *point, marker, markersize=7, color=color, markeredgecolor="white", zorder=7
        )
        right, above = self._side(label, point, drawing)
        text = self._axes.annotate(
            "\n".join(label.lines),
            point,
            xytext=(8 if right else -8, 6 if above else -6),
            textcoords="offset points",
            ha="left" if right else "right",
            va="bottom" if above else "top",
            fontsize=9,
            color=color,
            linespacing=1.25,
            path_effects=[_HALO],
            zorder=8,
            parse_math=False,
        )
        spot = self._axes.transData.transform(point)
        self._taken += [Bbox((spot, spot)).padded(8), text.get_window_extent(self._renderer)]

    def _side(self, label: Label, point: Points, drawing: Drawing) -> tuple[bool, bool]:
        """Whether the text stands to the right, and above: off the track and inside the frame."""
        if label.kind == "place":
            middle = sum(self._axes.get_xlim()) / 2
            ends = [one.positions[0] for one in drawing.stretches]
            track = self._projection.points([*ends, label.position])
            return bool(point[0] < middle), bool(track[:, 1].mean() < point[1])
        # Lost above the line from the place to here, regained below it.
        along = point - self._projection.points([drawing.place])[0]
        above = label.kind == "lost"
        return above == bool(along[0] * along[1] < 0), above

    def _draw_capital(self, name: str, position: Position) -> None:
        """A capital, to find one's way; none that leaves the frame or touches another name."""
        point = self._projection.points([position])[0]
        frame = self._axes.get_window_extent(self._renderer)
        if not frame.contains(*self._axes.transData.transform(point)):
            return
        text = self._axes.annotate(
            name,
            point,
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=QUIET,
            zorder=3,
            path_effects=[_HALO],
            parse_math=False,
        )
        box = text.get_window_extent(self._renderer).padded(6)
        inside = box.x0 > frame.x0 and box.x1 < frame.x1 and box.y1 < frame.y1
        if not inside or any(box.overlaps(other) for other in self._taken):
            text.remove()
            return
        self._taken.append(box)
        self._axes.plot(*point, ".", markersize=4, color=QUIET, zorder=3)


def _graticule() -> Iterator[list[Position]]:
    for longitude in range(-180, 180, 10):
        yield [(float(latitude), float(longitude)) for latitude in range(-80, 81, 2)]
    for latitude in range(-80, 81, 10):
        yield [(float(latitude), float(longitude)) for longitude in range(-180, 181, 2)]


def _capitals() -> Iterator[tuple[str, Position]]:
    """Each state's capital, where its main aerodrome is: near enough for a map of this size."""
    aerodromes = load_aerodromes()
    for code, state in sorted(load_states().items()):
        aerodrome = aerodromes.capital_of(code)
        if aerodrome is not None and state.capital:
            yield state.capital, (aerodrome.latitude, aerodrome.longitude)


def _lines(text: str, width: int, most: int) -> list[str]:
    return textwrap.wrap(clean(text), width, max_lines=most, placeholder=" …")


def _write(figure: Figure, y: float, text: str, **style: Any) -> None:
    figure.text(0.02, y, text, va="top", parse_math=False, **style)


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=OUT, linewidth=3.4, label="outbound, heard"),
        Line2D([], [], color=BACK, linewidth=1.5, label="return, heard"),
        Line2D([], [], color=QUIET, linewidth=1.8, linestyle=UNHEARD, label="not heard: inferred"),
        Line2D([], [], color=TEXT, marker="s", linestyle="", label="aerodrome"),
    ]
