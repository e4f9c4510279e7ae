"""Encode records as CLKs, byte for byte as clkhash does.

Layer: crypto. Any clkhash or anonlink user can join a federation, because these are clkhash's own encodings;
how they come about differs. Each column is reduced to its distinct values and those to their distinct tokens,
a token is hashed once, and rows of bits are combined by number (docs/adr/0012). Records go in chunks, so that
memory beyond the result is bounded, and nothing is memoised beyond a chunk: clkhash keeps encodings by
plain-text tokens and key for the life of the process. clkhash's messages quote values; ours name row and
column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from clkhash.comparators import NgramComparison
from clkhash.field_formats import FieldSpec
from clkhash.key_derivation import generate_key_lists
from clkhash.schema import Schema
from numpy.typing import NDArray

from crypto.encoding.bits import PackedRows, add_rows, fold_rows
from crypto.encoding.formats import format_text
from crypto.encoding.positions import encode_tokens
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import standardise_value
from crypto.encoding.text import Numbers, Text, find_distinct, pack_text
from crypto.encoding.tokens import MisfitError, TokenTable, tokenise
from crypto.errors import InputError

MIN_SECRET_BYTES = 16  # a shorter secret can be searched
CHUNK_RECORDS = 1 << 17  # more records share more values; this many take some 50 MiB at 1024 bits
CHUNK_BYTES = 1 << 26  # of unfolded rows; lowers the number of records where rows are long
MAX_UNFOLDED_BITS = 1 << 16  # clkhash draws 16-bit positions: in a longer filter no later bit is ever set
Encodings = NDArray[np.uint8]
"""Packed CLKs, shape (records, bits / 8); clkhash's bit order (most significant bit first)."""


@dataclass(frozen=True, slots=True)
class _Column:
    """Values without most of their repetition, the first ones first, and each record's index among them."""

    values: Text
    places: Numbers


@dataclass(frozen=True, slots=True)
class _FieldTokens:
    """One field's tokens, value by value, and each record's index among the values."""

    spec: FieldSpec
    key: bytes
    table: TokenTable
    places: Numbers


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

    def take(chunk: slice) -> list[_Column]:
        return [
            _take_field([person.get(field, "") for person in people[chunk]], field, schema)
            for field in schema.fields
        ]

    return _encode(len(people), take, schema, secret)


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
    width = len(schema.fields)
    _check_widths(records, width)

    def take(chunk: slice) -> list[_Column]:
        text = pack_text(list(chain.from_iterable(records[chunk])))
        return [_reduce(text.take(slice(at, None, width))) for at in range(width)]

    return _encode(len(records), take, schema, secret)


def encode_columns(
    columns: Mapping[str, Sequence[str]], schema: LinkageSchema, *, secret: bytes
) -> Encodings:
    """Encode columns of values that are already in the form to be encoded.

    Args:
        columns: One column for each of ``schema.fields``, all of one length; ignored fields included.
        schema: The agreed linkage schema.
        secret: The key material, as given to clkhash.

    Returns:
        Packed encodings, one per row of the columns, identical to clkhash's.

    Raises:
        InputError: The secret is empty, columns are missing, unknown or of several lengths, or a
            value breaks the schema's format; the message names row (from 1) and field, never the value.
    """
    records = _check_columns(columns, schema.fields)

    def take(chunk: slice) -> list[_Column]:
        return [_reduce(pack_text(columns[field][chunk])) for field in schema.fields]

    return _encode(records, take, schema, secret)


def _encode(
    records: int, take: Callable[[slice], list[_Column]], schema: LinkageSchema, secret: bytes
) -> Encodings:
    """Encode records chunk by chunk; ``take`` gives a chunk's columns in the order of the schema's fields."""
    if not secret:
        raise InputError("expected a secret, got an empty one")
    recipe = schema.to_clkhash()
    keys = _derive_keys(secret, recipe)
    unfolded_bits = min(recipe.l << recipe.xor_folds, MAX_UNFOLDED_BITS)
    encodings = np.zeros((records, recipe.l // 8), dtype=np.uint8)
    for chunk in _split(records, unfolded_bits):
        fields = _tokenise_columns(take(chunk), recipe, keys, chunk.start)
        rows = encodings[chunk].view(np.uint64)
        if unfolded_bits > recipe.l:
            rows = np.zeros((len(rows), unfolded_bits // 64), dtype=np.uint64)
        for field in fields:
            add_rows(rows, _encode_field(field, unfolded_bits), field.places)
        if unfolded_bits > recipe.l:
            encodings[chunk] = fold_rows(rows, recipe.l).view(np.uint8)
    return encodings


def _reduce(text: Text) -> _Column:
    firsts, places = find_distinct(text)
    return _Column(text.take(firsts), places)


def _take_field(values: Sequence[str], field: str, schema: LinkageSchema) -> _Column:
    """Return a column whose distinct raw values are standardised, if the schema asks for that, once each."""
    column = _reduce(pack_text(values))
    if not schema.is_standardised:
        return column
    standardised = [standardise_value(field, value) for value in column.values.to_values()]
    return _Column(pack_text(standardised), column.places)


def _check_widths(records: Sequence[Sequence[str]], width: int) -> None:
    if set(map(len, records)) <= {width}:
        return
    for number, record in enumerate(records, start=1):
        if len(record) != width:
            raise InputError(f"row {number}: expected {width} values, got {len(record)}")


def _check_columns(columns: Mapping[str, Sequence[str]], fields: Sequence[str]) -> int:
    """Return the number of rows that all columns have."""
    if set(columns) != set(fields):
        raise InputError(f"expected the columns {', '.join(fields)}, got {', '.join(columns) or 'none'}")
    lengths = sorted({len(column) for column in columns.values()})
    if len(lengths) != 1:
        raise InputError(f"expected columns of one length, got lengths from {lengths[0]} to {lengths[-1]}")
    return lengths[0]


def _derive_keys(secret: bytes, recipe: Schema) -> list[bytes]:
    """Return each field's key: clkhash derives two a field and blakeHash uses the first."""
    lists = generate_key_lists(
        secret,
        len(recipe.fields),
        key_size=recipe.kdf_key_size,
        salt=recipe.kdf_salt,
        info=recipe.kdf_info,
        kdf=recipe.kdf_type,
        hash_algo=recipe.kdf_hash,
    )
    return [keys[0] for keys in lists]


def _split(records: int, unfolded_bits: int) -> Iterator[slice]:
    size = min(CHUNK_RECORDS, CHUNK_BYTES * 8 // unfolded_bits)
    return (slice(start, min(start + size, records)) for start in range(0, records, size))


def _tokenise_columns(
    columns: Sequence[_Column], recipe: Schema, keys: Sequence[bytes], first_row: int
) -> list[_FieldTokens]:
    """Return the tokens of every field that is not ignored, or name the first value that does not fit."""
    tokenised, misfits = [], []
    for spec, key, column in zip(recipe.fields, keys, columns, strict=True):
        if spec.hashing_properties is None:
            continue
        try:
            tokenised.append(_tokenise_column(column, spec, key))
        except MisfitError as misfit:
            misfits.append((int(np.argmax(column.places == misfit.index)), spec.identifier))
    if misfits:
        row, field = min(misfits, key=lambda misfit: misfit[0])
        raise InputError(
            f"row {first_row + row + 1}, column {field!r}: value does not fit the schema's format"
        ) from None
    return tokenised


def _tokenise_column(column: _Column, spec: FieldSpec, key: bytes) -> _FieldTokens:
    text, places = format_text(column.values, spec), column.places
    comparator = spec.hashing_properties.comparator
    if isinstance(comparator, NgramComparison):  # equally many letters, equally many tokens: neighbours
        order = np.argsort(text.count_letters(), kind="stable")
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        text, places = text.take(order), ranks[places]
    return _FieldTokens(spec, key, tokenise(text, comparator), places)


def _encode_field(field: _FieldTokens, width_bits: int) -> PackedRows:
    hashing = field.spec.hashing_properties
    try:
        return encode_tokens(
            field.table,
            hashing.strategy.bits_per_token,
            key=field.key,
            width_bits=width_bits,
            encoding=hashing.encoding,
        )
    except UnicodeEncodeError:
        raise InputError(
            f"column {field.spec.identifier!r}: expected tokens that can be written as {hashing.encoding}; "
            "check missingValue.replaceWith in the schema"
        ) from None
