"""What a member is handed to join: the coordinator's invitation and the board's public key.

Layer: node, pure. Two files from two hands: the invitation comes from the coordinator's operator, the
governance key from the board. Neither message here repeats what a file holds, because the invitation
holds a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crypto.canonical import decode_base64, parse_json, parse_time
from crypto.errors import InputError
from crypto.pki import PeerIdentity, Role
from crypto.signing import key_id
from node.config import NodeConfig
from protos.messages import INVITATION_SECRET_BYTES

INVITATION_FORMAT = "clew-invitation/v1"
_TEXTS = ("federation", "member", "display_name", "role", "agency_type", "coordinator", "enrolment")
_FIELDS = frozenset({*_TEXTS, "format", "secret", "authority_pem", "expires_at"})


@dataclass(frozen=True, slots=True)
class NodeInvitation:
    """An invitation file, parsed.

    Attributes:
        config_values: What becomes the node's configuration, without the governance key.
        authority_pem: The federation's CA certificate, pinned from here on.
        secret: One-time secret that the coordinator knows the hash of.
        expires_at: Until when it can be presented.
    """

    config_values: Mapping[str, str]
    authority_pem: bytes
    secret: bytes = field(repr=False)
    expires_at: datetime

    def to_config(self, governance_public_key: str) -> NodeConfig:
        """Return the configuration of the invited node."""
        role = Role(self.config_values["role"])
        others = {name: value for name, value in self.config_values.items() if name != "role"}
        return NodeConfig(role=role, governance_public_key=governance_public_key, **others)


def parse_invitation(data: bytes) -> NodeInvitation:
    """Parse an untrusted invitation file.

    Raises:
        InputError: Not an invitation of this format, or a field is missing, unknown or malformed.
    """
    body = parse_json(data)
    if not isinstance(body, dict) or body.get("format") != INVITATION_FORMAT or set(body) != _FIELDS:
        raise InputError(
            f"expected an invitation file in format {INVITATION_FORMAT}; "
            "ask the coordinator's operator for the file that clew-coordinator invite wrote"
        )
    if not all(isinstance(value, str) for value in body.values()):
        raise InputError("invitation: expected every field to be text")
    secret = decode_base64(body["secret"])
    if len(secret) != INVITATION_SECRET_BYTES:
        raise InputError(f"invitation: expected a secret of {INVITATION_SECRET_BYTES} bytes")
    values = _parse_values(body)
    return NodeInvitation(values, body["authority_pem"].encode(), secret, parse_time(body["expires_at"]))


def parse_governance_key(data: bytes) -> str:
    """Parse the board's public key file: one line of base64.

    Raises:
        InputError: Anything else.
    """
    try:
        text = data.decode("ascii").strip()
        key_id(text)
    except (UnicodeDecodeError, InputError) as error:
        raise InputError(
            "expected a governance key file with the base64 of a 32-byte Ed25519 public key; "
            "ask the governance board for its public key, not the coordinator"
        ) from error
    return text


def _parse_values(body: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(body[name]) for name in _TEXTS}
    values["role"] = values["role"].lower()
    if values["role"] not in (Role.FORCE, Role.PARTNER):
        raise InputError("invitation: expected the role force or partner")
    PeerIdentity(values["federation"], Role(values["role"]), values["member"])
    for name in ("coordinator", "enrolment"):
        host, colon, port = values[name].rpartition(":")
        if not (host and colon and port.isdecimal()):
            raise InputError(f"invitation: expected {name} as host:port")
    return values
