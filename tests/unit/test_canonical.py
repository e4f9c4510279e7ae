"""Canonical bytes and the parsing of untrusted JSON: every refusal is an error of Clew's own."""

import pytest

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import InputError

HOSTILE_DOCUMENTS = {
    "an integer of five thousand digits": b'{"a":' + b"1" * 5_000 + b"}",
    "nesting beyond any stack": b"[" * 100_000 + b"]" * 100_000,
    "bytes that are not UTF-8": b'{"a":"\xff"}',
    "a repeated key": b'{"a":1,"a":2}',
    "an unfinished document": b'{"a":',
}
HOSTILE_VALUES = {
    "half a surrogate pair as a value": b'{"a":"\\ud800"}',
    "half a surrogate pair as a key": b'{"\\ud800":1}',
    "not a number": b'{"a":NaN}',
    "an infinity": b'{"a":1e999}',
    "an integer beyond 2**53": b'{"a":9007199254740993}',
}


@pytest.mark.parametrize("data", HOSTILE_DOCUMENTS.values(), ids=HOSTILE_DOCUMENTS)
def test_a_hostile_document_is_refused_as_input(data: bytes) -> None:
    with pytest.raises(InputError, match=r"expected (UTF-8 JSON|each JSON key once), got"):
        parse_json(data)


@pytest.mark.parametrize("data", HOSTILE_VALUES.values(), ids=HOSTILE_VALUES)
def test_a_value_without_canonical_form_is_refused_as_input(data: bytes) -> None:
    with pytest.raises(InputError, match="value has no canonical JSON form"):
        canonical_bytes(parse_json(data))


def test_a_value_nested_too_deeply_is_refused_as_input() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(InputError, match="value has no canonical JSON form"):
        canonical_bytes(value)


def test_an_integer_is_refused_without_repeating_it() -> None:
    with pytest.raises(InputError) as caught:
        parse_json(b'{"a":' + b"7" * 5_000 + b"}")

    assert "777" not in str(caught.value)
