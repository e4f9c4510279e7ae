"""``./run quality``: measure linkage quality and fairness on every labelled set, beside the baselines.

The result table goes to standard output, progress to standard error. Every set takes from seconds to a
few minutes; all of them about half an hour on two cores. ``--quick`` takes small ones.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.quality import splink_method
from tests.quality.columns import EXPLANATION, HEADINGS, list_rows
from tests.quality.compare import Settings, measure_set
from tests.quality.document import render_document
from tests.quality.federations import SCENARIOS, load_federation
from tests.quality.labelled import DEVELOPMENT_SETS, LabelledSet, load_development_set, load_folder
from tests.quality.page import render_page
from tests.quality.reading import read_report
from tests.quality.results import Report, SetResult, parse_report, to_json

DOCUMENT = Path(__file__).parents[2] / "docs" / "quality.md"
QUICK_SETS = ("splink_fake_1000", "historical_50k_dev")
SEED = 20_260_101
KEYS = 3
TABLE_WIDTH = 165


def main() -> None:
    """Measure, or read an earlier result, and print and write what was asked for."""
    options = parse_options(sys.argv[1:])
    notes = Console(stderr=True, highlight=False)
    report = parse_report(json.loads(options.results.read_text("utf-8"))) if options.results else None
    if report is None or options.sets:
        report = measure(options, notes, earlier=report)
    if options.json:
        print(json.dumps(to_json(report), indent=1))
    else:
        # Twelve columns: a narrower terminal wraps lines, which reads better than folded cells.
        print_table(report, Console(highlight=False, width=max(TABLE_WIDTH, Console().width)))
    if options.out:
        write_json(options.out, report)
        notes.print(f"written: {options.out}")
    for path, text in list_outputs(options, report):
        path.write_text(text, encoding="utf-8")
        notes.print(f"written: {path}")


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="./run quality", description=__doc__)
    parser.add_argument("--sets", nargs="+", metavar="SET", help=f"among: {', '.join(list_names())}")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="measure your own set (docs/tutorials)")
    parser.add_argument("--quick", action="store_true", help=f"one key, small sets: {', '.join(QUICK_SETS)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report with charts there")
    parser.add_argument("--write-docs", action="store_true", help="write docs/quality.md")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="take an earlier JSON: render it, measure only --sets"
    )
    parser.add_argument("--keys", type=int, help=f"linkage keys to repeat Clew under (default {KEYS})")
    parser.add_argument("--seed", type=int, default=SEED, help="of keys, bootstrap and Splink's random pairs")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="threads that Splink may use"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.sets or ()) - set(list_names())
    if unknown:
        parser.error(
            f"--sets: expected names among {', '.join(list_names())}, got {', '.join(sorted(unknown))}"
        )
    return options


def list_names() -> tuple[str, ...]:
    """Return the name of every set that can be measured."""
    return (*DEVELOPMENT_SETS, *SCENARIOS)


def choose_names(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the names of the sets that were asked for."""
    if options.folder:
        return (options.folder.name,)
    return tuple(options.sets or (QUICK_SETS if options.quick else list_names()))


def load_set(name: str, seed: int) -> LabelledSet:
    """Return a set by name, generated where it is not a file."""
    return load_federation(name, seed=seed) if name in SCENARIOS else load_development_set(name)


def measure(options: argparse.Namespace, notes: Console, *, earlier: Report | None = None) -> Report:
    """Measure every chosen set; keep the earlier results of the others.

    Raises:
        SystemExit: The environment of the baseline is missing.
    """
    if not splink_method.is_installed():
        raise SystemExit("quality: .venv-quality is missing; start this program with ./run quality")
    names = choose_names(options)
    keys = options.keys or (1 if options.quick else KEYS)
    settings = Settings(seed=options.seed, keys=keys, threads=options.threads)
    results = {result.name: result for result in (earlier.sets if earlier else ())}
    versions = {name: version(name) for name in ("clew", "clkhash", "anonlink", "numpy", "scipy")}
    started = time.perf_counter()
    with notes.status("") as status:
        for number, name in enumerate(names, start=1):

            def show(stage: str, number: int = number) -> None:
                line = f"set {number} of {len(names)}, {time.perf_counter() - started:.0f} s: {stage}"
                status.update(line) if notes.is_terminal else notes.print(line)

            show(f"reading {name}")
            labelled = load_folder(options.folder) if options.folder else load_set(name, options.seed)
            result, more = measure_set(labelled, settings, show)
            results[result.name] = result
            versions |= more
            if options.out:  # so that nothing is lost if a later set fails
                write_json(options.out, build_report(options, keys, versions, results))
    return build_report(options, keys, versions, results)


def build_report(
    options: argparse.Namespace, keys: int, versions: Mapping[str, str], results: Mapping[str, SetResult]
) -> Report:
    """Return the report of the sets measured so far, in the order they are listed."""
    order = [name for name in list_names() if name in results]
    return Report(
        measured_on=datetime.now(UTC).date().isoformat(),
        machine=describe_machine(),
        versions=versions,
        settings={"seed": options.seed, "keys": keys, "Splink threads": options.threads},
        sets=tuple(results[name] for name in dict.fromkeys([*order, *results])),
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


def print_table(report: Report, console: Console) -> None:
    """Print the one table, and what it means."""
    table = Table(title="Linkage quality", title_justify="left")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right", no_wrap=True)
    for result in report.sets:
        for row in list_rows(result):
            table.add_row(*row)
        table.add_section()
    console.print(table)
    console.print(EXPLANATION, soft_wrap=True)
    for finding in read_report(report):
        console.print(f"{'met    ' if finding.is_good else 'NOT MET'}  {finding.text}", soft_wrap=True)


def write_json(path: Path, report: Report) -> None:
    """Write a report as JSON."""
    path.write_text(json.dumps(to_json(report), indent=1) + "\n", encoding="utf-8")


def list_outputs(options: argparse.Namespace, report: Report) -> Iterator[tuple[Path, str]]:
    """Yield each file to write and its text."""
    if options.html:
        yield options.html, render_page(report)
    if options.write_docs:
        yield DOCUMENT, render_document(report)


if __name__ == "__main__":
    main()
