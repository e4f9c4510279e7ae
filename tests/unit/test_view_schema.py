"""The views of a linkage schema: what is accepted, and every refusal with its JSON path."""

import copy
from typing import Any

import pytest

from crypto.encoding import schema as schema_module
from crypto.encoding.attributes import ATTRIBUTES, TOKENS
from crypto.encoding.schema import BUILT_IN_SCHEMAS, FEDERATION_FIELDS, load_built_in_schema, parse_schema
from crypto.encoding.view_schema import Comparison, Padding, Resolution, SaltedView, ViewLayout, WideView
from crypto.errors import InputError


def make_body(name: str = "uk-police-wide") -> dict[str, Any]:
    return load_built_in_schema(name).body


def set_path(body: Any, path: tuple, value: object) -> None:
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value


def test_uk_police_is_twelve_views_of_512_bits_with_128_set_for_a_federations_fields() -> None:
    schema = load_built_in_schema("uk-police").subset(FEDERATION_FIELDS)
    views = schema.views
    assert views is not None
    assert (views.bits, views.ones, len(views.salted), views.block_cap, views.wide) == (512, 128, 12, 1, None)
    assert views.comparisons[0] == Comparison("names", "name-bigrams", 256, 64)
    assert views.salted[0] == SaltedView("surname-birth", ("surname-sound", "birth-any-order"))
    assert views.padding == Padding(0.02, 64)
    assert views.resolution == Resolution(0.5, 0.5)
    assert set(schema.layout) == {ViewLayout(view.name, 64, True, 0.5) for view in views.salted}
    assert schema.fields == FEDERATION_FIELDS


def test_uk_police_wide_adds_one_view_without_blocks() -> None:
    narrow, wide = load_built_in_schema("uk-police"), load_built_in_schema("uk-police-wide")
    stated = wide.body["views"]["wide"]
    assert wide.layout == (*narrow.layout, ViewLayout("wide", 128, False, stated["bar"]))
    assert wide.views is not None
    assert wide.views.wide == WideView(stated["bitsPerField"], stated["diffusion"], stated["bar"])


def test_a_schema_without_views_is_one_view_of_whole_encodings() -> None:
    assert load_built_in_schema("plain").views is None
    assert load_built_in_schema("plain").layout == (ViewLayout("record", 128, False, 0.0),)


def test_built_in_schemas_have_digests_of_their_own() -> None:
    assert len({load_built_in_schema(name).digest for name in BUILT_IN_SCHEMAS}) == len(BUILT_IN_SCHEMAS)


VIEWS = ("views",)
COMPARISON = ("views", "comparisons", 0)
SALTED = ("views", "salted", 0)
SHARE = "expected a number from 0 to"
WHOLE = "expected a whole number from"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (VIEWS, [], r"\$\.views: expected an object, got a list"),
        (VIEWS, None, r"\$\.views: expected an object, got null"),
        ((*VIEWS, "extra"), 1, r"\$\.views: expected the keys comp.*wide \(optional\); extra is unknown"),
        (VIEWS, {"salted": []}, r"\$\.views: .*comparisons is missing; blockCap is missing"),
        ((*VIEWS, "comparisons"), [], r"\$\.views\.comparisons: expected a list of 1 to 16, got 0"),
        ((*VIEWS, "comparisons"), {}, r"\$\.views\.comparisons: expected a list of 1 to 16, got an object"),
        ((*COMPARISON, "tokens"), "trigrams", r"comparisons\[0\]\.tokens: expected one of name-.*, got 'tr"),
        ((*COMPARISON, "bits"), 4097, rf"comparisons\[0\]\.bits: {WHOLE} 8 to 4096, got 4097"),
        ((*COMPARISON, "bits"), 64.5, rf"comparisons\[0\]\.bits: {WHOLE} 8 to 4096, got 64\.5"),
        ((*COMPARISON, "bits"), True, r"comparisons\[0\]\.bits: expected a whole number .*, got True"),
        ((*COMPARISON, "ones"), 129, rf"comparisons\[0\]\.ones: {WHOLE} 1 to 128, got 129"),
        ((*COMPARISON, "ones"), 0, rf"comparisons\[0\]\.ones: {WHOLE} 1 to 128, got 0"),
        ((*COMPARISON, "name"), "dob", r"\$\.views\.comparisons: expected each name once"),
        ((*COMPARISON, "name"), "Names", r"comparisons\[0\]\.name: expected 1 to 32 lower-case letters"),
        ((*COMPARISON, "weight"), 1, r"comparisons\[0\]: expected the keys .*; weight is unknown"),
        ((*VIEWS, "salted"), [], r"\$\.views\.salted: expected a list of 1 to 32, got 0"),
        ((*SALTED, "salt"), [], r"salted\[0\]\.salt: expected a list of 1 to 6, got 0"),
        (
            (*SALTED, "salt"),
            ["dob", "shoe"],
            r"salted\[0\]\.salt\[1\]: expected one of forename, .*, got 'shoe'",
        ),
        ((*SALTED, "salt"), ["dob", "dob"], r"salted\[0\]\.salt: expected each attribute once"),
        ((*SALTED, "salt"), ["dob", "forename"], r"\$\.views\.salted: expected each salt once"),
        ((*SALTED, "salt"), [7], r"salted\[0\]\.salt\[0\]: expected one of .*, got 7"),
        ((*SALTED, "name"), "dob-outcode", r"\$\.views\.salted: expected each name once"),
        ((*SALTED, "name"), "wide", r"salted\[0\]\.name: expected another name than 'wide'"),
        ((*SALTED, "name"), "record", r"salted\[0\]\.name: expected another name than 'record'"),
        ((*VIEWS, "blockCap"), 17, rf"\$\.views\.blockCap: {WHOLE} 1 to 16, got 17"),
        ((*VIEWS, "blockCap"), 0, rf"\$\.views\.blockCap: {WHOLE} 1 to 16, got 0"),
        ((*VIEWS, "padding", "dummyShare"), 0.6, rf"padding\.dummyShare: {SHARE} 0\.5, got 0\.6"),
        ((*VIEWS, "padding", "dummyShare"), -0.1, rf"padding\.dummyShare: {SHARE} 0\.5, got -0\.1"),
        ((*VIEWS, "padding", "multiple"), 0, rf"padding\.multiple: {WHOLE} 1 to 65536, got 0"),
        ((*VIEWS, "resolution", "bar"), "half", rf"resolution\.bar: {SHARE} 1, got 'half'"),
        ((*VIEWS, "resolution", "maxShare"), 2, rf"resolution\.maxShare: {SHARE} 1, got 2"),
        ((*VIEWS, "wide", "bitsPerField"), 0, rf"wide\.bitsPerField: {WHOLE} 1 to 512, got 0"),
        ((*VIEWS, "wide", "diffusion"), 65, rf"wide\.diffusion: {WHOLE} 1 to 64, got 65"),
        ((*VIEWS, "wide", "bar"), None, rf"wide\.bar: {SHARE} 1, got null"),
        (
            ("features", 4, "identifier"),
            "zip",
            r"comparisons\[2\]\.tokens: expected postcode among the encoded fields",
        ),
    ],
)
def test_views_that_cannot_be_used_are_refused_with_their_path(path, value, message) -> None:
    body = make_body()
    set_path(body, path, value)
    with pytest.raises(InputError, match=message):
        parse_schema(body)


def test_a_salt_of_a_field_that_is_not_encoded_is_refused() -> None:
    body = make_body()
    del body["views"]["comparisons"][2]
    body["views"]["comparisons"][0]["bits"] += 96
    body["features"][4] = {"identifier": "postcode", "ignored": True}
    with pytest.raises(
        InputError, match=r"salted\[1\]\.salt\[0\]: expected postcode among the encoded fields"
    ):
        parse_schema(body)


def test_views_without_standardisation_are_refused() -> None:
    body = make_body()
    del body["standardisation"]
    with pytest.raises(InputError, match=r"\$\.standardisation: expected 2 beside \$\.views, got none"):
        parse_schema(body)


def test_a_subset_drops_the_views_and_comparisons_of_the_fields_left_out() -> None:
    views = load_built_in_schema("uk-police").subset(["forenames", "surname", "dob", "sex"]).views
    assert views is not None
    assert [comparison.name for comparison in views.comparisons] == ["names", "dob", "sex"]
    assert [view.name for view in views.salted if "postcode" in view.salt or "outcode" in view.salt] == []
    assert len(views.salted) == 6
    assert views.bits == 448  # 416 that are used, and the rest of a word


def test_a_subset_without_views_is_refused() -> None:
    with pytest.raises(InputError, match="such as forenames, surname and dob, got sex; use schema plain"):
        load_built_in_schema("uk-police").subset(["sex"])


def list_numbers(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the path of every number in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    deeper = [found for key, item in items for found in list_numbers(item, (*path, key))]
    return deeper + ([path] if isinstance(value, int | float) and not isinstance(value, bool) else [])


HALVED = [path for path in list_numbers(make_body()["views"]) if path[-1] not in ("bits",)]


@pytest.mark.parametrize("path", HALVED, ids=[".".join(map(str, path)) for path in HALVED])
def test_every_number_of_the_views_is_in_the_digest(path: tuple) -> None:
    body = make_body()
    value: Any = body["views"]
    for step in path:
        value = value[step]
    set_path(body, ("views", *path), value // 2 or 2 if isinstance(value, int) else value / 2)
    assert parse_schema(body).digest != load_built_in_schema("uk-police-wide").digest


def test_order_and_salts_of_views_are_in_the_digest() -> None:
    before = load_built_in_schema("uk-police-wide").digest
    reordered, resalted = make_body(), make_body()
    reordered["views"]["salted"].reverse()
    resalted["views"]["salted"][0]["salt"] = ["surname", "birth-any-order"]
    assert len({before, parse_schema(reordered).digest, parse_schema(resalted).digest}) == 3


def test_another_version_of_attributes_changes_the_digest_of_views_alone(monkeypatch) -> None:
    before = {name: load_built_in_schema(name).digest for name in BUILT_IN_SCHEMAS}
    monkeypatch.setattr(schema_module, "ATTRIBUTES_VERSION", 99)
    changed = {name for name in BUILT_IN_SCHEMAS if load_built_in_schema(name).digest != before[name]}
    assert changed == {"uk-police", "uk-police-wide"}


def test_attributes_and_tokens_read_fields_of_uk_police_alone() -> None:
    read = {field for table in (ATTRIBUTES, TOKENS) for entry in table.values() for field in entry.fields}
    assert read == set(load_built_in_schema("uk-police").fields) > set(FEDERATION_FIELDS)


def test_parsing_changes_nothing_of_its_source() -> None:
    body = make_body()
    before = copy.deepcopy(body)
    parse_schema(body)
    assert body == before
