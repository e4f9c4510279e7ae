"""Distinct values of a field under clkhash's own rules: checked, formatted, ready to tokenise.

Layer: crypto. Pure. clkhash's field objects judge values one by one; only text without constraints, which
most columns are, is checked for all values at once. clkhash's messages quote values, so none leaves
this module.
"""

from clkhash.field_formats import DateSpec, FieldSpec, StringSpec

from crypto.encoding.text import Text, pack_text
from crypto.encoding.tokens import MisfitError


def format_text(text: Text, field: FieldSpec) -> Text:
    """Return values in the form that is tokenised: missing ones replaced, numbers and dates made uniform.

    Args:
        text: Values as they stand in the records.
        field: The field's clkhash specification; not an ignored one.

    Raises:
        MisfitError: A value breaks the field's format; the first such value is named by its index.
    """
    is_checked = _is_checked_by_letters(field) and _is_writable(text, field.hashing_properties.encoding)
    if is_checked and isinstance(field, StringSpec) and field.hashing_properties.missing_value is None:
        return text
    formatted = [
        _format_value(index, value, field, is_checked) for index, value in enumerate(text.to_values())
    ]
    return pack_text(formatted)


def _is_checked_by_letters(field: FieldSpec) -> bool:
    """Return whether validating only asks if a value can be written in the field's character encoding."""
    if isinstance(field, DateSpec):
        return True  # the rest of its validation is what formatting does as well
    return (
        isinstance(field, StringSpec)
        and not field.regex_based
        and field.case == "mixed"
        and not field.min_length
        and field.max_length is None
    )


def _is_writable(text: Text, encoding: str) -> bool:
    """Return whether all values can be written in an encoding; one that cannot may still be a sentinel."""
    try:
        text.take(text.find_beyond_ascii()).to_text().encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _format_value(index: int, value: str, field: FieldSpec, is_checked: bool) -> str:
    try:
        if not is_checked:
            field.validate(value)
        formatted: str = field.format_value(value)
    except ValueError:
        # Not chained: clkhash's message quotes the value, and tracebacks reach logs.
        raise MisfitError(index) from None
    return formatted
