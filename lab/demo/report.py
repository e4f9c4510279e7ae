"""What the demo shows, for a chief officer: steps, what each member learnt, one table of checks.

Layer: lab. With ``--json`` the same content goes to standard output as one document and the steps to
standard error.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from lab.demo.checks import Check
from scoring.risk.phia import show_probability

WIDTH = 100
REMOTE_FONT = re.compile(r"@font-face \{.*?\}|<!-- Generated with Rich.*?-->", re.DOTALL)


class Report:
    """Prints the story as it happens."""

    def __init__(self, *, as_json: bool) -> None:
        self.console = Console(
            stderr=as_json, record=not as_json, highlight=False, width=WIDTH if not as_json else None
        )
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self._started

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Show a step while it runs and how long it took."""
        started = time.monotonic()
        with self.console.status(f"{doing} ..."):
            yield
        self.console.print(f"[green]✓[/] {doing} [dim]({time.monotonic() - started:.1f} s)[/]")

    def say(self, text: str) -> None:
        """Print one passage of the story, indented."""
        self.console.print(Padding(text, (0, 0, 0, 2)))

    def title(self, text: str) -> None:
        """Begin a chapter."""
        self.console.rule(f"[bold]{text}[/]", align="left")

    def panel(self, heading: str, lines: Sequence[str]) -> None:
        """Print a boxed passage."""
        self.console.print(Panel("\n".join(lines), title=heading, title_align="left", padding=(0, 1)))

    def learnt(self, rows: Sequence[Sequence[str]]) -> None:
        """Print what each member learnt, in counts."""
        table = Table("Member", "People found elsewhere", "VERY HIGH", "HIGH", "MEDIUM", "STANDARD")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    def verdict(self, checks: Sequence[Check]) -> None:
        """Print the checks and the conclusion."""
        table = Table("", "What must hold", "Figures")
        for check in checks:
            table.add_row("[green]✓[/]" if check.held else "[bold red]✗[/]", check.claim, check.figures)
        self.console.print(table)
        failed = sum(not check.held for check in checks)
        colour, words = ("green", "Everything held") if not failed else ("red", f"{failed} checks failed")
        self.console.print(f"[bold {colour}]{words}[/] after {self.seconds:.0f} seconds.")

    def save_picture(self, path: Path) -> None:
        """Save what was shown as an SVG picture that loads nothing from elsewhere."""
        picture = self.console.export_svg(title="./run demo")
        path.write_text(REMOTE_FONT.sub("", picture).replace("Fira Code", "monospace"), encoding="utf-8")


def describe_link(match: Mapping[str, Any]) -> list[str]:
    """Return the five values of a link in words; never a bare score."""
    before, linked, chance, elsewhere = (
        match[part] for part in ("before_linking", "if_linked", "probability", "elsewhere")
    )
    low, high = linked["interval"]
    return [
        f"Before linking  {before['score']:.1f} {before['band']}",
        f"If linked       {linked['score_if_true']:.1f} {linked['band']}  "
        f"({low:.1f} to {high:.1f} until incidents are de-duplicated)",
        f"The link        {show_probability(chance['value'])}, {chance['phia_term']} ({chance['kind']}); "
        f"expected score {match['expected_score']:.1f}",
        f"Elsewhere       {elsewhere['other_forces']} other force, {elsewhere['events']} events, oldest "
        f"{elsewhere['oldest_days']} days ago; {', '.join(elsewhere['threat_areas'])}",
        f"Breadth         {elsewhere['breadth']} kinds of agency, beside the score and never inside it",
    ]
