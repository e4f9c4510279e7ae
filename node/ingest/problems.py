"""What is wrong with a file, in words that never repeat a value.

Layer: node.ingest, pure. A problem names file, row, column and rule, so that the data's owner finds the
cell; the value itself is personal data and stays in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.errors import InputError

MAX_LISTED = 20  # kinds of fault, so that one wrong column hides no other
MAX_ROWS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault.

    Attributes:
        file: Name of the file within the folder.
        row: Row in the file, the header being row 1; None for the file as a whole.
        column: Column, or empty for the whole row.
        rule: What was expected.
    """

    file: str
    row: int | None
    column: str
    rule: str

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row is not None else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{row}{column}: {self.rule}"


def refuse(problems: Sequence[Problem]) -> InputError:
    """Return the one error that lists what is wrong, each fault once with its first rows."""
    faults: dict[tuple[str, str, str], list[int]] = {}
    for problem in problems:
        rows = faults.setdefault((problem.file, problem.column, problem.rule), [])
        rows += [problem.row] if problem.row is not None else []
    listed = [f"  {_describe(*fault, rows)}" for fault, rows in faults.items()]
    more = [f"  and {len(listed) - MAX_LISTED} more kinds of fault"] if len(listed) > MAX_LISTED else []
    return InputError(
        "\n".join(
            [
                f"nothing was loaded; problems found: {len(problems)}",
                *listed[:MAX_LISTED],
                *more,
                "Correct the files at their source and load the folder again.",
            ]
        ),
        code="BAD_FILES",
    )


def _describe(file: str, column: str, rule: str, rows: list[int]) -> str:
    if len(rows) <= 1:
        return str(Problem(file, rows[0] if rows else None, column, rule))
    first = ", ".join(str(row) for row in rows[:MAX_ROWS_NAMED])
    rest = f" and {len(rows) - MAX_ROWS_NAMED} more" if len(rows) > MAX_ROWS_NAMED else ""
    where = f", column {column}" if column else ""
    return f"{file}, rows {first}{rest}{where}: {rule}"
