"""The federation agreement: verified, strict, and never taken back to an older version."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crypto.agreement import (
    CLOCK_SKEW,
    MAX_AGREEMENT_BYTES,
    Agreement,
    Member,
    Thresholds,
    parse_agreement,
    sign_agreement,
    verify_agreement,
)
from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import InputError, VerificationError
from crypto.pki import Role
from crypto.sealing import SealingKey
from crypto.signing import SigningDomain, SigningKey, sign_statement, statement_digest

GOVERNANCE = SigningKey.generate()
OTHER = SigningKey.generate()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _member(name: str, role: Role = Role.FORCE, agency_type: str = "POLICE") -> Member:
    return Member(
        name=name,
        display_name=f"{name.title()} Police",
        role=role,
        agency_type=agency_type,
        hpke_public_key=SealingKey.generate().public_key,
        signing_public_key=SigningKey.generate().public_key,
    )


AGREEMENT = Agreement(
    federation="east.example",
    version=4,
    issued_at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=90),
    members=(_member("essex"), _member("kent"), _member("care", Role.PARTNER, "SOCIAL_CARE")),
    custodian="kent",
    key_epoch=2,
    schema={"version": 3, "clkConfig": {"l": 1024}},
    schema_digest="ab" * 32,
    weights_version="cd" * 32,
    log_public_key=SigningKey.generate().public_key,
    log_origin="east.example/log",
    thresholds=Thresholds(
        candidate_similarity_floor=0.8,
        summary_probability=0.8,
        routine_probability=0.95,
        routine_score=60,
        max_summary_share=0.05,
    ),
)
SIGNED = sign_agreement(GOVERNANCE, AGREEMENT)


def _verify(data: bytes = SIGNED, **change: Any) -> Agreement:
    arguments = {"federation": "east.example", "now": NOW, "newer_than_or_equal": 4} | change
    return verify_agreement(data, arguments.pop("key", GOVERNANCE.public_key), **arguments)


def test_a_signed_agreement_verifies_to_what_was_agreed():
    assert _verify() == AGREEMENT


@pytest.mark.parametrize("held", [0, 3, 4])
def test_the_same_or_a_newer_version_than_the_one_held_is_accepted(held):
    assert _verify(newer_than_or_equal=held).version == 4


def test_a_rollback_to_an_older_version_is_refused():
    with pytest.raises(VerificationError) as refusal:
        _verify(newer_than_or_equal=5)
    assert str(refusal.value) == (
        "expected agreement version 5 or later, got version 4; an older agreement is never taken back"
    )


@pytest.mark.parametrize(
    "now", [AGREEMENT.issued_at - CLOCK_SKEW, AGREEMENT.expires_at - timedelta(milliseconds=1)]
)
def test_an_agreement_holds_from_its_issue_to_its_expiry(now):
    assert _verify(now=now) == AGREEMENT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"now": AGREEMENT.expires_at},
            "expected an agreement valid now, got one expired at 2027-02-19T12:00:00.000Z; "
            "ask governance for a new one",
        ),
        (
            {"now": AGREEMENT.issued_at - CLOCK_SKEW - timedelta(seconds=1)},
            "expected an agreement issued by now, got one issued at 2026-11-20T12:00:00.000Z; "
            "check the clock",
        ),
        ({"federation": "west.example"}, "expected an agreement of west.example, got one of east.example"),
        (
            {"key": OTHER.public_key},
            f"expected a statement signed by key {OTHER.key_id}, got key {GOVERNANCE.key_id}",
        ),
    ],
)
def test_an_agreement_that_does_not_fit_is_refused_with_the_reason(change, message):
    with pytest.raises(VerificationError) as refusal:
        _verify(**change)
    assert str(refusal.value) == message


def test_the_coordinator_cannot_add_itself_as_a_member():
    envelope = parse_json(SIGNED)
    envelope["body"]["members"].append(_member("mallory").to_body())
    with pytest.raises(VerificationError, match="content was altered or another key signed it"):
        _verify(canonical_bytes(envelope))


def test_another_statement_of_governance_is_no_agreement():
    data = canonical_bytes(sign_statement(GOVERNANCE, SigningDomain.APPROVAL, AGREEMENT.to_body()))
    with pytest.raises(VerificationError, match="domain clew/agreement/v1, got clew/approval/v1"):
        _verify(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected UTF-8 JSON"),
        (b"\xff\xfe", "expected UTF-8 JSON"),
        (
            SIGNED + b"\n",
            "expected the agreement in canonical JSON, as it was signed; fetch the original file",
        ),
        (b'{"body":1,"body":1}', "expected each JSON key once"),
        (b" " * (MAX_AGREEMENT_BYTES + 1), "expected an agreement of at most 1048576 bytes, got 1048577"),
    ],
)
def test_bytes_that_are_no_canonical_document_are_refused(data, message):
    with pytest.raises(InputError) as refusal:
        _verify(data)
    assert message in str(refusal.value)


def test_the_digest_is_that_of_the_signed_statement():
    assert AGREEMENT.digest == statement_digest(parse_json(SIGNED))
    assert replace(AGREEMENT, version=5).digest != AGREEMENT.digest


def test_a_member_is_found_by_name():
    assert AGREEMENT.get_member("kent") is AGREEMENT.find_member("kent") is AGREEMENT.members[1]
    assert AGREEMENT.find_member("surrey") is None
    with pytest.raises(InputError) as refusal:
        AGREEMENT.get_member("surrey")
    assert str(refusal.value) == "expected a member of agreement version 4, got a name it does not list"


Change = Callable[[dict[str, Any]], object]


def _set(**change: Any) -> Change:
    return lambda body: body.update(change)


def _set_member(**change: Any) -> Change:
    return lambda body: body["members"][0].update(change)


def _set_threshold(**change: Any) -> Change:
    return lambda body: body["thresholds"].update(change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(surprise=1), "only, got unknown fields"),
        (_set_member(surprise=1), "only, got unknown fields"),
        (
            _set_threshold(surprise=1),
            "expected thresholds with candidate_similarity_floor, max_summary_share",
        ),
        (lambda body: body.pop("custodian"), "expected an agreement with custodian, got it without"),
        (lambda body: body["members"][0].pop("role"), "expected a member with role, got it without"),
        (
            lambda body: body["thresholds"].pop("routine_score"),
            "expected thresholds with routine_score, got it without",
        ),
        (_set(federation="East"), "expected federation as lower case such as east.example"),
        (_set(federation=1), "expected federation as lower case such as east.example"),
        (_set(version=0), "expected version to be a whole number from 1"),
        (_set(version=True), "expected version to be a whole number from 1"),
        (_set(version=1.5), "expected version to be a whole number from 1"),
        (_set(version="4"), "expected version to be a whole number from 1"),
        (_set(key_epoch=0), "expected key_epoch to be a whole number from 1"),
        (_set(issued_at="2026-11-20"), "expected a UTC time such as"),
        (_set(expires_at=None), "expected a UTC time such as"),
        (_set(expires_at="2026-11-20T12:00:00.000Z"), "expected expires_at after issued_at"),
        (_set(members=[]), "expected the custodian to be a member"),
        (_set(members={}), "expected members to be a list"),
        (_set(members=["essex"]), "expected a member to be a JSON object"),
        (_set(thresholds=[]), "expected thresholds to be a JSON object"),
        (_set(custodian="surrey"), "expected the custodian to be a member, got another name"),
        (_set(custodian=["kent"]), "expected the custodian to be a member, got another name"),
        (_set(schema=[]), "expected schema to be a linkage schema as a JSON object"),
        (_set(schema_digest="AB" * 32), "expected schema_digest as 64 hex digits"),
        (_set(weights_version="v1"), "expected weights_version as 64 hex digits"),
        (_set(log_public_key="AAAA"), "expected the log's public key of 32 bytes, got 3"),
        (_set(log_origin="two words"), "expected log_origin as visible ASCII without plus"),
        (_set(log_origin="a+b"), "expected log_origin as visible ASCII without plus"),
        (_set_member(name="Essex"), "expected a member's name as lower case such as west-mercia"),
        (_set_member(name="kent"), "expected every member to have its own name, got one twice"),
        (
            lambda body: body["members"][0].update(hpke_public_key=body["members"][1]["hpke_public_key"]),
            "expected every member to have its own hpke_public_key, got one twice",
        ),
        (
            lambda body: body["members"][0].update(
                signing_public_key=body["members"][1]["signing_public_key"]
            ),
            "expected every member to have its own signing_public_key, got one twice",
        ),
        (_set_member(display_name=""), "expected a display_name of 1 to 80 characters for essex"),
        (_set_member(display_name="x" * 81), "expected a display_name of 1 to 80 characters for essex"),
        (_set_member(display_name="\x1b[2J"), "expected a printable display_name for member essex"),
        (_set_member(display_name=None), "expected a printable display_name for member essex"),
        (_set_member(role="operator"), "expected member essex to be a force or a partner"),
        (_set_member(role="emperor"), "expected the role of a member to be force or partner"),
        (_set_member(role=None), "expected the role of a member to be force or partner"),
        (_set_member(agency_type="police"), "expected agency_type as a code such as SOCIAL_CARE"),
        (_set_member(hpke_public_key="AAAA"), "expected the HPKE public key of essex of 32 bytes, got 3"),
        (_set_member(signing_public_key=1), "expected the signing public key of essex as base64 text"),
        (
            _set_threshold(candidate_similarity_floor=0),
            "expected candidate_similarity_floor above 0 and at most 1",
        ),
        (_set_threshold(summary_probability=1.01), "expected summary_probability above 0 and at most 1"),
        (_set_threshold(routine_probability="0.95"), "expected routine_probability above 0 and at most 1"),
        (
            _set_threshold(routine_probability=0.7),
            "expected routine_probability to be at least summary_probability",
        ),
        (_set_threshold(routine_score=101), "expected routine_score above 0 and at most 100"),
        (_set_threshold(max_summary_share=True), "expected max_summary_share above 0 and at most 1"),
    ],
)
def test_a_signed_but_malformed_agreement_is_refused_by_the_field(change, message):
    body = parse_json(SIGNED)["body"]
    change(body)
    data = canonical_bytes(sign_statement(GOVERNANCE, SigningDomain.AGREEMENT, body))
    with pytest.raises(InputError) as refusal:
        _verify(data)
    assert message in str(refusal.value)


def test_numbers_written_as_integers_are_the_same_thresholds():
    body = AGREEMENT.to_body()
    body["thresholds"]["routine_score"] = 60
    assert parse_agreement(body) == AGREEMENT
    assert parse_agreement(body).digest == AGREEMENT.digest
