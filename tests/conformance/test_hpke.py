"""HPKE: an independent implementation passes RFC 9180's vectors, and agrees with what Clew seals.

The published vectors all carry associated data, which the library's single-shot interface does not
take; so they check the oracle, and the oracle checks the library (docs: DESIGN section 15).
"""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import decode_base64
from crypto.keys import LinkageKey, derive_round_key
from crypto.sealing import SealingDomain, SealingKey, open_sealed, seal
from tests.conformance import rfc9180_oracle as oracle

# RFC 9180 appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, mode_base.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL_PRIVATE = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
ENCAPSULATED = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
RECEIVER_PRIVATE = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
RECEIVER_PUBLIC = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
SHARED_SECRET = bytes.fromhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
KEY = bytes.fromhex("4531685d41d65f03dc48f6b8302c05b0")
BASE_NONCE = bytes.fromhex("56d890e5accaaf011cff4b7d")
EXPORTER_SECRET = bytes.fromhex("45ff1c2e220db587171952c0592d5f5ebe103f1561a2614e38f2ffd47e99e3f8")
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
# Appendix A.1.1.1: sequence number, associated data, nonce, ciphertext.
ENCRYPTIONS = [
    (
        0,
        "436f756e742d30",
        "56d890e5accaaf011cff4b7d",
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    ),
    (
        1,
        "436f756e742d31",
        "56d890e5accaaf011cff4b7c",
        "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84",
    ),
    (
        2,
        "436f756e742d32",
        "56d890e5accaaf011cff4b7f",
        "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180",
    ),
    (
        4,
        "436f756e742d34",
        "56d890e5accaaf011cff4b79",
        "583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a09fc0012bc69fccaa251c0246d",
    ),
]


def test_the_oracle_encapsulates_and_decapsulates_as_published():
    ephemeral = X25519PrivateKey.from_private_bytes(EPHEMERAL_PRIVATE)
    receiver = X25519PrivateKey.from_private_bytes(RECEIVER_PRIVATE)
    assert receiver.public_key().public_bytes_raw() == RECEIVER_PUBLIC
    assert oracle.encap(ephemeral, RECEIVER_PUBLIC) == (SHARED_SECRET, ENCAPSULATED)
    assert oracle.decap(ENCAPSULATED, receiver) == SHARED_SECRET


def test_the_oracle_schedules_keys_as_published():
    schedule = oracle.key_schedule(SHARED_SECRET, INFO, oracle.AES_128_GCM)
    assert schedule == oracle.Schedule(KEY, BASE_NONCE, EXPORTER_SECRET)


@pytest.mark.parametrize(("sequence", "aad", "nonce", "ciphertext"), ENCRYPTIONS)
def test_the_oracle_encrypts_and_decrypts_as_published(sequence, aad, nonce, ciphertext):
    schedule = oracle.key_schedule(SHARED_SECRET, INFO, oracle.AES_128_GCM)
    assert schedule.nonce(sequence).hex() == nonce
    aead = AESGCM(schedule.key)
    assert aead.encrypt(schedule.nonce(sequence), PLAINTEXT, bytes.fromhex(aad)).hex() == ciphertext
    assert aead.decrypt(schedule.nonce(sequence), bytes.fromhex(ciphertext), bytes.fromhex(aad)) == PLAINTEXT


SEALING_KEY = SealingKey.generate()
CONTEXT = {"federation": "east.example", "request": "r-1"}
# The canonical bytes are written out here, so that a change of what is bound shows.
BOUND = b'{"context":{"federation":"east.example","request":"r-1"},"domain":"clew/sealed/disclosure/v1"}'


def _private_of(key: SealingKey) -> X25519PrivateKey:
    private = load_pem_private_key(key.to_pem(), password=None)
    assert isinstance(private, X25519PrivateKey)
    return private


@given(st.binary(max_size=300))
def test_the_oracle_opens_what_clew_seals(plaintext):
    sealed = seal(SEALING_KEY.public_key, plaintext, domain=SealingDomain.DISCLOSURE, context=CONTEXT)
    assert oracle.open_base(_private_of(SEALING_KEY), BOUND, sealed) == plaintext


@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_clew_opens_what_the_oracle_seals(plaintext, ephemeral):
    receiver = decode_base64(SEALING_KEY.public_key)
    sealed = oracle.seal_base(receiver, BOUND, plaintext, X25519PrivateKey.from_private_bytes(ephemeral))
    opened = open_sealed(SEALING_KEY, sealed, domain=SealingDomain.DISCLOSURE, context=CONTEXT)
    assert opened == plaintext


@given(st.binary(min_size=32, max_size=32), st.integers(1, 9), st.integers(0, 9))
def test_linkage_and_round_keys_are_hkdf_sha256_of_written_out_labels(secret, epoch, step):
    key = LinkageKey(epoch, step, secret)
    label = {"epoch": epoch, "label": "clew/linkage-key/ratchet/v1", "step": step + 1}
    assert key.ratchet_to(step + 1).secret == _hkdf(secret, label)
    label = {
        "epoch": epoch,
        "federation": "east.example",
        "label": "clew/linkage-key/round/v1",
        "role_view": "PERPETRATOR",
        "round_id": "r-1",
        "schema_digest": "ab" * 32,
        "step": step,
    }
    names = {name: label[name] for name in ("federation", "round_id", "schema_digest", "role_view")}
    assert derive_round_key(key, **names) == _hkdf(secret, label)


def _hkdf(secret: bytes, label: dict[str, object]) -> bytes:
    info = json.dumps(label, separators=(",", ":")).encode()
    return oracle.hkdf_expand(oracle.hkdf_extract(b"", secret), info, 32)
