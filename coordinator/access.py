"""Who is calling, and may they: every method on the member port passes here first.

Layer: coordinator. Interceptors do not see the peer, so the check wraps each handler. Rules: TLS 1.3,
one well-formed identity of this federation, a role that the method table lists, a member whose
enrolment is approved, and a deadline, so that no call can hold a worker for ever.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crypto.errors import InputError, PolicyError, VerificationError
from crypto.pki import PeerIdentity, Role, parse_peer_identity
from protos.methods import Method

MAX_DEADLINE_S = 900.0  # the longest upload a member may take

AuthContext = Mapping[str, Iterable[bytes]]


def verify_caller(auth: AuthContext, *, federation: str) -> PeerIdentity:
    """Return the identity of a peer from gRPC's authentication context.

    Raises:
        VerificationError: Not mutual TLS, or a certificate without one identity of this federation.
    """
    certificates = list(auth.get("x509_pem_cert", ()))
    if len(certificates) != 1:
        raise VerificationError("expected one client certificate, got none", code="NO_CERTIFICATE")
    return parse_peer_identity(certificates[0], federation=federation)


def verify_tls_version(auth: AuthContext) -> None:
    """Check that a connection is TLS 1.3, whoever made it; raises :class:`VerificationError`."""
    if list(auth.get("ssl_tls_version", ())) != [b"TLSv1.3"]:
        raise VerificationError(
            "expected TLS 1.3, got another version; upgrade the caller", code="TLS_VERSION"
        )


def verify_may_call(caller: PeerIdentity, method: Method[Any, Any]) -> None:
    """Check a caller's role against the method table.

    Raises:
        PolicyError: The table does not list the role for the method.
    """
    if caller.role not in method.roles or caller.role is Role.COORDINATOR:
        raise PolicyError("this certificate's role may not call this method", code="METHOD_NOT_ALLOWED")


def verify_deadline(remaining_s: float | None) -> None:
    """Check that the caller set a deadline within bounds.

    Raises:
        InputError: It did not, or one that is too far away.
    """
    if remaining_s is None or remaining_s > MAX_DEADLINE_S:
        raise InputError(
            f"expected a deadline of at most {MAX_DEADLINE_S:.0f} s on the call", code="NO_DEADLINE"
        )
