"""One map on one pair of axes: land, track, marks and their words."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from cli.maps.drawing import Position, Stretch
from cli.maps.marks import Kind, Mark
from cli.maps.placing import Box, Placing
from cli.maps.projection import Points, Projection, centre_of
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.states import load_states

SEA, LAND, SHORE, GRID = "#dce8f0", "#f7f4ec", "#b5ae9f", "#c9d6df"
OUT, BACK, TEXT, QUIET = "#1f4e8c", "#d9641e", "#222222", "#6b6b6b"
#: Dashes, as matplotlib takes them: offset, then lengths on and off.
UNHEARD = (0, (4, 3))
#: Half of what is shown is at least this, in Earth radii: 400 nm, for journeys of one point.
LEAST_HALF = 0.116
#: An arrow tells the direction after so many pixels of track.
ARROW_EVERY_PX = 260.0

MARKERS: dict[Kind, tuple[str, float, str]] = {
    "home": ("s", 8.0, TEXT),
    "stay": ("o", 9.0, TEXT),
    "technical_stop": ("o", 5.5, TEXT),
    # Both where one is on the other.
    "lost": ("o", 9.0, OUT),
    "regained": ("o", 5.5, BACK),
    "candidate": ("D", 4.5, QUIET),
}
_FONT: dict[Kind, float] = {"technical_stop": 7.5, "candidate": 8.0}
_HALO = withStroke(linewidth=2.5, foreground="white", alpha=0.85)
#: Whose words are placed first.
_ORDER: tuple[Kind, ...] = ("stay", "home", "lost", "regained", "technical_stop", "candidate")


class Sheet:
    """A map on ``axes`` on which the positions ``shown`` have room."""

    def __init__(
        self, axes: Axes, canvas: FigureCanvasAgg, shown: Sequence[Position], *, least: float
    ) -> None:
        self._axes = axes
        self._renderer = canvas.get_renderer()  # type: ignore[no-untyped-call] # as it is
        self._projection = Projection(*centre_of(shown))
        self._fit(self._projection.points(shown), least)
        extent = axes.get_window_extent(self._renderer)
        self._frame = Box(extent.x0, extent.y0, extent.x1, extent.y1)

    def draw(self, stretches: Sequence[Stretch], marks: Sequence[Mark]) -> None:
        """Draw everything, the most important last or on top."""
        self._draw_world()
        lines = [self._draw_stretch(one) for one in stretches]
        self._draw_arrows(lines, stretches)
        placing = Placing(self._frame, np.vstack([np.empty((0, 2)), *map(_dense, lines)]))
        inside = [one for one in marks if self._frame.holds(*self._pixel(one.position))]
        for mark in inside:
            self._draw_marker(mark, placing)
        for mark in sorted(inside, key=lambda one: _ORDER.index(one.kind)):
            if mark.lines:
                self._draw_words(mark, placing)
        for name, position in _capitals():
            self._draw_capital(name, position, placing)

    def _fit(self, points: Points, least: float) -> None:
        """Show the points with a margin, at the same scale both ways."""
        extent = self._axes.get_window_extent(self._renderer)
        shape = np.array((extent.width, extent.height))
        low, high = points.min(axis=0), points.max(axis=0)
        half = shape * max(*((high - low) * (1.3, 1.4) / shape), 2 * least / shape.min()) / 2
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
        grid = LineCollection(
            [self._projection.points(line) for line in _graticule()],
            colors=GRID,
            linewidths=0.5,
            zorder=2,
        )
        for artist in (land, grid):
            # Not add_patch and add_collection, which take a second to see how far they reach.
            self._axes.add_artist(artist)

    def _draw_stretch(self, stretch: Stretch) -> Points:
        """Draw it and give its points in pixels.

        The way back is a thin line on the broad one out: they are often the same.
        """
        points = self._projection.points(stretch.positions)
        self._axes.plot(
            *points.T,
            color=BACK if stretch.returning else OUT,
            linewidth=1.5 if stretch.returning else 3.4,
            linestyle="-" if stretch.heard else UNHEARD,
            solid_capstyle="round",
            zorder=5 if stretch.returning else 4,
        )
        return np.asarray(self._axes.transData.transform(points))

    def _draw_arrows(self, lines: Sequence[Points], stretches: Sequence[Stretch]) -> None:
        """An arrow on the line every so often, to show the direction."""
        since = ARROW_EVERY_PX / 2
        room = self._frame.padded(-15)
        for line, stretch in zip(lines, stretches, strict=True):
            for here, there in itertools.pairwise(line):
                ahead = there - here
                length = float(np.hypot(*ahead))
                since += length
                if since < ARROW_EVERY_PX or not room.holds(*there):
                    continue
                since = 0.0
                self._axes.annotate(
                    "",
                    there,
                    # No further back than its head is long: the line itself is the shaft.
                    xytext=there - ahead / length,
                    xycoords="figure pixels",
                    textcoords="figure pixels",
                    arrowprops={
                        "arrowstyle": "-|>,head_length=0.8,head_width=0.42",
                        "facecolor": BACK if stretch.returning else OUT,
                        "edgecolor": "white",
                        "linewidth": 0.6,
                        "shrinkA": 0,
                        "shrinkB": 0,
                    },
                    zorder=6,
                )

    def _draw_marker(self, mark: Mark, placing: Placing) -> None:
        shape, size, color = MARKERS[mark.kind]
        if mark.sign:
            size += 4.5 + 1.5 * (len(mark.sign) - 1)
        x, y = self._projection.points([mark.position])[0]
        self._axes.plot(
            x,
            y,
            shape,
            markersize=size,
            markerfacecolor=color if mark.sure else "white",
            markeredgecolor="white" if mark.sure else color,
            markeredgewidth=1.0 if mark.sure else 1.6,
            zorder=8,
        )
        self._axes.text(
            x,
            y,
            mark.sign,
            ha="center",
            va="center_baseline",
            fontsize=7.5,
            weight="bold",
            color="white" if mark.sure else color,
            zorder=9,
        )
        left, bottom = self._pixel(mark.position)
        placing.take(Box(left, bottom, left, bottom).padded(size))

    def _draw_words(self, mark: Mark, placing: Placing) -> None:
        text = self._axes.annotate(
            "\n".join(mark.lines),
            (0, 0),
            xycoords="figure pixels",
            va="bottom",
            fontsize=_FONT.get(mark.kind, 9.0),
            color=MARKERS[mark.kind][2],
            linespacing=1.25,
            path_effects=[_HALO],
            zorder=10,
            parse_math=False,
        )
        size = text.get_window_extent(self._renderer)
        x, y = self._pixel(mark.position)
        box, is_away = placing.place(x, y, size.width, size.height)
        text.set(x=box.left, y=box.bottom)
        if is_away:
            ends = np.array([(x, y), _nearest_of(box, x, y)])
            self._axes.plot(
                *self._axes.transData.inverted().transform(ends).T,
                color=MARKERS[mark.kind][2],
                linewidth=0.6,
                zorder=7,
            )

    def _draw_capital(self, name: str, position: Position, placing: Placing) -> None:
        """A capital, to find one's way; none that leaves the frame or touches another name."""
        x, y = self._pixel(position)
        if not self._frame.holds(x, y):
            return
        text = self._axes.annotate(
            name,
            (x, y),
            xycoords="figure pixels",
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=QUIET,
            zorder=3,
            path_effects=[_HALO],
            parse_math=False,
        )
        extent = text.get_window_extent(self._renderer)
        box = Box(x - 4, extent.y0, extent.x1, extent.y1).padded(3)
        if not placing.is_free(box):
            text.remove()
            return
        placing.take(box)
        point = self._projection.points([position])[0]
        self._axes.plot(*point, ".", markersize=4, color=QUIET, zorder=3)

    def _pixel(self, position: Position) -> tuple[float, float]:
        x, y = self._axes.transData.transform(self._projection.points([position])[0])
        return float(x), float(y)


def _dense(line: Points) -> Points:
    """Points on a line every few pixels, so that no text stands between two of them."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    steps = np.arange(0.0, along[-1], 4.0)
    return np.column_stack([np.interp(steps, along, line[:, axis]) for axis in (0, 1)])


def _nearest_of(box: Box, x: float, y: float) -> tuple[float, float]:
    return min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)


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
