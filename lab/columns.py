"""Recognise which columns of a file hold which fields of a linkage schema.

Layer: lab. Pure. Names of columns differ between agencies and data sets; a closed table of known names
is safer than guessing from values. ``ent_id`` and every other unlisted column is never an input.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto.errors import InputError

RECORD_ID_NAMES = ("rec_id", "record_id", "unique_id", "id")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "forenames": ("forenames", "forename", "given_name", "given_names", "first_name", "first_names", "fn"),
    "middle_name": ("middle_name", "middle_names", "middle", "second_forename", "mn"),
    "surname": ("surname", "last_name", "family_name", "sn"),
    "full_name": ("full_name", "name"),
    "dob": ("dob", "date_of_birth", "birth_date"),
    "sex": ("sex", "gender"),
    "postcode": ("postcode", "postcode_fake", "post_code", "postal_code", "pcode", "zip", "zip_code"),
    "address": ("address", "address_1", "address_line_1", "street_address", "street"),
    "town": ("town", "city", "suburb", "locality"),
    "birth_place": ("birth_place", "place_of_birth", "town_of_birth"),
    "phone": ("phone", "phone_number", "telephone", "telephone_number", "mobile", "mobile_number", "tel"),
    "email": ("email", "e_mail", "email_address"),
    "pncid": ("pncid", "pnc_id"),
    "nhs_number": ("nhs_number", "nhs_no"),
    "national_id": ("national_id", "ni_number", "nino", "soc_sec_id", "ssn"),
}
"""Field to column names, the preferred one first."""

DATE_PARTS = (
    ("dob_day", "dob_mon", "dob_year"),
    ("dob_day", "dob_month", "dob_year"),
    ("birth_day", "birth_month", "birth_year"),
    ("day_of_birth", "month_of_birth", "year_of_birth"),
)
HOUSE_NUMBERS = ("street_number", "house_number")
NAME_PARTS = ("forenames", "surname")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field's values come from: one or more columns of a file, joined.

    Attributes:
        names: Column names as the file writes them.
        separator: What stands between joined values.
    """

    names: tuple[str, ...]
    separator: str = " "

    def join(self, values: Mapping[str, str]) -> str:
        """Return one record's raw value for the field; empty when all its columns are."""
        parts = [values[name].strip() for name in self.names]
        return self.separator.join(part for part in parts if part)


def simplify(name: str) -> str:
    """Return a column name for comparison: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_record_id(header: Sequence[str]) -> str | None:
    """Return the column that identifies records, or None."""
    return _find(header, RECORD_ID_NAMES)


def recognise_columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, Column]:
    """Return the fields a file can supply.

    Args:
        header: The file's column names.
        chosen: Field to column name, given by the user; goes before recognition.

    Returns:
        Field to column. ``full_name`` is derived from forenames and surname when the file has
        only those, so that it can be compared with a file that has only the whole name.
    """
    known = {field: name for field, names in ALIASES.items() if (name := _find(header, names))}
    columns = {field: Column((name,)) for field, name in known.items()}
    parts = next((found for names in DATE_PARTS if (found := _find_all(header, names))), None)
    if parts and "dob" not in columns:
        columns["dob"] = Column(parts, "/")
    number = _find(header, HOUSE_NUMBERS)
    if number and "address" in columns:
        columns["address"] = Column((number, *columns["address"].names))
    columns |= {field: Column((name,)) for field, name in chosen.items() if name in header}
    if "full_name" not in columns and all(part in columns for part in NAME_PARTS):
        columns["full_name"] = Column(tuple(columns[part].names[0] for part in NAME_PARTS))
    return columns


def choose_fields(files: Sequence[Mapping[str, Column]], schema_fields: Sequence[str]) -> tuple[str, ...]:
    """Return the schema's fields that every file supplies, in the schema's order.

    The whole name is used only where forenames and surname are not both there for all: two fields
    tell a swapped or changed part better than one.
    """
    shared = [field for field in schema_fields if all(field in columns for columns in files)]
    if all(part in shared for part in NAME_PARTS):
        return tuple(field for field in shared if field != "full_name")
    if "full_name" in shared:
        return tuple(field for field in shared if field not in NAME_PARTS)
    return tuple(shared)


def parse_choices(texts: Sequence[str], schema_fields: Sequence[str]) -> dict[str, str]:
    """Parse ``field=column`` texts.

    Raises:
        InputError: No equals sign, or a field that the schema does not have.
    """
    choices = {}
    for text in texts:
        field, equals, column = text.partition("=")
        if not equals or not column.strip():
            raise InputError("--map: expected FIELD=COLUMN, for example --map surname=nachname")
        if field.strip() not in schema_fields:
            raise InputError(f"--map: expected one of the fields {', '.join(schema_fields)} before '='")
        choices[field.strip()] = column.strip()
    return choices


def _find(header: Sequence[str], names: Sequence[str]) -> str | None:
    by_simple = {simplify(column): column for column in reversed(header)}
    return next((by_simple[simplify(name)] for name in names if simplify(name) in by_simple), None)


def _find_all(header: Sequence[str], names: Sequence[str]) -> tuple[str, ...] | None:
    found = [_find(header, (name,)) for name in names]
    return tuple(name for name in found if name) if all(found) else None
