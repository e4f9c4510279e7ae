"""Sealed messages: they open for the right key, purpose and context, and for nothing else."""

import pytest

from crypto.errors import InputError, VerificationError
from crypto.sealing import SealingDomain, SealingKey, open_sealed, seal
from crypto.signing import SigningKey, key_id

KEY = SealingKey.generate()
CONTEXT = {"federation": "east.example", "from": "essex", "to": "kent", "request": "r-1"}
REFUSED = (
    "expected a message sealed to this key for this purpose and context, got one that does not open; "
    "ask the sender to seal it again"
)


def _sealed(plaintext: bytes = b"the package") -> bytes:
    return seal(KEY.public_key, plaintext, domain=SealingDomain.DISCLOSURE, context=CONTEXT)


def test_a_sealed_message_opens_for_its_receiver():
    opened = open_sealed(
        KEY, _sealed(), domain=SealingDomain.DISCLOSURE, context=dict(reversed(CONTEXT.items()))
    )
    assert opened == b"the package"


def test_sealing_twice_gives_unrelated_bytes_48_longer_than_the_plaintext():
    first, second = _sealed(b"x" * 100), _sealed(b"x" * 100)
    assert first != second
    assert len(first) == len(second) == 148


@pytest.mark.parametrize(
    ("key", "domain", "context"),
    [
        (SealingKey.generate(), SealingDomain.DISCLOSURE, CONTEXT),
        (KEY, SealingDomain.DISCLOSURE, CONTEXT | {"to": "essex"}),
        (KEY, SealingDomain.DISCLOSURE, {}),
        *((KEY, domain, CONTEXT) for domain in SealingDomain if domain is not SealingDomain.DISCLOSURE),
    ],
)
def test_another_key_purpose_or_context_is_refused_in_the_same_words(key, domain, context):
    with pytest.raises(VerificationError) as refusal:
        open_sealed(key, _sealed(), domain=domain, context=context)
    assert str(refusal.value) == REFUSED
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    "sealed",
    [b"", b"x", bytes(31), bytes(48), bytes(200), _sealed()[:-1], _sealed() + b"x", _sealed()[1:]],
    ids=["empty", "one byte", "short key", "zero key", "zeros", "cut", "longer", "shifted"],
)
def test_bytes_that_are_no_sealed_message_are_refused_in_the_same_words(sealed):
    with pytest.raises(VerificationError) as refusal:
        open_sealed(KEY, sealed, domain=SealingDomain.DISCLOSURE, context=CONTEXT)
    assert str(refusal.value) == REFUSED


def test_a_public_key_of_low_order_is_refused():
    zero = "A" * 43 + "="
    with pytest.raises(InputError) as refusal:
        seal(zero, b"x", domain=SealingDomain.REQUEST, context=CONTEXT)
    assert str(refusal.value) == (
        "expected the X25519 public key of a member, got a point of low order; ask the member for its key"
    )


def test_a_malformed_public_key_is_refused():
    with pytest.raises(InputError, match="expected X25519 public key of 32 bytes, got 3"):
        seal("AAAA", b"x", domain=SealingDomain.REQUEST, context=CONTEXT)


def test_a_context_that_is_not_json_is_the_callers_input_error():
    with pytest.raises(InputError, match="no canonical JSON form"):
        open_sealed(KEY, _sealed(), domain=SealingDomain.DISCLOSURE, context={"when": float("inf")})


def test_a_key_file_round_trips():
    copy = SealingKey.from_pem(KEY.to_pem())
    assert open_sealed(copy, _sealed(), domain=SealingDomain.DISCLOSURE, context=CONTEXT) == b"the package"


def test_a_signing_key_file_is_no_sealing_key():
    with pytest.raises(InputError) as refusal:
        SealingKey.from_pem(SigningKey.generate().to_pem())
    assert str(refusal.value) == (
        "expected an X25519 sealing key, got a PEM file with another kind of key; name the right file"
    )


def test_a_key_shows_only_its_id():
    assert repr(KEY) == str(KEY) == f"SealingKey(key_id={key_id(KEY.public_key)})"
