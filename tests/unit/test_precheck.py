"""The pre-check: what warns, what stops, and that small numbers never stop a small member."""

from datetime import date, timedelta

import pytest

from crypto.encoding.precheck import (
    FIELD_LIMITS,
    MIN_BLOCK_RECORDS,
    MIN_STOP_RECORDS,
    PreCheck,
    Severity,
    check_linkability,
)
from crypto.encoding.schema import (
    FEDERATION_FIELDS,
    load_built_in_schema,
    parse_schema,
)
from tests.support.view_schemas import PLAIN

WHOLE = load_built_in_schema("uk-police")
VIEWS = WHOLE.subset(FEDERATION_FIELDS)
SYLLABLES = ("BA", "CO", "DU", "FI", "GO", "HE", "JA", "KI", "LO", "MU", "NE", "PI")
PLENTY = 1_500


def make_word(number: int) -> str:
    """Return a word of its own for each number."""
    word = ""
    while number or not word:
        number, digit = divmod(number, len(SYLLABLES))
        word += SYLLABLES[digit]
    return word


def make_person(number: int) -> dict[str, str]:
    born = date(1950, 1, 2) + timedelta(days=number * 7 % 18_000)
    return {
        "forenames": make_word(number % 331),
        "surname": make_word(number % 1_009 + 5_000),
        "dob": f"{born:%d/%m/%Y}" if (born.day, born.month) != (1, 1) else "02/01/1950",
        "sex": "M" if number % 5 else "F",
        "postcode": f"CM{number % 20 + 1} {number % 9 + 1}{chr(65 + number % 19)}{chr(65 + number % 23)}",
    }


def make_people(count: int, **changed: object) -> list[dict[str, str]]:
    """Return people; ``field=(share, value)`` gives the first share of them that value."""
    people = [make_person(number) for number in range(count)]
    for field, (share, value) in changed.items():  # type: ignore[misc]
        for person in people[: round(share * count)]:
            person[field] = value
    return people


def find(check: PreCheck, subject: str) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.message) for finding in check.findings if finding.subject == subject]


def test_good_records_give_no_finding_and_their_counts() -> None:
    check = check_linkability(make_people(PLENTY), VIEWS)
    assert check.findings == ()
    assert not check.is_stopped
    assert check.records == PLENTY
    assert [measures.field for measures in check.fields] == list(FEDERATION_FIELDS)
    assert [measures.view for measures in check.views] == [view.name for view in VIEWS.views.salted]
    assert check.unreached == 0


def test_no_records_give_no_finding() -> None:
    check = check_linkability([], VIEWS)
    assert (check.findings, check.is_stopped, check.records) == ((), False, 0)


@pytest.mark.parametrize(
    ("field", "share", "severity"),
    [
        ("surname", 0.06, Severity.WARN),
        ("surname", 0.51, Severity.STOP),
        ("forenames", 0.51, Severity.STOP),
        ("dob", 0.11, Severity.WARN),
        ("dob", 0.51, Severity.STOP),
        ("postcode", 0.51, Severity.WARN),
        ("postcode", 1.0, Severity.WARN),
        ("sex", 0.21, Severity.WARN),
    ],
)
def test_missing_values_warn_and_then_stop(field: str, share: float, severity: Severity) -> None:
    check = check_linkability(make_people(PLENTY, **{field: (share, "unknown")}), VIEWS)
    assert (severity, f"{field} is missing in {share:.1%} of 1,500 records") in [
        (found, message.partition(";")[0]) for found, message in find(check, field)
    ]
    assert check.is_stopped == (severity is Severity.STOP)


@pytest.mark.parametrize(
    ("field", "value", "share", "severity"),
    [
        ("dob", "17/03/1971", 0.02, Severity.WARN),
        ("dob", "17/03/1971", 0.2, Severity.STOP),
        ("postcode", "CM2 6DN", 0.05, Severity.WARN),
        ("postcode", "CM2 6DN", 0.3, Severity.STOP),
        ("surname", "Marlow", 0.2, Severity.WARN),
        ("surname", "Marlow", 0.4, Severity.STOP),
    ],
)
def test_one_value_for_many_warns_and_then_stops_without_being_named(field, value, share, severity) -> None:
    check = check_linkability(make_people(PLENTY, **{field: (share, value)}), VIEWS)
    messages = [message for found, message in find(check, field) if found is severity]
    assert any(message.startswith(f"one value of {field} stands in ") for message in messages)
    assert all(value not in finding.message for finding in check.findings)
    assert check.is_stopped == (severity is Severity.STOP)


@pytest.mark.parametrize(("share", "severity"), [(0.06, Severity.WARN), (0.45, Severity.STOP)])
def test_first_of_january_counts_as_imputed(share: float, severity: Severity) -> None:
    people = make_people(PLENTY)
    for number, person in enumerate(people[: round(share * PLENTY)]):
        person["dob"] = f"01/01/{1940 + number % 60}"
    found = find(check_linkability(people, VIEWS), "dob")
    assert (severity, True) in [(kind, "dates of birth are 1 January" in message) for kind, message in found]


def test_a_column_of_codes_has_too_little_entropy() -> None:
    people = make_people(PLENTY)
    for number, person in enumerate(people):
        person["surname"] = make_word(number % 50)
    (finding,) = find(check_linkability(people, VIEWS), "surname")
    assert finding[0] is Severity.WARN
    assert "surname has 5.6 bits of entropy, where at least 6 are usual" in finding[1]


def test_people_recorded_twice_lower_the_share_of_singletons() -> None:
    people = make_people(PLENTY)
    check = check_linkability(people + people[: PLENTY // 5], VIEWS)
    assert not check.is_stopped
    (message,) = [message for _, message in find(check, "forename-dob")]
    assert "66.7% of the records in this view are alone in their block, where 95% are expected" in message


def test_blocks_over_the_cap_are_left_out_and_said_so() -> None:
    people = make_people(PLENTY)
    body = VIEWS.body
    body["views"]["blockCap"] = 4
    check = check_linkability(people * 5, parse_schema(body))
    assert check.is_stopped
    assert any(
        "100.0% of the records in this view are in blocks of more than 4 and are left out of it "
        "(the largest blocks: 5, 5, 5, 5, 5)" in message
        for _, message in find(check, "forename-dob")
    )
    assert find(check, "records") == [
        (
            Severity.STOP,
            "100.0% of 7,500 records have a row in no view, so nobody can find them; a record needs two of: "
            "names, date of birth, postcode.",
        )
    ]


def test_a_view_that_few_records_can_take_part_in_warns() -> None:
    check = check_linkability(make_people(PLENTY, postcode=(0.9, "")), VIEWS)
    assert not check.is_stopped
    assert find(check, "postcode-day") == [
        (
            Severity.WARN,
            "view postcode-day: only 10.0% of the records have what salts this view; see the fields above.",
        )
    ]


@pytest.mark.parametrize("count", [1, 2, 10, MIN_STOP_RECORDS - 1])
@pytest.mark.parametrize("field", FEDERATION_FIELDS)
def test_few_records_are_never_stopped(count: int, field: str) -> None:
    assert not check_linkability(make_people(count, **{field: (1.0, "")}), VIEWS).is_stopped
    assert not check_linkability(make_people(1) * count, VIEWS).is_stopped


def test_a_small_member_of_good_records_has_no_finding() -> None:
    assert check_linkability(make_people(300), VIEWS).findings == ()
    assert MIN_BLOCK_RECORDS > 300


def test_fields_that_a_member_does_not_record_at_all_are_no_fault() -> None:
    assert check_linkability(make_people(PLENTY), WHOLE).findings == ()


def test_a_stop_is_told_before_a_warning() -> None:
    people = make_people(PLENTY, forenames=(0.2, ""), dob=(0.6, ""))
    severities = [finding.severity for finding in check_linkability(people, VIEWS).findings]
    assert severities == sorted(severities, key=lambda severity: severity is not Severity.STOP)
    assert set(severities) == {Severity.STOP, Severity.WARN}


def test_a_schema_without_views_judges_fields_only() -> None:
    check = check_linkability(make_people(PLENTY, dob=(0.6, "")), PLAIN)
    assert check.is_stopped
    assert (check.views, check.unreached) == ((), 0.0)


def test_without_standardisation_values_count_as_they_stand() -> None:
    body = PLAIN.body
    del body["standardisation"]
    check = check_linkability(make_people(PLENTY, dob=(0.6, "unknown")), parse_schema(body))
    assert [measures.missing for measures in check.fields] == [0.0] * len(check.fields)


def test_every_field_of_the_federation_has_limits() -> None:
    assert set(FIELD_LIMITS) == set(FEDERATION_FIELDS)
