"""Draw privacy against quality as inline SVG that reads without colour and without sight.

Layer: lab. Pure. Each scheme is one dot with an interval: to the right it links better, further down fewer
people are re-identified. The scale of shares is logarithmic, because one in a thousand and one in ten are
different worlds; a share of which nothing was found is a hollow dot at the foot, its interval above it.
Names stand in a column of their own with a line to the dot, so that they never cover one another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 110, 620, 30, 370
NAMES_AT = 660
NAME_HEIGHT = 18
LOWEST_SHARE = 0.0001
SHARE_TICKS = ((1.0, "100%"), (0.1, "10%"), (0.01, "1%"), (0.001, "goal 0.1%"), (0.0001, "0.01%"))
F1_STEP = 0.02
TICK_STEPS, MOST_TICKS = (0.005, 0.01, 0.02, 0.04, 0.1, 0.2), 8
INK, BLUE, GREY = "#0b0c0c", "#1d70b8", "#b1b4b6"
TITLE = "Privacy against linkage quality"


@dataclass(frozen=True, slots=True)
class Dot:
    """One scheme: how well it links, and how many people its worst attack named, with the interval."""

    name: str
    f1: float
    share: float
    low: float
    high: float


def draw_chart(dots: Sequence[Dot]) -> str:
    """Return the chart as one SVG element; without dots it says that there is nothing to show."""
    lowest_f1 = _find_axis_start([dot.f1 for dot in dots])
    ordered = sorted(dots, key=lambda dot: (_place_share(dot.share), -dot.f1))
    names = _spread([_place_share(dot.share) for dot in ordered])
    parts = [_draw_axes(lowest_f1)]
    parts += [_draw_dot(dot, name_y, lowest_f1) for dot, name_y in zip(ordered, names, strict=True)]
    if not dots:
        parts.append(f'<text x="{LEFT + 20}" y="{TOP + 40}">No scheme has both figures yet.</text>')
    height = max(HEIGHT, int(max(names, default=0)) + NAME_HEIGHT)
    return (
        f'<svg role="img" aria-labelledby="privacy-title privacy-desc" viewBox="0 0 {WIDTH} {height}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13" fill="{INK}">'
        f'<title id="privacy-title">{TITLE}</title>'
        f'<desc id="privacy-desc">{escape(_describe(ordered))}</desc>'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>' + "".join(parts) + "</svg>"
    )


def _describe(dots: Sequence[Dot]) -> str:
    values = "; ".join(
        f"{dot.name}: F1 {dot.f1:.3f}, {dot.share:.2%} re-identified ({dot.low:.2%} to {dot.high:.2%})"
        for dot in dots
    )
    return f"Each scheme's best F1 and the share of people re-identified by its worst attack. {values}."


def _find_axis_start(values: Sequence[float]) -> float:
    lowest = min(values, default=0.9)
    return max(0.0, (lowest - 1e-9) // F1_STEP * F1_STEP)


def _place_f1(value: float, lowest: float) -> float:
    return LEFT + 12 + (value - lowest) / (1 - lowest or 1) * (RIGHT - LEFT - 24)


def _place_share(share: float) -> float:
    decades = log10(max(share, LOWEST_SHARE) / LOWEST_SHARE) / -log10(LOWEST_SHARE)
    return BOTTOM - decades * (BOTTOM - TOP)


def _spread(wanted: Sequence[float]) -> list[float]:
    """Return places for names near the wanted ones, top to bottom, none over another."""
    places: list[float] = []
    for number, y in enumerate(wanted):
        # Those that crowd the foot are pushed up, so that the last of them still fits.
        most = max(BOTTOM - NAME_HEIGHT * (len(wanted) - 1 - number), TOP + NAME_HEIGHT * number)
        free = places[-1] + NAME_HEIGHT if places else TOP - NAME_HEIGHT
        places.append(max(free, min(y, most)))
    return places


def _draw_dot(dot: Dot, name_y: float, lowest_f1: float) -> str:
    x, y = _place_f1(dot.f1, lowest_f1), _place_share(dot.share)
    high, low = _place_share(dot.high), _place_share(dot.low)
    fill = BLUE if dot.share > 0 else "#ffffff"
    return (
        f"<g><title>{escape(dot.name)}: best F1 {dot.f1:.4f}, {dot.share:.2%} re-identified "
        f"({dot.low:.2%} to {dot.high:.2%})</title>"
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{NAMES_AT - 6}" y2="{name_y:.1f}" stroke="{GREY}"/>'
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{high:.1f}" y2="{low:.1f}" stroke="{BLUE}" stroke-width="2"/>'
        f'<line x1="{x - 5:.1f}" x2="{x + 5:.1f}" y1="{high:.1f}" y2="{high:.1f}" stroke="{BLUE}" '
        'stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{BLUE}" stroke-width="2"/>'
        f'<text x="{NAMES_AT}" y="{name_y + 4:.1f}">{escape(dot.name)}</text></g>'
    )


def _draw_axes(lowest_f1: float) -> str:
    rows = "".join(
        f'<line x1="{LEFT}" x2="{RIGHT}" y1="{_place_share(share):.1f}" y2="{_place_share(share):.1f}" '
        f'stroke="{GREY}" stroke-dasharray="2 3"/>'
        f'<text x="{LEFT - 10}" y="{_place_share(share) + 4:.1f}" text-anchor="end">{label}</text>'
        for share, label in SHARE_TICKS
    )
    step = next(step for step in TICK_STEPS if (1 - lowest_f1) / step <= MOST_TICKS)
    ticks = [1 - number * step for number in range(int((1 - lowest_f1) / step + 1e-9) + 1)]
    columns = "".join(
        f'<line x1="{_place_f1(f1, lowest_f1):.1f}" x2="{_place_f1(f1, lowest_f1):.1f}" y1="{BOTTOM}" '
        f'y2="{BOTTOM + 6}" stroke="{INK}"/>'
        f'<text x="{_place_f1(f1, lowest_f1):.1f}" y="{BOTTOM + 22}" text-anchor="middle">{f1:.3g}</text>'
        for f1 in ticks
    )
    middle_x, middle_y = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    return (
        rows
        + columns
        + f'<line x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}" stroke="{INK}"/>'
        + f'<text x="{middle_x}" y="{BOTTOM + 48}" text-anchor="middle">best F1: further right links '
        "better</text>"
        + f'<text x="22" y="{middle_y}" text-anchor="middle" transform="rotate(-90 22 {middle_y})">'
        "re-identified by the worst attack</text>"
    )
