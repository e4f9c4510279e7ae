"""Standardisation: tables of raw text and the form that is encoded."""

from datetime import date

import pytest

from crypto.encoding.standardise import (
    STANDARDISERS,
    fold_text,
    is_impossible_date,
    parse_date_parts,
    standardise_code,
    standardise_date,
    standardise_email,
    standardise_name,
    standardise_phone,
    standardise_postcode,
    standardise_record,
    standardise_sex,
    standardise_surname,
    standardise_value,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Zoë ", "ZOE"),
        ("Siân", "SIAN"),
        ("O'Brien", "OBRIEN"),
        ("O’Brien", "OBRIEN"),
        ("Smith-Jones", "SMITH JONES"),
        ("Łukasz", "LUKASZ"),
        ("Bjørn Ærø", "BJORN AERO"),
        ("Weiß", "WEISS"),
        ("ＡＬＩＣＥ", "ALICE"),
        ("St. John  Lee", "ST JOHN LEE"),
        ("Юлия", "YULIYA"),
        ("Иль́ья", "ILYA"),
        ("محمد", "MHMD"),
        ("王", "WANG"),
        ("김민수", "GIMMINSU"),
        ("ʿAlī", "ALI"),
        ("MÃ¼ller", "MULLER"),
        ("O&#39;Brien &amp; Söhne", "OBRIEN SOHNE"),
        ("", ""),
        ("  -- ", ""),
        ("null", ""),
        ("N/K", "N K"),
        ("Not known", ""),
        ("(none)", ""),
        ("n/a", ""),
        ("Na", "NA"),
    ],
)
def test_text_is_folded_to_upper_case_without_accents_or_punctuation(raw: str, expected: str) -> None:
    assert fold_text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Mrs Ada Poole", "ADA POOLE"),
        ("Dr. Ada Poole", "ADA POOLE"),
        ("Prof Dr Ada Poole", "ADA POOLE"),
        ("Sir", "SIR"),
        ("Lord", "LORD"),
        ("Drew", "DREW"),
        ("Reverend Ada Poole", "ADA POOLE"),
        ("Ada Poole Jnr", "ADA POOLE"),
        ("Jr", "JR"),
        ("Poole (née Marsh)", "POOLE"),
        ("(Ada)", "ADA"),
        ("Mr Unknown", ""),
    ],
)
def test_titles_suffixes_and_brackets_go_but_a_name_that_is_only_a_title_stays(
    raw: str, expected: str
) -> None:
    assert standardise_name(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "1990-02-01",
        "1990/2/1",
        "19900201",
        "01/02/1990",
        "1/2/1990",
        "01-02-1990",
        "1.2.1990",
        "1 Feb 1990",
        "01-FEB-1990",
        "1990-02-01T00:00:00Z",
        "1990-02-01 00:00",
        " 01/02/1990 ",
        "1st February 1990",
        "February 1, 1990",
        "01FEB1990",
        "1 Feb 1990 00:00",
        "01021990",
    ],
)
def test_every_usual_way_to_write_a_day_gives_the_same_digits(raw: str) -> None:
    assert standardise_date(raw) == "01021990"
    assert parse_date_parts(raw) == date(1990, 2, 1)
    assert not is_impossible_date(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("31/02/1990", "31021990"),
        ("1990-02-31", "31021990"),
        ("19901302", "02131990"),
        ("29-22-1983", "29221983"),
        ("01/02/90", "010290"),
        ("1511", "1511"),
        ("1 Smarch 1990", "01SMARCH1990"),
        ("29/02/1990", "29021990"),
        ("01/02/0090", "01020090"),
    ],
)
def test_an_impossible_day_keeps_its_digits_in_day_month_year_order(raw: str, expected: str) -> None:
    assert standardise_date(raw) == expected
    assert is_impossible_date(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1990-02", "00021990"),
        ("02/1990", "00021990"),
        ("Feb 1990", "00021990"),
        ("1990-02-??", "00021990"),
        ("??/02/1990", "00021990"),
        ("XX/02/1990", "00021990"),
        ("00/02/1990", "00021990"),
        ("19900200", "00021990"),
        ("1990", "00001990"),
        ("1990-??-??", "00001990"),
        ("19900000", "00001990"),
        ("15/11", "15110000"),
        ("15/11/????", "15110000"),
        ("29/02", "29020000"),
        ("??/??/????", ""),
        ("00/00/0000", ""),
    ],
)
def test_a_partial_date_keeps_what_is_known(raw: str, expected: str) -> None:
    assert standardise_date(raw) == expected
    assert parse_date_parts(raw) is None
    assert not is_impossible_date(raw)


@pytest.mark.parametrize(
    "raw", ["01/01/1900", "1900-01-01", "9999-12-31", "0001-01-01", "1753-01-01", "30/12/1899"]
)
def test_what_systems_fill_in_for_no_date_is_absent(raw: str) -> None:
    assert standardise_date(raw) == ""


def test_digits_that_would_read_as_another_date_are_dropped() -> None:
    assert standardise_date("19/12/0505") == ""


@pytest.mark.parametrize("raw", ["", "  ", "NULL", "unknown"])
def test_an_absent_date_is_empty_and_not_impossible(raw: str) -> None:
    assert standardise_date(raw) == ""
    assert not is_impossible_date(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("m", "M"), ("Male", "M"), ("2", "F"), ("FEMALE", "F"), ("x", "X"), ("U", ""), ("0", ""), ("mals", "")],
)
def test_sex_is_one_letter_and_unknown_is_absent(raw: str, expected: str) -> None:
    assert standardise_sex(raw) == expected


@pytest.mark.parametrize(
    ("function", "raw", "expected"),
    [
        (standardise_code, "cm1 1ab", "CM11AB"),
        (standardise_code, " CM1-1AB ", "CM11AB"),
        (standardise_phone, "+44 (0)7700 900123", "7700900123"),
        (standardise_phone, "0044 7700 900123", "7700900123"),
        (standardise_phone, "07700-900123", "7700900123"),
        (standardise_phone, "none", ""),
        (standardise_email, " Ada.Poole@Example.org ", "ADA.POOLE@EXAMPLE.ORG"),
        (standardise_email, "n/a", ""),
    ],
)
def test_codes_phones_and_addresses_lose_only_what_carries_no_meaning(function, raw, expected) -> None:
    assert function(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("O'Brien", "OBRIEN"),
        ("O Brien", "OBRIEN"),
        ("D'Souza", "DSOUZA"),
        ("Mc Donald", "MCDONALD"),
        ("Smith-O'Hara", "SMITH OHARA"),
        ("Smith O Hara", "SMITH OHARA"),
        ("D R Smith", "D R SMITH"),
        ("Mac", "MAC"),
        ("de la Cruz", "DE LA CRUZ"),
    ],
)
def test_beginnings_that_were_split_off_a_surname_are_joined(raw: str, expected: str) -> None:
    assert standardise_surname(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("cm1 1ab", "CM11AB"),
        ("CM1 IAB", "CM11AB"),
        ("SW1A OAA", "SW1A0AA"),
        ("W1 LAA", "W11AA"),
        ("CM1", "CM1"),
        ("ZZ99 3VZ", ""),
        ("NFA", ""),
        ("No fixed abode", ""),
        ("2600", "2600"),
        ("D02 OX00", "D02OX00"),
    ],
)
def test_a_postcode_loses_spaces_slips_and_what_means_no_address(raw: str, expected: str) -> None:
    assert standardise_postcode(raw) == expected


def test_a_field_without_its_own_rule_is_folded_text() -> None:
    assert standardise_value("town", "Clacton-on-Sea") == "CLACTON ON SEA"


def test_a_record_comes_out_in_the_order_of_the_fields_with_absent_ones_empty() -> None:
    record = {"surname": "Poole", "dob": "1/2/1990"}
    assert standardise_record(record, ("dob", "sex", "surname")) == ("01021990", "", "POOLE")


@pytest.mark.parametrize("field", sorted(STANDARDISERS))
@pytest.mark.parametrize(
    "raw", ["Ada", "01/02/1990", "1990-02", "CM1 1AB", "+44 7700 900123", "Müller-O'Hara", "Mr O Brien", ""]
)
def test_standardising_twice_changes_nothing(field: str, raw: str) -> None:
    once = standardise_value(field, raw)
    assert standardise_value(field, once) == once
