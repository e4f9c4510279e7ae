"""Encodings are clkhash's, byte for byte, over schemas and records of every kind that clkhash has."""

import numpy as np
import pytest
from clkhash import clk
from clkhash.comparators import NgramComparison
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.encoding import encoder, text
from crypto.encoding.bits import combine_rows, fold_rows, set_bits
from crypto.encoding.encoder import encode_columns, encode_records
from crypto.encoding.schema import LinkageSchema, parse_schema
from crypto.encoding.text import find_distinct, pack_text
from crypto.encoding.tokens import tokenise
from crypto.errors import InputError

letters = st.characters(exclude_categories=["Cs"]) | st.sampled_from("abcÄß \n\x1f\x00٣😀")
texts = st.text(letters, max_size=12) | st.sampled_from(["", "Ann", "ann", "ANN LEE", "1990-02-01", "7"])
numbers = st.integers(-(10**20), 10**20).map(str) | st.sampled_from([" 65", "+65", "065", "1_000", "-0"])
decimals = numbers | st.floats(-1e9, 1e9, allow_nan=False).map(str)
days = st.dates().map(lambda day: f"{day:%Y-%m-%d}")
misfits = st.sampled_from(["", "x", "nan", "inf", "31/02/1990", "\ud800", "é", "1990-2-1"])

ngrams = st.fixed_dictionaries(
    {"type": st.just("ngram"), "n": st.integers(1, 4)}, optional={"positional": st.booleans()}
)
exact = st.just({"type": "exact"})
numeric = st.fixed_dictionaries(
    {
        "type": st.just("numeric"),
        "thresholdDistance": st.sampled_from([0.5, 1, 3.7, 250]),
        "resolution": st.integers(1, 6),
        "fractional_precision": st.integers(1, 4),
    }
)
strategies = st.one_of(
    st.fixed_dictionaries({"bitsPerToken": st.integers(1, 70)}),
    st.fixed_dictionaries({"bitsPerFeature": st.integers(1, 400)}),
)
encodings = st.sampled_from(["ascii", "utf-8", "utf-16", "utf-32"])
string_formats = st.one_of(
    st.fixed_dictionaries({"type": st.just("string")}, optional={"encoding": encodings}),
    st.fixed_dictionaries(
        {"type": st.just("string"), "case": st.sampled_from(["upper", "lower", "mixed"])},
        optional={"minLength": st.integers(0, 2), "maxLength": st.integers(8, 12)},
    ),
    st.just({"type": "string", "pattern": "(?s).{0,8}"}),
)
KINDS = (
    (string_formats, ngrams | exact, texts),
    (st.just({"type": "string"}), numeric, decimals),
    (
        st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": st.integers(-5, 5)}),
        ngrams | exact | numeric,
        numbers,
    ),
    (st.just({"type": "date", "format": "%Y-%m-%d"}), ngrams | exact, days),
    (st.just({"type": "enum", "values": ["F", "M", "é"]}), ngrams | exact, st.sampled_from(["F", "M", "é"])),
)
kdfs = st.fixed_dictionaries(
    {"type": st.just("HKDF")},
    optional={
        "hash": st.sampled_from(["SHA256", "SHA512"]),
        "salt": st.sampled_from(["", "c2FsdA=="]),
        "info": st.sampled_from(["", "aW5mbw=="]),
        "keySize": st.integers(1, 64),
    },
)
missing = st.fixed_dictionaries(
    {"sentinel": st.sampled_from(["", "N/A", "é", "7"])},
    optional={"replaceWith": st.sampled_from(["", "0", "42", "none", "é"])},
)


@st.composite
def columns(draw: st.DrawFn, rows: int, name: str) -> tuple[dict, list[str]]:
    """Return a feature, and values that mostly fit it and mostly repeat."""
    formats, comparisons, values = draw(st.sampled_from(KINDS))
    hashing = {"comparison": draw(comparisons), "strategy": draw(strategies)}
    entries = values
    if draw(st.booleans()):
        hashing["missingValue"] = draw(missing)
        entries = entries | st.just(hashing["missingValue"]["sentinel"])
    if draw(st.integers(0, 9)) == 0:
        entries = entries | misfits
    pool = draw(st.lists(entries, min_size=1, max_size=4))
    column = draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows))
    if draw(st.integers(0, 9)) == 0:
        return {"identifier": name, "ignored": True}, column
    return {"identifier": name, "format": draw(formats), "hashing": hashing}, column


@st.composite
def linkages(draw: st.DrawFn) -> tuple[LinkageSchema, list[tuple[str, ...]]]:
    """Return a schema and records under it."""
    rows = draw(st.integers(1, 8))
    drawn = [draw(columns(rows, f"field{at}")) for at in range(draw(st.integers(1, 4)))]
    plain = {
        "identifier": "last",
        "format": {"type": "string"},
        "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 9}},
    }
    body = {
        "version": 3,
        "clkConfig": {
            "l": draw(st.sampled_from([64, 128, 1024, 4096])),
            "xor_folds": draw(st.sampled_from([0, 0, 1, 2, 5])),
            "kdf": draw(kdfs),
        },
        "features": [feature for feature, _ in drawn] + [plain],
    }
    last = draw(st.lists(st.text(letters, max_size=30), min_size=rows, max_size=rows))
    return parse_schema(body), list(zip(*[column for _, column in drawn], last, strict=True))


def encode_with_clkhash(
    records: list[tuple[str, ...]], schema: LinkageSchema, secret: bytes
) -> list[bytes] | None:
    """Return clkhash's encodings, or None where it refuses the records."""
    try:
        clks = clk.generate_clks(records, schema.to_clkhash(), secret, max_workers=1)
    except (ValueError, OverflowError):
        return None
    return [item.tobytes() for item in clks]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(linkages(), st.binary(min_size=1, max_size=80))
def test_any_schema_and_records_encode_as_clkhash_encodes_them_or_are_refused_as_it_refuses(
    linkage: tuple[LinkageSchema, list[tuple[str, ...]]], secret: bytes
) -> None:
    schema, records = linkage
    expected = encode_with_clkhash(records, schema, secret)
    if expected is None:
        with pytest.raises(InputError, match="column 'field"):
            encode_records(records, schema, secret=secret)
        return
    found = encode_records(records, schema, secret=secret)
    assert [row.tobytes() for row in found] == expected
    by_column = dict(zip(schema.fields, zip(*records, strict=True), strict=True))
    assert (encode_columns(by_column, schema, secret=secret) == found).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20) | st.sampled_from(["", "\x00", "\x00\x00", "a", "\x1f"]), max_size=40))
def test_distinct_values_are_those_a_dictionary_finds_in_the_same_order(values: list[str]) -> None:
    packed = pack_text(values)
    firsts, places = find_distinct(packed)
    distinct = list(dict.fromkeys(values))
    assert packed.to_values() == values
    assert [values[index] for index in firsts] == distinct
    assert [distinct[place] for place in places] == values


def test_values_that_hashing_cannot_separate_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_meet", lambda hashes, turn: np.zeros(len(hashes), dtype=np.intp))
    values = [str(number % 50) for number in range(200)]
    firsts, places = find_distinct(pack_text(values))
    assert firsts.tolist() == list(range(50))
    assert places.tolist() == [number % 50 for number in range(200)]


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_chunks_do_not_show_in_the_encodings(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    feature = {
        "identifier": "name",
        "format": {"type": "string"},
        "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 90}},
    }
    schema = parse_schema(
        {"version": 3, "clkConfig": {"l": 256, "kdf": {"type": "HKDF"}}, "features": [feature]}
    )
    records = [(f"name {number % 7}",) for number in range(10)]
    whole = encode_records(records, schema, secret=b"k")
    monkeypatch.setattr(encoder, "CHUNK_RECORDS", chunk)
    assert (encode_records(records, schema, secret=b"k") == whole).all()
    with pytest.raises(InputError, match=r"row 8, column 'name'"):
        encode_records([*records[:7], ("\ud800",), *records[8:]], schema, secret=b"k")


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=12), st.integers(1, 5), st.booleans())
def test_ngrams_are_those_of_clkhashs_comparator_value_by_value(
    values: list[str], n: int, positional: bool
) -> None:
    comparator = NgramComparison(n, positional)
    table = tokenise(pack_text(values), comparator)
    tokens = iter(table.tokens[number] for number in table.ids)
    found = [[next(tokens) for _ in range(size)] for size in table.counts]
    assert found == [list(comparator.tokenize(value)) for value in values]
    assert len(set(table.tokens)) == len(table.tokens)
    assert next(tokens, None) is None


rows_of_bits = st.lists(st.lists(st.integers(0, 127), max_size=9), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(rows_of_bits, st.data())
def test_rows_hold_exactly_the_bits_that_were_set_combined_and_folded(
    wanted: list[list[int]], data: st.DataObject
) -> None:
    counts = np.array([len(row) for row in wanted])
    rows = set_bits(np.array([bit for row in wanted for bit in row], dtype=np.intp), counts, width_bits=128)
    unpacked = np.unpackbits(rows.view(np.uint8), axis=1)
    assert [set(np.flatnonzero(row)) for row in unpacked] == [set(row) for row in wanted]

    chosen = data.draw(st.lists(st.tuples(*[st.integers(0, len(wanted) - 1)] * 3), min_size=1, max_size=6))
    combined = np.empty((len(chosen), 2), dtype=np.uint64)
    combine_rows(rows, np.array(chosen), out=combined)
    unions = [set().union(*(wanted[index] for index in row)) for row in chosen]
    assert [set(np.flatnonzero(row)) for row in np.unpackbits(combined.view(np.uint8), axis=1)] == unions

    folded = np.unpackbits(fold_rows(rows, 64).view(np.uint8), axis=1)
    assert (folded == unpacked[:, :64] ^ unpacked[:, 64:]).all()
