"""The leak search finds a planted value in every form, names no value, and is silent on noise."""

import base64
import gzip
import hashlib
import json
import urllib.parse
import zlib
from pathlib import Path

import numpy as np
import pytest

from crypto.errors import InputError
from lab.canary_forms import Canary, derive_needles
from lab.leaksearch import Leak, LeakSearch

NAME = Canary("story.surname", "NAME", "QUILLFEATHER")
FULL = Canary("story.full_name", "NAME", "CORWYN QUILLFEATHER")
DOB = Canary("story.dob", "DATE", "1988-05-23")
POSTCODE = Canary("story.postcode", "POSTCODE", "CT21 6HX")
SEARCH = LeakSearch([NAME, FULL, DOB, POSTCODE])


def noise(count: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).bytes(count)


def digest(algorithm: str, text: str) -> bytes:
    return hashlib.new(algorithm, text.encode()).digest()


FORMS = [
    ("utf-8", NAME, b"QUILLFEATHER"),
    ("utf-8", NAME, b"quillfeather"),
    ("utf-8", NAME, b"Quillfeather"),
    ("utf-16le", NAME, "Quillfeather".encode("utf-16-le")),
    ("utf-16be", NAME, "quillfeather".encode("utf-16-be")),
    ("reversed", NAME, b"rehtaeflliuq"),
    ("hex", NAME, b"QUILLFEATHER".hex().encode()),
    ("hex", NAME, b"quillfeather".hex().upper().encode()),
    ("base64", NAME, base64.b64encode(b"{'surname':'QUILLFEATHER'}")),
    ("base64", NAME, base64.b64encode(b"_{'surname':'QUILLFEATHER'}")),
    ("base64", NAME, base64.b64encode(b"__{'surname':'QUILLFEATHER'}")),
    ("url", FULL, urllib.parse.quote("CORWYN QUILLFEATHER").encode()),
    ("url", FULL, urllib.parse.quote_plus("corwyn quillfeather").encode()),
    ("url", NAME, "".join(f"%{ord(c):02X}" for c in "QUILLFEATHER").encode()),
    ("json", NAME, "".join(f"\\u{ord(c):04x}" for c in "QUILLFEATHER").encode()),
    ("sha256", NAME, digest("sha256", "QUILLFEATHER")),
    ("sha256-hex", NAME, digest("sha256", "quillfeather").hex().encode()),
    ("sha256-hex", DOB, digest("sha256", "1988-05-23").hex().upper().encode()),
    ("sha256-base64", POSTCODE, base64.b64encode(digest("sha256", "CT216HX"))),
    ("sha1", NAME, digest("sha1", "Quillfeather")),
    ("sha1-hex", POSTCODE, digest("sha1", "CT21 6HX").hex().encode()),
    ("sha1-base64", NAME, base64.urlsafe_b64encode(digest("sha1", "QUILLFEATHER"))),
    ("md5", DOB, digest("md5", "19880523")),
    ("md5-hex", FULL, digest("md5", "CORWYN QUILLFEATHER").hex().encode()),
    ("md5-base64", NAME, base64.b64encode(digest("md5", "QUILLFEATHER"))),
    ("utf-8", DOB, b"1988-05-23"),
    ("utf-8", DOB, b"23/05/1988"),
    ("json", DOB, b"23\\/05\\/1988"),
    ("url", DOB, b"23%2F05%2F1988"),
    ("utf-8", DOB, b"19880523"),
    ("utf-8", DOB, b"23051988"),
    ("reversed", DOB, b"32-50-8891"),
    ("utf-8", POSTCODE, b"CT21 6HX"),
    ("utf-8", POSTCODE, b"ct216hx"),
    ("base64", POSTCODE, base64.b64encode(b"postcode=CT21 6HX;")),
    ("url", POSTCODE, b"CT21%206HX"),
]


@pytest.mark.parametrize(("encoding", "canary", "planted"), FORMS)
def test_a_leak_in_any_form_is_found_among_noise(encoding: str, canary: Canary, planted: bytes) -> None:
    data = noise(5000) + b"<" + planted + b">" + noise(5000, seed=2)

    found = SEARCH.find_in_bytes(data, name="store.db")

    assert (canary.label, encoding) in {(leak.canary_label, leak.encoding) for leak in found}
    assert all(abs(leak.offset - 5001) < len(planted) + 5 for leak in found)


def test_every_encoding_that_is_searched_has_a_positive_control() -> None:
    assert {encoding for encoding, _, _ in FORMS} == {
        n.encoding for n in derive_needles([NAME, FULL, DOB, POSTCODE])
    }


@pytest.mark.parametrize(("wrapper", "wrap"), [("gzip", gzip.compress), ("zlib", zlib.compress)])
def test_a_leak_inside_a_compressed_member_is_found_at_the_member(wrapper, wrap) -> None:
    data = noise(999) + wrap(noise(50) + b"QUILLFEATHER") + noise(100)

    assert Leak("x", NAME.label, f"{wrapper} > utf-8", 999) in SEARCH.find_in_bytes(data, name="x")


def test_a_leak_compressed_twice_is_found() -> None:
    data = b"head" + gzip.compress(b"body" + zlib.compress(b"QUILLFEATHER" * 3))

    assert "gzip > zlib > utf-8" in {leak.encoding for leak in SEARCH.find_in_bytes(data, name="x")}


def test_a_leak_in_a_compressed_member_that_was_cut_short_is_found() -> None:
    whole = zlib.compress(b"QUILLFEATHER" + noise(4000))

    assert SEARCH.find_in_bytes(whole[:3000], name="x")


def test_noise_holds_no_leak() -> None:
    raw = noise(2_000_000)

    for data in (raw, raw.hex().encode(), base64.b64encode(raw), zlib.compress(raw)):
        assert SEARCH.find_in_bytes(data, name="noise") == []


@pytest.mark.parametrize("start", range(250, 262))
def test_a_leak_across_a_block_border_is_found_once(start: int) -> None:
    search = LeakSearch([NAME], block_bytes=256)
    data = b"." * start + b"QUILLFEATHER" + b"." * 600

    assert search.find_in_bytes(data, name="x") == [Leak("x", NAME.label, "utf-8", start)]


@pytest.mark.parametrize("size", range(12))
def test_data_shorter_than_a_needle_holds_no_leak(size: int) -> None:
    assert SEARCH.find_in_bytes(b"QUILLFEATHER"[:size], name="x") == []


def test_digits_inside_hexadecimal_text_are_chance_but_delimited_digits_are_a_date() -> None:
    assert SEARCH.find_in_bytes(b"ab19880523cd", name="x") == []
    assert SEARCH.find_in_bytes(b"ab 19880523 cd", name="x") == [Leak("x", DOB.label, "utf-8", 3)]


def test_files_of_a_tree_and_their_names_are_searched(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "store.db-wal").write_bytes(noise(100) + b"Quillfeather")
    (deep / "quillfeather.seg").write_bytes(b"")
    (tmp_path / "clean.log").write_bytes(b"nothing here")

    found = SEARCH.find_in_trees([tmp_path])

    assert found == [
        Leak(str(deep / "quillfeather.seg"), NAME.label, "file name utf-8", 0),
        Leak(str(deep / "store.db-wal"), NAME.label, "utf-8", 100),
    ]


def test_a_single_file_can_be_a_root(tmp_path: Path) -> None:
    file = tmp_path / "node.log"
    file.write_bytes(b"CT216HX")

    assert [leak.canary_label for leak in SEARCH.find_in_trees([file])] == [POSTCODE.label]


def test_a_root_that_does_not_exist_is_refused_and_not_taken_for_clean(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        SEARCH.find_in_trees([tmp_path / "absent"])


def test_findings_and_needles_do_not_show_the_value() -> None:
    found = SEARCH.find_in_bytes(b"QUILLFEATHER 1988-05-23", name="x")
    shown = json.dumps([repr(item) for item in (*found, *derive_needles([NAME, DOB]), NAME, DOB)]).upper()

    assert found
    assert "QUILL" not in shown
    assert "1988" not in shown


@pytest.mark.parametrize(
    ("canary", "message"),
    [
        (Canary("short.name", "NAME", "ANN"), "short.name: expected at least 6 characters"),
        (Canary("short.postcode", "POSTCODE", "M1 1A"), "short.postcode: expected at least 6 characters"),
        (Canary("odd", "PHONE", "07700900123"), "odd: expected a kind of NAME, DATE, POSTCODE, got PHONE"),
    ],
)
def test_a_canary_that_chance_would_find_is_refused(canary: Canary, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LeakSearch([canary])
