"""Making a coordinator's home: authority, server and operator certificates, log key, settings.

Layer: coordinator. Everything is generated here and nothing secret leaves the directory.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

from coordinator.config import CoordinatorConfig, CoordinatorHome
from coordinator.store import tables
from crypto.canonical import encode_base64, format_time
from crypto.errors import InputError, StateError
from crypto.pki import (
    Authority,
    PeerIdentity,
    Role,
    create_authority,
    create_signing_request,
    generate_transport_key,
    issue_client_certificate,
    issue_server_certificate,
)
from crypto.signing import SigningKey, key_id
from protos.hosting.config import store_config
from protos.hosting.database import open_database
from protos.hosting.files import make_home, read_file, write_file, write_private
from protos.messages import Invitation, InvitationRequest

AUTHORITY_LIFETIME = timedelta(days=5 * 365)
SERVER_LIFETIME = timedelta(
    days=398
)  # the longest that public authorities allow; docs/limitations.md on renewal
INVITATION_FORMAT = "clew-invitation/v1"
OPERATOR_NAME = "operator"


def initialise(home: CoordinatorHome, config: CoordinatorConfig, *, now: datetime) -> None:
    """Create a coordinator's home.

    Raises:
        StateError: There is one already; nothing is overwritten.
    """
    if home.config.exists():
        raise StateError(f"{home.root} is a coordinator's home already; choose another --home")
    make_home(home.root)
    authority = create_authority(config.federation, now=now, lifetime=AUTHORITY_LIFETIME)
    write_private(home.authority_key, authority.private_key_pem)
    write_file(home.authority_certificate, authority.certificate_pem)
    _write_server_identity(home, config, authority, now)
    _write_operator_identity(home, config, authority, now)
    write_private(home.log_key, SigningKey.generate().to_pem())
    open_database(home.database, tables.metadata).dispose()
    # Last, because its presence says that the home is complete.
    store_config(config, home.config, heading="Clew coordinator; see docs/operations.md")


def _write_server_identity(
    home: CoordinatorHome, config: CoordinatorConfig, authority: Authority, now: datetime
) -> None:
    key = generate_transport_key()
    certificate = issue_server_certificate(
        authority, create_signing_request(key), hosts=config.hosts, now=now, lifetime=SERVER_LIFETIME
    )
    write_private(home.server_key, key)
    write_file(home.server_certificate, certificate)


def _write_operator_identity(
    home: CoordinatorHome, config: CoordinatorConfig, authority: Authority, now: datetime
) -> None:
    key = generate_transport_key()
    certificate = issue_client_certificate(
        authority,
        create_signing_request(key),
        identity=PeerIdentity(config.federation, Role.OPERATOR, OPERATOR_NAME),
        now=now,
        lifetime=SERVER_LIFETIME,
    )
    write_private(home.operator_key, key)
    write_file(home.operator_certificate, certificate)


def write_governance_key(directory: Path) -> str:
    """Make a governance key pair; return the public key's id.

    ``governance.key`` (secret, mode 0600) belongs on a machine of the governance board that is not the
    coordinator; ``governance.pub`` goes to every member by a way the coordinator cannot alter.
    """
    secret, public = directory / "governance.key", directory / "governance.pub"
    if secret.exists():
        raise StateError(f"{secret} exists already; choose another --out")
    make_home(directory)
    key = SigningKey.generate()
    write_private(secret, key.to_pem())
    write_file(public, (key.public_key + "\n").encode())
    return key.key_id


def read_governance_public_key(path: Path) -> str:
    """Return the governance public key in a ``governance.pub`` file.

    Raises:
        InputError: The file holds something else.
    """
    try:
        public_key = read_file(path).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected the governance board's public key, got other bytes") from error
    key_id(public_key)
    return public_key


def write_invitation(
    path: Path,
    invitation: Invitation,
    request: InvitationRequest,
    *,
    home: CoordinatorHome,
    config: CoordinatorConfig,
    ports: dict[str, int],
) -> None:
    """Write the file that a new member's operator starts from; it holds a one-time secret (mode 0600)."""
    host = config.hosts[0]
    body = {
        "format": INVITATION_FORMAT,
        "federation": config.federation,
        "member": request.member,
        "display_name": request.display_name,
        "role": request.role.value,
        "agency_type": request.agency_type,
        "secret": encode_base64(invitation.secret),
        "coordinator": f"{host}:{ports['member']}",
        "enrolment": f"{host}:{ports['enrolment']}",
        "authority_pem": read_file(home.authority_certificate).decode("ascii"),
        "expires_at": format_time(invitation.expires_at),
    }
    write_private(path, (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode())
