"""Standardisation: any text gives plain words, twice is once, and a date means itself in every form."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding.dates import PLAUSIBLE_YEARS, PartialDate, parse_partial_date, standardise_date
from crypto.encoding.fold import fold_text
from crypto.encoding.standardise import standardise_value

DATE_PIECES = st.sampled_from(
    [*"0123456789?X/-. ", "19", "20", "1990", "1912", "0505", "00", "FEB", "SMARCH", "T", ","]
)
DATES = st.lists(DATE_PIECES, max_size=10).map("".join)
NAME_PIECES = st.sampled_from(
    [
        "Mr",
        "Dr",
        "Jr",
        "O",
        "D",
        "Mc",
        "Mac",
        "Ada",
        "Poole",
        "Unknown",
        "None",
        "(née",
        ")",
        "-",
        "'",
        "Ł",
        "Ю",
    ]
)
NAMES = st.lists(NAME_PIECES, max_size=6).map(" ".join)


@given(st.text(max_size=30))
def test_folded_text_is_capitals_digits_and_single_spaces(value: str) -> None:
    folded = fold_text(value)
    assert set(folded) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")
    assert folded == " ".join(folded.split())


@pytest.mark.parametrize("field", ["forenames", "surname", "dob", "sex", "postcode", "phone", "town"])
@given(value=st.one_of(st.text(max_size=20), DATES, NAMES))
def test_standardising_twice_is_standardising_once(field: str, value: str) -> None:
    once = standardise_value(field, value)
    assert standardise_value(field, once) == once


@given(st.dates(min_value=date(1901, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_means_itself_in_every_form(day: date) -> None:
    expected = f"{day:%d%m%Y}"
    forms = ("%d%m%Y", "%Y%m%d", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%dT00:00:00Z")
    assert {standardise_date(f"{day:{form}}") for form in forms} == {expected}


@given(st.integers(0, 12), st.sampled_from(PLAUSIBLE_YEARS), st.integers(0, 28))
def test_what_is_written_of_a_partial_date_is_read_back(month: int, year: int, day: int) -> None:
    parts = PartialDate(day, month, year)
    assert parse_partial_date(parts.text) == parts
