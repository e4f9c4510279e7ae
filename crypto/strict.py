"""Strict reading of signed JSON: exact fields, exact forms, and messages that never repeat a value.

Layer: crypto. Threat: a document that two readers understand differently because one of them ignores a
field, coerces a type or accepts a second spelling.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from crypto.errors import InputError


def parse_exact_fields(value: object, kind: type[Any], *, what: str) -> dict[str, Any]:
    """Return a copy of a JSON object that has exactly the fields of a dataclass.

    Args:
        value: Untrusted, already parsed from JSON.
        kind: The dataclass whose field names are expected.
        what: What the object is called in messages, for example ``a member``.

    Raises:
        InputError: Not an object, a field missing (named), or an unknown field besides.
    """
    expected = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(value, Mapping):
        raise InputError(f"expected {what} to be a JSON object, got another type")
    missing = sorted(expected - set(value))
    if missing:
        raise InputError(f"expected {what} with {', '.join(missing)}, got it without")
    if set(value) - expected:
        raise InputError(f"expected {what} with {', '.join(sorted(expected))} only, got unknown fields")
    return dict(value)


def check_text(value: object, pattern: re.Pattern[str], *, name: str, form: str) -> None:
    """Raise :class:`InputError` unless a value is text that matches a pattern from end to end."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InputError(f"expected {name} as {form}, got another form")


def check_positive(value: object, *, name: str) -> None:
    """Raise :class:`InputError` unless a value is a whole number from 1 (``True`` is not a number)."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"expected {name} to be a whole number from 1, got another value")


def check_ratio(value: object, *, name: str, largest: float = 1.0) -> None:
    """Raise :class:`InputError` unless a value is a number above 0 and at most ``largest``."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0.0 < value <= largest:
        raise InputError(f"expected {name} above 0 and at most {largest:g}, got another value")
