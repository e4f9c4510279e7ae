"""The report on a terminal: a block for each scheme, readable at a hundred columns.

Layer: lab.
"""

from collections.abc import Sequence

from rich.table import Table

from lab.attacks.report.reading import (
    Pooled,
    SchemeReading,
    TyingReading,
    describe_void,
    list_failures,
    read_runs,
    show_interval,
    show_share,
)
from lab.attacks.results import Run
from protos.hosting.terminal import out

HEADINGS = ("attack", "list", "known", "re-identified", "95% interval", "chance", "resolved", "seconds")
LONG_S = 10  # from here on tenths of a second say nothing
EXPLANATION = (
    "List: share of the people behind the records that are on the attacker's list. Re-identified: records "
    "whose person the attacker named, of those listed and not known beforehand; intervals are Wilson's, of "
    "records and not of runs. Chance: what naming rows at random would reach, more with more rows a record "
    "has. Names none: the attack found nothing to go by. Resolved: the same of records that members resolved "
    "in a round; - where none were."
)


def print_report(runs: Sequence[Run]) -> None:
    """Print controls, then each scheme with its verdict and every attack, worst first."""
    _print_controls(runs)
    for reading in (*read_runs(runs, are_void=True), *read_runs(runs)):
        _print_scheme(reading)
    out.print(EXPLANATION)
    for failed in list_failures(runs):
        out.print(
            f"[yellow]not measured:[/] {failed.attack} on {failed.scheme}, list covers "
            f"{failed.coverage:.0%}, {failed.anchors:,} known ({failed.failure})"
        )


def list_row(row: Pooled) -> tuple[str, ...]:
    """Return an attack's row as text, for terminal, page and document alike."""
    return (
        row.title + (" (limit)" if row.is_limit else ""),
        show_share(row.coverage),
        f"{row.anchors:,}",
        _show_reached(row),
        show_interval(row.listed),
        show_share(row.chance),
        f"{show_share(row.resolved.share)} of {row.resolved.trials:,}" if row.resolved.trials else "-",
        f"{row.seconds:,.1f}" if row.seconds < LONG_S else f"{row.seconds:,.0f}",
    )


def _show_reached(row: Pooled) -> str:
    """Return the share, or that the attack found nothing to go by: that is no proof of its failing."""
    if not row.named.trials:
        return f"names none of {row.listed.trials:,}"
    return f"{show_share(row.listed.share)} of {row.listed.trials:,}"


def show_quality(reading: SchemeReading) -> str:
    """Return how well a scheme links, in words."""
    quality = reading.quality
    if quality is None:
        return "linkage quality not measured"
    return f"best F1 {quality.f1:.4f} (precision {quality.precision:.4f}, recall {quality.recall:.4f})"


def show_tying(tying: TyingReading) -> str:
    """Return how well an adversary ties views, in words."""
    text = f"tying views by {tying.adversary}: {tying.ratio:.2f} times chance (95%: {tying.low:.2f} to "
    text += f"{tying.high:.2f})"
    if tying.view_pairs > 1:
        text += f"; best of {tying.view_pairs} pairs {tying.worst_ratio:.2f}, {tying.worst}"
    return text


def _print_controls(runs: Sequence[Run]) -> None:
    for run in runs:
        for control in run.controls:
            word = "[green]met[/]" if control.is_met else "[bold red]FAILED[/]"
            reached = control.failure or show_share(control.reached.share)
            out.print(
                f"Positive control {word}: {control.name}, {reached} re-identified, "
                f"at least {control.goal:.0%} expected"
            )
    for line in describe_void(runs):
        out.print(f"[bold red]{line}[/]")
    out.print()


def _print_scheme(reading: SchemeReading) -> None:
    out.print(f"[bold]{reading.scheme}[/]: {reading.verdict}")
    out.print(show_quality(reading))
    for tying in reading.tying:
        out.print(show_tying(tying))
    if reading.rows:
        out.print(_build_table(reading.rows))
    out.print()


def _build_table(rows: Sequence[Pooled]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True, min_width=len(heading))
    for row in rows:
        table.add_row(*list_row(row))
    return table
