"""Which n-grams each person of the list has, as the linkage schema cuts them, and how often each is inserted.

Layer: lab. Pure. The attacker reads the schema: fields, n-grams and bits per field are no secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from clkhash.field_formats import FieldSpec
from scipy.sparse import csr_array

from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import standardise_record
from lab.attacks.observation import Floats, Person, Scheme


@runtime_checkable
class SchemeWithSchema(Protocol):
    """A scheme whose linkage schema the attacker can read."""

    @property
    def schema(self) -> LinkageSchema | None:
        """The linkage schema, or None where nothing is encoded."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldNgrams:
    """N-grams of one field.

    Attributes:
        present: 1.0 where a person has an n-gram, shape (people, n-grams).
        draws: Insertions for each n-gram of a person, shape (people,).
    """

    present: Floats
    draws: Floats


def find_schema(scheme: Scheme) -> LinkageSchema | None:
    """Return the linkage schema of a scheme that says what it encodes."""
    return scheme.schema if isinstance(scheme, SchemeWithSchema) else None


def find_ngrams(people: Sequence[Person], schema: LinkageSchema) -> list[FieldNgrams]:
    """Return the n-grams of every field that is encoded."""
    rows = [standardise_record(person, schema.fields) for person in people]
    return [
        _cut(field, [row[place] for row in rows])
        for place, field in enumerate(schema.to_clkhash().fields)
        if field.hashing_properties is not None
    ]


def _cut(field: FieldSpec, values: Sequence[str]) -> FieldNgrams:
    hashing = field.hashing_properties
    draws = np.zeros(len(values), dtype=np.float32)
    numbers: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for row, value in enumerate(values):
        # One that a value repeats is inserted once and counts twice where insertions are shared out.
        ngrams = list(hashing.comparator.tokenize(field.format_value(value))) if value else []
        columns += [numbers.setdefault(ngram, len(numbers)) for ngram in sorted(set(ngrams))]
        ends.append(len(columns))
        draws[row] = np.mean(hashing.strategy.bits_per_token(len(ngrams))) if ngrams else 0
    ones = np.ones(len(columns), dtype=np.float32)
    present = csr_array((ones, columns, ends), shape=(len(values), max(len(numbers), 1))).toarray()
    return FieldNgrams(present, draws)
