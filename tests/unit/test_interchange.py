"""Offline interchange and strict CSV: good files, and every bad one with what to fix."""

import json

import pytest

from crypto.encoding.interchange import encode_csv, parse_csv
from crypto.errors import InputError
from tests.support.view_schemas import PLAIN


def compatible_schema() -> bytes:
    body = PLAIN.body
    del body["standardisation"]
    return json.dumps(body).encode()


GOOD = b"forenames,surname,dob,sex,postcode\nada,poole,01021990,F,CM11AB\n"


def test_a_file_gives_one_base64_encoding_per_record() -> None:
    result = encode_csv(compatible_schema(), b"k", GOOD, name="people.csv")
    assert list(result) == ["clks"]
    assert len(result["clks"]) == 1
    assert len(result["clks"][0]) == 172  # 128 bytes in base64


def test_a_byte_order_mark_changes_nothing() -> None:
    plain = encode_csv(compatible_schema(), b"k", GOOD, name="people.csv")
    assert encode_csv(compatible_schema(), b"k", b"\xef\xbb\xbf" + GOOD, name="people.csv") == plain


def test_a_schema_with_standardisation_is_refused() -> None:
    with pytest.raises(InputError, match=r"\$\.standardisation: expected a plain clkhash schema"):
        encode_csv(PLAIN.canonical, b"k", GOOD, name="people.csv")


def test_a_file_without_its_header_is_refused_without_showing_the_person() -> None:
    body = GOOD.split(b"\n", 1)[1] * 2
    with pytest.raises(
        InputError, match=r"people\.csv row 1: expected the header forenames, surname"
    ) as caught:
        encode_csv(compatible_schema(), b"k", body, name="people.csv")
    assert "poole" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"f\.csv: expected a header row and records, got an empty file"),
        (b"\n\n", r"f\.csv: expected a header row and records, got an empty file"),
        (b"a,b\n", r"f\.csv: expected at least one record under the header row, got none"),
        (b"a,a\n1,2\n", r"f\.csv row 1: expected each column name once"),
        (b"a,b\n1,2\n3\n", r"f\.csv row 3: expected 2 values, got 1"),
        (b"a,b\n1,2,3\n", r"f\.csv row 2: expected 2 values, got 3"),
        (b"a,b\n1,2\n\xff,4\n", r"f\.csv line 3: expected UTF-8 text, got other bytes"),
        (b'a,b\n1,"2\n', r"f\.csv line 2: expected comma-separated values"),
        (b"a,b\n1,\x00\n", r"f\.csv line 2: expected UTF-8 text, got other bytes"),
        (b"a,b\n\n1,2\n", r"f\.csv row 2: expected 2 values, got 0"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_and_the_remedy(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_csv(data, name="f.csv")


def test_quoted_commas_and_line_breaks_are_part_of_a_value() -> None:
    assert parse_csv(b'a,b\r\n"1,\n2",3\r\n', name="f.csv") == (["a", "b"], [["1,\n2", "3"]])
