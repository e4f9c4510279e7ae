"""The linkage key of the members, its ratchet, and the keys derived from it for one round.

Layer: crypto. ``K(i+1) = HKDF(K(i))`` and ``round_key = HKDF(K(i))`` under different typed labels that
bind everything the key is for. Rules: a key only steps forward, by a bounded jump; once ``K(i)`` is
erased after its round, nothing kept can encode that round again. A member who joins late steps forward.

Threat: encodings of a closed round being attacked with a key found later; one label's key standing in
for another's. Python cannot wipe memory: erasing means dropping the stored copy (docs/limitations.md).

Source: HKDF-SHA256, RFC 5869, with the label as ``info``; the input is a uniform key, so no salt.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.canonical import canonical_bytes, encode_base64, parse_json
from crypto.errors import InputError, StateError
from crypto.keyfile import parse_fixed_base64

LINKAGE_KEY_BYTES = 32
"""256 bits, the strength of HKDF-SHA256 and of every key derived here."""

MAX_RATCHET_JUMP = 1024
"""Most steps at once. An epoch is 90 days (DOMAIN 4.5) of a perpetrator and a victim round a day, 180
steps; five times that leaves room for repeated rounds, and a coordinator that announces a far step
cannot make a node spin."""

_RATCHET_LABEL = "clew/linkage-key/ratchet/v1"
_ROUND_LABEL = "clew/linkage-key/round/v1"
_MAP_LABEL = "clew/linkage-key/map/v1"
_SHARE_FORMAT = "clew/linkage-key/share/v1"
_SHARE_FIELDS = frozenset({"format", "epoch", "step", "secret"})


@dataclass(frozen=True, slots=True)
class LinkageKey:
    """The members' shared secret at one step of one epoch; never at the coordinator.

    Args:
        epoch: Generation of the key, from 1; a new one after a member leaves or 90 days.
        step: How often it was ratcheted, from 0.
        secret: 32 bytes; never shown by ``repr``.

    Raises:
        InputError: Epoch, step or secret out of range.
    """

    epoch: int
    step: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_integer(self.epoch) or self.epoch < 1:
            raise InputError("expected a key epoch of 1 or more, got another value")
        if not _is_integer(self.step) or self.step < 0:
            raise InputError("expected a ratchet step of 0 or more, got another value")
        if not isinstance(self.secret, bytes) or len(self.secret) != LINKAGE_KEY_BYTES:
            raise InputError(
                f"expected a linkage key of {LINKAGE_KEY_BYTES} bytes, got another length or type"
            )

    def ratchet_to(self, step: int) -> Self:
        """Return the key at a step at or after this one. Steps compose: by a then b is by a + b.

        Raises:
            StateError: The step lies behind (that key is gone by design) or too far ahead.
        """
        if step < self.step:
            raise StateError(
                f"expected a step from {self.step} on, got {step}: an erased key cannot be rebuilt"
            )
        if step - self.step > MAX_RATCHET_JUMP:
            raise StateError(
                f"expected a step up to {self.step + MAX_RATCHET_JUMP}, got {step}; "
                "check the announced round with the key custodian"
            )
        secret = self.secret
        for reached in range(self.step + 1, step + 1):
            secret = _derive(secret, {"label": _RATCHET_LABEL, "epoch": self.epoch, "step": reached})
        return type(self)(self.epoch, step, secret)


def generate_linkage_key(epoch: int) -> LinkageKey:
    """Return a new linkage key at step 0 from the operating system's random source (key custodian only)."""
    return LinkageKey(epoch, 0, secrets.token_bytes(LINKAGE_KEY_BYTES))


def derive_round_key(
    key: LinkageKey, *, federation: str, round_id: str, schema_digest: str, role_view: str
) -> bytes:
    """Return the 32-byte key under which one round of one view is encoded.

    Everything that tells two rounds apart is in the label, so a coordinator that renames a round,
    changes the linkage schema or swaps the perpetrator view for the victims' gets unrelated encodings.

    Args:
        key: The linkage key, already at the step of the round.
        federation: Name of the federation.
        round_id: The coordinator's name of the round, as announced.
        schema_digest: Hex digest of the agreed linkage schema.
        role_view: ``perpetrator`` or ``victim``.

    Raises:
        InputError: One of the names is empty.
    """
    label = {
        "label": _ROUND_LABEL,
        "epoch": key.epoch,
        "step": key.step,
        "federation": federation,
        "round_id": round_id,
        "schema_digest": schema_digest,
        "role_view": role_view,
    }
    _require_values(label, "round key")
    return _derive(key.secret, label)


def derive_map_key(key: LinkageKey, *, federation: str, round_id: str, member: str) -> bytes:
    """Return the 32-byte key under which one member keeps what is its own of one round.

    That is whose row is whose, and rows yet to be sent. Because it derives from the linkage key at the
    round's step, stepping the key forward makes every copy of them unreadable, also one in a backup or in
    blocks of a disk that a deletion freed. It does not keep them from another member that holds the same
    step: the node's own files are what nobody else has.

    Args:
        key: The linkage key, already at the step of the round.
        federation: Name of the federation.
        round_id: The coordinator's name of the round, as announced.
        member: Whose own it is.

    Raises:
        InputError: One of the names is empty.
    """
    label = {
        "label": _MAP_LABEL,
        "epoch": key.epoch,
        "step": key.step,
        "federation": federation,
        "round_id": round_id,
        "member": member,
    }
    _require_values(label, "map key")
    return _derive(key.secret, label)


def encode_key_share(key: LinkageKey) -> bytes:
    """Return the secret bytes that the custodian seals to each member; never written or sent in clear."""
    share = {
        "format": _SHARE_FORMAT,
        "epoch": key.epoch,
        "step": key.step,
        "secret": encode_base64(key.secret),
    }
    return canonical_bytes(share)


def parse_key_share(data: bytes) -> LinkageKey:
    """Parse what :func:`encode_key_share` wrote, byte for byte.

    Raises:
        InputError: Anything else. The message never holds any of the content.
    """
    try:
        share = parse_json(data)
    except InputError:
        # The parser's error keeps the whole document, here a secret: it is not kept as a cause.
        raise InputError("expected a linkage key share, got bytes that are not JSON") from None
    if not isinstance(share, dict) or set(share) != _SHARE_FIELDS or share["format"] != _SHARE_FORMAT:
        raise InputError(f"expected a linkage key share in format {_SHARE_FORMAT}, got other content")
    secret = parse_fixed_base64(share["secret"], LINKAGE_KEY_BYTES, name="the secret of a key share")
    key = LinkageKey(share["epoch"], share["step"], secret)
    if encode_key_share(key) != data:
        raise InputError("expected a linkage key share in canonical form, got another spelling")
    return key


def _require_values(label: Mapping[str, Any], purpose: str) -> None:
    empty = sorted(name for name, value in label.items() if value == "")
    if empty:
        raise InputError(f"expected a value for {', '.join(empty)} of the {purpose}, got an empty one")


def _derive(secret: bytes, label: Mapping[str, Any]) -> bytes:
    return HKDF(SHA256(), LINKAGE_KEY_BYTES, salt=None, info=canonical_bytes(label)).derive(secret)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
