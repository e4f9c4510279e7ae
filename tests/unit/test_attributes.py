"""Attributes and tokens: tables of standardised values and what is drawn from them."""

import pytest

from crypto.encoding.attributes import ATTRIBUTES, TOKENS, derive_salt
from crypto.encoding.schema import load_built_in_schema
from crypto.encoding.sounds import get_skeleton, get_soundex

PERSON = {
    "forenames": "MARY JANE",
    "surname": "DE LA CRUZ",
    "dob": "25121984",
    "sex": "F",
    "postcode": "SW1A1AA",
}
WHOLE = {
    **PERSON,
    "address": "FLAT 2 14 HIGH STREET",
    "town": "LEEDS",
    "birth_place": "LIMERICK",
    "phone": "7700900123",
    "email": "M.DELACRUZ@EXAMPLE.ORG",
    "pncid": "991234567A",
    "nhs_number": "9990001234",
    "national_id": "X1",
}
"""With the fields that only some files have."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("forename", "MARY"),
        ("surname", "DELACRUZ"),
        ("initials", "MD"),
        ("initial", "M"),
        ("forename-start", "MAR"),
        ("surname-sound", "D426"),
        ("forename-sound", "M600"),
        ("skeleton-pair", "KRS|MR"),
        ("name-skeletons", "D|GN|KRS|L|MR"),
        ("dob", "25121984"),
        ("day-month", "2512"),
        ("year-month", "121984"),
        ("year", "1984"),
        ("birth-any-order", "12251984"),
        ("postcode", "SW1A1AA"),
        ("outcode", "SW1A"),
        ("sex", "F"),
    ],
)
def test_an_attribute_is_drawn_from_a_whole_record(name: str, expected: str) -> None:
    assert ATTRIBUTES[name].derive(PERSON) == expected


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("values", [{}, dict.fromkeys(PERSON, "")])
def test_an_attribute_of_nothing_is_absent(name: str, values: dict[str, str]) -> None:
    assert ATTRIBUTES[name].derive(values) == ""


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("14 HIGH STREET", "14|HG"),
        ("FLAT 2 14 HIGH STREET", "2|HG"),
        ("ROSE COTTAGE", ""),
        ("14", ""),
        ("", ""),
    ],
)
def test_a_house_is_its_number_and_the_consonants_of_its_street(address: str, house: str) -> None:
    assert ATTRIBUTES["house"].derive({"address": address}) == house


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("values", [{}, dict.fromkeys(PERSON, "")])
def test_nothing_has_no_tokens(kind: str, values: dict[str, str]) -> None:
    assert list(TOKENS[kind].derive(values)) == []


@pytest.mark.parametrize("table", [ATTRIBUTES, TOKENS])
def test_an_entry_bears_the_name_it_is_found_by(table) -> None:
    assert [entry.name for entry in table.values()] == list(table)


@pytest.mark.parametrize(
    "entry",
    [*ATTRIBUTES.values(), *TOKENS.values()],
    ids=[*ATTRIBUTES, *(f"{name} tokens" for name in TOKENS)],
)
def test_an_entry_reads_no_field_but_those_it_names(entry) -> None:
    only = {field: value for field, value in PERSON.items() if field in entry.fields}
    assert entry.derive(only) == entry.derive(PERSON)


@pytest.mark.parametrize(
    ("dob", "whole", "day_month", "year_month", "year", "any_order"),
    [
        ("02011990", "02011990", "0201", "011990", "1990", "01021990"),
        ("01021990", "01021990", "0102", "021990", "1990", "01021990"),
        ("01011990", "", "", "", "1990", ""),
        ("00021990", "", "", "021990", "1990", ""),
        ("00001990", "", "", "", "1990", ""),
        ("15110000", "", "", "", "", ""),
        ("31021990", "31021990", "3102", "021990", "1990", "02311990"),
        ("010290", "", "", "", "", ""),
        ("01SMARCH1990", "", "", "", "", ""),
    ],
)
def test_imputed_and_partial_dates_salt_only_by_what_is_known(
    dob: str, whole: str, day_month: str, year_month: str, year: str, any_order: str
) -> None:
    names = ("dob", "day-month", "year-month", "year", "birth-any-order")
    found = tuple(ATTRIBUTES[name].derive({"dob": dob}) for name in names)
    assert found == (whole, day_month, year_month, year, any_order)


@pytest.mark.parametrize(
    ("code", "postcode", "outcode"),
    [
        ("CM11AB", "CM11AB", "CM1"),
        ("W11AA", "W11AA", "W1"),
        ("CM1", "", "CM1"),
        ("SW1A", "", "SW1A"),
        ("W1", "", "W1"),
        ("2600", "2600", "260"),
        ("90210", "90210", "90"),
        ("C", "", "C"),
    ],
)
def test_a_district_alone_is_no_postcode(code: str, postcode: str, outcode: str) -> None:
    assert ATTRIBUTES["postcode"].derive({"postcode": code}) == postcode
    assert ATTRIBUTES["outcode"].derive({"postcode": code}) == outcode


@pytest.mark.parametrize(
    ("forenames", "surname", "pair", "bag"),
    [
        ("ADA", "POOLE", "D|PL", "D|PL"),
        ("POOLE", "ADA", "D|PL", "D|PL"),
        ("BOB", "BABB", "B", "B"),
        ("YU", "LI", "L", "L"),
        ("AOI", "EE", "", ""),
        ("ADA", "", "", "D"),
        ("ADA MAY", "POOLE LAKE", "D|LK", "D|LK|M|PL"),
    ],
)
def test_skeletons_do_not_depend_on_the_order_of_names(forenames, surname, pair, bag) -> None:
    values = {"forenames": forenames, "surname": surname}
    assert ATTRIBUTES["skeleton-pair"].derive(values) == pair
    assert ATTRIBUTES["name-skeletons"].derive(values) == bag


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ROBERT", "R163"), ("RUPERT", "R163"), ("ASHCRAFT", "A261"), ("TYMCZAK", "T522"),
        ("PFISTER", "P236"), ("HONEYMAN", "H555"), ("LEE", "L000"), ("", ""),
    ],
)  # fmt: skip
def test_soundex_is_as_published(word: str, expected: str) -> None:
    assert get_soundex(word) == expected


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (("MOHAMMED", "MUHAMMAD", "MOHAMAD", "MOHAMED"), "MD"),
        (("HUSSAIN", "HUSSEIN", "HUSAIN"), "HSN"),
        (("YUSUF", "YOUSEF", "YOUSSEF"), "SF"),
        (("CHOWDHURY", "CHOUDHURY", "CHAUDHRY"), "KDR"),
        (("LAXMI", "LAKSHMI"), "LSM"),
        (("ALEXANDER", "ALEKSANDER"), "LSNDR"),
        (("MALINOWSKI", "MALINOVSKI"), "MLNFSK"),
        (("SCHWARTZ", "SCHWARZ"), "SFRS"),
        (("TSENG", "ZENG"), "SNG"),
        (("HSIAO", "XIAO"), "S"),
        (("DZHAMAL", "DJAMAL", "JAMAL"), "GML"),
        (("SHEIKH", "SHAYKH", "SHEIK"), "SK"),
        (("SOPHIA", "SOFIA"), "SF"),
        (("NIKOLAI", "NICHOLAI"), "NKL"),
        (("HARRIS",), "HRS"),
        (("ZOE",), "S"),
        (("AOI",), ""),
        (("",), ""),
        (("2ND",), "ND"),
    ],
)
def test_spellings_of_one_name_have_one_skeleton(spellings: tuple[str, ...], expected: str) -> None:
    assert {get_skeleton(word) for word in spellings} == {expected}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"forenames": "AL", "surname": "BO"}, [" A", " B", "AL", "BO", "L ", "O "]),
        ({"forenames": "BO", "surname": "AL"}, [" A", " B", "AL", "BO", "L ", "O "]),
        ({"forenames": "BO BO"}, [" B", "BO", "O "]),
    ],
)
def test_name_bigrams_are_a_bag_of_all_names(values: dict[str, str], expected: list[str]) -> None:
    assert TOKENS["name-bigrams"].derive(values) == expected


DIGITS = ["0:2", "1:5", "2:1", "3:2", "4:1", "5:9", "6:8", "7:4"]


@pytest.mark.parametrize(
    ("dob", "expected"),
    [
        ("25121984", ["D25", "M12", "C19", "Y84", *DIGITS]),
        ("00121984", ["M12", "C19", "Y84", *DIGITS[2:]]),
        ("00001984", ["C19", "Y84", *DIGITS[4:]]),
        ("25120000", ["D25", "M12", *DIGITS[:4]]),
        ("0102", ["0:0", "1:1", "2:0", "3:2"]),
    ],
)
def test_date_parts_leave_out_what_is_not_known(dob: str, expected: list[str]) -> None:
    assert TOKENS["date-parts"].derive({"dob": dob}) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("W11AA", ["OW1", "PW11AA", "0:W1", "1:11", "2:1A", "3:AA"]),
        ("W1", ["OW1", "PW1", "0:W1"]),
        ("W", ["OW", "PW"]),
    ],
)
def test_postcode_parts_are_district_whole_and_pairs(code: str, expected: list[str]) -> None:
    assert TOKENS["postcode-parts"].derive({"postcode": code}) == expected


def test_sex_is_one_token() -> None:
    assert TOKENS["sex"].derive(PERSON) == ["F"]


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_are_distinct(kind: str) -> None:
    tokens = TOKENS[kind].derive(WHOLE)
    assert len(set(tokens)) == len(tokens) > 0


def test_a_salt_is_absent_as_soon_as_one_attribute_is() -> None:
    assert derive_salt(PERSON, ["postcode", "day-month"]) == ("SW1A1AA", "2512")
    assert derive_salt({**PERSON, "dob": "01011984"}, ["postcode", "day-month"]) is None


def test_a_whole_record_has_every_salt_of_uk_police() -> None:
    views = load_built_in_schema("uk-police").views
    assert views is not None
    salts = [derive_salt(WHOLE, view.salt) for view in views.salted]
    assert None not in salts
    assert len(salts) == 21
