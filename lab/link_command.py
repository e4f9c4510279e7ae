"""The ``clew-lab link`` command: files in, a table or JSON out.

Layer: lab. The thin edge of :mod:`lab.link`: it reads and writes files, draws the random key and
prints. Standard output holds the result alone; mapping, progress and warnings go to standard error
when JSON is asked for.
"""

import csv
import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crypto.encoding.schema import LinkageSchema
from crypto.errors import InputError
from lab.columns import parse_choices
from lab.link import LinkResult, link_files, score_result
from lab.people_file import PeopleFile, parse_people
from lab.truth import parse_truth
from protos.hosting.schema_files import load_schema
from scoring.linkage.candidate import LABEL
from scoring.linkage.evaluation import Pair, Quality
from scoring.linkage.matching import iterate_positions

PLAIN_NOTE = (
    "Plain encodings are pseudonymous, not anonymous: whoever holds them and a population list can "
    "re-identify nearly everyone. Keep them between the parties that link."
)
VIEWS_NOTE = "Compared by salted views: docs/privacy.md has what such rows give away, and to whom."


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """What the user asked for on the command line."""

    files: tuple[Path, ...]
    truth: Path | None
    out: Path | None
    schema: str
    choices: tuple[str, ...]
    dedupe: bool
    as_json: bool


def run_link(options: LinkOptions) -> None:
    """Carry out the command.

    Raises:
        InputError: Anything wrong with files or options; nothing was written.
    """
    started = time.perf_counter()
    notes = Console(stderr=options.as_json, markup=False, highlight=False)
    schema = load_schema(options.schema)
    _check_out(options)
    chosen = parse_choices(options.choices, schema.fields)
    files = [_read_people(path, schema, chosen) for path in options.files]
    _check_choices_used(files, chosen)
    truth = _read_truth(options, files)
    with Console(stderr=True).status("reading") as status:
        secret = secrets.token_bytes(32)
        result = link_files(
            files, schema, secret=secret, within=options.dedupe, progress=lambda stage: status.update(stage)
        )
        scored = score_result(result, truth, within=options.dedupe) if truth else None
    if options.out:
        _write_pairs(options.out, result, files)
    _print_mapping(notes, files, result)
    summary = summarise(result, files, scored, len(truth or ()), time.perf_counter() - started)
    if options.as_json:
        print(json.dumps(summary, indent=2))
    else:
        _print_summary(notes, summary, options, schema=schema)


def summarise(
    result: LinkResult,
    files: Sequence[PeopleFile],
    scored: tuple[Quality, Quality] | None,
    true_pairs: int,
    seconds: float,
) -> dict[str, Any]:
    """Return the command's result as JSON values; quality only where truth was given."""
    threshold = result.linkage.model.threshold
    summary: dict[str, Any] = {"own": asdict(scored[0]) if scored else {"threshold": threshold}}
    if scored:
        summary |= {"best": asdict(scored[1]), "true_pairs": true_pairs}
    return summary | {
        "pairs": len(result.linkage.matches),
        "records": sum(len(file.ids) for file in files),
        "seconds": round(seconds, 3),
        "schema_digest": result.schema.digest,
    }


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got: {error.strerror}") from error


def _read_people(path: Path, schema: LinkageSchema, chosen: dict[str, str]) -> PeopleFile:
    return parse_people(_read_bytes(path), name=str(path), schema=schema, chosen=chosen)


def _read_truth(options: LinkOptions, files: Sequence[PeopleFile]) -> set[Pair] | None:
    if options.truth is None:
        return None
    return parse_truth(_read_bytes(options.truth), files, name=str(options.truth), within=options.dedupe)


def _check_out(options: LinkOptions) -> None:
    """Refuse an output that cannot be written or would destroy an input, before the work is done."""
    if options.out is None:
        return
    inputs = [path.resolve() for path in (*options.files, *([options.truth] if options.truth else []))]
    if options.out.resolve() in inputs:
        raise InputError(f"--out: expected a new file, got {options.out}, which is an input")
    if not options.out.resolve().parent.is_dir():
        raise InputError(f"--out: expected an existing folder, got {options.out.parent}")


def _check_choices_used(files: Sequence[PeopleFile], chosen: dict[str, str]) -> None:
    for field, column in chosen.items():
        if not any(field in file.columns and column in file.columns[field].names for file in files):
            raise InputError(f"--map {field}={column}: expected a column of one of the files, got none")


def _write_pairs(path: Path, result: LinkResult, files: Sequence[PeopleFile]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["rec_id_a", "rec_id_b", "similarity", "probability"])
            writer.writerows(_rows(result, files))
    except OSError as error:
        raise InputError(f"--out {path}: could not be written: {error.strerror}") from error


def _rows(result: LinkResult, files: Sequence[PeopleFile]) -> Iterable[tuple[str, str, str, str]]:
    matches = result.linkage.matches
    numbers = zip(matches.similarity.tolist(), result.linkage.probability.tolist(), strict=True)
    for (left, right), (similarity, probability) in zip(iterate_positions(matches), numbers, strict=True):
        id_a, id_b = files[left[0]].ids[left[1]], files[right[0]].ids[right[1]]
        yield id_a, id_b, f"{similarity:.6f}", f"{probability:.6f}"


def _print_mapping(notes: Console, files: Sequence[PeopleFile], result: LinkResult) -> None:
    table = Table(title="Columns used", title_justify="left")
    table.add_column("field")
    for file in files:
        table.add_column(Path(file.name).name)
    for item in result.schema.fields:
        names = [file.columns[item].names if item in file.columns else ("(ignored)",) for file in files]
        table.add_row(item, *(" + ".join(parts) for parts in names))
    notes.print(table)
    for file in files:
        unused = file.list_unused([item for item in result.schema.fields if item in file.columns])
        if unused:
            notes.print(f"{file.name}: not used: {', '.join(unused)}", soft_wrap=True)
    for lost in list_lost_fields(files, result.schema):
        notes.print(f"WARNING {lost}", style="bold yellow", soft_wrap=True)
    for warning in result.warnings:
        notes.print(
            f"WARNING {warning.file}: {warning.count:,} of {warning.total:,} dates of birth name no real day "
            f"(first: row {warning.first_row}); they are compared digit by digit",
            style="bold yellow",
            soft_wrap=True,
        )


def list_lost_fields(files: Sequence[PeopleFile], schema: LinkageSchema) -> list[str]:
    """Return a sentence for each field that one file has and no pair is compared by, and how to name it."""
    if len(files) < 2:
        return []
    names = () if "full_name" in schema.fields else ("forenames", "surname")
    known = {field for file in files for field in file.columns}
    lost = [field for field in (*names, "dob", "postcode") if field in known and field not in schema.fields]
    return [
        f"{', '.join(Path(f.name).name for f in files if field not in f.columns)}: no column is taken for "
        f"{field}, so no pair is compared by it; name it with --map {field}=COLUMN"
        for field in lost
    ]


def _print_summary(
    notes: Console, summary: dict[str, Any], options: LinkOptions, *, schema: LinkageSchema
) -> None:
    own = summary["own"]
    notes.print(
        f"{summary['pairs']:,} pairs linked among {summary['records']:,} records "
        f"in {summary['seconds']:.1f} s "
        f"(own threshold {own['threshold']:.3f}, schema {summary['schema_digest'][:12]})",
        soft_wrap=True,
    )
    if "best" in summary:
        table = Table(title=f"Against {summary['true_pairs']:,} true pairs", title_justify="left")
        for heading in ("at threshold", "similarity", "precision", "recall", "F1"):
            table.add_column(heading, justify="left" if heading == "at threshold" else "right")
        for label, quality in (("own", own), ("best in hindsight", summary["best"])):
            table.add_row(
                label, *(f"{quality[key]:.4f}" for key in ("threshold", "precision", "recall", "f1"))
            )
        notes.print(table)
    if options.out:
        notes.print(f"Pairs are in {options.out}; column probability is the {LABEL}.", soft_wrap=True)
    else:
        notes.print(
            "Next: add --out pairs.csv to keep the pairs" + _truth_hint(options) + ".", soft_wrap=True
        )
    notes.print(PLAIN_NOTE if schema.views is None else VIEWS_NOTE, soft_wrap=True)


def _truth_hint(options: LinkOptions) -> str:
    return "" if options.truth else ", or --truth truth.csv (rec_id_a,rec_id_b) to measure quality"
