"""The HTML report: one file, nothing loaded from elsewhere, every chart with its table."""

from collections.abc import Iterable, Sequence
from html import escape

from lab.attacks.report.page import render_table
from tests.quality.charts import Figure, Point, choose_axis_start, draw
from tests.quality.columns import EXPLANATION, GROUP_HEADINGS, HEADINGS, list_group_rows, list_rows
from tests.quality.compare import CLEW, SPLINK_USUAL
from tests.quality.fairness import MIN_PEOPLE
from tests.quality.labelled import UNLISTED
from tests.quality.reading import read_report
from tests.quality.results import Report, SetResult

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; color: #1b1b1b; }
body { margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: .85rem; margin: 1rem 0; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #ccc; padding: .25rem .5rem; text-align: right; white-space: nowrap; }
th { background: #f2f2f2; }
td:first-child, td:nth-child(2), th[scope=row] { text-align: left; }
svg { width: 100%; height: auto; }
figure { margin: 1.5rem 0; }
.good::before { content: "met: "; font-weight: 600; color: #00563f; }
.bad::before { content: "not met: "; font-weight: 600; color: #9c2a00; }
"""
GROUP_METHODS = (CLEW, SPLINK_USUAL)  # whose groups are drawn; the table beside has every method's


def render_page(report: Report) -> str:
    """Return the report as one HTML document."""
    body = [
        "<h1>Linkage quality</h1>",
        f"<p>Measured on {escape(report.measured_on)}. {escape(EXPLANATION)}</p>",
        _render_findings(report),
        _render_figure(draw_f1(report), "Every method on every set", HEADINGS, _list_all_rows(report)),
        *(
            _render_figure(
                draw_recall(result, number),
                f"Groups of people, {result.name}",
                GROUP_HEADINGS,
                list_group_rows(result),
            )
            for number, result in enumerate(report.sets)
            if any(method.groups for method in result.methods)
        ),
        render_table(
            "Sets", ("set", "members", "records", "true pairs", "fields", "where from"), list_sets(report)
        ),
        render_table("How it was measured", ("what", "value"), list_conditions(report)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Clew: linkage quality</title><style>{STYLE}</style></head><body><main>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def draw_f1(report: Report) -> str:
    """Return the chart of F1 at each method's own threshold."""
    rows = [
        (
            result.name,
            [
                Point(method.method, method.own.f1, method.spread.low, method.spread.high)
                for method in result.methods
            ],
        )
        for result in report.sets
    ]
    return draw(
        Figure(
            "f1",
            "F1 at each method's own threshold",
            "One row for each set and one mark for each method, with the 95% interval over samples of "
            "people. Further right is better. The table that follows has the same values.",
            "F1 at the own threshold",
            rows,
            choose_axis_start([point.low for _, points in rows for point in points]),
            1.0,
        )
    )


def draw_recall(result: SetResult, number: int) -> str:
    """Return the chart of recall for each group of people of one set."""
    rows: dict[str, list[Point]] = {}
    for method in result.methods:
        for item in method.groups if method.method in GROUP_METHODS else ():
            if item.recall.people >= MIN_PEOPLE and item.group != UNLISTED:
                point = Point(method.method, item.recall.rate, item.recall.low, item.recall.high)
                rows.setdefault(f"{item.trait}: {item.group}", []).append(point)
    return draw(
        Figure(
            f"recall-{number}",
            f"Recall by group, {result.name}",
            "Share of each group's true pairs that were found, with 95% intervals, for groups of "
            f"{MIN_PEOPLE} people or more. Groups that are served alike stand above one another. The table "
            "that follows has the same values and the false links.",
            "recall at the own threshold",
            sorted(rows.items()),
            choose_axis_start([point.low for points in rows.values() for point in points]),
            1.0,
        )
    )


def list_sets(report: Report) -> list[tuple[str, ...]]:
    """Return one row of text for each set."""
    return [
        (
            result.name,
            str(result.members),
            f"{result.records:,}",
            f"{result.true_pairs:,}",
            ", ".join(result.fields),
            result.note,
        )
        for result in report.sets
    ]


def list_conditions(report: Report) -> list[tuple[str, str]]:
    """Return machine, versions and settings as rows of text."""
    return [
        ("date", report.measured_on),
        *((name, str(value)) for name, value in report.machine.items()),
        *((f"{name} version", value) for name, value in sorted(report.versions.items())),
        *((name, str(value)) for name, value in report.settings.items()),
    ]


def _list_all_rows(report: Report) -> list[tuple[str, ...]]:
    return [row for result in report.sets for row in list_rows(result)]


def _render_findings(report: Report) -> str:
    items = "".join(
        f'<li class="{"good" if finding.is_good else "bad"}">{escape(finding.text)}</li>'
        for finding in read_report(report)
    )
    return f"<h2>What it means</h2><ul>{items}</ul>"


def _render_figure(svg: str, caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return f"<figure>{svg}</figure>" + render_table(caption, headings, rows)
