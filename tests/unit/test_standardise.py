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
    standardise_record,
    standardise_sex,
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
        ("Юлия", "ЮЛИЯ"),
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
    ],
)
def test_leading_titles_go_but_a_name_that_is_only_a_title_stays(raw: str, expected: str) -> None:
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
        ("15/11", "1511"),
        ("1 Smarch 1990", "01SMARCH1990"),
    ],
)
def test_an_impossible_day_keeps_its_digits_in_day_month_year_order(raw: str, expected: str) -> None:
    assert standardise_date(raw) == expected
    assert is_impossible_date(raw)


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


def test_a_field_without_its_own_rule_is_folded_text() -> None:
    assert standardise_value("town", "Clacton-on-Sea") == "CLACTON ON SEA"


def test_a_record_comes_out_in_the_order_of_the_fields_with_absent_ones_empty() -> None:
    record = {"surname": "Poole", "dob": "1/2/1990"}
    assert standardise_record(record, ("dob", "sex", "surname")) == ("01021990", "", "POOLE")


@pytest.mark.parametrize("field", sorted(STANDARDISERS))
@pytest.mark.parametrize("raw", ["Ada", "01/02/1990", "CM1 1AB", "+44 7700 900123", "Müller-O'Hara", ""])
def test_standardising_twice_changes_nothing_but_dates_and_phones(field: str, raw: str) -> None:
    once = standardise_value(field, raw)
    if field != "dob":
        assert standardise_value(field, once) == once
