"""A file of people: parsed strictly, its columns mapped to the fields of a linkage schema.

Layer: lab. Pure: bytes in, values out. Messages name file, row (the header is row 1) and column and
never a value; they do not list the columns found either, because in a file without a header row those
are a person's data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crypto.encoding.interchange import parse_csv
from crypto.encoding.schema import LinkageSchema
from crypto.errors import InputError
from lab.columns import RECORD_ID_NAMES, Column, find_record_id, recognise_columns


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """One parsed file of people.

    Attributes:
        name: The file's name, for messages.
        ids: Record identifiers, unique, in the file's order.
        columns: Field of the schema to the column or columns that supply it.
        record_id: The column of the identifiers.
        header: All column names.
        rows: Raw values.
    """

    name: str
    ids: tuple[str, ...]
    columns: Mapping[str, Column]
    record_id: str
    header: tuple[str, ...] = field(repr=False)
    rows: Sequence[Sequence[str]] = field(repr=False)

    def read_people(self, fields: Sequence[str]) -> list[dict[str, str]]:
        """Return every record's raw values of these fields, which the file must have."""
        people = []
        for row in self.rows:
            values = dict(zip(self.header, row, strict=True))
            people.append({item: self.columns[item].join(values) for item in fields})
        return people

    def list_unused(self, fields: Sequence[str]) -> list[str]:
        """Return the columns that supply none of these fields."""
        used = {self.record_id, *(part for item in fields for part in self.columns[item].names)}
        return [name for name in self.header if name not in used]


def parse_people(data: bytes, *, name: str, schema: LinkageSchema, chosen: Mapping[str, str]) -> PeopleFile:
    """Parse a file of people and recognise its columns.

    Args:
        data: Untrusted CSV bytes.
        name: The file's name, for messages.
        schema: A schema with standardisation takes columns by their usual names; any other only by
            its own identifiers.
        chosen: Field to column name, given by the user.

    Raises:
        InputError: Malformed CSV, no or repeated record identifier, or no usable column.
    """
    header, rows = parse_csv(data, name=name)
    record_id = find_record_id(header)
    if record_id is None:
        raise InputError(
            f"{name} row 1: expected a column rec_id (or {', '.join(RECORD_ID_NAMES[1:])}), got "
            f"{len(header)} columns of other names; is the header row missing?"
        )
    columns = _map_columns(header, name, schema, chosen)
    ids = _read_ids(rows, header.index(record_id), name, record_id)
    return PeopleFile(name, ids, columns, record_id, tuple(header), rows)


def _map_columns(
    header: Sequence[str], name: str, schema: LinkageSchema, chosen: Mapping[str, str]
) -> dict[str, Column]:
    if schema.is_standardised:
        columns = recognise_columns(header, chosen)
        if not any(item in columns for item in schema.fields):
            raise InputError(
                f"{name} row 1: expected a column of a usual name for one of {', '.join(schema.fields)}, "
                "got none; name columns with --map FIELD=COLUMN"
            )
        return columns
    wanted = {item: chosen.get(item, item) for item in schema.encoded_fields}
    missing = [item for item, column in wanted.items() if column not in header]
    if missing:
        raise InputError(f"{name} row 1: expected the schema's columns, got none named {', '.join(missing)}")
    return {item: Column((column,)) for item, column in wanted.items()}


def _read_ids(rows: Sequence[Sequence[str]], place: int, name: str, column: str) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        value = row[place].strip()
        if not value:
            raise InputError(f"{name} row {number}, column {column}: expected an identifier, got nothing")
        if value in seen:
            raise InputError(
                f"{name} row {number}, column {column}: expected each identifier once, "
                f"got the one of row {seen[value]} again"
            )
        seen[value] = number
    return tuple(seen)
