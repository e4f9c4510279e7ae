"""Known true pairs, for measuring linkage.

Layer: lab. Pure: bytes in, record positions out.
"""

from collections.abc import Sequence

from crypto.encoding.interchange import parse_csv
from crypto.errors import InputError
from lab.people_file import PeopleFile
from scoring.linkage.evaluation import Pair
from scoring.linkage.matching import Position


def parse_truth(data: bytes, files: Sequence[PeopleFile], *, name: str, within: bool) -> set[Pair]:
    """Parse true pairs into record positions.

    Pairs inside one file are left out unless ``within``: linkage between files cannot find them.

    Raises:
        InputError: Malformed CSV, missing columns, an identifier that no file has, or no pair left.
    """
    header, rows = parse_csv(data, name=name)
    missing = [column for column in ("rec_id_a", "rec_id_b") if column not in header]
    if missing:
        raise InputError(f"{name} row 1: expected columns rec_id_a and rec_id_b, got no {missing[0]}")
    first, second = header.index("rec_id_a"), header.index("rec_id_b")
    homes = _find_homes(files)
    pairs = set()
    for number, row in enumerate(rows, start=2):
        for column, value in (("rec_id_a", row[first].strip()), ("rec_id_b", row[second].strip())):
            if value not in homes:
                raise InputError(f"{name} row {number}, column {column}: expected a rec_id of the files")
        pairs |= _resolve(homes[row[first].strip()], homes[row[second].strip()], within)
    if not pairs:
        raise InputError(f"{name}: expected at least one pair between two records, got none")
    return pairs


def _find_homes(files: Sequence[PeopleFile]) -> dict[str, list[Position]]:
    homes: dict[str, list[Position]] = {}
    for dataset, file in enumerate(files):
        for record, record_id in enumerate(file.ids):
            homes.setdefault(record_id, []).append((dataset, record))
    return homes


def _resolve(left: Sequence[Position], right: Sequence[Position], within: bool) -> set[Pair]:
    """Return the pair two identifiers name; where both files use both, the first file's comes first."""
    found = [(a, b) for a in left for b in right if a != b and (within or a[0] != b[0])]
    return {(min(found[0]), max(found[0]))} if found else set()
