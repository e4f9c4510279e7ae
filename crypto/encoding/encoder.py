"""Encode records as CLKs, byte for byte as clkhash does.

Layer: crypto. clkhash is the encoder, so that any clkhash or anonlink user can join a federation. Its
two faults are handled here: it memoises encodings by plaintext tokens and key for the life of the
process, so its caches are emptied after every call; and its messages quote the offending value, so
they are replaced by the row and column alone. It forks worker processes for large inputs, which is
unsafe in a threaded server: encoding is serial.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from clkhash import bloomfilter, clk
from clkhash.field_formats import InvalidEntryError
from clkhash.schema import Schema
from clkhash.validate_data import EntryError
from numpy.typing import NDArray

from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import standardise_record
from crypto.errors import InputError

MIN_SECRET_BYTES = 16  # a shorter secret can be searched
Encodings = NDArray[np.uint8]
"""Packed CLKs, shape (records, bits / 8); clkhash's bit order (most significant bit first)."""


def encode_people(people: Sequence[Mapping[str, str]], schema: LinkageSchema, *, secret: bytes) -> Encodings:
    """Standardise people's values as the schema asks and encode them.

    Args:
        people: One mapping of field to raw value per person; absent fields count as empty.
        schema: The agreed linkage schema.
        secret: The round key, at least :data:`MIN_SECRET_BYTES` long.

    Returns:
        Packed encodings in the order of ``people``.

    Raises:
        InputError: The secret is too short, or a value breaks the schema's format.
    """
    if len(secret) < MIN_SECRET_BYTES:
        raise InputError(f"expected a secret of at least {MIN_SECRET_BYTES} bytes, got {len(secret)}")
    if schema.is_standardised:
        rows = [standardise_record(person, schema.fields) for person in people]
    else:
        rows = [tuple(person.get(field, "") for field in schema.fields) for person in people]
    return encode_records(rows, schema, secret=secret)


def encode_records(records: Sequence[Sequence[str]], schema: LinkageSchema, *, secret: bytes) -> Encodings:
    """Encode values that are already in the form to be encoded.

    Args:
        records: One sequence of values per record, in the order of ``schema.fields``.
        schema: The agreed linkage schema.
        secret: The key material, as given to clkhash.

    Returns:
        Packed encodings, shape (records, bits / 8), identical to ``clkhash.clk.generate_clks``.

    Raises:
        InputError: The secret is empty, a record has too few or too many values, or a value
            breaks the schema's format; the message names row (from 1) and field, never the value.
    """
    if not secret:
        raise InputError("expected a secret, got an empty one")
    _check_widths(records, len(schema.fields))
    width_bytes = schema.clk_length_bits // 8
    if not records:
        return np.empty((0, width_bytes), dtype=np.uint8)
    packed = b"".join(row.tobytes() for row in _generate_clks(records, schema.to_clkhash(), secret))
    return np.frombuffer(packed, dtype=np.uint8).reshape(len(records), width_bytes)


def clear_clkhash_caches() -> None:
    """Forget the tokens and keys that clkhash memoises, so that none outlives the call that used it."""
    for cached in vars(bloomfilter).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


def _check_widths(records: Sequence[Sequence[str]], width: int) -> None:
    for number, record in enumerate(records, start=1):
        if len(record) != width:
            raise InputError(f"row {number}: expected {width} values, got {len(record)}")


def _generate_clks(records: Sequence[Sequence[str]], schema: Schema, secret: bytes) -> list[clk.bitarray]:
    try:
        clks: list[clk.bitarray] = clk.generate_clks(records, schema, secret, max_workers=1)
        return clks
    except EntryError as error:
        row = (error.row_index or 0) + 1
        field = error.field_spec.identifier if error.field_spec else "?"
        # Not chained: clkhash's message quotes the value, and tracebacks reach logs.
        raise InputError(f"row {row}, column {field!r}: value does not fit the schema's format") from None
    except (InvalidEntryError, ValueError):
        raise InputError("a value does not fit the schema's format; check dates and numbers") from None
    finally:
        clear_clkhash_caches()
