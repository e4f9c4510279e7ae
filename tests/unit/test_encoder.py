"""The encoder: shapes, refusals that keep values out of messages, and nothing left behind."""

import contextlib
import gc

import numpy as np
import pytest
from clkhash import bloomfilter

from crypto.encoding.encoder import encode_columns, encode_people, encode_records
from crypto.encoding.positions import Draws
from crypto.encoding.schema import parse_schema
from crypto.encoding.text import Text
from crypto.encoding.tokens import TokenTable
from crypto.errors import InputError
from tests.support.view_schemas import PLAIN

SECRET = bytes(range(32))
ADA = {"forenames": "Ada", "surname": "Poole", "dob": "01/02/1990", "sex": "F", "postcode": "CM1 1AB"}


def test_encodings_are_packed_rows_of_the_schemas_length() -> None:
    encodings = encode_people([ADA, ADA, {}], PLAIN, secret=SECRET)
    assert encodings.shape == (3, 128)
    assert encodings.dtype == np.uint8


def test_no_people_give_no_rows() -> None:
    assert encode_people([], PLAIN, secret=SECRET).shape == (0, 128)


def test_spelling_conventions_do_not_change_an_encoding() -> None:
    other = {
        "forenames": " ADA",
        "surname": "Poole",
        "dob": "1990-02-01",
        "sex": "female",
        "postcode": "cm11ab",
    }
    first, second = encode_people([ADA, other], PLAIN, secret=SECRET)
    assert (first == second).all()


def test_a_person_without_values_sets_no_bits() -> None:
    assert not encode_people([{}], PLAIN, secret=SECRET).any()


def test_another_secret_gives_an_unrelated_encoding() -> None:
    first = encode_people([ADA], PLAIN, secret=SECRET)
    second = encode_people([ADA], PLAIN, secret=SECRET[::-1])
    bits_a, bits_b = np.unpackbits(first), np.unpackbits(second)
    assert 2 * (bits_a & bits_b).sum() / (bits_a.sum() + bits_b.sum()) < 0.6


def test_a_schema_without_standardisation_encodes_values_as_they_stand() -> None:
    body = PLAIN.body
    del body["standardisation"]
    upper, lower = encode_people([ADA, {**ADA, "surname": "poole"}], parse_schema(body), secret=SECRET)
    assert (upper != lower).any()


def test_a_short_round_key_is_refused() -> None:
    with pytest.raises(InputError, match="expected a secret of at least 16 bytes, got 15"):
        encode_people([ADA], PLAIN, secret=bytes(15))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(InputError, match="expected a secret, got an empty one"):
        encode_records([("", "", "", "", "")], PLAIN, secret=b"")


def test_a_record_of_another_width_is_refused_by_row() -> None:
    with pytest.raises(InputError, match="row 2: expected 5 values, got 4"):
        encode_records([("", "", "", "", ""), ("", "", "", "")], PLAIN, secret=SECRET)


def dated_schema():
    body = PLAIN.body
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
    for cached in vars(bloomfilter).values():  # other tests ask clkhash itself
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    with contextlib.suppress(InputError):
        encode_records([("Ada", "Poole", dob, "F", "")], dated_schema(), secret=SECRET)
    caches = [item for item in vars(bloomfilter).values() if hasattr(item, "cache_info")]
    assert len(caches) >= 2
    assert all(cache.cache_info().currsize == 0 for cache in caches)


@pytest.mark.parametrize("dob", ["1990-02-01", "secret-day"])
def test_nothing_of_a_value_is_held_once_the_call_is_over(dob: str) -> None:
    with contextlib.suppress(InputError):
        encode_records([("Perpetua-Xanthe", "Poole", dob, "F", "")], dated_schema(), secret=SECRET)
    gc.collect()
    held = [item for item in gc.get_objects() if isinstance(item, (TokenTable, Text, Draws))]
    assert held == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"forenames": []}, "expected the columns forenames, surname, dob, sex, postcode, got forenames"),
        ({}, "got none"),
        (
            {"forenames": ["a"], "surname": [], "dob": [], "sex": [], "postcode": []},
            "expected columns of one length, got lengths from 0 to 1",
        ),
    ],
)
def test_columns_that_are_not_the_schemas_are_refused(columns: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        encode_columns(columns, PLAIN, secret=SECRET)


def test_the_first_row_that_does_not_fit_is_named_and_in_it_the_first_field() -> None:
    body = dated_schema().body
    body["features"][0]["format"] = {"type": "string", "case": "upper"}
    rows = [
        ("ADA", "Poole", "1990-02-01", "F", ""),
        ("Bea", "Poole", "no day", "F", ""),
        ("CAT", "Poole", "no day", "F", ""),
    ]
    with pytest.raises(InputError, match="row 2, column 'forenames': value does not fit"):
        encode_records(rows, parse_schema(body), secret=SECRET)
    with pytest.raises(InputError, match="row 2, column 'dob': value does not fit"):
        encode_records([rows[0], rows[2], rows[1]], parse_schema(body), secret=SECRET)


def test_a_replacement_that_the_columns_character_encoding_lacks_is_the_schemas_fault() -> None:
    body = dated_schema().body
    body["features"][0]["format"] = {"type": "string", "encoding": "ascii"}
    body["features"][0]["hashing"]["missingValue"] = {"sentinel": "", "replaceWith": "é"}
    with pytest.raises(InputError, match="column 'forenames': expected tokens that can be written as ascii"):
        encode_records([("", "Poole", "1990-02-01", "F", "")], parse_schema(body), secret=SECRET)


def test_a_number_too_large_to_compare_is_refused_by_place() -> None:
    body = dated_schema().body
    body["features"][0]["hashing"]["comparison"] = {
        "type": "numeric",
        "thresholdDistance": 1,
        "resolution": 2,
    }
    with pytest.raises(InputError, match="row 1, column 'forenames': value does not fit"):
        encode_records([("inf", "Poole", "1990-02-01", "F", "")], parse_schema(body), secret=SECRET)


def test_values_that_differ_before_standardising_only_encode_alike_in_bulk() -> None:
    people = [ADA, {**ADA, "forenames": "ADA"}, {**ADA, "forenames": "Ada "}] * 5
    encodings = encode_people(people, PLAIN, secret=SECRET)
    assert (encodings == encodings[0]).all()
