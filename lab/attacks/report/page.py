"""The HTML report: one file, nothing loaded from elsewhere, the chart with its table.

Layer: lab. Pure.
"""

from collections.abc import Iterable, Sequence
from html import escape

from lab.attacks.report.chart import Dot, draw_chart
from lab.attacks.report.reading import (
    SchemeReading,
    describe_void,
    list_failures,
    read_runs,
    show_share,
)
from lab.attacks.report.table import EXPLANATION, HEADINGS, list_row, show_quality, show_tying
from lab.attacks.results import Run

STYLE = """
:root { color-scheme: light; }
body { font: 19px/1.47 "GDS Transport", arial, sans-serif; max-width: 60rem; color: #0b0c0c; }
body { margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 2.5rem; line-height: 1.1; }
h2 { font-size: 1.7rem; line-height: 1.2; margin-top: 2.5rem; }
table { border-collapse: collapse; font-size: 1rem; margin: 1rem 0; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 700; padding: .3rem 0; }
th, td { border-bottom: 1px solid #b1b4b6; padding: .5rem 1rem .5rem 0; text-align: left; }
td { font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; }
figure { margin: 1.5rem 0; }
.void { border: 5px solid #d4351c; padding: 1rem; font-weight: 700; }
.inset { border-left: 10px solid #b1b4b6; padding: .5rem 1rem; }
"""
SUMMARY_HEADINGS = ("scheme", "worst re-identified", "95%: up to", "worst attack", "best F1")
CONDITION_HEADINGS = ("source", "records", "births", "seed", "date", "controls")
CHART_NOTE = (
    "Each dot is one scheme. Further right links better; further down fewer people are re-identified by "
    "the worst attack of all settings. Vertical lines are 95% intervals up to the highest of any setting. A "
    "hollow dot means that nobody was found, which never means that nobody can be."
)


def render_page(runs: Sequence[Run]) -> str:
    """Return the report as one HTML document."""
    readings = read_runs(runs)
    body = [
        "<h1>What encodings give away</h1>",
        "<p>How many people a curious coordinator with a population list, and without the key, could "
        "recognise. All people are synthetic unless the source below says otherwise.</p>",
        *(f'<p class="void" role="alert">{escape(line)}</p>' for line in describe_void(runs)),
        f"<h2>Privacy against quality</h2><figure>{draw_chart(list_dots(readings))}"
        f"<figcaption>{escape(CHART_NOTE)}</figcaption></figure>",
        render_table("Every scheme", SUMMARY_HEADINGS, list_summary(readings)),
        *(_render_scheme(reading) for reading in readings),
        f"<h2>How to read it</h2><p>{escape(EXPLANATION)}</p>",
        *(
            f"<p>Not measured: {escape(f'{failed.attack} on {failed.scheme} ({failed.failure})')}</p>"
            for failed in list_failures(runs)
        ),
        "<h2>How it was measured</h2>",
        render_table("Runs", CONDITION_HEADINGS, list_conditions(runs)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Clew: what encodings give away</title><style>{STYLE}</style></head><body><main>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def list_dots(readings: Iterable[SchemeReading]) -> list[Dot]:
    """Return a dot for each scheme of which both figures are known."""
    return [
        Dot(
            reading.scheme,
            reading.quality.f1,
            reading.worst.listed.share,
            reading.worst.listed.interval[0],
            reading.upper,
        )
        for reading in readings
        if reading.worst is not None and reading.quality is not None
    ]


def list_summary(readings: Iterable[SchemeReading]) -> list[tuple[str, ...]]:
    """Return one row of text for each scheme."""
    return [
        (
            reading.scheme,
            show_share(reading.worst.listed.share) if reading.worst else "not attacked",
            show_share(reading.upper),
            _name_worst(reading),
            f"{reading.quality.f1:.4f}" if reading.quality else "-",
        )
        for reading in readings
    ]


def list_conditions(runs: Iterable[Run]) -> list[tuple[str, ...]]:
    """Return one row of text for each run."""
    return [
        (
            run.conditions.source,
            f"{run.conditions.records:,}",
            run.conditions.density,
            str(run.conditions.seed),
            run.conditions.measured_on,
            "; ".join(
                f"{control.name} {control.failure or show_share(control.reached.share)} "
                f"({'met' if control.is_met else 'FAILED'}: {control.goal:.0%})"
                for control in run.controls
            )
            or "none: void",
        )
        for run in runs
    ]


def render_table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table whose first column heads its rows."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    top = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _name_worst(reading: SchemeReading) -> str:
    worst = reading.worst
    if worst is None:
        return "-"
    if not worst.listed.hits:
        return "none found anybody"
    return f"{worst.title}, list {show_share(worst.coverage)}, {worst.anchors:,} known"


def _render_scheme(reading: SchemeReading) -> str:
    tying = "".join(f"<p>{escape(show_tying(each))}</p>" for each in reading.tying)
    return (
        f'<h2>{escape(reading.scheme)}</h2><p class="inset">{escape(reading.verdict)}</p>'
        f"<p>Linkage: {escape(show_quality(reading))}.</p>{tying}"
        + render_table("Attacks, worst first", HEADINGS, [list_row(row) for row in reading.rows])
    )
