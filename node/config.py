"""A node's configuration: who it is and whom it trusts. No secrets.

Layer: node. The governance key is pinned here at ``init`` from a file that the board gave the member, so
that no coordinator can replace the federation's rules.
"""

from crypto.pki import PeerIdentity, Role
from protos.hosting.config import Config


class NodeConfig(Config):
    """Settings of one node.

    Attributes:
        federation: Name of the federation, as in certificates.
        member: This member's short name.
        display_name: This member's name as people know it.
        role: ``force`` or ``partner``.
        agency_type: Kind of agency, counted for breadth (DOMAIN F12).
        coordinator, enrolment: Addresses of the coordinator's two ports, ``host:port``.
        governance_public_key: The board's Ed25519 key, base64 of 32 bytes; every agreement must verify
            under it.
    """

    federation: str
    member: str
    display_name: str
    role: Role
    agency_type: str
    coordinator: str
    enrolment: str
    governance_public_key: str

    @property
    def identity(self) -> PeerIdentity:
        """The identity that this node's certificate must carry."""
        return PeerIdentity(self.federation, self.role, self.member)
