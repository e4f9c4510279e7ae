"""Sealed messages between members: HPKE base mode, with purpose and context bound in.

Layer: crypto. DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180), single shot. The
library's interface has no associated data, so the purpose and the context (round, parties, request,
expiry) go into ``info``: a message opens only for who, and in the circumstances, it was sealed for.
Base mode does not say who sealed: what is sealed is a signed statement wherever that matters.

Threat: a coordinator that relays sealed messages reads them, swaps them or replays them elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from crypto.canonical import canonical_bytes, encode_base64
from crypto.errors import InputError, VerificationError
from crypto.keyfile import encode_private_key, parse_private_key, parse_raw_public_key, wrong_key_kind
from crypto.signing import key_id

_KEY_NAME = "X25519 sealing key"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealingDomain(StrEnum):
    """What a sealed message is for; one sealed in a domain does not open in another."""

    LINKAGE_KEY = "clew/sealed/linkage-key/v1"
    REQUEST = "clew/sealed/request/v1"
    RULING = "clew/sealed/ruling/v1"
    DISCLOSURE = "clew/sealed/disclosure/v1"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SealingKey:
    """An X25519 private key of a member's node, which opens what others seal to it."""

    _private: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's random source."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Parse an unencrypted PKCS#8 PEM file; anything else raises :class:`InputError`."""
        private = parse_private_key(pem, name=_KEY_NAME)
        if not isinstance(private, X25519PrivateKey):
            raise wrong_key_kind(_KEY_NAME)
        return cls(private)

    def to_pem(self) -> bytes:
        """Return the secret key as unencrypted PKCS#8 PEM."""
        return encode_private_key(self._private)

    @property
    def public_key(self) -> str:
        """The raw 32-byte public key in base64, the form in which Clew passes it around."""
        return encode_base64(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SealingKey(key_id={key_id(self.public_key)})"


def seal(public_key: str, plaintext: bytes, *, domain: SealingDomain, context: Mapping[str, Any]) -> bytes:
    """Return a message that only the holder of the private key can open, in this domain and context.

    Source: RFC 9180 section 6.1, mode_base, with empty associated data.

    Args:
        public_key: Base64 raw X25519 key of the receiver, from the signed agreement.
        plaintext: What to seal; its length is not hidden (sealed length is 48 bytes more).
        domain: What the message is for.
        context: JSON that the receiver can rebuild: round, parties, request, expiry. It is not sent.

    Raises:
        InputError: The public key is malformed or of low order, or the context is not JSON.
    """
    raw = parse_raw_public_key(public_key, name="X25519 public key")
    info = _info(domain, context)
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(raw), info)
    except ValueError as error:
        raise InputError(
            "expected the X25519 public key of a member, got a point of low order; ask the member for its key"
        ) from error


def open_sealed(
    key: SealingKey, sealed: bytes, *, domain: SealingDomain, context: Mapping[str, Any]
) -> bytes:
    """Return the plaintext of a message sealed to this key in this domain and context.

    One message covers every failure, so that a sender who probes learns nothing from the words.

    Source: RFC 9180 section 6.1, mode_base.

    Raises:
        InputError: The context is not JSON (the caller's own mistake).
        VerificationError: Wrong key, domain or context, or altered, cut or foreign bytes.
    """
    info = _info(domain, context)
    try:
        return _SUITE.decrypt(sealed, key._private, info)
    except (InvalidTag, ValueError):
        # No cause is kept: which of the checks failed is what a prober would want to know.
        raise VerificationError(
            "expected a message sealed to this key for this purpose and context, got one that does not open; "
            "ask the sender to seal it again"
        ) from None


def _info(domain: SealingDomain, context: Mapping[str, Any]) -> bytes:
    return canonical_bytes({"domain": domain.value, "context": dict(context)})
