"""Properties of statements, seals, the ratchet and certificates: round trips, and any flipped bit refused."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crypto.agreement import Agreement, Member, Thresholds, parse_agreement, sign_agreement, verify_agreement
from crypto.canonical import canonical_bytes, decode_base64, encode_base64, parse_json
from crypto.errors import ClewError, InputError, StateError, VerificationError
from crypto.keys import MAX_RATCHET_JUMP, LinkageKey, derive_round_key, encode_key_share, parse_key_share
from crypto.pki import (
    PeerIdentity,
    Role,
    create_authority,
    create_signing_request,
    generate_transport_key,
    get_request_key_der,
    issue_client_certificate,
    verify_client_certificate,
)
from crypto.sealing import SealingDomain, SealingKey, open_sealed, seal
from crypto.signing import SigningDomain, SigningKey, sign_statement, verify_statement

SIGNER = SigningKey.generate()
RECEIVER = SealingKey.generate()
REQUEST = create_signing_request(generate_transport_key())
REQUEST_KEY = get_request_key_der(REQUEST)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
ESSEX = PeerIdentity("east.example", Role.FORCE, "essex")
AUTHORITY = create_authority("east.example", now=NOW, lifetime=YEAR)
CERTIFICATE = issue_client_certificate(AUTHORITY, REQUEST, identity=ESSEX, now=NOW, lifetime=YEAR)

# A whole float from 2**53 on is written as digits that JSON reads back as an integer out of range.
floats = st.floats(-(2.0**53) + 1, 2.0**53 - 1, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | floats | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(max_size=8), json_values, max_size=4)
# Case of a hex escape and of an exponent is all that one bit can change in JSON without changing its
# value, so texts without control characters and numbers without exponents leave no harmless flip.
plain_text = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), max_size=8)
plain_bodies = st.dictionaries(plain_text, plain_text | st.integers(-999, 999), min_size=1, max_size=4)
secrets = st.binary(min_size=32, max_size=32)
keys = st.builds(LinkageKey, st.integers(1, 99), st.integers(0, 9999), secrets)


def _flip(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(flipped)


@given(bodies, st.sampled_from(SigningDomain))
def test_a_statement_round_trips_through_its_canonical_bytes(body: dict[str, Any], domain: SigningDomain):
    envelope = parse_json(canonical_bytes(sign_statement(SIGNER, domain, body)))
    verified = verify_statement(envelope, domain, SIGNER.public_key)
    assert canonical_bytes(verified) == canonical_bytes(body)


@given(plain_bodies, st.integers(0, 1 << 16))
def test_any_flipped_bit_of_an_envelope_is_refused(body: dict[str, Any], bit: int):
    data = _flip(canonical_bytes(sign_statement(SIGNER, SigningDomain.APPROVAL, body)), bit)
    with pytest.raises(ClewError):  # the flip broke the JSON, or the statement
        verify_statement(parse_json(data), SigningDomain.APPROVAL, SIGNER.public_key)


@given(bodies, st.integers(0, 511))
def test_any_flipped_bit_of_a_signature_is_refused(body: dict[str, Any], bit: int):
    envelope = sign_statement(SIGNER, SigningDomain.APPROVAL, body)
    envelope["signature"] = encode_base64(_flip(decode_base64(envelope["signature"]), bit))
    with pytest.raises(VerificationError, match="does not verify"):
        verify_statement(envelope, SigningDomain.APPROVAL, SIGNER.public_key)


@given(json_values, st.sampled_from(SigningDomain))
def test_arbitrary_json_is_never_a_statement_and_never_a_crash(value: Any, domain: SigningDomain):
    with pytest.raises(VerificationError):
        verify_statement(value, domain, SIGNER.public_key)


@given(st.dictionaries(st.sampled_from(["domain", "key_id", "body", "signature"]), json_values))
def test_arbitrary_envelope_fields_are_refused_without_a_crash(change: dict[str, Any]):
    envelope = sign_statement(SIGNER, SigningDomain.REFUSAL, {"a": 1})
    assume(change and canonical_bytes(envelope | change) != canonical_bytes(envelope))
    with pytest.raises(VerificationError):
        verify_statement(envelope | change, SigningDomain.REFUSAL, SIGNER.public_key)


@given(st.binary(max_size=200), bodies, st.sampled_from(SealingDomain))
def test_a_sealed_message_round_trips(plaintext: bytes, context: dict[str, Any], domain: SealingDomain):
    sealed = seal(RECEIVER.public_key, plaintext, domain=domain, context=context)
    assert open_sealed(RECEIVER, sealed, domain=domain, context=context) == plaintext
    assert len(sealed) == len(plaintext) + 48


@given(st.binary(max_size=40), st.integers(0, 1 << 12))
def test_any_flipped_bit_of_a_sealed_message_is_refused(plaintext: bytes, bit: int):
    sealed = seal(RECEIVER.public_key, plaintext, domain=SealingDomain.RULING, context={})
    # X25519 ignores the top bit of a public key (RFC 7748 section 5), but HPKE hashes the key as sent.
    with pytest.raises(VerificationError, match="got one that does not open"):
        open_sealed(RECEIVER, _flip(sealed, bit), domain=SealingDomain.RULING, context={})


@given(bodies, bodies)
def test_a_message_opens_in_its_own_context_only(context: dict[str, Any], other: dict[str, Any]):
    assume(canonical_bytes(context) != canonical_bytes(other))
    sealed = seal(RECEIVER.public_key, b"x", domain=SealingDomain.RULING, context=context)
    with pytest.raises(VerificationError, match="got one that does not open"):
        open_sealed(RECEIVER, sealed, domain=SealingDomain.RULING, context=other)


@given(keys, st.integers(0, 20), st.integers(0, 20))
def test_ratchet_steps_compose(key: LinkageKey, first: int, second: int):
    in_two = key.ratchet_to(key.step + first).ratchet_to(key.step + first + second)
    assert in_two == key.ratchet_to(key.step + first + second)
    assert (in_two.secret == key.secret) == (first + second == 0)


@given(keys, st.integers(-(10**6), 10**9))
def test_a_step_is_reached_or_refused_by_its_distance_alone(key: LinkageKey, step: int):
    assume(not 40 < step - key.step <= MAX_RATCHET_JUMP)
    if 0 <= step - key.step <= MAX_RATCHET_JUMP:
        assert key.ratchet_to(step).step == step
        return
    with pytest.raises(StateError, match="expected a step"):
        key.ratchet_to(step)


labels = st.fixed_dictionaries(
    {
        name: st.text(min_size=1, max_size=5)
        for name in ("federation", "round_id", "schema_digest", "role_view")
    }
)


@given(keys, labels, labels)
def test_round_keys_are_equal_exactly_when_their_labels_are(
    key: LinkageKey, first: dict[str, str], second: dict[str, str]
):
    assert (derive_round_key(key, **first) == derive_round_key(key, **second)) == (first == second)
    assert derive_round_key(key, **first) != derive_round_key(key.ratchet_to(key.step + 1), **first)


@given(keys)
def test_a_key_share_round_trips(key: LinkageKey):
    assert parse_key_share(encode_key_share(key)) == key


@given(keys, st.integers(0, 1 << 11))
def test_a_flipped_bit_of_a_key_share_is_another_key_or_an_error_without_its_content(
    key: LinkageKey, bit: int
):
    error = None
    try:
        assert parse_key_share(_flip(encode_key_share(key), bit)) != key
    except InputError as refusal:
        error = refusal
    shown = f"{error!r}{error.__cause__!r}" if error else ""
    assert encode_base64(key.secret)[:20] not in shown


@given(keys)
def test_a_linkage_key_never_shows_its_secret(key: LinkageKey):
    assert repr(key) == str(key) == f"LinkageKey(epoch={key.epoch}, step={key.step})"


@given(st.integers(0, 1 << 13))
def test_a_flipped_bit_of_a_signing_request_never_gives_another_key(bit: int):
    # PEM has harmless bits, line ends for one; every other flip is refused with an error of ours.
    with contextlib.suppress(InputError, VerificationError):
        assert get_request_key_der(_flip(REQUEST, bit)) == REQUEST_KEY


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(st.integers(0, 1 << 12))
def test_any_flipped_bit_of_a_certificate_is_refused(bit: int):
    der = _flip(ssl.PEM_cert_to_DER_cert(CERTIFICATE.decode()), bit)
    flipped = ssl.DER_cert_to_PEM_cert(der).encode()
    with pytest.raises(VerificationError, match=r"authority that is valid now|PEM certificate"):
        verify_client_certificate(
            flipped, AUTHORITY.certificate_pem, identity=ESSEX, public_key_der=REQUEST_KEY, now=NOW
        )


names = st.from_regex(r"[a-z][a-z0-9-]{1,40}", fullmatch=True)
ratios = st.floats(0.001, 1.0)


def _member(name: str, role: Role) -> Member:
    return Member(
        name, name.title(), role, "POLICE", SealingKey.generate().public_key, SigningKey.generate().public_key
    )


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    members = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    bars = sorted((draw(ratios), draw(ratios)))
    return Agreement(
        federation="east.example",
        version=draw(st.integers(1, 999)),
        issued_at=NOW,
        expires_at=NOW + timedelta(milliseconds=draw(st.integers(1, 10**10))),
        members=tuple(_member(name, draw(st.sampled_from([Role.FORCE, Role.PARTNER]))) for name in members),
        custodian=draw(st.sampled_from(members)),
        key_epoch=draw(st.integers(1, 99)),
        schema=draw(bodies),
        schema_digest=draw(secrets).hex(),
        weights_version=draw(secrets).hex(),
        log_public_key=SIGNER.public_key,
        log_origin="east.example/log",
        thresholds=Thresholds(draw(ratios), *bars, draw(st.floats(0.1, 100.0)), draw(ratios)),
    )


@given(agreements())
def test_an_agreement_round_trips_with_its_digest(agreement: Agreement):
    data = sign_agreement(SIGNER, agreement)
    verified = verify_agreement(
        data, SIGNER.public_key, federation="east.example", now=NOW, newer_than_or_equal=agreement.version
    )
    assert canonical_bytes(verified.to_body()) == canonical_bytes(agreement.to_body())
    assert verified.digest == agreement.digest
    assert parse_agreement(agreement.to_body()).members == agreement.members


@given(agreements(), st.integers(0, 1 << 20))
def test_any_flipped_bit_of_a_signed_agreement_is_refused(agreement: Agreement, bit: int):
    data = _flip(sign_agreement(SIGNER, agreement), bit)
    with pytest.raises(ClewError):
        verify_agreement(data, SIGNER.public_key, federation="east.example", now=NOW, newer_than_or_equal=1)


@given(agreements(), st.integers(1, 2000), st.integers(-(10**6), 10**6))
def test_an_agreement_is_accepted_exactly_while_it_holds_and_is_not_older(
    agreement: Agreement, held: int, offset_s: int
):
    now = NOW + timedelta(seconds=offset_s)
    holds = now < agreement.expires_at and offset_s >= -300 and agreement.version >= held
    arguments = {"federation": "east.example", "now": now, "newer_than_or_equal": held}
    data = sign_agreement(SIGNER, agreement)
    if holds:
        assert verify_agreement(data, SIGNER.public_key, **arguments).version == agreement.version
        return
    with pytest.raises(VerificationError, match=r"valid now|issued by now|or later"):
        verify_agreement(data, SIGNER.public_key, **arguments)


@given(names, st.sampled_from(Role))
def test_every_identity_has_its_own_uri(name: str, role: Role):
    assert PeerIdentity("east.example", role, name).uri.split("/")[2:] == ["east.example", role.value, name]
