"""Draw dots with intervals as inline SVG that reads without colour and without sight.

Every figure has a title and a description for screen readers, a marker shape for each series beside its
colour, and nothing is loaded from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 860
LABEL_WIDTH = 220
RIGHT_MARGIN = 70
LINE_HEIGHT = 15
ROW_GAP = 10
LEGEND_HEIGHT = 24
AXIS_HEIGHT = 36
TICKS = 5

# Colours of Okabe and Ito (2008), which people with any colour vision tell apart, with a shape each.
STYLES = (
    ("#0072b2", "circle"),
    ("#d55e00", "square"),
    ("#009e73", "diamond"),
    ("#cc79a7", "triangle"),
    ("#5b5b5b", "cross"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval; equal ends draw no line."""

    series: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: rows of points over a common axis.

    Attributes:
        identifier: Unique in the page.
        title, description: What it shows, and what a reader should take from it.
        axis: What the axis counts.
        rows: (label, points).
        lowest, highest: Ends of the axis; values outside are drawn at its end.
    """

    identifier: str
    title: str
    description: str
    axis: str
    rows: Sequence[tuple[str, Sequence[Point]]]
    lowest: float
    highest: float


def draw(figure: Figure) -> str:
    """Return the figure as one SVG element."""
    series = list(dict.fromkeys(point.series for _, points in figure.rows for point in points))
    style_of = dict(zip(series, STYLES * (1 + len(series) // len(STYLES)), strict=False))
    parts, top = [], LEGEND_HEIGHT * ((len(series) + 2) // 3) + 6
    start = top
    for label, points in figure.rows:
        height = LINE_HEIGHT * len(points) + ROW_GAP
        parts.append(_draw_label(label, top + height / 2))
        parts += [
            _draw_point(figure, point, style_of[point.series], top + ROW_GAP / 2 + LINE_HEIGHT * (line + 0.5))
            for line, point in enumerate(points)
        ]
        top += height
    total = top + AXIS_HEIGHT
    names = f"{figure.identifier}-title {figure.identifier}-desc"
    return (
        f'<svg role="img" aria-labelledby="{names}" viewBox="0 0 {WIDTH} {total:.0f}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12">'
        f'<title id="{figure.identifier}-title">{escape(figure.title)}</title>'
        f'<desc id="{figure.identifier}-desc">{escape(figure.description)}</desc>'
        + _draw_legend(style_of)
        + _draw_axis(figure, start, top)
        + "".join(parts)
        + "</svg>"
    )


def choose_axis_start(values: Sequence[float], *, step: float = 0.05) -> float:
    """Return the multiple of a step at or under every value, for an axis that ends at 1."""
    lowest = min(values, default=0.0)
    return max(0.0, round((lowest // step) * step, 6))


def _place(figure: Figure, value: float) -> float:
    span = (figure.highest - figure.lowest) or 1.0
    share = min(1.0, max(0.0, (value - figure.lowest) / span))
    return LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - RIGHT_MARGIN)


def _draw_label(label: str, y: float) -> str:
    return f'<text x="{LABEL_WIDTH - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'


def _draw_point(figure: Figure, point: Point, style: tuple[str, str], y: float) -> str:
    colour, shape = style
    x, low, high = (_place(figure, value) for value in (point.value, point.low, point.high))
    line = (
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="2"/>'
    )
    hint = f"<title>{escape(point.series)}: {point.value:.4f} ({point.low:.4f} to {point.high:.4f})</title>"
    text = f'<text x="{WIDTH - RIGHT_MARGIN + 8}" y="{y + 4:.1f}">{point.value:.4f}</text>'
    return f"<g>{hint}{line}{_draw_marker(x, y, colour, shape)}{text}</g>"


def _draw_marker(x: float, y: float, colour: str, shape: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
    outlines = {
        "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        "diamond": ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
        "triangle": ((0, -5), (5, 4), (-5, 4)),
        "cross": ((-5, -1.5), (5, -1.5), (5, 1.5), (1.5, 1.5), (1.5, 5), (-1.5, 5), (-1.5, -5), (1.5, -5)),
    }
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in outlines[shape])
    return f'<polygon points="{points}" fill="{colour}"/>'


def _draw_legend(style_of: dict[str, tuple[str, str]]) -> str:
    parts = []
    for number, (name, (colour, shape)) in enumerate(style_of.items()):
        x, y = 14 + 280 * (number % 3), 14 + LEGEND_HEIGHT * (number // 3)
        parts.append(
            f'{_draw_marker(x, y, colour, shape)}<text x="{x + 12}" y="{y + 4}">{escape(name)}</text>'
        )
    return "".join(parts)


def _draw_axis(figure: Figure, top: float, bottom: float) -> str:
    parts = []
    for number in range(TICKS + 1):
        value = figure.lowest + (figure.highest - figure.lowest) * number / TICKS
        x = _place(figure, value)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{bottom + 14:.1f}" text-anchor="middle">{value:.3g}</text>'
        )
    middle = (LABEL_WIDTH + WIDTH - RIGHT_MARGIN) / 2
    return (
        "".join(parts)
        + f'<text x="{middle:.0f}" y="{bottom + 30:.1f}" text-anchor="middle">{escape(figure.axis)}</text>'
    )
