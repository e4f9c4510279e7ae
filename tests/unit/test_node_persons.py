"""Which nominals are one person, and who is encoded."""

from datetime import date
from itertools import permutations

import pytest

from node.persons import age_on, find_persons, select_perpetrators
from node.records import DobQuality, Nominal, Records, Sensitivity, SubjectRole
from scoring.risk.event import PartyRole
from tests.support.node_bench import NOW, make_contact, make_crime, make_nominal, make_party

TODAY = NOW.date()
NAMED = {"given_names": "Perpetua Mae", "surname": "O'Ormerod"}


def group(*nominals: Nominal) -> set[tuple[str, ...]]:
    return {person.nominal_ids for person in find_persons(nominals)}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"pncid": "07/0318207X"}, {"pncid": "07-0318207x"}),
        (NAMED, {"given_names": "perpetua  mae", "surname": "OOrmerod"}),
    ],
    ids=["same PNCID", "same name in another spelling and same birth"],
)
def test_two_nominals_are_one_person(first: dict[str, str], second: dict[str, str]) -> None:
    assert group(make_nominal("A", **first), make_nominal("B", **second)) == {("A", "B")}


@pytest.mark.parametrize(
    "changes",
    [
        {"dob": date(1990, 2, 2)},
        {"dob": None, "dob_quality": DobQuality.UNKNOWN},
        {"dob_quality": DobQuality.DEFAULTED},
        {"dob_quality": DobQuality.YEAR},
        {"given_names": "Perpetua"},
        {"given_names": ""},
        {"surname": "Ormerode"},
    ],
)
def test_a_name_joins_only_with_the_same_exact_birth(changes: dict[str, object]) -> None:
    assert group(make_nominal("A", **NAMED), make_nominal("B", **NAMED | changes)) == {("A",), ("B",)}


def test_an_empty_pncid_joins_nobody() -> None:
    assert group(make_nominal("A"), make_nominal("B")) == {("A",), ("B",)}


def test_persons_join_transitively_in_any_order() -> None:
    nominals = (
        make_nominal("A", pncid="1"),
        make_nominal("B", pncid="1", **NAMED),
        make_nominal("C", **NAMED),
        make_nominal("D"),
    )
    for order in permutations(nominals):
        assert group(*order) == {("A", "B", "C"), ("D",)}


def select(records: Records) -> set[tuple[str, ...]]:
    return {person.nominal_ids for person in select_perpetrators(records, today=TODAY)}


@pytest.mark.parametrize(
    ("role", "is_encoded"),
    [
        (PartyRole.SUSPECT, True),
        (PartyRole.OFFENDER_CHARGED, True),
        (PartyRole.OFFENDER_CONVICTED, True),
        (PartyRole.VICTIM, False),
        (PartyRole.WITNESS, False),
        (PartyRole.REPORTING_PERSON, False),
        (PartyRole.ELIMINATED, False),
        (PartyRole.EXPLOITED_CHILD, False),
        (PartyRole.EXPLOITED_ADULT, False),
    ],
)
def test_only_suspects_and_offenders_are_encoded(role: PartyRole, is_encoded: bool) -> None:
    records = Records((make_nominal("A"),), (make_crime("C"),), (make_party("C", "A", role),))

    assert select(records) == ({("A",)} if is_encoded else set())


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_role": SubjectRole.VICTIM},
        {"subject_role": SubjectRole.CHILD},
        {"lawful_gateway": ""},
    ],
    ids=["victim", "child", "no gateway"],
)
def test_a_partner_encodes_only_perpetrators_with_a_gateway(changes: dict[str, object]) -> None:
    nominals = (make_nominal("A"), make_nominal("B"))
    contacts = (make_contact("R1", "A", **changes), make_contact("R2", "B"))

    assert select(Records(nominals=nominals, contacts=contacts)) == {("B",)}


@pytest.mark.parametrize("sensitivity", [Sensitivity.COVERT, Sensitivity.PROTECTED_PERSON])
def test_one_covert_nominal_keeps_the_whole_person_at_home(sensitivity: Sensitivity) -> None:
    nominals = (make_nominal("A", pncid="1"), make_nominal("B", pncid="1", sensitivity=sensitivity))

    assert select(Records(nominals, (make_crime("C"),), (make_party("C", "A"),))) == set()


@pytest.mark.parametrize(("birth", "is_encoded"), [(date(2016, 11, 21), True), (date(2016, 11, 22), False)])
def test_nobody_under_ten_is_encoded(birth: date, is_encoded: bool) -> None:
    records = Records((make_nominal("A", dob=birth),), (make_crime("C"),), (make_party("C", "A"),))

    assert bool(select(records)) == is_encoded


def test_the_later_of_two_births_decides_the_age() -> None:
    nominals = (
        make_nominal("A", pncid="1", dob=date(1990, 1, 1)),
        make_nominal("B", pncid="1", dob=date(2018, 1, 1)),
    )

    assert select(Records(nominals, (make_crime("C"),), (make_party("C", "A"),))) == set()


def test_the_fullest_nominal_is_encoded_and_a_default_birth_is_not() -> None:
    poor = make_nominal("A", pncid="1", postcode="", dob_quality=DobQuality.DEFAULTED)
    rich = make_nominal("B", pncid="1", given_names="Perpetua", surname="Ormerod", postcode="ME1 1AA")

    (both,) = find_persons([poor, rich])
    (one,) = find_persons([poor])

    assert both.encoding_fields == {
        "forenames": "Perpetua",
        "surname": "Ormerod",
        "dob": "1990-02-01",
        "sex": "M",
        "postcode": "ME1 1AA",
        "pncid": "1",
    }
    assert one.encoding_fields["dob"] == ""


@pytest.mark.parametrize(("day", "age"), [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18)])
def test_age_counts_whole_years(day: date, age: int) -> None:
    assert age_on(date(2008, 2, 29), day) == age


def test_a_person_does_not_show_names_in_its_representation() -> None:
    (person,) = find_persons([make_nominal("A", **NAMED)])

    assert "Ormerod" not in repr(person)
    assert "Ormerod" not in repr(person.nominals[0])


def test_a_person_is_encoded_once_for_each_way_of_being_on_record() -> None:
    nominals = (
        make_nominal("A", pncid="1", given_names="Perpetua", surname="Ormerod", postcode=""),
        make_nominal("B", pncid="1", given_names="PERPETUA", surname="ormerod", postcode="me11aa"),
        make_nominal("C", pncid="1", given_names="Perpetua", surname="Ormerod", postcode="ME1 1AA"),
        make_nominal("D", pncid="1", given_names="Perpetua", surname="Vane", postcode="ME1 1AA", dob=None),
    )
    (person,) = find_persons(nominals)
    variants = person.encoding_variants
    assert variants[0] == person.encoding_fields, "the fullest comes first"
    assert [(fields["surname"], fields["postcode"]) for fields in variants] == [
        ("Ormerod", "ME1 1AA"),
        ("Vane", "ME1 1AA"),
        ("Ormerod", ""),
    ]
    assert {fields["dob"] for fields in variants} == {"1990-02-01"}, "a date that one of them knows is theirs"


def test_a_person_of_many_names_is_encoded_a_bounded_number_of_times() -> None:
    (person,) = find_persons(make_nominal(f"N{number}", pncid="1") for number in range(12))
    assert len(person.encoding_variants) == 8
