"""What is wrong with a file, in words that never repeat a value.

Layer: node.ingest, pure. A problem names file, row, column and rule, so that the data's owner finds the
cell; the value itself is personal data and stays in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.errors import InputError

MAX_LISTED = 20


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
    """Return the one error that lists the first problems and says that nothing was loaded."""
    listed = "\n".join(f"  {problem}" for problem in problems[:MAX_LISTED])
    more = len(problems) - MAX_LISTED
    rest = f"\n  and {more} more" if more > 0 else ""
    return InputError(
        f"nothing was loaded; problems found: {len(problems)}\n{listed}{rest}\n"
        "Correct the files at their source and load the folder again.",
        code="BAD_FILES",
    )
