"""The encoder: shapes, refusals that keep values out of messages, and nothing left behind."""

import contextlib

import numpy as np
import pytest
from clkhash import bloomfilter

from crypto.encoding.encoder import encode_people, encode_records
from crypto.encoding.schema import get_federation_schema, parse_schema
from crypto.errors import InputError

SECRET = bytes(range(32))
ADA = {"forenames": "Ada", "surname": "Poole", "dob": "01/02/1990", "sex": "F", "postcode": "CM1 1AB"}


def test_encodings_are_packed_rows_of_the_schemas_length() -> None:
    encodings = encode_people([ADA, ADA, {}], get_federation_schema(), secret=SECRET)
    assert encodings.shape == (3, 128)
    assert encodings.dtype == np.uint8


def test_no_people_give_no_rows() -> None:
    assert encode_people([], get_federation_schema(), secret=SECRET).shape == (0, 128)


def test_spelling_conventions_do_not_change_an_encoding() -> None:
    other = {
        "forenames": " ADA",
        "surname": "Poole",
        "dob": "1990-02-01",
        "sex": "female",
        "postcode": "cm11ab",
    }
    first, second = encode_people([ADA, other], get_federation_schema(), secret=SECRET)
    assert (first == second).all()


def test_a_person_without_values_sets_no_bits() -> None:
    assert not encode_people([{}], get_federation_schema(), secret=SECRET).any()


def test_another_secret_gives_an_unrelated_encoding() -> None:
    first = encode_people([ADA], get_federation_schema(), secret=SECRET)
    second = encode_people([ADA], get_federation_schema(), secret=SECRET[::-1])
    bits_a, bits_b = np.unpackbits(first), np.unpackbits(second)
    assert 2 * (bits_a & bits_b).sum() / (bits_a.sum() + bits_b.sum()) < 0.6


def test_a_schema_without_standardisation_encodes_values_as_they_stand() -> None:
    body = get_federation_schema().body
    del body["standardisation"]
    upper, lower = encode_people([ADA, {**ADA, "surname": "poole"}], parse_schema(body), secret=SECRET)
    assert (upper != lower).any()


def test_a_short_round_key_is_refused() -> None:
    with pytest.raises(InputError, match="expected a secret of at least 16 bytes, got 15"):
        encode_people([ADA], get_federation_schema(), secret=bytes(15))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(InputError, match="expected a secret, got an empty one"):
        encode_records([("", "", "", "", "")], get_federation_schema(), secret=b"")


def test_a_record_of_another_width_is_refused_by_row() -> None:
    with pytest.raises(InputError, match="row 2: expected 5 values, got 4"):
        encode_records([("", "", "", "", ""), ("", "", "", "")], get_federation_schema(), secret=SECRET)


def dated_schema():
    body = get_federation_schema().body
    del body["standardisation"]
    body["features"][2]["format"] = {"type": "date", "format": "%Y-%m-%d"}
    return parse_schema(body)


def test_a_value_that_breaks_the_format_is_named_by_place_and_never_shown() -> None:
    rows = [("Ada", "Poole", "1990-02-01", "F", ""), ("Bea", "Poole", "secret-day", "F", "")]
    with pytest.raises(InputError, match="row 2, column 'dob': value does not fit") as caught:
        encode_records(rows, dated_schema(), secret=SECRET)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "secret-day" not in str(caught.value)


@pytest.mark.parametrize("dob", ["1990-02-01", "secret-day"])
def test_clkhash_remembers_no_token_or_key_afterwards(dob: str) -> None:
    with contextlib.suppress(InputError):
        encode_records([("Ada", "Poole", dob, "F", "")], dated_schema(), secret=SECRET)
    caches = [item for item in vars(bloomfilter).values() if hasattr(item, "cache_info")]
    assert len(caches) >= 2
    assert all(cache.cache_info().currsize == 0 for cache in caches)
