"""Strict reading of an untrusted JSON object, field by field.

Layer: scoring. Pure. A reader that coerces lets two parties read one signed body differently, so every
type is exact and every name is listed. Messages name the field and never its value.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from crypto.errors import InputError

Name = TypeVar("Name", bound=StrEnum)


def check_fields(body: Any, names: frozenset[str], *, kind: str) -> None:
    """Refuse a body that is not an object with exactly these fields.

    Raises:
        InputError: A field is missing or unknown, or the body is no JSON object.
    """
    if not isinstance(body, Mapping):
        raise InputError(f"{kind}: expected a JSON object, got something else")
    missing = sorted(names - body.keys())
    if missing:
        raise InputError(f"{kind}: expected the field {missing[0]}, got none")
    if len(body) != len(names):
        raise InputError(f"{kind}: expected exactly {len(names)} fields, got an unknown field as well")


def read_integer(body: Mapping[str, Any], name: str) -> int:
    """Return an integer field; true, 1.0 and "1" raise :class:`InputError`."""
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{name}: expected an integer, got another type")
    return value


def read_flag(body: Mapping[str, Any], name: str) -> bool:
    """Return a boolean field; 0 and 1 raise :class:`InputError`."""
    value = body[name]
    if not isinstance(value, bool):
        raise InputError(f"{name}: expected true or false, got another type")
    return value


def read_text(body: Mapping[str, Any], name: str) -> str:
    """Return a text field; another type raises :class:`InputError`."""
    value = body[name]
    if not isinstance(value, str):
        raise InputError(f"{name}: expected text, got another type")
    return value


def read_name(body: Mapping[str, Any], name: str, kind: type[Name]) -> Name:
    """Return a field whose value is a name of ``kind``; another value raises :class:`InputError`."""
    try:
        return kind(read_text(body, name))
    except ValueError as error:
        raise InputError(f"{name}: expected one of {', '.join(kind)}, got another value") from error


def find_name(body: Mapping[str, Any], name: str, kind: type[Name]) -> Name | None:
    """Return what :func:`read_name` returns, or None for null."""
    return None if body[name] is None else read_name(body, name, kind)


def read_date(body: Mapping[str, Any], name: str) -> date:
    """Return a date field in the one form ``2026-11-01``; another form raises :class:`InputError`."""
    text = read_text(body, name)
    try:
        parsed = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{name}: expected a date such as 2026-11-01, got another form") from error
    if parsed.isoformat() != text:
        raise InputError(f"{name}: expected a date such as 2026-11-01, got another form")
    return parsed
