"""Canonical bytes: the one form in which anything is signed, digested or logged.

Layer: crypto. RFC 8785 (JSON Canonicalization Scheme), so that two parties who agree on a value
agree on its bytes. Times are UTC with millisecond precision, bytes are standard base64.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785

from crypto.errors import InputError

Json = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None


def canonical_bytes(value: Json) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises:
        InputError: The value is not JSON (for example NaN, bytes, half a surrogate pair or an integer
            beyond 2**53), or is nested too deeply.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InputError(f"value has no canonical JSON form: {error}") from error
    except (UnicodeEncodeError, RecursionError) as error:
        raise InputError(
            "value has no canonical JSON form: its keys or its depth do not allow one"
        ) from error


def canonical_digest(value: Json) -> str:
    """Return the lower-case hex SHA-256 of the canonical bytes of a JSON value."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def parse_json(data: bytes) -> Any:
    """Parse untrusted UTF-8 JSON.

    Raises:
        InputError: The bytes are not UTF-8 JSON, are nested too deeply, hold an integer of thousands of
            digits, or repeat a key (two readers could disagree).
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_refuse_repeated_keys)
    except (ValueError, RecursionError) as error:
        raise InputError("expected UTF-8 JSON, got bytes that do not parse as it") from error


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InputError("expected each JSON key once, got a repeated key")
    return result


def format_time(moment: datetime) -> str:
    """Return an aware time as ``2026-11-21T22:18:33.120Z`` (UTC, milliseconds)."""
    if moment.tzinfo is None:
        raise InputError("expected a time with a time zone, got one without")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Parse what :func:`format_time` writes; anything else raises :class:`InputError`."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise InputError("expected a UTC time such as 2026-11-21T22:18:33.120Z") from error
    if format_time(moment) != text:
        raise InputError("expected a UTC time with exactly three decimals of a second")
    return moment


def encode_base64(data: bytes) -> str:
    """Return standard padded base64 text."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decode standard padded base64; anything else raises :class:`InputError`."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, AttributeError) as error:
        raise InputError("expected base64 text") from error
