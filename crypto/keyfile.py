"""Key material in files and messages: PKCS#8 PEM for private keys, base64 of raw bytes for public ones.

Layer: crypto. One place reads and writes both forms, so that every key of the wrong kind, length or
spelling is refused with the same words. Threat: a message that quotes part of a key file would put it
into a log, so nothing here repeats what it read and no foreign error is kept as a cause.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from crypto.canonical import decode_base64, encode_base64
from crypto.errors import InputError

RAW_PUBLIC_KEY_BYTES = 32
"""Length of a raw Ed25519 or X25519 public key (RFC 8032 section 5.1.5, RFC 7748 section 5)."""


def parse_private_key(pem: bytes, *, name: str) -> PrivateKeyTypes:
    """Return the private key of a PEM file; the caller narrows its kind or raises :func:`wrong_key_kind`.

    Args:
        pem: Content of an unencrypted PKCS#8 PEM file; secret.
        name: What the key is called in messages, for example ``Ed25519 signing key``.

    Raises:
        InputError: The bytes are not such a file, or are protected by a password.
    """
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's own message may describe the content of a secret file: not kept as a cause.
        raise InputError(
            f"expected an {name} as an unencrypted PKCS#8 PEM file, got a file that does not load as one; "
            "name the right file or restore it from its backup"
        ) from None


def wrong_key_kind(name: str) -> InputError:
    """Return the error for a PEM file that loads but holds another kind of key than the one named."""
    return InputError(f"expected an {name}, got a PEM file with another kind of key; name the right file")


def encode_private_key(key: PrivateKeyTypes) -> bytes:
    """Return a private key as unencrypted PKCS#8 PEM; the caller keeps the file private (mode 0600)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def parse_fixed_base64(text: object, length_bytes: int, *, name: str) -> bytes:
    """Return the bytes of base64 text that has one spelling only and an exact length.

    Base64 leaves spare bits in its last character; text that sets them decodes to the same bytes and
    would give one key or signature several names, so it is refused.

    Raises:
        InputError: Not a string, not canonical base64, or another length.
    """
    if not isinstance(text, str):
        raise InputError(f"expected {name} as base64 text, got another type")
    try:
        data = decode_base64(text)
    except InputError as error:
        raise InputError(f"expected {name} as base64 text, got something else") from error
    if encode_base64(data) != text:
        raise InputError(f"expected {name} in canonical base64, got another spelling of the same bytes")
    if len(data) != length_bytes:
        raise InputError(f"expected {name} of {length_bytes} bytes, got {len(data)}")
    return data


def parse_raw_public_key(text: object, *, name: str) -> bytes:
    """Return the 32 raw bytes of a base64 Ed25519 or X25519 public key; else raise :class:`InputError`."""
    return parse_fixed_base64(text, RAW_PUBLIC_KEY_BYTES, name=name)
