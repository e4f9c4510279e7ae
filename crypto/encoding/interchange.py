"""Offline interchange: encode a CSV file into the JSON that anonlink-client writes and reads.

Layer: crypto. Pure compatibility with clkhash: columns are the schema's identifiers, values are encoded
as they stand, and the result is byte-identical to clkhash's for the same schema and secret. A schema
that asks for Clew's standardisation is refused, because other tools would silently skip that step.
"""

import codecs
import csv
import io

from crypto.canonical import encode_base64
from crypto.encoding.encoder import encode_records
from crypto.encoding.schema import parse_schema
from crypto.errors import InputError


def encode_csv(schema_json: bytes, secret: bytes, csv_bytes: bytes, *, name: str) -> dict[str, list[str]]:
    """Encode a CSV file as anonlink-client does.

    Args:
        schema_json: A clkhash version 3 schema.
        secret: The key file's bytes, used as they are: a trailing newline counts.
        csv_bytes: The untrusted file, UTF-8 with a header row.
        name: What to call the file in messages.

    Returns:
        ``{"clks": [base64, ...]}``, one encoding per record, in the file's order.

    Raises:
        InputError: Bad schema, header, encoding or row; an empty file or secret. Messages name file,
            row and column, never a value.
    """
    schema = parse_schema(schema_json)
    if schema.is_standardised:
        raise InputError(
            "linkage schema $.standardisation: expected a plain clkhash schema without this key, "
            "got one that other tools would encode differently"
        )
    header, rows = parse_csv(csv_bytes, name=name)
    if tuple(header) != schema.fields:
        raise InputError(
            f"{name} row 1: expected the header {', '.join(schema.fields)} in this order, "
            f"got {len(header)} columns that differ; is the header row missing?"
        )
    try:
        encodings = encode_records(rows, schema, secret=secret)
    except InputError as error:
        raise InputError(f"{name}, counting records without the header: {error.public_message}") from error
    return {"clks": [encode_base64(encoding.tobytes()) for encoding in encodings]}


def parse_csv(data: bytes, *, name: str) -> tuple[list[str], list[list[str]]]:
    """Parse an untrusted CSV file strictly.

    Args:
        data: UTF-8 bytes, with or without a byte order mark; comma-separated.
        name: What to call the file in messages.

    Returns:
        The header and at least one record; every record has as many values as the header.

    Raises:
        InputError: Not UTF-8, not CSV, empty, without records, a repeated column or a record of
            another width. Row 1 is the header.
    """
    rows = _read_rows(_decode(data, name), name)
    if not rows:
        raise InputError(f"{name}: expected a header row and records, got an empty file")
    header, records = [column.strip() for column in rows[0]], rows[1:]
    if len(set(header)) != len(header):
        raise InputError(f"{name} row 1: expected each column name once, got a repeated one")
    if not records:
        raise InputError(f"{name}: expected at least one record under the header row, got none")
    for number, record in enumerate(records, start=2):
        if len(record) != len(header):
            raise InputError(f"{name} row {number}: expected {len(header)} values, got {len(record)}")
    return header, records


def _decode(data: bytes, name: str) -> str:
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        bad = text.find("\0")
    except UnicodeDecodeError as error:
        text, bad = "", error.start
    if bad >= 0:
        line = data.count(b"\n", 0, bad) + 1
        # Raised outside the handler: the decoding error carries the whole file.
        raise InputError(f"{name} line {line}: expected UTF-8 text, got other bytes; save it as CSV UTF-8")
    return text


def _read_rows(text: str, name: str) -> list[list[str]]:
    """Return all rows without the blank ones at the end."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError(
            f"{name} line {reader.line_num}: expected comma-separated values with quotes in pairs ({error})"
        ) from error
    while rows and not rows[-1]:
        rows.pop()
    return rows
