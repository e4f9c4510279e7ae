"""A log entry holds codes, opaque ids, times and commitments; nothing else gets in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import InputError, VerificationError
from crypto.log.entry import (
    MAX_ENTRY_BYTES,
    EventResult,
    EventType,
    LogEntry,
    commitment,
    parse_entry,
    sign_entry,
    verify_commitment,
    verify_entry,
)
from crypto.signing import SigningDomain, SigningKey, sign_statement

SALT = bytes(range(16))
KEY = SigningKey.generate()
KEYS = {"essex": KEY.public_key, "kent": SigningKey.generate().public_key}
BODY = {
    "event_id": "01JD8Y5ZK3M4N5P6Q7R8S9T0VW",
    "event_type": "DISCLOSURE",
    "at": "2026-11-21T22:18:33.120Z",
    "actor_id": "essex-4471",
    "actor_org": "essex",
    "recipient_ids": ["kent-0192", "kent-0193"],
    "justification_code": "SAFEGUARD_PUBLIC_SECURITY",
    "object_ref": commitment(SALT, {"handle": "5f"}),
    "request_ref": "0b9f6a52-3c1e-4b57-9f5e-2f1f3a6f7c10",
    "policy_rule_ids": ["P-02", "P-05"],
    "result": "OK",
    "software_version": "0.1.0",
}


def test_a_well_formed_body_becomes_the_entry_it_names():
    entry = parse_entry(BODY)
    assert entry == LogEntry(
        event_id="01JD8Y5ZK3M4N5P6Q7R8S9T0VW",
        event_type=EventType.DISCLOSURE,
        at=datetime(2026, 11, 21, 22, 18, 33, 120_000, UTC),
        actor_id="essex-4471",
        actor_org="essex",
        recipient_ids=("kent-0192", "kent-0193"),
        justification_code="SAFEGUARD_PUBLIC_SECURITY",
        object_ref=BODY["object_ref"],
        request_ref="0b9f6a52-3c1e-4b57-9f5e-2f1f3a6f7c10",
        policy_rule_ids=("P-02", "P-05"),
        result=EventResult.OK,
        software_version="0.1.0",
    )
    assert entry.to_body() == BODY


def test_event_types_are_exactly_those_of_the_governance_schema():
    assert ",".join(EventType) == (
        "COLLECTION,ALTERATION,CONSULTATION,DISCLOSURE,COMBINATION,ERASURE,AUTHN,POLICY_DENY,"
        "APPROVAL,BREAK_GLASS,REVIEW,CONFIG_CHANGE,KEY_ROTATION"
    )


def test_an_entry_keeps_its_time_in_utc_to_the_millisecond():
    summer = timezone(timedelta(hours=1))
    entry = parse_entry(BODY)
    at = datetime(2026, 6, 1, 12, 0, 0, 123_987, summer)
    changed = parse_entry({**entry.to_body(), "at": "2026-06-01T11:00:00.123Z"})
    assert LogEntry(**{name: getattr(entry, name) for name in BODY if name != "at"}, at=at) == changed


@pytest.mark.parametrize(
    "change",
    [
        {"request_ref": ""},
        {"request_ref": "01JD8Y5ZK3M4N5P6Q7R8S9T0VW"},
        {"request_ref": "00ff00ff00ff00ff"},
        {"policy_rule_ids": []},
        {"event_type": "COMBINATION", "recipient_ids": []},
        {"event_type": "POLICY_DENY", "result": "DENIED"},
        {"actor_id": "coordinator", "actor_org": "coordinator"},
        {"software_version": "1.12.0rc1.dev4+0a1b2c3"},
    ],
)
def test_other_lawful_forms_are_accepted(change):
    assert parse_entry(BODY | change).to_body() == BODY | change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event_id": "01jd8y5zk3m4n5p6q7r8s9t0vw"}, "expected event_id to be a ULID of 26 upper-case"),
        ({"event_id": "81JD8Y5ZK3M4N5P6Q7R8S9T0VW"}, "expected event_id to be a ULID"),
        ({"event_id": "01JD8Y5ZK3M4N5P6Q7R8S9T0VW\n"}, "expected event_id to be a ULID"),
        ({"event_id": 7}, "expected event_id to be text, got another type"),
        ({"event_type": "GOSSIP"}, "expected event_type to be one of COLLECTION, ALTERATION"),
        ({"event_type": ["DISCLOSURE"]}, "expected event_type to be one of COLLECTION"),
        ({"at": "2026-11-21T22:18:33Z"}, "expected a UTC time such as 2026-11-21T22:18:33.120Z"),
        ({"at": "2026-11-21T22:18:33.120000Z"}, "expected a UTC time with exactly three decimals"),
        ({"at": None}, "expected at to be text, got another type"),
        ({"actor_id": "Penny Marsh"}, "expected actor_id to be an opaque id such as essex-4471"),
        ({"actor_id": "penny@essex.example"}, "expected actor_id to be an opaque id"),
        ({"actor_id": ""}, "expected actor_id to be an opaque id"),
        ({"actor_id": "a" + "-b" * 32}, "expected actor_id to be an opaque id"),
        ({"actor_id": "a" * 33 + "-" + "b" * 31}, "expected actor_id to be an opaque id"),
        ({"actor_org": "Essex Police"}, "expected actor_org to be a member name such as west-mercia"),
        ({"recipient_ids": []}, "expected at least one of recipient_ids on a DISCLOSURE, got none"),
        ({"recipient_ids": ["kent-1", "kent-1"]}, "expected each of recipient_ids once, got one repeated"),
        ({"recipient_ids": ["Penny Marsh"]}, "expected recipient_ids to be opaque ids such as essex-4471"),
        ({"recipient_ids": [f"kent-{i}" for i in range(17)]}, "expected at most 16 of recipient_ids, got 17"),
        ({"recipient_ids": "kent-1"}, "expected recipient_ids to be a list of texts, got another type"),
        ({"recipient_ids": [1]}, "expected recipient_ids to be a list of texts, got another type"),
        ({"justification_code": "because she asked"}, "expected justification_code to be a code of A-Z"),
        ({"justification_code": "A" * 49}, "expected justification_code to be a code of A-Z"),
        ({"justification_code": ""}, "expected justification_code to be a code of A-Z"),
        ({"object_ref": "penny"}, "expected object_ref to be a salted commitment of 64 hex characters"),
        ({"object_ref": "A" * 64}, "expected object_ref to be a salted commitment"),
        ({"request_ref": "penny-marsh"}, "expected request_ref to be a request id (UUID, ULID or hex)"),
        ({"policy_rule_ids": ["P-5"]}, "expected policy_rule_ids to be rule ids such as P-05"),
        ({"policy_rule_ids": ["P-05", "P-05"]}, "expected each of policy_rule_ids once, got one repeated"),
        (
            {"policy_rule_ids": [f"P-{i}" for i in range(10, 43)]},
            "expected at most 32 of policy_rule_ids, got 33",
        ),
        ({"result": "PERHAPS"}, "expected result to be one of OK, DENIED, ERROR"),
        ({"event_type": "POLICY_DENY"}, "expected the result DENIED on a POLICY_DENY, got another"),
        ({"software_version": "0.1.0 of Penny"}, "expected software_version to be a version such as 0.1.0"),
        ({"note": "Penny Marsh"}, "got 1 unknown and these missing: none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_anything_else_is_refused_without_repeating_it(change, message):
    with pytest.raises(InputError) as caught:
        parse_entry(BODY | change)
    assert message in caught.value.public_message
    assert "enny" not in caught.value.public_message


@pytest.mark.parametrize("field", sorted(BODY))
def test_no_field_may_be_missing(field):
    body = {name: value for name, value in BODY.items() if name != field}
    with pytest.raises(InputError, match=f"got 0 unknown and these missing: {field}$"):
        parse_entry(body)


def test_a_time_without_a_zone_is_refused():
    fields = {name: getattr(parse_entry(BODY), name) for name in BODY}
    with pytest.raises(InputError, match="expected a time with a time zone, got one without"):
        LogEntry(**fields | {"at": datetime(2026, 11, 21)})  # noqa: DTZ001


def test_a_signed_entry_verifies_with_the_key_of_its_organisation():
    entry = parse_entry(BODY)
    assert verify_entry(sign_entry(entry, KEY), KEYS) == entry


@pytest.mark.parametrize(
    ("body", "domain", "message"),
    [
        (BODY | {"actor_org": "kent"}, SigningDomain.LOG_ENTRY, "expected a statement signed by key"),
        (BODY | {"actor_org": "surrey"}, SigningDomain.LOG_ENTRY, "an organisation of the agreement"),
        (BODY, SigningDomain.APPROVAL, "expected a statement in domain clew/log-entry/v1"),
    ],
    ids=["another organisation", "unknown organisation", "another kind of statement"],
)
def test_an_entry_that_its_organisation_did_not_sign_is_refused(body, domain, message):
    data = canonical_bytes(sign_statement(KEY, domain, body))
    with pytest.raises(VerificationError) as caught:
        verify_entry(data, KEYS)
    assert message in caught.value.public_message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected UTF-8 JSON"),
        (b"[]", "expected a log entry that is a signed statement with a body"),
        (b'{"body": []}', "expected a log entry that is a signed statement with a body"),
        (b'{"body": {}}', "expected exactly the 12 fields of a log entry"),
        (b"[" * 4000, "expected UTF-8 JSON"),
        (b" " * (MAX_ENTRY_BYTES + 1), f"expected a log entry of at most {MAX_ENTRY_BYTES} bytes"),
        (sign_entry(parse_entry(BODY), KEY) + b"\n", "expected a log entry in canonical JSON"),
        (
            sign_entry(parse_entry(BODY), KEY).replace(b":", b": ", 1),
            "expected a log entry in canonical JSON",
        ),
    ],
    ids=["empty", "list", "body list", "body empty", "deep", "oversize", "newline", "space"],
)
def test_bytes_that_are_not_one_canonical_entry_are_refused(data, message):
    with pytest.raises(InputError) as caught:
        verify_entry(data, KEYS)
    assert message in caught.value.public_message


def test_an_entry_is_canonical_json_with_nothing_but_the_statement():
    envelope = parse_json(sign_entry(parse_entry(BODY), KEY))
    assert set(envelope) == {"domain", "key_id", "body", "signature"}
    assert envelope["body"] == BODY


def test_a_full_entry_fits_the_limit():
    longest = "a" * 40 + "-" + "b" * 21
    full = BODY | {
        "actor_id": longest,
        "actor_org": "essex",
        "recipient_ids": [f"{longest}{i:02d}" for i in range(16)],
        "justification_code": "A" * 48,
        "policy_rule_ids": [f"P-{i:02d}" for i in range(32)],
    }
    assert len(sign_entry(parse_entry(full), KEY)) < MAX_ENTRY_BYTES // 2


def test_a_commitment_opens_to_its_value_and_salt_only():
    reference = commitment(SALT, {"handle": "5f"})
    verify_commitment(reference, salt=SALT, value={"handle": "5f"})
    for salt, value in ((SALT, {"handle": "5e"}), (SALT[::-1], {"handle": "5f"})):
        with pytest.raises(VerificationError, match="does not open to this value and salt"):
            verify_commitment(reference, salt=salt, value=value)


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_salt_that_could_be_guessed_or_collide_is_refused(length):
    with pytest.raises(InputError, match=f"^expected a salt of 16 to 64 bytes, got {length}$"):
        commitment(bytes(length), "value")
