"""A person's credential: issued by a member for its own people, and read strictly."""

from datetime import UTC, datetime

import pytest

from crypto.credential import Credential, issue_credential, parse_credential, verify_credential
from crypto.errors import InputError, VerificationError
from crypto.signing import SigningDomain, SigningKey, sign_statement

ESSEX = SigningKey.generate()
KENT = SigningKey.generate()
PERSON = SigningKey.generate()
CREDENTIAL = Credential(
    person_id="essex-di-07",
    organisation="essex",
    role="INSPECTOR_PVP",
    rank="inspector",
    public_key=PERSON.public_key,
    issued_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)


def test_a_credential_verifies_with_the_members_key():
    envelope = issue_credential(ESSEX, CREDENTIAL)
    assert verify_credential(envelope, ESSEX.public_key, organisation="essex") == CREDENTIAL


def test_a_credential_by_another_members_key_is_refused():
    with pytest.raises(VerificationError) as refusal:
        verify_credential(issue_credential(KENT, CREDENTIAL), ESSEX.public_key, organisation="essex")
    assert str(refusal.value) == (f"expected a statement signed by key {ESSEX.key_id}, got key {KENT.key_id}")


def test_a_member_cannot_vouch_for_another_members_people():
    with pytest.raises(VerificationError) as refusal:
        verify_credential(issue_credential(KENT, CREDENTIAL), KENT.public_key, organisation="kent")
    assert str(refusal.value) == (
        "expected a credential for a person of kent, got one for essex; "
        "a member can vouch for its own people only"
    )


def test_another_statement_of_the_member_is_no_credential():
    envelope = sign_statement(ESSEX, SigningDomain.APPROVAL, CREDENTIAL.to_body())
    with pytest.raises(VerificationError, match="domain clew/credential/v1, got clew/approval/v1"):
        verify_credential(envelope, ESSEX.public_key, organisation="essex")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "person_id",
            "Penny Example",
            "expected person_id of a credential as an opaque id such as essex-di-07",
        ),
        ("person_id", "penny", "expected person_id of a credential as"),
        ("person_id", "essex-di-07\n", "expected person_id of a credential as"),
        ("person_id", 7, "expected person_id of a credential as"),
        ("organisation", "Essex", "expected organisation of a credential as a member name such as"),
        ("role", "", "expected role of a credential as a code such as INSPECTOR_PVP"),
        ("rank", "x" * 60, "expected rank of a credential as a code such as inspector"),
        ("public_key", "AAAA", "expected the person's public key of 32 bytes, got 3"),
        ("public_key", None, "expected the person's public key as base64 text, got another type"),
        ("issued_at", "2026-11-21", "expected a UTC time such as"),
        ("issued_at", None, "expected a UTC time such as"),
        (
            "extra",
            1,
            "expected a credential with issued_at, organisation, person_id, public_key, rank, role only",
        ),
    ],
)
def test_a_signed_but_malformed_credential_is_refused_without_its_content(field, value, message):
    envelope = sign_statement(ESSEX, SigningDomain.CREDENTIAL, CREDENTIAL.to_body() | {field: value})
    with pytest.raises(InputError) as refusal:
        verify_credential(envelope, ESSEX.public_key, organisation="essex")
    assert message in str(refusal.value)
    assert "Penny" not in str(refusal.value)


@pytest.mark.parametrize("field", sorted(CREDENTIAL.to_body()))
def test_a_credential_without_a_field_names_it(field):
    body = CREDENTIAL.to_body()
    del body[field]
    with pytest.raises(InputError) as refusal:
        parse_credential(body)
    assert str(refusal.value) == f"expected a credential with {field}, got it without"


def test_a_naive_time_is_refused():
    with pytest.raises(InputError, match="expected a time with a time zone"):
        Credential("essex-di-07", "essex", "role", "rank", PERSON.public_key, datetime(2026, 1, 1))  # noqa: DTZ001
