"""Signed statements: what verifies, and the one message for each thing that does not."""

import pytest

from crypto.canonical import canonical_bytes, encode_base64, parse_json
from crypto.errors import InputError, VerificationError
from crypto.pki import generate_transport_key
from crypto.sealing import SealingKey
from crypto.signing import (
    SigningDomain,
    SigningKey,
    key_id,
    sign_statement,
    statement_digest,
    verify_signature,
    verify_statement,
)

# RFC 8032 section 7.1, TEST 1: a published public key and its signature over the empty message.
RFC8032_PUBLIC_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
RFC8032_SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)

KEY = SigningKey.generate()
OTHER = SigningKey.generate()
BODY = {"case_ref": "ESX/1", "items": ["IDENTITY_CORE"], "score": 62.5}


def _signed() -> dict[str, object]:
    return sign_statement(KEY, SigningDomain.REQUEST, BODY)


def test_a_statement_verifies_to_its_body_after_travelling_as_json():
    envelope = parse_json(canonical_bytes(_signed()))
    assert verify_statement(envelope, SigningDomain.REQUEST, KEY.public_key) == BODY


def test_every_domain_is_distinct_and_verifies_only_as_itself():
    for signed_as in SigningDomain:
        envelope = sign_statement(KEY, signed_as, BODY)
        for used_as in SigningDomain:
            if used_as is signed_as:
                assert verify_statement(envelope, used_as, KEY.public_key) == BODY
                continue
            with pytest.raises(VerificationError) as refusal:
                verify_statement(envelope, used_as, KEY.public_key)
            assert (
                str(refusal.value) == f"expected a statement in domain {used_as.value}, got {signed_as.value}"
            )


def test_relabelling_the_domain_does_not_move_a_signature():
    envelope = _signed() | {"domain": SigningDomain.APPROVAL.value}
    with pytest.raises(VerificationError, match="does not verify"):
        verify_statement(envelope, SigningDomain.APPROVAL, KEY.public_key)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"domain": "clew/unheard-of/v9"},
            "expected a statement in domain clew/request/v1, got an unknown domain",
        ),
        ({"domain": 7}, "expected a statement in domain clew/request/v1, got an unknown domain"),
        ({"domain": ["x"]}, "expected a statement in domain clew/request/v1, got an unknown domain"),
        ({"key_id": "Penny"}, f"expected a statement signed by key {KEY.key_id}, got a malformed key id"),
        (
            {"key_id": OTHER.key_id},
            f"expected a statement signed by key {KEY.key_id}, got key {OTHER.key_id}",
        ),
        ({"signature": "*"}, "expected a signature as base64 text, got something else"),
        ({"signature": None}, "expected a signature as base64 text, got another type"),
        ({"signature": encode_base64(b"short")}, "expected a signature of 64 bytes, got 5"),
        (
            {"signature": encode_base64(bytes(64))},
            f"expected a valid signature by key {KEY.key_id}, got one that does not verify; "
            "the content was altered or another key signed it",
        ),
        ({"body": []}, "expected the body of a signed statement to be an object, got another type"),
        (
            {"body": BODY | {"big": 2**60}},
            "expected a signed body in plain JSON, got one without a canonical form",
        ),
        (
            {"extra": 1},
            "expected a signed statement with exactly body, domain, key_id and signature, got other content",
        ),
    ],
)
def test_a_changed_envelope_is_refused_with_the_reason(change, message):
    with pytest.raises(VerificationError) as refusal:
        verify_statement(_signed() | change, SigningDomain.REQUEST, KEY.public_key)
    assert str(refusal.value) == message


@pytest.mark.parametrize("field", ["domain", "key_id", "body", "signature"])
def test_an_envelope_without_a_field_is_refused(field):
    envelope = _signed()
    del envelope[field]
    with pytest.raises(VerificationError, match="exactly body, domain, key_id and signature"):
        verify_statement(envelope, SigningDomain.REQUEST, KEY.public_key)


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_an_envelope_that_is_no_object_is_refused(value):
    with pytest.raises(VerificationError, match="exactly body, domain, key_id and signature"):
        verify_statement(value, SigningDomain.REQUEST, KEY.public_key)


def test_a_body_nested_too_deep_to_canonicalise_is_refused_not_crashed_on():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(VerificationError, match="without a canonical form"):
        verify_statement(_signed() | {"body": {"deep": deep}}, SigningDomain.REQUEST, KEY.public_key)


def test_another_spelling_of_the_same_signature_bytes_is_refused():
    envelope = _signed()
    text = str(envelope["signature"])
    # 64 bytes leave four spare bits before the padding: the next letter decodes to the same bytes.
    last = text[-3]
    spare = chr(ord(last) + 1)
    with pytest.raises(VerificationError, match="canonical base64"):
        verify_statement(
            envelope | {"signature": text[:-3] + spare + "=="}, SigningDomain.REQUEST, KEY.public_key
        )


def test_the_digest_names_the_statement_not_the_signer():
    first = sign_statement(KEY, SigningDomain.REQUEST, BODY)
    second = sign_statement(OTHER, SigningDomain.REQUEST, dict(reversed(BODY.items())))
    approval = sign_statement(KEY, SigningDomain.APPROVAL, BODY)
    assert statement_digest(first) == statement_digest(second)
    assert statement_digest(first) != statement_digest(approval)
    assert len(statement_digest(first)) == 64


def test_the_digest_of_something_else_than_a_statement_is_refused():
    with pytest.raises(VerificationError, match="exactly body, domain, key_id and signature"):
        statement_digest({"body": {}})


def test_key_id_is_the_start_of_the_sha256_of_the_raw_key():
    # Computed with sha256sum over the 32 bytes.
    assert key_id(encode_base64(RFC8032_PUBLIC_KEY)) == "21fe31dfa154a261"


@pytest.mark.parametrize(
    ("public_key", "message"),
    [
        ("", "expected Ed25519 public key of 32 bytes, got 0"),
        ("not base64!", "expected Ed25519 public key as base64 text, got something else"),
        (encode_base64(bytes(31)), "expected Ed25519 public key of 32 bytes, got 31"),
    ],
)
def test_a_malformed_public_key_is_the_callers_input_error(public_key, message):
    with pytest.raises(InputError) as refusal:
        verify_statement(_signed(), SigningDomain.REQUEST, public_key)
    assert str(refusal.value) == message


def test_a_body_that_is_not_json_is_not_signed():
    with pytest.raises(InputError, match="no canonical JSON form"):
        sign_statement(KEY, SigningDomain.REQUEST, {"score": float("nan")})


def test_the_published_ed25519_vector_verifies():
    verify_signature(encode_base64(RFC8032_PUBLIC_KEY), b"", RFC8032_SIGNATURE)
    with pytest.raises(VerificationError, match="signature by key 21fe31dfa154a261"):
        verify_signature(encode_base64(RFC8032_PUBLIC_KEY), b"x", RFC8032_SIGNATURE)


def test_a_bare_signature_verifies_for_its_message_only():
    signature = KEY.sign(b"clew.example/log\n1\n")
    verify_signature(KEY.public_key, b"clew.example/log\n1\n", signature)
    for public_key, message, bytes_ in [
        (KEY.public_key, b"clew.example/log\n2\n", signature),
        (OTHER.public_key, b"clew.example/log\n1\n", signature),
        (KEY.public_key, b"clew.example/log\n1\n", signature[:-1]),
    ]:
        with pytest.raises(VerificationError, match="expected a valid signature by key"):
            verify_signature(public_key, message, bytes_)


def test_a_key_file_round_trips():
    assert SigningKey.from_pem(KEY.to_pem()).public_key == KEY.public_key
    assert b"-----BEGIN PRIVATE KEY-----" in KEY.to_pem()


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        (b"", "does not load as one; name the right file or restore it from its backup"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "does not load as one"),
        (KEY.to_pem()[:60], "does not load as one"),
        (SealingKey.generate().to_pem(), "another kind of key; name the right file"),
        (generate_transport_key(), "another kind of key; name the right file"),
    ],
)
def test_a_file_that_is_no_signing_key_says_what_to_do(pem, message):
    with pytest.raises(InputError) as refusal:
        SigningKey.from_pem(pem)
    assert str(refusal.value).startswith("expected an Ed25519 signing key")
    assert message in str(refusal.value)


def test_a_key_shows_only_its_id():
    assert repr(KEY) == str(KEY) == f"SigningKey(key_id={KEY.key_id})"
