"""Linkage schemas: what is accepted, what is refused and why, and what the digest covers."""

import json

import pytest

from crypto.encoding import schema as schema_module
from crypto.encoding.schema import (
    FEDERATION_FIELDS,
    LinkageSchema,
    load_built_in_schema,
    parse_schema,
)
from crypto.errors import InputError
from tests.support.view_schemas import PLAIN


def plain_body() -> dict:
    return PLAIN.body


def test_the_federation_schema_has_what_every_force_records() -> None:
    schema = PLAIN
    assert schema.fields == FEDERATION_FIELDS
    assert schema.clk_length_bits == 1024
    assert schema.is_standardised


def test_bytes_and_values_give_the_same_schema() -> None:
    body = plain_body()
    pretty = json.dumps(body, indent=4, sort_keys=True).encode()
    assert parse_schema(pretty) == parse_schema(body)
    assert parse_schema(pretty).digest == parse_schema(body).digest


def test_the_digest_of_the_federation_schema_is_fixed() -> None:
    """A changed digest means changed encodings: bump STANDARDISATION_VERSION and say so."""
    assert PLAIN.digest == "f883148f1f6fbb67718020367f98228e0f1e6531564eb4b42d966f216bb067df"


def change_bits(body: dict) -> None:
    body["features"][0]["hashing"]["strategy"]["bitsPerFeature"] += 1


def change_order(body: dict) -> None:
    body["features"].reverse()


def drop_standardisation(body: dict) -> None:
    del body["standardisation"]


@pytest.mark.parametrize("change", [change_bits, change_order, drop_standardisation])
def test_whatever_changes_encodings_changes_the_digest(change) -> None:
    body = plain_body()
    change(body)
    assert parse_schema(body).digest != PLAIN.digest


def test_another_version_of_standardisation_changes_the_digest(monkeypatch) -> None:
    before = PLAIN.digest
    body = {**plain_body(), "standardisation": 3}
    monkeypatch.setattr(schema_module, "STANDARDISATION_VERSION", 3)
    schema = parse_schema(body)
    assert schema.digest != before


@pytest.mark.parametrize("library", ["clkhash", "anyascii", "ftfy"])
def test_another_version_of_a_library_that_shapes_values_changes_the_digest(library, monkeypatch) -> None:
    before = PLAIN.digest
    real = schema_module.metadata.version
    monkeypatch.setattr(
        schema_module.metadata, "version", lambda name: "0.0.0" if name == library else real(name)
    )
    assert parse_schema(PLAIN.body).digest != before


def test_libraries_of_standardisation_do_not_change_the_digest_of_a_compatibility_schema(monkeypatch) -> None:
    body = plain_body()
    drop_standardisation(body)
    before = parse_schema(body).digest
    real = schema_module.metadata.version
    monkeypatch.setattr(
        schema_module.metadata, "version", lambda name: real(name) if name == "clkhash" else "0.0.0"
    )
    assert parse_schema(body).digest == before


def test_a_subset_keeps_the_schemas_order() -> None:
    assert PLAIN.subset(["dob", "forenames"]).fields == ("forenames", "dob")


def test_a_subset_of_unknown_fields_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected fields of the schema .*got \['shoe_size'\]"):
        PLAIN.subset(["dob", "shoe_size"])


def test_an_empty_subset_is_refused() -> None:
    with pytest.raises(InputError, match=r"at least one field"):
        PLAIN.subset([])


def test_the_body_is_a_copy() -> None:
    schema = PLAIN
    schema.body["features"].clear()
    assert schema.body["features"]


def test_an_unknown_built_in_name_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"expected a built-in schema \(uk-police, uk-police-wide, plain\), got 'fancy'"
    ):
        load_built_in_schema("fancy")


def set_path(body: dict, path: tuple, value: object) -> None:
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), 2, r"\$\.version: expected 3"),
        (("standardisation",), 99, r"\$\.standardisation: expected 2, got another version"),
        (
            ("features", 1, "hashing", "hash"),
            {"type": "doubleHash"},
            r"\$\.features\[1\]\.hashing\.hash\.type: expected 'blakeHash', got 'doubleHash'",
        ),
        (("clkConfig", "l"), 1000, r"\$\.clkConfig\.l: expected a power of two from 64 to 65536, got 1000"),
        (("clkConfig", "l"), 32, r"expected a power of two from 64 to 65536, got 32"),
        (("clkConfig", "l"), 131072, r"expected a power of two from 64 to 65536, got 131072"),
        (("clkConfig", "kdf", "keySize"), 65, r"\$\.clkConfig\.kdf\.keySize: expected 1 to 64 bytes, got 65"),
        (("clkConfig", "xor_folds"), 17, r"\$\.clkConfig\.xor_folds: expected a number from 0 to 16"),
        (("clkConfig", "xor_folds"), -1, r"\$\.clkConfig\.xor_folds: expected a number from 0 to 16"),
        (("clkConfig", "xor_folds"), "1", r"\$\.clkConfig\.xor_folds: expected a number from 0 to 16"),
        (("clkConfig", "kdf", "type"), "legacy", r"\$\.clkConfig\.kdf.*expected clkhash version 3"),
        (("features",), {}, r"\$\.features: expected clkhash version 3"),
        (("features", 0, "hashing", "strategy"), {}, r"\$\.features\[0\].*expected clkhash version 3"),
        (("features", 0, "identifier"), "surname", r"expected each identifier once"),
        (("features",), [{"identifier": "x", "ignored": True}], r"at least one field that is not ignored"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_path(path, value, message) -> None:
    body = plain_body()
    set_path(body, path, value)
    with pytest.raises(InputError, match=message):
        parse_schema(body)


@pytest.mark.parametrize("source", [b"[]", b'"text"', b"3"])
def test_json_that_is_no_object_is_refused(source: bytes) -> None:
    with pytest.raises(InputError, match="expected a JSON object at the top level"):
        parse_schema(source)


def test_too_many_fields_are_refused() -> None:
    body = plain_body()
    body["features"] = [{**body["features"][0], "identifier": f"field {n}"} for n in range(61)]
    with pytest.raises(InputError, match="expected at most 60, got 61"):
        parse_schema(body)


def test_ignored_fields_are_columns_that_set_no_bits() -> None:
    body = plain_body()
    body["features"].append({"identifier": "note", "ignored": True})
    schema: LinkageSchema = parse_schema(body)
    assert schema.fields[-1] == "note"
    assert "note" not in schema.encoded_fields
