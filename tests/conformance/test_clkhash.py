"""Encodings are clkhash's, bit for bit, in memory and in anonlink-client's file format."""

import csv
import io
import json
from pathlib import Path

import pytest
from clkhash import clk, serialization

from crypto.encoding.encoder import encode_people, encode_records
from crypto.encoding.interchange import encode_csv
from crypto.encoding.schema import LinkageSchema, load_built_in_schema, parse_schema
from crypto.encoding.standardise import standardise_record
from tests.support.view_schemas import PLAIN

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "golden_clks.json").read_text(encoding="utf-8"))
SECRET = GOLDEN["secret"].encode()


def golden_csv() -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([item["identifier"] for item in GOLDEN["schema"]["features"]])
    writer.writerows(GOLDEN["people"])
    return text.getvalue()


def clkhash_clks(rows: list[tuple[str, ...]], schema: LinkageSchema, secret: bytes) -> list[bytes]:
    return [item.tobytes() for item in clk.generate_clks(rows, schema.to_clkhash(), secret, max_workers=1)]


def test_the_committed_encodings_still_come_out() -> None:
    result = encode_csv(
        json.dumps(GOLDEN["schema"]).encode(), SECRET, golden_csv().encode(), name="people.csv"
    )
    assert result == {"clks": GOLDEN["clks"]}


def test_a_file_encodes_to_what_clkhash_makes_of_it() -> None:
    schema = parse_schema(GOLDEN["schema"])
    expected = clk.generate_clk_from_csv(
        io.StringIO(golden_csv()), SECRET, schema.to_clkhash(), progress_bar=False, max_workers=1
    )
    assert [serialization.serialize_bitarray(item) for item in expected] == GOLDEN["clks"]


PEOPLE = [
    {"forenames": "Ada", "surname": "O'Hara-Poole", "dob": "01/02/1990", "sex": "F", "postcode": "CM1 1AB"},
    {"forenames": "Zoë", "surname": "", "dob": "31/02/1990", "sex": "", "postcode": "zz99 3wz"},
    {},
]


@pytest.mark.parametrize("schema", [PLAIN, load_built_in_schema("plain")], ids=["federation", "plain"])
def test_the_built_in_schemas_encode_as_clkhash_does_after_standardising(schema: LinkageSchema) -> None:
    rows = [standardise_record(person, schema.fields) for person in PEOPLE]
    encodings = encode_people(PEOPLE, schema, secret=bytes(32))
    assert [row.tobytes() for row in encodings] == clkhash_clks(rows, schema, bytes(32))


def test_as_many_records_as_make_clkhash_fork_are_encoded_the_same() -> None:
    schema = PLAIN.subset(["sex"])
    rows = [("M",), ("F",), ("X",)] * 3_500
    encodings = encode_records(rows, schema, secret=bytes(32))
    assert [row.tobytes() for row in encodings[:3]] == clkhash_clks(rows[:3], schema, bytes(32))
    assert (encodings.reshape(-1, 3, 128) == encodings[:3]).all()
