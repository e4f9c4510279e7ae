"""The ``clew-lab attack`` command: options in, what attacks reach out.

Layer: lab. The thin edge of :mod:`lab.attacks`: it reads files and the clock, shows progress, writes what was
measured after every result, and says what to do next.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.status import Status

from crypto.errors import InputError
from lab.attack_plan import AttackOptions, plan_runs
from lab.attacks.report.document import CHART, DOCUMENT, render_chart, render_document
from lab.attacks.report.page import render_page
from lab.attacks.report.reading import describe_void, list_failures
from lab.attacks.report.table import print_report
from lab.attacks.results import Run, parse_runs, to_json
from lab.attacks.tasks import perform_tasks
from protos.hosting.terminal import EXIT_FAILED, errors, print_json, print_next

DOCS = Path(__file__).parents[1] / "docs"


def run_attack_command(options: AttackOptions) -> None:
    """Carry out the command.

    Raises:
        InputError: An option or a file is wrong; nothing was measured.
        Exit: A positive control failed or something could not be measured; everything else is written.
    """
    runs = [run for path in options.results for run in _read_results(path)]
    if options.schemes or options.round or not options.results:
        runs += list(_measure(options, runs))
    if options.as_json:
        print_json(to_json(runs))
    else:
        print_report(runs)
    for path, text in _list_outputs(options, runs):
        _write_whole(path, text)
        errors.print(f"written: {path}")
    for line in describe_void(runs):
        errors.print(f"[bold red]{line}[/]", soft_wrap=True)
    if describe_void(runs) or list_failures(runs):
        raise typer.Exit(EXIT_FAILED)
    if not options.as_json:
        _print_next(options)


def _measure(options: AttackOptions, earlier: Sequence[Run]) -> Iterator[Run]:
    """Measure everything planned and yield each run; what is measured is on disk after each result."""
    notes = Console(stderr=True, highlight=False)
    done = list(earlier)
    with notes.status("drawing people") as status:
        for plan in plan_runs(options, today=datetime.now(UTC).date().isoformat()):
            for setting in plan.left_out:
                notes.print(
                    f"left out: {setting.anchors:,} known records are more than a list that covers "
                    f"{setting.coverage:.0%} of {setting.records:,} has"
                )
            show = _make_progress(notes, status, len(plan.tasks))
            run = Run(plan.conditions)
            for part in perform_tasks(plan.tasks, plan.pools, jobs=options.jobs, progress=show):
                run = run.add(part)
                if options.out:
                    _write_whole(options.out, _to_text([*done, run]))
            done.append(run)
            yield run


def _make_progress(notes: Console, status: Status, tasks: int) -> Callable[[int, str], None]:
    started = time.perf_counter()

    def show(done: int, what: str) -> None:
        line = f"{done} of {tasks} done, {time.perf_counter() - started:.0f} s: {what}"
        status.update(line) if notes.is_terminal else notes.print(line)

    return show


def _read_results(path: Path) -> tuple[Run, ...]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path.name}: expected JSON that clew-lab attack --out wrote") from error
    return parse_runs(body, name=path.name)


def _list_outputs(options: AttackOptions, runs: Sequence[Run]) -> Iterator[tuple[Path, str]]:
    if options.out:
        yield options.out, _to_text(runs)
    if options.html:
        yield options.html, render_page(runs)
    if options.write_docs:
        yield DOCS / CHART, render_chart(runs)
        yield DOCS / DOCUMENT, render_document(runs)


def _to_text(runs: Sequence[Run]) -> str:
    return json.dumps(to_json(runs), indent=1) + "\n"


def _write_whole(path: Path, text: str) -> None:
    """Replace a file at once, so that one that is read while it is written is never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as stream:
        stream.write(text)
    draft = Path(stream.name)
    draft.chmod(0o644)
    draft.replace(path)


def _print_next(options: AttackOptions) -> None:
    if not options.html:
        print_next("--html FILE draws privacy against quality; --out FILE keeps the numbers.")
    else:
        print_next(f"open {options.html}; docs/privacy.md says what the attacks are and what is not covered.")
