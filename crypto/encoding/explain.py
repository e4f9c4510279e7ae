"""What a value became: standardised, drawn into attributes, and the views it takes part in or not.

Layer: crypto. Pure. Standardisation must be explainable to whoever prepares data: "why was this person not
found" is nearly always answered by a value that became another than expected, or by one that salts nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto.encoding.attributes import ATTRIBUTES, IMPUTED_DAY, TOKENS, derive_salt
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import standardise_value
from crypto.errors import InputError

WHOLE_DATE_LENGTH = 8  # DDMMYYYY


@dataclass(frozen=True, slots=True)
class ExplainedView:
    """A view and whether a record takes part in it.

    Attributes:
        name: The view's name.
        salt: Attributes that salt it.
        takes_part: Whether the record has them all.
        reason: Why it does not take part; empty when it does.
    """

    name: str
    salt: tuple[str, ...]
    takes_part: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a record becomes under a schema; it holds personal data, so it is shown and never stored.

    Attributes:
        values: Standardised value by field, in the schema's order.
        attributes: Value by attribute, for those that the schema's views are salted by.
        tokens: How many tokens each comparison counts.
        views: Every salted view in order.
    """

    values: Mapping[str, str]
    attributes: Mapping[str, str]
    tokens: Mapping[str, int]
    views: tuple[ExplainedView, ...]


def explain_record(record: Mapping[str, str], schema: LinkageSchema) -> Explanation:
    """Return what a record of raw values becomes.

    Args:
        record: Raw values by field; absent fields count as empty.
        schema: The linkage schema that would encode it.

    Raises:
        InputError: A field is not one that the schema encodes; the message names it.
    """
    unknown = sorted(set(record) - set(schema.encoded_fields))
    if unknown:
        raise InputError(f"expected fields of the schema ({', '.join(schema.encoded_fields)}), got {unknown}")
    values = {
        field: standardise_value(field, record.get(field, ""))
        if schema.is_standardised
        else record.get(field, "")
        for field in schema.encoded_fields
    }
    if schema.views is None:
        return Explanation(values, {}, {}, ())
    names = dict.fromkeys(name for view in schema.views.salted for name in view.salt)
    return Explanation(
        values=values,
        attributes={name: ATTRIBUTES[name].derive(values) for name in names},
        tokens={part.name: len(TOKENS[part.tokens].derive(values)) for part in schema.views.comparisons},
        views=tuple(_explain_view(view.name, view.salt, values) for view in schema.views.salted),
    )


def _explain_view(name: str, salt: Sequence[str], values: Mapping[str, str]) -> ExplainedView:
    absent = (
        [] if derive_salt(values, salt) else [part for part in salt if not ATTRIBUTES[part].derive(values)]
    )
    reasons = dict.fromkeys(_explain_absence(part, values) for part in absent)
    return ExplainedView(name, tuple(salt), not absent, "; ".join(reasons))


def _explain_absence(name: str, values: Mapping[str, str]) -> str:
    """Return why an attribute is absent, in words that hold no value."""
    fields = ATTRIBUTES[name].fields
    missing = [field for field in fields if not values.get(field)]
    if missing:
        return f"no {' and no '.join(missing)}"
    if fields == ("dob",):
        return _explain_date(values["dob"])
    if fields == ("postcode",):
        return "postcode is only a district"
    return f"nothing for {name} in {' and '.join(fields)}"


def _explain_date(text: str) -> str:
    if len(text) != WHOLE_DATE_LENGTH or not text.isdigit():
        return "dob is no possible date"
    return (
        "dob is 1 January, taken as imputed" if text.startswith(IMPUTED_DAY) else "dob is known only in part"
    )
