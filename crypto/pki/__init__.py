"""Certificates and identities of a federation; this is the package's whole public face.

Layer: crypto. :mod:`~crypto.pki.identity` says who a certificate speaks for,
:mod:`~crypto.pki.enrolment` makes and checks what a member sends to join, and
:mod:`~crypto.pki.authority` issues. Certificates prove transport only: what members sign and seal with
comes from the agreement.
"""

from crypto.pki.authority import (
    BACKDATE,
    COORDINATOR_NAME,
    Authority,
    create_authority,
    issue_client_certificate,
    issue_server_certificate,
    verify_client_certificate,
)
from crypto.pki.enrolment import (
    create_signing_request,
    enrolment_fingerprint,
    generate_transport_key,
    get_public_key_der,
    get_request_key_der,
    verify_signing_request,
)
from crypto.pki.identity import (
    FEDERATION_NAME,
    MEMBER_NAME,
    PeerIdentity,
    Role,
    member_uri,
    parse_peer_identity,
)

__all__ = [
    "BACKDATE",
    "COORDINATOR_NAME",
    "FEDERATION_NAME",
    "MEMBER_NAME",
    "Authority",
    "PeerIdentity",
    "Role",
    "create_authority",
    "create_signing_request",
    "enrolment_fingerprint",
    "generate_transport_key",
    "get_public_key_der",
    "get_request_key_der",
    "issue_client_certificate",
    "issue_server_certificate",
    "member_uri",
    "parse_peer_identity",
    "verify_client_certificate",
    "verify_signing_request",
]
