"""TLS 1.3 or nothing, for a process that serves.

Layer: protos.hosting. Must not import grpc. Threat: a peer, or someone between, that talks the connection
down to an older version.
"""

import os
import sys

from crypto.errors import StateError

_VARIABLE = "GRPC_SSL_CIPHER_SUITES"
_RSA_ONLY_SUITES = "AES128-GCM-SHA256:AES256-GCM-SHA384"


def require_tls_13() -> None:
    """Make TLS 1.2 impossible in this process; call it before anything imports grpc.

    gRPC has no setting for the least version, but a TLS 1.2 suite that needs an RSA certificate cannot be
    agreed with our ECDSA one. gRPC reads the variable once, when it is imported.

    Raises:
        StateError: grpc was imported before, so that the variable would have no effect.
    """
    if os.environ.get(_VARIABLE) == _RSA_ONLY_SUITES:
        return
    if "grpc" in sys.modules:
        raise StateError(
            "expected to require TLS 1.3 before grpc is imported, got it loaded already; start the "
            "coordinator with: clew-coordinator run"
        )
    os.environ[_VARIABLE] = _RSA_ONLY_SUITES
