"""Reading one CSV file against its contract.

Layer: node.ingest. Python's own strict CSV reader, because it keeps row numbers exact, treats every
cell as text and reports a short or long row instead of shifting or filling it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto.errors import StorageError
from node.ingest.cells import BadCell
from node.ingest.contract import FileContract
from node.ingest.problems import Problem

MAX_FILE_BYTES = 1 << 30  # several times the largest force's; a larger file is some other file
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's records with their rows, and what is wrong with the others."""

    records: tuple[tuple[int, Any], ...]
    problems: tuple[Problem, ...]


def read_file(folder: Path, contract: FileContract) -> ReadFile:
    """Read a file of a folder; problems are returned, not raised, so that all can be told at once.

    Raises:
        StorageError: The file exists and cannot be read.
    """
    path = folder / contract.file
    if not path.exists():
        missing = Problem(contract.file, None, "", "expected this file in the folder, got none")
        return ReadFile((), (missing,) if contract.required else ())
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return _fault(contract, None, f"expected at most {MAX_FILE_BYTES >> 20} MiB, got more")
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {contract.file}: {error.strerror}") from error
    return parse_file(data, contract)


def parse_file(data: bytes, contract: FileContract) -> ReadFile:
    """Parse a file's untrusted bytes against its contract."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        looks = "UTF-16" if data[:2] in UTF_16_MARKS else "Windows-1252 or the like"
        return _fault(contract, row, f"expected UTF-8, got other bytes ({looks}); export the file as UTF-8")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        # The library's message is not kept: it may quote the cell.
        return _fault(contract, None, "expected CSV with balanced quotes, got something else")
    if not rows:
        return _fault(contract, None, "expected a header and rows, got an empty file")
    problem = _check_header(rows[0], contract)
    if problem is not None:
        return ReadFile((), (problem,))
    if len(rows) == 1:
        return _fault(contract, None, "expected at least one row after the header, got none")
    return _parse_rows(rows, contract)


def _check_header(header: list[str], contract: FileContract) -> Problem | None:
    expected = list(contract.columns)
    separator = next((mark for mark in OTHER_SEPARATORS if len(header) == 1 and mark in header[0]), None)
    if separator:
        name = OTHER_SEPARATORS[separator]
        return Problem(contract.file, 1, "", f"expected cells separated by commas, got {name}; export as CSV")
    missing = [name for name in expected if name not in header]
    unknown = [position for position, name in enumerate(header, start=1) if name not in expected]
    if not missing and not unknown and len(header) == len(expected):
        return None
    rule = f"expected exactly the columns {', '.join(expected)}"
    if missing:
        rule += f"; missing: {', '.join(missing)}"
    if unknown:
        rule += (
            f"; not allowed here: {_name_columns(header, unknown, is_header=len(missing) < len(expected))}"
        )
    return Problem(contract.file, 1, "", rule if missing or unknown else f"{rule}; got a repeated column")


def _name_columns(header: list[str], positions: list[int], *, is_header: bool) -> str:
    """Name columns, or only their positions where the first row may be data with no header above it."""
    named = [header[position - 1] if is_header else f"column {position}" for position in positions]
    return ", ".join(name[:40] if name.isprintable() and name else "an unnamed column" for name in named)


def _parse_rows(rows: list[list[str]], contract: FileContract) -> ReadFile:
    header, width = rows[0], len(rows[0])
    records: list[tuple[int, Any]] = []
    problems: list[Problem] = []
    seen: set[tuple[Any, ...]] = set()
    for number, cells in enumerate(rows[1:], start=2):
        if len(cells) != width:
            problems.append(Problem(contract.file, number, "", f"expected {width} cells, got {len(cells)}"))
            continue
        values, faults = _parse_cells(dict(zip(header, cells, strict=True)), contract)
        problems.extend(Problem(contract.file, number, column, rule) for column, rule in faults)
        if faults:
            continue
        key = tuple(values[name] for name in contract.key)
        if key in seen:
            columns = "+".join(contract.key)
            problems.append(Problem(contract.file, number, columns, "expected each id once, got it again"))
            continue
        seen.add(key)
        records.append((number, contract.build(**values)))
    return ReadFile(tuple(records), tuple(problems))


def _parse_cells(
    cells: Mapping[str, str], contract: FileContract
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for column, rule, value in _try_cells(cells, contract):
        if rule:
            faults.append((column, rule))
        else:
            values[column] = value
    return values, faults


def _try_cells(cells: Mapping[str, str], contract: FileContract) -> Iterator[tuple[str, str, Any]]:
    for column, parse in contract.columns.items():
        try:
            yield column, "", parse(cells[column])
        except BadCell as error:
            yield column, str(error), None


def _fault(contract: FileContract, row: int | None, rule: str) -> ReadFile:
    return ReadFile((), (Problem(contract.file, row, "", rule),))
