"""The coordinator's home directory and configuration.

Layer: coordinator. ``clew-coordinator init`` makes the home; everything in it that is secret has mode
0600 and is named here once.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from crypto.errors import StateError
from protos.hosting.config import Config
from protos.hosting.files import read_file


class CoordinatorConfig(Config):
    """Settings in ``config.toml``; no secrets.

    Attributes:
        federation: The federation's name.
        hosts: DNS names and addresses that members dial; they are in the server certificate.
        listen: Address to listen on.
        member_port, enrolment_port: 0 takes a free port and writes it to ``ports.json``.
        governance_public_key: Base64 Ed25519 key that agreements must be signed with.
        certificate_days: Lifetime of members' certificates.
    """

    federation: str
    hosts: list[str] = Field(min_length=1)
    listen: str = "127.0.0.1"
    member_port: int = Field(default=7443, ge=0, le=65535)
    enrolment_port: int = Field(default=7444, ge=0, le=65535)
    governance_public_key: str
    certificate_days: int = Field(default=90, ge=1, le=398)

    @property
    def log_origin(self) -> str:
        """The log's name in its checkpoints."""
        return f"{self.federation}/clew-log"


@dataclass(frozen=True, slots=True)
class CoordinatorHome:
    """Where each file of a coordinator lies."""

    root: Path

    @property
    def config(self) -> Path:
        """Settings, TOML."""
        return self.root / "config.toml"

    @property
    def authority_certificate(self) -> Path:
        """The federation CA's certificate; public."""
        return self.root / "authority.pem"

    @property
    def authority_key(self) -> Path:
        """The federation CA's secret key."""
        return self.root / "authority.key"

    @property
    def server_certificate(self) -> Path:
        """The server's certificate; public."""
        return self.root / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's secret key."""
        return self.root / "server.key"

    @property
    def operator_certificate(self) -> Path:
        """The operator's client certificate, for the commands on this machine."""
        return self.root / "operator.pem"

    @property
    def operator_key(self) -> Path:
        """The operator's secret key."""
        return self.root / "operator.key"

    @property
    def log_key(self) -> Path:
        """The log's secret signing key."""
        return self.root / "log.key"

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.root / "coordinator.db"

    @property
    def segments(self) -> Path:
        """Directory of the running round's encodings."""
        return self.root / "segments"

    @property
    def log_file(self) -> Path:
        """The operational log, JSON lines."""
        return self.root / "coordinator.log"

    @property
    def ports(self) -> Path:
        """The ports really listened on, JSON; present while the server runs."""
        return self.root / "ports.json"

    def read_ports(self) -> dict[str, int]:
        """Return the ports of the coordinator running from this home.

        Raises:
            StateError: It is not running.
        """
        if not self.ports.exists():
            raise StateError("the coordinator is not running; start it with: clew-coordinator run")
        ports: dict[str, int] = json.loads(read_file(self.ports))
        return ports
