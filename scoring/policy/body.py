"""Strict bodies: how a governance object's fields read from and write to signed JSON.

Layer: scoring, pure. Each dataclass field names its form once (:func:`body_field`), and that one form
parses, checks and writes it. Unknown, missing or misshapen fields are refused. A message names the
field and what was expected, never the value: bodies hold personal data and messages reach logs.

Threat: a signed object that two readers understand differently, or that smuggles in an extra field.
"""

import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast, dataclass_transform

from crypto.canonical import (
    canonical_bytes,
    decode_base64,
    encode_base64,
    format_time,
    parse_json,
    parse_time,
)
from crypto.credential import PERSON_ID_PATTERN
from crypto.errors import InputError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_LIST_ENTRIES = 20
"""Longer than every closed list and any team that one package is meant for."""

MAX_PACKAGE_BYTES = 128 << 10
"""Largest canonical content of a disclosure: half of a sealed relay message, room for the envelope."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/:-]{0,79}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How one field looks in a body: ``parse`` raises InputError saying what it expected."""

    parse: Callable[[Any], T]
    write: Callable[[T], Any]


def body_field(form: Form[T], *, private: bool = False) -> T:
    """Declare a dataclass field with its form; ``private`` keeps personal data out of ``repr``."""
    return cast(T, field(metadata={"form": form}, repr=not private))


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(body_field,))
def body_object(kind: type[T]) -> type[T]:
    """Make a frozen, keyword-only dataclass whose fields are declared with :func:`body_field`."""
    return dataclass(frozen=True, slots=True, kw_only=True)(kind)


def parse_fields(kind: type[T], body: object) -> T:
    """Return the object that an untrusted body describes, every field checked.

    Raises:
        InputError: Not an object, other fields than those of ``kind``, or a field of another form.
    """
    forms = _forms(kind)
    if not isinstance(body, Mapping):
        raise InputError(f"{kind.__name__}: expected a JSON object with named fields")
    _check_names(kind.__name__, set(forms), set(body))
    values = {name: _apply(kind.__name__, name, form.parse, body[name]) for name, form in forms.items()}
    return kind(**values)


def write_fields(value: Any) -> dict[str, Any]:
    """Return the JSON body of an object whose fields were declared with :func:`body_field`."""
    return {name: form.write(getattr(value, name)) for name, form in _forms(type(value)).items()}


def freeze_fields(value: Any) -> None:
    """Hold an object built in code to the forms of a parsed one, and give it copies of its own.

    Raises:
        InputError: A field would not survive being written and parsed again.
    """
    kind = type(value).__name__
    for name, form in _forms(type(value)).items():
        given = getattr(value, name)
        kept = _apply(kind, name, form.parse, _apply(kind, name, form.write, given))
        if kept != given:
            raise InputError(f"{kind}.{name}: expected a value that its written form keeps whole")
        object.__setattr__(value, name, kept)


def whole_milliseconds(moment: datetime) -> datetime:
    """Return the time cut to the milliseconds that bodies carry."""
    return parse_time(format_time(moment))


def require(condition: bool, place: str, expected: str) -> None:
    """Raise InputError that ``place`` was expected to be something, unless the condition holds."""
    if not condition:
        raise InputError(f"{place}: expected {expected}")


def choice(kind: type[E]) -> Form[E]:
    """One word of a closed list."""
    words = ", ".join(kind)

    def parse(value: Any) -> E:
        if not isinstance(value, str) or value not in set(kind):
            raise InputError(f"expected one of {words}")
        return kind(value)

    return Form(parse, str)


def several(form: Form[T], *, least: int = 1) -> Form[tuple[T, ...]]:
    """A list in which each entry has a form and stands once."""

    def parse(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list) or not least <= len(value) <= MAX_LIST_ENTRIES:
            raise InputError(f"expected a list of {least} to {MAX_LIST_ENTRIES} entries")
        entries = tuple(form.parse(entry) for entry in value)
        if len(set(entries)) != len(entries):
            raise InputError("expected each entry once, got a repeated entry")
        return entries

    return Form(parse, lambda value: [form.write(entry) for entry in value])


def optional(form: Form[T]) -> Form[T | None]:
    """A field that is present in the body but may be null."""
    return Form(
        lambda value: None if value is None else form.parse(value),
        lambda value: None if value is None else form.write(value),
    )


def text(least: int, most: int) -> Form[str]:
    """Written words of a length in characters, surrounding space not counted."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > most:
            raise InputError(f"expected text of {least} to {most} characters")
        return value

    return Form(parse, lambda value: value)


def number(least: float, most: float) -> Form[float]:
    """A finite number in a closed range; canonical JSON writes 60.0 as 60, so both are read."""

    def parse(value: Any) -> float:
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not math.isfinite(value) or not least <= value <= most:
            raise InputError(f"expected a number from {least:g} to {most:g}")
        return float(value)

    return Form(parse, float)


def interval(least: float, most: float) -> Form[tuple[float, float]]:
    """A lower and an upper bound, in this order."""
    bound = number(least, most)

    def parse(value: Any) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            raise InputError("expected a list of two numbers, the lower one first")
        lower, upper = bound.parse(value[0]), bound.parse(value[1])
        if lower > upper:
            raise InputError("expected the lower number first")
        return lower, upper

    return Form(parse, list)


def nested(kind: type[T]) -> Form[T]:
    """An object inside the object."""
    return Form(lambda value: parse_fields(kind, value), write_fields)


def content(keys: type[E]) -> Form[Mapping[E, Any]]:
    """JSON content keyed by words of a closed list, bounded in size."""
    key = choice(keys)

    def parse(value: Any) -> Mapping[E, Any]:
        if not isinstance(value, Mapping) or not value:
            raise InputError(f"expected content for at least one of {', '.join(keys)}")
        copy = canonical_bytes(dict(value))
        if len(copy) > MAX_PACKAGE_BYTES:
            raise InputError(f"expected at most {MAX_PACKAGE_BYTES} bytes of content")
        return MappingProxyType({key.parse(name): item for name, item in parse_json(copy).items()})

    return Form(parse, lambda value: {str(name): item for name, item in value.items()})


def octets(count: int) -> Form[bytes]:
    """A fixed number of bytes, written in base64."""

    def parse(value: Any) -> bytes:
        data = decode_base64(value) if isinstance(value, str) else b""
        # Base64 has several spellings of the same bytes; a body may use the one that is written.
        if len(data) != count or encode_base64(data) != value:
            raise InputError(f"expected {count} bytes in base64")
        return data

    return Form(parse, encode_base64)


def _pattern(pattern: re.Pattern[str], expected: str) -> Form[str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InputError(f"expected {expected}")
        return value

    return Form(parse, lambda value: value)


def _parse_uuid(value: Any) -> str:
    try:
        well_formed = isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        well_formed = False
    if not well_formed:
        raise InputError("expected a UUID in lower-case text form")
    return cast(str, value)


def _parse_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError("expected true or false")
    return value


def _parse_day(value: Any) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InputError("expected a date such as 2026-11-21") from error
    if day.isoformat() != value:
        raise InputError("expected a date such as 2026-11-21")
    return day


UUID_TEXT: Form[str] = Form(_parse_uuid, lambda value: value)
FLAG: Form[bool] = Form(_parse_flag, lambda value: value)
DAY: Form[date] = Form(_parse_day, date.isoformat)
TIME: Form[datetime] = Form(parse_time, format_time)
PERSON_ID = _pattern(
    PERSON_ID_PATTERN, "an opaque id such as essex-di-07, in lower case, at most 64 characters"
)
IDENTIFIER = _pattern(_IDENTIFIER, "an identifier of 1 to 80 letters, digits, spaces and . _ / : -")
DIGEST = _pattern(_DIGEST, "64 lower-case hexadecimal digits")


def _forms(kind: type[Any]) -> dict[str, Form[Any]]:
    return {item.name: item.metadata["form"] for item in fields(kind)}


def _check_names(kind: str, expected: set[str], got: set[object]) -> None:
    if missing := sorted(expected - got):
        raise InputError(f"{kind}: expected every field, missing {', '.join(missing)}")
    if unknown := len(got - expected):
        raise InputError(f"{kind}: expected only the {len(expected)} known fields, got {unknown} more")


def _apply(kind: str, name: str, parse: Callable[[Any], T], value: Any) -> T:
    try:
        return parse(value)
    except InputError as error:
        raise InputError(f"{kind}.{name}: {error.public_message}") from error
