"""A real coordinator, started by its command in a home of its own on free ports."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
import sqlalchemy as sa

from coordinator.config import CoordinatorConfig, CoordinatorHome
from coordinator.drafting import draft_agreement
from coordinator.initialise import initialise
from coordinator.store.tables import metadata
from crypto.agreement import Agreement, sign_agreement
from crypto.encoding.schema import LinkageSchema
from crypto.pki import Authority
from crypto.signing import SigningKey
from protos import methods
from protos.channel import Channel
from protos.hosting.config import load_config
from protos.messages import Nothing, SignedDocument
from scoring.risk.gravity import load_default_gravity_table
from tests.support.scripted_member import ScriptedMember
from tests.support.view_schemas import PLAIN, PLAIN_THRESHOLDS

FEDERATION = "east.example"
COMMANDS = Path(sys.executable).parent
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


def wait_until(condition: Any, *, what: str, timeout_s: float = START_TIMEOUT_S) -> Any:
    """Return the first true value of a condition; fail with its name when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s:.0f} s in vain for {what}")


class CoordinatorProcess:
    """A coordinator's home and the process that serves it; also the operator and the governance board.

    The federation links under ``schema``, by default one view.
    """

    schema: LinkageSchema = PLAIN

    def __init__(self, root: Path) -> None:
        self.home = CoordinatorHome(root)
        self.governance = SigningKey.generate()
        self.console = root.with_name(f"{root.name}.console")
        self._process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Make the home, with free ports."""
        config = CoordinatorConfig(
            federation=FEDERATION,
            hosts=["localhost", "127.0.0.1"],
            member_port=0,
            enrolment_port=0,
            governance_public_key=self.governance.public_key,
        )
        initialise(self.home, config, now=datetime.now(UTC))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def authority(self) -> Authority:
        return Authority(
            FEDERATION, self.home.authority_certificate.read_bytes(), self.home.authority_key.read_bytes()
        )

    @property
    def member_target(self) -> str:
        return f"localhost:{self.home.read_ports()['member']}"

    @property
    def enrolment_target(self) -> str:
        return f"localhost:{self.home.read_ports()['enrolment']}"

    def start(self) -> None:
        """Start the process and wait until it serves."""
        self.home.ports.unlink(missing_ok=True)
        command = [COMMANDS / "clew-coordinator", "run", "--home", str(self.home.root)]
        with self.console.open("ab") as console:
            self._process = subprocess.Popen(command, stdout=console, stderr=console)
        wait_until(self._is_serving, what="the coordinator to serve")

    def _is_serving(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the coordinator ended at once: {self.console.read_text()[-2000:]}")
        return self.home.ports.exists()

    def stop(self) -> int:
        """Ask the process to end, as an operator would; return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        os.kill(self._process.pid, how)
        status = self._process.wait(STOP_TIMEOUT_S)
        self._process = None
        return status

    def connect_operator(self) -> Channel:
        """Return a connection with the operator's certificate."""
        return Channel(
            self.member_target,
            authority_pem=self.authority.certificate_pem,
            certificate_pem=self.home.operator_certificate.read_bytes(),
            private_key_pem=self.home.operator_key.read_bytes(),
        )

    def connect_newcomer(self) -> Channel:
        """Return a connection to the enrolment port."""
        return Channel(self.enrolment_target, authority_pem=self.authority.certificate_pem)

    def draft(self, *, version: int = 1, custodian: str = "essex") -> Agreement:
        """Return an agreement with everyone who is approved, as the operator would draft it."""
        with self.connect_operator() as operator:
            enrolments = operator.call(methods.LIST_ENROLMENTS, Nothing()).enrolments
        config = load_config(CoordinatorConfig, self.home.config)
        drafted = draft_agreement(
            enrolments,
            self.schema,
            federation=FEDERATION,
            version=version,
            key_epoch=1,
            custodian=custodian,
            weights_version=load_default_gravity_table().version,
            log_public_key=SigningKey.from_pem(self.home.log_key.read_bytes()).public_key,
            log_origin=config.log_origin,
            issued_at=datetime.now(UTC),
            lifetime=timedelta(days=30),
        )
        return replace(drafted, thresholds=PLAIN_THRESHOLDS)

    def publish(self, agreement: Agreement, *, key: SigningKey | None = None) -> None:
        """Publish an agreement signed by the governance board, or by another key."""
        envelope = sign_agreement(key or self.governance, agreement)
        with self.connect_operator() as operator:
            operator.call(methods.PUBLISH_AGREEMENT, SignedDocument(envelope))

    def found_federation(self, members: Iterable[ScriptedMember]) -> Agreement:
        """Enrol members and publish the first agreement; return it."""
        for member in members:
            with self.connect_operator() as operator, self.connect_newcomer() as newcomer:
                member.enrol(operator, newcomer)
        agreement = self.draft()
        self.publish(agreement)
        return agreement

    def read_state(self) -> dict[str, Any]:
        """Return everything the coordinator keeps: database content, names and bytes of segments."""
        connection = pysqlite3.dbapi2.connect(f"file:{self.home.database}?mode=ro", uri=True)
        try:
            rows = {
                name: connection.execute(str(sa.select(table))).fetchall()
                for name, table in metadata.tables.items()
            }
        finally:
            connection.close()
        files = [path for path in self.home.segments.rglob("*") if path.is_file()]
        return {"rows": rows, "segments": {str(path): path.read_bytes() for path in files}}

    def read_raw_files(self) -> bytes:
        """Return the bytes of every file in the home: database, write-ahead log, segments, logs."""
        return b"".join(path.read_bytes() for path in sorted(self.home.root.rglob("*")) if path.is_file())
