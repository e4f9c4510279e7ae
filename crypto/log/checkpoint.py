"""The log's signed checkpoint: what a member keeps, compares and later holds the log to.

Layer: crypto. The note text is a C2SP tlog-checkpoint (origin, size, base64 root, one line each) in
the C2SP signed-note format with Ed25519, so that public witnesses can cosign it. The log's key name
is its origin.

Rules: one form only. Extension lines, which Clew's log never writes and monitors cannot audit, are
refused. Signatures of unknown keys are tolerated when well formed, as the specification demands, so
that witnesses can cosign; the log's own must be there once and be valid.
Threat answered: a forged tree head, or one log's checkpoint passed off as another's. What is signed
here holds line breaks, which no canonical JSON statement does, so neither can pass as the other.

Source: C2SP tlog-checkpoint and signed-note v1.0.0.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from crypto.canonical import decode_base64, encode_base64
from crypto.errors import InputError, VerificationError
from crypto.keyfile import parse_raw_public_key
from crypto.log.merkle import EMPTY_ROOT, HASH_LENGTH_BYTES, MAX_TREE_SIZE
from crypto.signing import verify_signature

# Room for the log's signature and 16 cosignatures, each as large as the largest ML-DSA one.
MAX_CHECKPOINT_BYTES = 128 * 1024

_KEY_HASH_LENGTH_BYTES = 4
_ED25519_SIGNATURE_TYPE = b"\x01"
_ORIGIN = re.compile(r"[!-*,-~]{1,255}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one log at one moment: who it is, how many entries it has, and their root.

    Args:
        origin: Name of the log, 1 to 255 ASCII characters without space or plus, for example
            ``clew.example/log``. It is also the name of the log's key.
        size: Number of entries.
        root: 32-byte root of the RFC 6962 tree over them.

    Raises:
        InputError: A value is outside its range.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise InputError("expected a log origin such as clew.example/log, without space or plus")
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise InputError(f"expected a checkpoint size from 0 to {MAX_TREE_SIZE}, got {self.size}")
        if len(self.root) != HASH_LENGTH_BYTES:
            raise InputError(f"expected a root of {HASH_LENGTH_BYTES} bytes, got {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise InputError("expected the empty root at size 0, got another root")

    @property
    def body(self) -> str:
        """The note text that is signed, final newline included."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, sign: Callable[[bytes], bytes], *, public_key: str) -> str:
    """Return the checkpoint as a signed note with the log's own signature.

    The caller keeps the one rule that no check here can: never sign a checkpoint that is
    inconsistent with one signed before.

    Args:
        checkpoint: What to sign.
        sign: Makes a 64-byte Ed25519 signature with the log's key.
        public_key: The log's public key, base64 of 32 bytes.

    Raises:
        InputError: The public key is malformed.
    """
    key_hash = _key_hash(checkpoint.origin, public_key)
    signature = sign(checkpoint.body.encode())
    return f"{checkpoint.body}\n— {checkpoint.origin} {encode_base64(key_hash + signature)}\n"


def verify_checkpoint(text: str, *, origin: str, public_key: str) -> Checkpoint:
    """Return the checkpoint of a signed note whose own log signed it.

    Args:
        text: Untrusted signed note.
        origin: The log that must have signed it, from the federation agreement.
        public_key: That log's public key from the agreement, base64 of 32 bytes.

    Raises:
        VerificationError: The text is not the one form of a checkpoint, is another log's, or does
            not carry exactly one valid signature of the log.
        InputError: The given public key is malformed.
    """
    body, signature_lines = _split_note(text)
    signature = _get_log_signature(signature_lines, origin, _key_hash(origin, public_key))
    verify_signature(public_key, body.encode(), signature)
    return _parse_body(body, origin)


def _split_note(text: str) -> tuple[str, list[str]]:
    try:
        length_bytes = len(text.encode())
    except UnicodeEncodeError as error:
        raise VerificationError("expected a checkpoint in UTF-8, got text that is not") from error
    if length_bytes > MAX_CHECKPOINT_BYTES:
        raise VerificationError(
            f"expected a checkpoint of at most {MAX_CHECKPOINT_BYTES} bytes, got {length_bytes}"
        )
    if _CONTROL_CHARACTER.search(text):
        raise VerificationError("expected a checkpoint without control characters, got one")
    before, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise VerificationError("expected checkpoint text, a blank line and signature lines")
    return before + "\n", signatures[:-1].split("\n")


def _get_log_signature(signature_lines: list[str], origin: str, key_hash: bytes) -> bytes:
    """Return the one signature of the log; check the form of all the others."""
    parsed = [_parse_signature_line(line) for line in signature_lines]
    own = [signature for name, named_hash, signature in parsed if (name, named_hash) == (origin, key_hash)]
    if len(own) != 1:
        raise VerificationError(f"expected exactly one signature of the log's own key, got {len(own)}")
    return own[0]


def _parse_signature_line(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise VerificationError("expected a signature line of dash, key name and base64")
    name, encoded = match.groups()
    blob = _decode_strict_base64(encoded, "signature")
    if len(blob) <= _KEY_HASH_LENGTH_BYTES:
        raise VerificationError("expected a signature after the key hash, got none")
    return name, blob[:_KEY_HASH_LENGTH_BYTES], blob[_KEY_HASH_LENGTH_BYTES:]


def _parse_body(body: str, origin: str) -> Checkpoint:
    lines = body[:-1].split("\n")
    if len(lines) != 3:
        raise VerificationError(f"expected checkpoint text of 3 lines, got {len(lines)}")
    if lines[0] != origin:
        raise VerificationError(f"expected a checkpoint of the log {origin}, got another log's")
    if not _SIZE.fullmatch(lines[1]):
        raise VerificationError("expected a decimal checkpoint size without leading zeros")
    root = _decode_strict_base64(lines[2], "root")
    try:
        return Checkpoint(origin, int(lines[1]), root)
    except InputError as error:
        raise VerificationError(error.public_message) from error


def _decode_strict_base64(text: str, what: str) -> bytes:
    """Decode base64 in its one canonical form, unused bits zero, so that no second text verifies."""
    try:
        data = decode_base64(text)
    except InputError as error:
        raise VerificationError(f"expected a checkpoint {what} in base64") from error
    if encode_base64(data) != text:
        raise VerificationError(f"expected a checkpoint {what} in canonical base64, got another spelling")
    return data


def _key_hash(name: str, public_key: str) -> bytes:
    """Return the 4-byte key ID of an Ed25519 note key (Source: C2SP signed-note, Ed25519 signatures)."""
    key = parse_raw_public_key(public_key, name="the log's public key")
    digest = hashlib.sha256(name.encode() + b"\n" + _ED25519_SIGNATURE_TYPE + key).digest()
    return digest[:_KEY_HASH_LENGTH_BYTES]
