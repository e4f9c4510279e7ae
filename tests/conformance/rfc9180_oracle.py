"""An independent HPKE base mode, written from RFC 9180 for these tests only.

It shares nothing with the library's HPKE: HKDF is built on the standard library's HMAC, and only the
X25519 function and AES-GCM themselves are the library's. Suites: DHKEM(X25519, HKDF-SHA256) and
HKDF-SHA256 with AES-128-GCM (the published vectors of appendix A.1) or AES-256-GCM (Clew's).
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM_ID, KDF_ID = 0x0020, 0x0001
AEAD_KEY_BYTES = {0x0001: 16, 0x0002: 32}
AES_128_GCM, AES_256_GCM = 0x0001, 0x0002
NONCE_BYTES = 12
HASH_BYTES = 32
MODE_BASE = b"\x00"

_KEM_SUITE = b"KEM" + KEM_ID.to_bytes(2, "big")


@dataclass(frozen=True)
class Schedule:
    """Output of the key schedule (section 5.1)."""

    key: bytes
    base_nonce: bytes
    exporter_secret: bytes

    def nonce(self, sequence: int) -> bytes:
        """Return the nonce of one message of a context (section 5.2)."""
        counter = sequence.to_bytes(NONCE_BYTES, "big")
        return bytes(a ^ b for a, b in zip(self.base_nonce, counter, strict=True))


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    """RFC 5869 section 2.2; an empty salt is a string of zeros."""
    return hmac.digest(salt or bytes(HASH_BYTES), ikm, hashlib.sha256)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 section 2.3."""
    blocks, previous = b"", b""
    for counter in range(1, -(-length // HASH_BYTES) + 1):
        previous = hmac.digest(prk, previous + info + bytes([counter]), hashlib.sha256)
        blocks += previous
    return blocks[:length]


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """Section 4."""
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """Section 4."""
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def shared_secret(dh: bytes, enc: bytes, receiver_public: bytes) -> bytes:
    """ExtractAndExpand of section 4.1 with the context of Encap and Decap."""
    eae_prk = labeled_extract(_KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(_KEM_SUITE, eae_prk, b"shared_secret", enc + receiver_public, HASH_BYTES)


def encap(ephemeral: X25519PrivateKey, receiver_public: bytes) -> tuple[bytes, bytes]:
    """Return the shared secret and the encapsulated key, from a given ephemeral key."""
    enc = ephemeral.public_key().public_bytes_raw()
    dh = ephemeral.exchange(X25519PublicKey.from_public_bytes(receiver_public))
    return shared_secret(dh, enc, receiver_public), enc


def decap(enc: bytes, receiver: X25519PrivateKey) -> bytes:
    """Return the shared secret on the receiver's side."""
    dh = receiver.exchange(X25519PublicKey.from_public_bytes(enc))
    return shared_secret(dh, enc, receiver.public_key().public_bytes_raw())


def key_schedule(secret: bytes, info: bytes, aead_id: int) -> Schedule:
    """Section 5.1, mode_base: no pre-shared key."""
    suite = b"HPKE" + b"".join(part.to_bytes(2, "big") for part in (KEM_ID, KDF_ID, aead_id))
    psk_id_hash = labeled_extract(suite, b"", b"psk_id_hash", b"")
    info_hash = labeled_extract(suite, b"", b"info_hash", info)
    context = MODE_BASE + psk_id_hash + info_hash
    extracted = labeled_extract(suite, secret, b"secret", b"")
    return Schedule(
        key=labeled_expand(suite, extracted, b"key", context, AEAD_KEY_BYTES[aead_id]),
        base_nonce=labeled_expand(suite, extracted, b"base_nonce", context, NONCE_BYTES),
        exporter_secret=labeled_expand(suite, extracted, b"exp", context, HASH_BYTES),
    )


def seal_base(receiver_public: bytes, info: bytes, plaintext: bytes, ephemeral: X25519PrivateKey) -> bytes:
    """Section 6.1 with AES-256-GCM and empty associated data; returns ``enc || ciphertext``."""
    secret, enc = encap(ephemeral, receiver_public)
    schedule = key_schedule(secret, info, AES_256_GCM)
    return enc + AESGCM(schedule.key).encrypt(schedule.nonce(0), plaintext, b"")


def open_base(receiver: X25519PrivateKey, info: bytes, sealed: bytes) -> bytes:
    """The reverse of :func:`seal_base`."""
    schedule = key_schedule(decap(sealed[:HASH_BYTES], receiver), info, AES_256_GCM)
    return AESGCM(schedule.key).decrypt(schedule.nonce(0), sealed[HASH_BYTES:], b"")
