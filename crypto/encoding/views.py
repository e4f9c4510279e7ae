"""Salted views: every record as one row in each view, comparable only with rows of its block.

Layer: crypto. A view is salted by some attributes of a record. Records with equal salts share a block
token, and their encodings one secret; everything else looks random. Salts are nearly unique, so blocks hold
one person nearly always and nobody can rank records by similarity, which is what re-identification needs
(docs/privacy.md). A person puts at most one row into a block, or namesakes in its own file would tie its
views. A block that more persons of one member share than the schema's cap is left out: who is in it is
found by other views.

Schemas without views give one view of clkhash's encodings, in which all rows compare.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from crypto.canonical import canonical_bytes
from crypto.encoding.attributes import ATTRIBUTES, TOKENS
from crypto.encoding.encoder import MIN_SECRET_BYTES, Encodings, encode_people
from crypto.encoding.fixed_weight import DIGEST_BYTES, Numbers, Segment, TokenLists, encode_rows
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.sounds import forget_words
from crypto.encoding.standardise import standardise_value
from crypto.encoding.view_schema import SaltedView, ViewsSpec
from crypto.encoding.wide import encode_wide
from crypto.errors import InputError

BLOCK_TOKEN_BYTES = 16
KEY_BYTES = 32
SEPARATOR = "\x1f"  # standardised values hold no control characters
ABSENT = -1

Person = Mapping[str, str]
Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class ViewRows:
    """Rows of one view, in the order of their records.

    Attributes:
        name: Of the view.
        records: Position of each row's record among the people given, shape (rows,).
        blocks: Block tokens, shape (rows, 16), or (rows, 0) where all rows compare.
        encodings: Packed bits, shape (rows, bytes).
    """

    name: str
    records: Numbers
    blocks: NDArray[np.uint8]
    encodings: Encodings


def encode_views(
    people: Sequence[Person],
    schema: LinkageSchema,
    *,
    secret: bytes,
    persons: Sequence[int] | None = None,
    cap: int | None = None,
) -> tuple[ViewRows, ...]:
    """Return the rows of every view of the schema, in the order of its layout.

    Args:
        people: Raw values by field, one mapping for each record; absent fields count as empty.
        schema: The agreed linkage schema.
        secret: The round key, at least 16 bytes.
        persons: Whose record each is, where one person has several (aliases); each its own without it.
        cap: Most persons in a block, in place of the schema's: to find duplicates in a file that nobody
            else will see.

    Raises:
        InputError: The secret is too short, or a value breaks the schema's format.
    """
    if len(secret) < MIN_SECRET_BYTES:
        raise InputError(f"expected a secret of at least {MIN_SECRET_BYTES} bytes, got {len(secret)}")
    everyone = np.arange(len(people))
    if schema.views is None:
        bare = np.empty((len(people), 0), dtype=np.uint8)
        encodings = encode_people(people, schema, secret=secret)
        return (ViewRows(schema.layout[0].name, everyone, bare, encodings),)
    holders = everyone if persons is None else np.asarray(persons, dtype=np.int64)
    try:
        spec = schema.views if cap is None else replace(schema.views, block_cap=cap)
        encoder = ViewEncoder(people, spec, secret=secret, holders=holders)
    finally:
        forget_words()
    rows = [encoder.encode(view) for view in schema.views.salted]
    if schema.views.wide is not None:
        bare = np.empty((len(people), 0), dtype=np.uint8)
        rows.append(
            ViewRows(schema.layout[-1].name, everyone, bare, encode_wide(people, schema, secret=secret))
        )
    return tuple(rows)


class ViewEncoder:
    """Encodes the same people into one salted view after another; holds their tokens until it is dropped."""

    def __init__(self, people: Sequence[Person], spec: ViewsSpec, *, secret: bytes, holders: Numbers) -> None:
        self._spec = spec
        self._secret = secret
        self._holders = holders
        names = sorted(_list_fields(spec))
        self._columns = {name: _standardise(name, [p.get(name, "") for p in people]) for name in names}
        self._attributes = {
            name: _derive_column(ATTRIBUTES[name].derive, ATTRIBUTES[name].fields, self._columns)
            for name in sorted({name for view in spec.salted for name in view.salt})
        }
        self._lists = [self._list_tokens(comparison.tokens) for comparison in spec.comparisons]
        self._segments = place_segments(spec)

    def encode(self, view: SaltedView) -> ViewRows:
        """Return the rows of one view."""
        blocks = self._find_blocks(view)
        records = select_rows(blocks, self._holders, cap=self._spec.block_cap)
        distinct, numbers = np.unique(blocks[records], return_inverse=True)
        digests = self._digest_salts(view, records, distinct=distinct, numbers=numbers)[numbers]
        encodings = encode_rows(
            self._lists,
            self._segments,
            records=records,
            secrets=digests[:, BLOCK_TOKEN_BYTES:],
            key=_derive_key(self._secret, "rows", view.name)[:DIGEST_BYTES],
        )
        return ViewRows(view.name, records, np.ascontiguousarray(digests[:, :BLOCK_TOKEN_BYTES]), encodings)

    def _find_blocks(self, view: SaltedView) -> Numbers:
        """Return a number for each record's salt, equal where salts are; ABSENT where a part is missing."""
        columns = self._attributes_of(view)
        numbers, missing = (
            np.zeros(len(self._holders), dtype=np.int64),
            np.zeros(len(self._holders), dtype=bool),
        )
        for codes, values in columns:
            numbers = pd.factorize(numbers * len(values) + codes)[0].astype(np.int64)
            missing |= np.array([not value for value in values], dtype=bool)[codes]
        return np.where(missing, ABSENT, numbers)

    def _digest_salts(
        self, view: SaltedView, records: Numbers, *, distinct: Numbers, numbers: Numbers
    ) -> NDArray[np.uint8]:
        """Return token and secret of each distinct block, side by side, shape (blocks, 32)."""
        example = np.empty(len(distinct), dtype=np.int64)
        example[numbers] = records
        parts = [
            np.array(values, dtype=object)[codes[example]].tolist()
            for codes, values in self._attributes_of(view)
        ]
        salts = [SEPARATOR.join(part).encode() for part in zip(*parts, strict=True)]
        return _digest(
            salts, _derive_key(self._secret, "blocks", view.name), BLOCK_TOKEN_BYTES + DIGEST_BYTES
        )

    def _attributes_of(self, view: SaltedView) -> list[tuple[Numbers, list[str]]]:
        return [self._attributes[name] for name in view.salt]

    def _list_tokens(self, kind: str) -> TokenLists:
        """Return the tokens of a comparison; a record without any gets one of its own, which looks random."""
        source = TOKENS[kind]
        codes, inputs = _factorise(zip(*(self._columns[name] for name in source.fields), strict=True))
        tokens = [source.derive(dict(zip(source.fields, values, strict=True))) for values in inputs]
        empty = [number for number, found in enumerate(tokens) if not found]
        present = [number for number, found in enumerate(tokens) if found]
        fillers = self._fill_absent(kind, np.flatnonzero(np.isin(codes, empty)))
        lists = [
            [f"{kind}{SEPARATOR}{token}" for token in dict.fromkeys(tokens[number])] for number in present
        ]
        position = np.full(len(inputs), ABSENT, dtype=np.int64)
        position[present] = np.arange(len(present))
        of_record = position[codes]
        of_record[of_record == ABSENT] = len(lists) + np.arange(len(fillers))
        return _number_tokens(
            lists + [[filler] for filler in fillers], of_record, key=_derive_key(self._secret, "tokens", kind)
        )

    def _fill_absent(self, kind: str, records: Numbers) -> list[str]:
        """Return one token for each of the records that has no value, new with every other value of it.

        Two records that both lack a value must not look alike for it.
        """
        columns = list(self._columns.values())
        return [
            SEPARATOR.join(("absent", kind, *(column[record] for column in columns)))
            for record in records.tolist()
        ]


def place_segments(spec: ViewsSpec) -> tuple[Segment, ...]:
    """Return where each comparison's bits lie, one after the other."""
    offsets = np.cumsum([0, *(comparison.bits for comparison in spec.comparisons)])
    return tuple(
        Segment(int(offset), comparison.bits, comparison.ones)
        for offset, comparison in zip(offsets, spec.comparisons, strict=False)
    )


def select_rows(blocks: Numbers, holders: Numbers, *, cap: int) -> Numbers:
    """Return the records that take part in a view: one for each person and block, in blocks within the cap.

    Args:
        blocks: Block of each record, ABSENT without a salt.
        holders: Whose record each is.
        cap: Most persons that a member puts into one block.
    """
    present = np.flatnonzero(blocks != ABSENT)
    pairs = pd.factorize(blocks[present] * (int(holders.max(initial=0)) + 1) + holders[present])[0]
    first = np.sort(np.unique(pairs, return_index=True)[1])
    chosen = present[first]
    sizes = np.bincount(blocks[chosen], minlength=1)
    selected: Numbers = chosen[sizes[blocks[chosen]] <= cap]
    return selected


def _list_fields(spec: ViewsSpec) -> set[str]:
    salts = {field for view in spec.salted for name in view.salt for field in ATTRIBUTES[name].fields}
    return salts | {field for comparison in spec.comparisons for field in TOKENS[comparison.tokens].fields}


def _standardise(field: str, values: Sequence[str]) -> list[str]:
    known = {value: standardise_value(field, value) for value in set(values)}
    return [known[value] for value in values]


def _derive_column(
    derive: Callable[[Mapping[str, str]], str], fields: Sequence[str], columns: Columns
) -> tuple[Numbers, list[str]]:
    """Return an attribute as a code for each record and the value of each code."""
    codes, inputs = _factorise(zip(*(columns[name] for name in fields), strict=True))
    values = [derive(dict(zip(fields, given, strict=True))) for given in inputs]
    distinct: dict[str, int] = {}
    renumbered = np.array([distinct.setdefault(value, len(distinct)) for value in values], dtype=np.int64)
    return renumbered[codes] if len(codes) else codes, list(distinct)


def _factorise(rows: "zip[tuple[str, ...]]") -> tuple[Numbers, list[tuple[str, ...]]]:
    numbers: dict[tuple[str, ...], int] = {}
    codes = np.fromiter((numbers.setdefault(row, len(numbers)) for row in rows), dtype=np.int64)
    return codes, list(numbers)


def _number_tokens(lists: Sequence[Sequence[str]], of_record: Numbers, *, key: bytes) -> TokenLists:
    numbers: dict[str, int] = {}
    counts = np.array([len(tokens) for tokens in lists], dtype=np.int64)
    ids = np.fromiter(
        (numbers.setdefault(token, len(numbers)) for tokens in lists for token in tokens), dtype=np.int64
    )
    digests = _digest([token.encode() for token in numbers], key, DIGEST_BYTES)
    # In the order of their digests tokens take turns alike at every member.
    order = np.lexsort(digests.T[::-1])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ids = rank[ids] if len(ids) else ids
    ids = ids[np.lexsort((ids, np.repeat(np.arange(len(counts)), counts)))]
    return TokenLists(digests[order], ids, np.concatenate([[0], np.cumsum(counts)]), of_record)


def _digest(values: Sequence[bytes], key: bytes, size: int) -> NDArray[np.uint8]:
    joined = b"".join(hashlib.blake2b(value, digest_size=size, key=key).digest() for value in values)
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(values), size)


def _derive_key(secret: bytes, purpose: str, name: str) -> bytes:
    label = canonical_bytes({"label": "clew/views/v1", "purpose": purpose, "name": name})
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=label).derive(secret)
