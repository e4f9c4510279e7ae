"""What can be counted of people's values before they are encoded: gaps, variety, sizes of blocks.

Layer: crypto. Pure. Counts only; what they mean is judged in :mod:`crypto.encoding.precheck`. Values are
standardised and attributes derived once for each distinct value, so a force's million records take seconds.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto.encoding.attributes import ATTRIBUTES
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import standardise_value
from crypto.encoding.view_schema import SaltedView

SHOWN_BLOCKS = 5
Columns = Mapping[str, Sequence[str]]
"""Every record's standardised value by field."""


@dataclass(frozen=True, slots=True)
class FieldMeasures:
    """What was counted of a field, over its standardised values.

    Attributes:
        field: Its identifier.
        missing: Share of records without a value.
        distinct: Distinct values per value.
        entropy_bits: Shannon entropy of the values; 13 bits are 8,192 equally common values.
        commonest: Records that share the commonest value.
    """

    field: str
    missing: float
    distinct: float
    entropy_bits: float
    commonest: int


@dataclass(frozen=True, slots=True)
class ViewMeasures:
    """What was counted of a salted view.

    Attributes:
        view: Its name.
        coverage: Share of records that have its salt.
        singletons: Of those, the share alone in their block; 1 when there are none.
        over_cap: Of those, the share in blocks over the cap, which get no row in this view.
        largest: Records in the largest blocks, descending.
    """

    view: str
    coverage: float
    singletons: float
    over_cap: float
    largest: tuple[int, ...]


def take_columns(people: Sequence[Mapping[str, str]], schema: LinkageSchema) -> Columns:
    """Return people's values in the form that is encoded, field by field; absent ones are empty."""
    return {field: _take_column(people, field, schema) for field in schema.encoded_fields}


def _take_column(people: Sequence[Mapping[str, str]], field: str, schema: LinkageSchema) -> list[str]:
    """Return every record's value in the form that is encoded, standardising each distinct one once."""
    raw = [person.get(field, "") for person in people]
    if not schema.is_standardised:
        return raw
    known = {value: standardise_value(field, value) for value in set(raw)}
    return [known[value] for value in raw]


def measure_field(field: str, values: Sequence[str]) -> FieldMeasures:
    """Return what is counted of one field's standardised values."""
    counts = Counter(values)
    missing = counts.pop("", 0)
    present = len(values) - missing
    return FieldMeasures(
        field=field,
        missing=missing / len(values) if values else 0.0,
        distinct=len(counts) / present if present else 0.0,
        entropy_bits=_get_entropy(counts, present),
        commonest=max(counts.values(), default=0),
    )


def _get_entropy(counts: Mapping[str, int], total: int) -> float:
    return sum(count / total * math.log2(total / count) for count in counts.values())


def derive_attributes(columns: Columns, views: Sequence[SaltedView]) -> Columns:
    """Return every record's value of each attribute that salts one of these views."""
    return {name: _derive_column(columns, name) for name in {name for view in views for name in view.salt}}


def find_block_sizes(attributes: Columns, view: SaltedView) -> list[int]:
    """Return the size of every record's block in a view, 0 for a record without its salt."""
    rows = zip(*(attributes[name] for name in view.salt), strict=True)
    salts = [salt if all(salt) else None for salt in rows]
    sizes = Counter(salt for salt in salts if salt is not None)
    return [0 if salt is None else sizes[salt] for salt in salts]


def _derive_column(columns: Columns, name: str) -> list[str]:
    """Return every record's value of an attribute, deriving it once for each distinct set of values."""
    attribute = ATTRIBUTES[name]
    rows = list(zip(*(columns[field] for field in attribute.fields), strict=True))
    known = {row: attribute.derive(dict(zip(attribute.fields, row, strict=True))) for row in set(rows)}
    return [known[row] for row in rows]


def measure_view(view: SaltedView, sizes: Sequence[int], cap: int) -> ViewMeasures:
    """Return what is counted of a view, from the size of every record's block."""
    covered = [size for size in sizes if size]
    records_by_size = Counter(covered)
    blocks = [size for size, records in sorted(records_by_size.items()) for _ in range(records // size)]
    return ViewMeasures(
        view=view.name,
        coverage=len(covered) / len(sizes),
        singletons=records_by_size[1] / len(covered) if covered else 1.0,
        over_cap=sum(size > cap for size in covered) / len(covered) if covered else 0.0,
        largest=tuple(blocks[::-1][:SHOWN_BLOCKS]),
    )


def measure_unreached(blocks: Sequence[Sequence[int]], cap: int) -> float:
    """Return the share of records that have a row in no view: no salt, or blocks over the cap."""
    reached = [any(1 <= size <= cap for size in sizes) for sizes in zip(*blocks, strict=True)]
    return reached.count(False) / len(reached)
