"""Signed statements: Ed25519 over canonical JSON, each bound to what it is a statement of.

Layer: crypto. A statement is an envelope ``{"domain", "key_id", "body", "signature"}``; the signature
covers the canonical bytes of ``{"domain", "body"}`` and nothing that a receiver does not check. Rules:
the domain is a type, so a signature over an approval can never pass as a request; the verifier names
the key it expects, the envelope's own key id only makes a mistake legible; unknown fields are refused.

Threat: a relay that alters, swaps or re-labels what members say to each other.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.canonical import canonical_bytes, encode_base64
from crypto.errors import InputError, VerificationError
from crypto.keyfile import (
    encode_private_key,
    parse_fixed_base64,
    parse_private_key,
    parse_raw_public_key,
    wrong_key_kind,
)

KEY_ID_HEX_DIGITS = 16
"""64 bits: enough to tell a federation's keys apart in a message; never used to choose a key to trust."""

SIGNATURE_BYTES = 64
"""Length of an Ed25519 signature (RFC 8032 section 5.1.6)."""

_KEY_NAME = "Ed25519 signing key"
_ENVELOPE_FIELDS = frozenset({"domain", "key_id", "body", "signature"})
_KEY_ID = re.compile(rf"[0-9a-f]{{{KEY_ID_HEX_DIGITS}}}")


class SigningDomain(StrEnum):
    """What a signature is a statement of; a signature in one domain is worthless in every other."""

    AGREEMENT = "clew/agreement/v1"
    CREDENTIAL = "clew/credential/v1"
    REQUEST = "clew/request/v1"
    APPROVAL = "clew/approval/v1"
    SUMMARY = "clew/summary/v1"
    SUBMISSION = "clew/submission/v1"
    LOG_ENTRY = "clew/log-entry/v1"
    KEY_SHARE = "clew/key-share/v1"
    DISCLOSURE = "clew/disclosure/v1"
    REFUSAL = "clew/refusal/v1"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SigningKey:
    """An Ed25519 private key of a member, a person, the governance board or the log.

    Its representation shows the key id only, so that it may appear in a log by accident.
    """

    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's random source."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Parse an unencrypted PKCS#8 PEM file; anything else raises :class:`InputError`."""
        private = parse_private_key(pem, name=_KEY_NAME)
        if not isinstance(private, Ed25519PrivateKey):
            raise wrong_key_kind(_KEY_NAME)
        return cls(private)

    def to_pem(self) -> bytes:
        """Return the secret key as unencrypted PKCS#8 PEM."""
        return encode_private_key(self._private)

    @property
    def public_key(self) -> str:
        """The raw 32-byte public key in base64, the form in which Clew passes it around."""
        return encode_base64(self._private.public_key().public_bytes_raw())

    @property
    def key_id(self) -> str:
        """The short name of this key: see :func:`key_id`."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message that carries its own context (a log checkpoint).

        Everything else is signed by :func:`sign_statement`, which binds a domain.
        """
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id})"


def key_id(public_key: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a raw public key, for people and messages.

    Raises:
        InputError: Not the base64 of 32 bytes.
    """
    raw = parse_raw_public_key(public_key, name="Ed25519 public key")
    return hashlib.sha256(raw).hexdigest()[:KEY_ID_HEX_DIGITS]


def verify_signature(public_key: str, message: bytes, signature: bytes) -> None:
    """Check a bare signature made by :meth:`SigningKey.sign`.

    Source: RFC 8032 section 5.1.7, as the library implements it.

    Raises:
        InputError: The public key is malformed.
        VerificationError: The signature is not this key's over this message.
    """
    raw = parse_raw_public_key(public_key, name="Ed25519 public key")
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise VerificationError(
            f"expected a valid signature by key {key_id(public_key)}, got one that does not verify; "
            "the content was altered or another key signed it"
        ) from error


def sign_statement(key: SigningKey, domain: SigningDomain, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the envelope of a signed statement, ready for :func:`crypto.canonical.canonical_bytes`.

    Raises:
        InputError: The body is not JSON.
    """
    signature = key.sign(_signed_bytes(domain.value, body))
    return {
        "domain": domain.value,
        "key_id": key.key_id,
        "body": dict(body),
        "signature": encode_base64(signature),
    }


def verify_statement(envelope: Mapping[str, Any], domain: SigningDomain, public_key: str) -> dict[str, Any]:
    """Return the body of a statement that this key made in this domain.

    Args:
        envelope: Untrusted, already parsed from JSON.
        domain: What the caller is about to use the statement as.
        public_key: Base64 raw key from a source the caller trusts (agreement, credential, pin).

    Returns:
        The signed body. Its fields are authentic, not yet validated: the caller parses them.

    Raises:
        InputError: The public key is malformed (the caller's own mistake).
        VerificationError: One condition each: wrong fields, wrong domain, wrong key, a body or
            signature that is not well formed, a signature that does not verify.
    """
    expected_id = key_id(public_key)
    _check_fields(envelope)
    _check_domain(envelope["domain"], domain)
    _check_key_id(envelope["key_id"], expected_id)
    signature = _parse_signature(envelope["signature"])
    body = envelope["body"]
    try:
        message = _signed_bytes(domain.value, body)
    except InputError as error:
        raise VerificationError(
            "expected a signed body in plain JSON, got one without a canonical form"
        ) from error
    verify_signature(public_key, message, signature)
    return dict(body)


def statement_digest(envelope: Mapping[str, Any]) -> str:
    """Return the hex SHA-256 of what an envelope's signature covers: the statement's stable name.

    Two envelopes with the same domain and body have the same digest, whoever signed them. The envelope
    is taken as it is: verify it first.

    Raises:
        VerificationError: The envelope has not exactly the fields of a statement.
        InputError: The body is not JSON.
    """
    _check_fields(envelope)
    return hashlib.sha256(_signed_bytes(envelope["domain"], envelope["body"])).hexdigest()


def _signed_bytes(domain: str, body: Mapping[str, Any]) -> bytes:
    return canonical_bytes({"domain": domain, "body": body})


def _check_fields(envelope: Mapping[str, Any]) -> None:
    if not isinstance(envelope, Mapping) or set(envelope) != _ENVELOPE_FIELDS:
        raise VerificationError(
            "expected a signed statement with exactly body, domain, key_id and signature, got other content"
        )
    if not isinstance(envelope["body"], Mapping):
        raise VerificationError("expected the body of a signed statement to be an object, got another type")


def _check_domain(got: object, expected: SigningDomain) -> None:
    if got == expected.value:
        return
    # The envelope is untrusted text: only a domain that this module knows is safe to repeat.
    known = isinstance(got, str) and got in {domain.value for domain in SigningDomain}
    shown = got if known else "an unknown domain"
    raise VerificationError(f"expected a statement in domain {expected.value}, got {shown}")


def _check_key_id(got: object, expected: str) -> None:
    if got == expected:
        return
    shown = f"key {got}" if isinstance(got, str) and _KEY_ID.fullmatch(got) else "a malformed key id"
    raise VerificationError(f"expected a statement signed by key {expected}, got {shown}")


def _parse_signature(text: object) -> bytes:
    try:
        return parse_fixed_base64(text, SIGNATURE_BYTES, name="a signature")
    except InputError as error:
        raise VerificationError(error.public_message) from error
