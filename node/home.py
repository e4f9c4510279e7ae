"""A node's home directory: its keys, certificate, configuration and database.

Layer: node. Mode 0700, every secret 0600. A home is made in one step: it is built beside its place and
renamed into it, so that a crash leaves either nothing or a whole home. Threat: private keys that another
account on the machine can read, and a second ``init`` that destroys the keys the federation knows.
"""

import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from crypto.errors import InputError, StateError, StorageError
from crypto.pki import generate_transport_key
from crypto.sealing import SealingKey
from crypto.signing import SigningKey
from node.config import NodeConfig
from node.invitation import parse_governance_key, parse_invitation
from protos.hosting.config import load_config, store_config
from protos.hosting.files import make_home, read_file, read_private, sync_directory, write_file, write_private


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """A node's private keys; none of them ever leaves its home."""

    transport_pem: bytes = field(repr=False)
    sealing: SealingKey
    signing: SigningKey


@dataclass(frozen=True, slots=True)
class NodeHome:
    """Where everything of a node is, by name."""

    path: Path

    @property
    def config_path(self) -> Path:
        """Settings, no secrets."""
        return self.path / "config.toml"

    @property
    def authority_path(self) -> Path:
        """The federation's CA certificate."""
        return self.path / "authority.pem"

    @property
    def certificate_path(self) -> Path:
        """The member's certificate; absent until the enrolment is approved."""
        return self.path / "certificate.pem"

    @property
    def invitation_path(self) -> Path:
        """The invitation with its one-time secret; absent once it was used."""
        return self.path / "invitation.json"

    @property
    def signing_request_path(self) -> Path:
        """The certificate signing request that was presented."""
        return self.path / "signing-request.pem"

    @property
    def transport_key_path(self) -> Path:
        """P-256 key of the certificate."""
        return self.path / "transport.key"

    @property
    def sealing_key_path(self) -> Path:
        """X25519 key that opens what others seal to this member."""
        return self.path / "sealing.key"

    @property
    def signing_key_path(self) -> Path:
        """Ed25519 key that signs this member's statements."""
        return self.path / "signing.key"

    @property
    def database_path(self) -> Path:
        """Records, round state, matches and receipts."""
        return self.path / "node.sqlite"

    @property
    def log_path(self) -> Path:
        """The daemon's operational log."""
        return self.path / "node.log"

    def load_config(self) -> NodeConfig:
        """Read the configuration; raises :class:`InputError` when there is no home here."""
        if not self.config_path.exists():
            raise InputError(f"{self.path} is not a node's home; make one with: clew-node init")
        return load_config(NodeConfig, self.config_path)

    def load_keys(self) -> NodeKeys:
        """Read the private keys; raises :class:`InputError` when one is missing or readable by others."""
        return NodeKeys(
            read_private(self.transport_key_path),
            SealingKey.from_pem(read_private(self.sealing_key_path)),
            SigningKey.from_pem(read_private(self.signing_key_path)),
        )

    def load_authority(self) -> bytes:
        """Read the pinned CA certificate."""
        return read_file(self.authority_path)

    def load_certificate(self) -> bytes:
        """Read the member's certificate.

        Raises:
            StateError: The enrolment is not complete.
        """
        if not self.certificate_path.exists():
            raise StateError("this node is not enrolled yet; run: clew-node enrol")
        return read_file(self.certificate_path)


def create_home(path: Path, *, invitation_path: Path, governance_key_path: Path) -> NodeHome:
    """Make a node's home with new keys.

    Args:
        path: Where; must not exist, or be an empty directory.
        invitation_path: Private file from the coordinator's operator.
        governance_key_path: File from the governance board.

    Raises:
        StateError: There is something at ``path`` already.
        InputError: A file is malformed, or the invitation can be read by others.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise StateError(f"{path} already holds something, perhaps a node's keys; choose another directory")
    invitation = read_private(invitation_path)
    parsed = parse_invitation(invitation)
    config = parsed.to_config(parse_governance_key(read_file(governance_key_path)))
    draft = NodeHome(path.with_name(f".{path.name}.{secrets.token_hex(4)}"))
    make_home(draft.path)
    try:
        _fill_home(draft, config, invitation=invitation, authority_pem=parsed.authority_pem)
        draft.path.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise StorageError(f"cannot create {path}: {error.strerror}") from error
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    return NodeHome(path)


def _fill_home(home: NodeHome, config: NodeConfig, *, invitation: bytes, authority_pem: bytes) -> None:
    # The database is a slow import and only this function and the services need it.
    from node.store.store import open_store

    write_private(home.transport_key_path, generate_transport_key())
    write_private(home.sealing_key_path, SealingKey.generate().to_pem())
    write_private(home.signing_key_path, SigningKey.generate().to_pem())
    write_private(home.invitation_path, invitation)
    write_file(home.authority_path, authority_pem)
    open_store(home.database_path).close()
    store_config(config, home.config_path, heading=f"Clew node of {config.display_name}")
