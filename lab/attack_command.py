"""The ``clew-lab attack`` command: options in, what attacks reach out.

Layer: lab. The thin edge of :mod:`lab.attacks`: it reads files and the clock, shows progress, writes what was
measured after every result, and says what to do next.
"""

import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from crypto.errors import InputError
from lab.attacks.catalogue import ATTACKS, get_attack
from lab.attacks.controls import choose_controls
from lab.attacks.density import AS_IS, NATIONAL, set_density
from lab.attacks.people import Subject, draw_subjects, parse_subjects
from lab.attacks.report.document import CHART, DOCUMENT, render_chart, render_document
from lab.attacks.report.page import render_page
from lab.attacks.report.reading import describe_void, list_failures
from lab.attacks.report.table import print_report
from lab.attacks.results import Conditions, Run, parse_runs, to_json
from lab.attacks.run import plan_cells
from lab.attacks.scenario import Setting, count_covered
from lab.attacks.schemes import DEFAULT_SCHEMES, get_scheme
from lab.attacks.tasks import ControlTask, Pools, QualityTask, Task, perform_tasks
from protos.hosting.terminal import EXIT_FAILED, errors, print_json, print_next

DEFAULT_RECORDS = 5000
COVERAGES, ANCHORS = "1,0.5,0.2", "0,40,400,2000"
SEED = 20_260_101
LIBRARIES = ("clew", "clkhash", "numpy", "scipy")
DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True, slots=True)
class AttackOptions:
    """What the user asked for on the command line."""

    schemes: tuple[str, ...] = ()
    people: Path | None = None
    records: int | None = None
    coverage: str = COVERAGES
    anchors: str = ANCHORS
    attacks: str = ""
    leaked_key: bool = False
    density: str | None = None
    seed: int = SEED
    jobs: int = 1
    results: tuple[Path, ...] = ()
    out: Path | None = None
    html: Path | None = None
    write_docs: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the options mean: whom to attack, how, and what to leave out."""

    conditions: Conditions
    pools: Pools
    tasks: tuple[Task, ...]
    left_out: tuple[Setting, ...]


def run_attack_command(options: AttackOptions) -> None:
    """Carry out the command.

    Raises:
        InputError: An option or a file is wrong; nothing was measured.
        Exit: A positive control failed or something could not be measured; everything else is written.
    """
    runs = [run for path in options.results for run in _read_results(path)]
    if options.schemes or not options.results:
        runs.append(_measure(options, runs))
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


def plan_run(options: AttackOptions, *, today: str) -> Plan:
    """Return what to do.

    Raises:
        InputError: An option does not parse, is out of range, or asks for more people than there are.
    """
    schemes = [get_scheme(name).name for name in options.schemes or DEFAULT_SCHEMES]
    attacks = tuple(get_attack(name).name for name in _split(options.attacks)) or tuple(ATTACKS)
    coverages = [_parse_number(text, "--coverage", float) for text in _split(options.coverage)]
    anchors = [_parse_number(text, "--anchors", int) for text in _split(options.anchors)]
    if not coverages or not anchors or options.seed < 0 or options.jobs < 1:
        raise InputError("expected at least one --coverage, one --anchors, a --seed from 0 and --jobs from 1")
    share_on_hand = 2 - min(coverages)  # held people, and strangers in place of those the list lacks
    subjects, records = _get_subjects(options, max(1.0, share_on_hand))
    density = options.density or (AS_IS if options.people else NATIONAL)
    attacked = set_density(subjects, density, records=records, seed=options.seed)
    national = set_density(subjects, NATIONAL, records=records, seed=options.seed)
    settings = [
        Setting(records, coverage, known, options.seed) for coverage in coverages for known in anchors
    ]
    for setting in settings:
        count_covered(len(subjects), replace(setting, anchors=min(setting.anchors, 0)))
    cells, left_out = plan_cells(schemes, settings, attacks, leak_secret=options.leaked_key)
    controls = [ControlTask(control, records, options.seed) for control in choose_controls(attacks)]
    recorded = () if options.people else subjects[:records]
    qualities = [QualityTask(scheme, options.seed) for scheme in schemes if recorded]
    return Plan(
        Conditions(
            source=options.people.name if options.people else "synthetic people of four forces",
            records=records,
            density=density,
            seed=options.seed,
            measured_on=today,
            machine=describe_machine(),
            versions={name: version(name) for name in LIBRARIES},
        ),
        Pools([one.listed for one in attacked], [one.listed for one in national], recorded),
        (*controls, *qualities, *cells),
        tuple(left_out),
    )


def describe_machine() -> dict[str, str]:
    """Return processor, cores and Python."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "processor": next(names, platform.machine()),
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
    }


def _measure(options: AttackOptions, earlier: Sequence[Run]) -> Run:
    """Measure everything planned; what is measured is on disk after each result."""
    notes = Console(stderr=True, highlight=False)
    started = time.perf_counter()
    with notes.status("drawing people") as status:
        plan = plan_run(options, today=datetime.now(UTC).date().isoformat())
        for setting in plan.left_out:
            notes.print(
                f"left out: {setting.anchors:,} known records are more than a list that covers "
                f"{setting.coverage:.0%} of {setting.records:,} has"
            )

        def show(done: int, what: str) -> None:
            line = f"{done} of {len(plan.tasks)} done, {time.perf_counter() - started:.0f} s: {what}"
            status.update(line) if notes.is_terminal else notes.print(line)

        run = Run(plan.conditions)
        for part in perform_tasks(plan.tasks, plan.pools, jobs=options.jobs, progress=show):
            run = run.add(part)
            if options.out:
                _write_whole(options.out, _to_text([*earlier, run]))
    return run


def _get_subjects(options: AttackOptions, share_on_hand: float) -> tuple[list[Subject], int]:
    if options.people is None:
        records = options.records or DEFAULT_RECORDS
        return draw_subjects(round(records * share_on_hand), seed=options.seed), records
    subjects = parse_subjects(options.people.read_bytes(), name=options.people.name)
    return subjects, options.records or min(DEFAULT_RECORDS, int(len(subjects) / share_on_hand))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_number(text: str, option: str, kind: type[Any]) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise InputError(f"{option}: expected numbers with commas between, got {text!r}") from error


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
