"""Column recognition: the names of the development sets and of usual exports."""

import pytest

from crypto.encoding.schema import load_built_in_schema
from crypto.errors import InputError
from lab.columns import ALIASES, Column, choose_fields, find_record_id, parse_choices, recognise_columns

FIELDS = load_built_in_schema("plain").fields


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("forename", "forenames"),
        ("given_name", "forenames"),
        ("givenname", "forenames"),
        ("first_name", "forenames"),
        ("First Name", "forenames"),
        ("fn", "forenames"),
        ("middle_name", "middle_name"),
        ("mn", "middle_name"),
        ("last_name", "surname"),
        ("sn", "surname"),
        ("full_name", "full_name"),
        ("date_of_birth", "dob"),
        ("DOB", "dob"),
        ("gender", "sex"),
        ("postcode_fake", "postcode"),
        ("zip", "postcode"),
        ("address_1", "address"),
        ("phone number", "phone"),
        ("email", "email"),
    ],
)
def test_a_usual_name_is_recognised(column: str, field: str) -> None:
    assert recognise_columns(["rec_id", column], {})[field] == Column((column,))


@pytest.mark.parametrize("column", ["ent_id", "income", "occupation", "state", "first_and_surname"])
def test_other_columns_are_never_inputs(column: str) -> None:
    assert recognise_columns(["rec_id", column], {}) == {}


def test_every_recognised_field_is_in_the_plain_schema() -> None:
    assert set(ALIASES) == set(FIELDS)


def test_no_name_means_two_fields() -> None:
    names = [name for names in ALIASES.values() for name in names]
    assert len(names) == len(set(names))


def test_date_parts_are_joined_day_first() -> None:
    column = recognise_columns(["dob_year", "dob_mon", "dob_day"], {})["dob"]
    assert column.join({"dob_day": "1", "dob_mon": "2", "dob_year": "1990"}) == "1/2/1990"
    assert column.join({"dob_day": "", "dob_mon": "", "dob_year": ""}) == ""


def test_a_house_number_stands_before_its_street() -> None:
    column = recognise_columns(["address_1", "street_number"], {})["address"]
    assert column.join({"address_1": "mill lane", "street_number": "7"}) == "7 mill lane"


def test_a_whole_name_is_made_of_its_parts_where_another_file_has_only_that() -> None:
    parts = recognise_columns(["forename", "surname", "dob"], {})
    whole = recognise_columns(["full_name", "dob"], {})
    assert choose_fields([parts, whole], FIELDS) == ("full_name", "dob")
    assert parts["full_name"].join({"forename": "Ada", "surname": "Poole"}) == "Ada Poole"


def test_separate_names_are_preferred_to_the_whole_name() -> None:
    both = recognise_columns(["full_name", "first_name", "surname"], {})
    assert choose_fields([both, both], FIELDS) == ("forenames", "surname")


def test_a_field_that_one_file_lacks_is_left_out() -> None:
    first = recognise_columns(["surname", "email"], {})
    second = recognise_columns(["surname", "phone"], {})
    assert choose_fields([first, second], FIELDS) == ("surname",)


def test_the_users_choice_goes_before_recognition() -> None:
    assert recognise_columns(["surname", "birth_name"], {"surname": "birth_name"})["surname"].names == (
        "birth_name",
    )


@pytest.mark.parametrize(
    ("header", "found"), [(["x", "Rec_ID"], "Rec_ID"), (["id"], "id"), (["ent_id"], None)]
)
def test_the_record_identifier_is_found_by_name(header, found) -> None:
    assert find_record_id(header) == found


def test_choices_are_parsed() -> None:
    assert parse_choices(["surname=birth_name", "dob = born"], FIELDS) == {
        "surname": "birth_name",
        "dob": "born",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("surname", "--map: expected FIELD=COLUMN"),
        ("surname=", "--map: expected FIELD=COLUMN"),
        ("shoe=size", "--map: expected one of the fields forenames"),
    ],
)
def test_a_malformed_choice_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_choices([text], FIELDS)
